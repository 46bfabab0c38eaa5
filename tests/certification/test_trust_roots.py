"""What happens to keys stands in the ledger, once, whoever died in between."""

import shutil
from datetime import timedelta

import pytest
from django.core.checks import WARNING
from django.urls import reverse
from django.utils import timezone

from certification import key_report, keyring, trust_roots
from certification.attest import key_folder, rotation
from certification.attest.key_folder import generate, pem
from certification.attest.private_files import KeysRefusedError
from certification.attest.trust_root import LIFETIME
from certification.models import TrustRootVersion
from certification.system_checks import keys_last
from certification.verify.names import Role
from governance import ledger
from governance.ledger import signing
from governance.ledger.errors import NoSigner
from governance.ledger.verification import verify
from governance.models import LedgerEntry
from governance.roles import Role as People
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_dir(settings, tmp_path):
    """A key folder of the test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


def rotate(role=Role.CERTIFIER, **more):
    return trust_roots.rotate(role=role, lifetime=LIFETIME, **more)


def told():
    return [(entry.verb, entry.details.get("role"), entry.actor_id) for entry in LedgerEntry.objects.order_by("id")]


def test_the_first_keys_are_told_to_the_ledger_once():
    for _ in range(2):
        trust_roots.note()

    assert sorted(told()[:-1]) == [
        ("key.created", role, None) for role in ("certifier", "feed", "log", "root", "status")
    ]
    assert told()[-1] == ("trust_root.published", None, None)
    row = TrustRootVersion.objects.get()
    assert bytes(row.envelope) == keyring.trust_root_bytes()


def test_a_rotation_is_told_with_who_did_it_and_both_keys():
    trust_roots.note()
    old, somebody = keyring.keys().certifier.keyid, UserFactory()

    rotate(actor=somebody)

    rotated, created, published = LedgerEntry.objects.order_by("id")[6:]
    assert [entry.verb for entry in (rotated, created, published)] == [
        "key.rotated",
        "key.created",
        "trust_root.published",
    ]
    assert (rotated.details["keyid"], rotated.details["successor"]) == (old, keyring.keys().certifier.keyid)
    assert {entry.actor_id for entry in (rotated, created, published)} == {somebody.pk}
    assert published.details["signed_by"] == published.details["root_keys"]


def test_a_compromise_is_told_with_its_cut_off():
    trust_roots.note()
    size, old = LedgerEntry.objects.count(), keyring.keys().certifier.keyid
    ledger.sequence()

    trust_roots.compromise(keyid=old[:12], log_size=size)

    entry = LedgerEntry.objects.get(verb="key.compromised")
    assert entry.details["log_cutoff"] == size
    assert entry.details["successor"] == keyring.keys().certifier.keyid


def test_a_cut_off_lies_within_the_log():
    trust_roots.note()

    with pytest.raises(KeysRefusedError, match="the cut-off cannot lie above that"):
        trust_roots.compromise(keyid=keyring.keys().certifier.keyid, log_size=10_000)


def test_a_change_that_was_killed_before_the_ledger_is_told_at_the_next_look(monkeypatch):
    trust_roots.note()
    with monkeypatch.context() as dies:
        dies.setattr(trust_roots, "note", lambda **_more: None)
        rotate()
    assert "key.rotated" not in {verb for verb, *_ in told()}

    trust_roots.note()
    trust_roots.note()

    assert [verb for verb, *_ in told()].count("key.rotated") == 1


def test_a_key_folder_that_was_put_back_is_refused(keys_dir, tmp_path):
    trust_roots.note()
    shutil.copytree(keys_dir / "production", tmp_path / "backup")
    rotate()
    shutil.rmtree(keys_dir / "production")
    shutil.copytree(tmp_path / "backup", keys_dir / "production")

    with pytest.raises(KeysRefusedError, match="lacks trust root 2, which was in force"):
        trust_roots.note()


@pytest.mark.parametrize("gone", ["trust-root-1.json", "trust-root-*.json"])
def test_a_key_folder_that_lacks_a_trust_root_is_refused(keys_dir, gone):
    trust_roots.note()
    rotate()
    for path in (keys_dir / "production").glob(gone):
        path.unlink()

    with pytest.raises(KeysRefusedError):
        trust_roots.note()


def test_a_disk_that_fails_after_the_change_leaves_the_key_that_is_in_force(keys_dir, monkeypatch):
    trust_roots.note()
    done = []

    def failing(folder):
        done.append(folder)
        if len(done) == 2:  # the new private half is there by then, and so is the trust root
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(key_folder, "sync_folder", failing)
        with pytest.raises(KeysRefusedError, match="could not be changed"):
            rotate()

    assert keyring.keys().certifier.public


def test_the_ledger_makes_no_keys_where_they_are_gone(keys_dir):
    """New ones would be of another log, whose checkpoints say nothing of this one."""
    keyring.keys()
    shutil.rmtree(keys_dir)

    for asked in (keyring.log_signer, keyring.log_keys):
        with pytest.raises(NoSigner, match="There are no keys"):
            asked()
    assert not keys_dir.exists()


def test_a_key_service_that_is_away_leaves_the_ledger_without_signer(monkeypatch):
    def away(_key, _message):
        raise KeysRefusedError("the key service is away")

    keyring.keys()
    signer = keyring.log_signer()
    monkeypatch.setattr(type(signer.key), "sign", away)

    with pytest.raises(NoSigner, match="is away"):
        signer.sign(b"text")


def test_another_trust_root_of_a_known_version_is_refused(keys_dir):
    trust_roots.note()
    shutil.rmtree(keys_dir / "production")

    with pytest.raises(KeysRefusedError, match="is not the trust root 1 that was put in force"):
        trust_roots.note()


def test_the_demo_has_its_own_record(settings):
    trust_roots.note()
    settings.DEMO = True
    trust_roots.note()

    assert sorted(TrustRootVersion.objects.values_list("environment", "version")) == [("demo", 1), ("production", 1)]


def test_root_keys_change_hands_by_command_of_one(keys_dir):
    trust_roots.note()
    old = list(keyring.keys().trust_root.root_keys)

    trust_roots.rotate_root(add=[], remove=[], threshold=None)

    root = keyring.keys().trust_root
    assert list(root.former_root_keys) == old
    assert root.verifier_id.endswith(old[0][:16])
    assert {entry.verb for entry in LedgerEntry.objects.filter(details__role="root")} == {"key.created", "key.retired"}


def test_a_root_key_is_no_key_of_a_role():
    keyid = next(iter(keyring.keys().trust_root.root_keys))

    with pytest.raises(KeysRefusedError, match="keys rotate root --remove"):
        trust_roots.compromise(keyid=keyid, log_size=0)


def test_a_key_of_the_environment_takes_over(monkeypatch, keys_dir):
    trust_roots.note()
    new = generate()
    monkeypatch.setenv("PLUGWARDEN_KEY_STATUS_NEXT", pem(new).decode())

    change = rotate(Role.STATUS)

    assert change.written == ()
    assert keyring.keys().status.keyid == new.keyid


def test_the_ledger_is_signed_with_the_log_key_under_the_logs_name():
    keyring.keys()
    signer = signing.signer()

    assert (signer.name, signer.public) == (keyring.keys().log_origin, keyring.keys().log.public)
    assert signer.sign(b"text") == keyring.keys().log.sign(b"text")


def test_checkpoints_before_and_after_a_new_log_key_verify():
    trust_roots.note()
    before = ledger.make_checkpoint()
    rotate(Role.LOG)
    after = ledger.make_checkpoint()

    assert before.origin == after.origin
    assert signing.signer().name == after.origin
    assert verify().problems == ()


def test_checkpoints_of_a_compromised_log_key_verify_up_to_its_cut_off():
    trust_roots.note()
    old, before = keyring.keys().log.keyid, ledger.make_checkpoint()
    rotate(Role.LOG)
    ledger.make_checkpoint()

    trust_roots.compromise(keyid=old, log_size=before.size)
    assert verify().problems == ()

    trust_roots.compromise(keyid=old, log_size=before.size - 1)
    assert [each.row for each in verify().problems] == [str(before.pk)]


def test_the_ledger_says_why_it_cannot_be_signed(keys_dir):
    keyring.keys()
    keys_dir.joinpath("production/log.pem").chmod(0o644)

    with pytest.raises(ledger.LedgerError, match=r"log\.pem is open to others"):
        signing.signer()


def test_older_trust_roots_are_for_everybody(client):
    trust_roots.note()
    first = keyring.trust_root_bytes()
    rotate()

    found = client.get(reverse("certification:older_trust_root", args=[1]))

    assert found.content == first
    assert client.get(reverse("certification:trust_root")).content != first
    for missing in (3, 10**30):
        assert client.get(reverse("certification:older_trust_root", args=[missing])).status_code == 404


def test_what_ends_soon_is_said_eight_weeks_before():
    root = keyring.keys().trust_root
    end = root.expires

    assert not list(key_report.expiring(root, now=end - timedelta(weeks=9)))
    soon = list(key_report.expiring(root, now=end - timedelta(weeks=7)))
    assert len(soon) == 5
    assert soon[0].startswith("Trust root 1 expires on")
    assert "manage.py keys rotate log" in soon[2]


def test_report_says_what_to_do_about_a_lost_key(keys_dir):
    now = timezone.now()
    keyring.keys()
    keys_dir.joinpath("production/feed.pem").unlink()

    found = key_report.report(now=now)

    assert any("manage.py keys rotate feed" in line for line in found.advice)


def test_report_names_a_draft_that_waits(keys_dir, tmp_path):
    trust_roots.note()
    keys_dir.joinpath("production/root.pem").rename(tmp_path / "root.pem")
    change = rotate()

    assert change.draft == rotation.draft_path(trust_roots.key_folder(), 2)
    assert any("waits for signatures" in line for line in key_report.report(now=timezone.now()).advice)


def test_nothing_is_said_of_keys_that_were_never_made(keys_dir):
    assert keys_last() == []
    assert not keys_dir.exists()


def test_the_system_check_warns_of_what_ends_soon_and_of_what_cannot_be_used(keys_dir):
    trust_roots.rotate(role=Role.LOG, lifetime=timedelta(weeks=3))

    (warning,) = keys_last()
    assert (warning.id, warning.level) == ("certification.W001", WARNING)
    assert "manage.py keys rotate log" in warning.msg
    keys_dir.joinpath("production").chmod(0o755)
    assert "chmod 700" in keys_last()[0].msg


def test_the_admin_starts_with_a_warning_for_those_who_answer_for_keys(client):
    trust_roots.rotate(role=Role.LOG, lifetime=timedelta(weeks=3))

    for role, told in ((People.AUDITOR, True), (People.REVIEWER, False)):
        client.force_login(UserFactory(role=role))
        assert ("keys rotate log" in client.get(reverse("admin:index")).content.decode()) is told
