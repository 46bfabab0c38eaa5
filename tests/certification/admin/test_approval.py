"""The whole way of an approval, as a reviewer walks it: a real package, really vetted, to a bundle that verifies."""

import base64
import json

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from certification.enums import ReviewState
from certification.keyring import trust_root_bytes
from certification.models import Review
from certification.verify.core import Request, verify
from governance.roles import Role
from plugins.enums import VersionState
from plugins.services import submit
from tests.factories import UserFactory
from tests.support.packages import upload_of

pytestmark = pytest.mark.django_db


def address(name, review):
    return reverse(f"admin:certification_review_{name}", args=[review.pk])


@pytest.fixture
def review(policy, samples, run_tasks):
    """The review that the vetting of a real submission opened."""
    call_command("advisories", "starter", verbosity=0)
    with run_tasks():
        submit(actor=UserFactory(), **upload_of(samples["invoice-hub-connector"]))
    return Review.objects.get()


def test_from_claim_to_a_certificate_that_verifies(client, review):
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.post(address("claim", review), follow=True)
    manual = [row.result.criterion for row in page.context["page"].criteria.open if row.answerable]
    for criterion in manual:
        client.post(
            address("answer", review),
            {"criterion": criterion.pk, "outcome": "met", "note": "The contract lies in the wiki."},
        )
    page = client.get(address("change", review))
    decision = {"outcome": "approve", "reason": "All of it was looked at.", "criteria": [manual[0].pk]}
    end = client.post(address("decide", review), decision, follow=True)

    assert not [row for row in page.context["page"].criteria.open if row.answerable]
    assert "Nothing stands against approval" in page.text
    assert "Decided: Approve." in end.text
    review = Review.objects.get()
    certificate = review.version.certificates.get()
    assert (review.state, review.version.state) == (ReviewState.DECIDED, VersionState.APPROVED)
    assert certificate.serial in end.text
    bundle = client.get(reverse("certification:bundle", args=[certificate.serial])).getvalue()
    outcome = verify(
        bundle=bundle,
        trust_root=trust_root_bytes(),
        request=Request(review.version.artifact.sha256, timezone.now()),
    )
    assert (outcome.valid, outcome.message) == (True, "")
    assert outcome.certificate.serial == certificate.serial


def test_a_certificate_states_each_engine_with_its_own_version(client, review):
    client.force_login(UserFactory(role=Role.REVIEWER))
    criterion = review.run.policy.criteria.first()
    client.post(address("claim", review))
    client.post(address("decide", review), {"outcome": "approve", "reason": "Seen.", "criteria": [criterion.pk]})

    envelope = json.loads(bytes(Review.objects.get().version.certificates.get().envelope))
    statement = json.loads(base64.b64decode(envelope["payload"]))

    versions = statement["predicate"]["verifier"]["version"]
    assert {"plugwarden", "kingfisher", "plugwarden archive reader"} <= set(versions)
    assert not [name for name, version in versions.items() if " + " in name or " " in version]
