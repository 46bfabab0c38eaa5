import pytest
from django.urls import reverse

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.enums import RunState, VersionState
from plugins.models import artifact_storage
from tests.factories import (
    ArtifactFactory,
    PluginFactory,
    PluginVersionFactory,
    SubmissionFactory,
    UserFactory,
    VettingRunFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _artifacts(tmp_path, settings):
    storage = settings.STORAGES["artifacts"]
    settings.STORAGES = settings.STORAGES | {"artifacts": storage | {"OPTIONS": {"location": str(tmp_path)}}}


def address(name, version):
    return reverse(f"admin:plugins_pluginversion_{name}", args=[version.pk])


def test_the_page_shows_the_whole_evidence(client):
    run = VettingRunFactory()
    SubmissionFactory(version=run.version, note="Fixes the token.")
    client.force_login(UserFactory(role=Role.AUDITOR))

    page = client.get(address("change", run.version)).text.replace("<wbr>", "")

    for text in (
        run.version.artifact.sha256,
        "Fixes the token.",
        "Close the leaked token",
        "One line was not answered by pip-audit.",
        "src/acme/settings.py:12",
        "CWE-798",
        "telemetry.other.example",
        "GHSA-x84v-xcm2-53pg",
        "Demo data",
        "No credentials in the package",
        "2028-01-31",
        "Rules: GuardDog 3.2.0, 55 rules",
        f'title="sha256:{"5e" * 32}"',
    ):
        assert text in page


def test_what_rules_on_trial_found_stands_apart_from_the_findings(client):
    hit = {
        "check": "detection", "rule": "no-evil", "severity": "high", "title": "It names <b>evil.example</b>",
        "path": "index.js", "line": 3, "snippet": "<script>", "detail": "(Detection rule no-evil, revision 2.)",
        "cwe": "", "fingerprint": "a" * 64, "remediation": "",
    }  # fmt: skip
    plain = VettingRunFactory()
    run = VettingRunFactory(evidence=False, report={**plain.report, "monitored": [hit]})
    client.force_login(UserFactory(role=Role.AUDITOR))

    page = client.get(address("change", run.version))

    assert page.context["page"].evidence.findings_total == 0
    assert "Only monitored" in page.text
    assert "It names &lt;b&gt;evil.example&lt;/b&gt;" in page.text
    assert "no-evil, revision 2" in page.text
    assert "Only monitored" not in client.get(address("change", plain.version)).text


def test_text_of_a_package_is_escaped(client):
    version = PluginVersionFactory(
        plugin=PluginFactory(name="<script>alert('name')</script>"), description="<img src=x onerror=alert(1)>"
    )
    VettingRunFactory(version=version)
    client.force_login(UserFactory(role=Role.REVIEWER))

    pages = [client.get(address("change", version)).text, client.get(reverse("admin:plugins_finding_changelist")).text]

    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("more", [0, 3])
def test_query_count_of_the_page_is_flat(client, more, django_assert_num_queries):
    run = VettingRunFactory()
    SubmissionFactory.create_batch(more + 1, version=run.version)
    PluginVersionFactory.create_batch(more + 1, plugin=run.version.plugin)
    VettingRunFactory.create_batch(more, version=run.version)
    client.force_login(UserFactory(role=Role.REVIEWER))
    client.get(address("change", run.version))

    with django_assert_num_queries(21):
        client.get(address("change", run.version))


def test_the_download_is_an_attachment_and_in_the_ledger(client):
    version = PluginVersionFactory(artifact=ArtifactFactory.stored(b"<html>", filename='a"b.html'))
    user = UserFactory(role=Role.REVIEWER)
    client.force_login(user)

    response = client.get(address("artifact", version))

    assert b"".join(response.streaming_content) == b"<html>"
    assert response.headers["Content-Disposition"] == 'attachment; filename="a\\"b.html"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert list(LedgerEntry.objects.values_list("verb", "actor_id")) == [("artifact.downloaded", user.pk)]


def test_an_altered_artifact_is_not_handed_out(client):
    version = PluginVersionFactory(artifact=ArtifactFactory.stored(b"as submitted"))
    with artifact_storage().open(version.artifact.storage_name, "wb") as file:
        file.write(b"tampered")
    client.force_login(UserFactory(role=Role.REVIEWER))

    response = client.get(address("artifact", version), follow=True)

    assert "missing or has been altered" in response.text
    assert not LedgerEntry.objects.filter(verb="artifact.downloaded").exists()


def test_nobody_downloads_without_the_permission(client):
    version = PluginVersionFactory(artifact=ArtifactFactory.stored(b"secret"))
    client.force_login(UserFactory(is_staff=True))

    assert client.get(address("artifact", version)).status_code == 403


def test_vetting_again_queues_a_run(client):
    version = VettingRunFactory().version
    client.force_login(UserFactory(role=Role.REVIEWER))

    client.post(address("vet", version))

    version.refresh_from_db()
    assert version.state == VersionState.VETTING
    assert [run.state for run in version.runs.all()] == [RunState.QUEUED, RunState.FAILED]


def test_a_refused_run_becomes_a_message(client):
    version = PluginVersionFactory(state=VersionState.REJECTED)
    client.force_login(UserFactory(role=Role.REVIEWER))

    response = client.post(address("vet", version), follow=True)

    assert "is not vetted again" in response.text
    assert not version.runs.exists()


@pytest.mark.parametrize(("role", "method"), [(Role.AUDITOR, "post"), (Role.REVIEWER, "get")])
def test_vetting_again_needs_the_permission_and_a_post(client, role, method):
    version = VettingRunFactory().version
    client.force_login(UserFactory(role=role))

    response = getattr(client, method)(address("vet", version))

    assert (response.status_code, version.runs.count()) == (403, 1)


def test_progress_is_polled_while_the_run_is_under_way_and_reloads_the_page_at_its_end(client):
    version = PluginVersionFactory(state=VersionState.VETTING)
    run = VettingRunFactory(version=version, running=True)
    client.force_login(UserFactory(role=Role.REVIEWER))
    under_way = client.get(address("progress", version))
    run.conclude_passed()
    run.save(update_fields=["state"])

    ended = client.get(address("progress", version))

    assert 'hx-trigger="every 2s"' in under_way.text
    assert "1 of 2 checks are done." in under_way.text
    assert (ended.status_code, ended.headers["HX-Refresh"]) == (286, "true")


def test_progress_is_for_those_who_may_see_the_version(client):
    version = VettingRunFactory(running=True).version
    client.force_login(UserFactory(is_staff=True))

    assert client.get(address("progress", version)).status_code == 403


def test_a_run_page_shows_that_run_and_not_the_newest(client):
    older = VettingRunFactory(reason="The older one.")
    VettingRunFactory(version=older.version, reason="The newer one.")
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.get(reverse("admin:plugins_vettingrun_change", args=[older.pk])).text

    assert "The older one." in page
    assert "The newer one." not in page
