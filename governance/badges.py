"""Small coloured labels for states and severities: the word always stands there, colour only helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models.choices import label
from governance.vocabulary import CheckStatus, Severity, Tier, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.safestring import SafeString

TONES: dict[str, str] = {
    # severities
    "info": "muted",
    "low": "info",
    "medium": "warn",
    "high": "bad",
    "critical": "worst",
    # tiers
    "moderate": "warn",
    # checks, runs, verdicts
    "passed": "good",
    "failed": "bad",
    "inconclusive": "warn",
    "errored": "warn",
    "not_applicable": "muted",
    "queued": "info",
    "running": "info",
    "cancelled": "muted",
    # criteria
    "met": "good",
    "not_met": "bad",
    "unanswered": "warn",
    # versions, plugins, reviews, decisions
    "submitted": "info",
    "vetting": "info",
    "in_review": "info",
    "changes_requested": "warn",
    "approved": "good",
    "rejected": "bad",
    "quarantined": "worst",
    "withdrawn": "muted",
    "certified": "good",
    "refused": "bad",
    "lapsed": "warn",
    "unvetted": "muted",
    "open": "info",
    "claimed": "info",
    "second_approval": "warn",
    "decided": "muted",
    "closed": "muted",
    "approve": "good",
    "request_changes": "warn",
    "reject": "bad",
    # certificates, revalidations, policies
    "active": "good",
    "suspended": "warn",
    "expired": "muted",
    "revoked": "worst",
    "compromised": "worst",
    "superseded": "muted",
    "renewed": "good",
    "sent_to_review": "warn",
    "draft": "info",
    "published": "good",
    "retired": "muted",
    # detection rules, hunts
    "monitor": "warn",
    "enforced": "good",
    "done": "good",
    # reports, audit findings
    "rendering": "info",
    "ready": "good",
    "observation": "muted",
    "minor": "warn",
    "major": "bad",
}
"""The tone of every stored value; what is not listed is muted."""

TIER_TONES: dict[str, str] = {"low": "good", "moderate": "warn", "high": "bad", "critical": "worst"}
"""A low tier is good news, unlike a low severity, which is still a finding."""


def tone(value: str) -> str:
    """The tone of a stored value."""
    return TONES.get(value, "muted")


def badge(text: object, shade: str = "muted") -> SafeString:
    """A label in one of the tones good, info, warn, bad, worst, muted."""
    return format_html('<span class="pw-badge pw-{}">{}</span>', shade, text)


def state_badge(value: str, text: object) -> SafeString:
    """A label for a stored value."""
    return badge(text, tone(value))


def tier_badge(tier: str, score: int | None = None) -> SafeString:
    """A tier, with the score beside it where there is one; a dash where there is none yet."""
    if tier not in set(Tier):
        return format_html('<span class="pw-none">{}</span>', _("Not scored"))
    text = label(Tier(tier)) if score is None else f"{label(Tier(tier))} · {score}"
    return badge(text, TIER_TONES[tier])


def severity_badge(severity: str) -> SafeString:
    """A severity."""
    return badge(label(Severity(severity)), tone(severity))


def severity_counts(counts: Mapping[str, int]) -> SafeString:
    """How many findings of each severity, worst first; only those there are."""
    present = [(severity, counts[severity]) for severity in reversed(Severity) if counts.get(severity)]
    if not present:
        return format_html('<span class="pw-none">{}</span>', _("None"))
    rows = ((tone(severity), _counted(severity, count), label(severity)[0], count) for severity, count in present)
    body = format_html_join(
        "", '<span class="pw-badge pw-{0}" title="{1}"><span aria-hidden="true">{2} {3}</span>'
        '<span class="pw-hidden">{1}</span></span>', rows,
    )  # fmt: skip
    return format_html('<span class="pw-counts">{}</span>', body)


def _counted(severity: Severity, count: int) -> str:
    return ngettext("%(count)d finding: %(severity)s", "%(count)d findings: %(severity)s", count) % {
        "count": count,
        "severity": label(severity),
    }


def word(value: str, kind: type[Severity | CheckStatus | Verdict | Tier]) -> str:
    """The translated word of a stored value, or the value itself where it is not known."""
    return label(kind(value)) if value in set(kind) else value
