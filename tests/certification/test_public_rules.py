"""Only what the policy in force names is public: on the list, in feeds, as badge and page."""

import copy

import pytest
from django.urls import reverse

from certification.enums import CertificateState
from governance.policies import PolicyInvalid, PolicyRules, PublicRules, baseline
from governance.services import published_public_rules, store_policy
from governance.services.policies import publish_policy
from governance.vocabulary import Tier
from tests.factories import CertificateFactory, OwnerTeamFactory, UserFactory

STATUS = reverse("certification:status")
FEED = reverse("certification:feed_json")


def publish(public):
    """Put a policy in force that says this of what is public; None: nothing."""
    document = copy.deepcopy(baseline().to_dict()) | {"version": "public"}
    if public is not None:
        document["public"] = public
    publish_policy(policy=store_policy(rules=PolicyRules.from_dict(document)))


def rows(client, query=""):
    return {row["certificate"] for row in client.get(STATUS + query).context["rows"]}


def certificate(format_="n8n-node", **fields):
    return CertificateFactory(version__plugin__format=format_, **fields)


def test_a_policy_that_says_nothing_shows_all_and_keeps_its_digest():
    document = baseline().to_dict()

    assert "public" not in document
    assert PolicyRules.from_dict(document).public == PublicRules() == baseline().public
    assert PolicyRules.from_dict(document | {"public": {"formats": ["*"]}}).digest == baseline().digest


def test_what_a_policy_keeps_back_survives_storage(db):
    given = {"tiers": ["low"], "formats": ["n8n-*"]}
    publish(given)

    assert published_public_rules() == PublicRules(frozenset({Tier.LOW}), ("n8n-*",))
    assert published_public_rules().to_dict() == given


@pytest.mark.parametrize(
    "given", [{"tiers": ["none"]}, {"formats": "n8n-node"}, {"formats": ["<script>"]}, {"all": True}]
)
def test_a_policy_that_says_it_otherwise_is_refused(given):
    with pytest.raises(PolicyInvalid, match="public"):
        PolicyRules.from_dict(baseline().to_dict() | {"public": given})


@pytest.mark.parametrize(
    ("public", "seen"),
    [
        (None, {"low n8n", "high n8n", "low python"}),
        ({"tiers": ["low"]}, {"low n8n", "low python"}),
        ({"formats": ["n8n-*"]}, {"low n8n", "high n8n"}),
        ({"tiers": ["low"], "formats": ["n8n-node"]}, {"low n8n"}),
        ({"tiers": []}, set()),
        ({"formats": []}, set()),
        ({"formats": ["nothing-of-ours"]}, set()),
    ],
)
def test_only_what_is_public_is_shown_anywhere(client, db, public, seen):
    known = {
        "low n8n": certificate(tier="low"),
        "high n8n": certificate(tier="high"),
        "low python": certificate("python-package", tier="low"),
    }
    publish(public)
    expected = {known[name] for name in seen}

    assert rows(client) == expected
    assert client.get(STATUS).context["posture"].total == len(seen)
    feed = client.get(FEED).json()["items"]
    assert {item["_plugwarden"]["serial"] for item in feed} == {one.serial for one in expected}
    atom = client.get(reverse("certification:feed_atom")).content.decode()
    for one in known.values():
        assert (one.serial in atom) == (one in expected)
        plugin = one.version.plugin
        for address in (
            reverse("certification:badge", args=[one.serial]),
            reverse("certification:plugin_badge", args=[plugin.format, plugin.name]),
        ):
            picture = client.get(address).content.decode()
            assert (plugin.name in picture) == (one in expected)
        page = client.get(reverse("certification:certificate", args=[one.serial]))
        assert page.status_code == (200 if one in expected else 404)


def test_what_is_not_public_is_not_told_from_what_is_not_there(client, db):
    one = certificate()
    publish({"tiers": []})

    addresses = [reverse("certification:badge", args=[serial]) for serial in (one.serial, "PW-NOBODY")]
    assert len({client.get(address).content for address in addresses}) == 1


def test_what_is_not_public_crowds_nothing_out_of_the_feed(client, db):
    shown, hidden = certificate(tier="low"), certificate(tier="high")
    for _ in range(60):
        hidden.save()
    publish({"tiers": ["low"]})

    assert [item["_plugwarden"]["serial"] for item in client.get(FEED).json()["items"]] == [shown.serial]


def test_what_ended_is_kept_back_too(client, db):
    certificate(state=CertificateState.REVOKED)
    publish({"tiers": ["high"]})

    assert rows(client, "?show=past") == set()


def test_staff_and_owners_see_what_is_not_public_and_that_it_is_not(client, db):
    owner = UserFactory()
    one = certificate(version__plugin__team=OwnerTeamFactory(members=[owner]))
    publish({"tiers": []})
    address = reverse("certification:certificate", args=[one.serial])
    seen = {}

    for name, user in (("staff", UserFactory(role="reviewer")), ("owner", owner), ("other", UserFactory())):
        client.force_login(user)
        response = client.get(address)
        seen[name] = (response.status_code, "Not public" in response.content.decode())

    assert seen == {"staff": (200, True), "owner": (200, True), "other": (404, False)}


def test_no_page_leads_to_a_newer_certificate_that_is_not_public(client, db):
    old = certificate(tier="low", state=CertificateState.REVOKED)
    new = certificate(tier="high", version__plugin=old.version.plugin)
    publish({"tiers": ["low"]})

    assert new.serial not in client.get(reverse("certification:certificate", args=[old.serial])).content.decode()
