"""Python's lock files: `pylock.toml` (PEP 751), `poetry.lock`, `uv.lock`, `Pipfile.lock`.

The TOML ones are read package by package: each is a small document, so that the parser's time grows with the file and
not with its square. A text that only looks like the head of a package breaks the parts, and the lock is then not read.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from plugins.documents import MAX_DOCUMENT_BYTES, PackageRefused, clean, decode, load_json, load_toml
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import PYPI, Locked, LockFile, scoped

if TYPE_CHECKING:
    from collections.abc import Iterator

PYLOCK = re.compile(r"pylock(?:\.[^./]+)?\.toml")
_HEAD = re.compile(r"^\[\[(package|packages)\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_SOURCES = ("vcs", "directory", "archive", "git", "url", "path", "editable", "virtual")
_OWN = ("editable", "virtual")
_MAIN = frozenset({"main", "default"})


def read_toml_lock(raw: bytes, path: str) -> LockFile:
    """Read `pylock.toml`, `poetry.lock` or `uv.lock`; raises PackageRefused."""
    name = path.rpartition("/")[2]
    key = "packages" if PYLOCK.fullmatch(name) else "package"
    head, tables = _tables(raw, path, key)
    if key == "packages" and not str(head.get("lock-version", "")).startswith("1."):
        raise PackageRefused("lockfile", f"{path} is of an unknown version.")
    if name == "uv.lock" and head.get("version") != 1:
        raise PackageRefused("lockfile", f"{path} is of an unknown version.")
    lock, roots = LockFile(), list[str]()
    versions = _versions(tables)
    hashes = head.get("metadata") if name == "poetry.lock" else None
    for line, table in tables:
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        needs = tuple(_needs(table, versions))
        source = table.get("source")
        if isinstance(source, dict) and any(own in source for own in _OWN):
            roots += needs  # the project itself
            roots += _extras(table, versions)
            continue
        lock.add(_entry(table, line, needs, hashes))
    lock.entries = scoped(lock.entries, roots) if name == "uv.lock" else lock.entries
    return lock


def read_pipfile_lock(raw: bytes, path: str) -> LockFile:
    """Read `Pipfile.lock`; raises PackageRefused."""
    document = load_json(raw, path)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("_meta"), dict):
        raise PackageRefused("lockfile", f"{path} is no Pipfile.lock.")
    lock = LockFile()
    for section, packages in document.data.items():
        if section == "_meta":
            continue
        if not isinstance(packages, dict):
            raise PackageRefused("lockfile", f"{path}: {section[:40]} is no object.")
        for name, entry in list(packages.items())[: MAX_DEPENDENCIES + 1]:
            stated = entry if isinstance(entry, dict) else {}
            version = clean(stated.get("version"), 200).removeprefix("==")
            address = next((clean(stated[key], 500) for key in ("git", "file", "path") if stated.get(key)), "")
            digests = stated.get("hashes")
            lock.add(
                Locked(
                    PYPI,
                    canonicalize_name(name),
                    "" if address else version,
                    "dev" if section == "develop" else "runtime",
                    document.line(section, name),
                    integrity=_only([clean(one, 200) for one in digests] if isinstance(digests, list) else []),
                    address=address,
                )
            )
    return lock


def _tables(raw: bytes, path: str, key: str) -> tuple[dict[str, Any], list[tuple[int, dict[str, Any]]]]:
    """What stands before the packages, and each package with its line."""
    text = decode(raw, path, limit=MAX_DOCUMENT_BYTES)
    heads = [match for match in _HEAD.finditer(text) if match[1] == key]
    if len(heads) > MAX_DEPENDENCIES + 1:
        raise PackageRefused("lockfile", f"{path} holds more than {MAX_DEPENDENCIES:,} packages.")
    before, _ = load_toml(text[: heads[0].start() if heads else len(text)].encode(), path)
    ends = [*(match.start() for match in heads[1:]), len(text)][: len(heads)]
    tables, line, at = [], 1, 0
    for match, end in zip(heads, ends, strict=True):
        line, at = line + text.count("\n", at, match.start()), match.start()
        part, _ = load_toml(text[match.start() : end].encode(), path)
        entries = part.pop(key)
        if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
            raise PackageRefused("lockfile", f"{path}: the package in line {line} cannot be read.")
        tables.append((line, entries[0]))
        before |= part  # poetry's `[metadata]` stands last
    if not heads and key in before and before[key] != []:
        raise PackageRefused("lockfile", f"{path} lists its packages in another way than its tool writes.")
    return before, tables


def _entry(table: dict[str, Any], line: int, needs: tuple[str, ...], hashes: Any) -> Locked:
    name = table.get("name")
    stated = table.get("source")
    source: dict[str, Any] = stated if isinstance(stated, dict) else {}
    where = next((clean(str(value), 500) for key in _SOURCES if (value := table.get(key) or source.get(key))), "")
    if source.get("type") in ("git", "url", "directory", "file"):  # poetry
        where = clean(source.get("url"), 500) or "elsewhere"
    return Locked(
        PYPI,
        canonicalize_name(name) if isinstance(name, str) else "",
        "" if where else clean(table.get("version"), 200),
        _scope(table),
        line,
        integrity=_only(_digests(table, hashes)),
        address=where,
        key=_key(table),
        needs=needs,
        released=_released(table),
    )


def _scope(table: dict[str, Any]) -> str:
    """Poetry says the group, or formerly the category."""
    groups = table.get("groups")
    if isinstance(groups, list) and groups:
        return "runtime" if _MAIN & {str(group) for group in groups} else "dev"
    if table.get("category") == "dev":
        return "dev"
    return "optional" if table.get("optional") is True else "runtime"


def _key(table: dict[str, Any]) -> str:
    name = table.get("name")
    return f"{canonicalize_name(name) if isinstance(name, str) else ''}@{table.get('version', '')}"


def _versions(tables: list[tuple[int, dict[str, Any]]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, table in tables:
        if isinstance(table.get("name"), str):
            found.setdefault(str(canonicalize_name(table["name"])), []).append(_key(table))
    return found


def _needs(table: dict[str, Any], versions: dict[str, list[str]]) -> Iterator[str]:
    """Keys of what a package needs: a list of tables (uv, pylock), or a table by name (poetry)."""
    wanted = table.get("dependencies")
    if isinstance(wanted, dict):
        wanted = [{"name": name} for name in wanted]
    yield from _keys(wanted, versions)


def _extras(table: dict[str, Any], versions: dict[str, list[str]]) -> Iterator[str]:
    """What the project's own extras need; not its development groups."""
    extras = table.get("optional-dependencies")
    for wanted in extras.values() if isinstance(extras, dict) else ():
        yield from _keys(wanted, versions)


def _keys(wanted: Any, versions: dict[str, list[str]]) -> Iterator[str]:
    for one in wanted if isinstance(wanted, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            known = versions.get(str(canonicalize_name(name)), [])
            exact = f"{canonicalize_name(name)}@{one.get('version', '')}"
            yield from [exact] if exact in known else known


def _digests(table: dict[str, Any], hashes: Any) -> list[str]:
    """Digests of all files of a package."""
    files = [*_list(table, "files"), *_list(table, "wheels"), table.get("sdist"), table.get("archive")]
    if isinstance(hashes, dict) and isinstance(hashes.get("files"), dict):  # poetry before 1.5
        files += _list(hashes["files"], str(table.get("name")))
    found = []
    for file in files:
        if not isinstance(file, dict):
            continue
        found.append(clean(file.get("hash"), 200))
        stated = file.get("hashes")
        found += [f"{key}:{clean(value, 200)}" for key, value in stated.items()] if isinstance(stated, dict) else []
    return [one for one in found if one]


def _released(table: dict[str, Any]) -> str:
    """The first day any of its files was uploaded, as uv and PEP 751 note it; empty where none says."""
    days = []
    for file in [*_list(table, "wheels"), table.get("sdist"), table.get("archive")]:
        stated = file.get("upload-time") if isinstance(file, dict) else None
        try:
            days.append(datetime.fromisoformat(stated) if isinstance(stated, str) else stated)
        except ValueError:
            continue
    return min((day.date().isoformat() for day in days if isinstance(day, datetime)), default="")


def _list(table: dict[str, Any], key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else []


def _only(digests: list[str]) -> str:
    """The digest, where a package is one file: of several nobody knows which is installed."""
    return digests[0] if len(digests) == 1 else ""
