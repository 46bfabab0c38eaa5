"""Run rules over the files of a package, in the sandbox, and name the rule that crashed or hung.

All rules go to one process, which is quick. Where it dies or is stopped at a file, each rule is tried alone on that
file: those that break alone are left out and named, and the rest goes on. A file that breaks the engine whatever it
looks for is named itself. Nothing that was not answered counts as "no hit".
"""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity
from plugins.checks.base import UNREADABLE
from plugins.checks.static.ast_grep import LANGUAGES as PARSED
from plugins.checks.static.ast_grep import MODULE as CODE_ENGINE
from plugins.checks.static.report import TREE, batches, redact, whole
from plugins.detection import bodies
from plugins.detection.lists import BodyInvalid
from plugins.detection.rule import LANGUAGES, Hit, Kind, Rule, Search
from plugins.sandbox import Bind, Limits, run_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from plugins.package import SourceFile
    from plugins.sandbox import SandboxResult

TEXT_ENGINE = "plugins.checks.engines.text_engine"
FILE_BYTES = 64 * 1024 * 1024
CODE_BYTES = 10 * 1024 * 1024
FILE_SECONDS = 10
"""Processor time for one file under all rules."""
HITS_A_FILE = 20
LIMITS = Limits(wall_seconds=180, cpu_seconds=300)
ALONE = Limits(wall_seconds=FILE_SECONDS * 2, cpu_seconds=FILE_SECONDS * 2)
BUDGET = 300.0
"""Seconds for one package and one engine, whatever breaks; what is left then is not answered."""
BATCH_BYTES = 4_000_000
STATES = {"binary": "is no text", "too-long": "is too long", "failed": "broke the engine"}
_NUMBER = re.compile(r"^\s+\d+: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Engine:
    """One program: which rules it takes, how they and the files are put to it."""

    module: str
    kinds: frozenset[Kind]
    file_bytes: int
    harmless: Rule
    """A rule that finds nothing and breaks nothing."""
    languages: frozenset[str] | None = None
    """Files it can read; None: all."""


def _harmless(kind: Kind, body: str, languages: tuple[str, ...] = ()) -> Rule:
    return Rule("harmless", 0, kind, "It looks for nothing", body, Severity.INFO, languages)


CODE = Engine(
    CODE_ENGINE,
    frozenset({Kind.AST_GREP}),
    CODE_BYTES,
    _harmless(Kind.AST_GREP, "calls: [nobody.calls.this.at.all]", LANGUAGES),
    PARSED,
)
TEXT = Engine(
    TEXT_ENGINE, frozenset({Kind.YARA, Kind.REGEX}), FILE_BYTES, _harmless(Kind.REGEX, "nobody-writes-this-at-all")
)


def search(
    rules: Iterable[Rule],
    root: Path,
    files: Iterable[SourceFile],
    *,
    covers: Callable[[Rule, SourceFile], bool] | None = None,
) -> Search:
    """Look for rules that read files in the files they are meant for. Raises SandboxUnavailable.

    `covers` says which file a rule is meant for; by default the rule's own languages and globs.
    """
    meant = covers or (lambda rule, file: rule.covers(file.path, file.language))
    wanted, known = list(rules), list(files)
    found = Search()
    for engine in (CODE, TEXT):
        taken = [rule for rule in wanted if rule.kind in engine.kinds]
        if taken:
            _Run(engine, root, found, meant).over(taken, known)
    found.hits.sort(key=lambda hit: (hit.path, hit.line, hit.rule.code))
    return found


@dataclass(slots=True)
class _Answers:
    """What one process said."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    last: str = ""
    result: SandboxResult | None = None


@dataclass(slots=True)
class _Run:
    engine: Engine
    root: Path
    found: Search
    meant: Callable[[Rule, SourceFile], bool]
    counting: Lock = field(default_factory=Lock)
    deadline: float = field(default_factory=lambda: time.monotonic() + BUDGET)

    def over(self, rules: list[Rule], files: list[SourceFile]) -> None:
        """All rules over all files meant for any of them."""
        can = self.engine.languages
        mine = [
            file
            for file in files
            if (can is None or file.language in can) and any(self.meant(rule, file) for rule in rules)
        ]
        ready = [rule for rule in rules if self._prepared(rule) is not None]
        piles = batches(mine, size=BATCH_BYTES) if mine and ready else []
        with ThreadPoolExecutor(max(1, len(piles))) as pool:
            list(pool.map(lambda pile: self._pile(ready, {file.path: file for file in pile}), piles))

    def _prepared(self, rule: Rule) -> dict[str, Any] | None:
        try:
            if rule.kind is Kind.AST_GREP:
                return bodies.ast_grep(rule.body, rule.languages)
            body = bodies.regex(rule.body) if rule.kind is Kind.REGEX else bodies.yara(rule.body)
        except BodyInvalid as problem:
            self.found.broken.setdefault(rule.key, f"cannot be read: {problem}")
            return None
        return {"kind": rule.kind.value, "body": body}

    def _pile(self, rules: list[Rule], pending: dict[str, SourceFile]) -> None:
        left = [rule for rule in rules if rule.key not in self.found.broken]
        while pending and left:
            if time.monotonic() > self.deadline:
                self._unread(left, pending.values(), "there was no time left for it")
                return
            answers = self._ask(left, list(pending.values()), LIMITS)
            for path, entry in answers.files.items():
                self._take(left, pending.pop(path), entry)
            for index, why in answers.refused.items():
                self.found.broken[left[index].key] = f"does not compile: {_first_line(why)}"
            if pending and not answers.refused and not self._blamed(left, pending, answers):
                return
            left = [rule for rule in left if rule.key not in self.found.broken]

    def _blamed(self, rules: list[Rule], pending: dict[str, SourceFile], answers: _Answers) -> bool:
        """Find out what the process stopped at; False where nothing can be said, and nothing more is tried."""
        ending = answers.result.ending if answers.result else ""
        if answers.last not in pending:
            self._unread(rules, pending.values(), f"the engine gave no answer. {ending}")
            return False
        stuck = pending[answers.last]
        guilty = [rule for rule in rules if self._breaks(rule, stuck)] if self._can_read(stuck) else []
        if not guilty:
            self._unread(rules, [pending.pop(stuck.path)], f"it broke the engine. {ending}")
        return True

    def _breaks(self, rule: Rule, file: SourceFile) -> bool:
        """Whether a rule alone breaks the engine at a file; then it is named and used no more."""
        alone = self._ask([rule], [file], ALONE)
        if file.path in alone.files or alone.refused or alone.result is None:
            return False
        self.found.broken[rule.key] = _why(alone.result, file.path)
        return True

    def _can_read(self, file: SourceFile) -> bool:
        """Whether the engine gets through a file with a rule that looks for nothing: else no rule is at fault."""
        return file.path in self._ask([self.engine.harmless], [file], ALONE).files

    def _unread(self, rules: Iterable[Rule], files: Iterable[SourceFile], why: str) -> None:
        listed = list(rules)
        for file in files:
            self.found.unread[file.path] = why
            for rule in listed:
                if self.meant(rule, file):
                    self.found.blind.setdefault(rule.key, set()).add(file.path)

    def _ask(self, rules: Sequence[Rule], files: list[SourceFile], limits: Limits) -> _Answers:
        prepared = [self._prepared(rule) for rule in rules]
        request = {
            "root": TREE,
            "files": [self._file(rules, file) for file in files],
            "rules": prepared,
            "limits": {"bytes": self.engine.file_bytes, "seconds": FILE_SECONDS, "hits": HITS_A_FILE},
        }
        binds = [Bind(self.root, TREE)]
        result = run_python(self.engine.module, binds=binds, limits=limits, stdin=json.dumps(request).encode())
        with self.counting:
            self.found.cpu_seconds += result.cpu_seconds
        answers = _Answers(result=result)
        paths = {file.path for file in files}
        for line in result.stdout.splitlines():
            try:
                self._read(whole(json.loads(line), dict), paths, len(rules), answers)
            except UNREADABLE:
                break  # what is not understood is not answered
        return answers

    def _file(self, rules: Sequence[Rule], file: SourceFile) -> list[Any]:
        if self.engine is CODE:
            return [file.path, file.language]
        return [file.path, [index for index, rule in enumerate(rules) if self.meant(rule, file)]]

    @staticmethod
    def _read(entry: dict[str, Any], paths: set[str], rules: int, answers: _Answers) -> None:
        answers.last = str(entry.get("begin", answers.last))
        if "refused" in entry and 0 <= int(entry["refused"]) < rules:
            answers.refused[int(entry["refused"])] = str(entry["why"])
        if "state" in entry and entry["path"] in paths - answers.files.keys():
            answers.files[entry["path"]] = entry

    def _take(self, rules: Sequence[Rule], file: SourceFile, entry: dict[str, Any]) -> None:
        if why := STATES.get(entry["state"]):
            self._unread(rules, [file], f"it {why} ({str(entry.get('detail'))[:100]})")
            return
        if entry["state"] == "unparseable":
            self._unread(rules, [file], f"it cannot be parsed, near line {(entry.get('errors') or [1])[0]}")
        else:
            self.found.examined.add(file.path)
        for index in entry.get("slow", ()):
            self.found.broken[rules[int(index)].key] = f"took longer than {FILE_SECONDS} seconds on {file.path}"
        for index, number in entry.get("cut", {}).items():
            rule = rules[int(index)]
            if self.meant(rule, file):
                self.found.beyond[rule.key] = self.found.beyond.get(rule.key, 0) + int(number)
        self.found.hits += [hit for hit in _hits(rules, file.path, entry["hits"]) if self.meant(hit.rule, file)]


def _hits(rules: Sequence[Rule], path: str, hits: list[Any]) -> Iterable[Hit]:
    for hit in hits:
        if isinstance(hit, dict):
            yield Hit(rules[int(hit["rule"])], path, int(hit["line"]), redact(str(hit["snippet"])), str(hit["symbol"]))
        else:
            index, line, text = hit
            yield Hit(rules[int(index)], path, int(line), redact(str(text)))


def _why(result: SandboxResult, path: str) -> str:
    """How a rule ended the engine, as a clause; what ast-grep objects to in it, where it said so."""
    said = result.stderr.decode("utf-8", "replace").partition("Stack backtrace")[0]
    causes = " ".join(_NUMBER.sub("", said.partition("Caused by:")[2]).split())
    if result.returncode == 1 and causes:
        return f"is refused by the engine: {causes.rstrip('. ')[:300]}"
    if result.returncode == 1 and (raised := _last_line(said)):
        return f"is refused by the engine: {raised[:300]}"
    if (
        result.timed_out
        or "SIGPROF" in result.ending
        or "SIGXCPU" in result.ending
        or "processor time" in result.ending
    ):
        return f"took longer than {FILE_SECONDS} seconds on {path}"
    return f"broke the engine on {path}. {result.ending}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "".join(char for char in lines[-1] if char.isprintable()) if lines else ""


def _first_line(text: str) -> str:
    """What a compiler objects to, in one line: `error[E018]: slow pattern | this pattern may …`."""
    lines = [line.strip(" |^-\t") for line in text.splitlines()]
    return " · ".join(line for line in lines if line and not line.isdigit())[:300]
