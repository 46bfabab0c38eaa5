import datetime as dt
import time
from unittest.mock import Mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_fsm import TransitionNotAllowed
from django_q.models import OrmQ

from governance.models import LedgerEntry
from governance.vocabulary import CheckStatus
from plugins.enums import RunState, Trigger, VersionState
from plugins.models import ArtifactDamaged, CheckRun, Finding, VettingRun, artifact_storage
from plugins.models.runs import VettingRunQuerySet
from plugins.services import RunRefused, execute_run, request_run, requeue_lost, runs
from plugins.signals import run_concluded
from plugins.tasks import run_vetting, watchdog
from tests.factories import ArtifactFactory, PluginVersionFactory, UserFactory, VettingRunFactory
from tests.plugins import cases
from tests.support.packages import npm_package
from tests.support.races import at_once
from tests.support.reports import made_report

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def verbs():
    return list(LedgerEntry.objects.values_list("verb", flat=True))


def queued(**more):
    """A queued run of a version that is being vetted."""
    return VettingRunFactory(queued=True, version__state=VersionState.VETTING, policy=None, **more)


def reread(run):
    return VettingRun.objects.get(pk=run.pk)


@pytest.fixture
def running(policy):
    """A run some worker has taken up."""
    run = queued()
    return runs._take_up(run.pk)


# --- asking for one ---


def test_a_run_is_a_row_before_it_is_a_task(policy, django_capture_on_commit_callbacks):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)

    with django_capture_on_commit_callbacks(execute=True):
        run = request_run(version=version, actor=UserFactory())
        assert not OrmQ.objects.exists()

    assert (run.state, run.policy, run.trigger) == (RunState.QUEUED, policy, Trigger.REVIEWER)
    assert run.lease_until > timezone.now()
    assert {check["status"] for check in run.progress["checks"].values()} == {"queued"}
    task = OrmQ.objects.get().task
    assert (task["func"], task["kwargs"]) == ("plugins.tasks.run_vetting", {"run_id": run.pk})
    assert verbs()[-1] == "run.queued"


def test_a_version_is_vetted_once_at_a_time():
    run = queued()

    with pytest.raises(RunRefused, match="being vetted already"):
        request_run(version=run.version, actor=None)

    assert VettingRun.objects.count() == 1


@pytest.mark.parametrize("state", [VersionState.REJECTED, VersionState.WITHDRAWN])
def test_what_is_over_is_not_vetted_again(state):
    with pytest.raises(RunRefused, match=f"that is {state} is not vetted again"):
        request_run(version=PluginVersionFactory(state=state), actor=None)

    assert not VettingRun.objects.exists()


def test_an_errored_run_may_be_asked_for_again():
    run = queued()
    run.fail_with_error()
    run.save(update_fields=["state"])

    assert request_run(version=run.version, actor=None, trigger=Trigger.RETRY).state == RunState.QUEUED


# --- the lease ---


def test_a_worker_takes_a_run_up_under_a_lease(running):
    assert (running.state, running.attempts) == (RunState.RUNNING, 1)
    assert timezone.now() < running.lease_until < timezone.now() + 2 * MINUTE
    assert verbs()[-1] == "run.started"


def test_a_second_worker_leaves_a_leased_run_alone(running):
    assert execute_run(run_id=running.pk) is None
    assert run_vetting(run_id=running.pk) == f"run {running.pk}: nothing to do"
    assert reread(running).attempts == 1


def test_a_worker_takes_over_where_the_lease_ran_out(running):
    VettingRun.objects.filter(pk=running.pk).update(lease_until=timezone.now() - MINUTE)

    assert runs._take_up(running.pk).attempts == 2


@pytest.mark.parametrize("state", [RunState.PASSED, RunState.FAILED, RunState.ERRORED, RunState.CANCELLED])
def test_a_run_that_ended_is_not_taken_up(state):
    run = VettingRunFactory(state=state, evidence=False)

    assert execute_run(run_id=run.pk) is None
    assert execute_run(run_id=run.pk + 1) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_gets_the_run():
    run = queued()

    got = at_once(*[lambda: runs._take_up(run.pk)] * 2)

    assert sorted(row is None for row in got) == [False, True]
    assert reread(run).attempts == 1


# --- the end ---


@pytest.mark.parametrize("verdict", ["passed", "failed", "inconclusive"])
def test_a_run_ends_with_its_verdict_and_opens_a_review(running, verdict):
    other = {
        "passed": None,
        "failed": cases.result("static", findings=[cases.finding()]),
        "inconclusive": cases.result("secrets", CheckStatus.INCONCLUSIVE),
    }[verdict]
    results = cases.clean_results() if other is None else cases.with_result(cases.clean_results(), other)

    ended = runs._conclude(running.pk, running.attempts, made_report(results))

    assert (ended.state, ended.report["verdict"]) == (verdict, verdict)
    assert ended.version.state == VersionState.IN_REVIEW
    assert ended.reviews.get().state == "open"
    assert ended.score == ended.report["risk"]["score"]
    assert ended.finished_at is not None
    assert "run.concluded" in verbs()


def test_a_run_cannot_be_concluded_twice(running):
    report = made_report()
    first = runs._conclude(running.pk, 1, report)

    assert runs._conclude(running.pk, 1, report) is None
    assert CheckRun.objects.filter(run=first).count() == len(report.results)
    with pytest.raises(TransitionNotAllowed):
        reread(first).conclude_failed()


def test_a_result_is_dropped_after_another_worker_took_over(running):
    VettingRun.objects.filter(pk=running.pk).update(lease_until=timezone.now() - MINUTE)
    runs._take_up(running.pk)

    assert runs._conclude(running.pk, 1, made_report()) is None

    assert reread(running).state == RunState.RUNNING
    assert not CheckRun.objects.exists()


def test_the_result_of_a_cancelled_run_is_dropped(running):
    running.cancel()
    running.save(update_fields=["state"])

    assert runs._conclude(running.pk, 1, made_report()) is None
    assert reread(running).state == RunState.CANCELLED
    assert requeue_lost(now=timezone.now() + dt.timedelta(days=1)) == 0


def test_evidence_and_verdict_commit_together(running):
    """What listens to the end of a run belongs to the same transaction: if it breaks, nothing is stored."""

    def break_it(**_kwargs):
        raise RuntimeError("the review cannot be opened")

    run_concluded.connect(break_it)
    try:
        with pytest.raises(RuntimeError, match="cannot be opened"):
            runs._conclude(running.pk, 1, made_report())
    finally:
        run_concluded.disconnect(break_it)

    assert reread(running).state == RunState.RUNNING
    assert not CheckRun.objects.exists()
    assert "run.concluded" not in verbs()


# --- errors and lost workers ---


@pytest.fixture
def bytes_are_gone(policy, caplog):
    """A queued run whose artifact the storage has lost, so that every attempt breaks."""
    return queued()


def test_a_run_that_breaks_says_why_and_may_be_tried_again(bytes_are_gone):
    with pytest.raises(FileNotFoundError):
        execute_run(run_id=bytes_are_gone.pk)

    run = reread(bytes_are_gone)
    assert (run.state, run.attempts) == (RunState.RUNNING, 1)
    assert run.reason.startswith("FileNotFoundError: ")
    assert run.lease_until <= timezone.now()


def test_a_run_that_breaks_three_times_is_shown_as_errored(bytes_are_gone):
    for _attempt in range(3):
        with pytest.raises(FileNotFoundError):
            execute_run(run_id=bytes_are_gone.pk)

    run = reread(bytes_are_gone)
    assert (run.state, run.attempts) == (RunState.ERRORED, 3)
    assert run.finished_at is not None
    assert run.version.state == VersionState.VETTING
    assert verbs()[-1] == "run.errored"
    assert execute_run(run_id=run.pk) is None


def test_a_run_whose_result_cannot_be_kept_says_why(policy, monkeypatch, caplog):
    run = queued()
    monkeypatch.setattr(runs, "_vet", lambda *_args: made_report())
    monkeypatch.setattr(runs, "store_report", Mock(side_effect=OSError("the disk is full")))

    with pytest.raises(OSError, match="disk is full"):
        execute_run(run_id=run.pk)

    run = reread(run)
    assert (run.state, run.reason) == (RunState.RUNNING, "OSError: the disk is full")
    assert run.lease_until <= timezone.now()


def test_altered_bytes_are_never_vetted(policy):
    artifact = ArtifactFactory.stored(npm_package("altered-later"))
    with artifact_storage().open(artifact.storage_name, "wb") as file:
        file.write(npm_package(version="6.6.6"))
    run = queued(version__artifact=artifact)

    with pytest.raises(ArtifactDamaged):
        execute_run(run_id=run.pk)

    assert "altered" in reread(run).reason


def test_the_watchdog_queues_a_lost_run_again(running, django_capture_on_commit_callbacks):
    VettingRun.objects.filter(pk=running.pk).update(lease_until=timezone.now() - MINUTE)

    with django_capture_on_commit_callbacks(execute=True):
        assert watchdog() == "1 runs taken up again, 0 of sweeps released, 0 work folders removed"

    assert OrmQ.objects.get().task["kwargs"] == {"run_id": running.pk}
    assert verbs()[-1] == "run.requeued"


def test_the_watchdog_queues_a_run_no_worker_ever_took_up(policy):
    run = queued(lease_until=timezone.now() - MINUTE)

    assert requeue_lost(now=timezone.now()) == 1
    assert requeue_lost(now=timezone.now()) == 0  # it waits for a lease's time again
    assert reread(run).state == RunState.QUEUED


def test_the_watchdog_leaves_runs_alone_whose_lease_holds(running):
    assert requeue_lost(now=timezone.now()) == 0


def test_the_watchdog_ends_a_run_that_lost_three_workers(running):
    VettingRun.objects.filter(pk=running.pk).update(lease_until=timezone.now() - MINUTE, attempts=3)

    requeue_lost(now=timezone.now())

    run = reread(running)
    assert (run.state, run.reason) == (RunState.ERRORED, "The worker was lost 3 times.")


def test_the_watchdog_grows_patient_with_what_waits_in_a_long_queue(policy):
    run = queued(lease_until=timezone.now() - MINUTE)
    now = run.queued_at + 20 * MINUTE

    requeue_lost(now=now)

    assert reread(run).lease_until == now + 20 * MINUTE


# --- the heartbeat ---


@pytest.fixture
def beating(monkeypatch):
    """A heart that beats fast."""
    monkeypatch.setattr(runs, "BEAT", 0.02)


def beats(run, attempt=1):
    """Let it beat for a while on a lease that has nearly run out; returns the lease then."""
    VettingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    before = reread(run).lease_until
    with runs._heartbeat(run.pk, attempt):
        for _wait in range(100):
            if reread(run).lease_until != before:
                break
            time.sleep(0.01)
    return reread(run).lease_until - before


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_engines_work(running, beating):
    assert beats(running) > MINUTE / 2


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_who_took_over_is_not_renewed_by_who_was_overtaken(running, beating):
    VettingRun.objects.filter(pk=running.pk).update(attempts=2)

    assert beats(running, attempt=1) == dt.timedelta(0)


def test_who_was_overtaken_tells_no_progress(running):
    VettingRun.objects.filter(pk=running.pk).update(attempts=2)

    runs._Progress(running, None)("static", CheckStatus.PASSED, 1)

    assert reread(running).progress["done"] == 0


def test_a_busy_database_costs_a_beat_and_not_the_run(running, monkeypatch, caplog):
    monkeypatch.setattr(VettingRunQuerySet, "update", Mock(side_effect=OperationalError("database is locked")))

    runs._Progress(running, None)("static", CheckStatus.PASSED, 1)

    assert "database is locked" in caplog.text


# --- for real ---


def test_a_sample_is_vetted_end_to_end(policy, samples):
    """Real bytes, real engines in their sandbox, real rules: the connector that leaks a token."""
    built = samples["acme-crm-connector"]
    artifact = ArtifactFactory.stored(built.path.read_bytes(), filename=built.filename)
    run = queued(version__artifact=artifact, version__plugin__name="acme-crm")
    told = []

    ended = execute_run(run_id=run.pk, watch=lambda code, status, ms: told.append((code, status)))

    assert ended.report["artifact"]["sha256"] == built.sha256
    assert ended.state in {RunState.FAILED, RunState.INCONCLUSIVE}  # without a feed, dependencies stay unanswered
    assert ended.progress["done"] == ended.progress["total"] == len(ended.report["checks"])
    assert {check["status"] for check in ended.progress["checks"].values()} == set(
        ended.checks.values_list("status", flat=True)
    )
    assert Finding.objects.filter(run=ended, check_code="secrets", severity__in=["high", "critical"]).exists()
    assert {code for code, status in told if status} == set(ended.progress["checks"])
    assert connection.in_atomic_block


def test_progress_is_written_while_the_checks_run(policy):
    run = queued(version__artifact=ArtifactFactory.stored(npm_package()))
    seen = []

    execute_run(run_id=run.pk, watch=lambda *_told: seen.append(reread(run).progress))

    assert seen[0]["done"] == 0
    assert any(check["status"] == "running" for check in seen[0]["checks"].values())
    assert [row["done"] for row in seen] == sorted(row["done"] for row in seen)
    assert seen[-1]["done"] == seen[-1]["total"]
    assert reread(run).history.filter(state=RunState.RUNNING).count() == 1  # no lineage of progress


def test_a_worker_that_was_taken_over_while_it_vetted_stores_nothing(policy):
    run = queued(version__artifact=ArtifactFactory.stored(npm_package()))

    def take_over(*_told):
        VettingRun.objects.filter(pk=run.pk).update(attempts=2)

    assert execute_run(run_id=run.pk, watch=take_over) is None
    assert not CheckRun.objects.exists()
    assert reread(run).state == RunState.RUNNING
