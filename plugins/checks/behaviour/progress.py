"""How far a driver came, by its own word.

The plugin shares the driver's process, so nothing speaks for it here: what is said to be loaded counts as looked at,
and what it did is the observer's to say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_LINES = 2000
MAX_TEXT = 300


@dataclass(slots=True)
class Progress:
    """What a driver reported: entries that loaded, that did not and why, what was called, what was made up."""

    loaded: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    """What was called, and with what error; empty: none."""
    stubs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: bool = False


def read_progress(stdout: bytes, mark: str) -> Progress:
    """Read the marked lines of a phase's output; anything else in it is the plugin's."""
    progress = Progress()
    start = mark.encode() + b" "
    marked = (line.removeprefix(start) for line in stdout.split(b"\n") if line.startswith(start))
    for _number, line in zip(range(MAX_LINES), marked, strict=False):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            _take(progress, event)
    return progress


def _take(progress: Progress, event: dict[str, Any]) -> None:
    kind, entry, text = event.get("kind"), _text(event.get("entry")), _text(event.get("text"))
    if kind == "loaded" and entry not in progress.loaded:
        progress.loaded.append(entry)
    elif kind == "failed":
        progress.failed[entry] = text
    elif kind == "used":
        name = _text(event.get("name"))
        progress.used[f"{entry} {name}".strip()] = text
    elif kind == "stub":
        progress.stubs.append(_text(event.get("name")))
    elif kind == "error":
        progress.errors.append(text)
    elif kind == "end":
        progress.ended = True


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(char if char.isprintable() else " " for char in text)[:MAX_TEXT]
