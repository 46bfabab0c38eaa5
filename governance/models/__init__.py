"""The kernel's models."""

from governance.models.ledger import LedgerEntry
from governance.models.policy import Criterion, CriterionKind, PolicyState, PolicyVersion
from governance.models.tokens import ApiToken
from governance.models.tracked import Tracked
from governance.models.users import User, UserDeletionRefused

__all__ = [
    "ApiToken",
    "Criterion",
    "CriterionKind",
    "LedgerEntry",
    "PolicyState",
    "PolicyVersion",
    "Tracked",
    "User",
    "UserDeletionRefused",
]
