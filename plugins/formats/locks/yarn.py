"""`yarn.lock`: version 1 in a format of its own, later ones ("berry") in YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import MAX_DOCUMENT_BYTES, PackageRefused, clean, decode
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import NPM, Locked, LockFile, scoped
from plugins.formats.locks.plain_yaml import load_plain_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATTERN = re.compile(r"(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)@(?P<range>.*)", re.DOTALL)
_ALIAS = re.compile(r"npm:(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)@(?P<range>.+)")
_ELSEWHERE = re.compile(
    r"(?:git|ssh|file|link|portal|github|gitlab|bitbucket)(?:\+[a-z]+)?:|https?:|git@|\.{0,2}/", re.IGNORECASE
)
_PROPERTY = re.compile(r'  (?P<key>[A-Za-z]+|"[^"\n]+") (?P<value>.+)')
_SECTION = re.compile(r"  (?P<key>[A-Za-z]+):")
_NEED = re.compile(r'    (?P<key>"[^"\n]+"|[^\s"]+) (?P<value>"[^"\n]*"|\S.*)')
_SECTIONS = frozenset({"dependencies", "optionalDependencies"})
_LOCAL = re.compile(r"(?:workspace|link|portal|file):")


def read_yarn_lock(raw: bytes, path: str, runtime: Mapping[str, str], stated: Mapping[str, str]) -> LockFile:
    """Read a lock of any version; raises PackageRefused.

    `stated` is what the manifest asks for, by name, and `runtime` the part of it that is no development: by these the
    lock's entries are found, since yarn notes nowhere what is for development only.
    """
    text = decode(raw, path, limit=MAX_DOCUMENT_BYTES)
    berry = re.search(r"^__metadata:", text, re.MULTILINE) is not None
    lock, patterns = _berry(raw, path) if berry else _classic(text, path)
    lock.entries = [_resolved(entry, patterns, stated) for entry in lock.entries]
    roots, others = list[str](), list[str]()
    for name, requirement in stated.items():
        if not _LOCAL.match(requirement):
            (roots if name in runtime else others).append(_found(name, requirement, patterns))
    lock.entries = scoped(lock.entries, roots, others)
    return lock


def _found(name: str, requirement: str, patterns: Mapping[str, str]) -> str:
    """The key a requirement leads to; the requirement itself where the lock does not know it."""
    return next(
        (patterns[key] for key in _patterns_of({name: requirement}) if key in patterns), f"{name}@{requirement}"
    )


def _patterns_of(wanted: Mapping[str, str]) -> Iterator[str]:
    """How a lock names a requirement: version 1 as it stands, berry with `npm:` before a range."""
    for name, requirement in wanted.items():
        yield f"{name}@{requirement}"
        yield f"{name}@npm:{requirement}"


def _resolved(entry: Locked, patterns: Mapping[str, str], stated: Mapping[str, str]) -> Locked:
    """An entry with the keys of what it needs, and whether the root's own requirement leads to it."""
    needs = tuple(patterns[need] for need in entry.needs if need in patterns)
    top = any(patterns.get(pattern) == entry.key for pattern in _patterns_of(stated))
    return Locked(
        entry.ecosystem,
        entry.name,
        entry.version,
        entry.scope,
        entry.line,
        top,
        integrity=entry.integrity,
        address=entry.address,
        key=entry.key,
        needs=needs,
    )


def _classic(text: str, path: str) -> tuple[LockFile, dict[str, str]]:
    """Blocks of lines: a head of patterns, properties two blanks in, needs four."""
    lock, patterns = LockFile(), dict[str, str]()
    for line, head, body in _blocks(text, path):
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        names = [part.strip().strip('"') for part in head.removesuffix(":").split(", ")]
        found = _PATTERN.fullmatch(names[0])
        properties, needs = _read_block(body, path, line)
        if found is None:
            lock.unread.append(head[:100])
            continue
        name, wanted = _real(found["name"], found["range"])
        resolved, version = properties.get("resolved", ""), properties.get("version", "")
        elsewhere = bool(_ELSEWHERE.match(wanted)) or resolved.startswith(("git", "ssh"))
        key = names[0]
        lock.add(
            Locked(
                NPM,
                name,
                "" if elsewhere else version,
                line=line,
                key=key,
                integrity=clean(properties.get("integrity"), 200),
                address=clean(wanted, 500) if elsewhere else "",
                needs=tuple(f"{need}@{range_}" for need, range_ in needs),
            )
        )
        patterns |= dict.fromkeys(names, key)
    return lock, patterns


def _blocks(text: str, path: str) -> Iterator[tuple[int, str, list[str]]]:
    head, start, body = "", 0, list[str]()
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.startswith("#"):
            continue
        if raw.startswith(" "):
            if not head:
                raise PackageRefused("lockfile", f"{path} is no yarn.lock: line {number} belongs to nothing.")
            body.append(raw)
            continue
        if not raw.endswith(":"):
            raise PackageRefused("lockfile", f"{path} is no yarn.lock: line {number} is neither head nor property.")
        if head:
            yield start, head, body
        head, start, body = raw, number, []
    if head:
        yield start, head, body


def _read_block(body: list[str], path: str, line: int) -> tuple[dict[str, str], list[tuple[str, str]]]:
    properties, needs, section = dict[str, str](), list[tuple[str, str]](), ""
    for number, raw in enumerate(body, line + 1):
        if found := _SECTION.fullmatch(raw):
            section = found["key"]
        elif found := _NEED.fullmatch(raw):
            if section in _SECTIONS:
                needs.append((found["key"].strip('"'), found["value"].strip('"')))
        elif found := _PROPERTY.fullmatch(raw):
            section = ""
            if found["key"] in properties:
                raise PackageRefused("lockfile", f"{path} states {found['key']} twice near line {number}.")
            properties[found["key"]] = found["value"].strip('"')
        else:
            raise PackageRefused("lockfile", f"{path} is no yarn.lock: a line near {number} cannot be read.")
    return properties, needs


def _berry(raw: bytes, path: str) -> tuple[LockFile, dict[str, str]]:
    data, lines = load_plain_yaml(raw, path)
    lock, patterns = LockFile(), dict[str, str]()
    for head, entry in data.items():
        if head == "__metadata":
            continue
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        resolution = entry.get("resolution") if isinstance(entry, dict) else None
        found = _PATTERN.fullmatch(resolution) if isinstance(resolution, str) else None
        if found is None:
            lock.unread.append(head[:100])
            continue
        names = [part.strip() for part in head.split(",")]
        patterns |= dict.fromkeys(names, head)
        if found["range"].startswith("workspace:"):
            continue
        registry = found["range"].startswith(("npm:", "patch:", "virtual:"))
        lock.add(
            Locked(
                NPM,
                found["name"],
                entry.get("version", "") if registry else "",
                line=lines.get((head,), 0),
                key=head,
                address="" if registry else clean(found["range"], 500),
                needs=tuple(_berry_needs(entry)),
            )
        )
    return lock, patterns


def _berry_needs(entry: Mapping[str, Any]) -> Iterator[str]:
    wanted = entry.get("dependencies")
    for name, requirement in wanted.items() if isinstance(wanted, dict) else ():
        text = str(requirement)
        yield f"{name}@{text}"
        yield f"{name}@npm:{text}"


def _real(name: str, wanted: str) -> tuple[str, str]:
    """The package behind an alias."""
    found = _ALIAS.fullmatch(wanted)
    return (found["name"], found["range"]) if found else (name, wanted)
