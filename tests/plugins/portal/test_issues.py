"""Issues in the owner portal."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from plugins.models import IssueNote, Waiver
from tests.factories import (
    FindingFactory,
    IssueFactory,
    IssueNoteFactory,
    OwnerTeamFactory,
    UserFactory,
    VettingRunFactory,
)


@pytest.fixture
def issue(policy, mine):
    found = IssueFactory(first_run=VettingRunFactory(version=mine), found=True)
    IssueNoteFactory(issue=found, text="Please explain.", triage="needs_owner")
    IssueNoteFactory(issue=found, text="Smells.", internal=True)
    return found


def test_the_owner_reads_what_is_meant_for_them(portal, issue):
    text = portal.get(reverse("portal:issue", args=[issue.pk])).content.decode()

    assert "Please explain." in text
    assert "The owner has to answer" in text
    assert "Smells." not in text


def test_the_version_page_leads_to_the_issue(portal, mine, issue):
    FindingFactory(run=mine.runs.get(), issue=issue)

    assert reverse("portal:issue", args=[issue.pk]) in portal.get(mine.get_absolute_url()).content.decode()


def test_the_owner_answers(portal, owner, issue):
    portal.post(reverse("portal:issue", args=[issue.pk]), {"text": "It is a constant.", "triage": "confirmed"})

    note = IssueNote.objects.latest("pk")
    assert (note.author, note.text, note.triage) == (owner, "It is a constant.", "")


def test_the_owner_asks_for_a_waiver_and_takes_it_back(portal, owner, issue):
    address = reverse("portal:waive", args=[issue.pk])
    late = timezone.localdate() + dt.timedelta(days=400)
    refused = portal.post(address, {"reason": "A constant.", "ends_on": late})
    assert refused.status_code == 422
    assert "at most 90 days" in refused.content.decode()

    portal.post(address, {"reason": "A constant.", "ends_on": timezone.localdate()})

    assert Waiver.objects.get().requested_by == owner
    assert "Take it back" in portal.get(reverse("portal:issue", args=[issue.pk])).content.decode()
    portal.post(address, {"take_back": "1"})
    assert Waiver.objects.get().state == "withdrawn"


def test_anothers_issue_is_not_found(client, issue):
    stranger = UserFactory()
    OwnerTeamFactory(members=[stranger])
    client.force_login(stranger)

    assert client.get(reverse("portal:issue", args=[issue.pk])).status_code == 404
    assert client.post(reverse("portal:waive", args=[issue.pk]), {"reason": "x"}).status_code == 404


def test_what_is_never_waived_says_so(portal, mine, policy):
    paper = IssueFactory(first_run=VettingRunFactory(version=mine), check_code="declaration", rule="undeclared-host")

    response = portal.get(reverse("portal:waive", args=[paper.pk]), follow=True)

    assert "put right, not waived" in response.content.decode()
