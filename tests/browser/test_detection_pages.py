"""Pages of detection rules and hunts: usable by everybody, on every screen, and a hunt's progress without reloading."""

import pytest
from django.urls import reverse

from governance.roles import Role
from plugins.detection.samples import SAMPLES
from plugins.enums import HuntState, RuleState
from plugins.models import Hunt
from plugins.services import hunts
from tests.browser.test_access import DESK, open_details, violations, wider_than_the_screen
from tests.browser.test_admin_access import INSIDE, LIST_FITS, SCREENS
from tests.factories import (
    DetectionRuleFactory,
    HuntFactory,
    HuntGapFactory,
    HuntHitFactory,
    MonitoredFindingFactory,
    UserFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "dist/" + "nodes-and-more/" * 6 + "x" * 200 + ".js"


@pytest.fixture
def desk():
    """A lead reviewer, and the addresses of the pages about rules."""
    user = UserFactory(role=Role.LEAD_REVIEWER)
    rule = DetectionRuleFactory.in_use(
        RuleState.MONITOR, body="evil" * 60, why="https://advisories.example/" + "a" * 200
    )
    MonitoredFindingFactory(rule=rule, path=LONG)
    hunt = HuntFactory(rule=rule, state=HuntState.DONE, total=3, done=3, hit_versions=1, errors=1)
    HuntHitFactory(hunt=hunt, path=LONG, excerpt="y" * 300, more=7, version__state="approved")
    HuntGapFactory(hunt=hunt, reason="z" * 300)
    return user, {
        "rules": reverse("admin:plugins_detectionrule_changelist"),
        "rule": reverse("admin:plugins_detectionrule_change", args=[rule.pk]),
        "form": reverse("admin:plugins_detectionrule_add"),
        "hunts": reverse("admin:plugins_hunt_changelist"),
        "hunt": reverse("admin:plugins_hunt_change", args=[hunt.pk]),
        "under way": reverse("admin:plugins_hunt_change", args=[HuntFactory(total=9, done=4).pk]),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_usable_by_everybody(open_page, desk, scheme):
    user, addresses = desk
    page = open_page(user, color_scheme=scheme, viewport=DESK)
    problems = {}

    for name, address in addresses.items():
        page.goto(address)
        page.locator("#content, .pw-page").first.wait_for()
        open_details(page)
        problems[name] = violations(page)

    assert {name: found for name, found in problems.items() if found} == {}


def test_the_pages_fit_every_screen(open_page, desk):
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


@pytest.mark.parametrize("name", ["rules", "hunts"])
def test_the_lists_fit_a_desk(open_page, desk, name):
    user, addresses = desk
    page = open_page(user, viewport=DESK)

    page.goto(addresses[name])

    assert page.evaluate(LIST_FITS)


def test_a_rule_is_written_with_its_example_tested_and_put_on_trial(open_page, desk):
    user, addresses = desk
    page, sample = open_page(user, viewport=DESK), SAMPLES[2]
    page.goto(addresses["form"])
    page.get_by_label("Code", exact=True).fill("no-pipe")
    page.get_by_label("Title", exact=True).fill("It pipes what it downloads into a shell")
    page.get_by_label("Kind", exact=True).select_option(sample.kind.value)
    page.get_by_label("Rule", exact=True).fill(sample.body + ".*")
    page.get_by_label("Must hit", exact=True).fill(sample.hits[0])
    page.get_by_label("Must not hit", exact=True).fill(sample.misses[0])
    for label in ("Message", "How to fix", "Why"):
        page.get_by_label(label, exact=True).fill("Incident 12")
    page.get_by_role("button", name="Test and store as draft").click()
    page.get_by_text("has no bounds and would match whole files").wait_for()

    page.get_by_label("Rule", exact=True).fill(sample.body)
    page.get_by_role("button", name="Test and store as draft").click()
    page.get_by_text("is stored as a draft; its tests passed").wait_for()
    page.get_by_role("button", name="Start monitoring").click()
    page.get_by_text("no-pipe, revision 1 is monitored.").wait_for()

    assert page.get_by_role("button", name="Enforce").count() == 0


def test_a_hunts_page_follows_it_to_its_end(open_page, desk):
    user, addresses = desk
    page = open_page(user, viewport=DESK)
    page.goto(addresses["under way"])
    page.get_by_text("4 of 9 versions looked at").wait_for()
    hunt = Hunt.objects.get(state=HuntState.QUEUED)

    Hunt.objects.filter(pk=hunt.pk).update(done=5)
    page.get_by_text("5 of 9 versions looked at").wait_for()
    hunt.refresh_from_db()
    hunts.cancel_hunt(hunt=hunt, actor=user)

    page.get_by_text("Stopped after 5 of 9 versions.", exact=True).wait_for()
    assert page.get_by_role("button", name="Stop").count() == 0
