"""Bundle, proof and signed results: put together from what is stored; one sentence where they cannot be."""

import hashlib
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from certification import bundles, keyring, status_lists
from certification.attest.private_files import KeysRefusedError
from certification.certificates import issue, reinstate, revoke, suspend
from certification.check_results import attest
from certification.enums import ReasonClass
from certification.models import Certificate, CheckAttestation
from certification.verify.checkpoints import check_inclusion, leaf_hash, read_proof
from certification.verify.core import Request, verify
from certification.verify.envelope import check_signatures, decode_base64, read_envelope
from certification.verify.log_entry import read_entry
from certification.verify.names import CHECK_RESULT, STATEMENT_PAYLOAD, Code
from certification.verify.notes import NoteKey, signers
from governance import ledger
from governance.ledger.errors import LogForked
from governance.models import LedgerEntry, LedgerLeaf
from governance.roles import Role
from governance.tokens import Scope, mint
from plugins.models import CheckRun
from tests.certification.test_public_rules import publish
from tests.factories import ApiTokenFactory, CertificateFactory, OwnerTeamFactory, UserFactory, VettingRunFactory
from tests.support.certified import certified

SENTENCE = "This portal cannot prove its certificates at the moment. Its operator finds the reason in the log."


@pytest.fixture
def certificate(policy):
    return certified(policy)


def get(client, name, certificate, **more):
    return client.get(reverse(f"certification:{name}", args=[certificate.serial]), **more)


def judged(client, certificate):
    """What the offline verifier says of the bundle as it is downloaded now."""
    return verify(
        bundle=get(client, "bundle", certificate).content,
        trust_root=keyring.trust_root_bytes(),
        request=Request(certificate.sha256, timezone.now(), certificate.version.purl),
    )


def test_the_same_certificate_is_judged_by_what_became_of_it(client, certificate):
    actor = UserFactory()
    first = judged(client, certificate)
    suspend(certificate=certificate, actor=actor, reason="Hm.", reason_class=ReasonClass.VULNERABILITY)
    suspended = judged(client, certificate)
    reinstate(certificate=certificate, actor=UserFactory(), reason="It was nothing.")
    again = judged(client, certificate)
    revoke(certificate=certificate, actor=actor, reason="It was.", reason_class=ReasonClass.MALWARE)
    revoked = judged(client, certificate)

    assert (first.valid, again.valid) == (True, True)
    assert (suspended.code, revoked.code) == (Code.SUSPENDED, Code.REVOKED)
    assert "(vulnerability)" in suspended.message
    assert "(malware)" in revoked.message


def test_the_stored_bytes_are_what_the_log_names(client, certificate):
    bundle = json.loads(get(client, "bundle", certificate).content)
    entry = LedgerEntry.objects.get(verb="certificate.issued")
    event = decode_base64(bundle["logEntry"], "it")
    leaf = LedgerLeaf.objects.get(entry=entry)

    assert hashlib.sha256(bytes(certificate.envelope)).hexdigest() == certificate.envelope_sha256
    assert read_entry(event).certificate == certificate.envelope_sha256
    assert (leaf.index, bytes(leaf.hash)) == (certificate.log_index, leaf_hash(event))


def test_the_proof_by_itself_leads_to_a_checkpoint_of_the_log(client, certificate):
    answer = get(client, "proof", certificate)
    proof, ring = read_proof(answer.content), keyring.keys()

    check_inclusion(ledger.entry_bytes(certificate.log_index), proof)
    assert signers(proof.checkpoint.note, [NoteKey(ring.log_origin, ring.log.public)], "it")
    assert answer["Content-Disposition"] == f'attachment; filename="{certificate.serial}.tlog-proof"'


def test_a_checkpoint_is_made_when_a_certificate_is_issued(policy, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        certificate = certified(policy)

    assert ledger.latest_checkpoint().size > certificate.log_index


def test_a_bundle_that_is_known_is_not_sent_again(client, certificate):
    tag = get(client, "bundle", certificate)["ETag"]

    same = get(client, "bundle", certificate, headers={"If-None-Match": tag})
    suspend(certificate=certificate, actor=UserFactory(), reason="Hm.")
    other = get(client, "bundle", certificate, headers={"If-None-Match": tag})

    assert (same.status_code, other.status_code) == (304, 200)


# --- where there is none ---


def test_without_a_proof_there_is_one_sentence(client, certificate, monkeypatch, caplog):
    def forked(_index):
        raise LogForked("The first 7 events are not those that were signed.")

    monkeypatch.setattr(ledger, "proof", forked)

    for name in ("bundle", "proof"):
        answer = get(client, name, certificate)
        assert (answer.status_code, answer.text) == (503, SENTENCE)
        assert answer["Cache-Control"] == "no-store"
    assert "The first 7 events are not those that were signed." in caplog.text


def test_without_a_status_list_there_is_no_bundle(client, certificate, monkeypatch):
    def refuse():
        raise KeysRefusedError("the key is gone")

    monkeypatch.setattr(status_lists, "keys", refuse)

    answer = get(client, "bundle", certificate)

    assert answer.status_code == 503
    assert answer.text.startswith("This portal cannot make a status list at the moment.")


def test_a_certificate_of_before_the_log_has_no_bundle_and_says_why(client, db):
    old = CertificateFactory(log_index=None)

    for name in ("bundle", "proof"):
        answer = get(client, name, old)
        assert answer.status_code == 404
        assert answer.text == (
            f"{old.serial} was issued before this portal kept a log, so nothing can prove it. Have the plugin renewed."
        )
    with pytest.raises(bundles.NotLogged):
        bundles.bundle_of(old)


# --- who may have them ---


def test_what_the_policy_keeps_back_is_for_staff_and_owners_alone(client, certificate):
    publish({"tiers": []})
    owner = UserFactory()
    team = certificate.version.plugin.team
    team.group.user_set.add(owner)

    def statuses():
        return [get(client, name, certificate).status_code for name in ("bundle", "proof")]

    stranger = statuses()
    client.force_login(UserFactory(role=Role.AUDITOR))
    staff = statuses()
    kept = get(client, "bundle", certificate)["Cache-Control"]
    client.force_login(OwnerTeamFactory().group.user_set.first() or UserFactory())
    other = statuses()
    client.force_login(owner)

    assert (stranger, staff, other, statuses()) == ([404, 404], [200, 200], [404, 404], [200, 200])
    assert kept == "private, no-store"


def test_a_platform_proves_what_it_may_run_with_its_token(client, certificate):
    publish({"tiers": []})
    ApiTokenFactory(text=(reading := mint()), scopes=[Scope.ADMISSION_READ])
    ApiTokenFactory(text=(other := mint()), scopes=[Scope.ADMISSION_ACKNOWLEDGE])
    ApiTokenFactory(text=(revoked := mint()), scopes=[Scope.ADMISSION_READ], revoked_at=timezone.now())

    def statuses(token):
        headers = {"Authorization": f"Bearer {token}"}
        addresses = [reverse(f"certification:{name}", args=[certificate.serial]) for name in ("bundle", "proof")]
        return [client.get(address, headers=headers).status_code for address in addresses]

    assert statuses(reading) == [200, 200]
    assert statuses(other) == statuses(revoked) == statuses("nonsense") == [404, 404]


# --- the signed results of checks ---


def test_every_check_of_the_run_is_listed_with_bytes_everybody_can_fetch(client, certificate):
    statement = json.loads(decode_base64(json.loads(bytes(certificate.envelope))["payload"], "it"))
    inputs, ring = statement["predicate"]["inputAttestations"], keyring.keys()
    runs = {row.code: row for row in CheckRun.objects.filter(run=certificate.run)}

    assert {each["name"] for each in inputs} == set(runs)
    for each in inputs:
        answer = client.get(each["uri"].removeprefix("http://127.0.0.1:8000"))
        assert hashlib.sha256(answer.content).hexdigest() == each["digest"]["sha256"]
        envelope = read_envelope(json.loads(answer.content), payload_type=STATEMENT_PAYLOAD, what="it")
        check_signatures(envelope, keys={ring.certifier.keyid: ring.certifier.public}, threshold=1, what="it")
        said = json.loads(envelope.payload)
        assert (said["predicateType"], said["subject"][0]["digest"]["sha256"]) == (CHECK_RESULT, certificate.sha256)
        run = runs[said["predicate"]["check"]["code"]]
        assert (said["predicate"]["result"], said["predicate"]["examined"]) == (run.status, run.examined)
        assert said["predicate"]["report"]["digest"]["sha256"] == certificate.run.report_sha256
        assert said["predicate"]["check"]["version"]


def test_a_check_is_signed_once_however_often_its_run_is_certified(certificate):

    before = set(CheckAttestation.objects.values_list("sha256", flat=True))
    issue(version=certificate.version, run=certificate.run, decision=certificate.decision)

    assert set(CheckAttestation.objects.values_list("sha256", flat=True)) == before
    assert Certificate.objects.count() == 2


def test_an_unknown_attestation_is_not_found(client, db):
    assert client.get(reverse("certification:attestation", args=["0" * 64])).status_code == 404


def test_the_page_of_a_certificate_leads_to_the_results_it_rests_on(client, certificate):
    page = get(client, "certificate", certificate).text

    for result in CheckAttestation.objects.all():
        assert reverse("certification:attestation", args=[result.sha256]) in page


def test_two_runs_that_say_the_same_share_their_signed_results(certificate):
    """They do where both end in one second, which must not keep the second from being certified."""
    run, ring = certificate.run, keyring.keys()
    again = VettingRunFactory(version=run.version, policy=run.policy, queued=True)
    again.report, again.report_sha256, again.finished_at = run.report, run.report_sha256, run.finished_at

    assert attest(run=again, ring=ring) == attest(run=run, ring=ring)
