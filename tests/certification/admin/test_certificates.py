import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.enums import CertificateState, ReasonClass
from governance.roles import Role
from tests.factories import CertificateFactory, UserFactory

pytestmark = pytest.mark.django_db


def move(name, *certificates):
    return f"{reverse(f'admin:certification_certificate_{name}')}?ids={','.join(str(row.pk) for row in certificates)}"


def test_a_certificate_that_ran_out_is_shown_as_expired_without_any_job(client):
    past = timezone.now() - dt.timedelta(days=2)
    certificate = CertificateFactory(not_before=past, not_after=past + dt.timedelta(days=1))
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    page = client.get(reverse("admin:certification_certificate_change", args=[certificate.pk]))

    assert ">Expired</span>" in page.text
    assert page.context["moves"] == []


def test_who_issued_it_is_named_without_a_link_to_a_closed_page(client):
    certificate = CertificateFactory(issued_by=UserFactory(role=Role.LEAD_REVIEWER, last_name="O'Neill"))
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.get(reverse("admin:certification_certificate_change", args=[certificate.pk])).text

    assert page.count("O&#x27;Neill") == 1
    assert reverse("admin:governance_user_change", args=[certificate.issued_by_id]) not in page


def test_suspending_asks_for_a_reason_first(client):
    certificate = CertificateFactory()
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    asked = client.get(move("suspend", certificate))
    refused = client.post(move("suspend", certificate), {"reason": "", "reason_class": ""})

    certificate.refresh_from_db()
    assert certificate.serial in asked.text
    assert set(refused.context["form"].errors) == {"reason", "reason_class"}
    assert certificate.state == CertificateState.ACTIVE


def test_the_action_moves_each_and_names_the_refused(client):
    good = CertificateFactory()
    gone = CertificateFactory(state=CertificateState.REVOKED)
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    chosen = {"action": "revoke", "_selected_action": [good.pk, gone.pk]}

    address = client.post(reverse("admin:certification_certificate_changelist"), chosen).url
    told = {"reason": "The key leaked.", "reason_class": "key_compromise"}
    page = client.post(address, told, follow=True).text

    good.refresh_from_db()
    assert (good.state, good.state_reason) == (CertificateState.REVOKED, "The key leaked.")
    assert good.reason_class == ReasonClass.KEY_COMPROMISE
    assert f"{gone.serial}: " in page


@pytest.mark.parametrize("name", ["suspend", "reinstate", "revoke"])
def test_moving_needs_its_permission(client, name):
    certificate = CertificateFactory()
    client.force_login(UserFactory(role=Role.REVIEWER))

    response = client.post(move(name, certificate), {"reason": "Because."})

    certificate.refresh_from_db()
    assert (response.status_code, certificate.state) == (403, CertificateState.ACTIVE)


@pytest.mark.parametrize("ids", ["", "abc", "99999999999999999999", "1;drop"])
def test_nonsense_in_the_address_is_not_found(client, ids):
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    assert client.get(reverse("admin:certification_certificate_revoke"), {"ids": ids}).status_code == 404


def test_the_signed_bytes_are_not_read_for_the_list(client, django_assert_num_queries):
    CertificateFactory()
    client.force_login(UserFactory(role=Role.AUDITOR))
    client.get(reverse("admin:certification_certificate_changelist"))

    with django_assert_num_queries(6) as queries:
        client.get(reverse("admin:certification_certificate_changelist"))

    assert not any('"certification_certificate"."envelope",' in query["sql"] for query in queries.captured_queries)
