"""Whose work the advisories are: the databases behind the ids, with their licences, to be named in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DATABASES = {
    "GHSA-": "GitHub Advisory Database (CC-BY-4.0)",
    "PYSEC-": "PyPA Advisory Database (CC-BY-4.0)",
    "MAL-": "OpenSSF Malicious Packages (Apache-2.0)",
}


def sources(ids: Iterable[str]) -> tuple[str, ...]:
    """The databases the ids come from, each once; an id of another database names none."""
    prefixes = {prefix for name in ids for prefix in DATABASES if name.startswith(prefix)}
    return tuple(text for prefix, text in DATABASES.items() if prefix in prefixes)
