"""Scan files with GuardDog's YARA rules under yara-x. Runs inside the sandbox.

    yara_engine.py compile RULES_DIR                  -> the compiled rules on stdout
    yara_engine.py scan TREE RULES_DIR [COMPILED]     <- {"canary": text, "files": [{"path", "language"}]} on stdin,
                                                      -> a report on stdout

The report: {"rules": {name: metadata}, "canary": [rule], "scanned": [path], "uncovered": count,
"skipped": [{"path", "why"}], "hits": [{"rule", "path", "line", "pattern", "text", "strong", "backed"}], "done": true}.
`uncovered` are files no rule is meant for.
The engine itself knows nothing of the metadata `path_include` and `max_hits`: both are applied here, `max_hits` per
rule and file, so that a harmless file early in the alphabet cannot use up a rule's hits.
"""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yara_x

from plugins.checks.engines import docstrings
from plugins.checks.engines.nearness import SUPPORT, speaking

SECONDS_PER_FILE = 20
MATCHES_PER_PATTERN = 1000
DEFAULT_MAX_HITS = 5
TEXT_LIMIT = 300
SUFFIXES = {"javascript": ".js", "html": ".js", "typescript": ".ts", "tsx": ".tsx", "python": ".py", "shell": ".sh"}
"""What a file is taken for besides its own name, so that no rule is dodged by an odd extension."""
TOP = "package/"
"""The rules expect the archive's top folder in front of each path."""
PATTERN_LANGUAGES = {
    "$py_": ("python",),
    "$js_": ("javascript", "typescript", "tsx", "html"),
    "$rb_": (),
    "$go_": (),
    "$rs_": (),
}
NAMED = {"package.json", "setup.py", "extconf.rb", "Rakefile"}
EVERYDAY = {"$js_dns_resolve", "$js_dns_lookup", "$py_systemd_timer"}
"""Patterns that match `Promise.resolve(`, `panels.timer` and the like: no proof of a capability."""
STAR_LINE = re.compile(rb"^\s*\*(?!\S*\()(\s|/|$)")


@dataclass(frozen=True)
class Hit:
    """One match that counts."""

    rule: str
    path: str
    line: int
    pattern: str
    text: str
    strong: bool
    backed: bool = True


def compile_rules(folder: Path) -> yara_x.Rules:
    """Compile every rule file of the folder; the rules share snippets by `include`."""
    compiler = yara_x.Compiler()
    compiler.add_include_dir(str(folder))
    for file in sorted(folder.glob("*.yar")):
        compiler.new_namespace(file.stem)
        compiler.add_source(file.read_text(encoding="utf-8"), origin=file.name)
    return compiler.build()


def applicable(metas: dict[str, dict[str, Any]], path: str, language: str | None) -> set[str]:
    """The rules whose `path_include` names this file, by its path or by the language it is written in."""
    names = [TOP + path, TOP + path.lower()]
    if language in SUFFIXES:
        names.append(TOP + path.lower() + SUFFIXES[language])
    return {
        rule
        for rule, meta in metas.items()
        if any(fnmatchcase(name, glob.strip()) for glob in str(meta["path_include"]).split(",") for name in names)
    }


def kind_of(path: str) -> str:
    """What of a path the rules can tell apart: one of the names they ask for, or any other name with its suffix."""
    name = path.rpartition("/")[2]
    return name if name in NAMED else "any" + Path(name).suffix


def is_strong(pattern: str, language: str | None) -> bool:
    """Whether a pattern is meant for the file's language and not one that everyday code matches."""
    meant = next((languages for start, languages in PATTERN_LANGUAGES.items() if pattern.startswith(start)), None)
    return pattern != "" and pattern not in EVERYDAY and (meant is None or language in meant)


def is_comment(data: bytes, offset: int, language: str | None) -> bool:
    """Whether a match stands in a comment, decided only where that is certain: a whole comment line."""
    line = data[data.rfind(b"\n", 0, offset) + 1 : offset].lstrip()
    if language in {"python", "shell"}:
        return line.startswith(b"#")
    if line.startswith(b"//"):
        return True
    return line.startswith(b"*") and _in_star_block(data, offset)


def _in_star_block(data: bytes, offset: int) -> bool:
    """Whether the lines above, each starting with a star, go back to one that opens a block comment."""
    for line in reversed(data[max(0, offset - 20_000) : offset].split(b"\n")):
        stripped = line.strip()
        if stripped.startswith(b"/*"):
            return b"*/" not in stripped
        if not STAR_LINE.match(stripped) or b"*/" in stripped:
            return False
    return False


def hits_of(rule: Any, meta: dict[str, Any], path: str, data: bytes, language: str | None) -> list[Hit]:
    """The matches of one rule in one file, one a line, at most `max_hits`."""
    limit = int(meta.get("max_hits", DEFAULT_MAX_HITS))
    told = {p.identifier: [match.offset for match in p.matches] for p in rule.patterns if p.matches}
    meant = {name: offsets for name, offsets in told.items() if is_strong(name, language)}
    # a page runs nothing but JavaScript, and manuals show code of other languages
    alone = frozenset() if language == "html" else frozenset(told)
    telling = speaking(rule.identifier, meant, data, cap=MATCHES_PER_PATTERN) if meant else alone
    places = sorted(
        (not is_strong(p.identifier, language), p.identifier not in telling, match.offset, match.length, p.identifier)
        for p in rule.patterns
        for match in p.matches
    )
    if not places:
        return [Hit(rule.identifier, path, 1, "", "", strong=False)]
    hits: dict[int, Hit] = {}
    for weak, _quiet, offset, length, pattern in places:
        line = data.count(b"\n", 0, offset) + 1
        if line not in hits and not is_comment(data, offset, language):
            strong = not weak and (pattern in telling or pattern not in SUPPORT)
            text = _text(data, offset, length)
            hits[line] = Hit(rule.identifier, path, line, pattern, text, strong=strong, backed=bool(telling))
        if len(hits) == limit:
            break
    return list(hits.values())


def _text(data: bytes, offset: int, length: int) -> str:
    start = max(data.rfind(b"\n", 0, offset) + 1, offset - TEXT_LIMIT // 3)
    end = data.find(b"\n", offset + length)
    end = min(len(data) if end < 0 else end, start + TEXT_LIMIT)
    return data[start:end].decode("utf-8", "replace").strip()


def read(tree: Path, path: str) -> bytes:
    """The bytes of a regular file, never through a link."""
    fd = os.open(tree / path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as file:
        return file.read()


def _runs_docstrings(tree: Path, files: list[dict[str, Any]]) -> bool:
    """Whether any Python file seems to run what stands in a docstring; so too where one cannot be read."""
    try:
        return any(docstrings.may_run(read(tree, file["path"])) for file in files if file["language"] == "python")
    except OSError:
        return True


def scan(rules: yara_x.Rules, tree: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Scan the canary and the listed files of a tree."""
    metas = {rule.identifier: dict(rule.metadata) for rule in rules}
    metas = {name: meta for name, meta in metas.items() if "identifies" in meta and "path_include" in meta}
    scanner = yara_x.Scanner(rules)
    scanner.set_timeout(SECONDS_PER_FILE)
    scanner.max_matches_per_pattern(MATCHES_PER_PATTERN)
    canary = [rule.identifier for rule in scanner.scan(order["canary"].encode()).matching_rules]
    report: dict[str, Any] = {
        "rules": metas, "canary": canary, "scanned": [], "uncovered": 0, "skipped": [], "hits": [],
    }  # fmt: skip
    known: dict[tuple[str, str | None], set[str]] = {}
    readers: bool | None = None
    for file in order["files"]:
        key = kind_of(file["path"]), file["language"]
        if key not in known:
            known[key] = applicable(metas, *key)
        wanted = known[key]
        if not wanted:
            report["uncovered"] += 1
            continue
        try:
            data = read(tree, file["path"])
            found = scanner.scan(data).matching_rules
            if found and file["language"] == "python" and (bare := docstrings.blanked(data)) != data:
                readers = _runs_docstrings(tree, order["files"]) if readers is None else readers
                if not readers:
                    data, found = bare, scanner.scan(bare).matching_rules
        except (OSError, yara_x.TimeoutError, yara_x.ScanError) as error:
            report["skipped"].append({"path": file["path"], "why": type(error).__name__})
            continue
        report["scanned"].append(file["path"])
        for rule in found:
            if rule.identifier in wanted:
                hits = hits_of(rule, metas[rule.identifier], file["path"], data, file["language"])
                report["hits"] += [{n: getattr(hit, n) for n in Hit.__dataclass_fields__} for hit in hits]
    return {**report, "done": True}


def main(argv: list[str]) -> int:
    """Compile or scan, as the first argument says."""
    if argv[0] == "compile":
        compile_rules(Path(argv[1])).serialize_into(sys.stdout.buffer)
        return 0
    rules = _rules(Path(argv[2]), compiled=argv[3:])
    json.dump(scan(rules, Path(argv[1]), json.load(sys.stdin)), sys.stdout)
    return 0


def _rules(folder: Path, *, compiled: list[str]) -> yara_x.Rules:
    """The rules as they were compiled before; compiled anew where that file is damaged."""
    for path in compiled:
        with suppress(ValueError, OSError), Path(path).open("rb") as file:
            return yara_x.Rules.deserialize_from(file)
    return compile_rules(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
