"""Revalidations wait for their turn, oldest first; an owner's submission does not wait behind them."""

import datetime as dt

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from plugins.enums import RunState, Trigger, VersionState
from plugins.models import VettingRun
from plugins.services import release_sweeps, request_run, requeue_lost
from plugins.services.runs import execute_run
from tests.factories import ArtifactFactory, PluginVersionFactory, VettingRunFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def at_most_two(settings):
    settings.SWEEP_RUNS = 2


@pytest.fixture
def tasks(django_capture_on_commit_callbacks):
    """Call something, and get the ids of the runs whose tasks were queued by it."""

    def queued(call, **arguments):
        OrmQ.objects.all().delete()
        with django_capture_on_commit_callbacks(execute=True):
            call(**arguments)
        return [entry.task["kwargs"]["run_id"] for entry in OrmQ.objects.order_by("pk")]

    return queued


def sweep(number):
    return [
        VettingRunFactory(queued=True, trigger=Trigger.SCHEDULE, version__state=VersionState.VETTING)
        for _ in range(number)
    ]


def owners_run():
    return VettingRunFactory(
        queued=True, trigger=Trigger.SUBMISSION, released_at=NOW, version__state=VersionState.VETTING
    )


def test_of_many_revalidations_only_some_are_handed_to_the_workers(tasks):
    runs = sweep(5)

    assert tasks(release_sweeps, now=NOW) == [run.pk for run in runs[:2]]
    assert tasks(release_sweeps, now=NOW) == []


def test_the_next_of_a_sweep_follows_when_one_has_ended(policy, tasks):
    runs = sweep(3)
    tasks(release_sweeps, now=NOW)
    VettingRun.objects.filter(pk=runs[0].pk).update(state=RunState.CANCELLED)

    assert tasks(release_sweeps, now=NOW) == [runs[2].pk]


def test_a_run_that_ends_lets_the_next_one_go(policy, tasks):
    runs = sweep(3)
    tasks(release_sweeps, now=NOW)
    other = VettingRunFactory(
        queued=True, version=PluginVersionFactory(artifact=ArtifactFactory.stored(), state=VersionState.VETTING)
    )
    VettingRun.objects.filter(pk=runs[1].pk).update(state=RunState.CANCELLED)

    def broken(run_id):
        with pytest.raises(Exception, match="archive"):
            execute_run(run_id=run_id)

    assert tasks(broken, run_id=other.pk) == [runs[2].pk]


def test_no_sweep_goes_on_while_an_owner_waits(tasks):
    sweep(1)
    owner = owners_run()

    assert tasks(release_sweeps, now=NOW) == []

    VettingRun.objects.filter(pk=owner.pk).update(state=RunState.RUNNING)
    assert len(tasks(release_sweeps, now=NOW)) == 1


def test_a_sweep_that_waited_an_hour_is_not_kept_waiting_by_owners_for_ever(tasks):
    (run,) = sweep(1)
    owners_run()

    assert tasks(release_sweeps, now=run.queued_at + dt.timedelta(minutes=61)) == [run.pk]


def test_an_owners_submission_is_handed_over_at_once(policy, tasks):
    sweep(9)
    version = PluginVersionFactory(state=VersionState.SUBMITTED)

    (run_id,) = tasks(request_run, version=version, actor=None, trigger=Trigger.SUBMISSION)

    assert VettingRun.objects.get(pk=run_id).version == version


def test_the_watchdog_does_not_take_a_run_for_lost_whose_turn_has_not_come(tasks):
    sweep(3)
    tasks(release_sweeps, now=NOW)

    later = NOW + dt.timedelta(hours=3)
    assert len(tasks(requeue_lost, now=later)) == 2
