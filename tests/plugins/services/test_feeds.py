import datetime as dt
import json

import pytest
from django.utils import timezone

from governance.models import LedgerEntry
from plugins.advisories import starter
from plugins.advisories.dump import DumpInvalid
from plugins.models import Advisory, AdvisoryFeed, AdvisoryPackage
from plugins.package import Dependency
from plugins.services.feeds import FeedEmpty, age_days, import_documents, import_dump, safe_snapshot, snapshot
from tests.factories import UserFactory
from tests.support.dumps import advisory, written

pytestmark = pytest.mark.django_db
LEFT = Dependency("npm", "left", "1.0.0", "runtime", "package.json", 3, pinned="1.0.0")


@pytest.fixture
def dump(tmp_path):
    """Write documents (or raw text) as an OSV dump."""
    return lambda *documents: written(tmp_path / "dump.zip", *documents)


def ids():
    return list(Advisory.objects.order_by("osv_id").values_list("osv_id", flat=True))


def test_an_import_says_what_it_took_and_is_in_the_ledger(dump):
    actor = UserFactory()

    result = import_dump(path=dump(advisory(), advisory("PYSEC-1-2", ecosystem="PyPI"), "{"), name="All", actor=actor)

    assert (result.records, result.unusable) == (2, 1)
    assert result.ecosystems == {"npm": 1, "PyPI": 1}
    assert len(result.problems) == 1
    feed = AdvisoryFeed.objects.get()
    assert (feed.records, feed.unusable, feed.demo) == (2, 1, False)
    assert feed.newest_at == dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)
    entry = LedgerEntry.objects.get(verb="feed.imported")
    assert (entry.actor_id, entry.details["sha256"]) == (actor.pk, feed.digest)


def test_an_import_replaces_the_feed_and_no_other(dump):
    import_dump(path=dump(advisory("GHSA-old1"), advisory("GHSA-old2")), name="npm")
    import_dump(path=dump(advisory("PYSEC-1-2")), name="PyPI")

    import_dump(path=dump(advisory("GHSA-new1")), name="npm")

    assert ids() == ["GHSA-new1", "PYSEC-1-2"]
    assert AdvisoryPackage.objects.count() == 2
    assert [row.records for row in AdvisoryFeed.objects.get(name="npm").history.order_by("history_id")][-1] == 1


@pytest.mark.parametrize("documents", [["{"], [advisory(name="!")]], ids=["broken", "no id"])
def test_a_dump_without_a_usable_record_keeps_the_old(dump, documents):
    import_dump(path=dump(advisory("GHSA-old1")), name="npm")

    with pytest.raises(FeedEmpty):
        import_dump(path=dump(*documents), name="npm")

    assert ids() == ["GHSA-old1"]
    assert AdvisoryFeed.objects.get().records == 1


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"no zip"], ids=["empty", "no entries", "no zip"])
def test_a_file_that_is_no_dump_keeps_the_old(dump, tmp_path, content):
    import_dump(path=dump(advisory("GHSA-old1")), name="npm")
    (tmp_path / "bad.zip").write_bytes(content)

    with pytest.raises(DumpInvalid):
        import_dump(path=tmp_path / "bad.zip", name="npm")

    assert ids() == ["GHSA-old1"]


def test_a_dump_that_breaks_halfway_keeps_the_old(dump):
    import_dump(path=dump(advisory("GHSA-old1")), name="npm")

    def broken():
        from plugins.advisories.osv import parse_record  # noqa: PLC0415

        yield parse_record(advisory("GHSA-new1"))
        raise DumpInvalid("The dump unpacks to more than it may.")

    from plugins.services.feeds import import_records  # noqa: PLC0415

    with pytest.raises(DumpInvalid):
        import_records(records=broken(), name="npm")

    assert ids() == ["GHSA-old1"]


def test_records_no_database_takes_are_stored_without_what_offends(dump):
    text = json.dumps(advisory(summary="a\x00b\ud800", details="\x00", database_specific={"\x00": "\x00"}))

    import_dump(path=dump(text), name="npm")

    assert "\x00" not in Advisory.objects.get().record["details"]


def test_the_longest_id_is_stored_whole(dump):
    import_dump(path=dump(advisory("A" * 128)), name="npm")

    assert ids() == ["A" * 128]


# --- the snapshot of a run ---


def test_without_a_feed_there_is_no_snapshot():
    assert snapshot([LEFT]) is None
    assert safe_snapshot([LEFT]) is None


def test_a_snapshot_holds_what_names_a_dependency_and_nothing_else(dump):
    import_dump(path=dump(advisory(), advisory("GHSA-other", package="right")), name="npm")

    cut = snapshot([LEFT])

    assert [record["id"] for record in cut.advisories] == ["GHSA-aaaa-bbbb-cccc"]
    assert (cut.names, cut.records, cut.demo) == (("npm",), 2, False)


def test_a_dependency_nobody_warns_of_still_has_a_feed(dump):
    import_dump(path=dump(advisory(package="right")), name="npm")

    assert snapshot([LEFT]).advisories == ()


def test_an_npm_alias_is_looked_up_by_the_package_it_stands_for(dump):
    import_dump(path=dump(advisory(package="left")), name="npm")

    cut = snapshot([Dependency("npm", "harmless", "npm:left@1.0.0", "runtime", "package.json", 3)])

    assert len(cut.advisories) == 1


def test_python_names_are_compared_as_pip_compares_them(dump):
    import_dump(path=dump(advisory(package="Ruamel.YAML", ecosystem="PyPI")), name="PyPI")

    cut = snapshot([Dependency("PyPI", "ruamel_yaml", "==0.17", "runtime", "pyproject.toml", 3)])

    assert len(cut.advisories) == 1


def test_the_newest_record_wins_where_two_feeds_hold_it(dump):
    import_dump(path=dump(advisory(modified="2024-06-01T00:00:00Z", summary="newer")), name="one")
    import_dump(path=dump(advisory(modified="2024-05-01T00:00:00Z", summary="older")), name="two")

    assert [record["summary"] for record in snapshot([LEFT]).advisories] == ["newer"]


def test_an_advisory_the_newest_record_withdraws_is_gone(dump):
    withdrawn = advisory(modified="2024-06-01T00:00:00Z", withdrawn="2024-06-01T00:00:00Z")
    import_dump(path=dump(withdrawn), name="one")
    import_dump(path=dump(advisory(modified="2024-05-01T00:00:00Z")), name="two")

    assert snapshot([LEFT]).advisories == ()


def test_a_chain_of_feeds_is_as_old_as_its_oldest_link(dump):
    now = timezone.now()
    for name, days in (("old", 30), ("fresh", 1)):
        import_dump(path=dump(advisory(modified=(now - dt.timedelta(days=days)).isoformat())), name=name)

    assert snapshot([]).age_days == pytest.approx(30, abs=0.1)
    assert age_days(AdvisoryFeed(newest_at=None, imported_at=now), now) == 0


def test_demo_data_marks_every_snapshot_it_is_in(dump):
    import_dump(path=dump(advisory()), name="npm")
    import_documents(documents=starter.starter_feed(), name=starter.NAME, source="ours", demo=True)

    assert snapshot([LEFT]).demo
    assert AdvisoryFeed.objects.get(name=starter.NAME).demo


def test_a_snapshot_names_the_registries_no_imported_advisory_is_about(dump):
    import_dump(path=dump(advisory()), name="OSV npm")

    taken = snapshot([LEFT, Dependency("PyPI", "requests", "==2.0"), Dependency("Packagist", "a/b", "1.0")])

    assert taken.uncovered == ("Packagist", "PyPI")
