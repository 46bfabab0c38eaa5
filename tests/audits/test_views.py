"""The pages about reports: who gets in, what they show, what is noted."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from audits.enums import ReportState
from audits.evidence import add_evidence
from audits.models import Report
from audits.reports.execute import execute_report
from audits.reports.services import request_dossier
from governance.models import LedgerEntry
from governance.roles import Role
from tests.factories import (
    AuditFactory,
    OwnerTeamFactory,
    PluginFactory,
    PluginVersionFactory,
    ReportFactory,
    UserFactory,
    VettingRunFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory(role=Role.OWNER)


@pytest.fixture
def version(owner):
    version = PluginVersionFactory(plugin=PluginFactory(team=OwnerTeamFactory(members=[owner])))
    VettingRunFactory(version=version)
    return version


def test_owner_asks_for_the_dossier_of_an_own_version_and_downloads_it(client, owner, version, run_tasks):
    client.force_login(owner)
    with run_tasks():
        response = client.post(reverse("audits:dossier", args=[version.pk]))

    report = Report.objects.get()
    assert response.headers["Location"] == reverse("audits:report", args=[report.pk])
    page = client.get(response.headers["Location"])
    assert "Download the PDF" in page.content.decode()
    pdf = client.get(reverse("audits:download", args=[report.pk]))
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Content-Disposition"].startswith('attachment; filename="dossier-')
    assert LedgerEntry.objects.filter(verb="report.downloaded", actor_id=owner.pk).count() == 1


@pytest.mark.parametrize("name", ["dossier", "report", "progress", "retry", "download"])
def test_others_find_nothing(client, version, name):
    report = ReportFactory(version=version)
    client.force_login(UserFactory(role=Role.OWNER))
    address = reverse(f"audits:{name}", args=[version.pk if name == "dossier" else report.pk])

    response = client.post(address) if name in {"dossier", "retry"} else client.get(address)

    assert response.status_code == 404
    assert Report.objects.count() == 1


@pytest.mark.parametrize("name", ["dossier", "report", "download", "evidence"])
def test_visitors_are_asked_to_sign_in(client, name):
    response = client.get(reverse(f"audits:{name}", args=[1]))

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("login"))


def test_reader_without_the_permission_may_look_but_not_ask(client, version):
    client.force_login(UserFactory(role=Role.POLICY_MANAGER))
    address = reverse("audits:dossier", args=[version.pk])

    assert "Make a dossier" not in client.get(address).content.decode()
    assert client.post(address).status_code == 403
    assert not Report.objects.exists()


def test_version_without_a_result_says_why_no_dossier_is_made(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    version = PluginVersionFactory()

    page = client.post(reverse("audits:dossier", args=[version.pk]))

    assert "No vetting run of" in page.content.decode()


def test_waiting_report_asks_again_by_itself_and_a_ready_one_stops(client, version, owner):
    client.force_login(owner)
    report = request_dossier(version=version, actor=owner)
    address = reverse("audits:progress", args=[report.pk])

    waiting = client.get(address, headers={"HX-Request": "true"}).content.decode()
    execute_report(report_id=report.pk)
    ready = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "hx-get" in waiting
    assert "Waiting for the worker" in waiting
    assert "hx-get" not in ready
    assert "Download the PDF" in ready


def test_failed_report_shows_its_reason_escaped_and_can_be_tried_again(client, version, owner):
    client.force_login(owner)
    report = ReportFactory(version=version, state=ReportState.FAILED, reason="The font <b>x</b> is missing.")

    page = client.get(reverse("audits:report", args=[report.pk])).content.decode()
    response = client.post(reverse("audits:retry", args=[report.pk]))

    assert "The font &lt;b&gt;x&lt;/b&gt; is missing." in page
    assert "Try again" in page
    assert response.status_code == 302
    assert Report.objects.get().state == ReportState.QUEUED


def test_report_that_is_not_ready_is_not_downloaded(client, version, owner):
    client.force_login(owner)
    report = ReportFactory(version=version)

    response = client.get(reverse("audits:download", args=[report.pk]))

    assert response.status_code == 302
    assert not LedgerEntry.objects.filter(verb="report.downloaded").exists()


def test_evidence_is_for_auditors_and_never_shown_in_the_browser(client):
    auditor = UserFactory(role=Role.AUDITOR)
    html = ContentFile(b"<script>alert(1)</script>", "x.html")
    evidence = add_evidence(audit=AuditFactory(), title="Page", file=html, actor=auditor)
    address = reverse("audits:evidence", args=[evidence.pk])

    client.force_login(UserFactory(role=Role.MANAGER))
    assert client.get(address).status_code == 403
    client.force_login(auditor)
    response = client.get(address)

    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    response.close()


@pytest.mark.parametrize("count", [1, 3])
def test_dossier_page_takes_the_same_queries_for_any_number_of_reports(
    client, version, count, django_assert_num_queries
):
    client.force_login(UserFactory(role=Role.AUDITOR))
    for _number in range(count):
        ReportFactory(version=version)
    address = reverse("audits:dossier", args=[version.pk])
    client.get(address)

    with django_assert_num_queries(6):
        client.get(address)
