"""Names that look like a well-known package's and are not: a letter more, less, other or swapped, or its words moved.

The lists are in `popular/`, each with its source. A name that is on a list is never suspected, and short names are not:
too many honest ones lie one letter apart. A scope belongs to its owner, so nobody imitates within it, and one that is
well known is not suspected; `@bable/core` is. What is found is a question for a human and no proof.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.advisories.versions import NPM, PYPI, normalise_name

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).resolve().parent / "popular"
TARGETS = 2000
"""How many of the most used packages of a registry somebody would imitate; those below are only never suspected."""
SHORTEST = 6
"""Characters of the shortest name that is imitated."""
FILES = {NPM: ("npm.txt",), PYPI: ("pypi.txt",)}
PLATFORMS = "platforms.txt"

_JOINTS = re.compile(r"[-_.]+")


def meant(ecosystem: str, name: str) -> str | None:
    """The well-known package that a name looks like, the most used first; None: it looks like none, or is one."""
    if ecosystem not in FILES:
        return None
    known, ranks, by_shape = _lists(ecosystem)
    name = normalise_name(ecosystem, name)
    if name in known or (name.startswith("@") and f"{name.partition('/')[0]}/" in known):
        return None
    folded = name.lower()
    found = {target for shape in _shapes(folded) for target in by_shape.get(shape, ())}
    near = [target for target in found if _alike(folded, target)]
    return min(near, key=lambda target: (ranks[target], target), default=None)


@lru_cache(maxsize=2)
def _lists(ecosystem: str) -> tuple[frozenset[str], dict[str, int], dict[str, set[str]]]:
    """All names and scopes, the rank of those that are imitated, and these by each shape that neighbours share."""
    names = _read(FILES[ecosystem])
    platforms = _read([PLATFORMS]) if ecosystem == NPM else []
    targets = [name for name in [*platforms, *names[:TARGETS]] if len(name) >= SHORTEST]
    by_shape: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        for shape in _shapes(target.lower()):
            by_shape[shape].add(target)
    ranks = {target: rank for rank, target in reversed(list(enumerate(targets)))}
    scopes = (f"{name.partition('/')[0]}/" for name in [*names, *platforms] if name.startswith("@"))
    return frozenset([*names, *platforms, *scopes]), ranks, by_shape


def _read(files: Iterable[str]) -> list[str]:
    lines = [line for file in files for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _shapes(name: str) -> set[str]:
    """The name, the name without each one of its letters, and its words in order: two that are alike share one."""
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name))), f"words {_words(name)}"}


def _words(name: str) -> str:
    return " ".join(sorted(_JOINTS.split(name)))


def _alike(name: str, target: str) -> bool:
    """One edit apart (a letter more, less, other, or two swapped), or the same words in another order or joined."""
    target = target.lower()
    if name == target or _words(name) == _words(target) or _JOINTS.sub("", name) == _JOINTS.sub("", target):
        return True
    if abs(len(name) - len(target)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(name, target, strict=False)) if one != other), None)
    if at is None:
        return True  # a letter more at the end
    if len(name) != len(target):
        longer, shorter = (name, target) if len(name) > len(target) else (target, name)
        return longer[at + 1 :] == shorter[at:]
    if name[at].isdigit() and target[at].isdigit():
        return False  # another release line: `eventemitter2`, `eventemitter3`
    swapped = name[at : at + 2] == target[at : at + 2][::-1] and name[at + 2 :] == target[at + 2 :]
    return swapped or name[at + 1 :] == target[at + 1 :]
