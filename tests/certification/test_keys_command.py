"""`manage.py keys`, as an operator uses it."""

import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from certification import keyring
from certification.attest import offline
from certification.attest.key_folder import read_pem
from certification.verify.root import follow
from governance.ledger.tlog.notes import VerifierKey
from governance.models import LedgerEntry
from tests.factories import UserFactory
from tests.support.certified import certified

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    """A key folder of the test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR / "production"


def run(*arguments):
    out = StringIO()
    call_command("keys", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_init_makes_the_keys_and_shows_them():
    shown = run("init")

    ring = keyring.keys()
    assert f"  log       {ring.log.keyid}\n            active, " in shown
    assert shown == run("show")
    assert "PRIVATE" not in shown


def test_rotate_says_what_it_wrote_and_deleted(home):
    run("init")
    user = UserFactory()

    shown = run("rotate", "status", "--by", user.username, "--days", "30")

    assert f"Written: {home}/status-{keyring.keys().status.keyid[:16]}.pem" in shown
    assert f"Deleted: {home}/status.pem" in shown
    assert "Trust root 2 is in force." in shown
    assert LedgerEntry.objects.get(verb="key.rotated").actor_id == user.pk
    assert "The status key" in run("show")


def test_retire_needs_another_active_key():
    run("init")

    with pytest.raises(CommandError, match=r"only active feed key; use: manage\.py keys rotate feed"):
        run("retire", keyring.keys().feed.keyid)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compromise", "abcdef0123", "--log-size", "0"], '"abcdef0123" begins the id of no key'),
        (["compromise", "ab", "--log-size", "0"], "no key"),
        (["compromise", "ab", "--log-size", "-1"], "no key|0 or more"),
        (["rotate", "log", "--by", "nobody"], "there is no user nobody"),
        (["rotate", "log", "--days", "0"], "--days is at least 1"),
        (["rotate", "log", "--threshold", "2"], "for the root keys"),
        (["rotate", "root", "--add", "/nowhere"], "cannot be read: No such file"),
        (["install", "/nowhere"], "cannot be read: No such file"),
        (["sign", "/nowhere"], "name the root key"),
        (["export", "/proc/nowhere"], "No such file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, words):
    run("init")

    with pytest.raises(CommandError, match=words) as refusal:
        run(*arguments)

    assert "\n" not in str(refusal.value)
    assert keyring.keys().trust_root.version == 1


def test_two_of_three_root_keys_take_over_offline(home, tmp_path, monkeypatch):
    run("init")
    anchor = keyring.trust_root_bytes()
    for name in ("a", "b", "c"):
        offline.new_root_key(tmp_path / f"{name}.pem")
    first = next(iter(keyring.keys().trust_root.root_keys))

    shown = run(
        "rotate", "root", "--remove", first[:16], "--threshold", "2",
        *(part for name in "abc" for part in ("--add", str(tmp_path / f"{name}.pem.pub"))),
    )  # fmt: skip

    assert "Trust root 2 is not in force yet:\n  2 more of the root keys of the new trust root must sign" in shown
    waiting = home / "trust-root-2.draft.json"
    copy = tmp_path / "copy.json"
    copy.write_bytes(waiting.read_bytes())
    assert "has 2 signatures now" in run("sign", str(waiting), "--key", str(tmp_path / "a.pem"), "--yes")
    monkeypatch.setenv("PLUGWARDEN_KEY_ROOT", tmp_path.joinpath("c.pem").read_text())
    run("sign", str(copy), "--yes")
    assert "Trust root 2 is in force." in run("install", str(waiting), str(copy))
    assert follow(anchor, keyring.trust_root_bytes(), at=timezone.now()).threshold == 2


def test_signing_asks_first(home, tmp_path, monkeypatch):
    run("init")
    home.joinpath("root.pem").rename(tmp_path / "root.pem")
    run("rotate", "log")
    waiting = home / "trust-root-2.draft.json"
    before = waiting.read_bytes()
    monkeypatch.setattr("builtins.input", lambda _question: "no")

    assert "Nothing was signed." in run("sign", str(waiting), "--key", str(tmp_path / "root.pem"))
    assert waiting.read_bytes() == before


def test_the_offline_program_signs_without_django(home, tmp_path):
    run("init")
    home.joinpath("root.pem").rename(tmp_path / "root.pem")
    run("rotate", "log")
    waiting = home / "trust-root-2.draft.json"
    program = (
        "import sys; sys.modules['django'] = None; from certification.attest.offline import main; "
        "sys.exit(main(sys.argv[1:]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, "sign", waiting, "--key", tmp_path / "root.pem", "--yes"],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )

    assert "Trust root 2 of https://plugwarden.org/verifiers/production/" in done.stdout
    assert "has 1 signature now." in done.stdout
    assert "Trust root 2 is in force." in run("install", str(waiting))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "/nowhere"], "cannot be read"),
        (["new", "{tmp}"], "File exists"),
        (["sign", "{tmp}/x", "--key", "/nowhere"], "cannot be read"),
    ],
)
def test_the_offline_program_refuses_in_a_sentence(arguments, words, tmp_path, capsys):
    assert offline.main([argument.format(tmp=tmp_path) for argument in arguments]) == 2

    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_export_writes_what_a_platform_needs_and_nothing_secret(tmp_path):
    run("init")
    run("rotate", "log")
    ring, out = keyring.keys(), tmp_path / "out"

    shown = run("export", str(out))

    assert sorted(shown.split()) == sorted(str(path) for path in out.iterdir())
    assert out.joinpath("trust-root.json").read_bytes() == ring.trust_root_bytes
    subprocess.run(["sha256sum", "-c", "trust-root.json.sha256"], cwd=out, check=True, capture_output=True)
    vkeys = out.joinpath("log.vkey").read_text().splitlines()
    assert len(vkeys) == 2
    assert all(vkey.startswith(f"{ring.log_origin}+") for vkey in vkeys)
    assert not any(b"PRIVATE" in path.read_bytes() for path in out.iterdir())
    assert out.joinpath(f"certifier-{ring.certifier.keyid[:16]}.pem").read_text().startswith("-----BEGIN PUBLIC")


def test_a_new_root_key_is_ours_alone(tmp_path):
    keyid = offline.new_root_key(tmp_path / "r.pem")

    assert read_pem(tmp_path / "r.pem").keyid == keyid
    assert tmp_path.joinpath("r.pem").stat().st_mode & 0o777 == 0o600


def test_a_compromise_says_what_it_takes_down_and_what_to_do(policy):
    certificate = certified(policy)

    shown = run("compromise", certificate.keyid, "--log-size", "0")

    assert "Certificates it takes down: 1. Next: manage.py keys reissue, or keys suspend." in shown
    assert run("reissue") == "Certificates issued anew: 1.\n"
    assert run("suspend") == "Certificates suspended: 0.\n"
    certificate.refresh_from_db()
    assert certificate.state == "superseded"


def test_export_hands_out_no_compromised_log_key(tmp_path):
    """C2SP's form knows no cut-off: whoever reads it would take what a thief signs."""
    run("init")
    stolen = keyring.keys().log
    run("compromise", stolen.keyid, "--log-size", "0")

    run("export", str(tmp_path / "out"))

    (vkey,) = (tmp_path / "out/log.vkey").read_text().splitlines()
    assert vkey == VerifierKey(keyring.keys().log_origin, keyring.keys().log.public).vkey
