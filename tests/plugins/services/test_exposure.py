import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from plugins.advisories.osv import parse_record
from plugins.models import Advisory, VettingRun
from plugins.services.exposure import exposures
from plugins.services.feeds import import_dump, import_records
from tests.factories import ComponentFactory, VettingRunFactory
from tests.support.dumps import advisory, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def dump(tmp_path):
    """Write documents as an OSV dump."""
    return lambda *documents: written(tmp_path / "dump.zip", *documents)


def names(run):
    """What hits one run."""
    found = exposures(VettingRun.objects.filter(pk=run.pk))
    assert set(found) <= {run.pk}
    assert not any(exposure.problem for exposure in found.values())
    return list(found[run.pk].names) if found else []


@pytest.fixture
def run():
    """A run of a week ago whose plugin ships left 1.0.0."""
    then = timezone.now() - dt.timedelta(days=7)
    made = VettingRunFactory(started_at=then, evidence=False)
    ComponentFactory(run=made, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")
    return made


def test_an_advisory_that_came_later_hits_what_ships_the_package(run, dump):
    assert names(run) == []

    import_dump(path=dump(advisory()), name="npm")

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]


def test_an_advisory_the_run_knew_by_any_name_is_not_new(run, dump):
    known = {"id": "CVE-2024-1", "aliases": ["GHSA-aaaa-bbbb-cccc"]}
    ComponentFactory(run=run, ecosystem="npm", name="right", requirement="1.0.0", pinned="1.0.0", advisories=[known])
    import_dump(path=dump(advisory(package="right")), name="npm")

    assert names(run) == []


def test_what_only_developers_install_is_no_exposure(run, dump):
    ComponentFactory(run=run, ecosystem="npm", name="right", requirement="1.0.0", pinned="1.0.0", scope="dev")
    import_dump(path=dump(advisory(package="right")), name="npm")

    assert names(run) == []


def test_a_version_that_is_not_affected_is_not_hit(run, dump):
    later = [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0.0"}]}]
    document = advisory()
    document["affected"][0]["ranges"] = later
    import_dump(path=dump(document), name="npm")

    assert names(run) == []


def test_an_advisory_that_cannot_be_read_any_more_counts_as_a_hit(run, dump):
    import_dump(path=dump(advisory()), name="npm")
    Advisory.objects.update(record={"id": "GHSA-aaaa-bbbb-cccc", "affected": "gone"})

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]

    Advisory.objects.update(record={})
    assert names(run) == ["an unreadable advisory"]


def test_an_unreadable_advisory_about_another_package_is_no_hit(run, dump):
    import_dump(path=dump(advisory(package="right")), name="npm")
    Advisory.objects.update(record={})

    assert names(run) == []


def test_an_advisory_whose_versions_cannot_be_compared_counts_as_a_hit(run, dump):
    document = advisory()
    document["affected"][0]["ranges"][0]["events"] = [{"introduced": "the beginning"}]
    import_dump(path=dump(document), name="npm")

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]


def test_an_import_that_was_under_way_when_the_run_began_counts_as_later(dump):
    """The run cannot have seen its records: they were not committed yet."""
    with time_machine.travel(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), tick=False) as clock:
        made = []

        def slow():
            clock.shift(60)
            run = VettingRunFactory(started_at=timezone.now(), evidence=False)
            ComponentFactory(run=run, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")
            made.append(run)
            clock.shift(60)
            yield parse_record(advisory())

        import_records(records=slow(), name="npm")

    assert names(made[0]) == ["GHSA-aaaa-bbbb-cccc"]


# --- what is new ---


def test_a_run_made_since_knows_what_the_same_dump_brings_again(dump):
    import_dump(path=dump(advisory()), name="npm")
    [row] = Advisory.objects.all()
    made = VettingRunFactory(started_at=timezone.now(), evidence=False)
    ComponentFactory(run=made, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")

    import_dump(path=dump(advisory(), advisory("GHSA-other", package="right")), name="npm")

    assert names(made) == []
    assert Advisory.objects.get(osv_id=row.osv_id).seen_at == row.seen_at


@pytest.mark.parametrize("change", [{"modified": "2024-06-01T00:00:00Z"}, {"summary": "Worse than thought."}])
def test_a_record_that_has_changed_is_new(dump, change):
    import_dump(path=dump(advisory()), name="npm")
    made = VettingRunFactory(started_at=timezone.now(), evidence=False)
    ComponentFactory(run=made, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")

    import_dump(path=dump(advisory(**change)), name="npm")

    assert names(made) == ["GHSA-aaaa-bbbb-cccc"]


def test_a_record_that_another_feed_had_withdrawn_is_new_when_that_one_is_gone(dump):
    import_dump(path=dump(advisory()), name="one")
    gone = advisory(modified="2024-06-01T00:00:00Z", withdrawn="2024-06-01T00:00:00Z")
    import_dump(path=dump(gone, advisory("GHSA-other", package="right")), name="two")
    made = VettingRunFactory(started_at=timezone.now(), evidence=False)
    ComponentFactory(run=made, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")
    assert names(made) == []

    import_dump(path=dump(advisory("GHSA-other", package="right")), name="two")

    assert names(made) == ["GHSA-aaaa-bbbb-cccc"]


def test_a_new_record_under_another_name_of_a_known_fault_is_not_new(run, dump):
    known = {"id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2024-1"]}
    ComponentFactory(run=run, ecosystem="npm", name="right", requirement="1.0.0", pinned="1.0.0", advisories=[known])

    import_dump(path=dump(advisory("PYSEC-1-2", package="right", aliases=["CVE-2024-1"])), name="npm")

    assert names(run) == []


def test_a_withdrawn_record_hits_nothing(run, dump):
    import_dump(path=dump(advisory(withdrawn="2024-06-01T00:00:00Z")), name="npm")

    assert names(run) == []


# --- what is compared ---


def test_a_requirement_that_could_resolve_to_an_affected_version_is_hit(run, dump):
    ComponentFactory(run=run, ecosystem="npm", name="right", requirement="^1.0.0", pinned="")
    import_dump(path=dump(advisory(package="right")), name="npm")

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]


def test_a_requirement_nobody_can_read_is_hit_by_whatever_names_the_package(run, dump):
    known = {"id": "GHSA-known", "aliases": []}
    ComponentFactory(run=run, ecosystem="npm", name="right", requirement="a b c !", pinned="", advisories=[known])
    import_dump(path=dump(advisory(package="right"), advisory("GHSA-known", package="right")), name="npm")

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]


def test_an_npm_alias_is_hit_by_the_package_it_stands_for(dump):
    """As a run stores it: by the name of what is installed, with the requirement as written."""
    made = VettingRunFactory(started_at=timezone.now(), evidence=False)
    ComponentFactory(run=made, ecosystem="npm", name="left", requirement="npm:left@1.0.0", pinned="1.0.0")
    import_dump(path=dump(advisory()), name="npm")

    assert names(made) == ["GHSA-aaaa-bbbb-cccc"]


def test_python_names_are_compared_as_pip_compares_them(run, dump):
    ComponentFactory(run=run, name="ruamel-yaml", requirement="==0.17", pinned="0.17")
    import_dump(path=dump(advisory(package="Ruamel.YAML", ecosystem="PyPI")), name="PyPI")

    assert names(run) == ["GHSA-aaaa-bbbb-cccc"]


# --- many runs ---


def test_each_run_is_compared_with_what_came_after_it(run, dump):
    import_dump(path=dump(advisory()), name="npm")
    later = VettingRunFactory(started_at=timezone.now(), evidence=False)
    ComponentFactory(run=later, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")

    assert set(exposures(VettingRun.objects.all())) == {run.pk}


def test_damaged_components_stop_no_other_run_and_are_told(run, dump, caplog):
    damaged = VettingRunFactory(started_at=run.started_at, evidence=False)
    ComponentFactory(
        run=damaged, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0", advisories=["nonsense"]
    )
    import_dump(path=dump(advisory()), name="npm")

    found = exposures(VettingRun.objects.all())

    assert found[run.pk].names == ("GHSA-aaaa-bbbb-cccc",)
    assert found[damaged.pk].problem.startswith("TypeError: ")
    assert f"run {damaged.pk}" in caplog.text


def test_the_number_of_queries_does_not_grow_with_runs_or_advisories(run, dump, django_assert_num_queries):
    import_dump(path=dump(advisory()), name="npm")
    with django_assert_num_queries(6):
        assert len(exposures(VettingRun.objects.all())) == 1

    for _ in range(5):
        other = VettingRunFactory(started_at=run.started_at, evidence=False)
        ComponentFactory.create_batch(3, run=other, ecosystem="npm", name="left", requirement="1.0.0", pinned="1.0.0")
    import_dump(path=dump(*(advisory(f"GHSA-{n:04}") for n in range(20))), name="npm")

    with django_assert_num_queries(6):
        assert len(exposures(VettingRun.objects.all())) == 6


def test_without_runs_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert exposures(VettingRun.objects.none()) == {}
