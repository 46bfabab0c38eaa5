"""Audits, their findings, action plans and reports in the admin."""

from audits.admin import actions, audits, findings, reports

__all__ = ["actions", "audits", "findings", "reports"]
