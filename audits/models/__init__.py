"""The models of audits and reports."""

from audits.models.audits import ActionPlan, Audit, AuditFinding, EvidenceFile
from audits.models.reports import Report

__all__ = ["ActionPlan", "Audit", "AuditFinding", "EvidenceFile", "Report"]
