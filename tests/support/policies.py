"""Variations of the baseline policy, in force."""

import dataclasses

from governance.policies import baseline
from governance.services.policies import publish_policy, store_policy


def variation(version, *, blocking=()):
    """The baseline's rules under another version, with more criteria that block."""
    rules = baseline()
    criteria = tuple(
        dataclasses.replace(rule, blocking=True) if rule.code in blocking else rule for rule in rules.criteria
    )
    return dataclasses.replace(rules, version=version, criteria=criteria)


def in_force(rules):
    """Store and publish rules; gives the policy version."""
    return publish_policy(policy=store_policy(rules=rules))
