"""The parts of a dossier that come from a run's stored report (`plugwarden.vetting/v1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from audits.reports.documents import (
    AdvisoryLine,
    Band,
    CheckLine,
    DependencyLine,
    Factor,
    Feed,
    FindingLine,
    Risk,
    UseLine,
)
from governance.models.choices import label
from governance.policies import PolicyRules
from governance.vocabulary import Capability, CheckStatus, Severity, Tier
from plugins.rule_sets import rule_set_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.models import PolicyVersion

PLACES = 8
"""Places named for one capability or host; their number is always given."""

Report = dict[str, Any]


def risk_of(report: Report, policy: PolicyVersion | None) -> Risk:
    """The score with its factors, biggest first, and the tiers of the policy it was judged by."""
    risk = report["risk"]
    factors = [
        Factor(code=row["code"], points=row["points"], cap=row.get("cap", 0), reason=row["reason"])
        for row in risk["factors"]
    ]
    return Risk(
        score=risk["score"],
        tier=risk["tier"],
        tier_label=label(Tier(risk["tier"])),
        floor=risk.get("floor") or "",
        counterfactual=risk.get("counterfactual") or "",
        factors=tuple(sorted(factors, key=lambda factor: -factor.points)),
        bands=_bands(policy),
    )


def _bands(policy: PolicyVersion | None) -> tuple[Band, ...]:
    if policy is None:
        return ()
    tiers = PolicyRules.from_dict(policy.rules, validate=False).tiers
    rows = (Band(tier=tier.value, label=label(tier), start=rule.min_score) for tier, rule in tiers.items())
    return tuple(sorted(rows, key=lambda band: band.start))


def checks_of(report: Report) -> tuple[CheckLine, ...]:
    """Every check in the order of the run."""
    return tuple(
        CheckLine(
            code=row["code"],
            status=row["status"],
            status_label=label(CheckStatus(row["status"])),
            engine=row["engine"],
            engine_version=row["engine_version"],
            examined=row["examined"],
            findings=row["findings"],
            duration_ms=row["duration_ms"],
            reason=row["reason"],
            rule_set=rule_set_of(row.get("evidence")),
        )
        for row in report["checks"]
    )


def findings_of(report: Report) -> tuple[FindingLine, ...]:
    """Every finding, worst first, then by place."""
    lines = (
        FindingLine(
            severity=row["severity"],
            severity_label=label(Severity(row["severity"])),
            title=row["title"],
            check=row["check"],
            rule=row["rule"],
            path=row["path"],
            line=row["line"],
            snippet=row.get("snippet", ""),
            detail=row.get("detail", ""),
            remediation=row.get("remediation", ""),
            cwe=row.get("cwe", ""),
            fingerprint=row["fingerprint"],
        )
        for row in report["findings"]
    )
    return tuple(sorted(lines, key=lambda line: (-Severity(line.severity).rank, line.path, line.line, line.rule)))


def capabilities_of(report: Report) -> tuple[UseLine, ...]:
    """Capabilities, the undeclared ones first."""
    return _undeclared_first(_use(row, row["id"], label(Capability(row["id"]))) for row in report["capabilities"])


def hosts_of(report: Report) -> tuple[UseLine, ...]:
    """Hosts, the undeclared ones first."""
    return _undeclared_first(_use(row, row["host"], "") for row in report["egress"])


def feed_of(report: Report) -> Feed | None:
    """The advisory feeds that were asked, or None where there was none."""
    feed = report["feed"]
    if feed is None:
        return None
    return Feed(
        names=tuple(feed["names"]),
        records=feed["records"],
        age_days=float(feed["age_days"]),
        demo=feed.get("demo", False),
    )


def dependencies_of(report: Report) -> tuple[DependencyLine, ...]:
    """Dependencies, those with advisories first."""
    lines = (
        DependencyLine(
            purl=row["purl"],
            requirement=row["requirement"],
            pinned=row["pinned"] or "",
            scope=row.get("scope", ""),
            direct=row["direct"],
            advisories=tuple(_advisory(advisory) for advisory in row["advisories"]),
        )
        for row in report["dependencies"]
    )
    return tuple(sorted(lines, key=lambda line: (not line.advisories, not line.direct, line.purl)))


def _advisory(row: Mapping[str, Any]) -> AdvisoryLine:
    return AdvisoryLine(
        name=row["id"],
        aliases=tuple(row["aliases"]),
        severity=row["severity"],
        severity_label=label(Severity(row["severity"])),
        summary=_exploited(row) + row.get("summary", ""),
        fixed=tuple(row["fixed"]),
        match=row.get("match", ""),
    )


def _exploited(row: Mapping[str, Any]) -> str:
    """What stands before the summary of a fault that is known to be exploited: stored snapshots keep their form."""
    since = row.get("exploited_since")
    return _("Known exploited since %(day)s. ") % {"day": since} if since else ""


def _use(row: Mapping[str, Any], name: str, text: str) -> UseLine:
    places = [f"{place['path']}:{place['line']}" if place["line"] else place["path"] for place in row["evidence"]]
    return UseLine(
        name=name,
        label=text,
        declared=row["declared"],
        derived=row.get("derived", False),
        seen=row["static"],
        dynamic=row.get("dynamic"),
        places=tuple(places[:PLACES]),
        places_total=row.get("total", len(places)),
    )


def _undeclared_first(lines: Any) -> tuple[UseLine, ...]:
    return tuple(sorted(lines, key=lambda line: (not line.undeclared, line.name)))
