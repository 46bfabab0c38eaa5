"""Ask pip-audit about pinned PyPI dependencies, in the sandbox, over the same records our own matcher had.

pip-audit reads a silence as "no known vulnerabilities", so every line asked about has to be answered: a line that is
missing from the answer, skipped, or lost in an error becomes a gap. Errors and findings share its exit code 1; only
JSON on standard output tells them apart.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.advisories.matching import entries_for
from plugins.advisories.versions import PYPI, is_version, normalise_name
from plugins.checks.base import UNREADABLE
from plugins.sandbox import Limits, SandboxUnavailable, run_python

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.advisories.matching import AdvisoryIndex
    from plugins.advisories.osv import Affected, Event, OsvRecord

SCRIPT = Path(__file__).parent / "engines" / "audit_pins.py"
LIMITS = Limits(wall_seconds=120, cpu_seconds=100)
EXIT_CODES = (0, 1)

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)

Pin = tuple[str, str]
"""Normalised name and version."""


@dataclass(slots=True)
class AuditReport:
    """What pip-audit said: for each pin it answered, the faults it named, each as the set of its ids."""

    version: str = ""
    answers: dict[Pin, list[frozenset[str]]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    cpu_ms: int = 0

    def as_evidence(self, asked: int) -> dict[str, object]:
        """JSON-ready facts for the record."""
        answers = [
            {"name": name, "version": version, "advisories": [sorted(ids) for ids in faults]}
            for (name, version), faults in sorted(self.answers.items())
        ]
        return {"version": self.version, "asked": asked, "answered": len(answers), "answers": answers}


def audit(pins: Iterable[Pin], index: AdvisoryIndex) -> AuditReport:
    """Ask about every pin. Never raises for what the engine or the sandbox does: that becomes gaps of the report.

    Names and versions come from strangers; what could be anything but one `name==version` line is not asked, and a gap.
    """
    report = AuditReport()
    wanted = list(dict.fromkeys(pins))
    lines = [pin for pin in wanted if _is_line(pin)]
    if lines:
        _ask(lines, index, report)
    unanswered = [f"{name}=={version}" for name, version in wanted if (name, version) not in report.answers]
    if unanswered and not report.gaps:
        report.gaps.append(f"pip-audit did not answer for {_some(unanswered)}.")
    return report


def _ask(lines: list[Pin], index: AdvisoryIndex, report: AuditReport) -> None:
    batches = _batches(lines)
    request = {
        "batches": [[f"{name}=={version}" for name, version in batch] for batch in batches],
        "records": _records({name for name, _ in lines}, index),
    }
    try:
        result = run_python(SCRIPT, stdin=json.dumps(request).encode(), limits=LIMITS)
    except SandboxUnavailable as problem:
        report.gaps.append(f"pip-audit could not run: {problem}")
        return
    report.cpu_ms = round(result.cpu_seconds * 1000)
    if not result.ok:
        report.gaps.append(f"pip-audit gave no result. {result.ending}")
        return
    read_output(result.stdout, batches, report)


def read_output(output: bytes, batches: list[list[Pin]], report: AuditReport) -> None:
    """Read what the sandboxed script printed into the report; anything unexpected leaves pins unanswered."""
    try:
        document = json.loads(output)
        runs = document["runs"]
        report.version = str(document["engine_version"])
        for batch, run in zip(batches, runs, strict=True):
            _read_run(batch, run, report)
    except UNREADABLE:
        report.gaps.append("pip-audit's answer could not be read.")


def _read_run(batch: list[Pin], run: dict[str, Any], report: AuditReport) -> None:
    """One answer of pip-audit: `{"dependencies": [{"name", "version", "vulns": [{"id", "aliases"}]} | skipped]}`."""
    if run["returncode"] not in EXIT_CODES or not run["stdout"].strip():
        report.gaps.append(f"pip-audit ended with an error for {_some([name for name, _ in batch])}.")
        return
    by_key = {(name, _comparable(version)): (name, version) for name, version in batch}
    for entry in json.loads(run["stdout"])["dependencies"]:
        if "skip_reason" in entry:
            continue
        asked = by_key.get((normalise_name(PYPI, entry["name"]), _comparable(entry["version"])))
        if asked:
            report.answers[asked] = [frozenset([fault["id"], *fault["aliases"]]) for fault in entry["vulns"]]


def _is_line(pin: Pin) -> bool:
    name, version = pin
    return bool(_NAME.fullmatch(name)) and version == version.strip() and is_version(PYPI, version)


def _comparable(version: str) -> str:
    """The version as pip-audit prints it, whatever spelling the pin had."""
    from packaging.version import Version  # noqa: PLC0415 - only where there are pins

    return str(Version(version))


def _batches(pins: list[Pin]) -> list[list[Pin]]:
    """Lists in which no package stands twice: pip-audit refuses two versions of one in a run."""
    seen: dict[str, int] = defaultdict(int)
    batches: list[list[Pin]] = []
    for name, version in pins:
        if seen[name] == len(batches):
            batches.append([])
        batches[seen[name]].append((name, version))
        seen[name] += 1
    return batches


def _records(names: set[str], index: AdvisoryIndex) -> list[dict[str, object]]:
    found = {(record.id, name): (record, name) for name in sorted(names) for record in index.about(PYPI, name)}
    return [_projection(record, name) for record, name in found.values()]


def _projection(record: OsvRecord, name: str) -> dict[str, object]:
    """The record as far as it concerns the package, in the form pip-audit reads without failing.

    pip-audit breaks off the whole run over an entry without package or a fix that is no version.
    """
    return {
        "id": record.id,
        "modified": record.modified.isoformat(),
        "aliases": list(record.aliases),
        "summary": record.summary,
        "affected": [_affected(entry) for entry in entries_for(record, PYPI, name)],
    }


def _affected(entry: Affected) -> dict[str, object]:
    sound = [events for events in entry.ranges if all(_sound(event) for event in events)]
    return {
        "package": {"ecosystem": PYPI, "name": entry.name},
        "ranges": [
            {"type": "ECOSYSTEM", "events": [{event.kind: event.version} for event in events]} for events in sound
        ],
        "versions": sorted(entry.versions),
    }


def _sound(event: Event) -> bool:
    return event.version in {"0", "*"} or is_version(PYPI, event.version)


def _some(names: list[str], limit: int = 5) -> str:
    shown = ", ".join(name[:100] for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
