"""Who takes part in the demo."""

from __future__ import annotations

from dataclasses import dataclass

from governance.accounts import create_user, keep_passwords
from governance.models import User
from governance.roles import Role
from plugins.models import OwnerTeam
from plugins.services import create_team


@dataclass(frozen=True, slots=True)
class Person:
    """A demo user."""

    username: str
    name: str
    role: Role


REVIEWER = Person("rita.reviewer", "Rita Renner", Role.REVIEWER)
LEAD = Person("leo.lead", "Leo Lindqvist", Role.LEAD_REVIEWER)
POLICY = Person("petra.policy", "Petra Pohl", Role.POLICY_MANAGER)
AUDITOR = Person("aldo.auditor", "Aldo Arnaud", Role.AUDITOR)
STAFF = (
    REVIEWER,
    LEAD,
    POLICY,
    AUDITOR,
    Person("mona.manager", "Mona Moreau", Role.MANAGER),
)
OWNERS = {
    "Weather Desk": Person("olga.owner", "Olga Olsen", Role.OWNER),
    "Acme Integrations": Person("otto.owner", "Otto Okafor", Role.OWNER),
    "Invoice Hub": Person("ines.owner", "Ines Ibarra", Role.OWNER),
}


def user(person: Person) -> User:
    """The person's account, made with a generated password where there is none."""
    found = User.objects.filter(username=person.username).first()
    if found is None:
        keep_passwords({person.username: create_user(username=person.username, name=person.name, role=person.role)})
        return User.objects.get(username=person.username)
    return found


def team(name: str) -> OwnerTeam:
    """The owner team of that name, with its one member."""
    found = OwnerTeam.objects.filter(name=name).first()
    member = user(OWNERS[name])
    return found or create_team(name=name, members=[member], contact=member.email)


def everybody() -> None:
    """Make all accounts and teams."""
    for person in STAFF:
        user(person)
    for name in OWNERS:
        team(name)
