import hashlib

import pytest
from django.urls import reverse

from governance.models import PolicyVersion
from governance.policies import PolicyRules
from governance.services import load_baseline, store_policy
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_policy_page_shows_every_criterion_to_everybody(client):
    policy = load_baseline()

    page = client.get(reverse("policy")).content.decode()

    assert [code for code in policy.criteria.values_list("code", flat=True) if f'id="{code}"' not in page] == []


def test_policy_document_has_the_digest_certificates_name(client):
    policy = load_baseline()

    answer = client.get(reverse("policy-document", args=[policy.version]))

    assert hashlib.sha256(answer.content).hexdigest() == policy.digest


def test_draft_is_nobody_elses_business(client):
    load_baseline()
    draft = PolicyVersion.objects.get()
    rules = draft.rules | {"version": "2099.1"}
    store_policy(rules=PolicyRules.from_dict(rules))

    assert client.get(reverse("policy-version", args=["2099.1"])).status_code == 404


def test_policy_page_before_any_policy_is_a_plain_404(client):
    assert client.get(reverse("policy")).status_code == 404


def test_admin_login_is_the_portals_own(client):
    answer = client.get("/admin/login/?next=/admin/")

    assert answer.url == f"{reverse('login')}?next=/admin/"


def test_admin_login_tells_who_may_not_work_there(client):
    client.force_login(UserFactory())

    assert client.get("/admin/login/?next=/admin/").status_code == 403
