"""Tokens, recalls and the public page, as people use them."""

import pytest
from django.urls import reverse

from certification.enums import CertificateState
from governance.models import ApiToken
from governance.roles import Role
from governance.services.tokens import authenticate
from governance.tokens import PATTERN, Scope
from tests.browser.conftest import PHONE
from tests.browser.test_access import DESK, violations, wider_than_the_screen
from tests.factories import AcknowledgementFactory, ApiTokenFactory, CertificateFactory, RecallFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lead():
    return UserFactory(role=Role.LEAD_REVIEWER)


def test_a_token_is_made_and_seen_once(open_page, lead):
    UserFactory(role=Role.PLATFORM, username="n8n", first_name="n8n", last_name="production")
    page = open_page(lead, viewport=DESK)
    page.goto(reverse("admin:governance_apitoken_changelist"))
    page.get_by_role("link", name="Make a token").click()
    page.get_by_label("Name").fill("n8n, production")
    page.get_by_label("Account").select_option(label="n8n production")
    page.get_by_role("button", name="Make a token").click()

    text = page.get_by_label("Token", exact=True).input_value()
    assert PATTERN.fullmatch(text)
    assert authenticate(f"Bearer {text}", Scope.ADMISSION_READ).user.username == "n8n"
    assert violations(page) == []
    page.get_by_role("link", name="It is copied").click()
    assert page.url.endswith(reverse("admin:governance_apitoken_change", args=[ApiToken.objects.get().pk]))
    assert text not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_tokens_and_recalls_are_usable_by_everybody(open_page, lead, scheme):
    token, given = ApiTokenFactory(), AcknowledgementFactory(recall=RecallFactory())
    page = open_page(lead, color_scheme=scheme, viewport=DESK)
    problems = {}

    for name, address in {
        "tokens": reverse("admin:governance_apitoken_changelist"),
        "token": reverse("admin:governance_apitoken_change", args=[token.pk]),
        "make": reverse("admin:governance_apitoken_make"),
        "revoke": reverse("admin:governance_apitoken_revoke", args=[token.pk]),
        "recalls": reverse("admin:certification_recall_changelist"),
        "recall": reverse("admin:certification_recall_change", args=[given.recall_id]),
        "dashboard": reverse("dashboard"),
        "recalls behind it": reverse("dashboard-list", args=["recalls"]),
    }.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        problems[name] = violations(page) + (["scrolls sideways"] if wider_than_the_screen(page) else [])

    assert {name: found for name, found in problems.items() if found} == {}


def test_the_public_page_is_searched_narrowed_and_drawn_on_a_phone(open_page, db):
    for tier in ("low", "low", "high"):
        CertificateFactory(tier=tier, version__plugin__format="n8n-node")
    other = CertificateFactory(tier="high", version__plugin__name="weather-desk", version__plugin__format="django-app")
    page = open_page(viewport=PHONE)
    page.goto(reverse("certification:status"))
    painted = """() => { const canvas = document.querySelector("canvas");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean); }"""
    assert page.evaluate(painted)
    assert not wider_than_the_screen(page)

    page.get_by_label("Risk tier", exact=True).select_option("high")
    page.get_by_label("Format", exact=True).select_option("django-app")
    page.get_by_role("button", name="Search").click()

    rows = page.get_by_role("group", name="Certificates").get_by_role("row")
    page.get_by_role("link", name="weather-desk").wait_for()
    assert rows.count() == 2  # with the head
    page.get_by_role("link", name="weather-desk").click()
    assert page.url.endswith(reverse("certification:certificate", args=[other.serial]))
    picture = page.get_by_role("img", name="Plugwarden: weather-desk")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    assert violations(page) == []
    assert not wider_than_the_screen(page)


@pytest.mark.parametrize("state", [CertificateState.ACTIVE, CertificateState.REVOKED])
def test_a_badge_is_shown_by_another_site(open_page, live_server, db, state):
    certificate = CertificateFactory(state=state)
    page = open_page()
    address = live_server.url + reverse("certification:badge", args=[certificate.serial])
    page.set_content(f'<img src="{address}" alt="badge">')

    page.wait_for_function("document.images[0].complete && document.images[0].naturalHeight === 20")
