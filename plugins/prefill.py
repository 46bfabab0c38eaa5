"""A `plugin-governance.json` to begin with: the owner's own words, and what manifest, code and run show beside them.

Pure: no Django, no I/O. What it adds is true as far as vetting saw it; purposes, promises and data flows are the
owner's to say, so it leaves them out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.declaration import DeclarationInvalid, parse_declaration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEMA = "urn:plugwarden:schema:plugin-governance:v1"
_MOST = {"egress": 500, "secrets": 100, "env": 200}
"""As the schema has it."""
_FIRST = ("$schema", "plugin", "capabilities", "egress", "secrets", "env")


def prefilled(declared: Mapping[str, Any] | None, report: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration that fits its schema, from the one handed in (None: none) and a stored report of the version."""
    given = dict(declared or {})
    shown = [row["id"] for row in report.get("capabilities") or () if _shown(row)]
    result: dict[str, Any] = {
        **given,
        "$schema": given.get("$schema", SCHEMA),
        "capabilities": sorted({*given.get("capabilities", ()), *shown}),
        "egress": [*given.get("egress", ()), *_hosts(report)],
        "secrets": [*given.get("secrets", ()), *_secrets(given, report)],
        "env": sorted({*given.get("env", ()), *_variables(report)}),
    }
    for name, most in _MOST.items():
        result[name] = result[name][:most]
    return dict(sorted(result.items(), key=lambda item: _FIRST.index(item[0]) if item[0] in _FIRST else len(_FIRST)))


def _shown(row: Mapping[str, Any]) -> bool:
    return bool(row.get("derived") or row.get("static") or row.get("dynamic"))


def _hosts(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The hosts that are shown and not declared; `*` would declare nothing."""
    for row in report.get("egress") or ():
        entry = {"host": row["host"]} | ({"port": row["port"]} if row.get("port") else {})
        if row.get("undeclared") and row["host"] != "*" and _fits({"egress": [entry]}):
            yield entry


def _secrets(given: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    known = {_plain(name) for name in given.get("secrets", ())}
    for name in (report.get("manifest") or {}).get("secrets") or ():
        if _plain(name) not in known and _fits({"secrets": [name]}):
            known.add(_plain(name))
            yield name


def _variables(report: Mapping[str, Any]) -> Iterable[str]:
    return [row["name"] for row in report.get("env") or () if row.get("static")]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _fits(part: dict[str, Any]) -> bool:
    try:
        parse_declaration(part)
    except DeclarationInvalid:
        return False
    return True
