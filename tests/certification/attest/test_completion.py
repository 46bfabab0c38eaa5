"""A key folder of an earlier release gets what it lacks, if its root key is at hand."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.attest.dsse import Signer, sign_envelope
from certification.attest.key_folder import pem, read_pem
from certification.attest.keys import KeysRefusedError, ensure_keys
from certification.attest.private_files import write_private
from certification.verify.canonical import canonical, parse
from certification.verify.envelope import encode_base64
from certification.verify.names import TRUST_ROOT_PAYLOAD
from certification.verify.root import read_anchor

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """The key folder as the release before the log made it: root, certifier, one trust root without a log."""
    home = tmp_path / "keys/production"
    tmp_path.joinpath("keys").mkdir(mode=0o700)
    home.mkdir(mode=0o700)
    root, certifier = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())

    def public(signer):
        return {"keyid": signer.keyid, "algorithm": "ed25519", "public": encode_base64(signer.public)}

    times = {"validFrom": "2026-01-01T00:00:00Z", "validTo": "2031-01-01T00:00:00Z"}
    document = {
        "version": 1,
        "issued": "2026-01-01T00:00:00Z",
        "expires": "2031-01-01T00:00:00Z",
        "environment": "production",
        "verifierId": f"https://plugwarden.org/verifiers/production/{root.keyid[:16]}",
        "rootKeys": [public(root)],
        "threshold": 1,
        "keys": [{**public(certifier), **times, "role": "certifier", "status": "active"}],
    }
    write_private(home / "root.pem", pem(root))
    write_private(home / "certifier.pem", pem(certifier))
    write_private(
        home / "trust-root.json",
        sign_envelope(payload=canonical(document), payload_type=TRUST_ROOT_PAYLOAD, signer=root),
    )
    return tmp_path / "keys"


def make(folder, now=NOW):
    return ensure_keys(folder, demo=False, now=now)


def test_ensure_keys_completes_a_folder_of_before_the_log(folder):
    before = json.loads(folder.joinpath("production/trust-root.json").read_bytes())

    ring = make(folder)

    root = read_anchor(ring.trust_root_bytes, parse(ring.trust_root_bytes), at=NOW)
    assert (root.version, {key.role for key in root.keys.values()}) == (2, {"certifier", "log", "status", "feed"})
    assert list(root.root_keys) == [signature["keyid"] for signature in before["signatures"]]
    assert ring.verifier_id.endswith(f"/production/{next(iter(root.root_keys))[:16]}")
    assert ring.log_origin == f"plugwarden.org/logs/production/{next(iter(root.root_keys))[:16]}"
    assert make(folder, NOW + timedelta(days=1)).log.keyid == ring.log.keyid


def test_ensure_keys_keeps_the_certifier_of_a_folder_it_completes(folder):
    certifier = read_pem(folder / "production/certifier.pem")

    assert make(folder).certifier.keyid == certifier.keyid


def test_ensure_keys_completes_a_folder_once_for_all_who_start_at_once(folder):
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: make(folder), range(16)))

    assert len({(ring.log.keyid, ring.status.keyid, ring.feed.keyid) for ring in rings}) == 1
    assert len(list(folder.glob("production/*.pem"))) == 5
    assert not list(folder.glob("production/.*"))


def test_ensure_keys_asks_for_the_root_key_it_needs_to_complete_a_folder(folder):
    folder.joinpath("production/root.pem").unlink()

    with pytest.raises(
        KeysRefusedError, match=r"lacks keys \(log, status, feed\): put its root key, root.pem, back into that folder"
    ):
        make(folder)

    assert sorted(path.name for path in folder.joinpath("production").iterdir()) == ["certifier.pem", "trust-root.json"]


def test_ensure_keys_completes_no_folder_whose_trust_root_was_altered(folder):
    path = folder / "production/trust-root.json"
    path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"AAAA', 1))

    with pytest.raises(KeysRefusedError, match=r"trust-root\.json cannot be used"):
        make(folder)
