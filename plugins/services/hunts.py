"""The life of a hunt: asked for, carried out batch by batch under leases, taken up again where a worker was lost.

The results of a batch are written in one transaction with its end, under the hunt's lock: a worker that is killed has
written nothing, and whoever takes the batch up looks anew. So nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import TransitionNotAllowed
from governance.queue import enqueue
from plugins.enums import HUNT_OPEN, HuntScope, HuntState, RuleState, VersionState
from plugins.models import Hunt, HuntBatch, HuntGap, HuntHit, Plugin, PluginVersion
from plugins.services.detection import as_rule
from plugins.services.hunting import Answer, look, look_up, reads_packages
from plugins.services.leases import heartbeat
from plugins.services.storable import storable
from plugins.services.sweeps import PATIENCE, release_batches, release_sweeps
from plugins.signals import revalidation_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from governance.models import User
    from plugins.detection.rule import Rule
    from plugins.models import DetectionRule

logger = logging.getLogger(__name__)

PACKAGES = 5
"""Versions of a batch whose packages are read; a few seconds, so that owners never wait for long."""
ROWS = 200
"""Versions of a batch that is answered out of the database."""
LEASE = timedelta(seconds=60)
BEAT = 15.0
MAX_ATTEMPTS = 3
HITS_A_VERSION = 50
LONG_ENOUGH = 300.0
"""Seconds after which a batch ends and lets the rest of it wait: far from what the queue takes for hanging."""


class HuntRefused(Exception):
    """A hunt cannot be started or moved; the text says why and nothing was changed."""


@transaction.atomic
def start_hunt(*, rule: DetectionRule, actor: User | None, scope: str = HuntScope.ALL) -> Hunt:
    """Queue a hunt for a rule, on trial, in force or still a draft.

    Raises:
        HuntRefused: the rule is retired or was altered, is being hunted already, or there is nothing to look through.
    """
    plain = as_rule(rule)
    if rule.state == RuleState.RETIRED or plain.altered:
        raise HuntRefused(_("%(rule)s is retired, or was altered after it was tested.") % {"rule": rule})
    versions = list(versions_in(scope).order_by("-pk").values_list("pk", flat=True))
    if not versions:
        raise HuntRefused(_("There is no version to look through."))
    try:
        with transaction.atomic():
            hunt = Hunt.objects.create(
                rule=rule, rule_digest=plain.digest, scope=scope, started_by=actor, total=len(versions)
            )
    except IntegrityError as clash:
        raise HuntRefused(_("%(rule)s is being hunted already.") % {"rule": rule}) from clash
    size = PACKAGES if reads_packages(plain) else ROWS
    HuntBatch.objects.bulk_create(
        HuntBatch(hunt=hunt, number=first // size + 1, versions=versions[first : first + size])
        for first in range(0, len(versions), size)
    )
    ledger.record(
        verb="hunt.started",
        subject=hunt,
        actor=actor,
        details={"rule": str(rule), "digest": plain.digest, "scope": scope, "versions": len(versions)},
    )
    release_batches(now=timezone.now())
    return hunt


def versions_in(scope: str) -> QuerySet[PluginVersion]:
    """What a hunt of a scope looks through. Certified is what was approved, also while it is being revalidated."""
    if scope == HuntScope.CERTIFIED:
        certified = Plugin.objects.filter(certified_run__isnull=False).values("certified_run__version_id")
        again = Q(state=VersionState.VETTING, pk__in=certified)
        return PluginVersion.objects.filter(Q(state=VersionState.APPROVED) | again)
    return PluginVersion.objects.all()


def execute_batch(*, batch_id: int) -> HuntBatch | None:
    """Carry a batch out; returns None where it is gone, ended, or in another worker's hands."""
    batch = _take_up(batch_id)
    if batch is None:
        return None
    try:
        with heartbeat(lambda: _keep(batch), every=BEAT):
            rule = as_rule(batch.hunt.rule)
            if rule.digest != batch.hunt.rule_digest or rule.altered:
                return _fail(batch, _("The rule was changed while it was hunted: start a new hunt."))
            return _conclude(batch, _answers(batch, rule))
    finally:
        _next()


@transaction.atomic
def _take_up(batch_id: int) -> HuntBatch | None:
    """Take a batch that waits, or whose lease ran out. The hunt is always locked before its batches."""
    known = HuntBatch.objects.filter(pk=batch_id).first()
    if known is None:
        return None
    hunt = Hunt.objects.select_for_update(of=("self",)).select_related("rule").get(pk=known.hunt_id)
    batch = HuntBatch.objects.select_for_update().get(pk=batch_id)
    now = timezone.now()
    if batch.state not in HUNT_OPEN or not hunt.is_open:
        return None
    if batch.state == HuntState.RUNNING and batch.lease_until is not None and batch.lease_until > now:
        return None
    batch.state = HuntState.RUNNING
    batch.attempts += 1
    batch.released_at = batch.released_at or now
    batch.lease_until = now + LEASE
    batch.save(update_fields=["state", "attempts", "released_at", "lease_until"])
    if hunt.state == HuntState.QUEUED:
        _begin(hunt)
    batch.hunt = hunt
    return batch


def _keep(batch: HuntBatch) -> None:
    """Renew the lease of an attempt that nobody has taken over."""
    mine = HuntBatch.objects.filter(pk=batch.pk, state=HuntState.RUNNING, attempts=batch.attempts)
    try:
        mine.update(lease_until=timezone.now() + LEASE)
    except DatabaseError as problem:
        logger.warning("the lease of batch %s could not be renewed: %s", batch.pk, problem)


def _answers(batch: HuntBatch, rule: Rule) -> Mapping[int, Answer] | None:
    """What is known of each version, as many as there is time for; None where the hunt was stopped meanwhile."""
    versions = list(PluginVersion.objects.filter(pk__in=batch.versions).select_related("artifact"))
    if not reads_packages(rule):
        return look_up(rule, versions)
    answers: dict[int, Answer] = {}
    end = time.monotonic() + LONG_ENOUGH
    for version in versions:
        if answers and time.monotonic() > end:
            break
        if not Hunt.objects.unfinished().filter(pk=batch.hunt_id).exists():
            return None
        answers[version.pk] = look(rule, version)
    return answers


@transaction.atomic
def _conclude(batch: HuntBatch, answers: Mapping[int, Answer] | None) -> HuntBatch | None:
    """Write what was found and end the batch, and with the last one the hunt."""
    hunt = Hunt.objects.select_for_update().get(pk=batch.hunt_id)
    current = HuntBatch.objects.select_for_update().get(pk=batch.pk)
    mine = current.state == HuntState.RUNNING and current.attempts == batch.attempts
    if answers is None or not mine or not hunt.is_open:
        logger.warning("batch %s was taken over or stopped meanwhile; this result is dropped", batch.pk)
        return None
    for pk, answer in answers.items():
        _store(hunt, pk, answer)
    _close(hunt, current, answers)
    return current


def _store(hunt: Hunt, version: int, answer: Answer) -> None:
    kept = answer.hits[:HITS_A_VERSION]
    more = len(answer.hits) - len(kept) + answer.beyond
    HuntHit.objects.bulk_create(
        HuntHit(
            hunt=hunt,
            version_id=version,
            path=storable(hit.path)[:1024],
            line=hit.line,
            excerpt=storable(hit.text)[:300],
            more=more if hit is kept[-1] else 0,
        )
        for hit in kept
    )
    if answer.gap:
        HuntGap.objects.create(hunt=hunt, version_id=version, reason=storable(answer.gap)[:500])


def _begin(hunt: Hunt) -> None:
    hunt.start()
    hunt.started_at = timezone.now()
    hunt.save(update_fields=["state", "started_at"])


def _close(hunt: Hunt, batch: HuntBatch, answers: Mapping[int, Answer]) -> None:
    """End a batch under the hunt's lock, or let what is left of it wait its turn; the counters keep no lineage."""
    left = [pk for pk in batch.versions if pk not in answers]
    if left:
        batch.versions, batch.state, batch.attempts = left, HuntState.QUEUED, 0
        batch.released_at = batch.lease_until = None
    else:
        batch.state = HuntState.DONE
    batch.save(update_fields=["versions", "state", "attempts", "released_at", "lease_until"])
    Hunt.objects.filter(pk=hunt.pk).update(
        done=F("done") + len(answers),
        hit_versions=F("hit_versions") + sum(bool(answer.hits) for answer in answers.values()),
        errors=F("errors") + sum(bool(answer.gap) for answer in answers.values()),
    )
    if not hunt.batches.unfinished().exists():
        hunt.refresh_from_db(fields=["done", "hit_versions", "errors"])
        hunt.finish()
        hunt.reason = _("%(hits)d of %(total)d versions are hit, %(errors)d could not be answered.") % {
            "hits": hunt.hit_versions,
            "total": hunt.total,
            "errors": hunt.errors,
        }
        _end(hunt, "hunt.done")


def _end(hunt: Hunt, verb: str, actor: User | None = None) -> None:
    hunt.finished_at = timezone.now()
    hunt.save(update_fields=["state", "reason", "finished_at"])
    counts = {"done": hunt.done, "total": hunt.total, "hit": hunt.hit_versions, "errors": hunt.errors}
    ledger.record(verb=verb, subject=hunt, actor=actor, details={**counts, "reason": hunt.reason})


@transaction.atomic
def _fail(batch: HuntBatch, reason: str) -> None:
    hunt = Hunt.objects.select_for_update().get(pk=batch.hunt_id)
    if hunt.is_open:
        hunt.fail()
        hunt.reason = reason
        _end(hunt, "hunt.failed")
        hunt.batches.unfinished().update(state=HuntState.FAILED)


@transaction.atomic
def cancel_hunt(*, hunt: Hunt, actor: User) -> Hunt:
    """Stop a hunt; what its ended batches found stays. Raises HuntRefused: it has ended."""
    hunt = Hunt.objects.select_for_update().get(pk=hunt.pk)
    try:
        hunt.cancel()
    except TransitionNotAllowed as refusal:
        raise HuntRefused(_("This hunt has ended already.")) from refusal
    hunt.reason = _("Stopped after %(done)d of %(total)d versions.") % {"done": hunt.done, "total": hunt.total}
    _end(hunt, "hunt.cancelled", actor)
    hunt.batches.unfinished().update(state=HuntState.CANCELLED)
    return hunt


def requeue_lost_batches(*, now: datetime) -> int:
    """The watchdog: queue batches again whose worker stopped; one tried too often is not answered, and says so."""
    lost = list(HuntBatch.objects.lost(now))
    for batch in lost:
        _requeue(batch, now)
    return len(lost)


@transaction.atomic
def _requeue(batch: HuntBatch, now: datetime) -> None:
    hunt = Hunt.objects.select_for_update().get(pk=batch.hunt_id)
    current = HuntBatch.objects.select_for_update().get(pk=batch.pk)
    if current.state not in HUNT_OPEN or not hunt.is_open:
        return
    if current.attempts < MAX_ATTEMPTS:
        current.lease_until = now + PATIENCE
        current.save(update_fields=["lease_until"])
        enqueue("plugins.tasks.hunt_batch", batch_id=batch.pk)
        return
    if hunt.state == HuntState.QUEUED:
        _begin(hunt)
    reason = _("The worker was lost %(times)s times at these versions.") % {"times": current.attempts}
    answers = {pk: Answer(gap=reason) for pk in current.versions}
    for pk, answer in answers.items():
        _store(hunt, pk, answer)
    _close(hunt, current, answers)


def _next() -> None:
    """Whatever became of a batch, afterwards there may be room: a sweep's turn comes after a hunt's."""
    try:
        release_sweeps(now=timezone.now())
        release_batches(now=timezone.now())
    except DatabaseError as problem:  # the watchdog does it within a minute
        logger.warning("nothing could be released: %s", problem)


def certified_hits(hunt: Hunt) -> QuerySet[PluginVersion]:
    """The certified versions that a hunt hit."""
    hit = HuntHit.objects.filter(hunt=hunt).values("version_id")
    return versions_in(HuntScope.CERTIFIED).filter(pk__in=hit).select_related("plugin").order_by("pk")


@transaction.atomic
def ask_revalidation(*, hunt: Hunt, actor: User) -> int:
    """Have the certified versions that are hit re-earn their certificates; returns how many were started.

    Raises:
        HuntRefused: the rule is not in force, so that a new vetting would come out as before; or none is hit.
    """
    if hunt.rule.state != RuleState.ENFORCED:
        raise HuntRefused(_("Put the rule in force first: until then a new vetting finds nothing that counts."))
    versions = list(certified_hits(hunt))
    if not versions:
        raise HuntRefused(_("No certified version is hit."))
    reason = _("Hit by the detection rule %(rule)s.") % {"rule": hunt.rule}
    started = 0
    for version in versions:
        answers = revalidation_wanted.send(Hunt, version=version, actor=actor, reason=reason)
        started += any(bool(said) for _receiver, said in answers)
    hunt.revalidated_at = timezone.now()
    hunt.save(update_fields=["revalidated_at"])
    ledger.record(
        verb="hunt.revalidations-asked", subject=hunt, actor=actor, details={"hit": len(versions), "started": started}
    )
    return started
