"""Keys are made once, kept to ourselves, and refused when anything about them is wrong."""

import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest import keys as subject
from certification.attest.dsse import Signer
from certification.attest.keys import KeysRefusedError, ensure_keys
from certification.attest.private_files import write_private
from certification.attest.trust_root import KeyEntry, build_trust_root
from certification.verify.canonical import parse
from certification.verify.envelope import decode_base64
from certification.verify.names import Environment, Role
from certification.verify.root import read_anchor

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "var" / "keys"


def make(folder, **changes):
    return ensure_keys(folder, **{"demo": False, "now": NOW, **changes})


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_ensure_keys_makes_keys_only_their_owner_can_read(folder):
    was = os.umask(0)
    try:
        make(folder)
        make(folder, demo=True)
    finally:
        os.umask(was)

    paths = sorted(folder.rglob("*"))
    assert {path.relative_to(folder).as_posix(): mode(path) for path in [folder, *paths]} == {
        ".": 0o700,
        "demo": 0o700,
        "production": 0o700,
        **{
            f"{home}/{name}": 0o600
            for home in ("demo", "production")
            for name in ("root.pem", "certifier.pem", "log.pem", "status.pem", "feed.pem", "trust-root-1.json")
        },
    }
    assert folder.joinpath("production/certifier.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")


def test_ensure_keys_gives_the_same_keys_again(folder):
    first = make(folder)
    again = make(folder, now=NOW + timedelta(days=30))

    assert (again.certifier.keyid, again.trust_root_bytes) == (first.certifier.keyid, first.trust_root_bytes)
    assert (again.verifier_id, again.demo) == (first.verifier_id, False)


def test_ensure_keys_names_a_key_of_every_role_in_a_trust_root_that_holds(folder):
    ring = make(folder)

    root = read_anchor(ring.trust_root_bytes, parse(ring.trust_root_bytes), at=NOW)

    assert (root.environment, root.verifier_id) == (Environment.PRODUCTION, ring.verifier_id)
    assert root == ring.trust_root
    assert {key.role: (keyid, key.public) for keyid, key in root.keys.items()} == {
        role: (getattr(ring, role).keyid, getattr(ring, role).public) for role in Role
    }
    assert ring.log_origin == f"plugwarden.org/logs/production/{next(iter(root.root_keys))[:16]}"


def test_ensure_keys_keeps_demo_and_production_apart(folder):
    production, demo = make(folder), make(folder, demo=True)

    document = json.loads(decode_base64(json.loads(demo.trust_root_bytes)["payload"], "payload"))
    assert document["environment"] == "demo"
    assert demo.demo is True
    assert demo.certifier.keyid != production.certifier.keyid
    assert demo.verifier_id != production.verifier_id


@pytest.mark.parametrize(("put", "wanted"), [("demo", "production"), ("production", "demo")])
def test_ensure_keys_refuses_the_keys_of_the_other_environment(folder, put, wanted):
    make(folder, demo=put == "demo")
    folder.joinpath(put).rename(folder / wanted)

    with pytest.raises(KeysRefusedError, match=f"holds keys of a {put} installation, not of a {wanted} one"):
        make(folder, demo=wanted == "demo")


def test_ensure_keys_makes_one_set_for_all_who_start_at_once(folder):
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: make(folder), range(24)))

    assert len({ring.certifier.keyid for ring in rings}) == 1
    assert [path.name for path in folder.iterdir()] == ["production"]


def test_ensure_keys_takes_the_winners_keys_when_another_process_was_first(folder):
    first = make(folder)

    subject._create(folder / "production", environment=Environment.PRODUCTION, now=NOW)

    assert make(folder).certifier.keyid == first.certifier.keyid
    assert [path.name for path in folder.iterdir()] == ["production"]


def test_ensure_keys_works_for_a_process_whose_clock_is_a_little_behind(folder):
    first = make(folder)

    assert make(folder, now=NOW - timedelta(minutes=2)).certifier.keyid == first.certifier.keyid


def test_ensure_keys_takes_a_relative_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    make(subject.Path("keys"))

    assert tmp_path.joinpath("keys/production/root.pem").is_file()


@pytest.mark.parametrize("name", ["certifier.pem", "trust-root-1.json"])
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620])
def test_ensure_keys_refuses_files_open_to_others(folder, name, bits):
    make(folder)
    folder.joinpath("production", name).chmod(bits)

    with pytest.raises(KeysRefusedError, match=rf"{name} is open to others .*; run: chmod 600"):
        make(folder)


@pytest.mark.parametrize(("name", "bits"), [("production", 0o750), (".", 0o770), (".", 0o702)])
def test_ensure_keys_refuses_folders_open_to_others(folder, name, bits):
    make(folder)
    folder.joinpath(name).chmod(bits)

    with pytest.raises(KeysRefusedError, match="run: chmod 700"):
        make(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
@pytest.mark.parametrize("name", [".", "production", "production/certifier.pem", "production/trust-root-1.json"])
def test_ensure_keys_refuses_what_belongs_to_another_user(folder, name):
    make(folder)
    os.chown(folder / name, 65534, 65534)

    with pytest.raises(KeysRefusedError, match="belongs to user 65534, and this is user 0"):
        make(folder)


@pytest.mark.parametrize("name", ["production", "production/certifier.pem"])
def test_ensure_keys_follows_no_links(folder, tmp_path, name):
    make(folder)
    folder.joinpath(name).rename(tmp_path / "elsewhere")
    folder.joinpath(name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeysRefusedError):
        make(folder)


@pytest.mark.parametrize("name", ["certifier.pem", "trust-root-1.json"])
def test_ensure_keys_makes_no_new_ones_in_place_of_lost_ones(folder, name):
    make(folder)
    folder.joinpath("production", name).unlink()

    with pytest.raises(KeysRefusedError, match=f"{name} cannot be read: No such file"):
        make(folder)


def test_ensure_keys_works_after_the_root_key_was_moved_to_a_safer_place(folder):
    ring = make(folder)
    folder.joinpath("production/root.pem").unlink()

    assert make(folder).certifier.keyid == ring.certifier.keyid


@pytest.mark.parametrize("name", ["certifier.pem", "trust-root-1.json"])
@pytest.mark.parametrize("data", [b"", b"rubbish"])
def test_ensure_keys_refuses_damaged_files(folder, name, data):
    make(folder)
    folder.joinpath("production", name).write_bytes(data)

    with pytest.raises(KeysRefusedError, match=name):
        make(folder)


def test_ensure_keys_refuses_a_certifier_the_trust_root_does_not_name(folder, tmp_path):
    make(folder)
    make(tmp_path / "other")
    tmp_path.joinpath("other/production/certifier.pem").replace(folder / "production/certifier.pem")

    with pytest.raises(KeysRefusedError, match="not an active certifier key"):
        make(folder)


def test_ensure_keys_refuses_keys_whose_time_is_over(folder):
    make(folder)

    with pytest.raises(KeysRefusedError, match="expired"):
        make(folder, now=NOW.replace(2040))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_to": NOW}, "may not sign now"),
        ({"valid_from": NOW + timedelta(hours=1)}, "may not sign now"),
        ({"public": bytes(32)}, "not an active certifier key"),
    ],
)
def test_ensure_keys_refuses_a_certifier_nobody_would_believe(folder, changes, words):
    root, ring = Signer(Ed25519PrivateKey.generate()), make(folder)
    times = {"valid_from": NOW - timedelta(days=1), "valid_to": NOW + timedelta(days=1)}
    entries = [
        KeyEntry(
            **{"public": getattr(ring, role).public, "role": role, **times}
            | (changes if role is Role.CERTIFIER else {})
        )
        for role in Role
    ]
    document = build_trust_root(
        root=root, keys=entries, environment=Environment.PRODUCTION, issued=NOW, expires=NOW + timedelta(days=9)
    )
    folder.joinpath("production/trust-root-1.json").write_bytes(document)

    with pytest.raises(KeysRefusedError, match=words):
        make(folder)


def test_key_ring_shows_no_key_in_logs(folder):
    private = folder / "production/certifier.pem"
    shown = repr(make(folder))

    assert "PRIVATE" not in shown
    assert private.read_text().splitlines()[1] not in shown


@pytest.mark.parametrize("name", ["root.pem", "certifier.pem", "trust-root-1.json"])
def test_ensure_keys_leaves_no_half_set_when_the_disk_is_full(folder, monkeypatch, name):
    def write(path, data):
        if path.name == name:
            path.write_bytes(data[:7])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_private(path, data)

    monkeypatch.setattr(subject, "write_private", write)
    with pytest.raises(KeysRefusedError, match=r"no keys can be made in .*: No space left on device"):
        make(folder)
    monkeypatch.undo()

    assert list(folder.iterdir()) == []
    assert make(folder).certifier


def test_ensure_keys_says_so_where_no_folder_can_be(tmp_path):
    tmp_path.joinpath("file").touch()

    with pytest.raises(KeysRefusedError, match="no keys can be made in"):
        make(tmp_path / "file" / "keys")


def test_write_private_never_overwrites(tmp_path):
    write_private(tmp_path / "key", b"first")

    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", b"second")

    assert tmp_path.joinpath("key").read_bytes() == b"first"
