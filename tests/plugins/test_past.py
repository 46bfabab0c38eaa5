"""How a run's findings are known again by those of the runs before, and what waivers take out of the count."""

from dataclasses import replace

import pytest

from governance.policies import baseline, evaluate
from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import ComponentResult, MatchedAdvisory, WaiverRef, fingerprinted
from plugins.past import Known, Past, Recogniser, Ruling
from tests.plugins import cases
from tests.support.reports import made_report

OTHER = "dist/nodes/Other.node.js"
WAIVER = WaiverRef("W-7", "2027-01-31", "A constant.")


def found(*findings):
    return fingerprinted(findings)


def known(*findings, issue=1, **more):
    """The past of findings, with issues numbered from `issue`."""
    return tuple(
        Known(one.check, one.fingerprint, one.likeness, one.path, one.line, issue=number, **more)
        for number, one in enumerate(found(*findings), issue)
    )


def read(past, *findings, status=CheckStatus.FAILED, **more):
    recogniser = Recogniser(replace(past, kept=True), fail_on=Severity.HIGH, **more)
    result = recogniser.read(cases.result("static", status=status, findings=found(*findings)))
    return result, recogniser.gone([result])


def told(result):
    return [(one.state and one.state.value, one.issue) for one in result.findings]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (cases.finding(), ("unchanged", 1)),
        (cases.finding(line=99), ("moved", 1)),
        (cases.finding(path=OTHER), ("moved", 1)),
        (cases.finding(snippet="  md5( x )"), ("new", None)),
        (cases.finding(rule="js-eval"), ("new", None)),
    ],
)
def test_what_stood_is_known_again_by_place_line_or_file(now, state):
    result, gone = read(Past(standing=known(cases.finding())), now)

    assert told(result) == [state]
    assert [one.issue for one in gone] == ([] if state[1] else [1])


def test_a_symbol_that_names_the_file_does_not_hide_a_move():
    before = cases.finding(symbol=f"{cases.NODE}: unreadable")

    result, _gone = read(Past(standing=known(before)), cases.finding(path=OTHER, symbol=f"{OTHER}: unreadable"))

    assert told(result) == [("moved", 1)]


def test_of_alike_findings_each_is_known_once_and_the_one_in_place_first():
    before = known(cases.finding(), cases.finding(path=OTHER))

    result, gone = read(Past(standing=before), *(cases.finding(path=path) for path in ("new.js", OTHER, "more.js")))

    assert told(result) == [("moved", 1), ("unchanged", 2), ("new", None)]
    assert gone == ()


def test_what_was_fixed_and_is_there_again_has_returned():
    result, _gone = read(Past(fixed=known(cases.finding(), issue=4)), cases.finding(path=OTHER))

    assert told(result) == [("returned", 4)]


@pytest.mark.parametrize("status", [CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED])
def test_a_check_without_a_result_fixes_nothing(status):
    assert read(Past(standing=known(cases.finding())), status=status)[1] == ()
    assert len(read(Past(standing=known(cases.finding())), status=CheckStatus.PASSED)[1]) == 1


def test_where_nobody_keeps_a_past_nothing_is_said_to_be_new():
    result = Recogniser(Past(), fail_on=Severity.HIGH).read(cases.result("static", findings=found(cases.finding())))

    assert told(result) == [(None, None)]


def test_a_failure_that_only_waived_findings_made_is_a_pass_that_says_so():
    past = Past(standing=known(cases.finding()), waivers={1: WAIVER})

    result, _gone = read(past, cases.finding())

    assert (result.status, result.counted) == (CheckStatus.PASSED, ())
    assert result.reason.endswith("1 finding waived, not counted.")
    assert result.findings[0].waiver == WAIVER


def test_a_second_finding_of_the_kind_is_not_waived_with_the_first():
    past = Past(standing=known(cases.finding()), waivers={1: WAIVER})

    result, _gone = read(past, cases.finding(), cases.finding(path=OTHER))

    assert result.status is CheckStatus.FAILED
    assert [one.path for one in result.counted] == [OTHER]


@pytest.mark.parametrize("status", [CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED])
def test_a_waiver_makes_no_pass_of_a_check_without_a_result(status):
    past = Past(standing=known(cases.finding()), waivers={1: WAIVER})

    assert read(past, cases.finding(), status=status)[0].status is status


def with_past(past):
    static = cases.result("static", findings=[cases.finding()], observations=cases.OBSERVED)
    return made_report(cases.with_result(cases.clean_results(), static), past=past)


def test_what_is_waived_counts_nowhere():
    counted = with_past(Past(kept=True))
    waived = with_past(Past(standing=known(cases.finding()), waivers={1: WAIVER}, kept=True))
    clean = made_report()

    assert (counted.verdict.value, waived.verdict.value) == ("failed", "passed")
    assert waived.risk.score == clean.risk.score < counted.risk.score
    assert [(one.code, one.outcome) for one in waived.criteria] == [(one.code, one.outcome) for one in clean.criteria]
    assert {one.code for one in counted.criteria if one.outcome == "not_met"}


def test_an_allowed_file_takes_what_is_found_in_it_out_of_the_count():
    digests = {cases.NODE: "a" * 64, OTHER: "b" * 64}
    past = Past(rulings={"a" * 64: Ruling("F-1", blocked=False, reason="Looked at.", until="2027-01-31")})

    result, _gone = read(past, cases.finding(), cases.finding(path=OTHER), digests=digests)

    assert [one.waiver and one.waiver.name for one in result.findings] == ["F-1", None]


def test_a_blocked_file_fails_under_a_policy_that_never_heard_of_it():
    rules = replace(baseline(), checks={"static": baseline().checks["static"]}, criteria=())
    ruling = Ruling("F-2", blocked=True, reason="Steals tokens.")

    report = made_report(policy=rules, past=Past(rulings={"0" * 64: ruling}, kept=True))

    files = next(result for result in report.results if result.code == "files")
    assert (report.verdict.value, files.status) == ("failed", CheckStatus.FAILED)
    assert {one.path for one in files.findings} == {file.path for file in cases.package().files}
    assert report.risk.tier.value == "critical"
    assert "F-2: Steals tokens." in files.findings[0].detail
    assert evaluate(rules, {}) == ()


def test_decisions_about_other_files_are_looked_at_and_pass():
    report = made_report(past=Past(rulings={"f" * 64: Ruling("F-2", blocked=True, reason="Bad.")}, kept=True))

    files = next(result for result in report.results if result.code == "files")
    assert (files.status, files.examined) == (CheckStatus.PASSED, len(cases.package().files))
    assert report.verdict.value == "passed"


def test_a_waived_vulnerability_is_no_fact_and_no_floor():
    advisory = MatchedAdvisory(
        "GHSA-1", ("CVE-1",), Severity.HIGH, "Bad.", (), "affected", exploited_since="2026-01-01"
    )
    part = ComponentResult("pkg:npm/left@1.0.0", "npm", "left", "1.0.0", True, "1.0.0", advisories=(advisory,))
    finding = replace(cases.finding(check="dependencies", rule="vulnerable-dependency"), symbol="npm:left:GHSA-1")

    def seen(waiver):
        findings = [replace(one, waiver=waiver) for one in found(finding)]
        result = cases.result("dependencies", findings=findings, components=(part,))
        risk, facts = cases.vetted(cases.package(), cases.with_result(cases.clean_results(), result), baseline().risk)
        return risk.floor, facts["dependencies"]["vulnerable"]

    assert seen(None)[0]
    assert seen(None)[1] == ["pkg:npm/left@1.0.0"]
    assert seen(WAIVER) == (None, [])
