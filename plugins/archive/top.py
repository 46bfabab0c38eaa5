"""Which top folder is stripped, so that manifests lie at the root whatever made the archive.

npm takes the first part off every name (`tar --strip 1`), whatever it is called, and drops files that have none; an
sdist has one top folder; a wheel has none. Where these readings would give different trees, the archive is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.archive.limits import ArchiveRefused, quote
from plugins.archive.names import Names, Parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugins.archive.model import Notes

_BESIDE = "__MACOSX"
"""The folder macOS adds beside the real one."""
_KEPT_SUFFIXES = (".dist-info", ".data", ".egg-info")
_NPM_DEPTH = 2


def final_parts(names: Sequence[Parts], *, tar: bool, notes: Notes) -> list[Parts]:
    """Give each file its final place; raises ArchiveRefused (`ambiguous-root`, `duplicate-entry`)."""
    tops = {parts[0] for parts in names} - {_BESIDE}
    at_root = any(len(parts) == 1 for parts in names)
    npm_tops = sorted(parts[0] for parts in names if len(parts) == _NPM_DEPTH and parts[1] == "package.json")
    if tar and npm_tops and at_root:
        message = f"Files lie beside the folder {quote(npm_tops[0])}: npm would not install them, others would."
        raise ArchiveRefused("ambiguous-root", message)
    if tar and npm_tops and len(tops) > 1:
        notes.add("several-top-folders", Severity.LOW, "", "Several top folders, which npm merges into one.")
        return _merged(names)
    top = next(iter(tops), "")
    if len(tops) != 1 or at_root or top.endswith(_KEPT_SUFFIXES):
        return list(names)
    return [parts if parts[0] == _BESIDE else parts[1:] for parts in names]


def _merged(names: Sequence[Parts]) -> list[Parts]:
    stripped = [parts[1:] for parts in names]
    merged = Names()
    for parts in stripped:
        merged.add_file(parts)
    return stripped
