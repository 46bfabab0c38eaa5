"""Issues, waivers and file decisions in the admin, as reviewers use them."""

import pytest
from django.urls import reverse

from governance.roles import Role
from plugins.enums import WaiverState
from plugins.models import FileDecision, IssueNote, Waiver
from tests.factories import (
    FileDecisionFactory,
    FindingFactory,
    FixedFindingFactory,
    IssueFactory,
    IssueNoteFactory,
    UserFactory,
    VersionFileFactory,
    WaiverFactory,
)

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def issue(policy):
    return IssueFactory(found=True, title=HOSTILE)


def as_role(client, role):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def page_of(issue):
    return reverse("admin:plugins_issue_change", args=[issue.pk])


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("rows", [1, 6])
def test_the_page_of_an_issue_asks_as_often_for_many_rows(client, issue, rows, django_assert_num_queries):
    for _ in range(rows):
        IssueNoteFactory(issue=issue, text=HOSTILE)
        WaiverFactory(issue=issue, state="withdrawn", reason=HOSTILE)
        FindingFactory(run=issue.first_run, issue=issue, path=HOSTILE)
    as_role(client, Role.REVIEWER)
    client.get(page_of(issue))

    with django_assert_num_queries(14):
        text = client.get(page_of(issue)).content.decode()

    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("name", ["issue", "waiver", "filedecision"])
def test_the_lists_ask_as_often_for_many_rows(client, policy, name, rows, django_assert_max_num_queries):
    for _ in range(rows):
        WaiverFactory(issue=IssueFactory(found=True))
        FileDecisionFactory()
    as_role(client, Role.LEAD_REVIEWER)
    address = reverse(f"admin:plugins_{name}_changelist")
    client.get(address)

    with django_assert_max_num_queries(10):
        assert client.get(address).status_code == 200


def test_a_reviewer_triages_and_the_owner_does_not_see_what_is_internal(client, issue):
    as_role(client, Role.REVIEWER)
    address = reverse("admin:plugins_issue_note", args=[issue.pk])

    client.post(address, {"text": "Looks like a constant.", "triage": "false_alarm", "internal": "on"})

    note = IssueNote.objects.get()
    assert (note.triage, note.internal, note.text) == ("false_alarm", True, "Looks like a constant.")
    assert "Likely a false alarm" in client.get(page_of(issue)).content.decode()


def test_an_empty_note_is_refused_on_the_page(client, issue):
    as_role(client, Role.REVIEWER)

    response = client.post(reverse("admin:plugins_issue_note", args=[issue.pk]), {"text": " ", "triage": "confirmed"})

    assert response.status_code == 422
    assert not IssueNote.objects.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MANAGER])
def test_who_only_looks_neither_triages_nor_waives(client, issue, role):
    as_role(client, role)

    assert client.post(reverse("admin:plugins_issue_note", args=[issue.pk]), {"text": "Hm."}).status_code == 403
    assert client.get(reverse("admin:plugins_issue_waive", args=[issue.pk])).status_code == 403
    assert "Keep the note" not in client.get(page_of(issue)).content.decode()


def test_a_waiver_goes_its_way_through_the_pages(client, issue):
    as_role(client, Role.REVIEWER)
    form = client.get(reverse("admin:plugins_issue_waive", args=[issue.pk]))
    assert "the policy allows 90 days" in form.content.decode()
    until = form.context["form"].fields["ends_on"].initial
    client.post(reverse("admin:plugins_issue_waive", args=[issue.pk]), {"reason": "A constant.", "ends_on": until})
    waiver = Waiver.objects.get()
    mine = client.get(reverse("admin:plugins_waiver_change", args=[waiver.pk])).content.decode()
    assert "Take it back" in mine
    assert "Approve" not in mine

    as_role(client, Role.LEAD_REVIEWER)
    assert "Approve …" in client.get(reverse("admin:plugins_waiver_change", args=[waiver.pk])).content.decode()
    move = reverse("admin:plugins_waiver_move", args=[waiver.pk, "approve"])
    assert client.post(move, {"reason": ""}).status_code == 422
    response = client.post(move, {"reason": "Agreed."}, follow=True)

    assert said(response) == [f"W-{waiver.pk} is active now."]
    assert "Waived" in client.get(page_of(issue)).content.decode()
    client.post(reverse("admin:plugins_waiver_move", args=[waiver.pk, "revoke"]), {"reason": "No constant."})
    assert Waiver.objects.get().state == WaiverState.REVOKED


def test_a_refusal_stays_on_the_page_that_asked(client, issue):
    lead = as_role(client, Role.LEAD_REVIEWER)
    waiver = WaiverFactory(issue=issue, requested_by=lead)

    response = client.post(reverse("admin:plugins_waiver_move", args=[waiver.pk, "approve"]), {"reason": "Mine."})

    assert response.status_code == 422
    assert "four eyes" in response.content.decode()
    assert client.get(reverse("admin:plugins_waiver_move", args=[waiver.pk, "explode"])).status_code == 404


def test_the_page_says_what_fixed_it(client, issue):
    fixed = FixedFindingFactory(finding=issue.findings.get(), run__version__plugin=issue.plugin)
    as_role(client, Role.REVIEWER)

    assert f"Not found any more in {fixed.run.version}" in client.get(page_of(issue)).content.decode()


def test_a_lead_blocks_a_file_and_sees_where_it_ships(client, policy):
    file = VersionFileFactory()
    as_role(client, Role.LEAD_REVIEWER)
    address = reverse("admin:plugins_filedecision_decide")
    assert address in client.get(reverse("admin:plugins_filedecision_changelist")).content.decode()

    bad = client.post(address, {"sha256": "abc", "verdict": "block", "reason": "Bad."})
    response = client.post(address, {"sha256": file.sha256.upper(), "verdict": "block", "reason": HOSTILE}, follow=True)

    assert bad.status_code == 422
    decision = FileDecision.objects.get()
    assert said(response) == [f"F-{decision.pk} is active; 1 versions ship the file."]
    assert HOSTILE not in response.content.decode()
    ended = client.post(
        reverse("admin:plugins_filedecision_move", args=[decision.pk, "end"]), {"reason": "Cleared."}, follow=True
    )
    assert said(ended) == [f"F-{decision.pk} is ended now."]


def test_a_plain_reviewer_does_not_decide_about_files(client, policy):
    as_role(client, Role.REVIEWER)

    assert client.get(reverse("admin:plugins_filedecision_decide")).status_code == 403
    assert "Decide about a file" not in client.get(reverse("admin:plugins_filedecision_changelist")).content.decode()
