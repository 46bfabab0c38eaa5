"""Reviews, decisions, certificates, recalls and revalidations in the admin."""

from certification.admin import (
    certificates,
    decisions,
    recalls,
    revalidations,
    review_page,
    reviews,
    sections,
    trust_roots,
)

__all__ = [
    "certificates",
    "decisions",
    "recalls",
    "revalidations",
    "review_page",
    "reviews",
    "sections",
    "trust_roots",
]
