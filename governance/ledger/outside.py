"""The last checkpoint, kept outside the database: what a restored backup or a rewritten table cannot take back.

Each place, a folder, has one file for each origin. Beside it lies the alarm, while there is one.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from governance.ledger.errors import OutsideUnusable
from governance.ledger.files import write
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.ledger.tlog.notes import Note, NoteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALARM = "ALARM"


def kept(origin: str) -> Iterator[tuple[Path, Checkpoint]]:
    """The checkpoints of this origin in all places, and where each lies.

    Raises:
        OutsideUnusable: a file cannot be read, or is no checkpoint of this origin.
    """
    for path in _paths(origin):
        try:
            found = Checkpoint.parse(Note.parse(path.read_bytes()).text)
        except FileNotFoundError:
            continue
        except (OSError, NoteError) as problem:
            raise OutsideUnusable(f"{path} is no checkpoint that can be read: {problem}.") from problem
        if found.origin != origin:
            raise OutsideUnusable(f"{path} is a checkpoint of {found.origin}, not of {origin}.")
        yield path, found


def keep(origin: str, note: bytes) -> None:
    """Put a signed checkpoint into every place, durably: the old one is there until the new one is on the disk.

    Raises:
        OutsideUnusable: a place cannot be written.
    """
    for path in _paths(origin):
        try:
            write(path, note)
        except OSError as problem:
            raise OutsideUnusable(f"The checkpoint cannot be kept in {path.parent}: {problem.strerror}.") from problem


def alarm() -> str:
    """Why nothing is signed; empty while all is well."""
    try:
        return (settings.CHECKPOINTS_DIR / ALARM).read_text().strip()
    except FileNotFoundError:
        return ""
    except OSError as problem:
        return f"Whether there is an alarm cannot be read: {problem.strerror}."


def raise_alarm(text: str) -> None:
    """Let every page of the admin and the next start say it."""
    with suppress(OSError):  # the refusal itself is raised by whoever calls
        write(settings.CHECKPOINTS_DIR / ALARM, f"{text}\n".encode())


def clear_alarm() -> None:
    """All is well again."""
    (settings.CHECKPOINTS_DIR / ALARM).unlink(missing_ok=True)


def _paths(origin: str) -> Iterator[Path]:
    name = re.sub(r"[^A-Za-z0-9.-]", "_", origin)
    yield from (place / f"{name}.checkpoint" for place in settings.CHECKPOINT_PLACES)
