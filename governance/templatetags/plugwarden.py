"""Small filters and tags every template may use."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.forms import BoundField, CheckboxInput, FileInput, Select
from django.utils.html import format_html

from governance import rooms as all_rooms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

register = template.Library()

DIGEST_PART = 8
"""Characters of a digest that stay readable after the first four."""


@register.simple_tag(takes_context=True)
def rooms(context: Mapping[str, Any]) -> list[all_rooms.Room]:
    """The rooms of the portal open to whoever looks; also on error pages, which know no user."""
    return all_rooms.rooms_for(context.get("user") or AnonymousUser())


@register.simple_tag(takes_context=True)
def in_room(context: Mapping[str, Any], room: all_rooms.Room) -> bool:
    """Whether the page shown lies in a room."""
    request = context.get("request")
    return bool(request and request.path.startswith(room.url))


@register.filter
def short_digest(sha256: str) -> SafeString:
    """The start of a digest, with all of it as its title."""
    return format_html('<code class="pw-digest" title="{}">{}…</code>', sha256, sha256[: DIGEST_PART + 4])


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's control with our class; Django ties it to its help (`_helptext`) and errors (`_error`)."""
    kind = field.field.widget
    named = "pw-check" if isinstance(kind, CheckboxInput) else "pw-file" if isinstance(kind, FileInput) else "pw-input"
    return field.as_widget(attrs={"class": "pw-input pw-select" if isinstance(kind, Select) else named})


@register.simple_tag(takes_context=True)
def page_link(context: Mapping[str, Any], number: int) -> str:
    """The address of another page of the same list: everything asked for stays asked for."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def shell_word(text: str) -> str:
    """A file name as one word of a shell command: it is the submitter's, and somebody will paste it."""
    return shlex.quote(text if not text.startswith("-") else f"./{text}")
