"""Reviews, decisions, certificates and revalidations in the admin."""

from certification.admin import certificates, decisions, revalidations, review_page, reviews, sections, trust_roots

__all__ = ["certificates", "decisions", "revalidations", "review_page", "reviews", "sections", "trust_roots"]
