"""Reviews, decisions, certificates, recalls, revalidations and status lists in the admin."""

from certification.admin import (
    certificates,
    decisions,
    recalls,
    revalidations,
    review_page,
    reviews,
    sections,
    status_lists,
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
    "status_lists",
    "trust_roots",
]
