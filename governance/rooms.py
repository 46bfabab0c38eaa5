"""The rooms of the portal and who works in which: the header's links and the start page are made from this list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise

    from governance.models import User


@dataclass(frozen=True, slots=True)
class Room:
    """One part of the portal. Without a permission it is open to all who sign in, or to all where `public`."""

    code: str
    title: _StrPromise
    text: _StrPromise
    action: _StrPromise
    page: str
    permission: str = ""
    staff: bool = False
    public: bool = False

    @property
    def url(self) -> str:
        """Where it is."""
        return reverse(self.page)

    def open_to(self, user: User | AnonymousUser) -> bool:
        """Whether somebody may go in."""
        if self.public:
            return True
        if not user.is_authenticated or (self.staff and not user.is_staff):
            return False
        return not self.permission or user.has_perm(self.permission)


PORTAL = Room(
    "portal",
    _("My plugins"),
    _("Submit a version, follow its vetting, see what is asked of you, fetch your certificates."),
    _("Go to my plugins"),
    "portal:index",
)
QUEUE = Room(
    "queue",
    _("Review queue"),
    _("Versions that wait for a decision, what is due first stands first, all evidence on one page."),
    _("Go to the queue"),
    "admin:certification_review_changelist",
    permission="certification.view_review",
    staff=True,
)
DASHBOARD = Room(
    "dashboard",
    _("Dashboard"),
    _("Risk posture, age of the queue, criteria that fail most, certificates that expire next."),
    _("Go to the dashboard"),
    "dashboard",
    permission="governance.view_dashboard",
)
ADMIN = Room(
    "admin",
    _("Administration"),
    _("Policy, advisories, certificates, audits and the ledger."),
    _("Go to the administration"),
    "admin:index",
    staff=True,
)
STATUS = Room(
    "status",
    _("Public status"),
    _("Which plugins are certified, until when, and the files to check it with, open to everybody."),
    _("See what is certified"),
    "certification:status",
    public=True,
)

ROOMS = (PORTAL, QUEUE, DASHBOARD, ADMIN, STATUS)

WORKPLACES: tuple[tuple[Role, Room], ...] = (
    (Role.REVIEWER, QUEUE),
    (Role.LEAD_REVIEWER, QUEUE),
    (Role.MANAGER, DASHBOARD),
    (Role.POLICY_MANAGER, ADMIN),
    (Role.AUDITOR, ADMIN),
    (Role.OWNER, PORTAL),
)
"""Where each role works; of somebody with several the first counts."""


def rooms_for(user: User | AnonymousUser) -> list[Room]:
    """The rooms open to somebody, in the header's order."""
    return [room for room in ROOMS if room.open_to(user)]


def workplace_of(user: User | AnonymousUser) -> Room:
    """Where somebody most likely wants to go: by role, else the portal; the status page for who has not signed in."""
    if not user.is_authenticated:
        return STATUS
    roles = set(user.groups.values_list("name", flat=True))
    mine = (room for role, room in WORKPLACES if role.value in roles and room.open_to(user))
    return next(mine, ADMIN if user.is_superuser and user.is_staff else PORTAL)
