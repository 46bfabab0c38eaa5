"""One OSV record: read, checked against the rules of the schema, and brought into a frozen form."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from plugins.advisories import severity as rating
from plugins.advisories.versions import ecosystem_of, normalise_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.vocabulary import Severity

EVENTS = frozenset({"introduced", "fixed", "last_affected", "limit"})
SUMMARY_LIMIT = 250
NAME_LIMIT = 300
VERSIONS_LIMIT = 50_000
ALIASES_LIMIT = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+~-]{1,127}", re.ASCII)
_FULL_YEAR = re.compile(r"^\d{1,3}-")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


class RecordInvalid(ValueError):
    """A record that cannot be used; the message is one plain sentence that names it."""


class Event(NamedTuple):
    """One turning point of a range: `introduced`, `fixed`, `last_affected` or `limit`, and the version."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True)
class Affected:
    """What a record says of one package. Ranges of commits (type GIT) are left out: they name no versions."""

    ecosystem: str
    name: str
    """Normalised as its ecosystem compares names."""
    ranges: tuple[tuple[Event, ...], ...]
    versions: frozenset[str]


@dataclass(frozen=True, slots=True)
class OsvRecord:
    """An advisory, checked."""

    id: str
    modified: datetime
    withdrawn: datetime | None
    aliases: tuple[str, ...]
    summary: str
    severity: Severity
    severity_stated: bool
    """False: the record gives none and `severity` is the one assumed."""
    is_malicious: bool
    affected: tuple[Affected, ...]
    raw: Mapping[str, object]

    @property
    def packages(self) -> tuple[tuple[str, str], ...]:
        """The (ecosystem, normalised name) pairs it is about, each once."""
        return tuple(dict.fromkeys((entry.ecosystem, entry.name) for entry in self.affected))


def parse_record(data: object) -> OsvRecord:
    """Check one decoded OSV record and bring it into its frozen form. Raises RecordInvalid.

    Unknown fields are kept in `raw` and ignored. What breaks a rule of the schema that matching rests on is refused:
    a range nobody defined can be neither matched nor ignored.
    """
    if not isinstance(data, dict):
        raise RecordInvalid("A record has to be a JSON object.")
    name = data.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise RecordInvalid("A record has no usable id.")
    try:
        return _record(name, data)
    except RecordInvalid as problem:
        raise RecordInvalid(f"{name}: {problem}") from None


def decode_record(text: bytes) -> object:
    """Decode a record's JSON, with characters replaced that no database can store. Raises RecordInvalid."""
    try:
        data = json.loads(text, parse_constant=_finite, parse_float=_finite)  # databases refuse NaN and infinity
    except (ValueError, RecursionError) as problem:
        raise RecordInvalid("not readable as JSON.") from problem
    return _storable(data) if b"\\u0000" in text or b"\\ud" in text.lower() else data


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _record(name: str, data: dict[str, object]) -> OsvRecord:
    stated = rating.stated_severity(data)
    aliases = _texts(data, "aliases", ALIASES_LIMIT)
    return OsvRecord(
        id=name,
        modified=_moment(data, "modified"),
        withdrawn=_moment(data, "withdrawn") if data.get("withdrawn") is not None else None,
        aliases=tuple(alias for alias in dict.fromkeys(aliases) if _ID.fullmatch(alias) and alias != name),
        summary=_summary(data),
        severity=stated or rating.UNSTATED,
        severity_stated=stated is not None,
        is_malicious=rating.is_malicious(data),
        affected=tuple(found for entry in _objects(data, "affected") if (found := _affected(entry))),
        raw=data,
    )


def _affected(entry: dict[str, object]) -> Affected | None:
    """One `affected` entry; None for one about commits only, which names no package."""
    package = entry.get("package")
    if package is None:
        return None
    if not isinstance(package, dict):
        raise RecordInvalid("an affected package is no object.")
    ecosystem, name = package.get("ecosystem"), package.get("name")
    if not isinstance(ecosystem, str) or not isinstance(name, str) or not ecosystem or not name:
        raise RecordInvalid("an affected package lacks its ecosystem or name.")
    if len(name) > NAME_LIMIT or len(ecosystem) > NAME_LIMIT:
        raise RecordInvalid(f"a package name is longer than {NAME_LIMIT} characters.")
    ranges = [_range(part) for part in _objects(entry, "ranges") if part.get("type") != "GIT"]
    return Affected(
        ecosystem=ecosystem_of(ecosystem),
        name=normalise_name(ecosystem, name),
        ranges=tuple(ranges),
        versions=frozenset(_texts(entry, "versions", VERSIONS_LIMIT)),
    )


def _range(part: dict[str, object]) -> tuple[Event, ...]:
    if part.get("type") not in {"SEMVER", "ECOSYSTEM"}:
        raise RecordInvalid("a range is of an unknown type.")
    events = tuple(_event(event) for event in _objects(part, "events"))
    kinds = {event.kind for event in events}
    if "introduced" not in kinds:
        raise RecordInvalid("a range has no `introduced` event.")
    if {"fixed", "last_affected"} <= kinds:
        raise RecordInvalid("a range mixes `fixed` and `last_affected`.")
    return events


def _event(event: dict[str, object]) -> Event:
    if len(event) != 1:
        raise RecordInvalid("an event has to hold exactly one key.")
    kind, version = next(iter(event.items()))
    if kind not in EVENTS or not isinstance(version, str) or not version:
        raise RecordInvalid("an event is of an unknown kind or names no version.")
    return Event(kind, version)


def _summary(data: dict[str, object]) -> str:
    """The summary, or the first line of the details, on one clean line."""
    for key in ("summary", "details"):
        value = data.get(key)
        if isinstance(value, str) and value.strip():
            line = value.strip().splitlines()[0] if key == "details" else value
            clean = " ".join(_UNPRINTABLE.sub(" ", line).split())
            return clean if len(clean) <= SUMMARY_LIMIT else clean[: SUMMARY_LIMIT - 1] + "…"
    return ""


def _moment(data: dict[str, object], key: str) -> datetime:
    """An RFC 3339 time with its offset; one before 1970, such as Go's zero time in real dumps, is taken as 1970."""
    value = data.get(key)
    try:
        moment = datetime.fromisoformat(_FULL_YEAR.sub(_padded, value)) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RecordInvalid(f"`{key}` is no time with an offset.")
    return max(moment, EPOCH)


def _padded(year: re.Match[str]) -> str:
    return year[0].zfill(5)


def _objects(data: dict[str, object], key: str) -> list[dict[str, object]]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RecordInvalid(f"`{key}` is no list of objects.")
    return value


def _texts(data: dict[str, object], key: str, limit: int) -> list[str]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RecordInvalid(f"`{key}` is no list of texts.")
    if len(value) > limit:
        raise RecordInvalid(f"`{key}` has more than {limit} entries.")
    return value


def _storable(value: object) -> object:
    """The same document without NUL characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {str(_storable(key)): _storable(item) for key, item in value.items()}
    return value
