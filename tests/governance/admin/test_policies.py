import json
from dataclasses import replace

import pytest
from django.urls import reverse

from governance.models import PolicyState, PolicyVersion
from governance.roles import Role
from governance.services import store_policy
from tests.factories import PolicyVersionFactory, UserFactory, small_policy

pytestmark = pytest.mark.django_db

ADD = "admin:governance_policyversion_add"


def document(**over):
    return json.dumps(small_policy().to_dict() | over)


def test_a_document_becomes_a_draft_with_its_criteria(client):
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))

    client.post(reverse(ADD), {"document": document(version="2027.1")})

    draft = PolicyVersion.objects.get(version="2027.1")
    assert draft.state == PolicyState.DRAFT
    assert draft.criteria.count() == len(small_policy().criteria)


def test_a_bad_document_names_its_problem_and_stores_nothing(client):
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))

    response = client.post(reverse(ADD), {"document": document(version="2027.1", tiers={})})

    assert "tiers" in response.context["form"].errors["document"][0]
    assert not PolicyVersion.objects.exists()


def test_publishing_retires_the_version_before(client):
    old = PolicyVersionFactory()
    draft = store_policy(rules=replace(small_policy(), version="2027.1"))
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))

    client.post(reverse("admin:governance_policyversion_publish", args=[draft.pk]))

    states = dict(PolicyVersion.objects.values_list("pk", "state"))
    assert states == {old.pk: PolicyState.RETIRED, draft.pk: PolicyState.PUBLISHED}


@pytest.mark.parametrize(("role", "method"), [(Role.REVIEWER, "post"), (Role.POLICY_MANAGER, "get")])
def test_publishing_needs_the_permission_and_a_post(client, role, method):
    draft = store_policy(rules=replace(small_policy(), version="2027.1"))
    client.force_login(UserFactory(role=role))

    response = getattr(client, method)(reverse("admin:governance_policyversion_publish", args=[draft.pk]))

    draft.refresh_from_db()
    assert (response.status_code, draft.state) == (403, PolicyState.DRAFT)


def test_a_published_version_cannot_be_edited(client):
    policy = PolicyVersionFactory()
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))

    response = client.post(reverse("admin:governance_policyversion_change", args=[policy.pk]), {"title": "Mine"})

    policy.refresh_from_db()
    assert (response.status_code, policy.title) == (403, small_policy().title)


def test_of_a_draft_only_the_dates_are_edited(client):
    policy = PolicyVersionFactory(state=PolicyState.DRAFT)
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))
    sent = {"title": "Mine", "summary": "Mine", "effective_on": "2027-01-01", "review_by": "2028-01-01"}

    client.post(reverse("admin:governance_policyversion_change", args=[policy.pk]), sent)

    found = PolicyVersion.objects.get(pk=policy.pk)
    assert (found.title, found.summary) == (policy.title, policy.summary)
    assert f"{found.effective_on} {found.review_by}" == "2027-01-01 2028-01-01"


@pytest.mark.parametrize("pk", ["0", "²", "_00", "9" * 30])
def test_publishing_what_is_not_there_is_not_found(client, pk):
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))

    assert client.post(f"/admin/governance/policyversion/{pk}/publish/").status_code == 404
