"""Audits, evidence and the reports they end in."""
