"""The text that differs between two stored packages: bounded, read strictly, shown escaped."""

import pytest
from django.urls import reverse

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.models import artifact_storage
from plugins.services import text_diffs as service
from plugins.services.text_diffs import DiffRefused, text_diffs
from tests.factories import ArtifactFactory, PluginFactory, PluginVersionFactory, UserFactory
from tests.support.packages import npm_package

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _artifacts(tmp_path, settings):
    storage = settings.STORAGES["artifacts"]
    settings.STORAGES = settings.STORAGES | {"artifacts": storage | {"OPTIONS": {"location": str(tmp_path)}}}


def versions(before, after):
    plugin = PluginFactory()
    return [
        PluginVersionFactory(plugin=plugin, artifact=ArtifactFactory.stored(content)) for content in (before, after)
    ]


def compared(before, after):
    old, new = versions(npm_package(files=before), npm_package(files=after))
    return text_diffs(before=old, after=new, actor=UserFactory())


def test_lines_that_came_and_went_are_told_apart():
    [file], more = compared({"a.js": b"one\ntwo\n"}, {"a.js": b"one\nthree\n"})

    assert (file.path, more) == ("a.js", 0)
    assert [(line.kind, line.text) for line in file.lines] == [
        ("place", "@@ -1,2 +1,2 @@"),
        ("", " one"),
        ("gone", "-two"),
        ("added", "+three"),
    ]


def test_files_that_came_or_went_are_shown_whole():
    files, _more = compared({"old.js": b"x\n"}, {"new.js": b"y\n"})

    assert [(file.path, file.lines[1].text) for file in files] == [("new.js", "+y"), ("old.js", "-x")]


@pytest.mark.parametrize("content", [b"\0\1", b"\xff\xfe", b"a" * (service.MAX_FILE + 1)])
def test_what_is_large_or_no_text_is_only_named(content):
    [file], _more = compared({}, {"x.bin": content})

    assert (file.lines, file.note) == ((), "Not shown: larger than 64 KiB, or no text.")


def test_signs_nobody_sees_are_made_visible():
    [file], _more = compared({}, {"a.js": "a\u202eb\x1b[31m\n".encode()})

    assert file.lines[1].text == "+a\ufffdb\ufffd[31m"


def test_files_and_lines_are_bounded():
    files, more = compared({}, {f"{number:02}.js": b"x\n" * 1000 for number in range(service.MAX_FILES + 2)})

    assert (len(files), more) == (service.MAX_FILES, 2)
    assert (len(files[0].lines), files[0].note) == (service.MAX_LINES, "More lines are left out.")


def test_what_is_too_large_for_a_page_is_refused(monkeypatch):
    monkeypatch.setattr(service, "MAX_ARCHIVE", 10)

    with pytest.raises(DiffRefused, match="too large"):
        compared({}, {"a.js": b"x"})


def test_a_package_that_was_altered_is_refused():
    old, new = versions(npm_package(), npm_package(version="2"))
    with artifact_storage().open(new.artifact.storage_name, "wb") as file:
        file.write(b"other")

    with pytest.raises(DiffRefused, match="altered"):
        text_diffs(before=old, after=new, actor=UserFactory())


def test_the_page_escapes_and_notes_who_looked(client):
    old, new = versions(npm_package(), npm_package(files={"a.html": b"<script>alert(1)</script>\n"}))
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.get(reverse("admin:plugins_pluginversion_diff", args=[new.pk, old.pk])).text

    assert "+&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert LedgerEntry.objects.filter(verb="artifact.downloaded").count() == 2


def test_versions_of_two_plugins_are_not_compared(client):
    (_old, new), (other, _x) = (
        versions(npm_package(), npm_package(version="2")),
        versions(npm_package("b"), npm_package("b", "2")),
    )
    client.force_login(UserFactory(role=Role.REVIEWER))

    assert client.get(reverse("admin:plugins_pluginversion_diff", args=[new.pk, other.pk])).status_code == 404
