"""A worker killed at any point of a vetting run: the run is taken up again, is never lost, doubled or passed unseen."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from certification.models import Review
from governance.models import LedgerEntry
from plugins import vetting
from plugins.checks.static import StaticCheck
from plugins.enums import RunState, VersionState
from plugins.models import CheckRun, KeptResult, Observation, VettingRun
from plugins.services import evidence, execute_run, requeue_lost, runs
from plugins.services.kept import KeptResults
from plugins.signals import run_concluded
from tests.factories import ArtifactFactory, VettingRunFactory
from tests.support.packages import npm_package
from tests.support.races import die, killed

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = {
    "right after it took the run up": (runs, "_vet"),
    "before the bytes are read": (runs, "work_folder"),
    "when the package is unpacked": (vetting, "_run_all"),
    "in the middle of a check": (StaticCheck, "run"),
    "between the checks and the verdict": (vetting, "conclude"),
    "before anything is stored": (runs, "_conclude"),
    "with half of the evidence stored": (evidence, "_store_observations"),
    "with the verdict stored and not committed": (run_concluded, "send"),
    "before the results to keep are stored": (KeptResults, "write"),
}
AFTER = "after everything is committed"


@pytest.fixture
def run(policy):
    """A queued run of a package that calls a host."""
    raw = npm_package(files={"index.js": b"require('https').get('https://api.acme.example/x');\n"})
    artifact = ArtifactFactory.stored(raw)
    return VettingRunFactory(queued=True, version__artifact=artifact, version__state=VersionState.VETTING, policy=None)


def stored(run):
    """What there is of a run, as numbers."""
    return {
        "checks": CheckRun.objects.filter(run=run).count(),
        "hosts": Observation.objects.filter(run=run, kind="host", value="api.acme.example").count(),
        "reviews": Review.objects.filter(run=run).count(),
        "concluded": LedgerEntry.objects.about(run).filter(verb="run.concluded").count(),
        "started": LedgerEntry.objects.about(run).filter(verb="run.started").count(),
    }


HOSTS = 3
"""Rows of the one host: seen in the code, when it was loaded and when it was used."""


def once(ended, *, started):
    """What there is of a run that ended, however often it was begun."""
    checks = len(ended.report["checks"])
    return {"checks": checks, "hosts": HOSTS, "reviews": 1, "concluded": 1, "started": started}


NOTHING = {"checks": 0, "hosts": 0, "reviews": 0, "concluded": 0}


def taken_up_again(run):
    """What the watchdog and the next worker do two minutes later; gives the run as it stands then."""
    assert execute_run(run_id=run.pk) is None  # the lease of who was killed still holds
    assert requeue_lost(now=timezone.now() + dt.timedelta(minutes=2)) == 1
    VettingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    execute_run(run_id=run.pk)
    return VettingRun.objects.get(pk=run.pk)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_whose_worker_was_killed_is_taken_up_again_and_stored_once(run, monkeypatch, point):
    with monkeypatch.context() as patch:
        patch.setattr(*POINTS[point], die)
        assert killed(lambda: execute_run(run_id=run.pk))
    connection.close()

    left = VettingRun.objects.get(pk=run.pk)
    assert (left.state, left.attempts, left.report, left.tier) == (RunState.RUNNING, 1, None, "")
    assert stored(run) == {**NOTHING, "started": 1}
    assert not KeptResult.objects.exists()

    ended = taken_up_again(run)

    assert (ended.state, ended.attempts) == (RunState.FAILED, 2)  # loading it calls a host
    assert stored(run) == once(ended, started=2)
    assert ended.version.state == VersionState.IN_REVIEW


def test_a_worker_killed_when_all_is_committed_leaves_nothing_to_do(run):
    def work():
        execute_run(run_id=run.pk)
        die()

    assert killed(work)
    connection.close()

    ended = VettingRun.objects.get(pk=run.pk)
    assert (ended.state, ended.attempts) == (RunState.FAILED, 1)
    assert requeue_lost(now=timezone.now() + dt.timedelta(hours=1)) == 0
    assert execute_run(run_id=run.pk) is None
    assert stored(run) == once(ended, started=1)


def test_a_run_that_kills_every_worker_ends_visibly_and_without_a_verdict(run, monkeypatch):
    monkeypatch.setattr(StaticCheck, "run", die)
    for attempt in range(1, runs.MAX_ATTEMPTS + 1):
        assert killed(lambda: execute_run(run_id=run.pk))
        connection.close()
        assert VettingRun.objects.get(pk=run.pk).attempts == attempt
        assert requeue_lost(now=timezone.now() + dt.timedelta(minutes=2)) == 1
        VettingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))

    ended = VettingRun.objects.get(pk=run.pk)
    assert (ended.state, ended.reason) == (RunState.ERRORED, "The worker was lost 3 times.")
    assert stored(run) == {**NOTHING, "started": 3}
    assert execute_run(run_id=run.pk) is None
