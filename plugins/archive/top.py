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


def tar_parts(names: Sequence[Parts], *, dotted: set[bool], notes: Notes) -> list[Parts]:
    """Give each file of a tar its final place; raises ArchiveRefused (`ambiguous-root`, `duplicate-entry`).

    `dotted` says whether files' names begin with `./`, which npm and pip take for the top folder.
    """
    if len(dotted) > 1:
        message = "Some names in the archive begin with ./ and others do not: npm would unpack them side by side."
        raise ArchiveRefused("ambiguous-root", message)
    npm_tops = sorted(parts[0] for parts in names if len(parts) == _NPM_DEPTH and parts[1] == "package.json")
    if npm_tops and not all(dotted):
        if any(len(parts) == 1 for parts in names):
            message = f"Files lie beside the folder {quote(npm_tops[0])}: npm would not install them, others would."
            raise ArchiveRefused("ambiguous-root", message)
        if len(_tops(names)) > 1:
            notes.add("several-top-folders", Severity.LOW, "", "Several top folders, which npm merges into one.")
            return _merged(names)
    return zip_parts(names)


def zip_parts(names: Sequence[Parts]) -> list[Parts]:
    """Give each file its final place, without the one top folder if there is one."""
    tops = _tops(names)
    top = next(iter(tops), "")
    if len(tops) != 1 or any(len(parts) == 1 for parts in names) or top.endswith(_KEPT_SUFFIXES):
        return list(names)
    return [parts if parts[0] == _BESIDE else parts[1:] for parts in names]


def _tops(names: Sequence[Parts]) -> set[str]:
    return {parts[0] for parts in names} - {_BESIDE}


def _merged(names: Sequence[Parts]) -> list[Parts]:
    stripped = [parts[1:] for parts in names]
    merged = Names()
    for parts in stripped:
        merged.add_file(parts)
    return stripped
