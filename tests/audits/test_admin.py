"""Audits in the admin: written through the services, read-only once issued."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audits.enums import AuditState
from audits.models import ActionPlan, Audit, AuditFinding, EvidenceFile, Report
from governance.models import LedgerEntry
from governance.roles import Role
from tests.factories import (
    ActionPlanFactory,
    AuditFactory,
    AuditFindingFactory,
    EvidenceFileFactory,
    ReportFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
CHANGE = "admin:audits_audit_change"
NO_ROWS = {
    f"{prefix}-{name}": "0"
    for prefix in ("findings", "evidence")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
}
FINDING = {
    "title": "Too short",
    "rating": "major",
    "condition": "What is.",
    "criterion": "What should be.",
    "cause": "Why.",
    "effect": "What of it.",
    "recommendation": "What to do.",
}


@pytest.fixture
def auditor():
    return UserFactory(role=Role.AUDITOR)


@pytest.fixture
def browser(client, auditor):
    client.force_login(auditor)
    return client


def plan_of(auditor, **over):
    return {
        "code": "AUD-2026-07",
        "title": "Third quarter",
        "period_from": "2026-07-01",
        "period_to": "2026-09-30",
        "lead": str(auditor.pk),
        "objective": "Whether.",
        "scope": "All.",
        "method": "",
        "conclusion": "",
    } | over


def rows(prefix, *forms, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": str(len(forms)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, form in enumerate(forms):
        data |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return data


def test_adding_an_audit_goes_through_the_service(browser, auditor):
    response = browser.post(reverse("admin:audits_audit_add"), plan_of(auditor) | NO_ROWS | rows("findings", FINDING))

    audit = Audit.objects.get()
    assert response.status_code == 302
    assert (audit.code, audit.state, audit.lead) == ("AUD-2026-07", AuditState.PLANNED, auditor)
    assert AuditFinding.objects.get().recommendation == "What to do."
    assert list(LedgerEntry.objects.values_list("verb", flat=True)) == ["audit.planned", "audit.finding-added"]
    assert audit.history.count() == 1


def test_changing_a_finding_on_the_audit_s_page_is_noted(browser, auditor):
    audit = AuditFactory(lead=auditor, code="AUD-2026-07")
    finding = AuditFindingFactory(audit=audit)
    row = FINDING | {"id": str(finding.pk), "audit": str(audit.pk), "title": "Far too short"}

    browser.post(reverse(CHANGE, args=[audit.pk]), plan_of(auditor) | NO_ROWS | rows("findings", row, initial=1))

    assert AuditFinding.objects.get().title == "Far too short"
    assert "audit.finding-changed" in LedgerEntry.objects.values_list("verb", flat=True)


def test_new_audit_is_led_by_whoever_opens_the_form(browser, auditor):
    form = browser.get(reverse("admin:audits_audit_add")).context["adminform"].form

    assert form["lead"].value() == auditor.pk


def test_audit_s_page_leads_to_the_action_plans_of_its_findings(browser, auditor):
    browser.post(reverse("admin:audits_audit_add"), plan_of(auditor) | NO_ROWS | rows("findings", FINDING))
    finding = AuditFinding.objects.get()

    page = browser.get(reverse(CHANGE, args=[finding.audit_id])).content.decode()

    assert (
        f'<a class="underline" href="{reverse("admin:audits_auditfinding_change", args=[finding.pk])}">0 action' in page
    )


def test_issued_audit_takes_no_change_by_any_form(browser, auditor):
    audit = AuditFactory(lead=auditor, state=AuditState.ISSUED, conclusion="Fine.", title="As issued")
    finding = AuditFindingFactory(audit=audit, title="As issued")
    row = FINDING | {"id": str(finding.pk), "audit": str(audit.pk)}

    page = browser.get(reverse(CHANGE, args=[audit.pk])).content.decode()
    browser.post(reverse(CHANGE, args=[audit.pk]), plan_of(auditor) | NO_ROWS | rows("findings", row, initial=1))
    browser.post(reverse("admin:audits_auditfinding_change", args=[finding.pk]), FINDING | rows("actions"))

    assert 'name="conclusion"' not in page
    assert 'name="findings-0-title"' not in page
    assert Audit.objects.get().title == "As issued"
    assert AuditFinding.objects.get().title == "As issued"


def test_steps_are_taken_by_post_and_issuing_asks_once_more(browser, auditor):
    audit = AuditFactory(lead=auditor, state=AuditState.DRAFT, conclusion="Fine.")
    address = reverse("admin:audits_audit_move", args=[audit.pk, "issue"])

    asked = browser.get(address)
    assert "Issue for good" in asked.content.decode()
    assert Audit.objects.get().state == AuditState.DRAFT

    browser.post(address)
    assert Audit.objects.get().state == AuditState.ISSUED
    assert Report.objects.get().audit == audit


def test_step_by_get_changes_nothing(browser, auditor):
    audit = AuditFactory(lead=auditor)

    assert browser.get(reverse("admin:audits_audit_move", args=[audit.pk, "begin"])).status_code == 403
    assert Audit.objects.get().state == AuditState.PLANNED


def test_step_there_is_not_is_not_found(browser, auditor):
    audit = AuditFactory(lead=auditor)

    assert browser.post(reverse("admin:audits_audit_move", args=[audit.pk, "fly"])).status_code == 404


def test_refused_step_says_why(browser, auditor):
    audit = AuditFactory(lead=auditor, state=AuditState.DRAFT)

    page = browser.post(reverse("admin:audits_audit_move", args=[audit.pk, "issue"]), follow=True)

    assert "Write the conclusion first" in page.content.decode()
    assert not Report.objects.exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REVIEWER])
def test_others_take_no_steps_and_add_no_evidence(client, role):
    audit = AuditFactory()
    client.force_login(UserFactory(role=role))

    for address in (
        reverse("admin:audits_audit_move", args=[audit.pk, "begin"]),
        reverse("admin:audits_audit_evidence", args=[audit.pk]),
    ):
        assert client.post(address).status_code == 403
    assert Audit.objects.get().state == AuditState.PLANNED


def test_evidence_is_added_on_its_own_page(browser, auditor):
    audit = AuditFactory(lead=auditor)
    address = reverse("admin:audits_audit_evidence", args=[audit.pk])

    empty = browser.post(address, {"title": "Nothing", "file": SimpleUploadedFile("x.csv", b"")})
    browser.post(address, {"title": "Sample", "file": SimpleUploadedFile("x.csv", b"a;b")})

    assert "empty" in empty.content.decode()
    assert EvidenceFile.objects.get().added_by == auditor
    assert (
        reverse("audits:evidence", args=[EvidenceFile.objects.get().pk])
        in browser.get(reverse(CHANGE, args=[audit.pk])).content.decode()
    )


def test_action_plan_is_agreed_on_the_finding_s_page(browser, auditor):
    finding = AuditFindingFactory(audit__lead=auditor)
    owner = UserFactory()
    row = {"action": "Write it.", "owner": str(owner.pk), "deadline": "2026-12-31", "outcome": "All do."}

    browser.post(
        reverse("admin:audits_auditfinding_change", args=[finding.pk]),
        {name: getattr(finding, name) for name in FINDING} | rows("actions", row),
    )

    plan = ActionPlan.objects.get()
    assert (plan.owner, plan.deadline) == (owner, dt.date(2026, 12, 31))
    assert "action.planned" in LedgerEntry.objects.values_list("verb", flat=True)


def test_list_actions_move_action_plans_and_name_what_is_refused(browser, auditor):
    mine = ActionPlanFactory(owner=auditor)
    other = ActionPlanFactory()
    address = reverse("admin:audits_actionplan_changelist")
    chosen = {"_selected_action": [str(mine.pk), str(other.pk)]}

    browser.post(address, chosen | {"action": "report_done"})
    page = browser.post(address, chosen | {"action": "confirm"}, follow=True).content.decode()

    assert ActionPlan.objects.get(pk=other.pk).state == "confirmed"
    assert ActionPlan.objects.get(pk=mine.pk).state == "done"
    assert "Nobody confirms an action of their own." in page


LISTS = {
    "audit": AuditFactory,
    "auditfinding": AuditFindingFactory,
    "actionplan": ActionPlanFactory,
    "report": ReportFactory,
}


def queries_of(browser, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(40) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_the_same_queries_for_any_number_of_rows(browser, name, django_assert_max_num_queries):
    address = reverse(f"admin:audits_{name}_changelist")
    LISTS[name]()
    browser.get(address)
    one = queries_of(browser, address, django_assert_max_num_queries)
    for _number in range(3):
        LISTS[name]()

    assert queries_of(browser, address, django_assert_max_num_queries) == one


def test_audit_page_takes_the_same_queries_for_any_number_of_rows(browser, auditor, django_assert_max_num_queries):
    audit = AuditFactory(lead=auditor, state=AuditState.ISSUED)
    address = reverse(CHANGE, args=[audit.pk])

    def grow():
        EvidenceFileFactory(audit=audit, finding=AuditFindingFactory(audit=audit))

    grow()
    browser.get(address)
    one = queries_of(browser, address, django_assert_max_num_queries)
    grow()
    grow()

    assert queries_of(browser, address, django_assert_max_num_queries) == one
