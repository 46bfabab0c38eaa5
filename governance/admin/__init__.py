"""The kernel in the admin: users, groups, policy, ledger and the task queue."""

from governance.admin import ledger, policies, tasks, tokens, users

__all__ = ["ledger", "policies", "tasks", "tokens", "users"]
