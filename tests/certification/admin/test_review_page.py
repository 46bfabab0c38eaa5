import pytest
from django.urls import reverse

from certification.enums import DecisionOutcome, ReviewState
from certification.models import CriterionAnswer, Decision, Review
from governance.models import Criterion, LedgerEntry
from governance.roles import Role
from plugins.enums import VersionState
from tests.factories import (
    CriterionFactory,
    OwnerTeamFactory,
    PluginFactory,
    PluginVersionFactory,
    ReviewFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

MOVES = ("claim", "release", "take_over", "answer", "decide")


def address(name, review):
    return reverse(f"admin:certification_review_{name}", args=[review.pk])


@pytest.fixture
def reviewer(client):
    user = UserFactory(role=Role.REVIEWER)
    client.force_login(user)
    return user


@pytest.fixture
def claimed(reviewer):
    return ReviewFactory(reviewer=reviewer)


def test_the_page_shows_evidence_blockers_and_the_way_to_decide(client, claimed):
    page = client.get(address("change", claimed)).text

    for text in ("Vetting did not pass", "SEC-01", "Slack bot token", "process.spawn", "Record the decision"):
        assert text in page


@pytest.mark.parametrize("more", [0, 3])
def test_query_count_of_the_page_is_flat(client, claimed, more, django_assert_num_queries):
    CriterionFactory.create_batch(more, policy=claimed.run.policy)
    client.get(address("change", claimed))

    with django_assert_num_queries(36):
        client.get(address("change", claimed))


def test_what_is_not_met_comes_ticked(client, claimed):
    choices = client.get(address("change", claimed)).context["choices"]

    assert [(choice.criterion.code, choice.ticked) for choice in choices] == [
        ("SEC-01", True),
        ("VUL-04", True),
        ("PERM-03", False),
        ("SUP-02", False),
    ]


def test_claiming_gives_the_review_to_the_reviewer(client, reviewer):
    review = ReviewFactory()

    client.post(address("claim", review))

    review.refresh_from_db()
    assert (review.state, review.reviewer) == (ReviewState.CLAIMED, reviewer)


def test_giving_back_opens_it_again(client, claimed):
    client.post(address("release", claimed))

    claimed.refresh_from_db()
    assert (claimed.state, claimed.reviewer) == (ReviewState.OPEN, None)


def test_only_a_lead_takes_over(client, claimed):
    lead = UserFactory(role=Role.LEAD_REVIEWER)
    other = UserFactory(role=Role.REVIEWER)
    client.force_login(other)
    refused = client.post(address("take_over", claimed))
    client.force_login(lead)

    client.post(address("take_over", claimed))

    claimed.refresh_from_db()
    assert (refused.status_code, claimed.reviewer) == (403, lead)


def test_a_review_taken_by_somebody_else_says_who_has_it(client, reviewer):
    review = ReviewFactory(reviewer=UserFactory(first_name="Lena", last_name="Lead"))

    page = client.post(address("claim", review), follow=True).text

    assert "Lena Lead has claimed this review." in page


def test_a_plugin_of_ones_own_says_why_not_and_offers_nothing(client, reviewer):
    plugin = PluginFactory(team=OwnerTeamFactory(members=[reviewer]))
    review = ReviewFactory(version=PluginVersionFactory(plugin=plugin))

    page = client.get(address("change", review)).text
    client.post(address("claim", review))

    review.refresh_from_db()
    assert "nobody reviews their own" in page
    assert "/claim/" not in page
    assert review.state == ReviewState.OPEN


def test_rejecting_needs_reason_and_criteria_and_keeps_what_was_typed(client, claimed):
    response = client.post(address("decide", claimed), {"outcome": "reject", "conditions": "typed before"})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"criteria", "reason"}
    assert "typed before" in response.text
    assert not Decision.objects.exists()


def test_rejecting_ends_the_review_on_the_criteria_cited(client, claimed, reviewer):
    criterion = Criterion.objects.get(code="SEC-01")

    client.post(
        address("decide", claimed),
        {"outcome": "reject", "reason": "The token is public.", "criteria": [criterion.pk]},
    )

    decision = Decision.objects.get()
    review = Review.objects.get(pk=claimed.pk)
    assert (decision.outcome, decision.decided_by) == (DecisionOutcome.REJECT, reviewer)
    assert list(decision.criteria.all()) == [criterion]
    assert (review.state, review.version.state) == (ReviewState.DECIDED, VersionState.REJECTED)


def test_an_approval_that_is_blocked_names_the_blockers_and_changes_nothing(client, claimed):
    criterion = Criterion.objects.get(code="SEC-01")

    response = client.post(
        address("decide", claimed), {"outcome": "approve", "reason": "It is fine.", "criteria": [criterion.pk]}
    )

    claimed.refresh_from_db()
    assert response.status_code == 422
    assert "Approval is blocked by" in response.context["form"].non_field_errors()[0]
    assert (claimed.state, Decision.objects.count()) == (ReviewState.CLAIMED, 0)


def test_criteria_of_another_policy_are_no_choice(client, claimed):
    foreign = CriterionFactory(policy__state="draft", policy__version="other")

    response = client.post(address("decide", claimed), {"outcome": "reject", "reason": "No.", "criteria": [foreign.pk]})

    assert "criteria" in response.context["form"].errors


def test_answering_a_manual_criterion_counts_at_once(client, claimed):
    manual = Criterion.objects.get(code="PERM-03")

    page = client.post(
        address("answer", claimed), {"criterion": manual.pk, "outcome": "met", "note": "Seen in the docs."}, follow=True
    ).text

    assert CriterionAnswer.objects.get().note == "Seen in the docs."
    assert "Seen in the docs." in page
    assert LedgerEntry.objects.filter(verb="criterion.answered").count() == 1


def test_an_answered_criterion_is_folded_and_its_answer_can_be_changed(client, claimed):
    manual = Criterion.objects.get(code="PERM-03")
    before = client.get(address("change", claimed)).context["page"].criteria.open
    client.post(address("answer", claimed), {"criterion": manual.pk, "outcome": "met", "note": "Seen in the docs."})

    page = client.get(address("change", claimed))

    criteria = page.context["page"].criteria
    assert "PERM-03" in [row.result.criterion.code for row in before]
    assert "PERM-03" not in [row.result.criterion.code for row in criteria.open]
    assert "<summary>2 met</summary>" in page.text
    assert 'value="Seen in the docs."' in page.text


def test_a_criterion_checks_answer_is_not_for_reviewers(client, claimed):
    automatic = Criterion.objects.get(code="SEC-01")

    client.post(address("answer", claimed), {"criterion": automatic.pk, "outcome": "met", "note": "I say so."})

    assert not CriterionAnswer.objects.exists()


@pytest.mark.parametrize("move", MOVES)
def test_no_button_works_by_get(client, claimed, move):
    assert client.get(address(move, claimed)).status_code == 403


@pytest.mark.parametrize("move", MOVES)
def test_no_button_works_without_its_permission(client, move):
    review = ReviewFactory()
    client.force_login(UserFactory(role=Role.AUDITOR))

    response = client.post(address(move, review))

    review.refresh_from_db()
    assert (response.status_code, review.state) == (403, ReviewState.OPEN)


def test_an_auditor_reads_the_page_and_finds_no_button(client, reviewer):
    review = ReviewFactory()
    client.force_login(UserFactory(role=Role.AUDITOR))

    page = client.get(address("change", review)).text

    assert "Only reviewers may work on reviews." in page
    assert "<button" not in page.split('id="content"')[1].split("pw-nav")[0].split("desk-title")[1]
