"""Make and revoke API tokens, and tell whose token a request brings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.models import ApiToken
from governance.tokens import LONGEST_DAYS, SCOPE_ROLES, Scope, fingerprint, mint, well_formed

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from governance.models import User

logger = logging.getLogger(__name__)

CREATE = "governance.add_apitoken"
REVOKE = "governance.change_apitoken"
NOTED_EVERY = timedelta(minutes=15)
"""How exact `last_used_at` is: reading must not become writing."""


class TokenRefused(Exception):
    """The token cannot be made or revoked like this; the text says why."""


class TokenRejected(Exception):
    """A request's token does not open what is asked for. `code` says why in a word, the text in a sentence.

    Whoever brings a token of ours may know what became of it: nobody guesses one.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class ScopeMissing(TokenRejected):
    """The token is good, but not for this."""


class Bearer(NamedTuple):
    """What has to be known of a token to judge it."""

    id: int
    scopes: Collection[str]
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    active: bool
    """Whether its account is."""
    entitled: bool
    """Whether its account has a role of the scope asked for."""


@transaction.atomic
def create_token(*, name: str, user: User, scopes: Collection[str], ends_on: date, actor: User) -> tuple[ApiToken, str]:
    """Make a token; returns its row and, this once, the token itself.

    Args:
        name: what uses it.
        user: the account it acts for; it needs a role of each scope, and never more rights than the token is for.
        scopes: values of `governance.tokens.Scope`, at least one.
        ends_on: the last day it holds.
        actor: who makes it.

    Raises:
        TokenRefused: the actor may not, or something does not do; nothing was stored then.
    """
    now = timezone.now()
    wanted = sorted(set(scopes))
    if reason := _objection(name=name, user=user, scopes=wanted, ends_on=ends_on, actor=actor):
        raise TokenRefused(reason)
    text = mint()
    token = ApiToken.objects.create(
        name=name.strip(),
        user=user,
        scopes=wanted,
        digest=fingerprint(text),
        ending=text[-4:],
        created_by=actor,
        expires_at=_end_of(ends_on, now),
    )
    details = {"user": user.pk, "scopes": wanted, "expires_at": token.expires_at.isoformat()}
    ledger.record(verb="token.created", subject=token, actor=actor, details=details)
    return token, text


def _end_of(day: date, now: datetime) -> datetime:
    """The end of a day, here."""
    local = timezone.localtime(now)
    return local.replace(year=day.year, month=day.month, day=day.day, hour=23, minute=59, second=59, microsecond=0)


def _objection(*, name: str, user: User, scopes: list[str], ends_on: date, actor: User) -> str:
    today = timezone.localdate()
    if not actor.has_perm(CREATE):
        return _("Your role makes no tokens.")
    if not name.strip():
        return _("Say what the token is for.")
    if not scopes or not set(scopes) <= set(Scope):
        return _("Choose what the token is good for.")
    if not today <= ends_on <= today + timedelta(days=LONGEST_DAYS):
        return _("A token ends today at the earliest, and in %(days)s days at the latest.") % {"days": LONGEST_DAYS}
    return _objection_to_account(user, scopes)


def _objection_to_account(user: User, scopes: list[str]) -> str:
    if not user.is_active:
        return _("The account is deactivated.")
    if user.is_staff or user.is_superuser:
        return _("Tokens are made for accounts of machines: this one works in the administration.")
    roles = set(user.groups.values_list("name", flat=True))
    if missing := [scope for scope in scopes if roles.isdisjoint(roles_of(Scope(scope)))]:
        return _("The account has no role for %(scopes)s.") % {"scopes": ", ".join(missing)}
    return ""


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User, reason: str) -> ApiToken:
    """End a token at once and for good.

    Raises:
        TokenRefused: the actor may not, gives no reason, or it is revoked already.
    """
    if not actor.has_perm(REVOKE):
        raise TokenRefused(_("Your role revokes no tokens."))
    if not reason.strip():
        raise TokenRefused(_("Say why: whoever used it will ask."))
    held = ApiToken.objects.select_for_update().get(pk=token.pk)
    if held.revoked_at is not None:
        raise TokenRefused(_("%(token)s is revoked already.") % {"token": held})
    held.revoked_at, held.revoked_by, held.reason = timezone.now(), actor, reason.strip()
    held.save(update_fields=["revoked_at", "revoked_by", "reason"])
    ledger.record(verb="token.revoked", subject=held, actor=actor, details={"reason": held.reason})
    return held


def presented(header: str) -> str:
    """What is stored of the token in an `Authorization` header, to look it up by. Asks no database.

    Raises:
        TokenRejected: there is none, or it cannot be one of ours.
    """
    if not header:
        raise TokenRejected("token-missing", "Send a token: Authorization: Bearer plugwarden_…")
    kind, _space, text = header.partition(" ")
    if kind.lower() != "bearer" or not well_formed(text):
        raise TokenRejected("token-invalid", "The Authorization header holds no token of this portal.")
    return fingerprint(text)


def demand(found: Bearer | None, scope: Scope, now: datetime) -> None:
    """Refuse unless a token, as it was found, opens what needs a scope at a moment; note its use.

    Raises:
        TokenRejected: it opens nothing.
        ScopeMissing: it does not open this.
    """
    if found is None:
        raise _unknown()
    if found.revoked_at is not None:
        raise TokenRejected("token-revoked", "The token was revoked.")
    if found.expires_at <= now:
        raise TokenRejected("token-expired", "The token has expired.")
    if not found.active:
        raise TokenRejected("account-inactive", "The token's account is deactivated.")
    if scope not in found.scopes:
        raise ScopeMissing("scope-missing", f"The token lacks the scope {scope}.")
    if not found.entitled:
        raise ScopeMissing("role-missing", f"The token's account has no role for {scope} any more.")
    _note_use(found.id, found.last_used_at, now)


def authenticate(header: str, scope: Scope) -> ApiToken:
    """The token of a request, with its user: one query.

    Raises:
        TokenRejected: it opens nothing, or, as ScopeMissing, not this.
    """
    roles = Group.objects.filter(user=OuterRef("user"), name__in=roles_of(scope))
    known = ApiToken.objects.filter(digest=presented(header)).annotate(entitled=Exists(roles)).select_related("user")
    token = known.first()
    if token is None:
        raise _unknown()
    found = Bearer(
        id=token.pk,
        scopes=token.scopes,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
        active=token.user.is_active,
        entitled=token.entitled,
    )
    demand(found, scope, timezone.now())
    return token


def _unknown() -> TokenRejected:
    return TokenRejected("token-invalid", "The portal does not know this token.")


def roles_of(scope: Scope) -> list[str]:
    """The names of the groups whose members' tokens may have a scope."""
    return sorted(role.value for role in SCOPE_ROLES[scope])


def _note_use(token_id: int, last: datetime | None, now: datetime) -> None:
    """Write down that a token is used: rarely, and never at the price of the answer."""
    if last is not None and now - last < NOTED_EVERY:
        return
    try:
        with transaction.atomic():
            ApiToken.objects.filter(pk=token_id).update(last_used_at=now)
    except DatabaseError:
        logger.warning("the last use of token %s could not be noted", token_id, exc_info=True)
