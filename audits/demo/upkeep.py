"""What goes on around the demo's vettings: detection rules on trial and in force, a hunt, triage, waivers.

Each step asks first whether it has happened, so that an interrupted demo goes on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from audits.demo import people
from governance.vocabulary import Severity
from plugins.detection.rule import Kind
from plugins.enums import RuleState, Triage
from plugins.models import DetectionRule, Hunt, Issue, IssueNote, Waiver
from plugins.services.detection import Content, draft_rule, enforce, start_monitoring
from plugins.services.hunts import execute_batch, start_hunt
from plugins.services.issues import write_note
from plugins.services.waivers import decide, longest, propose

if TYPE_CHECKING:
    from plugins.models import PluginVersion

WATCHED, BANNED = "demo-adverts", "demo-taken-over"
WAIVED_DAYS = 30
RULES = {
    WATCHED: Content(
        kind=Kind.HOST,
        title="Reports to an advertising network",
        body="*.elsewhere.example\n",
        severity=Severity.MEDIUM,
        message="The plugin names a host of a network that sells what users do.",
        remediation="Leave the reports out, or declare the host and ask the users.",
        why="Demo: an owner team was told by its users. On trial, so it counts for nothing yet.",
        hits=["metrics.elsewhere.example"],
        misses=["elsewhere.example", "api.weather-desk.example"],
    ),
    BANNED: Content(
        kind=Kind.DEPENDENCY,
        title="A dependency that was taken over",
        body="npm:event-stream ==3.3.6\nnpm:flatmap-stream\n",
        severity=Severity.CRITICAL,
        message="This version was published by somebody who had taken the package over.",
        remediation="Move to a version from before or after, and change every credential it may have met.",
        why="Demo: the lesson of the event-stream attack of 2018.",
        hits=["npm:event-stream@3.3.6", "npm:flatmap-stream@0.1.1"],
        misses=["npm:event-stream@4.0.0"],
    ),
}


def rules() -> None:
    """One rule on trial, which the vettings then show apart, and one in force; who drafts is not who enforces."""
    for code, content in RULES.items():
        rule = DetectionRule.objects.filter(code=code).first()
        rule = rule or draft_rule(code=code, content=content, actor=people.user(people.LEAD))
        if rule.state == RuleState.DRAFT:
            start_monitoring(rule=rule, actor=people.user(people.LEAD))
        if code == BANNED and rule.state == RuleState.MONITOR:
            enforce(rule=rule, actor=people.user(people.POLICY))


def hunt() -> None:
    """Look for the rule on trial in everything that is stored, to the end."""
    rule = DetectionRule.objects.get(code=WATCHED)
    found = Hunt.objects.filter(rule=rule).first() or start_hunt(rule=rule, actor=people.user(people.LEAD))
    for batch in found.batches.order_by("number"):
        execute_batch(batch_id=batch.pk)


def triage(version: PluginVersion) -> None:
    """A reviewer confirms the gravest issue of a version, and asks its owner about another."""
    reviewer = people.user(people.REVIEWER)
    words = (
        (Triage.CONFIRMED, "Seen in the code: it is what the rule says, and text of users reaches it."),
        (Triage.NEEDS_OWNER, "Is this only for the tests? If so, leave it out of the package."),
    )
    for issue, (verdict, text) in zip(_issues(version, check="static"), words, strict=False):
        if not IssueNote.objects.filter(issue=issue).exists():
            write_note(issue=issue, author=reviewer, text=text, triage=verdict)


def waivers(version: PluginVersion) -> None:
    """One waiver that holds and one that waits for the second pair of eyes."""
    today = timezone.localdate()
    for index, issue in enumerate(_issues(version, check="dependencies")[:2]):
        waiver = Waiver.objects.filter(issue=issue).first() or propose(
            issue=issue,
            actor=people.user(people.REVIEWER),
            reason="The only YAML it loads is its own settings file; no text of a user reaches the loader.",
            measures="The platform mounts that file read-only." if not index else "",
            ends_on=today + timedelta(days=min(WAIVED_DAYS, longest(issue.findings.order_by("-pk").first())) - 1),
        )
        if not index and waiver.decided_by_id is None:
            decide(waiver=waiver, actor=people.user(people.LEAD), approve=True, words="Agreed until the next release.")


def _issues(version: PluginVersion, *, check: str) -> list[Issue]:
    """Issues of a version's newest run, the gravest first."""
    run = version.runs.latest("queued_at")
    found = run.findings.filter(check_code=check).exclude(issue=None).select_related("issue").order_by("pk")
    ordered = sorted(found, key=lambda one: -Severity(one.severity).rank)
    return list(dict.fromkeys(one.issue for one in ordered if one.issue is not None))
