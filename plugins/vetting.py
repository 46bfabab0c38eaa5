"""The vetting pipeline: an archive in, evidence and a verdict out. No Django, no database, nothing stored.

The same function serves the worker and `manage.py vet`. Checks run as threads that wait for sandboxed subprocesses.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from governance.policies import CheckSwitch, evaluate
from governance.policies.evaluation import warm
from governance.vocabulary import CheckStatus, Severity, Verdict
from plugins import risk as risks
from plugins import slots
from plugins.capabilities import Comparison, compare_results
from plugins.changes import Changes, Picture, changes_between, picture_of
from plugins.checks.base import NO_RESULT, Check, CheckResult, FeedSnapshot, Workspace
from plugins.checks.detection import DetectionCheck
from plugins.checks.licences import LicencesCheck
from plugins.checks.registry import CHANGES, CHECKS, DECLARATION, FILES, SHOWN_ORDER
from plugins.checks.scrub import scrubber
from plugins.facts import build_facts
from plugins.past import Past, Recogniser
from plugins.provenance.evidence import OriginEvidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.policies import CriterionOutcome, PolicyRules
    from plugins.detection.rule import RuleSet
    from plugins.intake import Intake
    from plugins.kept import Kept
    from plugins.package import Package
    from plugins.past import Known
    from plugins.risk import RiskScore

    Progress = Callable[[str, CheckStatus | None, int], None]
    """Told (check code, status or None at its start, milliseconds); must not raise."""
    FeedSource = Callable[[Package], FeedSnapshot | None]

logger = logging.getLogger(__name__)

PAPERWORK = frozenset({"completeness"})
DECIDED = frozenset({"files"})
"""Checks that carry out a decision somebody made: they block under every policy."""
BROKEN_REMEDY = "Vet it again; if it breaks again, those who run the portal find in the log where."
NOTHING_THERE = "There is nothing in this package for it to look at."
UNLESS_SAID = {DetectionCheck.code: CheckSwitch(enforced=True, required=True)}
"""Switches of checks a policy is silent about: people put detection rules in force, however old the policy is."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a run found out."""

    intake: Intake
    results: tuple[CheckResult, ...]
    comparison: Comparison
    risk: RiskScore
    criteria: tuple[CriterionOutcome, ...]
    verdict: Verdict
    reason: str
    policy: PolicyRules
    feed: FeedSnapshot | None
    fail_on: Severity
    changes: Changes = field(default_factory=Changes)
    """Against the last certified version; without one, nothing was compared."""
    fixed: tuple[Known, ...] = ()
    """What the runs before left standing and this one did not find any more."""


def vet(
    taken: Intake,
    *,
    policy: PolicyRules,
    feed: FeedSource,
    cache: Path,
    fail_on: Severity = Severity.HIGH,
    progress: Progress | None = None,
    kept: Kept | None = None,
    before: Picture | None = None,
    past: Past | None = None,
    detection: RuleSet | None = None,
    origin: OriginEvidence | None = None,
) -> Report:
    """Run every check on an intake and draw the conclusions. Never raises for what a plugin or an engine does.

    `before` is the last certified version, to compare with. None: there is none. `past` is what is known of the plugin
    from before: findings, waivers, decided files. `detection` are the rules in force and on trial. `origin` is what was
    handed in to show where the artifact comes from. None: nothing.
    A result in `kept` stands for running its check, and good ones are added to it; None: everything is looked at anew.
    """
    tell = progress or (lambda _code, _status, _ms: None)
    snapshot = feed(taken.package)
    warming = Thread(target=warm, args=(policy,), name="policy", daemon=True)
    warming.start()  # the expression engine loads while the checks wait for their subprocesses
    with TemporaryDirectory(dir=taken.root.parent.parent, prefix="scratch-") as scratch:
        Path(scratch).chmod(0o755)
        workspace = Workspace(
            package=taken.package,
            artifact=taken.artifact,
            root=taken.root,
            scratch=Path(scratch),
            cache=cache,
            unpacked=taken.unpacked,
            feed=snapshot,
            fail_on=fail_on,
            origin=origin or OriginEvidence(),
        )
        rules = DetectionCheck(detection)
        licences = LicencesCheck(policy.licences)
        informed: dict[str, Check] = {rules.code: rules, licences.code: licences}
        checks = [informed.get(check.code, check) for check in CHECKS]
        results = _run_all(checks, taken, workspace, tell, kept)
        scrub = scrubber(workspace.credentials)
        results = scrub(results)
        if kept:
            kept.settle(results, secretive=bool(workspace.credentials))
        taken = replace(taken, package=scrub(taken.package))
        workspace = replace(workspace, package=taken.package)
        past = past or Past()
        digests = {file.path: file.sha256 for file in taken.package.files}
        recogniser = Recogniser(past, fail_on=fail_on, digests=digests)
        comparison = compare_results(taken.package, results)
        results = [recogniser.read(_with_hosts(rules, result, workspace, comparison, results)) for result in results]
        for code, work in (
            (DECLARATION.code, lambda: DECLARATION.compare(workspace, comparison)),
            (FILES.code, lambda: FILES.judge(workspace, past.rulings)),
        ):
            compared = recogniser.read(_timed(code, work))
            tell(code, compared.status, compared.duration_ms)
            results.append(compared)
        results.sort(key=lambda result: SHOWN_ORDER.index(result.code))
        score = risks.score(
            package=taken.package,
            results=results,
            comparison=comparison,
            weights=policy.risk,
            reputation=past.reputation,
        )
        after = picture_of(
            package=taken.package,
            sha256=taken.unpacked.sha256,
            comparison=comparison,
            results=results,
            tier=score.tier,
        )
        changes = changes_between(before, after, policy.changes)
        changed = recogniser.read(_timed(CHANGES.code, lambda: CHANGES.judge(workspace, changes)))
        tell(changed.code, changed.status, changed.duration_ms)
        results.append(changed)
    results.sort(key=lambda result: SHOWN_ORDER.index(result.code))
    warming.join()
    criteria = evaluate(
        policy, build_facts(taken.package, results, score, comparison, feed=snapshot, reputation=past.reputation)
    )
    verdict, reason = conclude(results, policy, fail_on=fail_on)
    return Report(
        intake=taken,
        results=tuple(results),
        comparison=comparison,
        risk=score,
        criteria=criteria,
        verdict=verdict,
        reason=reason,
        policy=policy,
        feed=snapshot,
        fail_on=fail_on,
        changes=changes,
        fixed=recogniser.gone(results),
    )


def conclude(results: Sequence[CheckResult], policy: PolicyRules, *, fail_on: Severity) -> tuple[Verdict, str]:
    """The verdict of a run and why, in a sentence. A required check without a result wins over everything.

    What a check found before it gave up still counts against the plugin. Completeness judges paperwork, not the
    artifact: it never fails a run, its criteria do their part at the review.
    """
    by_code = {result.code: result for result in results}
    switches = {**UNLESS_SAID, **policy.checks}
    required = {code for code, switch in switches.items() if switch.required} | (DECIDED & by_code.keys())
    silent = [code for code in SHOWN_ORDER if code in required and _silent(by_code.get(code))]
    if silent:
        return Verdict.INCONCLUSIVE, f"No result from {_listed(silent)}, which the policy requires."
    enforced = {code for code, switch in switches.items() if switch.enforced} - PAPERWORK | DECIDED
    failed = [code for code in SHOWN_ORDER if code in enforced and _failed(by_code.get(code), fail_on)]
    if failed:
        return Verdict.FAILED, f"Blocking findings from {_listed(failed)}."
    return Verdict.PASSED, "Every required check gave a result and none found anything that blocks."


def _silent(result: CheckResult | None) -> bool:
    return result is None or result.status in NO_RESULT


def _failed(result: CheckResult | None, fail_on: Severity) -> bool:
    return result is not None and any(finding.severity.at_least(fail_on) for finding in result.counted)


def _listed(codes: Sequence[str]) -> str:
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} and {codes[-1]}"


def _run_all(
    checks: Sequence[Check], taken: Intake, workspace: Workspace, tell: Progress, kept: Kept | None
) -> list[CheckResult]:
    """Run the checks side by side; `tell` is only called from this thread, so it may use its database connection."""
    results = []
    with ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="check") as pool:
        for check in checks:
            tell(check.code, None, 0)
        for done in as_completed([pool.submit(_run_one, check, taken, workspace, kept) for check in checks]):
            result = done.result()
            tell(result.code, result.status, result.duration_ms)
            results.append(result)
    return results


def _with_hosts(
    rules: DetectionCheck, result: CheckResult, workspace: Workspace, seen: Comparison, results: list[CheckResult]
) -> CheckResult:
    """The detection check's result with its rules about hosts, which the other checks have seen by now."""
    if result.code != rules.code:
        return result
    took = result.duration_ms
    whole = _timed(result.code, lambda: rules.with_hosts(result, workspace, seen, results))
    return replace(whole, duration_ms=took + whole.duration_ms)


def _run_one(check: Check, taken: Intake, workspace: Workspace, kept: Kept | None) -> CheckResult:
    def work() -> CheckResult:
        if not check.applies_to(workspace.package):
            nothing = getattr(check, "not_applicable", NOTHING_THERE)
            return CheckResult(check.code, CheckStatus.NOT_APPLICABLE, nothing)
        key = kept.key(check, workspace) if kept else None
        if kept and key and (known := kept.get(key)):
            return known
        if check.reads_files:
            taken.unpacked_tree()
        with slots.hold(workspace.cache / "slots", check.code):
            result = check.run(workspace)
        if kept and key:
            kept.add(key, result)  # in memory; what is written down is settled once the credentials are known
        return result

    return _timed(check.code, work)


def _timed(code: str, work: Callable[[], CheckResult]) -> CheckResult:
    """Run a check; an exception becomes ERRORED with its kind, never a pass and never the end of the run."""
    started = time.monotonic()
    try:
        result = work()
    except Exception as error:
        # Whatever broke, the other checks go on and this one did not pass.
        logger.exception("check %s broke", code)
        text = str(error).splitlines()[0][:300] if str(error) else ""
        broke = " ".join(f"The check broke: {type(error).__name__}. {text}".split())
        result = CheckResult(code, CheckStatus.ERRORED, f"{broke.rstrip('.')}. {BROKEN_REMEDY}")
    return replace(result, duration_ms=round((time.monotonic() - started) * 1000))
