import pytest

from plugins.presenters import evidence_of, finding_counts, progress_of
from tests.factories import FindingFactory, VettingRunFactory
from tests.sample_report import vetting_report

pytestmark = pytest.mark.django_db


def test_evidence_names_what_is_used_but_not_declared():
    evidence = evidence_of(VettingRunFactory())

    undeclared = [use.name for use in (*evidence.capabilities, *evidence.hosts) if use.undeclared]
    assert undeclared == ["process.spawn", "telemetry.other.example"]
    assert [use.name for use in evidence.capabilities if use.unused] == ["env.read"]
    assert evidence.undeclared == 2


def test_evidence_puts_the_worst_findings_first_and_counts_what_it_hides():
    run = VettingRunFactory()
    FindingFactory.create_batch(3, run=run, severity="low")
    FindingFactory(run=run, severity="critical")

    evidence = evidence_of(run, limit=4)

    assert [(group.severity, len(group.findings), group.hidden) for group in evidence.findings] == [
        ("critical", 1, 0),
        ("high", 1, 0),
        ("medium", 1, 0),
        ("low", 1, 2),
        ("info", 0, 1),
    ]
    assert (evidence.findings_total, evidence.findings_hidden) == (7, 3)


@pytest.mark.parametrize("more", [0, 30])
def test_evidence_costs_the_same_for_any_number_of_findings(django_assert_num_queries, more):
    run = VettingRunFactory()
    FindingFactory.create_batch(more, run=run)

    with django_assert_num_queries(4):
        evidence_of(run)


def test_evidence_shows_vulnerable_dependencies_first_and_cuts_the_rest():
    evidence = evidence_of(VettingRunFactory(), limit=1)

    assert [row.purl for row in evidence.dependencies] == ["pkg:pypi/requests@2.19.0"]
    assert (evidence.dependencies_total, evidence.dependencies_hidden) == (2, 1)
    assert evidence.feed.demo


def test_evidence_of_a_run_that_broke_claims_nothing():
    run = VettingRunFactory(state="errored", report=None, score=None, tier="", reason="The sandbox is missing.")

    evidence = evidence_of(run)

    assert (evidence.complete, evidence.score, evidence.verdict_text) == (False, None, "Errored")
    assert (evidence.checks, evidence.findings, evidence.feed) == ((), (), None)


def test_evidence_survives_a_report_of_an_older_shape():
    run = VettingRunFactory(
        report=vetting_report(risk={"score": 1, "tier": "low"}, capabilities=None, feed=None), evidence=False
    )

    evidence = evidence_of(run)

    assert (evidence.factors, evidence.capabilities, evidence.feed) == ((), (), None)


def test_progress_counts_and_names_each_check():
    progress = progress_of(VettingRunFactory(running=True))

    assert (progress.under_way, progress.done, progress.total) == (True, 1, 2)
    assert [(step.code, step.text) for step in progress.steps] == [("archive", "Passed"), ("static", "Running")]


def test_finding_counts_of_several_runs_take_one_query(django_assert_num_queries):
    runs = VettingRunFactory.create_batch(2)

    with django_assert_num_queries(1):
        counts = finding_counts([run.pk for run in runs])

    assert counts == {run.pk: {"high": 1, "medium": 1, "info": 1} for run in runs}
