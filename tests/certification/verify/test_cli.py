"""The command line: exit codes, one clear line, JSON in every case, nothing hostile on the terminal."""

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest

from certification.verify import cli
from certification.verify.output import plain

SCHEMA = json.loads(Path(__file__).parents[3].joinpath("docs/schemas/verify.schema.json").read_text())


def as_document(text):
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    return document


def test_cli_says_what_is_certified(command, world):
    code, out, err = command()

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "VALID: n8n-nodes-weather 1.2.0 (n8n-node), certified at tier low until 2026-05-30T12:00:00Z",
        "  serial: PW-2026-0001",
        "  from: 2026-03-01T12:00:00Z",
        "  capabilities: network.outbound",
        "  hosts: api.weather.example",
        "  conditions: only in the sales environment",
        "  policy: 2026.1",
        "  advisories: Starter feed (demo data), 30 records, 12 days old",
        "  resource: pkg:npm/n8n-nodes-weather@1.2.0",
        f"  verifier: {world.verifier_id}",
        f"  log: entry 4 of {world.origin}",
        "  status list: number 5, good until 2026-05-31T12:00:00Z",
    ]


def test_cli_says_so_when_it_is_only_a_demo(command, demo_world):
    code, out, _ = command(bundle=demo_world.bundle(), trust_root=demo_world.trust_root())

    assert code == 0
    assert out.splitlines()[1] == "  DEMO: signed with a demo key. It proves nothing outside the demo."


def test_cli_names_the_failing_step(command):
    code, out, err = command(artifact=b"swapped")

    assert (code, err) == (1, "")
    assert out.startswith("NOT VALID at step subject: the certificate is for another artifact")
    assert out.count("\n") == 1


def test_cli_says_which_document_was_saved_anew(command, world):
    code, out, err = command(bundle=world.bundle() + b"\n")

    assert (code, err) == (1, "")
    assert out.startswith("NOT VALID at step bundle: the bundle is not in canonical form: white space, ")
    assert out.endswith(", as after saving it in an editor\n")


def test_cli_gives_json_when_valid(command):
    code, out, _ = command("--json")
    document = as_document(out)

    assert (code, document["verdict"], document["error"]) == (0, "valid", None)
    assert document["certificate"]["plugin"] == {"name": "n8n-nodes-weather", "version": "1.2.0", "format": "n8n-node"}
    assert document["certificate"]["not_after"] == "2026-05-30T12:00:00Z"


def test_cli_gives_json_when_not_valid_and_repeats_none_of_its_claims(command):
    code, out, _ = command("--json", artifact=b"swapped")
    document = as_document(out)

    assert (code, document["verdict"], document["failed_step"]) == (1, "not_valid", "subject")
    assert document["certificate"] is None


@pytest.mark.parametrize("which", ["bundle", "trust_root", "artifact"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "cannot be read: No such file"),
        (Path.mkdir, "Is a directory"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read"),
    ],
    ids=["missing", "directory", "pipe", "link to itself"],
)
def test_cli_calls_what_it_cannot_open_unusable(command, tmp_path, which, make, words):
    path = tmp_path / "thing"
    make(path)

    code, out, err = command(**{which: path})

    assert (code, out) == (2, "")
    assert err.startswith(f"UNUSABLE: the {which.replace('_', ' ')} ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("which", ["bundle", "--trust-root", "--artifact"])
def test_cli_calls_a_file_it_may_not_read_unusable(tmp_path, monkeypatch, world, capsys, which):
    paths = {"bundle": tmp_path / "bundle", "--trust-root": tmp_path / "root", "--artifact": tmp_path / "artifact"}
    for name, data in zip(paths, (world.bundle(), world.trust_root(), b"x"), strict=True):
        paths[name].write_bytes(data)
    paths[which].chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with _as_nobody():
        code = cli.main(
            [paths["bundle"].name, *(f"{name}={paths[name].name}" for name in ("--trust-root", "--artifact"))]
        )

    assert code == 2
    assert capsys.readouterr().err.endswith("cannot be read: Permission denied\n")


@contextmanager
def _as_nobody():
    """Drop root's rights, to which every file is readable."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("which", ["bundle", "trust_root"])
@pytest.mark.parametrize("data", [b"", b"not json", b"\xff\xfe", b"[]", b"{}", b" " * (4 * 1024 * 1024 + 1)])
def test_cli_calls_what_is_no_such_document_unusable(command, which, data):
    code, out, err = command(**{which: data})

    assert (code, out) == (2, "")
    assert err.startswith("UNUSABLE: ")
    assert err.count("\n") == 1


def test_cli_takes_no_document_for_the_other(command, world):
    assert command(bundle=world.trust_root(), trust_root=world.trust_root())[0] == 2
    assert command(bundle=world.bundle(), trust_root=world.bundle())[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bundle"],
        ["--bogus"],
        ["--trust-root", "a", "--artifact", "b", "c", "d"],
        ["--trust-root", "a", "--artifact", "b", "-h"],
        ["--trust-root", "a", "--artifact", "b", "--help"],
        ["--trust-root", "a", "--art", "b", "c"],
        ["--trust-root", "a\x00", "--artifact", "b", "c\x00"],
    ],
)
def test_cli_answers_wrong_arguments_with_one_line_and_with_json(arguments, capsys):
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1

    assert cli.main([*arguments, "--json"]) == 2
    shown = capsys.readouterr()
    assert (as_document(shown.out)["verdict"], shown.err) == ("unusable", "")


def test_cli_gives_help_only_when_asked_for_nothing_else(capsys):
    assert cli.main(["--help"]) == 0
    assert "Exit code: 0 valid, 1 not valid, 2 unusable input." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-03-01T12:00:00Z", 0),
        ("2026-03-01t12:00:00.5z", 0),
        ("2026-03-01T14:00:00+02:00", 0),
        ("2026-03-01T13:00:00+02:00", 1),
        ("2026-03-01T12:00:00", 2),
        ("2026-03-01", 2),
        ("2026-02-30T12:00:00Z", 2),
        ("0001-01-01T00:00:00+23:00", 2),
        ("now", 2),
    ],
)
def test_cli_judges_as_of_the_given_time(command, at, code):
    assert command(at=at)[0] == code


def test_cli_shows_no_control_characters_of_a_document(command, world):
    name = "x\x1b[2J\r\nVALID: good\u202e\u200b\\u001b"
    statement = world.statement(conditions=(name,))

    code, out, _ = command(bundle=world.bundle(statement))

    assert code == 0
    assert "  conditions: x\\u001b[2J\\u000d\\u000aVALID: good\\u202e\\u200b\\\\u001b\n" in out
    assert all(character.isprintable() for character in out.replace("\n", ""))


def test_cli_keeps_hostile_text_of_a_refused_document_on_one_line(command, world):
    statement = world.statement()
    statement["predicate"]["verificationResult"] = "FAILED\nVALID: x\x1b[0m" + "y" * 10_000

    code, out, _ = command(bundle=world.bundle(statement))

    assert code == 1
    assert out.count("\n") == 1
    assert len(out) < 1000
    assert "\x1b" not in out


def test_plain_escapes_what_terminals_and_readers_fall_for():
    assert plain("a\tb\x7f\u2066\U000e0041\ud800 é") == "a\\u0009b\\u007f\\u2066\\U000e0041\\ud800 é"


def test_cli_does_not_call_it_valid_when_the_answer_cannot_be_delivered(command, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)

    assert cli.main(["--help"]) == 2


def test_cli_that_is_interrupted_says_so_and_never_valid(command, monkeypatch):
    def interrupted(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "hash_artifact", interrupted)

    assert command() == (2, "", "UNUSABLE: interrupted before the answer was known\n")


def test_cli_answers_a_fault_of_its_own_as_unusable(command, monkeypatch):
    def broken(**_):
        raise MemoryError

    monkeypatch.setattr(cli, "verify", broken)

    assert command() == (2, "", "UNUSABLE: the verifier failed (MemoryError)\n")
