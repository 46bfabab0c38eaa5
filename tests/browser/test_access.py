"""Every page outside the admin: no violation of WCAG 2.2 AA that axe can find, and no sideways scrolling on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from certification.enums import CertificateState, DecisionOutcome, ReviewState
from plugins.enums import RunState, VersionState
from tests.browser.conftest import PHONE
from tests.factories import (
    CertificateFactory,
    DecisionFactory,
    IssueFactory,
    IssueNoteFactory,
    OwnerTeamFactory,
    PluginFactory,
    PluginVersionFactory,
    ReviewFactory,
    UserFactory,
    VettingRunFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def world():
    """A user who may see everything, and an address of every page with something on it."""
    user = UserFactory(role="manager")
    team = OwnerTeamFactory(members=[user])
    long = "n8n-nodes-with-a-name-that-is-really-much-too-long-for-any-phone-there-is"
    running, broken, failed, asked, certified = (
        PluginVersionFactory(plugin=PluginFactory(team=team, name=name), state=state)
        for name, state in (
            ("running", VersionState.VETTING),
            ("<script>alert(1)</script>", VersionState.VETTING),
            (long, VersionState.IN_REVIEW),
            ("asked", VersionState.CHANGES_REQUESTED),
            ("certified", VersionState.APPROVED),
        )
    )
    VettingRunFactory(version=running, running=True)
    VettingRunFactory(version=broken, state=RunState.ERRORED, report=None, score=None, tier="", reason="Disk full")
    ReviewFactory(version=failed)
    DecisionFactory(
        review=ReviewFactory(version=asked, state=ReviewState.DECIDED),
        outcome=DecisionOutcome.REQUEST_CHANGES,
        criteria=list(VettingRunFactory(version=asked).policy.criteria.all()),
    )
    issue = IssueFactory(first_run=VettingRunFactory(version=failed), found=True)
    IssueNoteFactory(issue=issue, text="w" * 300)
    certificate = CertificateFactory(version=certified)
    revoked = CertificateFactory(version=failed, state=CertificateState.REVOKED)
    return user, {
        "home": reverse("home"),
        "password": reverse("password_change"),
        "portal": reverse("portal:index"),
        "submit": reverse("portal:submit"),
        "plugin": certified.plugin.get_absolute_url(),
        "running": running.get_absolute_url(),
        "broken": broken.get_absolute_url(),
        "failed": failed.get_absolute_url(),
        "asked": asked.get_absolute_url(),
        "certified": certified.get_absolute_url(),
        "issue": reverse("portal:issue", args=[issue.pk]),
        "waive": reverse("portal:waive", args=[issue.pk]),
        "withdraw": reverse("portal:withdraw", args=[failed.pk]),
        "status": reverse("certification:status"),
        "not in force": reverse("certification:status") + "?show=past",
        "certificate": reverse("certification:certificate", args=[certificate.serial]),
        "revoked": reverse("certification:certificate", args=[revoked.serial]),
        "dashboard": reverse("dashboard"),
        "dashboard list": reverse("dashboard-list", args=["criteria"]),
    }


def open_details(page):
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")


def violations(page):
    """What axe finds, in one line each."""
    open_details(page)
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]


def wider_than_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_usable_by_everybody(open_page, world, scheme):
    user, addresses = world
    page = open_page(user, color_scheme=scheme, viewport=DESK)
    problems = {}

    for name, address in addresses.items():
        page.goto(address)
        problems[name] = violations(page)

    assert {name: found for name, found in problems.items() if found} == {}


def test_pages_do_not_scroll_sideways_on_a_phone(open_page, world):
    user, addresses = world
    page = open_page(user, viewport=PHONE)
    wide = []

    for name, address in addresses.items():
        page.goto(address)
        open_details(page)
        wide += [name] if wider_than_the_screen(page) else []

    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_for_strangers_are_usable_by_everybody(open_page, db, scheme, settings):
    settings.DEMO = True
    page = open_page(color_scheme=scheme, viewport=PHONE)
    problems = {}

    for address in (reverse("home"), reverse("login"), reverse("certification:status")):
        page.goto(address)
        problems[address] = violations(page) + (["scrolls sideways"] if wider_than_the_screen(page) else [])

    assert {name: found for name, found in problems.items() if found} == {}
