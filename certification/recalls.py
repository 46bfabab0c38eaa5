"""Recalls: opened when a certificate is suspended or revoked, acknowledged by platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from certification.enums import RecallState
from certification.models import Acknowledgement, Recall
from governance import ledger
from governance.models import User
from governance.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from certification.models import Certificate
    from certification.models.recalls import RecallQuerySet
    from governance.models import ApiToken


class NothingToAcknowledge(Exception):
    """One of the serials names no certificate that is suspended or revoked; nothing was stored.

    `place` is its position in the list, from 0.
    """

    def __init__(self, place: int) -> None:
        super().__init__(f"Item {place + 1} names no certificate that is suspended or revoked.")
        self.place = place


def note(*, certificate: Certificate) -> None:
    """Ask the platforms to stop, if the state a certificate has just come to says so. Call it in that transaction."""
    if certificate.state in RecallState.values:
        Recall.objects.create(certificate=certificate, state=certificate.state)


def platforms() -> QuerySet[User]:
    """Who is asked to acknowledge: active accounts with the role."""
    return User.objects.filter(is_active=True, groups__name=Role.PLATFORM.value).order_by("username")


def missing(recall: Recall, people: Iterable[User]) -> list[User]:
    """Which platforms were asked and have said nothing; no query where acknowledgements are prefetched."""
    heard = {given.user_id for given in recall.acknowledgements.all()}
    return [user for user in people if user.date_joined <= recall.at and user.pk not in heard]


def open_for(user: User) -> RecallQuerySet:
    """What a platform has to acknowledge now, oldest first."""
    found = Recall.objects.open_at(timezone.now()).asked_of(user).order_by("pk")
    return found.select_related("certificate__version__plugin").defer(
        "certificate__envelope", "certificate__version__metadata", "certificate__version__declaration"
    )


@transaction.atomic
def acknowledge(*, token: ApiToken, serials: Sequence[str]) -> list[Acknowledgement]:
    """Note that a platform has taken recalls into account; what it has acknowledged before keeps its time.

    Args:
        token: the platform's; its account is the one that acknowledges.
        serials: of certificates that are suspended or revoked, in any order.

    Returns:
        The acknowledgement of each serial, in the order given.

    Raises:
        NothingToAcknowledge: one of them is neither, or nobody knows it. Nothing is stored then.
    """
    holding = Recall.objects.open_at(timezone.now()).filter(certificate__serial__in=set(serials))
    recalls = {recall.certificate.serial: recall for recall in holding.select_related("certificate")}
    for place, serial in enumerate(serials):
        if serial not in recalls:
            raise NothingToAcknowledge(place)
    given = _given(token=token, recalls=list(recalls.values()))
    return [given[recalls[serial].pk] for serial in serials]


@transaction.atomic
def acknowledge_through(*, token: ApiToken, number: int) -> list[Acknowledgement]:
    """Note that a platform has taken into account everything that is open for it up to a recall's number."""
    recalls = list(open_for(token.user).filter(pk__lte=number))
    given = _given(token=token, recalls=recalls)
    return [given[recall.pk] for recall in recalls]


def _given(*, token: ApiToken, recalls: Sequence[Recall]) -> dict[int, Acknowledgement]:
    """The acknowledgements of recalls by their ids, made where there is none. A platform's are made one by one."""
    user = User.objects.select_for_update(no_key=True).get(pk=token.user_id)
    known = Acknowledgement.objects.filter(user=user, recall__in=recalls)
    given = {one.recall_id: one for one in known}
    for recall in recalls:
        if recall.pk not in given:
            given[recall.pk] = Acknowledgement.objects.create(recall=recall, user=user, token=token)
            ledger.record(
                verb="recall.acknowledged",
                subject=recall.certificate,
                actor=user,
                details={"recall": recall.pk, "state": recall.state, "token": token.pk},
            )
        given[recall.pk].recall = recall
    return given
