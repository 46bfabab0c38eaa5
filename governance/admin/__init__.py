"""The kernel in the admin: users, groups, policy, ledger and the task queue."""

from governance.admin import checkpoints, ledger, policies, tasks, tokens, users

__all__ = ["checkpoints", "ledger", "policies", "tasks", "tokens", "users"]
