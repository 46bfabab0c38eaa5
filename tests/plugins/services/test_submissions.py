import errno
import hashlib
import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.enums import RunState, Trigger, VersionState
from plugins.models import Artifact, OwnerTeam, Plugin, PluginVersion, Submission, VettingRun, artifact_storage
from plugins.services import AlreadySubmitted, RunRefused, SubmissionRefused, runs, submit, withdraw
from tests.factories import OwnerTeamFactory, PluginFactory, PluginVersionFactory, ReviewFactory, UserFactory
from tests.support.packages import npm_package, python_source, upload

pytestmark = pytest.mark.django_db


def verbs():
    return list(LedgerEntry.objects.exclude(verb__startswith="permission.").values_list("verb", flat=True))


def stored_files():
    root = settings.ARTIFACTS_DIR
    return {path.name for path in root.rglob("*") if path.is_file()} if root.exists() else set()


@pytest.fixture
def owner():
    return OwnerTeamFactory(members=[UserFactory(username="olga")]).members.get()


@pytest.fixture
def nothing_stored():
    """Whatever happens in the test, it leaves no row and no file; only the ledger may know."""
    before, at_work = stored_files(), work_folders()
    yield
    models = (Artifact, Plugin, PluginVersion, Submission, VettingRun)
    assert [model.__name__ for model in models if model.objects.exists()] == []
    assert stored_files() == before
    assert work_folders() == at_work


def work_folders():
    """Folders of work under way; a report that other tests share may keep one open."""
    work = settings.DATA_DIR / "work"
    return sorted(path.name for path in work.iterdir()) if work.is_dir() else []


def refuse(owner, **arguments):
    with pytest.raises(SubmissionRefused) as caught:
        submit(actor=owner, **arguments)
    return caught.value


def test_a_package_is_stored_whole_and_waits_for_its_vetting(owner):
    content = npm_package("weather", "2.1.0", description="Says how it is outside.")

    submission = submit(actor=owner, note="First one.", **upload(content, "weather-2.1.0.tgz"))

    version = submission.version
    assert (version.plugin.name, version.plugin.format, version.version) == ("weather", "generic", "2.1.0")
    assert (version.state, version.license) == (VersionState.VETTING, "MIT")
    assert version.description == "Says how it is outside."
    with artifact_storage().open(version.artifact.storage_name) as file:
        assert file.read() == content
    run = version.runs.get()
    assert (run.state, run.trigger) == (RunState.QUEUED, Trigger.SUBMISSION)
    assert verbs() == ["plugin.registered", "version.submitted", "run.queued"]
    assert LedgerEntry.objects.get(verb="version.submitted").details["sha256"] == version.artifact.sha256


def test_the_history_says_who_handed_it_in(owner):
    submission = submit(actor=owner, **upload())

    assert submission.history.get().submitted_by_id == owner.pk
    assert [row.state for row in submission.version.history.order_by("history_id")] == ["submitted", "vetting"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"not an archive at all", "not-an-archive", id="text"),
        pytest.param(npm_package()[:-40], None, id="truncated"),
        pytest.param(npm_package(files={"../escape.js": b"1"}), None, id="traversal"),
        pytest.param(npm_package(files={"package.json": b"{"}), None, id="broken manifest"),
        pytest.param(npm_package(version="one"), None, id="no version"),
        pytest.param(npm_package(name="<script>"), None, id="no name"),
    ],
)
def test_bad_input_leaves_a_ledger_line_and_nothing_else(owner, nothing_stored, content, code):
    refusal = refuse(owner, **upload(content, "bad.tgz"))

    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.actor_id, entry.subject_label) == ("submission.refused", owner.pk, "bad.tgz")
    assert entry.details["code"] == refusal.code
    assert code is None or refusal.code == code
    assert str(refusal).endswith(".")
    assert "Traceback" not in str(refusal)


def test_a_file_over_the_limit_is_refused_before_it_is_read(owner, nothing_stored, settings):
    settings.ARCHIVE_LIMITS = settings.ARCHIVE_LIMITS | {"input_bytes": 1024 * 1024}
    large = SimpleUploadedFile("large.tgz", b"\0")
    large.size = 1024 * 1024 + 1

    refusal = refuse(owner, upload=large, filename="large.tgz")

    assert refusal.code == "too-large"
    assert str(refusal) == "The file is larger than 1 MiB."
    assert verbs() == ["submission.refused"]


def test_a_file_whose_stated_size_lies_is_refused_all_the_same(owner, nothing_stored, settings):
    settings.ARCHIVE_LIMITS = settings.ARCHIVE_LIMITS | {"input_bytes": 1024}
    lying = SimpleUploadedFile("large.tgz", npm_package(files={"noise": bytes(range(256)) * 64}) + bytes(4096))
    lying.size = 10

    assert refuse(owner, upload=lying, filename="large.tgz").code == "too-large"


def test_the_same_bytes_are_recognised_and_named_to_those_who_may_see_them(owner):
    first = submit(actor=owner, **upload())

    with pytest.raises(AlreadySubmitted) as caught:
        submit(actor=owner, **upload(filename="another-name.tgz"))

    assert caught.value.version == first.version
    assert "acme-tools 1.0.0" in str(caught.value)
    assert Artifact.objects.count() == 1
    assert verbs()[-1] == "submission.refused"


def test_the_same_bytes_of_another_team_are_not_named(owner):
    submit(actor=owner, **upload())

    with pytest.raises(AlreadySubmitted) as caught:
        submit(actor=UserFactory(), **upload())

    assert caught.value.version is None
    assert "acme-tools" not in str(caught.value)


def test_another_teams_name_is_refused_and_leaves_nothing(owner):
    submit(actor=owner, **upload())
    before = stored_files()

    refusal = refuse(UserFactory(), **upload(npm_package(version="1.0.1")))

    assert refusal.code == "not-the-owner"
    assert PluginVersion.objects.count() == 1
    assert stored_files() == before
    assert verbs()[-1] == "submission.refused"


def test_a_version_is_handed_in_once(owner):
    submit(actor=owner, **upload())
    before = stored_files()

    refusal = refuse(owner, **upload(npm_package(description="changed")))

    assert refusal.code == "version-taken"
    assert stored_files() == before
    assert PluginVersion.objects.count() == 1
    assert Artifact.objects.count() == 1


def test_nobody_submits_for_a_team_they_are_not_in(owner, nothing_stored):
    refusal = refuse(owner, team=OwnerTeamFactory(), **upload())

    assert refusal.code == "not-a-member"


def test_somebody_who_left_the_team_submits_no_more(owner):
    submission = submit(actor=owner, **upload())
    team = submission.version.plugin.team
    team.members.remove(owner)
    owner.groups.remove(team.group)

    refusal = refuse(type(owner).objects.get(pk=owner.pk), **upload(npm_package(version="1.0.1")))

    assert refusal.code == "not-the-owner"


def test_a_lone_author_gets_a_team_of_their_own():
    author = UserFactory(username="solo", email="solo@example.org")

    submission = submit(actor=author, **upload())

    team = submission.version.plugin.team
    assert (team.name, team.contact, list(team.members.all())) == ("solo", "solo@example.org", [author])
    assert list(Plugin.objects.visible_to(type(author).objects.get(pk=author.pk))) == [submission.version.plugin]


def test_a_lone_author_whose_name_another_team_has_gets_a_team_all_the_same():
    OwnerTeamFactory(name="solo")

    submission = submit(actor=UserFactory(username="solo"), **upload())

    assert submission.version.plugin.team.name == "solo 2"


def test_a_note_no_database_takes_is_kept_without_what_offends(owner):
    version = submit(actor=owner, note="a\x00b\ud800", **upload()).version

    assert version.submissions.get().note == "a\ufffdb?"


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_a_manifest_no_database_takes_is_refused(owner, nothing_stored, text):
    assert refuse(owner, **upload(npm_package(description=text))).code == "broken-text"


def test_a_declaration_no_database_takes_is_refused(owner, nothing_stored):
    declared = json.dumps({"plugin": {"a\x00b": "c"}}).encode()

    assert refuse(owner, **upload(npm_package(files={"plugin-governance.json": declared}))).code == "broken-text"


def test_a_refusal_about_hostile_text_reaches_the_ledger(owner, nothing_stored):
    refuse(owner, **upload(npm_package(name="a\x00b\ud800"), "bad\ud800.tgz"))

    assert LedgerEntry.objects.get().verb == "submission.refused"


def test_a_refusal_leaves_no_team_behind():
    refuse(UserFactory(), **upload(b"nothing"))

    assert not OwnerTeam.objects.exists()


@pytest.mark.parametrize("state", [VersionState.CHANGES_REQUESTED, VersionState.IN_REVIEW, VersionState.SUBMITTED])
def test_a_fixed_version_inherits_the_place_in_the_queue(owner, state):
    plugin = PluginFactory(name="acme-tools", format="generic", team=owner.owner_teams.get())
    waiting = PluginVersionFactory(plugin=plugin, version="0.9.0", state=state)

    submission = submit(actor=owner, **upload())

    assert submission.version.queue_since == waiting.queue_since


@pytest.mark.parametrize("state", [VersionState.APPROVED, VersionState.REJECTED, VersionState.WITHDRAWN])
def test_a_new_version_of_a_decided_one_joins_at_the_end(owner, state):
    plugin = PluginFactory(name="acme-tools", format="generic", team=owner.owner_teams.get())
    decided = PluginVersionFactory(plugin=plugin, version="0.9.0", state=state)

    submission = submit(actor=owner, **upload())

    assert submission.version.queue_since > decided.queue_since


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\plugin.zip", "plugin.zip"),
        ("plug\x00in\n.zip", "plugin.zip"),
        ("/", "package"),
        ("", "package"),
    ],
)
def test_a_file_name_is_only_ever_a_name(owner, given, kept):
    submission = submit(actor=owner, upload=SimpleUploadedFile("x", npm_package()), filename=given)

    assert (submission.filename, submission.version.artifact.filename) == (kept, kept)


@pytest.mark.parametrize("state", [VersionState.SUBMITTED, VersionState.IN_REVIEW, VersionState.CHANGES_REQUESTED])
def test_an_owner_takes_a_version_back_and_its_review_closes(state):
    actor = UserFactory()
    team = OwnerTeamFactory(members=[actor])
    review = ReviewFactory(version__state=state, version__plugin__team=team)

    withdraw(version=review.version, actor=actor, reason="Wrong branch.")

    review.refresh_from_db()
    assert (review.version.state, review.state) == (VersionState.WITHDRAWN, "closed")
    assert verbs() == ["version.withdrawn", "review.closed"]
    assert LedgerEntry.objects.get(verb="version.withdrawn").details == {"reason": "Wrong branch."}


@pytest.mark.parametrize("state", [VersionState.APPROVED, VersionState.REJECTED, VersionState.WITHDRAWN])
def test_a_decided_version_cannot_be_withdrawn(state):
    actor = UserFactory()
    version = PluginVersionFactory(state=state, plugin__team=OwnerTeamFactory(members=[actor]))

    with pytest.raises(SubmissionRefused, match="cannot be withdrawn"):
        withdraw(version=version, actor=actor)

    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.REVIEWER, Role.LEAD_REVIEWER])
def test_only_its_own_team_takes_a_version_back(role):
    version = PluginVersionFactory(state=VersionState.IN_REVIEW)

    with pytest.raises(SubmissionRefused, match="Only its own team"):
        withdraw(version=version, actor=UserFactory(role=role))

    version.refresh_from_db()
    assert version.state == VersionState.IN_REVIEW


def test_one_python_package_has_one_owner_however_its_name_is_spelled(owner):
    submit(actor=owner, **upload(python_source("Acme_Heat"), "a.tar.gz"))
    other = OwnerTeamFactory(members=[UserFactory()]).members.get()

    assert refuse(other, **upload(python_source("acme.heat", "2.0"), "b.tar.gz")).code == "not-the-owner"
    submit(actor=owner, **upload(python_source("acme-heat", "2.0"), "c.tar.gz"))
    assert Plugin.objects.get().name == "Acme_Heat"


NETBOX = {
    "acme_heat/__init__.py": b"from netbox.plugins import PluginConfig\nclass C(PluginConfig): name = 'a'\nconfig = C\n"
}


def test_a_python_package_that_turns_out_to_be_a_netbox_plugin_stays_the_same_plugin(owner):
    first = submit(actor=owner, **upload(python_source("Acme_Heat"), "a.tar.gz"))
    second = submit(actor=owner, **upload(python_source("acme-heat", "2.0", files=NETBOX), "b.tar.gz"))

    plugin = Plugin.objects.get()
    assert (plugin.name, plugin.format) == ("Acme_Heat", "netbox-plugin")
    assert {first.version, second.version} == set(plugin.versions.all())
    assert [row.format for row in plugin.history.order_by("history_id")] == ["python-package", "netbox-plugin"]
    row = LedgerEntry.objects.get(verb="plugin.recognised")
    assert row.details == {"from": "python-package", "to": "netbox-plugin"}


def test_a_plugin_keeps_its_more_specific_format_when_a_version_does_not_show_it(owner):
    submit(actor=owner, **upload(python_source("acme-heat", files=NETBOX), "a.tar.gz"))
    submit(actor=owner, **upload(python_source("acme-heat", "2.0"), "b.tar.gz"))

    assert Plugin.objects.get().format == "netbox-plugin"
    assert "plugin.recognised" not in verbs()


def test_another_teams_name_is_taken_whatever_kind_of_python_package_comes_under_it(owner):
    submit(actor=owner, **upload(python_source("acme-heat"), "a.tar.gz"))
    other = OwnerTeamFactory(members=[UserFactory()]).members.get()

    refusal = refuse(other, **upload(python_source("acme-heat", "2.0", files=NETBOX), "b.tar.gz"))

    assert refusal.code == "not-the-owner"
    assert Plugin.objects.get().format == "python-package"


def test_one_python_version_is_taken_once_however_it_is_written(owner):
    submit(actor=owner, **upload(python_source(version="1.0"), "a.tar.gz"))

    assert refuse(owner, **upload(python_source(version="1.0.0", code=b""), "b.tar.gz")).code == "version-taken"


def test_a_version_longer_than_the_database_takes_is_refused(owner):
    text = "1.0.0-" + "a" * 115

    assert refuse(owner, **upload(npm_package(version=text))).code == "invalid-version"
    assert submit(actor=owner, **upload(npm_package(version=text[:-1]))).version.version == text[:-1]


# --- faults of ours ---


@pytest.fixture
def nothing_left(owner, nothing_stored):
    """As `nothing_stored`; the package is one that would be taken."""
    return lambda: refuse(owner, **upload())


def test_a_run_that_is_refused_leaves_no_file_and_a_sentence(nothing_left, monkeypatch):
    monkeypatch.setattr(runs, "request_run", Mock(side_effect=RunRefused("It is being vetted already.")))

    refusal = nothing_left()

    assert (refusal.code, str(refusal)) == ("not-vetted", "It is being vetted already.")
    assert verbs() == ["submission.refused"]


NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["_spool", "_version", "artifacts.store_bytes"])
@pytest.mark.usefixtures("caplog")
def test_a_fault_of_ours_leaves_nothing_and_a_sentence(nothing_left, monkeypatch, where):
    monkeypatch.setattr(f"plugins.services.submissions.{where}", Mock(side_effect=NO_SPACE))

    refusal = nothing_left()

    assert refusal.code == "broken"
    assert "no room left for this file. Nothing was stored" in str(refusal)
    assert verbs() == ["submission.refused"]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (OSError(errno.EIO, "Input/output error"), "could not take this file in"),
        (OperationalError("database is locked"), "database is too busy"),
        (RuntimeError("a fault of ours"), "could not take this file in"),
    ],
)
def test_a_fault_of_ours_says_what_to_do_and_is_in_the_log(nothing_left, monkeypatch, caplog, fault, sentence):
    monkeypatch.setattr("plugins.services.submissions._version", Mock(side_effect=fault))

    assert sentence in str(nothing_left())
    assert "a submission broke" in caplog.text


def test_a_disk_that_fills_while_the_bytes_are_written_leaves_none(nothing_left, monkeypatch, caplog):
    def half_written(self, name, content):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(10))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", half_written)

    assert "no room left" in str(nothing_left())


def test_a_refusal_the_ledger_cannot_take_is_a_sentence_all_the_same(nothing_left, monkeypatch, caplog):
    monkeypatch.setattr("plugins.services.submissions._spool", Mock(side_effect=OperationalError("disk is full")))
    monkeypatch.setattr("plugins.services.submissions.ledger.record", Mock(side_effect=OperationalError("full")))

    assert "too busy" in str(nothing_left())


def test_bytes_a_killed_process_left_half_written_are_written_anew(owner):
    content = npm_package("cut-short")
    sha256 = hashlib.sha256(content).hexdigest()
    half = settings.ARTIFACTS_DIR / sha256[:2] / sha256[2:4] / sha256
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(content[:100])

    submit(actor=owner, **upload(content))

    assert half.read_bytes() == content
