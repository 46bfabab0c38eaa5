"""The life of a detection rule: drafted, tested, on trial, in force, retired. What is in use goes out as plain data.

A rule is tested with the engines themselves, in the sandbox, whenever it is saved and before each step. None who had a
hand in a draft puts it in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.vocabulary import Capability, Severity
from plugins.detection import validation
from plugins.detection.rule import Kind, Rule, RuleSet
from plugins.enums import RuleState
from plugins.models import DetectionRule, MonitoredFinding
from plugins.models.detection import CONTENT
from plugins.sandbox import SandboxUnavailable
from plugins.services.storable import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.models import User
    from plugins.models import VettingRun
    from plugins.vetting import Report

BATCH = 1000


class RuleRefused(Exception):
    """A rule cannot be saved or moved; `messages` are plain sentences and nothing was changed."""

    def __init__(self, *messages: str) -> None:
        self.messages = messages
        super().__init__(" ".join(messages))


@dataclass(frozen=True, slots=True)
class Content:
    """What a revision says."""

    kind: str
    title: str
    body: str
    severity: str
    message: str
    remediation: str
    why: str
    hits: Sequence[str]
    misses: Sequence[str]
    languages: Sequence[str] = ()
    files: str = ""
    cwe: str = ""
    capability: str = ""

    def fields(self) -> dict[str, Any]:
        """As columns."""
        values = {name: getattr(self, name) for name in CONTENT}
        return {name: list(value) if isinstance(value, tuple | list) else value for name, value in values.items()}


def as_rule(row: DetectionRule) -> Rule:
    """The row as plain data. What is not as it was when it was sealed says so, and is not run."""
    rule = Rule(
        code=row.code,
        revision=row.revision,
        kind=Kind(row.kind),
        title=row.title,
        body=row.body,
        severity=Severity(row.severity),
        languages=tuple(row.languages),
        files=row.files,
        cwe=row.cwe,
        message=row.message,
        remediation=row.remediation,
        capability=Capability(row.capability) if row.capability else None,
        monitored=row.state != RuleState.ENFORCED,
    )
    altered = row.sealed is not None and row.sealed != rule.digest
    return Rule(**{**{name: getattr(rule, name) for name in Rule.__slots__}, "altered": True}) if altered else rule


def rules_in_use() -> RuleSet:
    """What every vetting run looks for now. One query."""
    return RuleSet(tuple(as_rule(row) for row in DetectionRule.objects.in_use()))


def draft_rule(*, code: str, content: Content, actor: User) -> DetectionRule:
    """Write the first revision of a rule, or the next one of a code that is known.

    Raises:
        RuleRefused: what is wrong with it, or that a draft of this code is there already.
    """
    revision = (DetectionRule.objects.filter(code=code).aggregate(last=Max("revision"))["last"] or 0) + 1
    row = DetectionRule(code=code, revision=revision, author=actor, written_by=[actor.pk], **storable(content.fields()))
    _demand_sound(row)
    row.tested_at = timezone.now()
    try:
        with transaction.atomic():
            row.save()
            ledger.record(
                verb="detection-rule.drafted", subject=row, actor=actor, details={"digest": as_rule(row).digest}
            )
    except IntegrityError as clash:
        raise RuleRefused(_("There is a draft of %(code)s already: change that one.") % {"code": code}) from clash
    return row


def change_draft(*, rule: DetectionRule, content: Content, actor: User) -> DetectionRule:
    """Change what a draft says. Raises RuleRefused: it is no draft, or what is wrong with it."""
    for name, value in storable(content.fields()).items():
        setattr(rule, name, value)
    _demand_sound(rule)
    with transaction.atomic():
        locked = DetectionRule.objects.select_for_update().get(pk=rule.pk)
        if locked.state != RuleState.DRAFT:
            raise RuleRefused(
                _("%(rule)s is %(state)s and never changes: write a new revision.")
                % {"rule": rule, "state": locked.get_state_display().lower()}
            )
        rule.written_by = sorted({*locked.written_by, actor.pk})
        rule.tested_at = timezone.now()
        rule.save(update_fields=[*CONTENT, "written_by", "tested_at"])
        ledger.record(
            verb="detection-rule.changed", subject=rule, actor=actor, details={"digest": as_rule(rule).digest}
        )
    return rule


def revise(*, rule: DetectionRule, actor: User) -> DetectionRule:
    """The next revision as a draft, to begin with saying the same. Raises RuleRefused: there is a draft already."""
    content = Content(**{name: getattr(rule, name) for name in CONTENT})
    return draft_rule(code=rule.code, content=content, actor=actor)


def test_rule(*, rule: DetectionRule) -> list[str]:
    """What is wrong with a rule today, with the engines of today; empty: nothing is. Raises RuleRefused: no sandbox."""
    try:
        return validation.problems(as_rule(rule), validation.Examples(tuple(rule.hits), tuple(rule.misses)))
    except SandboxUnavailable as missing:
        raise RuleRefused(_("The rule cannot be tested here: %(why)s") % {"why": missing}) from missing


def start_monitoring(*, rule: DetectionRule, actor: User) -> DetectionRule:
    """Put a draft on trial; a revision that was on trial before is retired. Raises RuleRefused."""
    _demand_sound(rule)
    with transaction.atomic():
        _succeed(rule, RuleState.MONITOR, actor)
        _move(rule, "start_monitoring", sealed=as_rule(rule).digest, monitored_at=timezone.now())
        _note("detection-rule.monitored", rule, actor)
    return rule


def enforce(*, rule: DetectionRule, actor: User) -> DetectionRule:
    """Put a rule on trial in force; the revision that was in force before is retired.

    Raises:
        RuleRefused: its tests fail today, the actor had a hand in it, or it was not on trial.
    """
    if rule.wrote(actor):
        raise RuleRefused(_("Whoever wrote a rule does not put it in force: somebody else has to look at it."))
    if as_rule(rule).altered:
        raise RuleRefused(_("The stored rule is not the one that was tested. Write a new revision."))
    _demand_sound(rule)
    with transaction.atomic():
        _succeed(rule, RuleState.ENFORCED, actor)
        _move(rule, "enforce", enforced_at=timezone.now(), enforced_by=actor)
        _note("detection-rule.enforced", rule, actor)
    return rule


@transaction.atomic
def retire(*, rule: DetectionRule, actor: User) -> DetectionRule:
    """Take a rule out of use for good. Raises RuleRefused: it is retired already."""
    _move(rule, "retire", retired_at=timezone.now())
    _note("detection-rule.retired", rule, actor)
    return rule


def store_monitored(*, run: VettingRun, report: Report) -> None:
    """Write what rules on trial found. Call it in the transaction that stores the report."""
    found = [(result, finding) for result in report.results for finding in result.monitored]
    if not found:
        return
    rows = {row.code: row for row in DetectionRule.objects.filter(pk__in=_watching(report))}
    MonitoredFinding.objects.bulk_create(
        (
            MonitoredFinding(
                run=run,
                rule=rows[finding.rule],
                path=storable(finding.path)[:1024],
                line=finding.line,
                snippet=storable(finding.snippet),
                fingerprint=finding.fingerprint,
            )
            for _result, finding in found
            if finding.rule in rows
        ),
        batch_size=BATCH,
    )


def _watching(report: Report) -> list[int]:
    """The revisions that were on trial in a run; by then one may have moved on."""
    listed = [row for result in report.results for row in _listed(result.evidence) if row.get("mode") == "monitored"]
    known = DetectionRule.objects.filter(code__in=[row["code"] for row in listed]).values_list("code", "revision", "pk")
    keys = {(row["code"], row["revision"]) for row in listed}
    return [pk for code, revision, pk in known if (code, revision) in keys]


def _listed(evidence: Any) -> list[dict[str, Any]]:
    rules = evidence.get("rules")
    return [row for row in rules if isinstance(row, dict)] if isinstance(rules, list) else []


def _demand_sound(rule: DetectionRule) -> None:
    if found := test_rule(rule=rule):
        raise RuleRefused(*found)


def _succeed(rule: DetectionRule, state: RuleState, actor: User) -> None:
    """Retire the revision whose place this one takes."""
    for before in DetectionRule.objects.select_for_update().filter(code=rule.code, state=state).exclude(pk=rule.pk):
        retire(rule=before, actor=actor)


def _move(rule: DetectionRule, name: str, **columns: Any) -> None:
    shown = rule.get_state_display().lower()
    try:
        getattr(rule, name)()
        for column, value in columns.items():
            setattr(rule, column, value)
        rule.save(update_fields=["state", *columns])
    except ConcurrentTransition as late:
        raise RuleRefused(_("Somebody else has just changed %(rule)s. Reload the page.") % {"rule": rule}) from late
    except TransitionNotAllowed as refusal:
        raise RuleRefused(_("A rule that is %(state)s cannot take this step.") % {"state": shown}) from refusal


def _note(verb: str, rule: DetectionRule, actor: User) -> None:
    ledger.record(verb=verb, subject=rule, actor=actor, details={"digest": as_rule(rule).digest})
