"""The policy Plugwarden starts with."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from governance.policies.rules import PolicyInvalid, PolicyRules

BASELINE_PATH = Path(__file__).resolve().parents[1] / "baseline" / "policy.yaml"


def read_policy(text: str, *, validate: bool = True) -> PolicyRules:
    """Read a policy written in YAML or JSON; raises PolicyInvalid, also where it is neither."""
    import yaml  # noqa: PLC0415 - start-up time: a policy is mostly read from the database

    try:
        data: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyInvalid([f"The document is not readable YAML: {error}"]) from error
    if not isinstance(data, dict):
        raise PolicyInvalid(["The document is not a map of fields."])
    return PolicyRules.from_dict(data, validate=validate)


@lru_cache(maxsize=1)
def baseline() -> PolicyRules:
    """The baseline policy of this release, which its tests hold to the rules: validating it anew costs a second."""
    return read_policy(BASELINE_PATH.read_text(encoding="utf-8"), validate=False)
