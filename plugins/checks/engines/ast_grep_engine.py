"""Parse code files with ast-grep, one parse a file, and print what was found, one JSON line a file.

Runs in the sandbox: `python -m plugins.checks.engines.ast_grep_engine`, request on stdin:
`{"root": folder, "files": [[path, language]], "rules": [...], "shown": [keys],
"limits": {"bytes", "seconds", "hits"}}`.
A file that kills the process is the one named by the last `begin` line. Nothing here executes what it reads.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ast_grep_py import SgNode, SgRoot

from plugins.checks.engines import names_js, names_other, names_py
from plugins.checks.engines.decoding import Undecodable, decode
from plugins.checks.engines.exports import Exports
from plugins.checks.engines.html import scripts, without_tags
from plugins.checks.engines.matching import Hit, RuleSet, describe
from plugins.checks.engines.names_common import Constant, Facts, line_of
from plugins.checks.engines.texture import measure
from plugins.checks.engines.uses import is_cut, read_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    Elsewhere = Callable[[str, str], str]

GRAMMARS = {
    "javascript": ("javascript", "tsx"),
    "typescript": ("typescript", "tsx"),
    "tsx": ("tsx", "typescript"),
    "python": ("python",),
    "php": ("php",),
    "csharp": ("csharp",),
    "shell": ("bash",),
}
FAMILIES = {"typescript": "javascript", "tsx": "javascript", "html": "javascript", "shell": "bash"}
STRICT = frozenset({"javascript", "typescript", "tsx", "python"})
"""Grammars in which an empty node is always one that the parser made up; in others it may be real."""
DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
"""Files that hold types and no code; their syntax is not complete in the grammar, and nothing in them runs."""
LOOSE = frozenset({"html", "php"})
"""Languages in which any text is a valid file, while node runs a file by its content: a script in one is read too."""
ENDLESS = 300
"""From this column on, each hit on a line counts by itself: the line is minified."""
SPARE = 5
"""How many times the limit of hits is looked at, since several on one line count once."""
GARBAGE = 500_000
"""Objects made before cycles are looked for; nodes are many and make none."""
MAX_COMMENTS = 200
SHORTEST_NAME = 3
"""Shorter names mean too many things in one minified file to be looked for in its text."""
TOLERATED_SHARE = 0.01
"""Up to this share of a file's characters in ERROR nodes is the grammar's fault, not the file's …"""
TOLERATED_ERRORS = 3
"""… if there are no more of them than this; they are reported as `parsed with gaps`."""


class Engine:
    """The rules, indexed by language family, and the limits of a request."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.root = Path(request["root"])
        self.limits = request["limits"]
        self.shown: list[str] = request.get("shown", [])
        self.exports = Exports(self.root)
        self.path = ""
        """The file that is looked at."""
        families: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for index, rule in enumerate(request["rules"]):
            for language in rule["languages"]:
                families.setdefault(FAMILIES.get(language, language), []).append((index, rule))
        self.rules = {name: RuleSet(rules, "/" if name == "javascript" else ".") for name, rules in families.items()}

    def scan(self, path: str, language: str) -> dict[str, Any]:
        """Everything about one file: state `parsed`, `gaps`, `unparseable`, `binary` or `too-long`."""
        data = (self.root / path).read_bytes()
        if len(data) > self.limits["bytes"]:
            return {"path": path, "state": "too-long", "detail": f"{len(data)} bytes"}
        try:
            text, encoding = decode(data)
        except Undecodable as problem:
            return {"path": path, "state": "binary", "detail": str(problem)}
        self.path = path
        report = self._scan_html(text) if language == "html" else self._scan_code(text, language)
        if language in LOOSE and not _is_markup(text):
            script = self._scan_code(text, "javascript")
            if script["state"] == "parsed":
                _merge(report, script)
        if path.endswith(DECLARATIONS):
            report |= {"state": "parsed", "errors": []}
            if not calls(text):
                report |= {"hits": [], "cut": {}, "constants": []}
        return {"path": path, "encoding": encoding, "shown_reads": read_keys(text, self.shown), **report}

    def _scan_html(self, text: str) -> dict[str, Any]:
        parts, sources = scripts(text)
        merged: dict[str, Any] = {
            "state": "parsed",
            "hits": [],
            "cut": {},
            "constants": sources,
            "marks": [],
            "errors": [],
            "constants_cut": 0,
        }
        for script, offset in parts:
            report = self._scan_code(script, "javascript", offset)
            if report["state"] == "unparseable" and (code := without_tags(script)) != script:
                # with a server's template tags it is no script yet; what stands in the tags was looked at above
                filled = self._scan_code(code, "javascript", offset)
                _merge(filled, report)
                report = filled | {"state": "gaps"}
            merged["state"] = worse(merged["state"], report["state"])
            _merge(merged, report)
        return merged

    def _scan_code(self, text: str, language: str, offset: int = 0) -> dict[str, Any]:
        texture = measure(text)
        family = FAMILIES.get(language, language)
        rules = self.rules.get(family) or RuleSet([], ".")
        elsewhere = self._elsewhere(family)
        root, facts, state = parse_best(text, language, rules, minified=texture.minified, elsewhere=elsewhere)
        lines = text.split("\n")
        hits, cut = self._capped(rules.match(root, text, facts), 1 if texture.minified else SPARE)
        constants = [
            [
                c.text[:2000],
                line_of(c.node) + offset,
                c.key,
                " " in c.text and is_taken(c, text, minified=texture.minified),
            ]
            for c in facts.constants
        ]
        constants += [
            [node.text()[:2000], line_of(node) + offset, "comment", False] for node in facts.comments[:MAX_COMMENTS]
        ]
        return {
            "state": state,
            "hits": [describe(hit, lines, offset) for hit in hits],
            "cut": cut,
            "constants": constants,
            "constants_cut": facts.beyond,
            "marks": [[mark, line + offset, detail] for mark, line, detail in texture.marks],
            "errors": [line_of(node) + offset for node in facts.errors[:20]],
        }

    def _elsewhere(self, family: str) -> Elsewhere | None:
        """What asks another file of the package for a constant, on behalf of the file that is looked at."""
        ask = {"javascript": self.exports.script, "python": self.exports.python, "php": self.exports.php}.get(family)
        return partial(ask, self.path) if ask is not None else None

    def _capped(self, hits: list[Hit], spare: int) -> tuple[list[Hit], dict[int, int]]:
        """The first hits of each rule by place, and by rule how many more there were."""
        kept: list[Hit] = []
        count: Counter[int] = Counter()
        cut: Counter[int] = Counter()
        seen: set[tuple[int, int]] = set()
        for start, rule, node in sorted(self._placed(hits, spare, cut), key=lambda place: (place[0].index, place[1])):
            place = (rule, start.line if start.column < ENDLESS else -start.index)
            if place in seen:
                continue
            seen.add(place)
            count[rule] += 1
            if count[rule] <= self.limits["hits"]:
                kept.append((rule, node))
            else:
                cut[rule] += 1
        return kept, dict(cut)

    def _placed(self, hits: list[Hit], spare: int, cut: Counter[int]) -> list[tuple[Any, int, SgNode]]:
        """Hits with their places; asking for a place costs as much as its line is long, so not all are asked for."""
        raw: Counter[int] = Counter()
        placed = []
        for rule, node in hits:
            raw[rule] += 1
            if raw[rule] <= self.limits["hits"] * spare:
                placed.append((node.range().start, rule, node))
            else:
                cut[rule] += 1
        return placed


def is_taken(constant: Constant, text: str, *, minified: bool) -> bool:
    """Whether prose is taken to pieces where it stands, or under the name it is given to."""
    parent = constant.node.parent()
    if parent is not None and parent.kind() in {"member_expression", "attribute", "subscript", "subscript_expression"}:
        return True
    if constant.key.startswith("call:") or (minified and len(constant.key) < SHORTEST_NAME):
        return False
    return is_cut(text, constant.key)


def _is_markup(text: str) -> bool:
    """Whether a text starts as no script can: a comment of HTML is one of JavaScript as well."""
    start = text.lstrip()
    return start.startswith("<") and not start.startswith("<!--")


def calls(text: str) -> bool:
    """Whether a file calls anything: declarations cannot, and node runs a file by their name like any other."""
    nodes = SgRoot(text, "typescript").root().find_all(any=[{"kind": "call_expression"}, {"kind": "new_expression"}])
    return any(not node.text().startswith("import(") for node in nodes)  # which may be a type


def _merge(into: dict[str, Any], report: dict[str, Any]) -> None:
    """Add what was found in one text to what was found in another; what is in both counts once."""
    into["cut"] |= report["cut"]
    into["constants_cut"] += report["constants_cut"]
    for key in ("hits", "constants", "marks", "errors"):
        into[key] += [one for one in report[key] if one not in into[key]]


def worse(one: str, other: str) -> str:
    """The worse of two states."""
    return max(one, other, key=("parsed", "gaps", "unparseable").index)


def parse_best(
    text: str, language: str, rules: RuleSet, *, minified: bool, elsewhere: Elsewhere | None = None
) -> tuple[SgNode, Facts, str]:
    """Parse with the language's grammars until one has no complaint; the one with the least error wins."""
    best: tuple[int, SgNode, Facts] | None = None
    for grammar in GRAMMARS[language]:
        root = SgRoot(text, grammar).root()
        facts = collect(root, grammar, reads=rules.read_in(text), minified=minified, elsewhere=elsewhere)
        bad = sum(max(1, len(node.text())) for node in facts.errors)
        if best is None or bad < best[0]:
            best = (bad, root, facts)
        if not facts.errors:
            break
    assert best is not None  # noqa: S101 - every language has a grammar
    bad, root, facts = best
    return root, facts, judge(text, bad, len(facts.errors))


def judge(text: str, bad: int, errors: int) -> str:
    """Whether what the grammar could not read matters."""
    if not errors:
        return "parsed"
    tolerable = errors <= TOLERATED_ERRORS and bad <= TOLERATED_SHARE * len(text)
    return "gaps" if tolerable else "unparseable"


def collect(
    root: SgNode, grammar: str, *, reads: AbstractSet[str], minified: bool, elsewhere: Elsewhere | None = None
) -> Facts:
    """One pass over the tree for all kinds of interest, then names are resolved.

    `reads` are the last words of the names that rules watch. `elsewhere` gives the text of a name that another file of
    the package holds. What can be told by the text of a node is told in the pass: each node costs Python far more.
    """
    resolver: Any
    if grammar in {"javascript", "typescript", "tsx"}:
        asked = names_js.questions(grammar, reads)
        resolver = names_js.JavaScriptNames(short_names=not minified, elsewhere=elsewhere).facts
    elif grammar == "python":
        asked = names_py.questions(reads)
        resolver = names_py.PythonNames(elsewhere).facts
    else:
        asked = [{"kind": kind} for kind in names_other.KINDS[grammar]]
        resolver = lambda nodes: names_other.facts_of(grammar, nodes, elsewhere)  # noqa: E731 - one line, used once
    alternatives: list[Any] = [*asked, {"kind": "ERROR"}, {"kind": "comment", "regex": "://"}]
    named: list[SgNode] = []
    remarks: list[SgNode] = []
    broken: list[SgNode] = []
    for node in root.find_all(any=alternatives):
        kind = node.kind()
        (broken if kind == "ERROR" else remarks if kind == "comment" else named).append(node)
    if grammar in STRICT:  # a pass of its own: beside the kinds, which the library looks up, it would be the slower
        broken += root.find_all(regex="^$")
    facts: Facts = resolver(named)
    facts.comments = remarks
    facts.errors = [node for node in broken if is_error(node)]
    return facts


def is_error(node: SgNode) -> bool:
    """Whether a node is what tree-sitter puts where it could not read, or made up (empty) to be able to go on."""
    parent = node.parent()
    if node.kind() == "ERROR":
        return parent is None or parent.kind() != "type_arguments" or not node.text().startswith("import(")
    return parent is not None


def main() -> None:
    """Answer one request."""
    gc.set_threshold(GARBAGE)
    request = json.load(sys.stdin)
    engine = Engine(request)
    write = sys.stdout.write
    for path, language in request["files"]:
        write(json.dumps({"begin": path}) + "\n")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_PROF, request["limits"]["seconds"])
        try:
            report = engine.scan(path, language)
        except (RecursionError, MemoryError, OSError, ValueError) as problem:
            report = {"path": path, "state": "failed", "detail": type(problem).__name__}
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(json.dumps(report) + "\n")
    write(json.dumps({"done": len(request["files"])}) + "\n")


if __name__ == "__main__":
    main()
