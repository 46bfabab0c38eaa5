"""Sections that rooms above add to the page of a version: certificates, decisions, reports.

`plugins` must not know them, so they register themselves, each with a function that gives its context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.utils.functional import _StrPromise

    from plugins.models import PluginVersion


@dataclass(frozen=True, slots=True)
class Section:
    """One section: anchor, heading, template, and what fills it. None as context leaves it out."""

    anchor: str
    title: _StrPromise
    template: str
    context: Callable[[HttpRequest, PluginVersion], Mapping[str, object] | None]


@dataclass(frozen=True, slots=True)
class FilledSection:
    """A section with its context, for the template."""

    anchor: str
    title: _StrPromise
    template: str
    data: Mapping[str, object]


_SECTIONS: dict[str, Section] = {}


def register(section: Section) -> None:
    """Add a section; the same anchor again replaces it."""
    _SECTIONS[section.anchor] = section


def filled(request: HttpRequest, version: PluginVersion) -> tuple[FilledSection, ...]:
    """The sections that have something to say about a version to this user."""
    pairs = ((section, section.context(request, version)) for section in _SECTIONS.values())
    return tuple(
        FilledSection(section.anchor, section.title, section.template, data)
        for section, data in pairs
        if data is not None
    )
