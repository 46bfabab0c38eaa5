"""Where long names may be broken over lines: `{% load breaks %}`, then `{{ path|breakable }}`."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()

LONGEST = 32
"""Letters in a row that fit on a phone; a longer part, which only a stranger would name so, is cut anyway."""

_PARTS = re.compile(r"[^/\s]*[/\s]+|[^/\s]+$")


@register.filter
def breakable(text: object, line: object = None) -> str:
    """A path (with its line, if given), address or sentence: it wraps after slashes and spaces, not within words."""
    whole = f"{text}:{line}" if line else str(text)
    pieces = [part[start : start + LONGEST] for part in _PARTS.findall(whole) for start in range(0, len(part), LONGEST)]
    return format_html(
        '<span class="pw-mono pw-path">{}</span>', format_html_join("", "<wbr>{}", ((piece,) for piece in pieces))
    )
