"""Superset extensions: the one manifest here that lists permissions."""

import json

import pytest

from governance.vocabulary import Capability

MANIFEST = {
    "id": "acme.notes",
    "publisher": "acme",
    "name": "notes",
    "displayName": "Notes",
    "version": "1.2.0",
    "license": "Apache-2.0",
    "permissions": ["can_read_dataset", "network.fetch", "telepathy"],
    "dependencies": ["acme.base"],
    "frontend": {"remoteEntry": "remoteEntry.abc.js", "moduleFederationName": "notes"},
    "backend": {"entrypoint": "acme.notes.entrypoint"},
}
FILES = {
    "frontend/dist/remoteEntry.abc.js": "1",
    "backend/src/acme/notes/entrypoint.py": "1",
    "frontend/package.json": {"dependencies": {"left-pad": "1.3.0"}},
}


@pytest.fixture
def extension(read):
    def build(*, at="manifest.json", files=FILES, **changes):
        manifest = {key: value for key, value in (MANIFEST | changes).items() if value is not None}
        return read({at: json.dumps(manifest, indent=1)} | files, filename="acme-1.2.0.zip")

    return build


def test_an_extension_gives_its_facts(extension):
    package = extension()

    assert (package.format, package.metadata.name, package.metadata.version) == (
        "superset-extension",
        "acme.notes",
        "1.2.0",
    )
    assert package.entry_points == ("frontend/dist/remoteEntry.abc.js", "backend/src/acme/notes/entrypoint.py")
    assert [(one.name, one.pinned) for one in package.dependencies] == [("left-pad", "1.3.0")]
    assert package.problems == ()


def test_permissions_become_capabilities_and_the_rest_is_named(extension):
    derived = extension().derived

    assert derived.capabilities == {Capability.DATABASE_ACCESS, Capability.NETWORK_OUTBOUND}
    assert any(said.endswith("for a reviewer to judge: telepathy.") for said in derived.says)
    assert "Needs the extensions: acme.base." in derived.says


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"displayName": ""}, "superset-key-missing"),
        ({"id": "other.notes"}, "superset-id"),
        ({"version": "1.2"}, "superset-version"),
        ({"permissions": None}, "superset-permissions-missing"),
        ({"permissions": "all"}, "superset-key-type"),
        ({"frontend": None, "backend": None}, "superset-empty"),
        ({"frontend": {"remoteEntry": "gone.js"}}, "superset-remote-entry"),
        ({"name": "my_notes", "id": "acme.my_notes"}, "superset-name"),
    ],
)
def test_what_the_schema_asks_for_is_a_problem_with_its_line(extension, changes, rule):
    package = extension(**changes)

    assert [problem.rule for problem in package.problems] == [rule]
    assert package.problems[0].line > 0


def test_the_source_is_an_extension_that_cannot_be_loaded_yet(extension):
    package = extension(at="extension.json", id=None)

    assert (package.format, [problem.rule for problem in package.problems]) == (
        "superset-extension",
        ["superset-source"],
    )


@pytest.mark.parametrize("more", [{"manifest_version": 3}, {"start_url": "/"}])
def test_a_browser_extension_is_none(extension, more):
    assert extension(**more).format == "generic"
