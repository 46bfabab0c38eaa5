import dataclasses
import time

import pytest

from governance.canonical import digest
from governance.vocabulary import CheckStatus, Severity
from plugins.models import CheckRun, Component, CriterionResult, Finding, Observation
from plugins.services import runs
from plugins.services.past import past_of
from tests.factories import VettingRunFactory
from tests.plugins import cases
from tests.support.reports import made_report, recognised

pytestmark = pytest.mark.django_db
HOSTILE = "a\x00b\ud800c'\"<script>"


@pytest.fixture
def store(policy):
    """Store a report as the end of a new run of a version (by default a new one); gives the run."""

    def end(report, **more):
        run = VettingRunFactory(queued=True, version__state="vetting", policy=policy, **more)
        taken = runs._take_up(run.pk)
        return runs._conclude(run.pk, taken.attempts, recognised(report, past_of(taken)))

    return end


def with_findings(*findings):
    static = cases.result("static", findings=findings, observations=cases.OBSERVED)
    return made_report(cases.with_result(cases.clean_results(), static))


def test_every_part_of_a_report_becomes_rows(store):
    report = with_findings(cases.finding(line=7), cases.finding(rule="js-eval", severity=Severity.LOW))

    run = store(report)

    assert set(run.checks.values_list("code", flat=True)) == {result.code for result in report.results}
    static = CheckRun.objects.get(run=run, code="static")
    assert (static.status, static.examined) == ("failed", 6)
    assert list(run.findings.filter(check_code="static").values_list("rule", "severity", "path", "line")) == [
        ("js-weak-hash", "high", cases.NODE, 7),
        ("js-eval", "low", cases.NODE, 7),
    ]
    assert set(run.observations.values_list("kind", "value")) == {
        ("capability", "network.outbound"),
        ("host", cases.HOST),
    }
    assert run.criteria.count() == len(report.criteria)
    assert run.report_sha256 == digest(run.report)


def test_the_digest_is_that_of_the_report_as_it_is_read_back(store):
    run = store(made_report())

    run.refresh_from_db()

    assert digest(run.report) == run.report_sha256


def test_text_no_database_takes_is_stored_without_what_offends(store):
    bad = dataclasses.replace(cases.finding(rule="a\x00b", snippet="a\x00b"), title=HOSTILE, detail=HOSTILE)
    seen = cases.result(
        "secrets", reason=HOSTILE, engine=HOSTILE, evidence={HOSTILE: [HOSTILE]},
        observations=[cases.seen("host", "a\x00b<script>", path="a\x00b<script>")],
    )  # fmt: skip
    results = cases.with_result(cases.clean_results(), cases.result("static", findings=[bad]))

    run = store(made_report(cases.with_result(results, seen)))

    found = Finding.objects.get(run=run, check_code="static")
    assert found.title == found.detail == "a\ufffdb?c'\"<script>"
    assert found.rule == found.snippet == "a\ufffdb"
    assert Observation.objects.get(run=run, path__contains="<script>").value.startswith("a\ufffdb<")
    run.refresh_from_db()
    assert "\x00" not in str(run.report)


def test_text_that_is_too_long_is_cut_not_refused(store):
    long = "x" * 5000
    bad = cases.finding(rule=long, path=long, cwe=long)

    run = store(with_findings(dataclasses.replace(bad, title=long)))

    found = Finding.objects.get(run=run, check_code="static")
    assert (len(found.rule), len(found.title), len(found.path), len(found.cwe)) == (120, 400, 1024, 20)


def test_ten_thousand_findings_are_stored_in_bounded_time_and_queries(store, django_assert_max_num_queries):
    report = with_findings(*[cases.finding(symbol=f"f{n}", line=n) for n in range(10_000)])

    started = time.process_time()
    with django_assert_max_num_queries(320):
        run = store(report)

    assert run.findings.filter(check_code="static").count() == 10_000
    assert time.process_time() - started < 20


def test_what_the_run_before_knew_is_not_new(store):
    first = store(with_findings(cases.finding(rule="old", line=3)))

    second = store(
        with_findings(cases.finding(rule="old", line=99), cases.finding(rule="fresh")),
        version__plugin=first.version.plugin,
    )

    assert set(first.findings.filter(check_code="static").values_list("rule", "state")) == {("old", "new")}
    assert set(second.findings.filter(check_code="static").values_list("rule", "state")) == {
        ("old", "moved"),
        ("fresh", "new"),
    }


def without_result(*findings):
    static = cases.result("static", status=CheckStatus.INCONCLUSIVE, findings=findings, observations=cases.OBSERVED)
    return made_report(cases.with_result(cases.clean_results(), static))


def new_rules(run):
    return set(run.findings.filter(check_code="static", state__in=["new", "returned"]).values_list("rule", flat=True))


def test_a_check_without_a_result_closes_nothing(store):
    old, seen_meanwhile, fresh = (cases.finding(rule=rule) for rule in ("old", "meanwhile", "fresh"))
    plugin = store(with_findings(old)).version.plugin
    store(without_result(seen_meanwhile), version__plugin=plugin)

    third = store(with_findings(old, seen_meanwhile, fresh), version__plugin=plugin)

    assert new_rules(third) == {"fresh"}


def test_what_a_result_left_out_is_new_when_it_returns(store):
    plugin = store(with_findings(cases.finding(rule="old"))).version.plugin
    store(with_findings(), version__plugin=plugin)
    store(without_result(), version__plugin=plugin)

    assert new_rules(store(with_findings(cases.finding(rule="old")), version__plugin=plugin)) == {"old"}


def test_another_plugins_findings_do_not_count_as_known(store):
    store(with_findings(cases.finding(rule="old")))

    other = store(with_findings(cases.finding(rule="old")))

    assert other.findings.get(check_code="static").state == "new"


def test_criteria_are_those_of_the_policy_the_run_was_made_under(store, policy):
    run = store(made_report())

    assert set(CriterionResult.objects.filter(run=run).values_list("criterion__policy", flat=True)) == {policy.pk}
    assert not Component.objects.exists()
