"""`manage.py vet TARGET`: vet one package on the command line, needing no server and storing nothing."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from governance.policies import baseline
from governance.services import published_rules
from governance.vocabulary import Severity, Verdict
from plugins.archive import ArchiveRefused
from plugins.changes import picture_from
from plugins.checks.warm import is_warm, warm
from plugins.config import archive_limits, provenance_trust
from plugins.exports import render
from plugins.exports.text import plain
from plugins.exports.vetting_json import error_document, vetting_document
from plugins.fetching import FetchFailed, fetch
from plugins.formats import PackageRefused
from plugins.intake import intake
from plugins.provenance.evidence import NotUsable, origin_from
from plugins.sandbox import SandboxUnavailable
from plugins.services.detection import rules_in_use
from plugins.services.feeds import safe_snapshot
from plugins.vetting import vet
from plugins.work import work_folder

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence

    from governance.policies import PolicyRules
    from plugins.changes import Picture
    from plugins.checks.base import FeedSnapshot
    from plugins.detection.rule import RuleSet
    from plugins.fetching import Target
    from plugins.package import Dependency
    from plugins.provenance.evidence import OriginEvidence
    from plugins.vetting import Report

EXIT = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INCONCLUSIVE: 3}
BAD_INPUT = 2
MAX_REPORT_BYTES = 64 * 1024 * 1024
NO_DATABASE = "There is no database to record into; run: manage.py prepare"
ROOM = f"Make room below {settings.DATA_DIR}, or make it writable."
TERMINATED = 128 + signal.SIGTERM


class Unusable(Exception):
    """Something about this call, not the package, is wrong; the text is one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Command(BaseCommand):
    """Exit 0 passed, 1 failed, 2 bad input, 3 inconclusive (a required check gave no result; wins over failed)."""

    help = "Vet one package: a path, npm:NAME@VERSION or pypi:NAME==VERSION. Stores nothing without --record."
    requires_system_checks = ()  # a quick start is worth more here

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("target", help="path of an archive, npm:NAME@VERSION, or pypi:NAME==VERSION")
        parser.add_argument("--format", choices=render.FORMATS, default="text", help="what to print (default: text)")
        parser.add_argument(
            "--fail-on",
            choices=[severity.value for severity in Severity],
            default=Severity.HIGH.value,
            help="lowest severity that fails the run (default: high)",
        )
        parser.add_argument("--output", type=Path, help="write the report to this file instead of standard output")
        parser.add_argument(
            "--against",
            metavar="BEFORE",
            help="compare with an earlier version: a target as above, or a report that vet --format json wrote",
        )
        parser.add_argument(
            "--provenance",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="attestations of the package's origin, to be verified; may be given several times",
        )
        parser.add_argument(
            "--source",
            metavar="ARCHIVE",
            type=Path,
            help="archive of the source that the package's files are compared with",
        )
        parser.add_argument("--record", metavar="USER", help="also submit the package to the portal as this user")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Vet and leave with the exit code of the verdict."""
        if isinstance(sys.stdout, TextIOWrapper):  # a terminal without our dashes must not end it like a verdict
            sys.stdout.reconfigure(errors="backslashreplace")
        with _cleaning_up_when_terminated():
            try:
                verdict, document = self._vet(options)
                self._print(document, options["output"])
            except (ArchiveRefused, PackageRefused, FetchFailed, NotUsable, Unusable) as refusal:
                self._refuse(options, refusal.code, str(refusal))
            except OSError as problem:  # a full disk, above all; nothing is known of the package then
                self._refuse(options, "host", f"The vetting could not be carried out here: {problem.strerror}. {ROOM}")
        sys.exit(EXIT[verdict])

    def _vet(self, options: dict[str, Any]) -> tuple[Verdict, str]:
        _demand_work_folder()
        _warm_engines()
        with work_folder("fetch") as folder:
            target = fetch(options["target"], into=folder, cache=settings.CACHE_DIR)
            statements = [*options["provenance"], *target.attestations]
            origin = origin_from(statements, options["source"], trust=provenance_trust(), limits=archive_limits())
            if options["record"]:  # first: a refusal is to be in the ledger too
                self._record(options, target, statements)
            fail_on = Severity(options["fail_on"])
            before = _before(options["against"], folder / "before", fail_on) if options["against"] else None
            with _vetted(target, folder, fail_on, before, origin) as report:
                return report.verdict, self._rendered(report, options)

    def _rendered(self, report: Report, options: dict[str, Any]) -> str:
        terminal = self.stdout.isatty() and not options["output"]
        width = get_terminal_size().columns if terminal else 0
        return render.render(report, options["format"], colour=terminal, width=width)

    def _record(self, options: dict[str, Any], target: Target, statements: Sequence[Path]) -> None:
        from plugins.services.recording import RecordRefused, record  # noqa: PLC0415 - only with --record

        if not _has_database():
            raise Unusable("no-database", NO_DATABASE)
        try:
            submission = record(
                path=target.path,
                filename=target.filename,
                username=options["record"],
                attestations=statements,
                source=options["source"],
            )
        except RecordRefused as refusal:
            raise Unusable("not-recorded", str(refusal)) from refusal
        except DatabaseError as problem:
            raise Unusable("no-database", NO_DATABASE) from problem
        self.stderr.write(f"Recorded as submission {submission.pk}: {submission.version}")

    def _print(self, document: str, output: Path | None) -> None:
        if output is None:
            self._write(document)
            return
        try:
            output.write_text(document + "\n", encoding="utf-8")
        except OSError as problem:
            raise Unusable("output", f"The report cannot be written to {output}: {problem.strerror}.") from problem

    def _write(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # nobody reads on; the exit code still counts

    def _refuse(self, options: dict[str, Any], code: str, message: str) -> NoReturn:
        if options["format"] == "text":
            self.stderr.write(self.style.ERROR(plain(message)))
        else:
            self._write(json.dumps(error_document(code, message), indent=2))
        sys.exit(BAD_INPUT)


@contextmanager
def _vetted(
    target: Target,
    folder: Path,
    fail_on: Severity,
    before: Picture | None = None,
    origin: OriginEvidence | None = None,
) -> Iterator[Report]:
    """The report of a target; the files are gone afterwards."""
    with intake(target.path, filename=target.filename, work=folder, limits=archive_limits()) as taken:
        yield vet(
            taken,
            policy=_rules(),
            feed=lambda package: _feed(package.dependencies),
            cache=settings.CACHE_DIR,
            fail_on=fail_on,
            before=before,
            detection=_detection(),
            origin=origin,
        )


def _before(target: str, folder: Path, fail_on: Severity) -> Picture:
    """The version to compare with: out of a report, or vetted first."""
    if target.endswith(".json"):
        return _reported(Path(target))
    folder.mkdir()
    with _vetted(fetch(target, into=folder, cache=settings.CACHE_DIR), folder, fail_on) as report:
        return picture_from(vetting_document(report))


def _reported(path: Path) -> Picture:
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise Unusable("against", f"{path} is too large to be a vetting report.")
        return picture_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise Unusable("against", f"{path} cannot be read: {problem.strerror}.") from problem
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise Unusable("against", f"{path} is no vetting report that can be compared with.") from problem


def _demand_work_folder() -> None:
    work: Path = settings.DATA_DIR / "work"
    try:
        work.mkdir(parents=True, exist_ok=True)
        if not os.access(work, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as problem:
        raise Unusable("no-work-folder", f"Nothing can be written below {work}: {problem.strerror}.") from problem


def _warm_engines() -> None:
    """Compile the scanners' rules where set-up did not: ten seconds once, instead of with every package."""
    try:
        if not is_warm(settings.CACHE_DIR):
            warm(settings.CACHE_DIR)
    except (SandboxUnavailable, OSError):
        return  # the checks say what is missing


def _rules() -> PolicyRules:
    """The policy in force; the baseline where there is no database yet."""
    if not _has_database():
        return baseline()
    try:
        return published_rules()
    except DatabaseError:
        return baseline()


def _detection() -> RuleSet | None:
    """The portal's own rules, in force and on trial; none where there is no database yet."""
    if not _has_database():
        return None
    try:
        return rules_in_use()
    except DatabaseError:
        return None


def _feed(dependencies: Sequence[Dependency]) -> FeedSnapshot | None:
    return safe_snapshot(dependencies) if _has_database() else None


def _has_database() -> bool:
    """False where asking would make an empty SQLite file."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor != "sqlite" or "memory" in name or Path(name).is_file()


@contextmanager
def _cleaning_up_when_terminated() -> Iterator[None]:
    """Let SIGTERM end the command by an exception, so that what was unpacked is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
