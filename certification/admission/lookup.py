# ruff: noqa: S608 - table names are our own models', everything else is a parameter
"""The one query behind admission: the token, its account's role, and every row about the digests asked for.

Written out, because it is asked for every artifact that a platform loads: the same through the ORM costs several times
the query itself, and two queries could tell of two different moments. Nothing is cached: what is revoked, a token or a
certificate, is refused from the next request on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import connection

from certification.admission.answers import BLOCKED, Evidence
from certification.enums import CertificateState
from certification.models import Certificate
from governance.models import ApiToken, User
from governance.services.tokens import Bearer, roles_of
from plugins.enums import FileVerdict, RulingState
from plugins.models import FileDecision, PluginVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from governance.tokens import Scope

_MEMBERS = User.groups.through._meta.db_table  # noqa: SLF001 - Django's public name
_TABLES = {
    model.__name__: model._meta.db_table  # noqa: SLF001 - ditto
    for model in (ApiToken, User, Group, Certificate, PluginVersion, FileDecision)
}
_QUERY = f"""
SELECT t.id, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, u.is_active,
  EXISTS (SELECT 1 FROM {_MEMBERS} m JOIN {_TABLES["Group"]} g ON g.id = m.group_id
    WHERE m.user_id = u.id AND g.name IN ({{roles}})),
  a.sha256, a.state, a.id, a.serial, a.not_before, a.not_after, a.conditions, a.demo, a.version_state
FROM {_TABLES["ApiToken"]} t JOIN {_TABLES["User"]} u ON u.id = t.user_id
LEFT JOIN (
  SELECT c.sha256, c.state, c.id, c.serial, c.not_before, c.not_after, c.conditions, c.demo, v.state AS version_state
  FROM {_TABLES["Certificate"]} c JOIN {_TABLES["PluginVersion"]} v ON v.id = c.version_id
  WHERE c.sha256 IN ({{digests}}) AND c.state <> '{CertificateState.SUPERSEDED.value}'
  UNION ALL
  SELECT f.sha256, '{BLOCKED}', 0, NULL, NULL, NULL, '', FALSE, ''
  FROM {_TABLES["FileDecision"]} f
  WHERE f.sha256 IN ({{digests}}) AND f.verdict = '{FileVerdict.BLOCK.value}'
    AND f.state = '{RulingState.ACTIVE.value}' AND (f.ends_on IS NULL OR f.ends_on >= %s)
) a ON 1 = 1
WHERE t.digest = %s
"""
"""A superseded certificate is never alone: the newer one of the same version says what holds."""
_TOKEN_COLUMNS = 7


def look_up(
    *, token: str, scope: Scope, digests: Sequence[str], today: date
) -> tuple[Bearer | None, Mapping[str, list[Evidence]]]:
    """The token of a fingerprint, if there is one, and the rows about each digest that has any: one query.

    Args:
        token: `governance.tokens.fingerprint` of the token.
        scope: what is asked for; its roles decide `Bearer.entitled`.
        digests: SHA-256 in lower-case hex, at least one.
        today: the day by which blocks end.
    """
    roles = roles_of(scope)
    query = _QUERY.format(roles=_places(roles), digests=_places(digests))
    with connection.cursor() as cursor:
        cursor.execute(query, [*roles, *digests, *digests, today, token])
        rows = cursor.fetchall()
    if not rows:
        return None, {}
    about: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows:
        if row[_TOKEN_COLUMNS] is not None:
            evidence = _evidence(row[_TOKEN_COLUMNS:])
            about[evidence.sha256].append(evidence)
    return _bearer(rows[0]), about


def _places(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _bearer(row: Sequence[Any]) -> Bearer:
    number, scopes, expires_at, revoked_at, last_used_at, active, entitled = row[:_TOKEN_COLUMNS]
    ends = _moment(expires_at)
    assert ends is not None  # noqa: S101 - the column is not null
    return Bearer(
        id=number,
        scopes=json.loads(scopes),
        expires_at=ends,
        revoked_at=_moment(revoked_at),
        last_used_at=_moment(last_used_at),
        active=bool(active),
        entitled=bool(entitled),
    )


def _evidence(row: Sequence[Any]) -> Evidence:
    sha256, state, number, serial, not_before, not_after, conditions, demo, version_state = row
    return Evidence(
        sha256=sha256,
        state=state,
        id=number,
        serial=serial,
        not_before=_moment(not_before),
        not_after=_moment(not_after),
        conditions=conditions,
        demo=bool(demo),
        version_state=version_state,
    )


def _moment(value: str | datetime | None) -> datetime | None:
    """A time as the driver gives it: SQLite's is UTC without saying so, and out of a subquery a text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
