"""A rule's life: tested at each step, four eyes before it counts, and nothing changes once it is in use."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from governance.models import LedgerEntry
from plugins.enums import RuleState
from plugins.models import DetectionRule, Finding, MonitoredFinding, VettingRun
from plugins.services import detection, runs
from plugins.services.detection import Content, RuleRefused
from tests.factories import ArtifactFactory, DetectionRuleFactory, UserFactory, VettingRunFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db

NOW = timezone.now()
CONTENT = Content(
    kind="regex",
    title="It names evil.example",
    body=r"evil\.example",
    severity="high",
    message="evil.example took part in an attack.",
    remediation="Take the address out.",
    why="Incident 7",
    hits=["fetch('https://evil.example')"],
    misses=["fetch('https://good.example')"],
)


def verbs(rule):
    return list(LedgerEntry.objects.about(rule).order_by("pk").values_list("verb", flat=True))


def drafted(author=None, **changes):
    return detection.draft_rule(code="no-evil", content=replace(CONTENT, **changes), actor=author or UserFactory())


def watched(author=None, **changes):
    rule = drafted(author, **changes)
    return detection.start_monitoring(rule=rule, actor=rule.author)


def enforced(author=None, **changes):
    return detection.enforce(rule=watched(author, **changes), actor=UserFactory())


def test_a_rule_goes_from_draft_to_trial_to_force_to_retirement():
    rule = enforced()
    detection.retire(rule=rule, actor=UserFactory())

    assert verbs(rule) == [f"detection-rule.{step}" for step in ("drafted", "monitored", "enforced", "retired")]
    assert [row.state for row in rule.history.order_by("history_id")] == ["draft", "monitor", "enforced", "retired"]
    assert rule.sealed == detection.as_rule(rule).digest


def test_a_draft_that_fails_its_examples_is_not_stored():
    with pytest.raises(RuleRefused, match="does not hit the example"):
        drafted(body="other")

    assert not DetectionRule.objects.exists()


def test_a_draft_is_changed_by_others_and_only_while_it_is_one():
    rule, editor = drafted(), UserFactory()

    detection.change_draft(rule=rule, content=replace(CONTENT, title="Better"), actor=editor)

    assert DetectionRule.objects.get().title == "Better"
    assert rule.written_by == sorted([rule.author_id, editor.pk])
    detection.start_monitoring(rule=rule, actor=editor)
    with pytest.raises(RuleRefused, match="never changes: write a new revision"):
        detection.change_draft(rule=rule, content=CONTENT, actor=editor)
    assert DetectionRule.objects.get().title == "Better"


def test_nobody_who_wrote_a_rule_puts_it_in_force_not_even_a_superuser():
    author, editor = UserFactory(is_superuser=True), UserFactory()
    rule = drafted(author)
    detection.change_draft(rule=rule, content=replace(CONTENT, title="Better"), actor=editor)
    detection.start_monitoring(rule=rule, actor=author)

    for user in (author, editor):
        with pytest.raises(RuleRefused, match="somebody else has to look"):
            detection.enforce(rule=rule, actor=user)

    assert detection.enforce(rule=rule, actor=UserFactory()).state == RuleState.ENFORCED


def test_a_draft_is_not_put_in_force_without_a_trial():
    with pytest.raises(RuleRefused, match="A rule that is draft cannot take this step"):
        detection.enforce(rule=drafted(), actor=UserFactory())


def test_a_rule_is_tested_again_before_it_counts(monkeypatch):
    rule = watched()
    monkeypatch.setattr(detection.validation, "problems", lambda *_given: ["The engine has changed its mind."])

    with pytest.raises(RuleRefused, match="changed its mind"):
        detection.enforce(rule=rule, actor=UserFactory())

    assert DetectionRule.objects.get().state == RuleState.MONITOR


def test_a_stored_rule_that_was_altered_is_not_put_in_force_and_not_run():
    rule = watched()
    DetectionRule.objects.filter(pk=rule.pk).update(body=r"nothing-at-all")
    rule.refresh_from_db()

    with pytest.raises(RuleRefused, match="not the one that was tested"):
        detection.enforce(rule=rule, actor=UserFactory())

    assert [known.altered for known in detection.rules_in_use().rules] == [True]


@pytest.mark.parametrize("column", ["code", "revision", "sealed", "monitored_at"])
def test_the_database_keeps_what_was_sealed(column):
    rule = watched()

    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        DetectionRule.objects.filter(pk=rule.pk).update(**{column: NOW if column.endswith("_at") else 7})


def test_a_new_revision_takes_the_place_of_the_one_before_step_by_step():
    first = enforced()
    second = detection.revise(rule=first, actor=UserFactory())
    states = [(row.revision, row.state) for row in DetectionRule.objects.order_by("revision")]
    assert states == [(1, "enforced"), (2, "draft")]

    detection.start_monitoring(rule=second, actor=second.author)
    assert {(rule.revision, rule.monitored) for rule in detection.rules_in_use().rules} == {(1, False), (2, True)}

    detection.enforce(rule=second, actor=UserFactory())
    states = [(row.revision, row.state) for row in DetectionRule.objects.order_by("revision")]
    assert states == [(1, "retired"), (2, "enforced")]


def test_there_is_one_draft_of_a_code():
    rule = drafted()

    with pytest.raises(RuleRefused, match="There is a draft of no-evil already"):
        detection.revise(rule=rule, actor=UserFactory())


def test_retired_is_for_good():
    rule = detection.retire(rule=drafted(), actor=UserFactory())

    for step in (detection.start_monitoring, detection.enforce, detection.retire):
        with pytest.raises(RuleRefused):
            step(rule=rule, actor=UserFactory())


def test_rules_in_use_are_one_query(django_assert_num_queries):
    for state in (RuleState.MONITOR, RuleState.ENFORCED):
        DetectionRuleFactory.in_use(state)
    DetectionRuleFactory()

    with django_assert_num_queries(1):
        rules = detection.rules_in_use().rules

    assert [rule.monitored for rule in rules] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enforce_at_once_one_is_told_to_reload():
    rule = watched()
    actors = [UserFactory(), UserFactory()]

    outcomes = at_once(
        *(lambda who=who: detection.enforce(rule=DetectionRule.objects.get(pk=rule.pk), actor=who) for who in actors)
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, RuleRefused)]
    assert len(refused) == 1
    assert verbs(rule).count("detection-rule.enforced") == 1


def test_a_run_keeps_what_rules_on_trial_found_apart_from_its_findings(policy, samples):
    built = samples["n8n-nodes-weather-desk"]
    artifact = ArtifactFactory.stored(built.path.read_bytes(), filename=built.filename)
    trial = DetectionRuleFactory.in_use(RuleState.MONITOR, body="weather")
    DetectionRuleFactory.in_use(body="Forecast", code="no-forecast")
    run = VettingRunFactory(queued=True, version__state="vetting", version__artifact=artifact, policy=policy)

    ended = runs.execute_run(run_id=run.pk)

    assert ended.checks.get(code="detection").status == "failed"
    assert set(Finding.objects.filter(run=ended, check_code="detection").values_list("rule", flat=True)) == {
        "no-forecast"
    }
    kept = MonitoredFinding.objects.filter(run=ended)
    assert {row.rule_id for row in kept} == {trial.pk}
    assert kept.count() == len(VettingRun.objects.get(pk=run.pk).report["monitored"]) > 0
