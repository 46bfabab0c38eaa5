"""Scan files with GuardDog's YARA rules under yara-x. Runs inside the sandbox.

    yara_engine.py compile RULES_DIR                  -> the compiled rules on stdout
    yara_engine.py scan TREE RULES_DIR [COMPILED]     <- {"canary": text, "seconds": per file, "largest": bytes,
                                                          "files": [{"path", "language"}]} on stdin,
                                                      -> a report on stdout; on stderr, line by line, the index of
                                                         the file it is at, so that a death has a culprit

The report: {"rules": {name: metadata}, "canary": [rule], "scanned": [path], "uncovered": count, "skipped": [{"path",
"why"}], "hits": [{"rule", "path", "line", "pattern", …, see `yara_hits.Hit`}], "reached": [path], "done": true}.
`reached` are the files with hits that are no test or manual, or that other code names; `uncovered` those no rule is
meant for.
The engine itself knows nothing of the metadata `path_include` and `max_hits`: both are applied here, `max_hits` per
rule and file, so that a harmless file early in the alphabet cannot use up a rule's hits.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yara_x

from plugins.checks.engines import docstrings
from plugins.checks.engines.context import is_context, mentioned, reached
from plugins.checks.engines.yara_hits import MATCHES_PER_PATTERN, hits_in

SUFFIXES = {"javascript": ".js", "html": ".js", "typescript": ".ts", "tsx": ".tsx", "python": ".py", "shell": ".sh"}
"""What a file is taken for besides its own name, so that no rule is dodged by an odd extension."""
TOP = "package/"
"""The rules expect the archive's top folder in front of each path."""
NAMED = {"package.json", "setup.py", "extconf.rb", "Rakefile"}
OWN = Path(__file__).resolve().parents[1] / "rules" / "malware"
"""Our own rules."""


def compile_rules(folder: Path) -> yara_x.Rules:
    """Compile every rule file of the folder, which share snippets by `include`, and ours."""
    compiler = yara_x.Compiler()
    compiler.add_include_dir(str(folder))
    for file in (*sorted(folder.glob("*.yar")), *sorted(OWN.glob("*.yar"))):
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


class TooLarge(ValueError):
    """A file is larger than can be scanned."""


WHY = {
    TooLarge: "it is too large",
    MemoryError: "it needs too much memory",
    yara_x.TimeoutError: "it took too long",
    yara_x.ScanError: "the engine failed at it",
}
SKIPS = (OSError, *WHY)


def read(tree: Path, path: str, *, largest: int | None = None) -> bytes:
    """The bytes of a regular file, never through a link. Raises TooLarge beyond `largest` bytes."""
    fd = os.open(tree / path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as file:
        if largest is not None and os.fstat(fd).st_size > largest:
            raise TooLarge
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
    scanner.set_timeout(order["seconds"])
    scanner.max_matches_per_pattern(MATCHES_PER_PATTERN)
    canary = [rule.identifier for rule in scanner.scan(order["canary"].encode()).matching_rules]
    report: dict[str, Any] = {
        "rules": metas, "canary": canary, "scanned": [], "uncovered": 0, "skipped": [], "hits": [],
    }  # fmt: skip
    known: dict[tuple[str, str | None], set[str]] = {}
    readers: bool | None = None
    for index, file in enumerate(order["files"]):
        os.write(sys.stderr.fileno(), b"%d\n" % index)
        key = kind_of(file["path"]), file["language"]
        if key not in known:
            known[key] = applicable(metas, *key)
        wanted = known[key]
        if not wanted:
            report["uncovered"] += 1
            continue
        try:
            data = read(tree, file["path"], largest=order["largest"])
            found = scanner.scan(data).matching_rules
            if found and file["language"] == "python" and (bare := docstrings.blanked(data)) != data:
                readers = _runs_docstrings(tree, order["files"]) if readers is None else readers
                if not readers:
                    data, found = bare, scanner.scan(bare).matching_rules
        except SKIPS as error:
            report["skipped"].append({"path": file["path"], "why": WHY.get(type(error), "it could not be read")})
            continue
        report["scanned"].append(file["path"])
        rules_hit = {rule.identifier: rule for rule in found if rule.identifier in wanted}
        hits = hits_in(rules_hit, metas, file["path"], data, file["language"])
        report["hits"] += hits
    report["reached"] = _reached(tree, report)
    return {**report, "done": True}


def _reached(tree: Path, report: dict[str, Any]) -> list[str]:
    """Of the files with hits, those that are no test or manual, or that other code names."""
    hit = {hit["path"] for hit in report["hits"]}
    if not any(is_context(path) for path in hit):
        return sorted(hit)
    named: set[str] = set()
    for path in report["scanned"]:
        if not is_context(path):
            named |= mentioned(read(tree, path))
    return sorted(path for path in hit if reached(path, named))


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
