"""Run the unfolding engine in the sandbox and read what it wrote: text the secret scanner would not see otherwise."""

from __future__ import annotations

import json
import stat
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugins.checks.base import UNREADABLE
from plugins.checks.engines.unfold_engine import written
from plugins.checks.kingfisher import UnusableReport
from plugins.sandbox import Bind, Limits
from plugins.sandbox.python import run_python

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "plugins.checks.engines.unfold_engine"
TOTAL = 64 * 1024 * 1024
"""Bytes of decoded text of one package that are looked at."""
LIMITS = Limits(wall_seconds=180, cpu_seconds=180)


@dataclass(frozen=True, slots=True)
class Setting:
    """A credential known by the file or key it stands in. `value` is the secret itself: never store or show it."""

    kind: str
    name: str
    line: int
    value: str = field(repr=False)


@dataclass(slots=True)
class Unfolded:
    """What was written beside the view, and where each piece of it comes from."""

    files: dict[str, str] = field(default_factory=dict)
    """Name of each file written, to the name of the file in the view it comes from."""
    pieces: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    """By name of a file written: first line of the piece there, line it stands on in its source, how it was hidden."""
    settings: list[Setting] = field(default_factory=list)
    beyond: dict[str, int] = field(default_factory=dict)
    """By name in the view: encoded pieces that were too many or too large to look at."""
    failed: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def place(self, name: str, line: int) -> tuple[str, int, str]:
        """The file of the view, the line in it and the encoding of what stands on a line of a file written."""
        pieces = self.pieces[name]
        at = bisect_right(pieces, (line, 1 << 62, "")) - 1
        _, source, how = pieces[max(at, 0)]
        return self.files[name], source, how


def unfold(view: Path, out: Path, questions: list[list[object]]) -> Unfolded:
    """Ask the engine about every file of the view. Raises SandboxUnavailable, UnusableReport."""
    request = {"root": "/view", "out": "/out", "files": questions, "total": TOTAL}
    result = run_python(
        MODULE,
        binds=[Bind(view, "/view"), Bind(out, "/out", writable=True)],
        limits=LIMITS,
        stdin=json.dumps(request).encode(),
    )
    if not result.ok:
        raise UnusableReport(f"Encoded and joined text could not be looked into. {result.ending}")
    asked = {str(question[0]) for question in questions}
    unfolded = Unfolded(cpu_seconds=result.cpu_seconds)
    try:
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        if answers.pop() != {"done": len(questions)} or {answer["name"] for answer in answers} != asked:
            raise UnusableReport("Encoded and joined text was not looked into in all files.")
        for answer in answers:
            _note(answer, unfolded)
    except UNREADABLE as error:
        if isinstance(error, UnusableReport):
            raise
        raise UnusableReport("What was unfolded of the files could not be read.") from error
    _keep_only(out, set(unfolded.files))
    return unfolded


def _note(answer: dict[str, Any], unfolded: Unfolded) -> None:
    name = answer["name"]
    if "failed" in answer:
        unfolded.failed.append(name)
        return
    if answer["pieces"]:
        unfolded.files[written(name)] = name
        pieces = [(int(there), int(line), str(how)) for there, line, how in answer["pieces"]]
        unfolded.pieces[written(name)] = sorted(pieces)
    unfolded.settings += [Setting(str(kind), name, int(line), str(value)) for kind, line, value in answer["settings"]]
    if answer["beyond"]:
        unfolded.beyond[name] = int(answer["beyond"])


def _keep_only(out: Path, known: set[str]) -> None:
    """Remove what the engine did not say it wrote; what is no plain file was never written by it."""
    for file in out.iterdir():
        if file.name in known and stat.S_ISREG(file.lstat().st_mode):
            known.discard(file.name)
        elif file.is_dir() and not file.is_symlink():
            raise UnusableReport("What was unfolded of the files could not be read.")
        else:
            file.unlink()
    if known:
        raise UnusableReport("What was unfolded of the files is not there.")
