"""The pipeline: every check runs, nothing that breaks counts as a pass, nothing is left behind."""

import threading
from dataclasses import dataclass, replace

import pytest
from django.conf import settings

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Severity, Verdict
from plugins import vetting
from plugins.archive import ArchiveRefused
from plugins.checks.base import CheckResult, FeedSnapshot
from plugins.checks.registry import CHECKS, CODES, SHOWN_ORDER
from plugins.intake import intake
from plugins.vetting import conclude, vet
from tests.plugins import cases

FEED = FeedSnapshot(("test",), 1, age_days=0.0, demo=False, advisories=())


@dataclass
class Fake:
    """A check that does what it is told to."""

    work: object
    code: str = "static"
    version: str = "1"
    applies: bool = True

    reads_files = True

    def basis(self, workspace):
        return None

    def applies_to(self, package):
        return self.applies

    def run(self, workspace):
        return self.work(workspace)


@pytest.fixture
def taken(samples, tmp_path):
    built = samples["n8n-nodes-weather-desk"]
    with intake(built.path, filename=built.filename, work=tmp_path / "work") as inside:
        yield inside


def run(taken, **more):
    return vet(taken, policy=baseline(), feed=lambda _package: FEED, cache=settings.CACHE_DIR, **more)


def results(**changed):
    """A result of every check, passed unless named otherwise."""
    return [changed.get(code, cases.result(code)) for code in CODES]


def test_every_check_runs_and_is_shown_in_its_order(taken):
    report = run(taken)

    assert tuple(result.code for result in report.results) == SHOWN_ORDER
    assert set(SHOWN_ORDER) == set(CODES)
    assert (report.verdict, report.intake.package.format) == (Verdict.PASSED, "n8n-node")


def test_progress_tells_start_and_end_of_every_check_in_one_thread(taken):
    told, threads = [], set()

    def tell(code, status, _ms):
        told.append((code, status))
        threads.add(threading.get_ident())

    report = run(taken, progress=tell)

    assert threads == {threading.get_ident()}
    assert told[: len(CHECKS)] == [(check.code, None) for check in CHECKS]
    assert {code: status for code, status in told if status} == {r.code: r.status for r in report.results}


def test_nothing_is_left_behind(samples, tmp_path):
    built = samples["n8n-nodes-weather-desk"]

    with intake(built.path, filename=built.filename, work=tmp_path / "work") as inside:
        run(inside)

    assert list((tmp_path / "work").iterdir()) == []


def test_a_refused_archive_leaves_nothing_behind(tmp_path):
    (tmp_path / "x.tgz").write_bytes(b"no archive")

    with pytest.raises(ArchiveRefused), intake(tmp_path / "x.tgz", filename="x.tgz", work=tmp_path / "work"):
        pass

    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("error", [RuntimeError("boom\nsecond line"), RecursionError(), MemoryError(), KeyError()])
def test_a_check_that_breaks_is_no_pass_and_stops_no_other(taken, monkeypatch, caplog, error):
    def broken(_workspace):
        raise error

    others = [Fake(lambda _w, c=check.code: cases.result(c), check.code) for check in CHECKS if check.code != "static"]
    monkeypatch.setattr(vetting, "CHECKS", (Fake(broken), *others))

    report = run(taken)

    static = next(result for result in report.results if result.code == "static")
    assert (static.status, report.verdict) == (CheckStatus.ERRORED, Verdict.INCONCLUSIVE)
    assert static.reason.startswith(f"The check broke: {type(error).__name__}.")
    assert static.reason.endswith(". Vet it again; if it breaks again, those who run the portal find in the log where.")
    assert "\n" not in static.reason
    assert len(report.results) == len(CODES)
    assert [record.exc_info[1] for record in caplog.records] == [error]


def test_what_a_check_has_nothing_to_look_at_is_not_passed(taken, monkeypatch):
    others = [Fake(lambda _w, c=check.code: cases.result(c), check.code) for check in CHECKS if check.code != "static"]
    monkeypatch.setattr(vetting, "CHECKS", (Fake(None, applies=False), *others))

    report = run(taken)

    static = next(result for result in report.results if result.code == "static")
    assert (static.status, static.examined) == (CheckStatus.NOT_APPLICABLE, 0)


def test_conclude_passes_when_every_required_check_did():
    verdict, reason = conclude(results(), baseline(), fail_on=Severity.HIGH)

    assert (verdict, reason.endswith(".")) == (Verdict.PASSED, True)


@pytest.mark.parametrize("status", [CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED])
def test_a_required_check_without_a_result_wins_over_a_failure(status):
    found = cases.result("static", findings=[cases.finding()])
    open_one = CheckResult("malware", status, "Nothing.")

    verdict, reason = conclude(results(static=found, malware=open_one), baseline(), fail_on=Severity.HIGH)

    assert (verdict, "malware" in reason, "static" in reason) == (Verdict.INCONCLUSIVE, True, False)


def test_a_required_check_that_is_missing_is_no_pass():
    known = [result for result in results() if result.code != "secrets"]

    assert conclude(known, baseline(), fail_on=Severity.HIGH)[0] is Verdict.INCONCLUSIVE


def test_a_required_check_that_does_not_apply_is_no_obstacle():
    aside = CheckResult("dependencies", CheckStatus.NOT_APPLICABLE, "There are none.")

    assert conclude(results(dependencies=aside), baseline(), fail_on=Severity.HIGH)[0] is Verdict.PASSED


@pytest.mark.parametrize(("fail_on", "verdict"), [("high", "failed"), ("critical", "passed")])
def test_the_severity_that_fails_is_the_callers(fail_on, verdict):
    found = cases.result("static", findings=[cases.finding()])

    assert conclude(results(static=found), baseline(), fail_on=Severity(fail_on))[0] == Verdict(verdict)


def test_a_check_that_is_not_enforced_fails_nothing():
    policy = baseline()
    watching = replace(policy, checks={**policy.checks, "static": replace(policy.checks["static"], enforced=False)})
    found = cases.result("static", findings=[cases.finding()])

    assert conclude(results(static=found), watching, fail_on=Severity.HIGH)[0] is Verdict.PASSED


def test_paperwork_fails_no_run():
    found = cases.result("completeness", findings=[cases.finding(check="completeness", rule="license-missing")])

    assert conclude(results(completeness=found), baseline(), fail_on=Severity.LOW)[0] is Verdict.PASSED
