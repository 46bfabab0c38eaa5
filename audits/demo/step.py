"""In demo mode, the demo is part of what has to be in place: a step of `manage.py prepare`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.conf import settings

from governance.preparation import NotPrepared
from plugins.checks.registry import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.preparation import Say
    from governance.vocabulary import CheckStatus

BAR = 24


def load_demo(say: Say) -> None:
    """Load the demo with a progress bar and say where to look; outside demo mode, refuse to serve a demo as real."""
    from audits.demo import story  # noqa: PLC0415 - it imports every app; only the demo needs that at start

    if not settings.DEMO:
        if story.loaded():
            raise NotPrepared(
                f"{settings.DATA_DIR} holds the demo. "
                "Name another folder in PLUGWARDEN_DATA, or remove this one: make clean."
            )
        return
    if not story.loaded():
        say("Loading the demo: five plugins of our own making, vetted for real …")
        try:
            story.load(story.Watch(say=say, vetting=_bar))
        except story.NotADemo as refusal:
            raise NotPrepared(str(refusal)) from refusal
        _table(story.table(), say)


def _bar(name: str) -> Callable[[str, CheckStatus | None, int], None]:
    """A progress bar on standard error; where that is no terminal, one line at the end."""
    done: set[str] = set()
    terminal = sys.stderr.isatty()

    def tell(code: str, status: CheckStatus | None, _milliseconds: int) -> None:
        if status is not None:
            done.add(code)
        share = len(done) / len(CODES)
        if terminal or len(done) == len(CODES):
            filled = round(BAR * share)
            bar = f"{'█' * filled}{'░' * (BAR - filled)}"
            end = "\n" if len(done) == len(CODES) else ""
            sys.stderr.write(f"{chr(13) if terminal else ''}  {bar} {len(done)}/{len(CODES)}  {name}{end}")
            sys.stderr.flush()

    return tell


def _table(rows: list[dict[str, str]], say: Say) -> None:
    columns = ("plugin", "team", "verdict", "risk", "state", "page")
    widths = {column: max(len(column), *(len(row[column]) for row in rows)) for column in columns}
    say("")
    say("  ".join(column.ljust(widths[column]) for column in columns))
    say("  ".join("-" * widths[column] for column in columns))
    for row in rows:
        say("  ".join(row[column].ljust(widths[column]) for column in columns))
    say("")
    say(f"Certificate bundle, artifact, trust root and PDFs: {settings.DATA_DIR / 'demo'}/")
