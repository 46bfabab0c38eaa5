"""How Composer orders versions of PHP packages.

Source: https://getcomposer.org/doc/articles/versions.md and the tests of `composer/semver`: up to four numbers, then a
stability, then a development mark. Branches (`dev-main`) are no versions here: nothing says what they come after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LIMIT = 120
_STABILITIES = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "": 4, "stable": 4, "patch": 5, "pl": 5, "p": 5}
_STABLE = _STABILITIES[""]
_VERSION = re.compile(
    r"v?(?P<numbers>\d{1,15}(?:\.\d{1,15}){0,3})"
    r"(?:[._-]?(?P<stability>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<step>(?:[.-]?\d{1,15}){0,4}))?"
    r"(?P<dev>[.-]?dev)?(?:\+[0-9a-z.-]+)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, order=True, slots=True)
class ComposerVersion:
    """A version; instances order as their releases do."""

    numbers: tuple[int, ...]
    """Four of them."""
    stability: int
    step: tuple[int, ...]
    """What follows the stability: the 2 of `beta2`."""
    released: bool
    """Whether it has no development mark."""

    @property
    def is_prerelease(self) -> bool:
        """Whether it comes before a release."""
        return self.stability < _STABLE or not self.released


def parse_composer_version(text: str) -> ComposerVersion | None:
    """Read a version; None where it is none."""
    found = _VERSION.fullmatch(text) if len(text) <= _LIMIT else None
    if found is None:
        return None
    numbers = [int(part) for part in found["numbers"].split(".")]
    marked, released = (found["stability"] or "").lower(), found["dev"] is None
    stability = _STABILITIES[marked] if marked or released else 0
    step = tuple(int(part) for part in re.findall(r"\d+", found["step"] or ""))
    return ComposerVersion((*numbers, *(0,) * (4 - len(numbers))), stability, step, released)


def is_composer_version(text: object) -> bool:
    """Whether a value is a version."""
    return isinstance(text, str) and parse_composer_version(text) is not None
