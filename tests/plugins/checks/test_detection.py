"""The portal's own rules in a vetting: in force they count, on trial they are shown, broken they are named."""

from dataclasses import replace

import pytest

from governance.policies import PolicyRules, baseline
from governance.vocabulary import Capability, CheckStatus, Severity, Verdict
from plugins import vetting
from plugins.capabilities import compare_results
from plugins.checks import detection
from plugins.checks.base import FeedSnapshot
from plugins.checks.detection import DetectionCheck
from plugins.checks.registry import CHECKS
from plugins.detection import searching
from plugins.detection.rule import RuleSet
from plugins.intake import intake
from plugins.package import Dependency
from plugins.sandbox import SandboxUnavailable
from plugins.vetting import vet
from tests.plugins import cases
from tests.plugins.checks.engine_cases import CACHE, workspace
from tests.plugins.detection.rule_cases import EVIL_CALL, NEVER_ENDS, ast_grep, rule

FEED = FeedSnapshot(("test",), 1, age_days=0.0, demo=False, advisories=())


def checked(tmp_path, *rules, files=None, **facts):
    space = workspace(tmp_path, files or {"a.js": EVIL_CALL}, **facts)
    return DetectionCheck(RuleSet(rules)).run(space)


def test_a_rule_in_force_fails_the_check_and_is_named_with_its_revision(tmp_path):
    result = checked(tmp_path, rule(revision=4, cwe="CWE-506", capability=Capability.NETWORK_OUTBOUND))

    (found,) = result.findings
    assert result.status is CheckStatus.FAILED
    assert (found.rule, found.severity, found.path, found.line) == ("no-evil", Severity.HIGH, "a.js", 1)
    assert "no-evil, revision 4" in found.detail
    assert [seen.value for seen in result.observations] == ["network.outbound"]
    assert result.evidence["rules"] == [{"code": "no-evil", "revision": 4, "kind": "regex", "mode": "enforced"}]
    assert result.reason == "1 rule in force, 1 hit."


def test_a_rule_on_trial_is_reported_apart_and_counts_for_nothing(tmp_path):
    watched = rule(monitored=True, capability=Capability.NETWORK_OUTBOUND)

    result = checked(tmp_path, watched)

    assert (result.status, result.findings, result.observations) == (CheckStatus.PASSED, (), ())
    assert [found.path for found in result.monitored] == ["a.js"]
    assert "1 only monitored, 1 hit, counting for nothing" in result.reason


def test_a_revision_in_force_and_the_next_on_trial_are_told_apart(tmp_path):
    result = checked(tmp_path, rule(revision=1), rule(revision=2, body="fetch", monitored=True))

    assert [found.detail.split(", ")[-1] for found in result.findings] == ["revision 1.)"]
    assert [found.detail.split(", ")[-1] for found in result.monitored] == ["revision 2.)"]


def test_a_rule_in_force_that_never_ends_leaves_the_check_inconclusive_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "FILE_SECONDS", 1)

    result = checked(tmp_path, rule("yara", NEVER_ENDS, "never-ends"), rule())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "never-ends, revision 1 took longer than 1 seconds" in result.reason
    assert [found.rule for found in result.findings] == ["no-evil"]


def test_a_rule_on_trial_that_never_ends_is_named_and_blocks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "FILE_SECONDS", 1)

    result = checked(tmp_path, rule("yara", NEVER_ENDS, "never-ends", monitored=True), files={"a.js": "1"})

    assert result.status is CheckStatus.PASSED
    assert "no answer from the monitored never-ends" in result.reason
    assert "took longer" in result.evidence["rules"][0]["no_answer"]


def test_a_rule_that_was_altered_is_not_run_and_blocks(tmp_path):
    result = checked(tmp_path, rule(altered=True))

    assert (result.status, result.findings) == (CheckStatus.INCONCLUSIVE, ())
    assert "no-evil, revision 1 was altered after it was tested" in result.reason


def test_a_file_that_could_not_be_read_leaves_it_open(tmp_path):
    result = checked(tmp_path, ast_grep("calls: [fetch]"), files={"a.js": b"\x00\xff" * 99, "b.js": "1"})

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "1 files could not be looked at (a.js)" in result.reason


def test_a_file_that_only_a_rule_on_trial_could_not_read_blocks_nothing(tmp_path):
    files = {"a.js": "function ( {{{ \n" * 20, "b.md": "evil.example"}

    result = checked(tmp_path, ast_grep("calls: [fetch]", monitored=True), rule(files="*.md *.js"), files=files)

    assert result.status is CheckStatus.FAILED
    assert [found.path for found in result.findings] == ["b.md"]
    assert [row["path"] for row in result.evidence["unread"]] == ["a.js"]


def test_without_a_sandbox_it_is_inconclusive(tmp_path, monkeypatch):
    def missing(*_args, **_more):
        raise SandboxUnavailable("bubblewrap is missing.")

    monkeypatch.setattr(searching, "run_python", missing)

    result = checked(tmp_path, rule())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "could not run: bubblewrap is missing" in result.reason


def test_dependencies_are_asked_of_the_package(tmp_path):
    listed = rule("dependency", "npm:left-pad <1.3", "no-left-pad")
    dependency = Dependency("npm", "left-pad", "1.2.0", path="package.json", line=7, pinned="1.2.0")

    result = checked(tmp_path, listed, dependencies=(dependency,))

    (found,) = result.findings
    assert (found.path, found.line, found.snippet) == ("package.json", 7, "left-pad 1.2.0")


def test_a_dependency_nobody_can_compare_leaves_it_open(tmp_path):
    listed = rule("dependency", "npm:left-pad <1.3", "no-left-pad")
    dependency = Dependency("npm", "left-pad", "git+https://git.example/left-pad.git")

    result = checked(tmp_path, listed, dependencies=(dependency,))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "no-left-pad, revision 1 could not be answered for left-pad" in result.reason


def with_hosts(*rules, results=None, package=None):
    package = package or cases.package()
    results = results or cases.clean_results()
    check, space = DetectionCheck(RuleSet(rules)), cases.workspace(package)
    first = check._concluded(searching.Search(), space, looked_at=1)
    return check.with_hosts(first, space, compare_results(package, results), results)


def test_hosts_are_asked_of_what_the_other_checks_saw():
    result = with_hosts(rule("host", f"*.{cases.HOST.partition('.')[2]}", "acme"), rule("host", "evil.example", "evil"))

    assert [(found.rule, found.path, found.line) for found in result.findings] == [("acme", cases.NODE, 3)]
    assert (result.status, result.reason) == (CheckStatus.FAILED, "2 rules in force, 1 hit.")


def test_a_host_on_trial_counts_for_nothing():
    result = with_hosts(rule("host", cases.HOST, "acme", monitored=True))

    assert (result.status, result.findings, len(result.monitored)) == (CheckStatus.PASSED, (), 1)


def test_hosts_are_open_where_nobody_read_the_code():
    blind = cases.with_result(cases.clean_results(), cases.result("static", CheckStatus.INCONCLUSIVE))

    result = with_hosts(rule("host", "evil.example", "evil"), results=blind)

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "evil, revision 1 could not be answered: the check static gave no result" in result.reason


def test_the_basis_changes_with_the_rules_and_with_what_they_count_for(tmp_path):
    space = workspace(tmp_path, {"a.js": "1"})
    sets = [(), (rule(),), (rule(body="other"),), (rule(monitored=True),), (rule(severity=Severity.LOW),)]

    known = {DetectionCheck(RuleSet(rules)).basis(space) for rules in sets}

    assert len(known) == len(sets)


@pytest.fixture
def taken(samples, tmp_path):
    built = samples["n8n-nodes-weather-desk"]
    with intake(built.path, filename=built.filename, work=tmp_path / "work") as inside:
        yield inside


@pytest.fixture
def only_detection(monkeypatch):
    """The other checks as they come out for a clean package, so that one engine runs and not eight."""
    monkeypatch.setattr(vetting, "CHECKS", tuple(_Said(c.code) if c.code != detection.CODE else c for c in CHECKS))


class _Said:
    version, reads_files = "1", False

    def __init__(self, code):
        self.code = code

    def basis(self, _workspace):
        return None

    def applies_to(self, _package):
        return True

    def run(self, _workspace):
        return cases.result(self.code)


def vetted(taken, *rules, policy=None):
    return vet(taken, policy=policy or baseline(), feed=lambda _package: FEED, cache=CACHE, detection=RuleSet(rules))


HITS = {"body": "weather", "code": "no-weather"}


def test_a_vetting_with_a_rule_in_force_fails_and_scores_it(taken, only_detection):
    clean, hit = vetted(taken), vetted(taken, rule(**HITS))

    assert (clean.verdict, hit.verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert "Blocking findings from detection" in hit.reason
    assert hit.risk.score > clean.risk.score
    assert next(row for row in hit.criteria if row.code == "DET-01").outcome == "not_met"


def test_a_vetting_with_a_rule_on_trial_is_as_good_as_one_without(taken, only_detection):
    clean, watched = vetted(taken), vetted(taken, rule(**HITS, monitored=True))

    assert (watched.verdict, watched.reason, watched.risk) == (clean.verdict, clean.reason, clean.risk)
    assert sum(len(result.monitored) for result in watched.results) > 0
    assert watched.changes == clean.changes


def test_without_rules_the_check_is_not_applicable_and_says_why(taken, only_detection):
    result = next(result for result in vetted(taken).results if result.code == detection.CODE)

    assert (result.status, result.reason) == (CheckStatus.NOT_APPLICABLE, DetectionCheck.not_applicable)


@pytest.mark.parametrize("monitored", [False, True])
def test_a_policy_older_than_the_check_enforces_what_people_put_in_force(taken, only_detection, monitored):
    document = baseline().to_dict()
    del document["checks"]["detection"]
    document["criteria"] = [row for row in document["criteria"] if row.get("check") != "detection"]

    report = vetted(taken, rule(**HITS, monitored=monitored), policy=PolicyRules.from_dict(document))

    assert report.verdict is (Verdict.PASSED if monitored else Verdict.FAILED)


def test_a_rule_in_force_that_was_altered_leaves_the_vetting_inconclusive(taken, only_detection):
    report = vetted(taken, replace(rule(**HITS), altered=True))

    assert report.verdict is Verdict.INCONCLUSIVE
