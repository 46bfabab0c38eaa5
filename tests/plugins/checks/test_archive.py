from pathlib import Path

from governance.vocabulary import CheckStatus, Severity
from plugins.archive import Unpacked
from plugins.archive.model import ArchiveNote
from plugins.checks.archive import ArchiveCheck
from plugins.checks.base import Workspace
from plugins.package import Problem
from tests.plugins import cases


def run(package, *notes, entries=3):
    unpacked = Unpacked(kind="zip", entries=entries, sha256="0" * 64, size=10, files=(), notes=notes)
    here = Path()
    return ArchiveCheck().run(Workspace(package, here, here, here, here, unpacked=unpacked))


def test_sound_archive_passes_with_its_entries_counted():
    result = run(cases.package())

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 3, ())


def test_note_of_the_reader_becomes_a_finding():
    result = run(cases.package(), ArchiveNote("setuid", Severity.HIGH, "bin/x", "It sets the user id."))

    (found,) = result.findings
    assert (found.rule, found.severity, found.path) == ("setuid", Severity.HIGH, "bin/x")
    assert result.status is CheckStatus.FAILED


def test_wheel_against_its_own_list_fails():
    result = run(cases.package(problems=(Problem("wheel-record-mismatch", "It is not as listed.", "acme.py", 2),)))

    (found,) = result.findings
    assert (found.severity, found.path, found.line) == (Severity.HIGH, "acme.py", 2)
    assert result.status is CheckStatus.FAILED


def test_missing_notes_of_the_reader_are_no_pass():
    here = Path()

    result = ArchiveCheck().run(Workspace(cases.package(), here, here, here, here))

    assert result.status is CheckStatus.INCONCLUSIVE
