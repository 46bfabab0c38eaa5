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
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import InterfaceError, OperationalError, connection

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
    WHERE m.user_id = u.id AND g.name {{roles}}),
  a.sha256, a.state, a.id, a.serial, a.not_before, a.not_after, a.conditions, a.demo, a.version_state
FROM {_TABLES["ApiToken"]} t JOIN {_TABLES["User"]} u ON u.id = t.user_id
LEFT JOIN (
  SELECT c.sha256, c.state, c.id, c.serial, c.not_before, c.not_after, c.conditions, c.demo, v.state AS version_state
  FROM {_TABLES["Certificate"]} c JOIN {_TABLES["PluginVersion"]} v ON v.id = c.version_id
  WHERE c.sha256 {{digests}} AND c.state <> '{CertificateState.SUPERSEDED.value}'
  UNION ALL
  SELECT f.sha256, '{BLOCKED}', 0, NULL, NULL, NULL, '', FALSE, ''
  FROM {_TABLES["FileDecision"]} f
  WHERE f.sha256 {{digests}} AND f.verdict = '{FileVerdict.BLOCK.value}'
    AND f.state = '{RulingState.ACTIVE.value}' AND (f.ends_on IS NULL OR f.ends_on >= %s)
) a ON 1 = 1
WHERE t.digest = %s
"""
"""A superseded certificate is never alone: the newer one of the same version says what holds."""
_TOKEN_COLUMNS = 7
PREPARED_FROM = 3
"""How often a connection asks before PostgreSQL keeps the plan."""


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
    rows = _ask(_statement(len(roles), len(digests)), [*_among(roles), *_among(digests) * 2, today, token])
    if not rows:
        return None, {}
    about: dict[str, list[Evidence]] = defaultdict(list)
    for row in rows:
        if row[_TOKEN_COLUMNS] is not None:
            evidence = _evidence(row[_TOKEN_COLUMNS:])
            about[evidence.sha256].append(evidence)
    return _bearer(rows[0]), about


def _ask(query: str, params: list[Any]) -> list[Sequence[Any]]:
    """The rows. Whether a kept connection still lives is found out by asking, not by a question of its own before."""
    connection.health_check_done = True  # type: ignore[attr-defined]  # django-stubs does not know it
    try:
        return _rows(query, params)
    except (InterfaceError, OperationalError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _rows(query, params)


def _rows(query: str, params: list[Any]) -> list[Sequence[Any]]:
    with _cursor() as cursor:
        cursor.execute(query, params)
        found: list[Sequence[Any]] = cursor.fetchall()
        return found


def _cursor() -> Any:
    """A cursor. On PostgreSQL one whose statements the server keeps planned: planning takes longer than answering."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    from django.db.backends.postgresql.base import ServerBindingCursor  # noqa: PLC0415 - only with its driver

    connection.ensure_connection()
    connection.connection.prepare_threshold = PREPARED_FROM
    cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # psycopg's, which is not typed here
    return connection._prepare_cursor(cursor)  # type: ignore[attr-defined]  # noqa: SLF001 - what counts and logs it


@lru_cache(maxsize=64)
def _statement(roles: int, digests: int) -> str:
    """The query for so many roles and digests; on PostgreSQL it is the same for any number."""
    return _QUERY.format(roles=_places(roles), digests=_places(digests))


def _places(count: int) -> str:
    return "= ANY(%s)" if connection.vendor == "postgresql" else f"IN ({', '.join(['%s'] * count)})"


def _among(values: Sequence[str]) -> list[Any]:
    return [list(values)] if connection.vendor == "postgresql" else list(values)


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
