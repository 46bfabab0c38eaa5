import datetime as dt
import hashlib

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.certificates import issue
from certification.enums import CertificateState
from certification.verify.cli import main as verify
from governance.canonical import digest
from plugins.enums import RunState, VersionState
from tests.factories import (
    ArtifactFactory,
    CertificateFactory,
    PluginFactory,
    PluginVersionFactory,
    UserFactory,
    VettingRunFactory,
)
from tests.sample_report import vetting_report

STATUS = reverse("certification:status")


def page_of(client, certificate):
    return client.get(reverse("certification:certificate", args=[certificate.serial])).content.decode()


def listed(client, query=""):
    return [row["certificate"] for row in client.get(f"{STATUS}{query}").context["rows"]]


def days(number):
    return timezone.now() + dt.timedelta(days=number)


@pytest.fixture
def certificates(db):
    """One in force, and one of each kind that is not."""
    return {
        "active": CertificateFactory(),
        "suspended": CertificateFactory(state=CertificateState.SUSPENDED),
        "revoked": CertificateFactory(state=CertificateState.REVOKED),
        "superseded": CertificateFactory(state=CertificateState.SUPERSEDED),
        "expired": CertificateFactory(not_before=days(-9), not_after=days(-1)),
        "future": CertificateFactory(not_before=days(1), not_after=days(9)),
    }


def test_status_lists_what_is_in_force_at_this_moment(client, certificates):
    assert listed(client) == [certificates["active"]]


def test_status_tells_apart_what_is_not_in_force(client, certificates):
    past = listed(client, "?show=past")

    assert set(past) == set(certificates.values()) - {certificates["active"]}


def test_status_says_so_when_nothing_is_certified(client, db):
    assert "No plugin is certified at the moment." in client.get(STATUS).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        lambda certificate: certificate.version.plugin.name[2:].upper(),
        lambda certificate: certificate.serial.lower(),
        lambda certificate: certificate.sha256[:12].upper(),
    ],
)
def test_status_is_searched_by_name_serial_and_digest(client, db, query):
    certificate = CertificateFactory(version__plugin__name="acme-weather")
    CertificateFactory(version__plugin__name="other")

    assert listed(client, f"?q={query(certificate)}") == [certificate]


def test_status_search_points_to_certificates_not_in_force(client, certificates):
    page = client.get(f"{STATUS}?q={certificates['revoked'].serial}").content.decode()

    assert "1 certificate that is not in force any more does." in page


@pytest.mark.parametrize("query", ["?q=<script>alert(1)</script>", "?page=-1", "?show=x&page=zero"])
def test_status_takes_any_address(client, db, query):
    response = client.get(STATUS + query)

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_status_escapes_a_hostile_name(client, db):
    certificate = CertificateFactory(version__plugin__name="<script>alert(1)</script>", conditions="<img src=x>")

    for page in (client.get(STATUS).content.decode(), page_of(client, certificate)):
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_status_pages_are_cached_shortly_for_strangers_and_not_for_users(client, certificates):
    assert client.get(STATUS)["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in client.get(STATUS)["Vary"]

    client.force_login(UserFactory())

    assert "private" in client.get(STATUS)["Cache-Control"]


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("active", "This exact file may run on the platform"),
        ("suspended", "Do not run it until the suspension has ended."),
        ("revoked", "Taken back for good by the reviewers."),
        ("superseded", "A newer certificate has taken its place."),
        ("expired", "Its time has run out"),
    ],
)
def test_certificate_tells_what_it_is_worth_now(client, certificates, state, meaning):
    page = page_of(client, certificates[state])

    assert meaning in page
    assert ("Certified until" in page) == (state == "active")


def test_certificate_that_begins_later_is_not_in_force(client, certificates):
    assert "Certified until" not in page_of(client, certificates["future"])


def test_certificate_keeps_the_reviewers_words_to_itself(client, db):
    certificate = CertificateFactory(state=CertificateState.REVOKED, state_reason="The owner of Acme lied to us.")

    assert "lied" not in page_of(client, certificate)


def test_certificate_not_in_force_points_to_the_plugins_newer_one(client, db):
    plugin = PluginFactory()
    old = CertificateFactory(version=PluginVersionFactory(plugin=plugin), state=CertificateState.REVOKED)
    new = CertificateFactory(version=PluginVersionFactory(plugin=plugin, version="9.9"))

    assert reverse("certification:certificate", args=[new.serial]) in page_of(client, old)


def test_certificate_of_the_demo_says_so(client, db):
    assert "worth nothing outside this demo" in page_of(client, CertificateFactory(demo=True))
    assert "worth nothing outside" not in page_of(client, CertificateFactory(demo=False))


def test_certificate_command_quotes_a_hostile_file_name(client, db):
    artifact = ArtifactFactory(filename="a; rm -rf $HOME.zip")

    page = page_of(client, CertificateFactory(version__artifact=artifact))

    assert "--artifact &#x27;a; rm -rf $HOME.zip&#x27;" in page


def test_unknown_certificate_is_not_found(client, db):
    assert client.get(reverse("certification:certificate", args=["PW-0"])).status_code == 404
    assert client.get(reverse("certification:bundle", args=["PW-0"])).status_code == 404


def test_downloads_verify_offline(client, db, tmp_path, capsys):
    content = b"the certified bytes"
    version = PluginVersionFactory(
        artifact=ArtifactFactory.stored(content=content, filename="acme.zip"), state=VersionState.APPROVED
    )
    report = vetting_report(verdict="passed")
    report["artifact"]["sha256"] = version.artifact.sha256
    run = VettingRunFactory(version=version, state=RunState.PASSED, report=report, report_sha256=digest(report))
    certificate = issue(version=version, run=run, decision=None)
    (tmp_path / "acme.zip").write_bytes(content)
    bundle = client.get(reverse("certification:bundle", args=[certificate.serial]))
    root = client.get(reverse("certification:trust_root"))
    (tmp_path / "bundle.json").write_bytes(bundle.content)
    (tmp_path / "trust-root.json").write_bytes(root.content)

    code = verify([
        "--trust-root", str(tmp_path / "trust-root.json"), "--artifact", str(tmp_path / "acme.zip"),
        str(tmp_path / "bundle.json"),
    ])  # fmt: skip

    assert code == 0, capsys.readouterr().out
    assert bundle["ETag"] == f'"{hashlib.sha256(bundle.content).hexdigest()}"'
    assert bundle["Content-Disposition"] == f'attachment; filename="{certificate.serial}.bundle.json"'


@pytest.mark.parametrize("count", [1, 3])
def test_status_query_count_is_flat(client, db, count, django_assert_num_queries):
    CertificateFactory.create_batch(count)

    with django_assert_num_queries(5):
        assert len(listed(client)) == count


def test_certificate_query_count(client, db, django_assert_num_queries):
    certificate = CertificateFactory(state=CertificateState.REVOKED)

    with django_assert_num_queries(4):
        page_of(client, certificate)
