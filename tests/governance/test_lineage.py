import datetime as dt

import pytest
from django.db import transaction
from django.urls import reverse

from governance import ledger
from governance.lineage import Change, kind_of, lineage_of
from governance.roles import Role
from tests.factories import CertificateFactory, PluginFactory, ReviewFactory, UserFactory, VettingRunFactory

pytestmark = pytest.mark.django_db


def test_lineage_tells_old_and_new_values_by_their_names():
    review = ReviewFactory(due_on=dt.date(2026, 11, 3))
    reviewer = UserFactory(first_name="Rosa", last_name="Reviewer")
    review.claim()
    review.reviewer = reviewer
    review.save(update_fields=["state", "reviewer"])

    newest = lineage_of(review).entries[0]

    assert newest.changes == (Change("State", "Open", "Claimed"), Change("Reviewer", "", "Rosa Reviewer"))


def test_lineage_puts_ledger_and_history_in_one_order_newest_first():
    review, actor = ReviewFactory(), UserFactory()
    with transaction.atomic():
        ledger.record(verb="review.claimed", subject=review, actor=actor, details={"kept": True})

    entries = lineage_of(review).entries

    assert [(entry.kind, entry.verb or entry.what, entry.who) for entry in entries] == [
        ("event", "review.claimed", str(actor)),
        ("change", "Created", "The system"),
    ]
    assert entries[0].facts == (("Kept", "Yes"),)


def test_lineage_names_what_its_details_refer_to():
    review, member = ReviewFactory(), UserFactory(first_name="Ada", last_name="Adams")
    team = review.version.plugin.team
    with transaction.atomic():
        ledger.record(verb="review.opened", subject=review, details={"run": review.run_id, "kept": True})
        ledger.record(verb="review.taken-over", subject=review, details={"from": member.pk, "team": team.pk})
        ledger.record(verb="review.moved", subject=review, details={"from": "in_review", "team": 987654})

    moved, taken, opened = (entry.facts for entry in lineage_of(review).entries if entry.verb)

    assert opened == (("Kept", "Yes"), ("Vetting run", str(review.run)))  # as the ledger sorts them
    assert taken == (("Before", "Ada Adams"), ("Team", team.name))
    assert moved == (("Before", "in review"), ("Team", "#987654"))


def test_ledger_page_and_its_filters_speak_in_words(client):
    review = ReviewFactory()
    with transaction.atomic():
        ledger.record(verb="review.taken-over", subject=review)
        entry = ledger.record(verb="team.joined", details={"team": review.version.plugin.team_id})
    client.force_login(UserFactory(role=Role.AUDITOR))

    (verbs, kinds, _at) = client.get(reverse("admin:governance_ledgerentry_changelist")).context["cl"].filter_specs
    page = client.get(reverse("admin:governance_ledgerentry_change", args=[entry.pk])).content.decode()

    changelist = client.get(reverse("admin:governance_ledgerentry_changelist")).context["cl"]
    assert {"Review taken over", "Team joined"} <= {choice["display"] for choice in verbs.choices(changelist)}
    assert {"Review", "Nothing stored"} <= {choice["display"] for choice in kinds.choices(changelist)}
    assert f"Team: {review.version.plugin.team}" in page


def test_list_without_rows_says_where_they_come_from(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    address = reverse("admin:certification_certificate_changelist")

    empty = client.get(address).content.decode()
    searched = client.get(address, {"q": "nothing of the kind"}).content.decode()

    assert "A certificate is issued when a review ends with an approval." in empty
    assert "Nothing matches" in searched


def test_lineage_comes_in_pages():
    review = ReviewFactory()
    with transaction.atomic():
        for number in range(4):
            ledger.record(verb=f"review.move-{number}", subject=review)

    first, second = lineage_of(review, per_page=3), lineage_of(review, page=2, per_page=3)

    assert [entry.verb for entry in first.entries] == ["review.move-3", "review.move-2", "review.move-1"]
    assert [entry.verb for entry in second.entries] == ["review.move-0", ""]
    assert (first.has_next, second.has_next) == (True, False)


@pytest.mark.parametrize("changes", [1, 5])
def test_lineage_costs_the_same_for_any_number_of_changes(django_assert_num_queries, changes):
    review = ReviewFactory()
    for _ in range(changes):
        review.reviewer = UserFactory()
        review.save(update_fields=["reviewer"])

    with django_assert_num_queries(5):
        lineage_of(review)


def test_lineage_shows_digests_in_place_of_reports_and_signed_bytes():
    for subject in (VettingRunFactory(), CertificateFactory()):
        fields = {change.field.lower() for change in lineage_of(subject).entries[0].changes}

        assert fields.isdisjoint({"report", "bundle", "progress"})


def test_lineage_never_shows_a_password():
    user = UserFactory()
    user.set_unusable_password()
    user.save(update_fields=["password"])

    assert not any("assword" in change.field for entry in lineage_of(user).entries for change in entry.changes)


def test_lineage_page_is_for_those_who_may_see_the_object(client):
    review = ReviewFactory()
    address = reverse("admin:certification_review_history", args=[review.pk])
    client.force_login(UserFactory(is_staff=True))
    refused = client.get(address)
    client.force_login(UserFactory(role=Role.AUDITOR))

    assert (refused.status_code, client.get(address).status_code) == (403, 200)


def test_lineage_page_offers_no_way_back(client):
    review = ReviewFactory()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    page = client.get(reverse("admin:certification_review_history", args=[review.pk])).text

    assert "revert" not in page.lower()


def test_ledger_details_are_told_in_words_and_a_strangers_text_as_it_is():
    plugin = PluginFactory()
    details = {
        "from": "unvetted", "to": "in_review", "not_after": "2027-02-23T16:44:06+00:00", "certificate": "ab",
        "fields_changed": ["a", "b"], "name": "in_review",
    }  # fmt: skip
    with transaction.atomic():
        ledger.record(verb="plugin.standing-changed", subject=plugin, details=details)

    entry = lineage_of(plugin).entries[0]

    assert entry.words == "Plugin standing changed"
    assert dict(entry.facts) == {
        "Before": "unvetted", "After": "in review", "Valid until": "2027-02-23 16:44:06",
        "SHA-256 of the certificate": "ab", "Fields changed": "a, b", "Name": "in_review",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "told"), [("plugins.vettingrun", "Vetting run"), ("gone.model", "gone.model"), ("", "")]
)
def test_the_kind_of_a_ledger_rows_subject_is_told_in_words(stored, told):
    assert kind_of(stored) == told
