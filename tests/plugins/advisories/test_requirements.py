from __future__ import annotations

import pytest

from plugins.advisories.requirements import Kind, package_of, read_requirement
from plugins.package import Dependency


def npm(text, **more):
    return read_requirement(Dependency("npm", "left", text, **more))


def pypi(text, **more):
    return read_requirement(Dependency("PyPI", "left", text, **more))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1.2.3", Kind.PINNED),
        ("=v1.2.3-beta.1", Kind.PINNED),
        ("^1.2.3", Kind.RANGE),
        ("1.x", Kind.RANGE),
        ("1.2.3 - 2", Kind.RANGE),
        ("<2 || >=3", Kind.RANGE),
        ("", Kind.ANY),
        ("*", Kind.ANY),
        ("x", Kind.ANY),
        (">=0.0.0", Kind.ANY),
        ("^1 || *", Kind.ANY),
        ("latest", Kind.ANY),
        ("next", Kind.ANY),
        ("git+ssh://git@example.org/a.git#v1", Kind.ADDRESS),
        ("git@example.org:a/b.git", Kind.ADDRESS),
        ("github:a/b", Kind.ADDRESS),
        ("a/b#semver:^1", Kind.ADDRESS),
        ("https://example.org/a.tgz", Kind.ADDRESS),
        ("workspace:^", Kind.LOCAL),
        ("file:../a", Kind.LOCAL),
        ("link:../a", Kind.LOCAL),
        ("../a", Kind.LOCAL),
        ("/srv/a", Kind.LOCAL),
        ("catalog:", Kind.LOCAL),
        ("1.x.2", Kind.UNKNOWN),
        (">>> 1", Kind.UNKNOWN),
        ("^" * 2000, Kind.UNKNOWN),
    ],
)
def test_read_requirement_knows_what_npm_allows(text, kind):
    assert npm(text).kind is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("==1.0", Kind.PINNED),
        ("===1.0", Kind.PINNED),
        ("==2.0; python_version < '3.9'", Kind.PINNED),
        ("[socks]==2.0", Kind.PINNED),
        ("==2.0 --hash=sha256:00", Kind.PINNED),
        ("(>=1.0)", Kind.RANGE),
        ("==1.*", Kind.RANGE),
        ("~=1.4.2", Kind.RANGE),
        (">=1,!=1.5", Kind.RANGE),
        ("", Kind.ANY),
        ("; extra == 'test'", Kind.ANY),
        ("!=1.5", Kind.ANY),
        (">=0", Kind.ANY),
        ("@ https://example.org/a.whl", Kind.ADDRESS),
        ("@ git+https://example.org/a.git@v1", Kind.ADDRESS),
        ("git+https://example.org/a.git", Kind.ADDRESS),
        ("-e git+https://example.org/a.git", Kind.ADDRESS),
        ("@ file:///a.whl", Kind.LOCAL),
        ("./a", Kind.LOCAL),
        ("^1.0", Kind.UNKNOWN),
        ("==1.0\n--index-url=https://example.org", Kind.UNKNOWN),
    ],
)
def test_read_requirement_knows_what_pypi_allows(text, kind):
    assert pypi(text).kind is kind


@pytest.mark.parametrize(
    ("read", "yes", "no"),
    [
        (npm("^1.2.3"), "1.9.0", "2.0.0"),
        (npm("^0.2.3"), "0.2.9", "0.3.0"),
        (npm("^1.2.3"), "1.2.3", "1.3.0-beta"),
        (npm("^1.3.0-alpha"), "1.3.0-beta", "1.4.0-beta"),
        (npm("1.2.x || >=3 <4"), "3.1.0", "1.3.0"),
        (npm("1.2 - 2.3.4"), "2.3.4", "2.3.5"),
        (npm("latest"), "9.0.0", "9.0.0-rc.1"),
        (pypi("~=1.4.2"), "1.4.9", "1.5.0"),
        (pypi(">=1,!=1.5"), "1.6", "1.5"),
        (pypi(">=1.0"), "1.0", "1.1rc1"),
        (pypi(">=1.0rc1"), "1.0rc2", "1.0a1"),
        (pypi("<2"), "1.9", "1!0.1"),
        (pypi("==1.*"), "1.7.post1", "2.0"),
        (pypi(""), "3.0", "no version"),
    ],
)
def test_allows_answers_as_the_installer_would(read, yes, no):
    assert read.allows(yes)
    assert not read.allows(no)


def test_npm_alias_is_matched_by_the_package_behind_it():
    dependency = Dependency("npm", "safe", "npm:@scope/real@^1.2.0")

    assert package_of(dependency) == ("npm", "@scope/real")
    assert read_requirement(dependency).kind is Kind.RANGE


def test_lock_entry_pins_a_range_and_keeps_an_address_an_address():
    assert (npm("^1.0.0", pinned="1.4.2").kind, npm("^1.0.0", pinned="1.4.2").pinned) == (Kind.PINNED, "1.4.2")
    assert (npm("github:a/b", pinned="1.4.2").kind, npm("github:a/b", pinned="1.4.2").pinned) == (Kind.ADDRESS, "1.4.2")
    assert npm("^1.0.0", pinned="git+ssh://git@example.org/a.git").kind is Kind.ADDRESS


def test_unknown_ecosystem_is_unknown():
    assert read_requirement(Dependency("NuGet", "x", "1.0")).kind is Kind.UNKNOWN


def test_hostile_requirement_is_read_in_no_time():
    assert npm("=v " * 300).kind is Kind.UNKNOWN
    assert npm(" ".join(["^1"] * 250)).kind in {Kind.RANGE, Kind.UNKNOWN}
