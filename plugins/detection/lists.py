"""Bodies that are lists: hosts, and dependencies with the versions concerned. Read here, and matched here."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.advisories.matching import AFFECTED, AdvisoryIndex
from plugins.advisories.osv import RecordInvalid, parse_record
from plugins.advisories.requirements import read_requirement
from plugins.advisories.versions import NPM, PYPI, VersionInvalid, normalise_name, version_key
from plugins.detection.rule import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.advisories.osv import OsvRecord
    from plugins.detection.rule import Rule
    from plugins.package import Dependency

MOST = 500
"""Entries of one list."""
ECOSYSTEMS = {"npm": NPM, "pypi": PYPI}
NOT_SHIPPED = frozenset({"dev"})
"""Scopes that only the author's machine sees."""
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_ENTRY = re.compile(r"(?P<ecosystem>npm|pypi):(?P<name>[^\s<>=!~;]+)\s*(?P<range>.*)", re.IGNORECASE)
_BOUND = re.compile(r"(>=|<=|==|<|>|=)\s*([0-9][^\s,<>=]*)")
_NAME = re.compile(r"(@[a-z0-9][\w.-]*/)?[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE)
_SCOPE = re.compile(r"@[a-z0-9][\w.-]*/\*", re.ASCII | re.IGNORECASE)
EVERY = "0"
"""OSV's name for what comes before every version."""


class BodyInvalid(ValueError):
    """A body that cannot be used; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """A dependency and the versions concerned, as OSV's events; `name` may be `@scope/*`."""

    ecosystem: str
    name: str
    events: tuple[tuple[str, str], ...]
    text: str


def entries(body: str) -> list[str]:
    """The lines of a list without blanks and comments. Raises BodyInvalid: there are none, or too many."""
    lines = [line.partition("#")[0].strip() for line in body.splitlines()]
    found = [line for line in lines if line]
    if not found:
        raise BodyInvalid("The list is empty: write one entry a line.")
    if len(found) > MOST:
        raise BodyInvalid(f"The list has {len(found)} entries; a rule holds at most {MOST}.")
    return found


def hosts(body: str) -> tuple[str, ...]:
    """The hosts of a list: names, `*.name` for all names below one, or addresses. Raises BodyInvalid."""
    return tuple(_host(entry) for entry in entries(body))


def _host(entry: str) -> str:
    name = entry.lower().rstrip(".")
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        pass
    rest = name.removeprefix("*.")
    try:
        rest = rest.encode("idna").decode("ascii") if not rest.isascii() else rest
    except UnicodeError as problem:
        raise BodyInvalid(f"{entry!r} is no host name.") from problem
    labels = rest.split(".")
    if "*" in rest or not all(_LABEL.fullmatch(label) for label in labels):
        raise BodyInvalid(f"{entry!r} is no host: write a name such as evil.example, *.evil.example or an address.")
    if len(labels) < 2:  # noqa: PLR2004 - a name and its top level
        raise BodyInvalid(f"{entry!r} has no bounds: a host needs two labels at least, so that no top level is hit.")
    return f"*.{rest}" if name.startswith("*.") else rest


def host_hit(listed: Iterable[str], host: str) -> str | None:
    """The entry that means a host, or None. `*.name` means every name below, not the name itself."""
    name = host.lower().rstrip(".")
    for entry in listed:
        if name == entry or (entry.startswith("*.") and name.endswith(entry[1:])):
            return entry
    return None


def dependencies(body: str) -> tuple[Concerned, ...]:
    """The dependencies of a list: `npm:name`, `npm:@scope/*`, `pypi:name >=1.0 <1.3`. Raises BodyInvalid."""
    return tuple(_concerned(entry) for entry in entries(body))


def _concerned(entry: str) -> Concerned:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise BodyInvalid(f"{entry!r} names no dependency: write npm:NAME or pypi:NAME, then the versions, if not all.")
    ecosystem, name = ECOSYSTEMS[match["ecosystem"].lower()], match["name"]
    if not (_NAME.fullmatch(name) or (ecosystem == NPM and _SCOPE.fullmatch(name))):
        raise BodyInvalid(f"{name!r} is no name of a package; only a whole npm scope may be left open, as @scope/*.")
    name = name if name.endswith("/*") else normalise_name(ecosystem, name)
    return Concerned(ecosystem, name, _events(ecosystem, match["range"].strip(), entry), entry)


def _events(ecosystem: str, text: str, entry: str) -> tuple[tuple[str, str], ...]:
    """Bounds as OSV's events. One stretch: `>=1.0 <2.0`, `<2.0`, `>=1`, `<=1.4`, or one version, `==1.3`."""
    if not text:
        return (("introduced", EVERY),)
    bounds = dict(_BOUND.findall(text))
    if _BOUND.sub("", text).strip(" ,") or len(bounds) != len(_BOUND.findall(text)):
        raise BodyInvalid(f"{entry!r}: the versions are not understood; write bounds such as >=1.0 <1.3, or ==1.2.")
    for version in bounds.values():
        try:
            version_key(ecosystem, version)
        except VersionInvalid as problem:
            raise BodyInvalid(f"{entry!r}: {problem}") from problem
    exact = bounds.get("==") or bounds.get("=")
    if exact:
        if len(bounds) > 1:
            raise BodyInvalid(f"{entry!r}: one version has no other bounds.")
        return (("introduced", exact), ("last_affected", exact))
    if ">" in bounds:
        raise BodyInvalid(f"{entry!r}: write the first version concerned with >=; > leaves open which that is.")
    events = [("introduced", bounds.get(">=", EVERY))]
    events += [("fixed", bounds["<"])] if "<" in bounds else []
    events += [("last_affected", bounds["<="])] if "<=" in bounds else []
    return tuple(events)


def dependency_hits(
    rule: Rule, listed: Iterable[Concerned], found: Iterable[Dependency]
) -> Iterator[tuple[Dependency, str, bool]]:
    """What a list says of dependencies: (dependency, why, whether it is decided).

    An undecided one may be concerned: its version cannot be compared. Raises nothing.
    """
    concerned = list(listed)
    for dependency in found:
        if dependency.scope in NOT_SHIPPED:
            continue
        name = read_requirement(dependency).name
        about = [entry for entry in concerned if entry.ecosystem == dependency.ecosystem and _names(entry, name)]
        if about:
            yield from _judged(rule, about, dependency, name)


def _judged(
    rule: Rule, about: list[Concerned], dependency: Dependency, name: str
) -> Iterator[tuple[Dependency, str, bool]]:
    if any(entry.events == (("introduced", EVERY),) for entry in about):
        yield dependency, "Every version is concerned.", True
        return
    answer = AdvisoryIndex([_record(rule, entry, name) for entry in about]).answer(dependency)
    if answer.matches:
        match = answer.matches[0]
        says = "is the version in use" if match.kind == AFFECTED else "is one the requirement allows"
        yield dependency, f"{match.example} {says}.", True
    elif answer.doubts or not answer.answered:
        yield dependency, "; ".join(answer.doubts) or "its version cannot be compared", False


def _names(entry: Concerned, name: str) -> bool:
    return name.startswith(entry.name[:-1]) if entry.name.endswith("/*") else name == entry.name


def _record(rule: Rule, entry: Concerned, name: str) -> OsvRecord:
    """The entry as an advisory about one package, so that versions are compared as advisories' are."""
    document = {
        "id": f"RULE-{rule.code[:40]}-{hashlib.sha256(entry.text.encode()).hexdigest()[:12]}",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"ecosystem": entry.ecosystem, "name": name},
                "ranges": [
                    {
                        "type": "SEMVER" if entry.ecosystem == NPM else "ECOSYSTEM",
                        "events": [{kind: version} for kind, version in entry.events],
                    }
                ],
            }
        ],
    }
    try:
        return parse_record(document)
    except RecordInvalid as problem:
        raise BodyInvalid(f"{entry.text!r}: {problem}") from problem


def as_hit(rule: Rule, dependency: Dependency, why: str) -> Hit:
    """A hit at the manifest that names the dependency."""
    text = f"{dependency.name} {dependency.requirement or dependency.pinned or ''}".strip()
    return Hit(rule, dependency.path, dependency.line, text, symbol=f"{dependency.ecosystem}:{dependency.name}: {why}")
