"""The status list says what is true now, is signed anew when that changes, and is never an old one in disguise."""

import datetime as dt
import hashlib
import json

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from certification import keyring, status_documents, status_lists
from certification.attest.private_files import KeysRefusedError
from certification.certificates import issue, note_expired, reinstate, revoke, suspend
from certification.enums import CertificateState, ReasonClass
from certification.models import Certificate, StatusList, StatusListEntry
from certification.tasks import refresh_status_list
from certification.verify import status as documents
from certification.verify.canonical import canonical
from certification.verify.envelope import check_signatures, decode_base64, read_envelope
from certification.verify.names import STATUS_DELTA_PAYLOAD, STATUS_LIST_PAYLOAD
from certification.verify.status import check_list, read_list
from tests.factories import CertificateFactory, UserFactory
from tests.support.certified import certified
from tests.support.races import at_once
from tests.support.triggers import lifted

LIST = reverse("certification:status_list")


def read(content):
    """A list as the offline verifier reads it, proven by the portal's own trust root."""
    envelope = read_envelope(json.loads(content), payload_type=STATUS_LIST_PAYLOAD, what="it")
    found = read_list(envelope)
    check_list(found, envelope, keyring.keys().trust_root)
    return found


def fetched(client):
    return read(client.get(LIST).content)


def said(found):
    return {entry.serial: (entry.state, entry.reason, entry.sequence) for entry in found.entries}


@pytest.fixture
def actor(db):
    return UserFactory()


def test_a_list_is_there_before_anything_was_certified(client, db):
    found = fetched(client)

    assert (found.sequence, found.entries) == (1, ())
    assert found.next_update - found.this_update == status_lists.LIFETIME
    assert found.log.origin == keyring.keys().log_origin


def test_each_change_is_in_the_next_list_with_its_kind_and_without_its_words(client, actor):
    first, second = CertificateFactory(), CertificateFactory()
    start = fetched(client).sequence

    suspend(certificate=first, actor=actor, reason="Mallory was here.", reason_class=ReasonClass.MALWARE)
    suspended = fetched(client)
    revoke(certificate=second, actor=actor, reason="Mallory again.", reason_class=ReasonClass.KEY_COMPROMISE)
    revoked = fetched(client)
    reinstate(certificate=first, actor=actor, reason="Mallory it was not.")
    back = client.get(LIST).content

    assert said(suspended) == {first.serial: ("suspended", "malware", start + 1)}
    assert said(revoked) == {
        first.serial: ("suspended", "malware", start + 1),
        second.serial: ("revoked", "key_compromise", start + 2),
    }
    assert said(read(back)) == {second.serial: ("revoked", "key_compromise", start + 2)}
    assert b"Mallory" not in decode_base64(json.loads(back)["payload"], "it")


def test_a_change_makes_the_list_when_it_commits(client, actor, django_capture_on_commit_callbacks):
    certificate = CertificateFactory()
    fetched(client)

    with django_capture_on_commit_callbacks(execute=True):
        suspend(certificate=certificate, actor=actor, reason="Looked into.")

    assert StatusListEntry.objects.get().certificate == certificate


def test_many_changes_in_one_transaction_make_one_list(client, actor, django_capture_on_commit_callbacks):
    rows = CertificateFactory.create_batch(3)
    before = fetched(client).sequence

    with django_capture_on_commit_callbacks(execute=True):
        for row in rows:
            suspend(certificate=row, actor=actor, reason="Looked into.")

    assert fetched(client).sequence == before + 1
    assert StatusListEntry.objects.count() == 3


def test_a_change_whose_transaction_was_open_for_long_is_listed_when_it_commits(
    client, actor, django_capture_on_commit_callbacks
):
    certificate = CertificateFactory()
    begun = timezone.now()
    with time_machine.travel(begun + 2 * status_lists.OVERLAP, tick=False):
        before = fetched(client)
        with time_machine.travel(begun, tick=False), django_capture_on_commit_callbacks() as committed:
            suspend(certificate=certificate, actor=actor, reason="Looked into.")
        assert said(fetched(client)) == {}  # nobody could see it until now

        for call in committed:
            call()

        assert said(fetched(client)) == {certificate.serial: ("suspended", "unspecified", before.sequence + 1)}


def test_looking_again_makes_no_list_that_is_not_needed(client, actor):
    suspend(certificate=CertificateFactory(), actor=actor, reason="Looked into.")
    first = fetched(client)

    assert status_lists.refresh().sequence == status_lists.refresh().sequence == first.sequence


def test_what_runs_out_is_listed_by_whoever_reads_first(client, actor):
    soon = CertificateFactory(not_after=timezone.now() + dt.timedelta(minutes=30))
    before = fetched(client)

    with time_machine.travel(soon.not_after + dt.timedelta(seconds=1), tick=False):
        after = fetched(client)

        assert said(before) == {}
        assert said(after) == {soon.serial: ("expired", "expired", before.sequence + 1)}

        note_expired(certificate=soon)
        assert fetched(client) == after


def test_what_has_run_out_for_long_is_listed_no_more(client, db):
    certificate = CertificateFactory(state=CertificateState.REVOKED, not_after=timezone.now() + dt.timedelta(days=1))

    assert said(fetched(client)) != {}
    with time_machine.travel(certificate.not_after + status_documents.KEPT + dt.timedelta(seconds=1), tick=False):
        assert said(fetched(client)) == {}


def test_a_superseded_certificate_is_listed(policy, client):
    old = certified(policy)
    new = issue(version=old.version, run=old.run, decision=old.decision)

    assert {serial: entry[:2] for serial, entry in said(fetched(client)).items()} == {
        old.serial: ("superseded", "superseded")
    }
    assert new.serial != old.serial


def test_nothing_new_makes_no_new_list_until_it_is_getting_old(client, db):
    first = fetched(client)

    assert fetched(client) == first
    with time_machine.travel(timezone.now() + status_lists.REMAKE, tick=False):
        again = fetched(client)
        assert (again.sequence, again.entries) == (first.sequence + 1, first.entries)
        assert again.next_update == again.this_update + status_lists.LIFETIME


def test_a_clock_that_is_set_back_makes_no_list_older_than_the_last(client, actor):
    certificate = CertificateFactory()
    first = fetched(client)
    suspend(certificate=certificate, actor=actor, reason="Looked into.")

    with time_machine.travel(timezone.now() - dt.timedelta(minutes=2), tick=False):
        assert fetched(client).this_update >= first.this_update


def test_every_kind_of_reason_and_state_is_one_the_verifier_knows():
    assert set(ReasonClass.values) == set(documents.ReasonClass)
    assert {value for value in CertificateState.values if value != "active"} == set(documents.State)


# --- fetched again and again ---


def test_who_has_the_newest_list_is_told_so(client, db):
    tag = client.get(LIST)["ETag"]

    same = client.get(LIST, headers={"If-None-Match": tag})
    CertificateFactory(state=CertificateState.REVOKED, state_since=timezone.now())
    other = client.get(LIST, headers={"If-None-Match": tag})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
    assert (other.status_code, other["ETag"] == tag) == (200, False)
    assert "no-cache" in other["Cache-Control"]


def applied(base, content):
    """Apply a delta to a list's entries as a platform would; the digest must come out."""
    envelope = read_envelope(json.loads(content), payload_type=STATUS_DELTA_PAYLOAD, what="it")
    ring = keyring.keys()
    check_signatures(envelope, keys={ring.status.keyid: ring.status.public}, threshold=1, what="it")
    delta = json.loads(envelope.payload)
    assert delta["since"] == base["sequence"]
    entries = {entry["serial"]: entry for entry in base["entries"]}
    entries |= {entry["serial"]: entry for entry in delta["changed"]}
    entries = [entries[serial] for serial in sorted(entries) if serial not in delta["removed"]]
    assert delta["entriesDigest"] == hashlib.sha256(canonical(entries)).hexdigest()
    return entries


def document_of(content):
    return json.loads(decode_base64(json.loads(content)["payload"], "it"))


def test_a_delta_leads_from_any_list_to_the_newest(client, actor):
    first, second, third = CertificateFactory.create_batch(3)
    suspend(certificate=first, actor=actor, reason="Looked into.")
    bases = [document_of(client.get(LIST).content)]
    suspend(certificate=second, actor=actor, reason="Looked into.")
    bases.append(document_of(client.get(LIST).content))
    revoke(certificate=second, actor=actor, reason="It was true.")
    reinstate(certificate=first, actor=actor, reason="It was not.")
    suspend(certificate=third, actor=actor, reason="Looked into.")
    newest = document_of(client.get(LIST).content)

    for base in [*bases, newest]:
        answer = client.get(LIST, {"since": base["sequence"]})
        assert applied(base, answer.content) == newest["entries"]


@pytest.mark.parametrize("since", ["99", "0"])
def test_who_asks_since_an_unknown_list_gets_the_whole(client, db, since):
    assert read(client.get(LIST, {"since": since}).content).sequence == 1


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "٣", "1" * 16, " 1", "0x1"])
def test_who_asks_since_nonsense_is_told_so(client, db, since):
    answer = client.get(LIST, {"since": since})

    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_of_the_list_is_flat(client, actor, count, django_assert_num_queries):
    for row in CertificateFactory.create_batch(count):
        suspend(certificate=row, actor=actor, reason="Looked into.")
    fetched(client)
    Certificate.objects.update(state_since=timezone.now() - dt.timedelta(hours=1))

    with django_assert_num_queries(2):
        client.get(LIST)


# --- when it cannot be made ---


@pytest.fixture
def _no_keys(monkeypatch):
    def refuse():
        raise KeysRefusedError("the key is gone")

    monkeypatch.setattr(status_lists, "keys", refuse)


@pytest.mark.usefixtures("_no_keys")
def test_without_a_key_there_is_no_list_and_one_sentence(client, db, caplog):
    answer = client.get(LIST)

    assert answer.status_code == 503
    assert answer.text == (
        "This portal cannot make a status list at the moment. Its operator finds the reason in the log."
    )
    assert "no status list can be made: the key is gone" in caplog.text


def test_without_a_key_the_last_list_is_given_out_only_while_it_is_still_true(client, actor, request):
    certificate = CertificateFactory()
    first = fetched(client)
    request.getfixturevalue("_no_keys")

    with time_machine.travel(timezone.now() + status_lists.REMAKE, tick=False):
        assert fetched(client) == first

    suspend(certificate=certificate, actor=actor, reason="Looked into.")
    assert client.get(LIST).status_code == 503


@pytest.mark.usefixtures("_no_keys")
def test_without_a_key_a_certificate_is_suspended_all_the_same(actor, caplog, django_capture_on_commit_callbacks):
    certificate = CertificateFactory()

    with django_capture_on_commit_callbacks(execute=True):
        suspend(certificate=certificate, actor=actor, reason="Looked into.")

    certificate.refresh_from_db()
    assert certificate.state == CertificateState.SUSPENDED
    assert "no status list can be made" in caplog.text
    assert refresh_status_list() == "no status list can be made"


def test_a_list_whose_rows_were_changed_is_not_given_out(client, actor, caplog):
    certificate = CertificateFactory()
    suspend(certificate=certificate, actor=actor, reason="Looked into.")
    fetched(client)
    status_documents._list_bytes.cache_clear()
    Certificate.objects.update(state_since=timezone.now() - dt.timedelta(hours=1))
    with lifted():
        StatusListEntry.objects.update(reason_class="policy")

    answer = client.get(LIST)

    assert answer.status_code == 503
    assert "do not give what was signed" in caplog.text


@pytest.mark.parametrize("altered", ["since", "newest"])
def test_no_delta_is_signed_from_rows_that_were_changed(client, actor, caplog, altered):
    suspend(certificate=CertificateFactory(), actor=actor, reason="Looked into.")
    since = fetched(client).sequence
    suspend(certificate=CertificateFactory(), actor=actor, reason="Looked into.")
    newest = fetched(client).sequence
    assert client.get(LIST, {"since": since}).status_code == 200
    with lifted():
        if altered == "since":
            StatusList.objects.filter(sequence=since).update(log_size=1)
        else:
            StatusListEntry.objects.filter(list__sequence=newest).update(reason_class="policy")
    Certificate.objects.update(state_since=timezone.now() - dt.timedelta(hours=1))

    answer = client.get(LIST, {"since": since})

    assert answer.status_code == 503
    number = since if altered == "since" else newest
    assert f"the rows of status list {number} do not give what was signed" in caplog.text


def test_a_list_that_no_bundle_could_hold_is_refused(client, db, monkeypatch, caplog):
    monkeypatch.setattr(status_lists, "MOST_BYTES", 100)

    assert client.get(LIST).text == "The status list is larger than a bundle can hold."
    assert "a bundle can hold 100" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_list_at_once_make_one():
    CertificateFactory(state=CertificateState.REVOKED, state_since=timezone.now())

    made = at_once(*[lambda: status_lists.current(timezone.now()).sequence] * 4)

    assert set(made) == {1}
    assert StatusList.objects.count() == 1
