"""A pipeline's report made from results given by hand: comparison, score, criteria and verdict are the real ones."""

from dataclasses import replace
from pathlib import Path

from governance.policies import baseline, evaluate
from governance.vocabulary import Severity
from plugins import risk
from plugins.archive import Unpacked
from plugins.capabilities import compare_results
from plugins.changes import changes_between, picture_of
from plugins.checks.changes import ChangesCheck
from plugins.checks.completeness import CompletenessCheck
from plugins.checks.declaration import DeclarationCheck
from plugins.checks.files import FilesCheck
from plugins.facts import build_facts
from plugins.intake import Intake
from plugins.past import Past, Recogniser
from plugins.vetting import Report, conclude
from tests.plugins import cases


def made_report(results=None, *, of=None, policy=None, feed=cases.FEED, before=None, past=None):
    """What the pipeline would give, had the engines answered like this. Without arguments: nothing to object."""
    package = of or cases.package()
    rules = policy or baseline()
    past = past or Past()
    recogniser = Recogniser(past, fail_on=Severity.HIGH, digests={file.path: file.sha256 for file in package.files})
    answered = [recogniser.read(one) for one in (cases.clean_results() if results is None else results)]
    space = cases.workspace(package)
    comparison = compare_results(package, answered)
    answered += [
        recogniser.read(result)
        for result in (
            CompletenessCheck(today=cases.TODAY).run(space),
            DeclarationCheck().compare(space, comparison),
            FilesCheck().judge(space, past.rulings),
        )
    ]
    score = risk.score(
        package=package, results=answered, comparison=comparison, weights=rules.risk, reputation=past.reputation
    )
    after = picture_of(package=package, sha256="0" * 64, comparison=comparison, results=answered, tier=score.tier)
    changes = changes_between(before, after, rules.changes)
    answered.append(recogniser.read(ChangesCheck().judge(space, changes)))
    facts = build_facts(package, answered, score, comparison, feed=feed, reputation=past.reputation, today=cases.TODAY)
    verdict, reason = conclude(answered, rules, fail_on=Severity.HIGH)
    here = Path("/nowhere")
    return Report(
        intake=Intake(here, "acme-1.4.0.tgz", here, Unpacked("tar.gz", 7, "0" * 64, 700, package.files), package),
        results=tuple(answered),
        comparison=comparison,
        risk=score,
        criteria=evaluate(rules, facts),
        verdict=verdict,
        reason=reason,
        policy=rules,
        feed=feed,
        fail_on=Severity.HIGH,
        changes=changes,
        fixed=recogniser.gone(answered),
    )


def about(artifact, report=None):
    """A report about these very bytes; by default one with nothing to object."""
    report = report or made_report()
    unpacked = replace(report.intake.unpacked, sha256=artifact.sha256)
    return replace(report, intake=replace(report.intake, unpacked=unpacked))


def recognised(report, past):
    """The report with each finding told apart by what is known from before; its score and verdict stay."""
    recogniser = Recogniser(past, fail_on=report.fail_on)
    results = tuple(recogniser.read(result) for result in report.results)
    return replace(report, results=results, fixed=recogniser.gone(results))
