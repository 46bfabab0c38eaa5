"""Detection rules and hunts in the admin: who may do what, what a page shows, and how many queries it takes."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from governance.roles import Role
from plugins.detection.samples import SAMPLES
from plugins.detection.validation import Examples, joined, problems
from plugins.enums import HuntState, RuleState
from plugins.models import DetectionRule, Hunt, HuntHit
from plugins.services import hunts
from plugins.services.detection import as_rule
from tests.factories import (
    DetectionRuleFactory,
    HuntFactory,
    HuntGapFactory,
    HuntHitFactory,
    MonitoredFindingFactory,
    PluginVersionFactory,
    UserFactory,
    VettingRunFactory,
)

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


def lead(client, role=Role.LEAD_REVIEWER):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def page(name, row):
    return reverse(f"admin:plugins_{name}", args=[row.pk])


def step(client, rule, name):
    client.post(reverse("admin:plugins_detectionrule_step", args=[rule.pk, name]))
    rule.refresh_from_db()
    return rule.state


def filled(sample=SAMPLES[2], **changes):
    return {
        "code": "no-pipe",
        "title": "It pipes what it downloads into a shell",
        "kind": sample.kind.value,
        "languages": list(sample.languages),
        "globs": sample.files,
        "body": sample.body,
        "hits": joined(sample.hits),
        "misses": joined(sample.misses),
        "severity": "high",
        "message": "Nobody knows what is run.",
        "remediation": "Ship what is needed.",
        "why": "Incident 12",
        **changes,
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind.value)
def test_each_example_in_the_form_is_a_sound_rule_and_can_be_stored(client, sample):
    lead(client)
    told = client.get(reverse("admin:plugins_detectionrule_add"))

    answer = client.post(reverse("admin:plugins_detectionrule_add"), filled(sample))

    rule = DetectionRule.objects.get()
    assert sample.about in told.content.decode().replace("&#x27;", "'")
    assert answer.url == page("detectionrule_change", rule)
    assert (tuple(rule.hits), tuple(rule.misses), rule.state) == (sample.hits, sample.misses, RuleState.DRAFT)
    assert problems(as_rule(rule), Examples(sample.hits, sample.misses)) == []


def test_a_rule_that_fails_its_tests_is_not_stored_and_the_form_says_why(client):
    lead(client)

    answer = client.post(reverse("admin:plugins_detectionrule_add"), filled(body="curl.*sh"))

    assert answer.status_code == 200
    assert "has no bounds and would match whole files" in answer.content.decode()
    assert "curl.*sh" in answer.content.decode()
    assert not DetectionRule.objects.exists()


def test_a_draft_is_changed_in_the_same_form_and_keeps_its_code(client):
    lead(client)
    client.post(reverse("admin:plugins_detectionrule_add"), filled())
    rule = DetectionRule.objects.get()
    address = page("detectionrule_edit", rule)
    assert client.get(address).context["form"].initial["hits"] == joined(rule.hits)

    client.post(address, filled(code="other", title="Better"))

    rule.refresh_from_db()
    assert (rule.code, rule.title) == ("no-pipe", "Better")


def test_a_known_code_gets_a_new_revision_and_no_second_rule(client):
    lead(client)
    first = DetectionRuleFactory.in_use(code="no-pipe")

    refused = client.post(reverse("admin:plugins_detectionrule_add"), filled())
    client.post(page("detectionrule_revise", first))

    assert "write a new revision on its page" in refused.content.decode()
    assert [(row.revision, row.state) for row in DetectionRule.objects.all()] == [(2, "draft"), (1, "enforced")]


def test_what_is_in_use_is_not_edited(client):
    lead(client)
    rule = DetectionRuleFactory.in_use()

    assert client.post(page("detectionrule_edit", rule), filled()).url == page("detectionrule_change", rule)
    assert DetectionRule.objects.get().title == rule.title


def test_a_rule_is_moved_on_its_page_and_not_put_in_force_by_who_wrote_it(client):
    author = lead(client)
    rule = DetectionRuleFactory(author=author)

    assert step(client, rule, "monitor") == "monitor"
    assert "Enforce" not in client.get(page("detectionrule_change", rule)).content.decode()
    assert step(client, rule, "enforce") == "monitor"
    lead(client)
    assert "Enforce" in client.get(page("detectionrule_change", rule)).content.decode()
    assert step(client, rule, "enforce") == "enforced"
    assert step(client, rule, "retire") == "retired"
    assert client.post(reverse("admin:plugins_detectionrule_step", args=[rule.pk, "dance"])).status_code == 404


def test_the_examples_are_run_by_a_click(client):
    lead(client)
    rule = DetectionRuleFactory()

    good = client.post(page("detectionrule_test", rule), follow=True).content.decode()
    DetectionRule.objects.update(body="other")
    bad = client.post(page("detectionrule_test", rule), follow=True).content.decode()

    assert "All 2 examples come out as they should." in good
    assert "does not hit the example" in bad


@pytest.mark.parametrize(
    ("role", "sees", "writes"),
    [
        (Role.REVIEWER, True, False),
        (Role.LEAD_REVIEWER, True, True),
        (Role.POLICY_MANAGER, True, True),
        (Role.AUDITOR, True, False),
        (Role.OWNER, False, False),
    ],
)
def test_who_may_see_and_who_may_write(client, role, sees, writes):
    lead(client, role)
    rule, hunt = DetectionRuleFactory(), HuntFactory()
    seen = [client.get(page("detectionrule_change", rule)), client.get(page("hunt_change", hunt))]
    addresses = [page(f"detectionrule_{name}", rule) for name in ("edit", "test", "revise", "hunt")]
    addresses += [page("hunt_cancel", hunt), page("hunt_revalidate", hunt), reverse("admin:plugins_detectionrule_add")]
    addresses += [reverse("admin:plugins_detectionrule_step", args=[rule.pk, name]) for name in ("monitor", "enforce")]

    assert [answer.status_code == 200 for answer in seen] == [sees, sees]
    refused = [client.post(address).status_code in {302, 403} for address in addresses]
    if not writes:
        assert all(refused)
        assert DetectionRule.objects.filter(state="draft").count() == 2
        assert Hunt.objects.get().state == HuntState.QUEUED


@pytest.mark.parametrize("name", ["test", "revise", "hunt"])
def test_what_changes_something_is_no_get(client, name):
    lead(client)

    assert client.get(page(f"detectionrule_{name}", DetectionRuleFactory())).status_code == 403


def test_the_list_shows_states_and_hits_on_trial_of_the_last_month(client):
    lead(client)
    watched = DetectionRuleFactory.in_use(RuleState.MONITOR)
    for _ in range(2):
        MonitoredFindingFactory(rule=watched)
    old = MonitoredFindingFactory.build(rule=watched, run=VettingRunFactory())
    with time_machine.travel(timezone.now() - dt.timedelta(days=31)):
        old.save()
    draft = DetectionRuleFactory()

    answer = client.get(reverse("admin:plugins_detectionrule_changelist"))

    rows = answer.content.decode()

    assert "Monitored" in rows
    assert "Draft" in rows
    assert {row.pk: row.recent_hits for row in answer.context["cl"].result_list} == {watched.pk: 2, draft.pk: 0}


def test_a_hunt_is_started_on_the_page_of_its_rule(client):
    user = lead(client)
    PluginVersionFactory()
    rule = DetectionRuleFactory.in_use()

    answer = client.post(page("detectionrule_hunt", rule), {"scope": "all"})

    hunt = Hunt.objects.get()
    assert answer.url == page("hunt_change", hunt)
    assert (hunt.rule, hunt.started_by, hunt.scope, hunt.total) == (rule, user, "all", 1)
    again = client.post(page("detectionrule_hunt", rule), {"scope": "all"}, follow=True)
    assert "being hunted already" in again.content.decode()


def test_progress_is_polled_until_the_hunt_has_ended(client):
    user = lead(client)
    hunt = HuntFactory(total=4, done=1)

    under_way = client.get(page("hunt_progress", hunt))
    hunts.cancel_hunt(hunt=hunt, actor=user)
    ended = client.get(page("hunt_progress", hunt))

    assert "1 of 4 versions looked at" in under_way.content.decode()
    assert "every 2s" in under_way.content.decode()
    assert (under_way.status_code, ended.status_code, ended["HX-Refresh"]) == (200, 286, "true")
    assert "every 2s" not in ended.content.decode()


def test_a_hunt_is_stopped_on_its_page(client):
    lead(client)
    hunt = HuntFactory()

    client.post(page("hunt_cancel", hunt))

    hunt.refresh_from_db()
    assert hunt.state == HuntState.CANCELLED


def test_empty_pages_say_so(client):
    lead(client)
    rule, hunt = DetectionRuleFactory(), HuntFactory(state=HuntState.DONE)

    of_rule = client.get(page("detectionrule_change", rule)).content.decode()
    of_hunt = client.get(page("hunt_change", hunt)).content.decode()

    assert "It was not on trial yet." in of_rule
    assert "It was not hunted for yet." in of_rule
    assert "Nothing was hit." in of_hunt


def test_what_could_not_be_read_keeps_the_page_from_saying_that_nothing_is_there(client):
    lead(client)
    hunt = HuntFactory(state=HuntState.DONE, errors=1)
    HuntGapFactory(hunt=hunt)

    text = client.get(page("hunt_change", hunt)).content.decode()

    assert "Nothing was hit where it could be looked at." in text
    assert "The stored file has been altered." in text


def test_text_of_packages_and_rules_is_escaped(client):
    lead(client)
    rule = DetectionRuleFactory(title=HOSTILE, body=HOSTILE, hits=[HOSTILE])
    hunt = HuntFactory(rule=rule, state=HuntState.DONE)
    HuntHitFactory(hunt=hunt, path=HOSTILE, excerpt=HOSTILE)
    HuntGapFactory(hunt=hunt, reason=HOSTILE)
    MonitoredFindingFactory(rule=rule, path=HOSTILE, snippet=HOSTILE)

    for address in (page("detectionrule_change", rule), page("hunt_change", hunt), page("detectionrule_edit", rule)):
        assert HOSTILE not in client.get(address).content.decode()


def test_a_certified_version_that_is_hit_is_marked_and_offered_for_revalidation(client):
    lead(client)
    rule = DetectionRuleFactory.in_use()
    hunt = HuntFactory(rule=rule, state=HuntState.DONE)
    HuntHitFactory(hunt=hunt, version__state="approved")

    text = client.get(page("hunt_change", hunt)).content.decode()
    DetectionRule.objects.update(state=RuleState.RETIRED)
    retired = client.get(page("hunt_change", hunt)).content.decode()

    assert "Have them vetted again" in text
    assert "Have them vetted again" not in retired
    assert "Put the rule in force first" in retired


def test_query_counts_do_not_grow_with_rows(client, django_assert_num_queries):
    user = lead(client)
    rule = DetectionRuleFactory.in_use(RuleState.MONITOR)
    hunt = HuntFactory(rule=rule, state=HuntState.DONE)

    def rows(number):
        for _ in range(number):
            version = PluginVersionFactory(state="approved")
            HuntHitFactory(hunt=hunt, version=version)
            HuntGapFactory(hunt=hunt, version=version)
            MonitoredFindingFactory(rule=rule)
            HuntFactory(rule=rule, state=HuntState.DONE, started_by=user)

    rows(1)
    client.get(page("hunt_change", hunt))  # content types are cached
    for _ in range(2):
        with django_assert_num_queries(10):
            client.get(page("detectionrule_change", rule))
        with django_assert_num_queries(11):
            client.get(page("hunt_change", hunt))
        with django_assert_num_queries(5):
            client.get(page("hunt_progress", hunt))
        rows(3)
    assert HuntHit.objects.count() == 7
