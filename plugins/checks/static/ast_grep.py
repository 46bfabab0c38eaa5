"""Run the ast-grep engine in the sandbox and turn its lines into findings and observations."""

from __future__ import annotations

import importlib.metadata
import json
import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity
from plugins.checks.base import MENTIONED, UNREADABLE, Finding, Observation, capability, clip
from plugins.checks.engines.names_common import UNKNOWN
from plugins.checks.static import hosts, rules, texture
from plugins.checks.static.report import CODE, TREE, EngineReport, batches, named, over_batches, redact, whole
from plugins.sandbox import Bind, Limits
from plugins.sandbox.python import run_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugins.package import SourceFile

MODULE = "plugins.checks.engines.ast_grep_engine"
LANGUAGES = frozenset({"javascript", "typescript", "tsx", "python", "php", "csharp", "shell", "html"})
BATCH_BYTES = 1_500_000
FILE_BYTES = 10 * 1024 * 1024
FILE_SECONDS = 20
HITS_A_FILE = 20
"""Kept of one rule, one capability or one host in one file; what is beyond is counted in the evidence."""
LIMITS = Limits(wall_seconds=300, cpu_seconds=300)


NATIVE_FILE = "js-code-native-file"
_REQUIRED = re.compile(r"""require\(\s*['"]([^'"]+\.node)['"]""")
_SCRIPTS = (".js", ".ts", ".mjs", ".cjs")


@dataclass(slots=True)
class Tally:
    """What goes into the evidence."""

    scripts: frozenset[str] = frozenset()
    """Paths of the package's code files."""
    hits: Counter[str] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[tuple[str, str]] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    constants: dict[str, list[tuple[str, int, str, bool]]] = field(default_factory=dict)
    """By file: text, line, key, and whether the code takes the text to pieces."""
    used: set[str] = field(default_factory=set)
    """Keys of what is only shown to people that the code of some file reads."""


def scan(root: Path, files: Sequence[SourceFile]) -> EngineReport:
    """Parse the files and match our rules. A crash, a timeout or a file without an answer is a gap."""
    report = EngineReport("ast-grep", importlib.metadata.version("ast-grep-py"), asked=len(files))
    tally = Tally(frozenset(file.path for file in files))
    if files:
        over_batches(report, lambda batch: _batch(root, batch, report, tally), batches(files, size=BATCH_BYTES))
    for path, constants in tally.constants.items():
        _hosts(path, constants, report, tally)
    report.findings.sort(key=lambda finding: (finding.path, finding.line, finding.rule))
    report.observations.sort(key=lambda seen: (seen.path, seen.line, seen.kind, seen.value))
    report.evidence = {
        "rules": len(rules.load().rules),
        "rules_digest": rules.load().digest,
        "hits": dict(sorted(tally.hits.items())),
        "beyond_cap": dict(sorted(tally.beyond.items())),
        "cap": HITS_A_FILE,
        "hosts_passed_over": [
            {"host": host, "why": why, "count": count} for (host, why), count in sorted(tally.passed_over.items())[:200]
        ],
        "not_utf8": dict(tally.encodings),
        "shown_keys_read": sorted(tally.used),
    }
    return report


def _batch(root: Path, files: list[SourceFile], report: EngineReport, tally: Tally) -> None:
    book = rules.load()
    paths = {file.path for file in files}
    request = {
        "root": TREE,
        "files": [[file.path, file.language] for file in files],
        "rules": book.engine_rules,
        "shown": sorted(key for key in hosts.book()["presentation"] if key.isidentifier() and key != "comment"),
        "limits": {"bytes": FILE_BYTES, "seconds": FILE_SECONDS, "hits": HITS_A_FILE},
    }
    result = run_python(MODULE, binds=[Bind(root, TREE)], limits=LIMITS, stdin=json.dumps(request).encode())
    report.cpu_seconds += result.cpu_seconds
    last = ""
    answered: set[str] = set()
    for line in result.stdout.splitlines():
        try:
            entry = whole(json.loads(line), dict)
            last = entry.get("begin", last)
            if "state" in entry and entry["path"] in paths - answered:
                _file(entry, book, report, tally)
                answered.add(entry["path"])
        except UNREADABLE:
            break  # what is not understood is not answered; the gap below says so
    missing = paths - answered
    if missing:
        report.gaps.append(_silence(missing, last, result.ending))


def _silence(missing: set[str], last: str, ending: str) -> str:
    at = f" It stopped at {clip(last)}." if last in missing else ""
    return f"ast-grep gave no answer for {len(missing)} code files ({named(missing)}).{at} {ending}"


def _file(entry: dict[str, Any], book: rules.RuleBook, report: EngineReport, tally: Tally) -> None:
    path, state = entry["path"], entry["state"]
    if state in {"binary", "too-long", "failed"}:
        why = {"binary": "is no text", "too-long": "is too long to parse", "failed": "broke the parser"}[state]
        report.gaps.append(f"{path} {why} ({str(entry['detail'])[:100]}).")
        report.findings.append(_unreadable(path, why))
        return
    if state == "unparseable":
        report.unparseable[path] = f"near line {entry['errors'][0] if entry['errors'] else 1}"
    else:
        report.parsed.add(path)
    if state == "gaps":
        report.findings.append(_partly(path, entry["errors"]))
    if entry["encoding"] != "utf-8":
        tally.encodings[entry["encoding"]] += 1
    report.findings += [texture.finding(mark, path, line, detail) for mark, line, detail in entry["marks"]]
    _hits(path, entry, book, report, tally)
    tally.constants[path] = [
        (str(text), int(line), str(key), bool(taken)) for text, line, key, taken in entry["constants"]
    ]
    tally.used.update(str(key) for key in entry["shown_reads"])
    if entry["constants_cut"]:
        tally.beyond["constants"] += entry["constants_cut"]
        report.findings.append(_too_many(path, entry["constants_cut"]))


def _hits(path: str, entry: dict[str, Any], book: rules.RuleBook, report: EngineReport, tally: Tally) -> None:
    seen: Counter[str] = Counter()
    places = set()
    for hit in entry["hits"]:
        rule, line, snippet = book.rules[hit["rule"]], int(hit["line"]), redact(hit["snippet"])
        if rule.id == NATIVE_FILE and _is_script(path, snippet, tally.scripts):
            continue
        tally.hits[rule.id] += 1
        if rule.severity is not None:
            report.findings.append(_finding(rule, path, line, snippet, hit["symbol"]))
        if rule.capability is None or (rule.capability, line, snippet) in places:
            continue
        places.add((rule.capability, line, snippet))
        seen[rule.capability] += 1
        if seen[rule.capability] <= HITS_A_FILE:
            report.observations.append(capability(rule.capability, path, line, snippet))
        else:
            tally.beyond[rule.capability] += 1
    for index, number in entry["cut"].items():
        tally.beyond[book.rules[int(index)].id] += number


def _is_script(path: str, snippet: str, scripts: frozenset[str]) -> bool:
    """Whether what is required as `X.node` is `X.node.js`, as n8n's nodes are called, and no native module."""
    named = [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in _REQUIRED.findall(snippet)]
    return bool(named) and all(any(name + end in scripts for end in _SCRIPTS) for name in named)


def _hosts(path: str, constants: list[tuple[str, int, str, bool]], report: EngineReport, tally: Tally) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    places = set()
    for text, line, key, taken in constants:
        for found in hosts.judge(text, key, used=tally.used, taken=taken):
            if found.encoded and not found.skipped.startswith("identifier"):  # bundles carry whole pictures encoded
                report.findings.append(_encoded(path, line, found.host))
            if found.skipped:
                tally.passed_over[found.host, found.skipped] += 1
            if found.skipped and not found.mentioned:
                continue
            kind, most = (MENTIONED, 1) if found.mentioned else ("host", HITS_A_FILE)
            if (kind, found.host, line) in places:
                continue
            places.add((kind, found.host, line))
            seen[kind, found.host] += 1
            if seen[kind, found.host] <= most:
                report.observations.append(Observation(kind, found.host, path, line, clip(redact(_shown(text)))))
            elif kind == "host":
                tally.beyond[found.host] += 1


def _shown(text: str) -> str:
    return f'"{text.replace(UNKNOWN, "…")}"'


def _finding(rule: rules.Rule, path: str, line: int, snippet: str, symbol: str) -> Finding:
    return Finding(
        check=CODE,
        rule=rule.id,
        severity=rule.severity or Severity.INFO,
        title=rule.title,
        path=path,
        line=line,
        snippet=snippet,
        detail=rule.message,
        remediation=rule.remediation,
        cwe=rule.cwe,
        symbol=symbol,
    )


def _encoded(path: str, line: int, host: str) -> Finding:
    return Finding(
        check=CODE,
        rule="encoded-address",
        severity=Severity.MEDIUM,
        title="An address is hidden by an encoding",
        path=path,
        line=line,
        snippet=host,
        remediation="Write the address as it is, and declare its host.",
        cwe="CWE-506",
        symbol=host,
    )


def _unreadable(path: str, why: str) -> Finding:
    return Finding(
        check=CODE,
        rule="unreadable",
        severity=Severity.MEDIUM,
        title="A code file could not be read",
        path=path,
        detail=f"The file {why}; nobody can say what it does.",
        remediation="Ship the code as text, in files of ordinary length.",
        symbol=path,
    )


def _too_many(path: str, number: int) -> Finding:
    return Finding(
        check=CODE,
        rule="addresses-beyond-cap",
        severity=Severity.LOW,
        title="The file names more addresses than are read",
        path=path,
        detail=f"{number} constants of the file were not looked at; hosts may be missing from the list.",
        remediation="Keep lists of addresses in a data file.",
        symbol=path,
    )


def _partly(path: str, lines: list[int]) -> Finding:
    return Finding(
        check=CODE,
        rule="parsed-with-gaps",
        severity=Severity.INFO,
        title="A few characters of the file were not understood",
        path=path,
        line=lines[0] if lines else 0,
        detail="The rest of the file was examined.",
        remediation="Nothing to do where the platform loads the file; else correct its syntax.",
        symbol=path,
    )
