"""Ledger pages: places in the tree, proofs and notes to take away, and the alarm above them all."""

import pytest
from django.urls import reverse

from governance import ledger
from governance.checks import ledger_may_be_signed
from governance.ledger import outside, signing
from governance.ledger.tlog.proofs import Proof
from governance.models import LedgerLeaf
from governance.roles import Role
from tests.factories import UserFactory
from tests.support.log_keys import LogKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    return client


@pytest.fixture
def checkpoint(monkeypatch):
    key = LogKey("example.com/log")
    monkeypatch.setattr(signing, "_providers", [lambda: key])
    ledger.record(verb="thing.done", subject_label="Weather")
    return ledger.make_checkpoint()


def test_the_tree_and_its_proofs_are_there(auditor, checkpoint):
    leaf = LedgerLeaf.objects.get(entry__verb="thing.done")

    listed = auditor.get(reverse("admin:governance_ledgerleaf_changelist"))
    page = auditor.get(reverse("admin:governance_ledgerleaf_change", args=[leaf.pk]))
    proof = auditor.get(reverse("admin:governance_ledgerleaf_proof", args=[leaf.pk]))

    assert b"thing.done Weather" in listed.content
    assert bytes(leaf.hash).hex().encode() in page.content
    assert Proof.parse(proof.content).holds(bytes(leaf.hash))
    assert proof.headers["Content-Disposition"] == f'attachment; filename="event-{leaf.pk}.tlog-proof"'


def test_a_checkpoint_shows_and_gives_its_note(auditor, checkpoint):
    page = auditor.get(reverse("admin:governance_ledgercheckpoint_change", args=[checkpoint.pk]))
    note = auditor.get(reverse("admin:governance_ledgercheckpoint_note", args=[checkpoint.pk]))

    assert b"example.com/log" in page.content
    assert note.content == checkpoint.note.encode()


def test_events_without_an_index_are_counted(auditor, checkpoint):
    ledger.record(verb="thing.done")

    assert b"wait for their index" in auditor.get(reverse("admin:governance_ledgercheckpoint_changelist")).content


def test_why_there_is_no_proof_is_a_sentence(auditor, monkeypatch):
    monkeypatch.setattr(signing, "_providers", [])
    ledger.record(verb="thing.done")
    ledger.sequence()

    page = auditor.get(reverse("admin:governance_ledgerleaf_proof", args=[0]), follow=True)

    assert b"No key is there to sign checkpoints with." in page.content
    assert auditor.get(reverse("admin:governance_ledgerleaf_proof", args=[99])).status_code == 404


def test_nobody_else_sees_them(client, checkpoint):
    client.force_login(UserFactory(role=Role.REVIEWER))

    for address in ("ledgerleaf_proof", "ledgercheckpoint_note"):
        assert client.get(reverse(f"admin:governance_{address}", args=[checkpoint.pk])).status_code == 403


def test_the_alarm_is_on_the_first_page_and_told_at_start(auditor, checkpoint):
    assert ledger_may_be_signed(databases=["default"]) == []
    outside.raise_alarm("The ledger has 3 events, fewer than the 5 that were signed.")

    for address in ("index", "governance_ledgerentry_changelist", "governance_ledgercheckpoint_changelist"):
        page = auditor.get(reverse(f"admin:{address}"))
        assert b"fewer than the 5 that were signed" in page.content
    assert [message.id for message in ledger_may_be_signed(databases=["default"])] == ["governance.E005"]
