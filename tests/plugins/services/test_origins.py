"""Proof of origin from the upload to the page: stored by content, judged by the run, shown with its reason."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.enums import VersionState
from plugins.models import ArtifactDamaged, OriginFile, PluginVersion, artifact_storage
from plugins.presenters import evidence_of
from plugins.services import SubmissionRefused, execute_run, origins, submit
from plugins.services.origins import OriginRefused, hand_in
from plugins.services.recording import record
from tests.factories import OriginFileFactory, OwnerTeamFactory, PluginVersionFactory, UserFactory
from tests.plugins.provenance import forge
from tests.support.packages import npm_package, upload

pytestmark = pytest.mark.django_db
KEY = ed25519.Ed25519PrivateKey.generate()
CONTENT = npm_package("weather", "2.1.0", repository=forge.REPOSITORY)


@pytest.fixture
def owner():
    return OwnerTeamFactory(members=[UserFactory(username="olga")]).members.get()


@pytest.fixture
def trusted(tmp_path, settings):
    settings.PROVENANCE_TRUST = tmp_path / "trust.json"
    settings.PROVENANCE_TRUST.write_bytes(forge.trust_file(keys=[forge.key_entry(KEY)]))


def attestation(content=CONTENT, name="attestations.json"):
    statement = forge.statement(name="pkg:npm/weather@2.1.0", digest={"sha512": hashlib.sha512(content).hexdigest()})
    return SimpleUploadedFile(name, json.dumps(forge.envelope(KEY, statement)).encode())


def source(content=CONTENT):
    return SimpleUploadedFile("source.tgz", content)


def test_what_is_handed_in_is_stored_by_content_and_judged_by_the_run(owner, policy, trusted):
    submission = submit(
        actor=owner, attestations=[attestation()], source=source(), **upload(CONTENT, "weather-2.1.0.tgz")
    )

    stored = list(submission.version.origins.all())
    assert [(file.kind, file.filename, file.handed_in_by) for file in stored] == [
        ("attestation", "attestations.json", owner),
        ("source", "source.tgz", owner),
    ]
    assert all(artifact_storage().exists(file.storage_name) for file in stored)
    assert [row.details["kind"] for row in LedgerEntry.objects.filter(verb="origin.handed-in")] == [
        "attestation",
        "source",
    ]

    run = execute_run(run_id=submission.version.runs.get().pk)

    shown = evidence_of(run).origin
    assert (shown.verified, shown.source, shown.files) == (True, "source.tgz", ())
    (statement,) = shown.statements
    assert dict(statement.fields)["Commit"] == forge.COMMIT
    assert run.checks.get(code="provenance").status == "passed"
    assert run.report["provenance"]["verified"] is True


def test_the_owners_page_shows_builder_repository_and_commit(client, owner, policy, trusted):
    submission = submit(actor=owner, attestations=[attestation()], **upload(CONTENT, "weather-2.1.0.tgz"))
    execute_run(run_id=submission.version.runs.get().pk)
    client.force_login(owner)

    page = client.get(submission.version.get_absolute_url()).text

    for text in ("Where it comes from", "Verified", forge.BUILDER, forge.REPOSITORY, forge.COMMIT, "acme ci"):
        assert text in page


def test_statement_that_does_not_count_is_shown_with_its_reason(client, owner, policy, settings):
    settings.PROVENANCE_TRUST = None
    submission = submit(actor=owner, attestations=[attestation()], **upload(CONTENT, "weather-2.1.0.tgz"))
    execute_run(run_id=submission.version.runs.get().pk)
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.get(reverse("admin:plugins_pluginversion_change", args=[submission.version.pk])).text.replace(
        "<wbr>", ""
    )

    for text in (
        "Not proven",
        "No trust root is configured",
        "not verified; what it says is nobody's word",
        "attestations.json",
    ):
        assert text in page.replace("&#x27;", "'")


def test_stored_proof_that_was_altered_is_not_used(owner, policy, trusted):
    submission = submit(actor=owner, attestations=[attestation()], **upload(CONTENT, "weather-2.1.0.tgz"))
    file = submission.version.origins.get()
    Path(artifact_storage().path(file.storage_name)).write_bytes(b"{}")

    with pytest.raises(ArtifactDamaged):
        execute_run(run_id=submission.version.runs.get().pk)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("no.json", b"not json", "no-attestation"),
        ("empty.json", b"", "empty"),
        ("large.json", b" " * (4 * 2**20 + 1), "too-large"),
    ],
)
def test_file_that_is_no_attestation_is_refused_and_nothing_is_stored(owner, name, content, code):
    with pytest.raises(SubmissionRefused) as caught:
        submit(actor=owner, attestations=[SimpleUploadedFile(name, content)], **upload(CONTENT))

    assert caught.value.code == code
    assert str(caught.value).startswith(name)
    assert not PluginVersion.objects.exists()
    assert LedgerEntry.objects.get().verb == "submission.refused"


def test_row_about_the_origin_never_changes():
    file = OriginFileFactory()

    with pytest.raises(DatabaseError), transaction.atomic():
        OriginFile.objects.filter(pk=file.pk).update(filename="other")


def test_the_same_file_is_kept_once_a_version_and_no_more_than_eight_are(owner):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)
    hand_in(version=version, actor=owner, attestations=[attestation()])

    with pytest.raises(OriginRefused, match="handed in before"):
        hand_in(version=version, actor=owner, attestations=[attestation()])
    with pytest.raises(OriginRefused, match="Choose a file"):
        hand_in(version=version, actor=owner)
    others = [attestation(bytes([number])) for number in range(8)]
    with pytest.raises(OriginRefused, match="at most 8"):
        hand_in(version=version, actor=owner, attestations=others)
    assert version.origins.count() == 1


def test_newest_source_archive_is_the_one_that_counts(tmp_path, owner):
    version = PluginVersionFactory()
    for content in (b"first", b"second"):
        hand_in(version=version, actor=owner, source=source(content))

    evidence = origins.evidence_of(version=version, folder=tmp_path)

    assert evidence.source.path.read_bytes() == b"second"
    assert evidence.source.sha256 == hashlib.sha256(b"second").hexdigest()


def test_recorded_package_takes_its_proof_along(tmp_path, owner):
    package, proof = tmp_path / "weather-2.1.0.tgz", tmp_path / "proof.json"
    package.write_bytes(CONTENT)
    proof.write_bytes(attestation().read())

    submission = record(path=package, filename=package.name, username="olga", attestations=[proof], source=package)

    assert [file.kind for file in submission.version.origins.all()] == ["attestation", "source"]


# ------------------------------------------------------------------ the pages


def test_submit_form_takes_proof_and_source(client, owner):
    client.force_login(owner)

    response = client.post(
        reverse("portal:submit"),
        {"package": upload(CONTENT)["upload"], "attestation": attestation(), "source": source()},
    )

    version = PluginVersion.objects.get()
    assert response.url == version.get_absolute_url()
    assert sorted(version.origins.values_list("kind", flat=True)) == ["attestation", "source"]


def test_submit_form_says_at_the_field_what_is_wrong_with_the_proof(client, owner):
    client.force_login(owner)

    response = client.post(
        reverse("portal:submit"),
        {"package": upload(CONTENT)["upload"], "attestation": SimpleUploadedFile("x.json", b"{}}")},
    )

    assert response.status_code == 422
    (sentence,) = response.context["form"].errors["attestation"]
    assert sentence.startswith("x.json is no file of attestations.")


def test_owner_hands_in_proof_later_while_the_version_is_in_review(client, owner, policy):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW, plugin__team=owner.owner_teams.get())
    client.force_login(owner)
    address = reverse("portal:origin", args=[version.pk])

    page = client.post(address, {"attestation": attestation()}, follow=True)

    assert "vetted again with it" in page.text
    assert (version.origins.get().handed_in_by, version.runs.get().trigger) == (owner, "origin")
    again = client.post(address, {"attestation": attestation(b"more")}, follow=True)
    assert "is taken in for a version in review" in again.text
    assert version.origins.count() == 1


@pytest.mark.parametrize("state", [VersionState.APPROVED, VersionState.CHANGES_REQUESTED, VersionState.REJECTED])
def test_owner_moves_no_decided_version_by_handing_proof_in(client, owner, state):
    version = PluginVersionFactory(state=state, plugin__team=owner.owner_teams.get())
    client.force_login(owner)

    client.post(reverse("portal:origin", args=[version.pk]), {"attestation": attestation()})

    assert not version.origins.exists()
    assert not version.runs.exists()


def test_stranger_hands_nothing_in(client):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)
    client.force_login(OwnerTeamFactory(members=[UserFactory()]).members.get())

    assert client.post(reverse("portal:origin", args=[version.pk]), {"attestation": attestation()}).status_code == 404


def test_reviewer_hands_in_proof_and_a_run_is_queued(client):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    address = reverse("admin:plugins_pluginversion_origin", args=[version.pk])

    response = client.post(address, {"attestation": attestation()})

    assert response.url.endswith("#origin")
    assert version.origins.get().filename == "attestations.json"
    assert version.runs.get().state == "queued"
    assert client.get(address).status_code == 403


def test_refused_proof_queues_nothing(client):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    response = client.post(reverse("admin:plugins_pluginversion_origin", args=[version.pk]), follow=True)

    assert "Choose a file." in response.text
    assert not version.runs.exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OWNER])
def test_who_may_not_vet_again_hands_nothing_in(client, role):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)
    client.force_login(UserFactory(role=role))

    response = client.post(
        reverse("admin:plugins_pluginversion_origin", args=[version.pk]), {"attestation": attestation()}
    )

    assert response.status_code in {302, 403, 404}
    assert not version.origins.exists()
