"""Run kingfisher in the sandbox: offline, obeying no marker of the submitter, with its rules compiled beforehand.

Its traps, each met here: it validates what it finds over the network unless told not to; it skips paths its rules
allow (node_modules, lock files, pictures …), so it is shown neutral names; it refuses a rule cache that another user
owns, so the cache is copied inside; it prints two JSON documents; its findings hold the raw secret.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.checks.base import UNREADABLE
from plugins.sandbox import Bind, Limits, SandboxResult, SandboxUnavailable, run
from plugins.sandbox.limits import MIB
from plugins.sandbox.python import distribution_file

OPTIONS = (
    "--no-validate", "--no-update-check", "--no-ignore", "--no-dedup", "--no-extract-archives", "--max-file-size", "0",
    "--load-builtins", "true", "-f", "json",
)  # fmt: skip
LIMITS = Limits(wall_seconds=180, cpu_seconds=300, memory_bytes=8192 * MIB, processes=128)
UNFOLDED = "unfolded"
"""Folder of the scanned one in which a second folder appears."""
ENDED_WELL = (0, 200, 205)
"""Nothing found, something found, something found and validated."""
WITH_CACHE = 'umask 077; mkdir /tmp/rules && cp "$1"/*.vscdb /tmp/rules/ 2>/dev/null; shift; exec "$@"'
FILLING = 'umask 077; mkdir /tmp/rules /tmp/empty && "$@" >/dev/null; umask 022; cp /tmp/rules/*.vscdb /out/'


class UnusableReport(ValueError):
    """The engine ended without a report that can be relied on; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One secret as the engine reported it. `value` is the secret itself: never store or show it."""

    rule: str
    title: str
    path: str
    line: int
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What one scan said."""

    leaks: tuple[Leak, ...]
    scanned: int
    rules: int
    version: str


def binary() -> Path:
    """The program itself, behind its Python shim; SandboxUnavailable where it is not installed."""
    return distribution_file("kingfisher-bin", "kingfisher/bin/kingfisher")


def cache_folder(cache: Path) -> Path:
    """Where the compiled rules of the installed version lie; a new version starts a new folder."""
    import importlib.metadata  # noqa: PLC0415 - start-up time: it pulls in the mail parser

    try:
        return cache / "kingfisher" / importlib.metadata.version("kingfisher-bin")
    except importlib.metadata.PackageNotFoundError as error:
        raise SandboxUnavailable("kingfisher-bin is not installed. Install it with: make setup") from error


def scan(
    folder: Path, *, program: Path, rules: Path | None, unfolded: Path | None = None
) -> tuple[SandboxResult, Report]:
    """Scan a folder, and with it `unfolded`, which shows in its folder UNFOLDED; both in one start of the engine.

    `rules` is a warmed cache, or None to compile anew. Raises SandboxUnavailable, UnusableReport.
    """
    binds = [Bind(program, "/engine/kingfisher"), Bind(folder, "/view")]
    if unfolded is not None:
        binds.append(Bind(unfolded, f"/view/{UNFOLDED}"))
    if rules is not None:
        binds.append(Bind(rules, "/rules"))
    command = ["/engine/kingfisher", "scan", "/view", *OPTIONS]
    result = run(
        ["/bin/sh", "-c", WITH_CACHE, "sh", "/rules", *command],
        binds=binds,
        env={"KF_RULE_CACHE_DIR": "/tmp/rules"},  # noqa: S108 - inside
        limits=LIMITS,
    )
    return result, parse(result)


def compile_rules(out: Path) -> SandboxResult:
    """Compile the rules into the empty folder `out`, which must be ours alone."""
    return run(
        ["/bin/sh", "-c", FILLING, "sh", "/engine/kingfisher", "scan", "/tmp/empty", *OPTIONS],  # noqa: S108 - inside
        binds=[Bind(binary(), "/engine/kingfisher"), Bind(out, "/out", writable=True)],
        env={"KF_RULE_CACHE_DIR": "/tmp/rules"},  # noqa: S108 - inside
        limits=LIMITS,
    )


def parse(result: SandboxResult) -> Report:
    """Read the two documents; UnusableReport unless the engine says that it scanned everything to the end."""
    if result.timed_out or result.truncated or result.returncode not in ENDED_WELL:
        raise UnusableReport(f"The secret scanner gave no result. {result.ending}")
    try:
        envelope, summary = (json.loads(line) for line in result.stdout.splitlines() if line.strip())
        repositories = envelope["audit"]["summary"]
        unfinished = repositories["scan_partial"] + repositories["scan_failed"] + repositories["pending"]
        report = Report(
            leaks=tuple(_leak(entry) for entry in envelope["findings"]),
            scanned=int(summary["blobs_scanned"]),
            rules=int(summary["rules_applied"]),
            version=str(summary["kingfisher"]["version_used"]),
        )
    except UNREADABLE as error:
        raise UnusableReport("The secret scanner's report could not be read.") from error
    if unfinished or repositories["scan_succeeded"] != 1 or report.rules == 0:
        raise UnusableReport("The secret scanner did not finish its scan.")
    return report


def _leak(entry: dict[str, Any]) -> Leak:
    finding, rule = entry["finding"], entry["rule"]
    return Leak(
        rule=str(rule["id"]),
        title=str(rule["name"]),
        path=Path(str(finding["path"])).name,
        line=int(finding["line"]),
        value=str(finding["snippet"]),
    )
