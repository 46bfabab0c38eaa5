"""The kernel's models."""

from governance.models.ledger import LedgerCheckpoint, LedgerCosignature, LedgerEntry, LedgerLeaf, LedgerNode
from governance.models.policy import Criterion, CriterionKind, PolicyState, PolicyVersion
from governance.models.tokens import ApiToken
from governance.models.tracked import Tracked
from governance.models.users import User, UserDeletionRefused

__all__ = [
    "ApiToken",
    "Criterion",
    "CriterionKind",
    "LedgerCheckpoint",
    "LedgerCosignature",
    "LedgerEntry",
    "LedgerLeaf",
    "LedgerNode",
    "PolicyState",
    "PolicyVersion",
    "Tracked",
    "User",
    "UserDeletionRefused",
]
