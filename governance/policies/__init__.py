"""Policies: what is asked of a plugin, read from data and evaluated on facts. Pure; the models are elsewhere."""

from governance.policies.baseline import baseline, read_policy
from governance.policies.changes import ChangeWeights
from governance.policies.evaluation import CriterionOutcome, EvidenceRef, Outcome, blockers, evaluate, warm
from governance.policies.rules import (
    CheckSwitch,
    CriterionRule,
    FactorWeight,
    FrameworkReference,
    PolicyInvalid,
    PolicyRules,
    PublicRules,
    RiskWeights,
    TierRule,
)

__all__ = [
    "ChangeWeights",
    "CheckSwitch",
    "CriterionOutcome",
    "CriterionRule",
    "EvidenceRef",
    "FactorWeight",
    "FrameworkReference",
    "Outcome",
    "PolicyInvalid",
    "PolicyRules",
    "PublicRules",
    "RiskWeights",
    "TierRule",
    "baseline",
    "blockers",
    "evaluate",
    "read_policy",
    "warm",
]
