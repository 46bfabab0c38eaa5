"""The life of a vetting run: asked for, taken up under a lease, concluded, or taken up again if its worker is lost."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import TransitionNotAllowed
from governance.policies import PolicyRules
from governance.queue import enqueue
from governance.services import published_policy, published_rules
from plugins.checks.registry import CODES
from plugins.config import archive_limits
from plugins.enums import RENEWALS, REUSING, SWEEPS, RunState, Trigger, VersionState
from plugins.intake import intake, recalled
from plugins.models import VettingRun
from plugins.services.certified import last_certified
from plugins.services.detection import rules_in_use
from plugins.services.evidence import store_report
from plugins.services.feeds import snapshot
from plugins.services.kept import KeptResults
from plugins.services.leases import heartbeat
from plugins.services.origins import evidence_of
from plugins.services.past import past_of
from plugins.services.sweeps import PATIENCE, release_batches, release_sweeps
from plugins.signals import run_concluded, run_errored
from plugins.vetting import vet
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from governance.models import User
    from governance.vocabulary import CheckStatus
    from plugins.intake import Intake
    from plugins.models import Artifact, PluginVersion
    from plugins.vetting import Progress, Report

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a worker may stay silent; longer than a locked database keeps two beats from being written."""
BEAT = 15.0
"""Seconds between two renewals of the lease."""
PACE = 0.2
"""Seconds between two writes of progress."""
MAX_ATTEMPTS = 3


class RunRefused(Exception):
    """A vetting run cannot be started now; the text says why."""


@transaction.atomic
def request_run(*, version: PluginVersion, actor: User | None, trigger: Trigger = Trigger.REVIEWER) -> VettingRun:
    """Queue a vetting run of a version.

    Raises:
        RunRefused: one is already under way, or the version's state does not allow it.
    """
    if version.runs.unfinished().exists():
        raise RunRefused(_("%(version)s is being vetted already.") % {"version": version})
    if version.state != VersionState.VETTING:  # a run that errored leaves it there
        try:
            version.start_vetting()
        except TransitionNotAllowed as refusal:
            state = version.get_state_display().lower()
            raise RunRefused(_("A version that is %(state)s is not vetted again.") % {"state": state}) from refusal
        version.save(update_fields=["state"])
    try:
        with transaction.atomic():
            run = VettingRun.objects.create(
                version=version,
                policy=published_policy(),
                trigger=trigger,
                lease_until=timezone.now() + PATIENCE,
                released_at=None if trigger in SWEEPS else timezone.now(),
                progress=_fresh_progress(),
            )
    except IntegrityError as clash:
        raise RunRefused(_("%(version)s is being vetted already.") % {"version": version}) from clash
    ledger.record(verb="run.queued", subject=run, actor=actor, details={"trigger": trigger})
    if trigger in SWEEPS:
        release_sweeps(now=timezone.now())
    else:
        enqueue("plugins.tasks.run_vetting", run_id=run.pk)
    return run


def execute_run(*, run_id: int, watch: Progress | None = None) -> VettingRun | None:
    """Carry a queued run out; returns None where it is gone, ended, or in another worker's hands.

    `watch` is told what the run's progress column is told, for somebody who waits beside it.
    """
    run = _take_up(run_id)
    if run is None:
        return None
    attempt = run.attempts
    try:
        with _next_sweep(), _heartbeat(run_id, attempt):
            store = KeptResults(run.version.artifact, reuse=run.trigger in REUSING)
            report = _vet(run, store, watch)
            with transaction.atomic():
                concluded = _conclude(run_id, attempt, report)
                if concluded:
                    store.write(report.intake)
            return concluded
    except Exception as error:
        logger.exception("vetting run %s broke", run_id)
        _note_error(run_id, attempt, f"{type(error).__name__}: {error}")
        raise


@transaction.atomic
def _take_up(run_id: int) -> VettingRun | None:
    run = VettingRun.objects.select_for_update().filter(pk=run_id).first()
    now = timezone.now()
    if run is None or run.state not in {RunState.QUEUED, RunState.RUNNING}:
        return None
    if run.state == RunState.RUNNING and run.lease_until > now:
        return None
    run.start()
    run.attempts += 1
    run.started_at = now
    run.lease_until = now + LEASE
    run.progress = _fresh_progress()
    run.save(update_fields=["state", "attempts", "started_at", "lease_until", "progress"])
    ledger.record(verb="run.started", subject=run, details={"attempt": run.attempts})
    return run


def _vet(run: VettingRun, store: KeptResults, watch: Progress | None) -> Report:
    """Vet the version's artifact. A revalidation reruns only what could come out otherwise."""
    with work_folder("run") as folder, _taken(run.version.artifact, store, folder) as taken:
        return vet(
            taken,
            policy=_rules(run),
            feed=lambda package: snapshot(package.dependencies),
            cache=settings.CACHE_DIR,
            progress=_Progress(run, watch),
            kept=store.kept,
            before=last_certified(run.version.plugin_id),
            origin=evidence_of(version=run.version, folder=folder),
            detection=rules_in_use(),
            past=past_of(run),
        )


@contextmanager
def _taken(artifact: Artifact, store: KeptResults, folder: Path) -> Iterator[Intake]:
    """The artifact read anew, or as it is known; its bytes are checked against their digest either way."""
    limits = archive_limits()
    if known := store.known_intake():
        artifact.verify()
        with recalled(known, filename=artifact.filename, work=folder, fetch=artifact.copy_to, limits=limits) as taken:
            yield taken
        return
    path = folder / "artifact"
    artifact.copy_to(path)
    with intake(path, filename=artifact.filename, work=folder, limits=limits) as taken:
        yield taken


@contextmanager
def _next_sweep() -> Iterator[None]:
    """Whatever becomes of this run, afterwards there may be room for the next one of a sweep."""
    try:
        yield
    finally:
        try:
            release_batches(now=timezone.now())  # a hunt's turn comes after a sweep's, and the other way round
            release_sweeps(now=timezone.now())
        except DatabaseError as problem:  # the watchdog does it within a minute
            logger.warning("no run of a sweep could be released: %s", problem)


def _heartbeat(run_id: int, attempt: int) -> AbstractContextManager[None]:
    """Renew the lease while the engines work."""
    return heartbeat(lambda: _keep(run_id, attempt), every=BEAT)


def _keep(run_id: int, attempt: int, **columns: Any) -> None:
    """Renew the lease of an attempt that nobody has taken over. A database that is busy costs a beat, not the run."""
    mine = VettingRun.objects.filter(pk=run_id, state=RunState.RUNNING, attempts=attempt)
    try:
        mine.update(lease_until=timezone.now() + LEASE, **columns)
    except DatabaseError as problem:
        logger.warning("the lease of run %s could not be renewed: %s", run_id, problem)


def _rules(run: VettingRun) -> PolicyRules:
    """What it is judged by: the policy the run names, also where another one was published since it was asked for."""
    return PolicyRules.from_dict(run.policy.rules, validate=False) if run.policy else published_rules()


class _Progress:
    """Writes the checks' states into the run's progress column, which keeps no lineage; what comes at once, at once."""

    def __init__(self, run: VettingRun, watch: Progress | None) -> None:
        self.run_id, self.attempt = run.pk, run.attempts
        self.watch = watch
        self.state = _fresh_progress()
        self._written = -PACE

    def __call__(self, code: str, status: CheckStatus | None, milliseconds: int) -> None:
        checks = self.state["checks"]
        checks[code] = {"status": status.value if status else "running", "ms": milliseconds if status else None}
        self.state["done"] = sum(1 for check in checks.values() if check["status"] not in {"queued", "running"})
        waiting = sum(1 for check in checks.values() if check["status"] == "queued")
        if waiting <= 1 or time.monotonic() - self._written >= PACE:  # the last one to start reads what the others saw
            _keep(self.run_id, self.attempt, progress=self.state)
            self._written = time.monotonic()
        if self.watch:
            self.watch(code, status, milliseconds)


def _fresh_progress() -> dict[str, Any]:
    return {"checks": {code: {"status": "queued", "ms": None} for code in CODES}, "done": 0, "total": len(CODES)}


@transaction.atomic
def _conclude(run_id: int, attempt: int, report: Report) -> VettingRun | None:
    run = VettingRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.state != RunState.RUNNING or run.attempts != attempt:
        logger.warning("run %s was taken over or ended meanwhile; this result is dropped", run_id)
        return None
    store_report(run=run, report=report)
    version = run.version
    if run.trigger not in RENEWALS:  # else certification decides between renewal and review
        version.enter_review()
        version.save(update_fields=["state"])
    run_concluded.send(sender=VettingRun, run=run)
    return run


@transaction.atomic
def _note_error(run_id: int, attempt: int, message: str) -> None:
    """Keep the error; the task queue tries again, and the last attempt ends the run visibly."""
    run = VettingRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.state != RunState.RUNNING or run.attempts != attempt:
        return
    run.reason = message.replace("\x00", "\ufffd")[:1000]
    run.lease_until = timezone.now()
    if run.attempts >= MAX_ATTEMPTS:
        _end_with_error(run)
    else:
        run.save(update_fields=["reason", "lease_until"])


def _end_with_error(run: VettingRun) -> None:
    run.fail_with_error()
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "reason", "lease_until", "finished_at"])
    ledger.record(verb="run.errored", subject=run, details={"reason": run.reason})
    run_errored.send(sender=VettingRun, run=run)


@transaction.atomic
def requeue_lost(*, now: datetime) -> int:
    """The watchdog: queue runs again whose worker stopped, end those tried too often; returns how many it touched."""
    lost = list(VettingRun.objects.lost(now).select_for_update())
    for run in lost:
        if run.attempts >= MAX_ATTEMPTS:
            run.reason = run.reason or _("The worker was lost %(times)s times.") % {"times": run.attempts}
            _end_with_error(run)
            continue
        if run.state == RunState.QUEUED:
            run.lease_until = now + max(PATIENCE, now - run.queued_at)
            run.save(update_fields=["lease_until"])
        ledger.record(verb="run.requeued", subject=run, details={"attempts": run.attempts})
        enqueue("plugins.tasks.run_vetting", run_id=run.pk)
    return len(lost)
