import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from plugins.models import VersionFile, artifact_storage
from plugins.package import SourceFile
from plugins.services import files, submit
from tests.factories import ArtifactFactory, OwnerTeamFactory, PluginVersionFactory, UserFactory
from tests.support.packages import npm_package, upload

pytestmark = pytest.mark.django_db

SHARED = b"exports.shared = 1;\n"
DIGEST = hashlib.sha256(SHARED).hexdigest()


def package(name):
    return npm_package(name, "1.0.0", files={"lib/shared.js": SHARED})


def stored_before_the_index(name):
    """A version as an older release left it: its bytes are kept, its files are not known."""
    content = package(name)
    artifact = ArtifactFactory(sha256=hashlib.sha256(content).hexdigest(), size=len(content), filename=f"{name}.tgz")
    artifact_storage().save(artifact.storage_name, ContentFile(content))
    return PluginVersionFactory(artifact=artifact, plugin__name=name)


def places():
    return [(file.version.plugin.name, file.path) for file in VersionFile.objects.shipped(DIGEST)]


def test_a_digest_finds_every_plugin_that_ships_the_file():
    owner = OwnerTeamFactory(members=[UserFactory()]).members.get()
    for name in ("alpha", "beta"):
        submit(actor=owner, **upload(package(name), f"{name}.tgz"))

    assert places() == [("alpha", "lib/shared.js"), ("beta", "lib/shared.js")]
    assert VersionFile.objects.shipped(DIGEST.upper())[0].language == "javascript"
    assert not files.unindexed().exists()


def test_files_of_versions_stored_before_are_found_after_the_index_ran(capsys):
    stored_before_the_index("alpha")

    with pytest.raises(CommandError, match="1 versions are not indexed yet"):
        call_command("files", "find", DIGEST)
    call_command("files", "index")
    call_command("files", "find", DIGEST)

    assert capsys.readouterr().out.splitlines()[-1] == "1 places in 1 versions."
    assert places() == [("alpha", "lib/shared.js")]


def test_indexing_that_was_stopped_goes_on_where_it_was_and_doubles_nothing(monkeypatch):
    first, second = stored_before_the_index("alpha"), stored_before_the_index("beta")
    write = files._row

    def stopped(version, file):
        if version == second:
            raise KeyboardInterrupt
        return write(version, file)

    monkeypatch.setattr(files, "_row", stopped)
    with pytest.raises(KeyboardInterrupt):
        call_command("files", "index")
    assert list(files.unindexed()) == [second]
    monkeypatch.undo()
    call_command("files", "index")

    assert places() == [("alpha", "lib/shared.js"), ("beta", "lib/shared.js")]
    assert files.index_stored(version=first) == 0
    assert len(places()) == 2


@pytest.mark.parametrize("content", [b"other bytes", None], ids=["altered", "lost"])
def test_a_package_that_cannot_be_read_stays_unindexed_and_stops_no_other(capsys, content):
    broken, _whole = stored_before_the_index("alpha"), stored_before_the_index("beta")
    artifact_storage().delete(broken.artifact.storage_name)
    if content is not None:
        artifact_storage().save(broken.artifact.storage_name, ContentFile(content))

    with pytest.raises(CommandError, match="found by no digest"):
        call_command("files", "index")

    assert "1 versions indexed, 1 could not be read." in capsys.readouterr().out
    assert list(files.unindexed()) == [broken]
    assert places() == [("beta", "lib/shared.js")]


def test_twenty_thousand_files_are_written_in_few_statements(django_assert_max_num_queries):
    many = [SourceFile(f"src/{number}.js", number, f"{number:064x}", "javascript") for number in range(20_000)]
    version = PluginVersionFactory()

    with django_assert_max_num_queries(120):
        assert files.index_files(version=version, files=many) == 20_000


def test_what_a_version_ships_cannot_be_rewritten():
    files.index_files(version=PluginVersionFactory(), files=[SourceFile("a.js", 1, DIGEST)])

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE plugins_versionfile SET sha256 = ''")


def test_a_name_no_database_takes_is_stored_all_the_same():
    files.index_files(version=PluginVersionFactory(), files=[SourceFile("a\x00\udce9.js", 1, DIGEST)])

    assert [path for _plugin, path in places()] == ["a\ufffd?.js"]


def test_what_is_no_digest_is_refused():
    with pytest.raises(CommandError, match="64 hex digits"):
        call_command("files", "find", "abc")
