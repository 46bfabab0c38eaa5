import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.models import Artifact, PluginVersion, VettingRun
from tests.factories import OwnerTeamFactory, UserFactory

SUBMIT = reverse("portal:submit")


def package(name="acme_notes", version="1.0.0", filename=None, body="VALUE = 1\n"):
    """A small wheel; the same arguments give the same bytes, whatever the clock says."""
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}/__init__.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in members.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return SimpleUploadedFile(filename or f"{name}-{version}-py3-none-any.whl", stream.getvalue())


def errors(response):
    assert response.status_code == 422
    return response.context["form"].errors["package"]


def test_submit_stores_the_version_and_leads_to_its_page(portal, team, owner):
    response = portal.post(SUBMIT, {"package": package(), "note": "First one"})

    version = PluginVersion.objects.get()
    assert response.url == version.get_absolute_url()
    assert (version.plugin.team, version.version) == (team, "1.0.0")
    assert version.submissions.get().note == "First one"
    assert VettingRun.objects.get().version == version
    assert portal.get(response.url).context["progress"].total == len(VettingRun.objects.get().progress["checks"])


def test_submit_states_what_is_taken(portal):
    page = portal.get(SUBMIT).content.decode()

    assert "at most 100.0\N{NO-BREAK SPACE}MB" in page
    assert ".whl" in page


def test_submit_asks_the_team_only_of_those_with_several(portal, team, owner):
    assert "team" not in portal.get(SUBMIT).context["form"].fields

    second = OwnerTeamFactory(members=[owner])
    OwnerTeamFactory()

    assert list(portal.get(SUBMIT).context["form"].fields["team"].queryset) == [team, second]


@pytest.mark.parametrize(
    "upload",
    [
        pytest.param(lambda: SimpleUploadedFile("notes.zip", b"certainly no archive"), id="no archive"),
        pytest.param(lambda: SimpleUploadedFile("notes.whl", package().read()[:200]), id="truncated"),
        pytest.param(lambda: SimpleUploadedFile("empty.zip", b""), id="empty"),
        pytest.param(lambda: package(name="<script>alert(1)</script>", filename="x.whl"), id="hostile name"),
    ],
)
def test_submit_turns_every_refusal_into_one_clear_sentence(portal, team, upload):
    response = portal.post(SUBMIT, {"package": upload()})

    (sentence,) = errors(response)
    assert sentence.endswith(".")
    assert LedgerEntry.objects.get(verb="submission.refused").details["message"] == sentence
    assert not PluginVersion.objects.exists()
    assert not Artifact.objects.exists()
    assert "<script>alert" not in response.content.decode()


def test_submit_takes_one_file_at_a_time(portal, team):
    response = portal.post(SUBMIT, {"package": [package(), package(name="other")]})

    assert errors(response) == ["Choose one file: every package is submitted by itself."]
    assert not PluginVersion.objects.exists()


def test_submit_links_to_the_version_of_the_same_file(portal, team):
    portal.post(SUBMIT, {"package": package()})

    response = portal.post(SUBMIT, {"package": package()})

    assert errors(response) == ["This exact file was already submitted as acme_notes 1.0.0."]
    assert f'href="{PluginVersion.objects.get().get_absolute_url()}"' in response.content.decode()


def test_submit_does_not_betray_another_teams_version(portal, team, client):
    stranger = OwnerTeamFactory(members=[])
    portal.post(SUBMIT, {"package": package()})
    version = PluginVersion.objects.get()
    other = Client()
    user = UserFactory()
    stranger.members.add(user)
    other.force_login(user)

    response = other.post(SUBMIT, {"package": package()})

    assert errors(response) == ["This exact file was already submitted by another team."]
    assert version.get_absolute_url() not in response.content.decode()


def test_submit_refuses_a_file_that_is_too_large_and_notes_who_tried(portal, team, owner, settings):
    settings.ARCHIVE_LIMITS = settings.ARCHIVE_LIMITS | {"input_bytes": 2**20}

    response = portal.post(SUBMIT, {"package": SimpleUploadedFile("big.zip", b"x" * (5 * 2**20)), "note": "Huge"})

    assert errors(response) == ["The file is larger than 1 MiB."]
    assert response.context["form"].data["note"] == "Huge"
    assert LedgerEntry.objects.get(verb="submission.refused").actor_id == owner.pk


def test_submit_keeps_no_more_of_a_large_upload_than_the_limit(portal, team, settings, monkeypatch):
    settings.ARCHIVE_LIMITS = settings.ARCHIVE_LIMITS | {"input_bytes": 2**20}
    sizes = []
    from plugins.portal import views  # noqa: PLC0415 - only here

    taken = views.submit_package
    monkeypatch.setattr(
        views, "submit_package", lambda **given: (sizes.append(given["upload"].size), taken(**given))[1]
    )

    portal.post(SUBMIT, {"package": SimpleUploadedFile("big.zip", b"x" * (9 * 2**20))})

    assert 6 * 2**20 < sizes[0] <= 6 * 2**20 + 2 * 2**16


def test_submit_still_demands_the_csrf_token(owner, team):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)

    assert browser.post(SUBMIT, {"package": package()}).status_code == 403
    assert not PluginVersion.objects.exists()


@pytest.mark.parametrize(
    ("role", "member", "allowed"),
    [
        (None, False, True),
        (Role.OWNER, True, True),
        (Role.REVIEWER, False, False),
        (Role.REVIEWER, True, True),
        (Role.MANAGER, False, False),
        (Role.AUDITOR, False, False),
        (Role.AUDITOR, True, False),
        (Role.PLATFORM, False, False),
        (Role.PLATFORM, True, False),
    ],
)
def test_submit_is_for_teams_and_lone_authors(client, db, role, member, allowed):
    user = UserFactory(role=role)
    OwnerTeamFactory(members=[user] if member else [])
    client.force_login(user)

    index, form = client.get(reverse("portal:index")), client.get(SUBMIT)
    response = client.post(SUBMIT, {"package": package()})

    assert (f'href="{SUBMIT}"' in index.content.decode(), form.status_code) == (allowed, 200 if allowed else 403)
    assert PluginVersion.objects.exists() is allowed
    if not allowed:
        assert [page.content.decode().count("its role is another one") for page in (form, response)] == [1, 1]
        refusal = LedgerEntry.objects.get(verb="submission.refused")
        assert (refusal.actor_id, refusal.details["code"]) == (user.pk, "not-an-author")


def test_submit_by_a_stranger_leads_to_the_login(client, db):
    assert client.post(SUBMIT, {"package": package()}).url.startswith(reverse("login"))
