"""Audits and reports."""

import datetime as dt

import factory

from audits.enums import FindingRating, ReportKind
from audits.models import ActionPlan, Audit, AuditFinding, EvidenceFile, Report
from tests.factories.people import UserFactory, digest
from tests.factories.plugins import PluginVersionFactory


class AuditFactory(factory.django.DjangoModelFactory):
    """A planned audit."""

    class Meta:
        model = Audit

    code = factory.Sequence("AUD-2026-{:02}".format)
    title = "Certification in the third quarter"
    objective = "Whether decisions follow the policy."
    scope = "All decisions of the period."
    period_from = dt.date(2026, 7, 1)
    period_to = dt.date(2026, 9, 30)
    lead = factory.SubFactory(UserFactory)


class AuditFindingFactory(factory.django.DjangoModelFactory):
    """A finding of an audit."""

    class Meta:
        model = AuditFinding

    audit = factory.SubFactory(AuditFactory)
    title = "Reasons are too short"
    rating = FindingRating.MINOR
    condition = "Three of ten decisions name no evidence."
    criterion = "Policy, section 4."
    cause = "No template."
    effect = "Decisions cannot be followed."
    recommendation = "Give reviewers a template."


class ActionPlanFactory(factory.django.DjangoModelFactory):
    """What is done about an audit finding."""

    class Meta:
        model = ActionPlan

    finding = factory.SubFactory(AuditFindingFactory)
    action = "Write the template."
    owner = factory.SubFactory(UserFactory)
    deadline = dt.date(2026, 12, 31)
    outcome = "All decisions of the next quarter name evidence."


class EvidenceFileFactory(factory.django.DjangoModelFactory):
    """A file an audit rests on; give `file` where its bytes matter."""

    class Meta:
        model = EvidenceFile

    audit = factory.SubFactory(AuditFactory)
    title = "Sample of decisions"
    file = "evidence/2026/10/sample.csv"
    sha256 = digest("sample")
    size = 100
    added_by = factory.SubFactory(UserFactory)


class ReportFactory(factory.django.DjangoModelFactory):
    """A dossier somebody asked for."""

    class Meta:
        model = Report

    kind = ReportKind.DOSSIER
    version = factory.SubFactory(PluginVersionFactory)
    requested_by = factory.SubFactory(UserFactory)
