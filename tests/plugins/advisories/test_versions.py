from __future__ import annotations

import pytest

from plugins.advisories.versions import (
    VersionInvalid,
    ecosystem_of,
    equal_forms,
    is_prerelease,
    neighbours,
    normalise_name,
    version_key,
)

SEMVER = (
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1 1.10.0"
)
PEP440 = "1.0.dev1 1.0a1 1.0rc1 1.0 1.0+cpu 1.0.post1 1.0.1 1.10 1!0.1"


@pytest.mark.parametrize(("ecosystem", "ordered"), [("npm", SEMVER.split()), ("PyPI", PEP440.split())])
def test_version_key_orders_as_the_ecosystem_does(ecosystem, ordered):
    shuffled = ordered[::-1]

    assert sorted(shuffled, key=lambda version: version_key(ecosystem, version)) == ordered


@pytest.mark.parametrize("other", ["v1.2.3", "=1.2.3", "1.2.3+build.5"])
def test_version_key_ignores_prefixes_and_build_metadata_of_npm(other):
    assert version_key("npm", other) == version_key("npm", "1.2.3")


@pytest.mark.parametrize(
    ("ecosystem", "text"),
    [("npm", "latest"), ("npm", "1.2.3.4"), ("npm", "9" * 17 + ".0.0"), ("PyPI", "2019-09-12"), ("PyPI", "1" * 300)],
)
def test_version_key_refuses_what_is_no_version(ecosystem, text):
    with pytest.raises(VersionInvalid):
        version_key(ecosystem, text)


def test_equal_forms_drops_the_local_part_of_pypi_versions_only():
    assert equal_forms("PyPI", "2.0+cpu") == ("2.0+cpu", "2.0")
    assert equal_forms("npm", "2.0.0+build") == ("2.0.0+build",)


def test_neighbours_gives_the_final_release_and_the_next_patch():
    assert neighbours("npm", "5.0.0-alpha.1") == ("5.0.0-alpha.1", "5.0.0", "5.0.1")
    assert neighbours("PyPI", "1!2.3rc1") == ("1!2.3rc1", "1!2.3", "1!2.3.1")


def test_names_and_ecosystems_are_compared_in_their_normal_form():
    assert normalise_name("PyPI", "Flask_SQL.Alchemy") == "flask-sql-alchemy"
    assert normalise_name("npm", "@Scope/Name") == "@Scope/Name"
    assert ecosystem_of("Debian:12") == "Debian"


def test_is_prerelease_knows_both_ecosystems():
    assert [is_prerelease("npm", v) for v in ("1.0.0", "1.0.0-0")] == [False, True]
    assert [is_prerelease("PyPI", v) for v in ("1.0", "1.0b2", "1.0.post1")] == [False, True, False]
