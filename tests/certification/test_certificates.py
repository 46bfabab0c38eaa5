import datetime as dt
import json
import shutil
import subprocess
import sys
from base64 import b64decode

import pytest
import time_machine
from django.conf import settings as django_settings
from django.utils import timezone

from certification import bundles, certificates, keyring, statements
from certification.attest.private_files import KeysRefusedError
from certification.certificates import CertificateRefused, issue, reinstate, revoke, suspend
from certification.decisions import DecisionRefused
from certification.enums import CertificateState
from certification.models import Certificate, Review
from governance.models import LedgerEntry
from plugins.enums import Standing
from plugins.models import PluginVersion, VettingRun
from tests.factories import ArtifactFactory, FileDecisionFactory, UserFactory, VersionFileFactory
from tests.support.certified import certified, under_review, verdict, vetted
from tests.support.environment import ROOT
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
CONTENT = b"the plugin as it was submitted"


@pytest.fixture
def certificate(policy):
    return certified(policy, version__artifact=ArtifactFactory.stored(CONTENT, filename="acme-1.0.0.tgz"))


@pytest.fixture
def actor():
    return UserFactory()


def reread(certificate):
    return Certificate.objects.get(pk=certificate.pk)


def verify(folder, certificate, artifact=CONTENT, *more):
    """The offline verifier, as somebody runs it who has no portal: its exit code and what it says."""
    files = {"bundle": bundles.bundle_of(certificate), "root": keyring.trust_root_bytes(), "artifact": artifact}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); import runpy;"
            " runpy.run_module('certification.verify', run_name='__main__')", str(ROOT)),
            *("--trust-root", str(folder / "root"), "--artifact", str(folder / "artifact"), "--json", *more),
            str(folder / "bundle"),
        ],
        cwd=folder, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)


# --- what is signed ---


def test_a_certificate_is_verified_offline(certificate, tmp_path):
    code, said = verify(tmp_path, certificate)

    assert (code, said["verdict"]) == (0, "valid"), said
    assert said["certificate"]["serial"] == certificate.serial


def test_another_file_is_not_what_was_certified(certificate, tmp_path):
    code, said = verify(tmp_path, certificate, CONTENT + b"!")

    assert (code, said["verdict"]) == (1, "not_valid")


def test_the_certificate_says_what_was_decided(policy):
    review = under_review(policy)
    verdict(review, conditions="Only in sales.\n\n Not on Fridays. ")
    certificate = Certificate.objects.get()
    rule = policy.rules["tiers"][certificate.tier]

    statement = json.loads(payload_of(certificate))["predicate"]

    assert certificate.sha256 == review.version.artifact.sha256
    assert (certificate.not_after - certificate.not_before).days == rule["validity_days"]
    assert certificate.revalidate_on == (timezone.now() + dt.timedelta(days=rule["revalidation_days"])).date()
    assert certificate.serial in json.dumps(statement)
    assert "Not on Fridays." in json.dumps(statement)
    assert certificate.policy.digest in json.dumps(statement)


def payload_of(certificate):
    return b64decode(json.loads(bytes(certificate.envelope))["payload"])


def test_serials_are_for_reading_out():
    serials = {statements.new_serial(dt.datetime(2026, 3, 1, tzinfo=dt.UTC)) for _ in range(200)}

    assert len(serials) == 200
    assert all(serial.startswith("PW-20260301-") and len(serial) == 20 for serial in serials)
    assert not set("ILOU") & set("".join(serial[12:] for serial in serials))


def test_what_did_not_pass_is_never_signed(policy):
    run = vetted(policy)
    run.report["verdict"] = "failed"

    with pytest.raises(CertificateRefused, match="Only a passed vetting run"):
        issue(version=run.version, run=run, decision=None)

    assert not Certificate.objects.exists()


def exchange_the_artifact(review):
    with lifted():
        PluginVersion.objects.filter(pk=review.version_id).update(artifact=ArtifactFactory())


def edit_the_report(review):
    with lifted():
        VettingRun.objects.filter(pk=review.run_id).update(report=review.run.report | {"egress": []})


def put_in_the_run_of_another(review):
    Review.objects.filter(pk=review.pk).update(run=vetted(review.run.policy))


@pytest.mark.parametrize(
    ("meddle", "words"),
    [
        (exchange_the_artifact, "about another artifact"),
        (put_in_the_run_of_another, "about another artifact"),
        (edit_the_report, "changed after the run"),
    ],
)
def test_what_was_not_vetted_like_this_is_never_signed(policy, meddle, words):
    review = under_review(policy)
    meddle(review)

    with pytest.raises(DecisionRefused, match=words):
        verdict(Review.objects.get(pk=review.pk))

    assert not Certificate.objects.exists()


def test_a_newer_certificate_takes_the_place_of_the_older(certificate):
    newer = issue(version=certificate.version, run=certificate.run, decision=certificate.decision)

    assert reread(certificate).state == CertificateState.SUPERSEDED
    assert newer.state == CertificateState.ACTIVE
    assert list(Certificate.objects.valid_at(timezone.now())) == [newer]
    assert newer.serial != certificate.serial


# --- keys ---


def test_outside_demo_mode_nothing_is_signed_with_the_demos_key(policy, settings):
    settings.DEMO = True
    demo = certified(policy)
    settings.DEMO = False
    real = certified(policy)

    assert (demo.demo, real.demo) == (True, False)
    assert demo.keyid != real.keyid


def test_the_demos_keys_put_in_place_of_the_real_ones_are_refused(policy, settings, tmp_path, caplog):
    settings.KEYS_DIR = tmp_path / "keys"
    settings.DEMO = True
    keyring.keys()
    shutil.copytree(settings.KEYS_DIR / "demo", settings.KEYS_DIR / "production", copy_function=shutil.copy2)
    settings.DEMO = False
    review = under_review(policy)

    with pytest.raises(DecisionRefused, match="signing keys cannot be used") as refused:
        verdict(review)

    assert isinstance(refused.value.__cause__.__cause__, KeysRefusedError)
    assert "holds keys of a demo installation" in caplog.text

    assert not Certificate.objects.exists()
    assert not LedgerEntry.objects.filter(verb__startswith="decision.").exists()


def test_keys_are_readable_to_nobody_else(certificate):
    for path in (django_settings.KEYS_DIR / "production").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


# --- what it is worth ---


def test_a_suspended_certificate_is_not_in_force_until_reinstated(certificate, actor):
    suspend(certificate=certificate, actor=actor, reason="Being looked into.")
    assert not Certificate.objects.valid_at(timezone.now()).exists()
    assert reread(certificate).version.plugin.standing == Standing.SUSPENDED

    reinstate(certificate=reread(certificate), actor=actor, reason="It was nothing.")

    assert list(Certificate.objects.valid_at(timezone.now())) == [certificate]
    assert reread(certificate).version.plugin.standing == Standing.CERTIFIED
    assert reread(certificate).state_reason == "It was nothing."


def test_nobody_ends_the_suspension_of_their_own(certificate, actor):
    """To suspend or revoke it is nobody's favour; to put it back in force is."""
    certificate.version.plugin.team.members.add(actor)
    suspend(certificate=certificate, actor=actor, reason="Something is wrong.")

    with pytest.raises(CertificateRefused, match="nobody reviews their own"):
        reinstate(certificate=certificate, actor=actor, reason="Fine again.")

    assert reread(certificate).state == CertificateState.SUSPENDED


@pytest.mark.parametrize("state", ["withdrawn", "quarantined", "rejected"])
def test_no_suspension_ends_while_the_version_is_set_aside(certificate, actor, state):
    suspend(certificate=certificate, actor=actor, reason="Something is wrong.")
    PluginVersion.objects.filter(pk=certificate.version_id).update(state=state)

    with pytest.raises(CertificateRefused, match=state):
        reinstate(certificate=reread(certificate), actor=actor, reason="Fine again.")

    assert reread(certificate).state == CertificateState.SUSPENDED


def test_no_suspension_ends_while_a_file_of_it_is_blocked(certificate, actor):
    suspend(certificate=certificate, actor=actor, reason="Something is wrong.")
    shipped = VersionFileFactory(version=certificate.version, path="lib/steal.js")
    FileDecisionFactory(sha256=shipped.sha256)

    with pytest.raises(CertificateRefused, match=r"blocked: lib/steal\.js"):
        reinstate(certificate=certificate, actor=actor, reason="Fine again.")

    assert reread(certificate).state == CertificateState.SUSPENDED


def test_a_revoked_certificate_is_so_for_good(certificate, actor):
    revoke(certificate=certificate, actor=actor, reason="It leaks.")

    assert not Certificate.objects.valid_at(timezone.now()).exists()
    assert reread(certificate).version.plugin.standing == Standing.REFUSED
    for move in (suspend, reinstate, revoke):
        with pytest.raises(CertificateRefused, match="is revoked"):
            move(certificate=reread(certificate), actor=actor, reason="Again.")
    entry = LedgerEntry.objects.get(verb="certificate.revoked")
    assert (entry.actor_id, entry.details) == (actor.pk, {"kind": "unspecified", "reason": "It leaks."})


@pytest.mark.parametrize("move", [suspend, reinstate, revoke])
@pytest.mark.parametrize("reason", ["", " \n"])
def test_every_change_needs_its_reason(certificate, actor, move, reason):
    with pytest.raises(CertificateRefused, match="Say why"):
        move(certificate=certificate, actor=actor, reason=reason)

    assert reread(certificate).state == CertificateState.ACTIVE


def test_the_signed_bytes_outlive_every_change(certificate, actor):
    before = bytes(certificate.envelope)

    suspend(certificate=certificate, actor=actor, reason="Hm.")
    revoke(certificate=certificate, actor=actor, reason="Yes.")

    assert bytes(reread(certificate).envelope) == before


def test_a_stale_page_does_not_change_a_certificate(certificate, actor):
    stale = reread(certificate)
    revoke(certificate=certificate, actor=actor, reason="It leaks.")

    with pytest.raises(CertificateRefused):
        suspend(certificate=stale, actor=actor, reason="Too late.")

    assert reread(certificate).state == CertificateState.REVOKED


# --- time ---


@pytest.fixture
def afterwards(certificate):
    """The moment the certificate runs out; no job has run."""
    with time_machine.travel(certificate.not_after, tick=False):
        yield


def test_what_ran_out_is_expired_when_it_is_read(certificate, afterwards, tmp_path):
    row = reread(certificate)

    assert (row.state, row.current_state) == (CertificateState.ACTIVE, CertificateState.EXPIRED)
    assert not Certificate.objects.valid_at(timezone.now()).exists()
    assert list(Certificate.objects.expired_at(timezone.now())) == [certificate]
    at = certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert verify(tmp_path, certificate, CONTENT, "--at", at)[0] == 1


def test_a_second_before_it_is_in_force(certificate):
    with time_machine.travel(certificate.not_after - dt.timedelta(seconds=1), tick=False):
        assert reread(certificate).current_state == CertificateState.ACTIVE
        assert Certificate.objects.valid_at(timezone.now()).exists()


def test_a_suspension_does_not_stop_the_clock(certificate, actor):
    suspend(certificate=certificate, actor=actor, reason="Hm.")

    with time_machine.travel(certificate.not_after, tick=False):
        assert reread(certificate).current_state == CertificateState.EXPIRED
        with pytest.raises(CertificateRefused, match="ran out while it was suspended"):
            reinstate(certificate=reread(certificate), actor=actor, reason="Too late.")


def test_expiry_is_written_down_once(certificate, afterwards):
    assert certificates.note_expired(certificate=certificate)
    assert not certificates.note_expired(certificate=certificate)

    row = reread(certificate)
    assert (row.state, row.version.plugin.standing) == (CertificateState.EXPIRED, Standing.LAPSED)
    assert LedgerEntry.objects.filter(verb="certificate.expired").count() == 1


def test_expiring_soon_means_in_force_now(certificate):
    days = (certificate.not_after - timezone.now()).days + 1

    assert Certificate.objects.expiring_within(timezone.now(), days).exists()
    assert not Certificate.objects.expiring_within(timezone.now(), days - 2).exists()
    assert not Certificate.objects.expiring_within(certificate.not_after, days).exists()
