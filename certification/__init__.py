"""Reviews, decisions, certificates and revalidation."""
