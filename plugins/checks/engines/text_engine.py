"""Look for YARA rules and regular expressions in files. Runs in the sandbox, one JSON line a file.

Request on stdin: `{"root": folder, "files": [[path, [rule, ...]]], "rules": [{"kind": "yara"|"regex", "body"}],
"limits": {"bytes", "seconds", "hits"}}`; a file names the rules, by index, that are meant for it. Answers: `{"begin"}`
before each file, then `{"path", "state": "read", "hits": [[rule, line, text]], "cut": {rule: count}, "slow": [rule]}`
or `{"path", "state": "too-long"|"failed", "detail"}`; at last `{"done": count}`. Both engines are linear in a file's
length; the timer ends what is slow all the same. A rule that does not compile is `{"refused": rule, "why"}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import re2
import yara_x

TEXT_LIMIT = 300
MATCHES_A_PATTERN = 1000
REGEX_MEMORY = 64 * 1024 * 1024

if TYPE_CHECKING:
    from collections.abc import Iterator

Found = list[list[Any]]


def yara_rules(body: str) -> yara_x.Rules:
    """Compile one body: no includes, no patterns that are slow."""
    compiler = yara_x.Compiler(relaxed_re_syntax=False, error_on_slow_pattern=True)
    compiler.enable_includes(False)  # noqa: FBT003 - it takes no name
    compiler.add_source(body)
    return compiler.build()


def expression(body: str) -> Any:
    """Compile a regular expression on bytes."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = REGEX_MEMORY
    return re2.compile(body.encode(), options)


class Engine:
    """The compiled rules of a request."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.root, self.limits = Path(request["root"]), request["limits"]
        self.scanners: dict[int, yara_x.Scanner] = {}
        self.expressions: dict[int, Any] = {}
        self.refused: dict[int, str] = {}
        for index, rule in enumerate(request["rules"]):
            self._compile(index, rule)

    def _compile(self, index: int, rule: dict[str, str]) -> None:
        try:
            if rule["kind"] == "regex":
                self.expressions[index] = expression(rule["body"])
                return
            scanner = yara_x.Scanner(yara_rules(rule["body"]))
            scanner.set_timeout(self.limits["seconds"])
            scanner.max_matches_per_pattern(MATCHES_A_PATTERN)
            self.scanners[index] = scanner
        except (re2.error, yara_x.CompileError) as problem:
            said = problem.args[0] if problem.args else ""
            self.refused[index] = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)

    def scan(self, path: str, wanted: list[int]) -> dict[str, Any]:
        """All hits in one file of the rules meant for it."""
        size = os.lstat(self.root / path).st_size
        if size > self.limits["bytes"]:
            return {"path": path, "state": "too-long", "detail": f"{size} bytes"}
        data = read(self.root, path)
        hits: Found = []
        cut: Counter[int] = Counter()
        slow: list[int] = []
        for index in wanted:
            try:
                self._scan(index, data, hits, cut)
            except yara_x.TimeoutError:  # it would be as slow on every file
                slow.append(index)
                del self.scanners[index]
        return {"path": path, "state": "read", "hits": hits, "cut": cut, "slow": slow}

    def _scan(self, index: int, data: bytes, hits: Found, cut: Counter[int]) -> None:
        places: Iterator[tuple[int, int]]
        if index in self.expressions:
            places = ((match.start(), match.end()) for match in self.expressions[index].finditer(data))
        elif index in self.scanners:
            matching = self.scanners[index].scan(data).matching_rules
            places = iter(sorted(set(_places(matching)))) if matching else iter(())
        else:
            return
        lines: set[int] = set()
        line, counted = 1, 0
        for start, end in places:
            line += data.count(b"\n", counted, start)
            counted = start
            if line in lines:
                continue
            lines.add(line)
            if len(lines) > self.limits["hits"]:
                cut[index] += 1
                if cut[index] >= MATCHES_A_PATTERN:
                    return
                continue
            hits.append([index, line, _text(data, start, end)])


def _places(matching: Any) -> list[tuple[int, int]]:
    """Where the strings of the rules matched; the beginning for a rule that speaks of the file as a whole."""
    found = [
        (match.offset, match.offset + match.length)
        for rule in matching
        for pattern in rule.patterns
        for match in pattern.matches
    ]
    return found or [(0, 0)]


def _text(data: bytes, start: int, end: int) -> str:
    begin = max(data.rfind(b"\n", 0, start) + 1, start - TEXT_LIMIT // 3)
    stop = data.find(b"\n", end)
    stop = min(len(data) if stop < 0 else stop, begin + TEXT_LIMIT)
    return data[begin:stop].decode("utf-8", "replace").strip()


def read(tree: Path, path: str) -> bytes:
    """The bytes of a regular file, never through a link."""
    fd = os.open(tree / path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as file:
        return file.read()


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    engine = Engine(request)
    write = sys.stdout.write
    for index, why in engine.refused.items():
        write(json.dumps({"refused": index, "why": why}) + "\n")
    for path, wanted in request["files"]:
        write(json.dumps({"begin": path}) + "\n")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_PROF, request["limits"]["seconds"] + 1)
        try:
            report = engine.scan(path, wanted)
        except (MemoryError, OSError, ValueError, yara_x.ScanError) as problem:
            report = {"path": path, "state": "failed", "detail": type(problem).__name__}
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(json.dumps(report) + "\n")
    write(json.dumps({"done": len(request["files"])}) + "\n")


if __name__ == "__main__":
    main()
