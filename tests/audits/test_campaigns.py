"""An audit from plan to close; what is issued stands."""

import datetime as dt
import io

import pytest
from django.core.files.base import ContentFile
from pypdf import PdfReader

from audits import actions, campaigns
from audits.actions import confirm, plan_action, reopen, report_done
from audits.campaigns import AuditRefused
from audits.enums import ActionState, AuditState, ReportState
from audits.evidence import EvidenceRefused, add_evidence, open_evidence
from audits.models import ActionPlan, Audit, AuditFinding, EvidenceFile, Report
from audits.reports.audit import build_audit_report
from audits.reports.common import ReportRefused
from audits.reports.services import read_report, request_audit_report
from governance.models import LedgerEntry
from governance.roles import Role
from tests.factories import (
    ActionPlanFactory,
    AuditFactory,
    AuditFindingFactory,
    CertificateFactory,
    DecisionFactory,
    EvidenceFileFactory,
    UserFactory,
)
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db

FIVE = {
    "condition": "Three of ten decisions name no evidence.",
    "criterion": "Policy, section 4.",
    "cause": "No template.",
    "effect": "Decisions cannot be followed.",
    "recommendation": "Give reviewers a template.",
}
PERIOD = {"period_from": dt.date(2026, 7, 1), "period_to": dt.date(2026, 9, 30)}


@pytest.fixture
def auditor():
    return UserFactory(role=Role.AUDITOR)


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def audit(auditor):
    return campaigns.create_audit(
        actor=auditor, code="AUD-2026-01", title="Third quarter", objective="Whether.", scope="All.", **PERIOD
    )


@pytest.fixture
def drafted(audit, auditor, owner):
    campaigns.begin(audit=audit, actor=auditor)
    finding = campaigns.add_finding(audit=audit, actor=auditor, title="Too short", rating="major", **FIVE)
    plan_action(
        finding=finding, actor=auditor, action="Write it.", owner=owner, deadline=dt.date(2026, 12, 31),
        outcome="All name evidence.",
    )  # fmt: skip
    campaigns.update_audit(audit=audit, actor=auditor, conclusion="Mostly fine.")
    return campaigns.draft(audit=audit, actor=auditor)


@pytest.fixture
def issued(drafted, auditor):
    campaigns.issue(audit=drafted, actor=auditor)
    return drafted


def verbs(audit):
    return list(LedgerEntry.objects.all().about(audit).values_list("verb", flat=True))


def test_issue_makes_one_report_from_the_frozen_audit(drafted, auditor, run_tasks):
    with run_tasks():
        report = campaigns.issue(audit=drafted, actor=auditor)

    report = Report.objects.get(pk=report.pk)
    assert drafted.state == AuditState.ISSUED
    assert report.state == ReportState.READY
    assert report.snapshot["findings"][0]["condition"] == FIVE["condition"]
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(read_report(report=report, actor=auditor))).pages
    )
    assert "AUD-2026-01" in text
    assert report.snapshot_sha256 in text.replace("\n", "")
    assert verbs(drafted) == [
        "audit.planned", "audit.fieldwork-begun", "audit.finding-added", "audit.changed", "audit.drafted",
        "audit.issued",
    ]  # fmt: skip


def test_second_issue_is_refused_and_changes_nothing(issued, auditor):
    before = Report.objects.values().get()

    with pytest.raises(AuditRefused):
        campaigns.issue(audit=Audit.objects.get(pk=issued.pk), actor=auditor)
    with pytest.raises(ReportRefused, match="issued already"):
        request_audit_report(audit=issued, actor=auditor)
    assert Report.objects.values().get() == before


def test_two_people_issuing_at_once_make_one_report(drafted, auditor):
    stale = Audit.objects.get(pk=drafted.pk)
    campaigns.issue(audit=drafted, actor=auditor)

    with pytest.raises(AuditRefused):
        campaigns.issue(audit=stale, actor=auditor)
    assert Report.objects.count() == 1


def test_what_is_issued_is_frozen(issued, auditor, owner):
    finding = AuditFinding.objects.get()
    plan = ActionPlan.objects.get()
    said = {"action": "Other.", "owner": owner, "deadline": dt.date(2027, 1, 1), "outcome": "None."}
    attempts = [
        lambda: campaigns.update_audit(audit=issued, actor=auditor, conclusion="All good."),
        lambda: campaigns.change_finding(finding=finding, actor=auditor, title="x", rating="minor", **FIVE),
        lambda: campaigns.add_finding(audit=issued, actor=auditor, title="y", rating="minor", **FIVE),
        lambda: plan_action(finding=finding, actor=auditor, **said),
        lambda: actions.change_action(plan=plan, actor=auditor, **said),
        lambda: campaigns.reopen_fieldwork(audit=issued, actor=auditor),
    ]

    for attempt in attempts:
        with pytest.raises(AuditRefused):
            attempt()
    with pytest.raises(EvidenceRefused, match="frozen"):
        add_evidence(audit=issued, title="Late", file=ContentFile(b"x", "x.txt"), actor=auditor)
    assert AuditFinding.objects.get().title == "Too short"
    assert Audit.objects.get().conclusion == "Mostly fine."


def test_issue_needs_a_conclusion_and_an_action_for_each_finding(audit, auditor):
    campaigns.begin(audit=audit, actor=auditor)
    campaigns.add_finding(audit=audit, actor=auditor, title="Bare", rating="minor", **FIVE)
    campaigns.add_finding(audit=audit, actor=auditor, title="Seen", rating="observation", **FIVE)
    campaigns.draft(audit=audit, actor=auditor)

    with pytest.raises(AuditRefused, match="conclusion"):
        campaigns.issue(audit=audit, actor=auditor)
    campaigns.update_audit(audit=audit, actor=auditor, conclusion="So so.")
    with pytest.raises(AuditRefused, match=r"no action plan: Bare\."):
        campaigns.issue(audit=audit, actor=auditor)
    assert not Report.objects.exists()


def test_finding_needs_its_five_parts(audit, auditor):
    with pytest.raises(AuditRefused, match="cause"):
        campaigns.add_finding(audit=audit, actor=auditor, title="x", rating="minor", **FIVE | {"cause": " "})
    assert not AuditFinding.objects.exists()


def test_only_auditors_work_on_audits(audit):
    manager = UserFactory(role=Role.MANAGER)

    for move in (campaigns.begin, campaigns.issue):
        with pytest.raises(AuditRefused, match="may not"):
            move(audit=audit, actor=manager)
    with pytest.raises(AuditRefused, match="may not"):
        campaigns.add_finding(audit=audit, actor=manager, title="x", rating="minor", **FIVE)


def test_action_is_reported_done_by_its_owner_and_confirmed_by_another(issued, auditor, owner):
    plan = ActionPlan.objects.select_related("finding__audit").get()

    with pytest.raises(AuditRefused, match="owner or an auditor"):
        report_done(plan=plan, actor=UserFactory())
    report_done(plan=plan, actor=owner)
    with pytest.raises(AuditRefused):
        confirm(plan=plan, actor=owner)
    reopen(plan=plan, actor=auditor)
    report_done(plan=plan, actor=owner)
    confirm(plan=plan, actor=auditor)

    assert ActionPlan.objects.get().state == ActionState.CONFIRMED


def test_auditor_does_not_confirm_an_action_of_their_own(issued, auditor):
    plan = ActionPlan.objects.select_related("finding__audit").get()
    ActionPlan.objects.update(owner=auditor)
    plan = ActionPlan.objects.select_related("finding__audit").get()
    report_done(plan=plan, actor=auditor)

    with pytest.raises(AuditRefused, match="of their own"):
        confirm(plan=plan, actor=auditor)


def test_close_waits_for_every_action(issued, auditor, owner):
    campaigns.follow_up(audit=issued, actor=auditor)
    with pytest.raises(AuditRefused, match="1 actions are not confirmed"):
        campaigns.close(audit=issued, actor=auditor)

    plan = ActionPlan.objects.select_related("finding__audit").get()
    report_done(plan=plan, actor=owner)
    confirm(plan=plan, actor=auditor)
    campaigns.close(audit=issued, actor=auditor)

    assert Audit.objects.get().state == AuditState.CLOSED


def test_population_is_everything_of_the_period_and_nothing_else():
    audit = AuditFactory(**PERIOD)
    inside = [dt.datetime(2026, 7, 1, tzinfo=dt.UTC), dt.datetime(2026, 9, 30, 23, 59, 59, tzinfo=dt.UTC)]
    outside = [dt.datetime(2026, 6, 30, 23, 59, 59, tzinfo=dt.UTC), dt.datetime(2026, 10, 1, tzinfo=dt.UTC)]
    decided = [DecisionFactory(decided_at=at) for at in (*inside, *outside)]
    certified = [CertificateFactory() for _at in (*inside, *outside)]
    with lifted():
        for certificate, at in zip(certified, (*inside, *outside), strict=True):
            type(certificate).objects.filter(pk=certificate.pk).update(issued_at=at)

    document = build_audit_report(audit=audit, actor=None)

    assert [row.sha256 for row in document.decided] == [d.review.version.artifact.sha256 for d in decided[:2]]
    assert [row.serial for row in document.certified] == [c.serial for c in certified[:2]]
    assert [row.sha256 for row in document.certified] == [c.sha256 for c in certified[:2]]


@pytest.mark.parametrize("count", [1, 4])
def test_building_an_audit_report_takes_the_same_queries_for_any_audit(count, django_assert_num_queries):
    audit = AuditFactory(**PERIOD)
    at = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    for _number in range(count):
        finding = AuditFindingFactory(audit=audit)
        ActionPlanFactory.create_batch(2, finding=finding)
        EvidenceFileFactory(audit=audit, finding=finding)
        DecisionFactory(decided_at=at)
        CertificateFactory()
    audit = Audit.objects.get(pk=audit.pk)

    with django_assert_num_queries(7):
        assert len(build_audit_report(audit=audit, actor=None).findings) == count


def test_evidence_is_kept_and_handed_out_with_its_digest(audit, auditor):
    evidence = add_evidence(
        audit=audit, title="Sample", file=ContentFile(b"a;b\n1;2\n", "../../sample list.csv"), actor=auditor
    )

    assert evidence.sha256 == "403bea5152c251c5bc7ef420d824d191605723f99392e83a0549ad58c6d46291"
    assert evidence.size == 8
    assert evidence.file.name.startswith("evidence/")
    assert ".." not in evidence.file.name
    with open_evidence(evidence=EvidenceFile.objects.get(), actor=auditor) as file:
        assert file.read() == b"a;b\n1;2\n"
    assert verbs(audit) == ["audit.planned", "audit.evidence-added", "audit.evidence-downloaded"]


def test_altered_evidence_is_never_handed_out(audit, auditor):
    evidence = add_evidence(audit=audit, title="Sample", file=ContentFile(b"abc", "s.csv"), actor=auditor)
    with evidence.file.storage.open(evidence.file.name, "wb") as file:
        file.write(b"abd")

    with pytest.raises(EvidenceRefused, match="altered"):
        open_evidence(evidence=EvidenceFile.objects.get(), actor=auditor)
    assert "audit.evidence-downloaded" not in verbs(audit)


def test_empty_evidence_is_refused(audit, auditor):
    with pytest.raises(EvidenceRefused, match="empty"):
        add_evidence(audit=audit, title="Nothing", file=ContentFile(b"", "s.csv"), actor=auditor)
    assert not EvidenceFile.objects.exists()
