import pytest
from django.db import IntegrityError, transaction

from governance.models import LedgerEntry, PolicyState, PolicyVersion
from governance.policies import baseline
from governance.services import load_baseline, published_policy, published_rules, store_policy
from governance.services.policies import PolicyRefused, publish_policy
from tests.factories import PolicyVersionFactory, UserFactory
from tests.support.policies import in_force, variation

pytestmark = pytest.mark.django_db


def test_the_baseline_is_published_once():
    first = load_baseline()

    assert load_baseline() == first
    assert PolicyVersion.objects.count() == 1
    assert first.criteria.count() == len(baseline().criteria)
    assert (first.state, first.digest) == (PolicyState.PUBLISHED, baseline().digest)


def test_the_baseline_of_a_newer_release_waits_as_a_draft():
    old = in_force(variation("2026.1"))

    assert load_baseline() == load_baseline() == old
    new = PolicyVersion.objects.get(version=baseline().version)
    assert (new.state, new.digest, published_policy()) == (PolicyState.DRAFT, baseline().digest, old)


def test_the_rules_in_force_are_those_published():
    assert published_policy() is None
    assert published_rules().digest == baseline().digest

    in_force(variation("strict", blocking={"PRIV-05"}))

    assert published_rules().criterion("PRIV-05").blocking


def test_publishing_retires_the_version_before(policy):
    actor = UserFactory()

    fresh = publish_policy(policy=store_policy(rules=variation("2027.1"), actor=actor), actor=actor)

    policy.refresh_from_db()
    assert (policy.state, fresh.state) == (PolicyState.RETIRED, PolicyState.PUBLISHED)
    assert published_policy() == fresh
    verbs = list(LedgerEntry.objects.filter(actor_id=actor.pk).values_list("verb", flat=True))
    assert verbs == ["policy.stored", "policy.retired", "policy.published"]


def test_the_database_allows_one_published_version(policy):
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(version="2", title="Two", state=PolicyState.PUBLISHED, rules={}, digest="0" * 64)


@pytest.mark.parametrize("state", [PolicyState.PUBLISHED, PolicyState.RETIRED])
def test_what_was_published_is_not_published_again(state):
    row = PolicyVersionFactory(state=state, version="old", criteria=False)

    with pytest.raises(PolicyRefused, match=f"A version that is {row.get_state_display().lower()} cannot be published"):
        publish_policy(policy=row)


def test_of_two_who_publish_one_draft_the_second_is_refused(policy):
    draft = store_policy(rules=variation("2027.1"))
    seen_before = PolicyVersion.objects.get(pk=draft.pk)
    publish_policy(policy=draft)
    lines = LedgerEntry.objects.count()

    with pytest.raises(PolicyRefused, match="Somebody else has just changed"):
        publish_policy(policy=seen_before)

    assert published_policy() == draft
    assert LedgerEntry.objects.count() == lines
