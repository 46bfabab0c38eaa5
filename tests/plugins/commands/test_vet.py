"""`manage.py vet`: verdicts and exit codes, formats, recording, and doing without a database."""

import errno
import json
import os
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from governance.models import LedgerEntry, User
from plugins.advisories import starter
from plugins.models import Submission
from plugins.services import feeds
from tests.plugins.commands.cases import run, spawn, vet, vet_json

CLEAN, LEAKY, HOOKED = "n8n-nodes-weather-desk", "acme-crm-connector", "n8n-nodes-quick-notes"
TALKER = "node-red-contrib-stock-ticker"


@pytest.fixture
def feed(db):
    feeds.import_documents(documents=starter.starter_feed(), name=starter.NAME, source="test", demo=True)


@pytest.fixture
def data(tmp_path):
    """A data folder with the engines' caches and nothing else."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "cache").symlink_to((settings.DATA_DIR / "cache").resolve())
    return folder


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def status(document, code):
    return next(check for check in document["checks"] if check["code"] == code)


def test_a_clean_package_passes(feed, samples):
    code, document = vet_json(samples[CLEAN].path)

    assert (code, document["verdict"]) == (0, "passed")
    assert document["artifact"]["sha256"] == samples[CLEAN].sha256
    assert document["artifact"]["format"] == "n8n-node"
    assert status(document, "static")["examined"] == document["artifact"]["code_files"]
    assert document["feed"]["demo"] is True


def test_a_version_is_compared_with_an_earlier_one_or_its_report(feed, samples, tmp_path):
    path = tmp_path / "before.json"
    vet(samples[TALKER].path, "--format", "json", "--output", path)

    _code, against_report = vet_json(samples[CLEAN].path, "--against", path)
    _code, against_package = vet_json(samples[CLEAN].path, "--against", samples[TALKER].path)
    _code, itself = vet_json(samples[TALKER].path, "--against", path)

    assert against_report["changes"] == against_package["changes"]
    assert against_report["changes"]["before"]["sha256"] == samples[TALKER].sha256
    assert any(change["kind"] == "host" for change in against_report["changes"]["changes"])
    assert (itself["changes"]["changes"], itself["changes"]["files"]["listed"]) == ([], [])
    assert status(itself, "changes")["status"] == "passed"


@pytest.mark.parametrize("text", ["{}", "[]", "[" * 100_000, "no json", '{"artifact": 1}'])
def test_what_is_no_report_cannot_be_compared_with(samples, tmp_path, text):
    path = tmp_path / "before.json"
    path.write_text(text)

    code, document = vet_json(samples[CLEAN].path, "--against", path)

    assert (code, document["error"]["code"]) == (2, "against")


def test_a_leak_fails_whatever_else_is_found(feed, samples):
    code, document = vet_json(samples[LEAKY].path)

    assert (code, document["verdict"]) == (1, "failed")
    leak = next(finding for finding in document["findings"] if finding["check"] == "secrets")
    assert leak["severity"] == "high"
    assert leak["line"] > 0
    assert any(advisory for part in document["dependencies"] for advisory in part["advisories"])


def test_fail_on_moves_the_line(feed, samples):
    strict, document = vet_json(samples[TALKER].path, "--fail-on", "info")
    lenient, _ = vet_json(samples[TALKER].path, "--fail-on", "critical")

    assert (strict, document["fail_on"], document["findings"] != []) == (1, "info", True)
    assert lenient == 0


def test_without_a_feed_a_leak_is_shown_but_the_verdict_is_open(db, samples):
    code, document = vet_json(samples[LEAKY].path)

    assert (code, document["verdict"], document["feed"]) == (3, "inconclusive", None)
    assert status(document, "dependencies")["status"] == "inconclusive"
    assert status(document, "secrets")["status"] == "failed"


def test_missing_rules_leave_the_verdict_open(feed, samples, tmp_path, monkeypatch):
    monkeypatch.setenv("PLUGWARDEN_GUARDDOG_RULES", str(tmp_path))

    code, document = vet_json(samples[CLEAN].path)

    assert (code, status(document, "malware")["status"]) == (3, "inconclusive")
    assert "make setup" in status(document, "malware")["reason"]


def test_a_missing_sandbox_leaves_the_verdict_open(samples, data):
    ended = run(data, samples[CLEAN].path, "--format", "json", PATH="/nowhere")

    assert (ended.code, ended.document["verdict"], ended.err) == (3, "inconclusive", "")
    assert {status(ended.document, code)["status"] for code in ("static", "secrets", "malware")} == {"inconclusive"}


def test_paperwork_is_listed_but_does_not_decide(feed, samples):
    _, document = vet_json(samples[HOOKED].path)

    aside = {row["kind"] for row in document["criteria"] if not row["in_verdict"]}
    assert aside >= {"attestation", "manual"}


def test_the_text_names_checks_findings_and_the_verdict(feed, samples):
    ended = vet(samples[LEAKY].path)

    assert ended.code == 1
    assert ended.out.splitlines()[-1].startswith("Verdict: failed. ")
    assert ".py:" in ended.out
    assert "\x1b" not in ended.out


def test_output_goes_to_a_file(feed, samples, tmp_path):
    ended = vet(samples[CLEAN].path, "--format", "json", "--output", tmp_path / "report.json")

    assert (ended.code, ended.out) == (0, "")
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "passed"


def test_an_output_that_cannot_be_written_is_bad_input(feed, samples, tmp_path):
    code, document = vet_json(samples[CLEAN].path, "--output", tmp_path / "no" / "report.json")

    assert (code, document["error"]["code"]) == (2, "output")


def test_nothing_is_stored_or_left_behind(feed, samples):
    before = files_below(settings.DATA_DIR)

    vet(samples[CLEAN].path)

    assert files_below(settings.DATA_DIR) == before
    assert list((settings.DATA_DIR / "work").iterdir()) == []
    assert not Submission.objects.exists()


def test_record_submits_as_the_portal_does(feed, policy, samples):
    user = User.objects.create_user("olga", password="x")

    ended = vet(samples[CLEAN].path, "--record", "olga")

    submission = Submission.objects.get()
    assert (ended.code, submission.submitted_by) == (0, user)
    assert submission.version.artifact.sha256 == samples[CLEAN].sha256
    assert f"submission {submission.pk}" in ended.err


def test_record_refuses_a_stranger(db, samples):
    code, document = vet_json(samples[CLEAN].path, "--record", "nobody")

    assert (code, document["error"]["message"]) == (2, "There is no active user nobody.")


def test_who_tried_to_record_what_is_refused_is_in_the_ledger(db, policy, tmp_path):
    User.objects.create_user("olga", password="x")
    (tmp_path / "x.tgz").write_bytes(b"no archive")

    code, _ = vet_json(tmp_path / "x.tgz", "--record", "olga")

    assert code == 2
    assert LedgerEntry.objects.filter(actor_label="olga", verb="submission.refused").count() == 1


def test_it_needs_no_database_and_makes_none(samples, data):
    ended = run(data, samples[CLEAN].path, "--format", "json")

    assert (ended.code, ended.document["feed"], ended.err) == (3, None, "")
    assert not list(data.glob("*.sqlite3*"))
    assert list((data / "work").iterdir()) == []


def test_an_unmigrated_database_counts_as_none(samples, data):
    (data / "plugwarden.sqlite3").touch()

    ended = run(data, samples[CLEAN].path, "--format", "json")

    assert (ended.code, ended.document["feed"], ended.err) == (3, None, "")


def test_a_terminated_run_leaves_nothing_behind(samples, data):
    process = spawn(data, samples[CLEAN].path)
    work = data / "work"
    deadline = time.monotonic() + 60
    while not (work.is_dir() and list(work.glob("*/*/tree"))) and time.monotonic() < deadline:
        time.sleep(0.05)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGTERM
    assert list(work.iterdir()) == []


def test_a_reader_that_leaves_early_changes_no_exit_code(samples, data):
    process = spawn(data, samples[CLEAN].path, "--format", "json", PYTHONUNBUFFERED=None)
    process.stdout.close()

    _, err = process.communicate(timeout=120)

    assert (process.returncode, err) == (3, "")


def test_a_cold_cache_is_warmed_once(samples, tmp_path):
    first = run(tmp_path / "data", samples[CLEAN].path, "--format", "json")

    assert (first.code, first.err) == (3, "")
    assert list((tmp_path / "data" / "cache" / "kingfisher").glob("*/*.vscdb"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused so and still clean up")
def test_a_data_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")

    ended = run(tmp_path / "data", "x.tgz", "--format", "json", SECRET_KEY="test-only")

    assert (ended.code, ended.document["error"]["code"]) == (2, "no-work-folder")


def test_a_full_disk_is_named_and_is_no_verdict(samples, monkeypatch, capsys):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("plugins.intake.unpack", full)
    with pytest.raises(SystemExit) as ended:
        call_command("vet", str(samples[CLEAN].path), "--format", "json")
    error = json.loads(capsys.readouterr().out)["error"]

    assert (ended.value.code, error["code"]) == (2, "host")
    assert error["message"].startswith("The vetting could not be carried out here: No space left on device. Make room")


def test_a_terminal_that_knows_ascii_alone_gets_the_whole_report(data, samples):
    ended = run(data, samples[TALKER].path, PYTHONIOENCODING="ascii")

    assert ended.code in {1, 3}
    assert ended.out.isascii()
    assert ended.out.splitlines()[-1].startswith("Verdict: ")
    assert "Traceback" not in ended.err
