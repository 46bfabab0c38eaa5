"""Certify a version in which nothing relevant changed, without a human; or say which named condition is not met.

Somebody decided about the version before, under the same policy, and all that decision rests on is compared. So the
certificate cites that decision and carries its conditions; the portal acts by itself, and the ledger says so. Every
condition is shown on the review page with its answer, also where the policy lets no tier be certified like this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from certification import certificates
from certification.decisions import standing_against
from certification.enums import CertificateState, ReviewState
from certification.models import Certificate
from certification.reviews import close_review, lock
from governance import ledger
from governance.policies import PolicyRules
from governance.vocabulary import Severity, Tier
from plugins.enums import RunState, Trigger, VersionState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from certification.models import Review
    from plugins.models import Plugin

OWNERS_TRIGGERS = frozenset({Trigger.SUBMISSION, Trigger.RETRY})
CAPABILITY_KINDS = frozenset({"capability", "host", "secret"})
CONTENT_KINDS = frozenset({"install_hook", "native_file", "entry_point"})
DISPUTED = (
    VersionState.IN_REVIEW,
    VersionState.CHANGES_REQUESTED,
    VersionState.REJECTED,
    VersionState.QUARANTINED,
)
NAMED = 3
"""Things named in the answer to one condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an automatic certificate: what is asked, whether it is met, and what was found."""

    code: str
    title: str
    met: bool
    found: str


def conditions(review: Review) -> tuple[Condition, ...]:
    """Every condition with its answer; none where the plugin was never certified."""
    previous = _previous(review)
    return tuple(_conditions(review, previous)) if previous else ()


@transaction.atomic
def certify_automatically(*, review: Review) -> Certificate | None:
    """Certify the version of an open review if every condition is met; None where the review stays as it is."""
    lock(review)
    previous = _previous(review)
    if review.state != ReviewState.OPEN or previous is None or previous.decision is None:
        return None
    answers = tuple(_conditions(review, previous))
    if not all(condition.met for condition in answers):
        return None
    version = review.version
    try:
        certificate = certificates.issue(version=version, run=review.run, decision=previous.decision)
    except certificates.CertificateRefused:
        return None
    close_review(review=review, reason=f"certified automatically as {certificate.serial}")
    version.approve()
    version.save(update_fields=["state"])
    ledger.record(
        verb="version.certified-automatically",
        subject=version,
        details={
            "certificate": certificate.serial,
            "run": review.run_id,
            "previous_certificate": previous.serial,
            "previous_decision": previous.decision_id,
            "conditions": [condition.code for condition in answers],
        },
    )
    return certificate


def _previous(review: Review) -> Certificate | None:
    """The certificate the plugin's last certified run stands for."""
    run = review.version.plugin.certified_run_id
    if run is None:
        return None
    rows = Certificate.objects.filter(run_id=run).select_related("decision", "policy", "version")
    return rows.order_by("-issued_at", "-pk").first()


def _conditions(review: Review, previous: Certificate) -> Iterator[Condition]:
    run, plugin = review.run, review.version.plugin
    report: Mapping[str, Any] = run.report if isinstance(run.report, dict) else {}
    changes: Mapping[str, Any] = report.get("changes") or {}
    yield _tier_allows(review)
    yield Condition(
        "submission",
        _("An owner handed in a new version"),
        run.trigger in OWNERS_TRIGGERS and review.version_id != previous.version_id,
        run.get_trigger_display(),
    )
    state = previous.current_state
    yield Condition(
        "certificate",
        _("The certificate before is in force"),
        state == CertificateState.ACTIVE and previous.decision_id is not None,
        f"{previous.serial}: {state.label.lower()}",
    )
    yield Condition(
        "policy",
        _("The policy is the one it was given under"),
        run.policy_id is not None and run.policy_id == previous.policy_id,
        str(run.policy or ""),
    )
    yield Condition("verdict", _("Vetting passed"), run.state == RunState.PASSED, run.reason)
    yield from _compared(changes, previous)
    yield _no_new_findings(report, changes)
    yield Condition(
        "tier",
        _("The risk tier is not higher than before"),
        bool(run.tier) and Tier(run.tier).rank <= Tier(previous.tier).rank,
        _("%(old)s before, %(new)s now") % {"old": previous.tier, "new": run.tier or "-"},
    )
    missed = standing_against(run, ())
    yield Condition(
        "criteria",
        _("Every blocking criterion is met without a reviewer's answer"),
        not missed,
        _named([blocker.code for blocker in missed]),
    )
    yield _same_team(plugin, previous)
    yield _undisputed(review, previous)
    yield Condition(
        "hold",
        _("Nobody holds automatic certificates of the plugin"),
        not plugin.automation_held,
        plugin.automation_held,
    )


def _tier_allows(review: Review) -> Condition:
    run = review.run
    allowed = False
    if run.policy is not None and run.tier:
        rule = PolicyRules.from_dict(run.policy.rules, validate=False).tiers[Tier(run.tier)]
        allowed = rule.auto_certify and rule.approvals_needed == 1
    return Condition(
        "allowed",
        _("The policy lets this tier be certified automatically"),
        allowed,
        _("tier %(tier)s") % {"tier": run.tier or "-"},
    )


def _compared(changes: Mapping[str, Any], previous: Certificate) -> Iterator[Condition]:
    """Conditions about the differences; without a whole comparison with these very bytes, none of them is met."""
    before = changes.get("before") or {}
    whole = before.get("sha256") == previous.sha256 and changes.get("complete") is True
    why = _("compared with %(version)s") % {"version": before.get("version", "-")}
    yield Condition(
        "compared", _("Everything could be compared with it"), whole, " ".join(changes.get("gaps") or ()) or why
    )
    relevant = [change for change in changes.get("changes") or () if change["severity"] != Severity.INFO]
    advised = [change for change in changes.get("changes") or () if change["advisories"]]
    for code, title, found in (
        ("capabilities", _("No capability, host or secret is new"), _of(relevant, CAPABILITY_KINDS)),
        ("contents", _("No install hook, compiled file or entry point is new"), _of(relevant, CONTENT_KINDS)),
        (
            "dependencies",
            _("No dependency is new, and none has a new advisory"),
            _of(relevant, {"dependency"}) + [change for change in advised if change not in relevant],
        ),
        ("declaration", _("The declaration is the same"), _of(relevant, {"declaration"})),
        ("author", _("The author is the same"), _of(relevant, {"author"})),
        ("origin", _("A proven origin is proven again, and is the same"), _of(relevant, {"origin"})),
    ):
        yield Condition(code, title, whole and not found, _named([change["title"] for change in found]))


def _of(changes: list[Mapping[str, Any]], kinds: frozenset[str] | set[str]) -> list[Mapping[str, Any]]:
    return [change for change in changes if change["kind"] in kinds]


def _no_new_findings(report: Mapping[str, Any], changes: Mapping[str, Any]) -> Condition:
    new = set(changes.get("new_findings") or ())
    found = [
        finding["title"]
        for finding in report.get("findings") or ()
        if finding["fingerprint"] in new and Severity(finding["severity"]).at_least(Severity.MEDIUM)
    ]
    return Condition(
        "findings", _("No finding of medium severity or above is new"), bool(changes) and not found, _named(found)
    )


def _same_team(plugin: Plugin, previous: Certificate) -> Condition:
    """The team as history knows it at the time of the certificate; what history does not know is not the same."""
    then = plugin.history.filter(history_date__lte=previous.issued_at).order_by("-history_date", "-history_id").first()
    return Condition(
        "team",
        _("The plugin belongs to the same team"),
        then is not None and then.team_id == plugin.team_id,
        str(plugin.team),
    )


def _undisputed(review: Review, previous: Certificate) -> Condition:
    """A version somebody refused, or has not decided about, must not be gone around by the next one."""
    others = review.version.plugin.versions.filter(state__in=DISPUTED).exclude(pk=review.version_id)
    found = [row.version for row in others.filter(created_at__gt=previous.version.created_at).only("version")]
    return Condition(
        "undisputed",
        _("No version since then is refused or undecided"),
        not found,
        _named([str(name) for name in found]),
    )


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return _("%(names)s and %(more)s more") % {"names": shown, "more": len(names) - NAMED} if names[NAMED:] else shown
