"""What the engines found, each at its place among the files of the view. Holds values: nothing here is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugins.checks.engines import placeholders
from plugins.checks.secrets_view import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugins.checks.kingfisher import Leak
    from plugins.checks.secrets_view import View
    from plugins.checks.unfolded import Unfolded

URI_RULE = "betterleaks.generic-credential-uri"
"""The engine's rule for any `user:password@host`; most are examples, so the words of examples count here."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One credential in a file of the view."""

    rule: str
    title: str
    name: str
    line: int
    value: str = field(repr=False)
    how: str = ""
    """Empty: it stands there as it is."""


def hits_in(leaks: Sequence[Leak], unfolded: Unfolded, view: View) -> list[Hit]:
    """Everything found, at its place in the view; what stands there in the open is not told again as encoded."""
    given = {*view.places, *(canary.name for canary in view.canaries), NAMES}
    plain = [Hit(leak.rule, leak.title, leak.path, leak.line, leak.value) for leak in leaks if leak.path in given]
    plain += [Hit(f"settings.{_slug(one.kind)}", one.kind, one.name, one.line, one.value) for one in unfolded.settings]
    seen = {(hit.name, hit.value) for hit in plain}
    for leak in leaks:
        if leak.path in unfolded.files:
            name, line, how = unfolded.place(leak.path, leak.line)
            if (name, leak.value) not in seen:
                seen.add((name, leak.value))
                plain.append(Hit(leak.rule, leak.title, name, line, leak.value, how))
    by_engine = {(hit.name, hit.value) for hit in plain if not hit.rule.startswith("settings.")}
    return [hit for hit in plain if not hit.rule.startswith("settings.") or (hit.name, hit.value) not in by_engine]


def _slug(kind: str) -> str:
    return kind.lower().replace(" ", "-").replace("_", "-")


def is_placeholder(hit: Hit) -> bool:
    """Whether a value is an example of a manual, or only shows where a credential goes."""
    if hit.rule == URI_RULE:
        return placeholders.holds_a_place(hit.value)
    return placeholders.is_example(hit.value)


def is_planted(hit: Hit, view: View) -> bool:
    """Whether it was put there to test the engines."""
    if hit.name == NAMES:
        return hit.line >= len(view.names)
    return hit.name not in view.places
