"""The admin's queue, start and review pages: what axe finds, and whether anything sticks out sideways."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.enums import ReviewState
from governance.roles import Role
from tests.browser.conftest import PHONE
from tests.browser.test_access import DESK, open_details, violations, wider_than_the_screen
from tests.factories import (
    FindingFactory,
    IssueFactory,
    IssueNoteFactory,
    ReviewFactory,
    UserFactory,
    WaiverFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = (PHONE, {"width": 1024, "height": 768}, DESK, {"width": 1600, "height": 900})
INSIDE = (
    "[...document.querySelectorAll('.pw-card')].filter(one => one.scrollWidth > one.clientWidth).map(one => one.id)"
)
LIST_FITS = "(one => one.scrollWidth <= one.clientWidth)(document.querySelector('#result_list').parentElement)"


@pytest.fixture
def desk():
    """A reviewer, and the addresses of the pages they work on."""
    user = UserFactory(role=Role.REVIEWER, first_name="Rita", last_name="Renner-Reviewer")
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    claimed = ReviewFactory(reviewer=user, due_on=yesterday, version__description="Z" * 300)
    ReviewFactory(state=ReviewState.SECOND_APPROVAL, version__plugin__name="node-red-contrib-stock-ticker")
    issue = IssueFactory(first_run=claimed.run, title="A shell is started " * 8)
    IssueNoteFactory(issue=issue, text="w" * 300, triage="false_alarm")
    waiver = WaiverFactory(issue=issue, reason="w" * 300)
    for severity in ("critical", "low"):
        path = "dist/" + "nodes-and-more/" * 6 + "x" * 200 + ".js"
        FindingFactory(run=claimed.run, severity=severity, path=path, issue=issue, snippet="y" * 300)
    return user, {
        "start": reverse("admin:index"),
        "queue": reverse("admin:certification_review_changelist"),
        "review": reverse("admin:certification_review_change", args=[claimed.pk]),
        "version": reverse("admin:plugins_pluginversion_change", args=[claimed.version_id]),
        "issue": reverse("admin:plugins_issue_change", args=[issue.pk]),
        "waiver": reverse("admin:plugins_waiver_change", args=[waiver.pk]),
        "propose": reverse("admin:plugins_issue_waive", args=[IssueFactory(found=True).pk]),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reviewers_pages_are_usable_by_everybody(open_page, desk, scheme):
    user, addresses = desk
    page = open_page(user, color_scheme=scheme, viewport=DESK)
    problems = {}

    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        problems[name] = violations(page)

    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_form_that_looks_names_up_is_usable_by_everybody(open_page, db, scheme):
    page = open_page(UserFactory(role=Role.LEAD_REVIEWER), color_scheme=scheme, viewport=DESK)

    page.goto(reverse("admin:plugins_ownerteam_add"))
    page.locator(".select2-search__field").wait_for()

    assert violations(page) == []


def test_the_reviewers_pages_fit_every_screen(open_page, desk):
    user, addresses = desk
    page = open_page(user)
    wide = []

    for screen in SCREENS:
        page.set_viewport_size(screen)
        for name, address in addresses.items():
            page.goto(address)
            open_details(page)
            inside = page.evaluate(INSIDE)
            wide += [(name, screen["width"], inside)] if inside or wider_than_the_screen(page) else []

    assert wide == []


def test_the_whole_queue_is_seen_without_scrolling_sideways(open_page, desk):
    user, addresses = desk
    page = open_page(user, viewport=DESK)

    page.goto(addresses["queue"])

    assert page.evaluate(LIST_FITS)


def test_the_sidebar_is_reached_and_scrolled_by_keyboard(open_page, desk):
    user, addresses = desk
    page = open_page(user, viewport={"width": 1280, "height": 600})
    page.goto(addresses["start"])
    last = page.locator("#nav-sidebar-apps a").last

    for _ in range(40):
        page.keyboard.press("Tab")
        if last.evaluate("one => one === document.activeElement"):
            break

    assert last.evaluate("one => one === document.activeElement")
    box, frame = last.bounding_box(), page.locator("#nav-sidebar-apps").bounding_box()
    assert box["y"] >= frame["y"]
    assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
