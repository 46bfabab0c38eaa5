"""A policy as plain, frozen data: what `PolicyVersion` stores, what evaluation and risk read.

Built by `PolicyRules.from_dict`, which refuses anything `docs/schemas/policy.v1.schema.json` or
`governance.policies.validation` object to. No Django here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from governance.canonical import digest
from governance.policies.changes import ChangeWeights
from governance.policies.licences import LicenceRules
from governance.policies.public import PublicRules
from governance.policies.validation import PolicyInvalid, problems
from governance.policies.waivers import WaiverRules
from governance.vocabulary import Severity, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ChangeWeights",
    "CheckSwitch",
    "CriterionRule",
    "FactorWeight",
    "FrameworkReference",
    "Kind",
    "PolicyInvalid",
    "PolicyRules",
    "PublicRules",
    "RiskWeights",
    "TierRule",
    "WaiverRules",
]

EXPLOITATION_POINTS = {"known_exploited": 10, "epss_high": 5, "epss_elevated": 2}
"""What a policy that was made before these were known gives a fault that is exploited, or likely to be."""
EPSS_FROM = {"elevated": 0.1, "high": 0.5}
EVERY_TIME = 100
"""The percentage by which nothing falls: what a policy means that says nothing of repeats."""

Kind = Literal["check", "expression", "manual", "attestation"]


@dataclass(frozen=True, slots=True)
class FrameworkReference:
    """Where a criterion comes from: a framework and the place in it."""

    framework: str
    reference: str


@dataclass(frozen=True, slots=True)
class CheckSwitch:
    """`enforced`: its findings block. `required`: its absence blocks. Neither: monitor mode."""

    enforced: bool
    required: bool


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a risk tier means. It begins at `min_score`, inclusive."""

    min_score: int
    validity_days: int
    revalidation_days: int
    approvals_needed: int
    sla_days: Mapping[Severity, int]
    """Days to close a finding, by its severity; no entry: no deadline."""
    auto_certify: bool = False
    """Whether a version in which nothing relevant changed may be certified without a human."""


@dataclass(frozen=True, slots=True)
class FactorWeight:
    """One factor of the risk score: points by key, and the most it may add."""

    cap: int
    points: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RiskWeights:
    """The weights of the risk score, with what it needs of the rest of the policy."""

    version: str
    factors: Mapping[str, FactorWeight]
    opaque_rules: tuple[str, ...]
    """Patterns of rule ids whose findings count as opaque code."""
    floors: Mapping[str, Tier]
    """Lowest tier where something is so bad that no score may say otherwise."""
    thresholds: Mapping[Tier, int]
    """Lowest score of each tier, taken from the policy's tiers."""
    required_checks: frozenset[str]
    """Taken from the policy's check switches."""
    repeat_percent: int = EVERY_TIME
    """What each further thing of a kind counts, in percent of the one before."""

    epss_from: Mapping[str, float] = field(default_factory=lambda: dict(EPSS_FROM))
    """From which EPSS score on exploitation counts as `elevated` and as `high`."""

    @property
    def known_exploited_floor(self) -> Tier:
        """The lowest tier where a shipped dependency has a fault that is known to be exploited."""
        return self.floors.get("known_exploited", self.floors["malicious_dependency"])

    def exploitation_points(self, key: str) -> int:
        """Points of one fault: `known_exploited`, `epss_high` or `epss_elevated`."""
        return self.factors["dependencies"].points.get(key, EXPLOITATION_POINTS[key])

    def epss_level(self, epss: float | None) -> str:
        """`epss_high`, `epss_elevated`, or empty where the score is low or not known."""
        if epss is None:
            return ""
        return next((f"epss_{level}" for level in ("high", "elevated") if epss >= self.epss_from[level]), "")

    def tier_of(self, score: int) -> Tier:
        """The highest tier whose threshold the score reaches."""
        return max((tier for tier, least in self.thresholds.items() if score >= least), key=lambda tier: tier.rank)


@dataclass(frozen=True, slots=True)
class CriterionRule:
    """One criterion. Which fields a kind needs is in `docs/policy.md`."""

    code: str
    title: str
    category: str
    statement: str
    reason: str
    """Why the board asks."""
    kind: Kind
    remediation: str
    deadline_days: int
    blocking: bool
    tiers: frozenset[Tier]
    mapping: tuple[FrameworkReference, ...]
    check: str = ""
    rules: tuple[str, ...] = ()
    """Patterns of rule ids, as in file names; none: every rule of the check."""
    severity_ceiling: Severity | None = None
    """The worst severity that is tolerated; None: no finding is."""
    expression: str = ""
    applies_when: str = ""
    """CEL; where it is false the criterion is not applicable."""
    evidence: str = ""
    """CEL giving a list of `{path, line}`, shown where the criterion is not met."""

    @property
    def counts_in_vet(self) -> bool:
        """Whether it enters the verdict of `manage.py vet`, which judges the artifact and not its paperwork."""
        return self.kind in {"check", "expression"} and self.check not in {"completeness", "declaration", "changes"}

    @property
    def expressions(self) -> tuple[str, ...]:
        """All CEL in it."""
        return tuple(text for text in (self.applies_when, self.expression, self.evidence) if text)


@dataclass(frozen=True)
class PolicyRules:
    """A whole policy version. `from_dict(x).to_dict()` gives `x` with every default filled in."""

    version: str
    title: str
    summary: str
    tiers: Mapping[Tier, TierRule]
    checks: Mapping[str, CheckSwitch]
    risk: RiskWeights
    criteria: tuple[CriterionRule, ...]
    changes: ChangeWeights = field(default_factory=ChangeWeights)
    licences: LicenceRules = field(default_factory=LicenceRules)
    waivers: WaiverRules = field(default_factory=WaiverRules)
    public: PublicRules = field(default_factory=PublicRules)
    schema: str = field(default="plugwarden.policy/v1")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, validate: bool = True) -> PolicyRules:
        """Read a policy document; raises PolicyInvalid with all its messages.

        `validate=False` is for a published version out of the database, which passed once and cannot have changed.
        """
        if validate and (messages := problems(data)):
            raise PolicyInvalid(messages)
        checks = {code: CheckSwitch(**switch) for code, switch in data["checks"].items()}
        tiers = {Tier(name): _tier(rule) for name, rule in data["tiers"].items()}
        return cls(
            version=data["version"],
            title=data["title"],
            summary=data["summary"],
            tiers=tiers,
            checks=checks,
            risk=_risk(data["risk"], tiers, checks),
            criteria=tuple(_criterion(rule) for rule in data["criteria"]),
            changes=ChangeWeights.from_dict(data.get("changes", {})),
            licences=LicenceRules.from_dict(data.get("licences", {})),
            waivers=WaiverRules.from_dict(data.get("waivers")),
            public=PublicRules.from_dict(data.get("public")),
        )

    def to_dict(self) -> dict[str, Any]:
        """The document, ready for JSON."""
        return {
            "schema": self.schema,
            "version": self.version,
            "title": self.title,
            "summary": self.summary,
            "tiers": {tier.value: _tier_document(rule) for tier, rule in self.tiers.items()},
            "checks": {
                code: {"enforced": switch.enforced, "required": switch.required} for code, switch in self.checks.items()
            },
            **({"changes": changes} if (changes := self.changes.to_dict()) else {}),
            **({"licences": licences} if (licences := self.licences.to_dict()) else {}),
            **({"waivers": waivers} if (waivers := self.waivers.to_dict()) else {}),
            **({"public": public} if (public := self.public.to_dict()) else {}),
            "risk": _risk_document(self.risk),
            "criteria": [_criterion_document(rule) for rule in self.criteria],
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the document as canonical JSON (sorted keys, no blanks, UTF-8), in hex."""
        return digest(self.to_dict())

    def criterion(self, code: str) -> CriterionRule:
        """The criterion of that code; raises KeyError."""
        for rule in self.criteria:
            if rule.code == code:
                return rule
        raise KeyError(code)


def _tier(data: Mapping[str, Any]) -> TierRule:
    return TierRule(**{**data, "sla_days": {Severity(name): days for name, days in data["sla_days"].items()}})


def _tier_document(rule: TierRule) -> dict[str, Any]:
    return {
        "min_score": rule.min_score,
        "validity_days": rule.validity_days,
        "revalidation_days": rule.revalidation_days,
        "approvals_needed": rule.approvals_needed,
        "sla_days": {severity.value: days for severity, days in rule.sla_days.items()},
        **({"auto_certify": True} if rule.auto_certify else {}),
    }


def _risk(data: Mapping[str, Any], tiers: Mapping[Tier, TierRule], checks: Mapping[str, CheckSwitch]) -> RiskWeights:
    return RiskWeights(
        version=data["version"],
        factors={code: FactorWeight(weight["cap"], weight["points"]) for code, weight in data["factors"].items()},
        opaque_rules=tuple(data["opaque_rules"]),
        floors={code: Tier(tier) for code, tier in data["floors"].items()},
        thresholds={tier: rule.min_score for tier, rule in tiers.items()},
        required_checks=frozenset(code for code, switch in checks.items() if switch.required),
        repeat_percent=data.get("repeat_percent", EVERY_TIME),
        epss_from={**EPSS_FROM, **data.get("epss_from", {})},
    )


def _risk_document(risk: RiskWeights) -> dict[str, Any]:
    # left out where it says nothing, so that a policy stored before it was known keeps its digest
    repeats = {"repeat_percent": risk.repeat_percent} if risk.repeat_percent != EVERY_TIME else {}
    return {
        "version": risk.version,
        **repeats,
        **({"epss_from": dict(risk.epss_from)} if risk.epss_from != EPSS_FROM else {}),
        "factors": {code: {"cap": weight.cap, "points": dict(weight.points)} for code, weight in risk.factors.items()},
        "opaque_rules": list(risk.opaque_rules),
        "floors": {code: tier.value for code, tier in risk.floors.items()},
    }


def _criterion(data: Mapping[str, Any]) -> CriterionRule:
    ceiling = data.get("severity_ceiling")
    return CriterionRule(
        **{
            **data,
            "tiers": frozenset(Tier(name) for name in data.get("tiers", list(Tier))),
            "mapping": tuple(FrameworkReference(**entry) for entry in data["mapping"]),
            "rules": tuple(data.get("rules", ())),
            "severity_ceiling": Severity(ceiling) if ceiling else None,
        }
    )


def _criterion_document(rule: CriterionRule) -> dict[str, Any]:
    document: dict[str, Any] = {
        name: getattr(rule, name)
        for name in (
            "code",
            "title",
            "category",
            "statement",
            "reason",
            "kind",
            "remediation",
            "deadline_days",
            "blocking",
        )
    }
    document["tiers"] = [tier.value for tier in Tier if tier in rule.tiers]
    document["mapping"] = [{"framework": entry.framework, "reference": entry.reference} for entry in rule.mapping]
    optional = {
        "check": rule.check,
        "rules": list(rule.rules),
        "severity_ceiling": rule.severity_ceiling.value if rule.severity_ceiling else "",
        "expression": rule.expression,
        "applies_when": rule.applies_when,
        "evidence": rule.evidence,
    }
    return document | {name: value for name, value in optional.items() if value}
