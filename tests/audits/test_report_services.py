"""From asking for a report to handing it out: frozen at once, rendered once, failures visible, every step noted."""

import datetime as dt
import hashlib
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from audits.enums import ReportState
from audits.models import Report
from audits.reports import assets
from audits.reports.common import ReportRefused
from audits.reports.dossier import build_dossier
from audits.reports.execute import execute_report
from audits.reports.services import fail_lost, read_report, request_dossier, retry_report, visible_reports
from audits.reports.snapshot import from_json
from certification import certificates
from governance.canonical import digest
from governance.models import LedgerEntry
from governance.roles import Role
from tests.factories import (
    CertificateFactory,
    ComponentFactory,
    CriterionAnswerFactory,
    CriterionResultFactory,
    DecisionFactory,
    FindingFactory,
    OwnerTeamFactory,
    PluginFactory,
    PluginVersionFactory,
    ReportFactory,
    ReviewFactory,
    SubmissionFactory,
    UserFactory,
    VettingRunFactory,
)
from tests.sample_report import vetting_report
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return UserFactory(role=Role.AUDITOR)


@pytest.fixture
def vetted():
    version = PluginVersionFactory(plugin__name="acme-crm-connector", version="1.4.0")
    VettingRunFactory(version=version)
    return version


def verbs(report):
    return list(LedgerEntry.objects.all().about(report).values_list("verb", flat=True))


def test_request_freezes_the_snapshot_and_queues_one_task(vetted, auditor, run_tasks):
    report = request_dossier(version=vetted, actor=auditor)

    assert report.state == ReportState.QUEUED
    assert digest(report.snapshot) == report.snapshot_sha256
    assert from_json(report.snapshot).identity.sha256 == vetted.artifact.sha256
    assert verbs(report) == ["report.requested"]


def test_task_makes_the_pdf_with_its_digest(vetted, auditor, run_tasks):
    with run_tasks():
        report = request_dossier(version=vetted, actor=auditor)

    report = Report.objects.get(pk=report.pk)
    content = read_report(report=report, actor=auditor)
    assert report.state == ReportState.READY
    assert hashlib.sha256(content).hexdigest() == report.file_sha256
    assert len(PdfReader(io.BytesIO(content)).pages) == report.pages
    assert verbs(report) == ["report.requested", "report.ready", "report.downloaded"]


def test_pdf_says_what_was_known_when_it_was_asked_for(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)
    vetted.plugin.team.name = "Somebody else"
    vetted.plugin.team.save(update_fields=["name"])

    execute_report(report_id=report.pk)

    content = read_report(report=Report.objects.get(pk=report.pk), actor=auditor)
    assert "Somebody else" not in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_execute_leaves_a_ready_report_alone(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)
    execute_report(report_id=report.pk)
    before = Report.objects.get(pk=report.pk)

    assert execute_report(report_id=report.pk) is None
    assert Report.objects.get(pk=report.pk).file.name == before.file.name
    assert execute_report(report_id=0) is None


def test_missing_font_fails_visibly_and_a_retry_works(vetted, auditor, monkeypatch, run_tasks):
    report = request_dossier(version=vetted, actor=auditor)
    with monkeypatch.context() as broken:
        broken.setattr(assets, "INTER", "unfold/fonts/gone")
        execute_report(report_id=report.pk)

    failed = Report.objects.get(pk=report.pk)
    assert failed.state == ReportState.FAILED
    assert failed.reason == "The font Inter-Regular.woff2 of the reports is missing."
    with run_tasks():
        retry_report(report=failed, actor=auditor)
    assert Report.objects.get(pk=report.pk).state == ReportState.READY
    assert verbs(report) == ["report.requested", "report.failed", "report.retried", "report.ready"]


def test_altered_snapshot_is_never_rendered(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)
    with lifted():
        Report.objects.filter(pk=report.pk).update(snapshot={**report.snapshot, "findings": []})

    execute_report(report_id=report.pk)

    failed = Report.objects.get(pk=report.pk)
    assert failed.state == ReportState.FAILED
    assert "not the one that was frozen" in failed.reason


def test_altered_or_lost_file_is_never_handed_out(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)
    execute_report(report_id=report.pk)
    report = Report.objects.get(pk=report.pk)
    storage, name = report.file.storage, report.file.name

    with storage.open(name, "ab") as file:
        file.write(b"%")
    with pytest.raises(ReportRefused, match="altered"):
        read_report(report=report, actor=auditor)
    storage.delete(name)
    with pytest.raises(ReportRefused, match="missing"):
        read_report(report=report, actor=auditor)
    assert "report.downloaded" not in verbs(report)


def test_second_request_while_one_is_under_way_returns_it(vetted, auditor):
    first = request_dossier(version=vetted, actor=auditor)

    assert request_dossier(version=vetted, actor=auditor) == first
    assert verbs(first) == ["report.requested"]


def test_version_without_a_result_is_refused(auditor):
    version = PluginVersionFactory()
    VettingRunFactory(version=version, queued=True)

    with pytest.raises(ReportRefused, match="No vetting run"):
        request_dossier(version=version, actor=auditor)
    assert not Report.objects.exists()


def test_retry_is_for_failed_reports_only(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)

    with pytest.raises(ReportRefused):
        retry_report(report=report, actor=auditor)


def test_lost_rendering_is_given_up_after_an_hour(vetted, auditor):
    report = request_dossier(version=vetted, actor=auditor)

    assert fail_lost(now=timezone.now() + dt.timedelta(minutes=50)) == 0
    assert fail_lost(now=timezone.now() + dt.timedelta(minutes=70)) == 1
    assert Report.objects.get(pk=report.pk).state == ReportState.FAILED


def test_owners_see_and_ask_for_their_own_only(vetted):
    owner = UserFactory(role=Role.OWNER)
    mine = PluginVersionFactory(plugin=PluginFactory(team=OwnerTeamFactory(members=[owner])))
    VettingRunFactory(version=mine)
    theirs = ReportFactory(version=vetted)

    report = request_dossier(version=mine, actor=owner)

    assert list(visible_reports(owner)) == [report]
    with pytest.raises(ReportRefused, match="may not"):
        request_dossier(version=vetted, actor=owner)
    assert theirs in visible_reports(UserFactory(role=Role.MANAGER))
    assert not visible_reports(UserFactory(role=Role.PLATFORM)).exists()


def test_reader_without_the_permission_may_not_ask(vetted):
    with pytest.raises(ReportRefused, match="may not"):
        request_dossier(version=vetted, actor=UserFactory(role=Role.POLICY_MANAGER))


def fill(version, count):
    run = VettingRunFactory(version=version)
    FindingFactory.create_batch(count, run=run)
    ComponentFactory.create_batch(count, run=run)
    SubmissionFactory.create_batch(count, version=version)
    reviewers = UserFactory.create_batch(count)
    for reviewer in reviewers:
        review = ReviewFactory(version=version, run=run, reviewer=reviewer, state="decided")
        result = CriterionResultFactory(run=run)
        CriterionAnswerFactory(review=review, criterion=result.criterion, answered_by=reviewer)
        DecisionFactory(review=review, decided_by=reviewer, criteria=[result.criterion])
        CertificateFactory(version=version, run=run, state="superseded")


@pytest.mark.parametrize("count", [1, 4])
def test_building_a_dossier_takes_the_same_queries_for_any_version(count):
    version = PluginVersionFactory()
    fill(version, count)

    with CaptureQueriesContext(connection) as queries:
        dossier = build_dossier(version=version, actor=None)

    assert len(dossier.decisions) == count
    assert len(queries) == 16, [query["sql"][:150] for query in queries]


def test_dossier_shows_the_reviewer_s_answer_in_place_of_the_run_s(vetted):
    run = vetted.runs.get()
    reviewer = UserFactory(first_name="Rita")
    review = ReviewFactory(version=vetted, run=run, reviewer=reviewer)
    result = run.criteria.get(outcome="unanswered")
    CriterionAnswerFactory(review=review, criterion=result.criterion, outcome="met", note="Seen.", answered_by=reviewer)

    line = next(row for row in build_dossier(version=vetted, actor=None).criteria if row.code == result.criterion.code)

    assert (line.outcome, line.explanation, line.answered_by) == ("met", "Seen.", str(reviewer))


def test_dossier_of_an_expired_certificate_says_so_without_any_job(vetted):
    certificate = CertificateFactory(version=vetted, run=vetted.runs.get())
    later = certificate.not_after + dt.timedelta(seconds=1)

    facts = build_dossier(version=vetted, actor=None, now=later).certificate

    assert (facts.state, facts.in_force) == ("Expired", False)


def test_dossier_does_not_believe_a_bundle_that_does_not_verify(vetted):
    CertificateFactory(version=vetted, run=vetted.runs.get())

    facts = build_dossier(version=vetted, actor=None).certificate

    assert facts.in_force
    assert not facts.verified
    assert "could not be verified" in facts.verification


def test_dossier_of_a_signed_certificate_says_that_it_verifies():
    version = PluginVersionFactory(state="approved")
    report = vetting_report(verdict="passed")
    report["risk"]["tier"] = "low"
    report["artifact"]["sha256"] = version.artifact.sha256
    run = VettingRunFactory(version=version, state="passed", report=report, report_sha256=digest(report))
    certificate = certificates.issue(version=version, run=run, decision=None)

    facts = build_dossier(version=version, actor=None).certificate

    assert (facts.serial, facts.in_force, facts.verified) == (certificate.serial, True, True)
    assert len(facts.signature) == 88
