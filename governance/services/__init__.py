"""What changes the kernel's data."""

from governance.services.policies import (
    load_baseline,
    published_policy,
    published_public_rules,
    published_rules,
    store_policy,
)

__all__ = ["load_baseline", "published_policy", "published_public_rules", "published_rules", "store_policy"]
