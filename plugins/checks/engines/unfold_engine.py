"""Write out what a scanner of plain text would not see: encoded, joined, escaped and folded text, and find settings.

Runs in the sandbox: `python -m plugins.checks.engines.unfold_engine`, request on stdin:
`{"root": folder, "out": folder, "files": [[name, language, names in the package, unpack]], "total": bytes}`.
For each file one JSON line is printed: `{"name", "pieces": [[line written, line of the file, how]], "settings": [[kind,
line, value]], "beyond"}`; the pieces are in the folder `out`, see `written`. Nothing here executes what it reads.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from plugins.checks.engines import blobs, joined, settings
from plugins.checks.engines.blobs import Budget, Piece

LARGEST = 32 * 1024 * 1024
LONGEST_YAML = 512 * 1024

_ZEROS = 0.8
_FOLDED = re.compile(r"[|>][-+]?\s*\n|\\\n|[\"'][^\"'\n]*\n")


class Unfolder:
    """Goes through the files, within one budget for all of them."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.root, self.out = Path(request["root"]), Path(request["out"])
        self.left = int(request["total"])

    def unfold(self, name: str, language: str | None, own: list[str], *, unpack: bool) -> dict[str, Any]:
        """Everything about one file; `own` are the names it has in the package."""
        data = (self.root / name).read_bytes()
        known = [[hit.kind, hit.line, hit.value] for one in own for hit in settings.in_bytes(one, data)]
        budget = Budget(decoded=min(blobs.DECODED_A_FILE, self.left))
        before = budget.decoded
        pieces: list[Piece] = []
        if len(data) > LARGEST:
            return {"name": name, "pieces": [], "settings": known, "beyond": 1}
        if unpack and (inside := blobs.unpacked(data)) is not None:
            data = inside
            if budget.take(len(data)) and (text := plain(data)) is not None:
                pieces.append(Piece(text, 1, "gzip"))
        text = plain(data)
        if text is not None:
            if not text.isascii() and data[:1] in b"\xff\xfe\0":
                pieces.append(Piece(text, 1, "another encoding"))
            pieces += blobs.pieces(text.encode("utf-8", "replace"), budget)
            pieces += put_together(text, language, budget)
            pieces += folded(text, own)
            known += [[hit.kind, hit.line, hit.value] for one in own for hit in settings.in_text(one, text)]
        self.left -= before - budget.decoded
        return {"name": name, "pieces": self._write(name, pieces), "settings": known, "beyond": budget.beyond}

    def _write(self, name: str, pieces: list[Piece]) -> list[list[Any]]:
        """Put the pieces one below the other, and say where each begins."""
        if not pieces:
            return []
        places: list[list[Any]] = []
        lines = [f"unfolded from {name}"]  # which also makes every one of them another file
        for piece in pieces:
            lines.append("")
            places.append([len(lines) + 1, piece.line, piece.how])
            lines += re.split(r"\r\n|\r|\n", piece.text)
        target = self.out / written(name)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
        target.chmod(0o644)
        return places


def written(name: str) -> str:
    """The name of the file with the pieces of another; the engine still knows documentation by it."""
    return f"unfolded-{name.partition('.')[0]}{'.md' if name.endswith('.md') else '.txt'}"


def plain(data: bytes) -> str | None:
    """The text of a file in any usual encoding, by its mark or by where its zeros are; None for what is no text."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be")):  # fmt: skip
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:4096]
    if b"\0" not in head:
        return data.decode("utf-8", "replace")
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[start::2]
        if zeros.count(0) > _ZEROS * len(zeros):
            return data.decode(encoding, "replace")
    return None


def put_together(text: str, language: str | None, budget: Budget) -> list[Piece]:
    """The texts a script joins from constants."""
    if not language or not joined.worth_parsing(text, language):
        return []
    return [
        Piece(f'{one.key or "text"} = "{one.text}"', one.line, "joined constants")
        for one in joined.joined(text, language, budget)
    ]


def folded(text: str, own: list[str]) -> list[Piece]:
    """The values of a YAML file that stand on several lines, each on one. Events only, so that no alias multiplies."""
    if (
        not any(name.lower().endswith((".yaml", ".yml")) for name in own)
        or len(text) > LONGEST_YAML
        or not _FOLDED.search(text)
    ):
        return []
    found: list[Piece] = []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            start, end = event.start_mark, event.end_mark
            if isinstance(event, yaml.ScalarEvent) and start and end and start.line != end.line:
                joint = re.sub(r"\s+", "", event.value)
                texts = {event.value, joint if len(joint) < joined.LONGEST_TOKEN else event.value}
                found += [Piece(text, start.line + 1, "folded lines") for text in sorted(texts)]
    except (yaml.YAMLError, RecursionError):
        pass  # no YAML after all; the text itself is scanned as it is
    return found[: joined.MAX_TEXTS]


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    unfolder = Unfolder(request)
    for name, language, own, unpack in request["files"]:
        try:
            report = unfolder.unfold(name, language, own, unpack=unpack)
        except (RecursionError, MemoryError, ValueError) as problem:
            report = {"name": name, "failed": type(problem).__name__}
        sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.write(json.dumps({"done": len(request["files"])}) + "\n")


if __name__ == "__main__":
    main()
