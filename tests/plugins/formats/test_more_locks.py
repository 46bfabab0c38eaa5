"""Locks of bun, deno and Composer, written as their tools write them."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.composer import parse_composer_version
from plugins.documents import PackageRefused, load_json
from plugins.formats.locks.bun import read_bun_lock
from plugins.formats.locks.composer import read_composer_lock
from plugins.formats.locks.deno import read_deno_lock

SRI = "sha512-" + "A" * 86 + "=="
HEX = "b" * 64
BUN = """{
  "lockfileVersion": 1,
  "configVersion": 1,
  "workspaces": {
    "": {
      "name": "acme",
      "dependencies": {
        "@scope/own": "workspace:*",
        "axios": "^1.8.4",
        "forked": "github:acme/forked",
        "short": "npm:long-name@^2.0.0",
      },
      "devDependencies": {
        "jest": "^29.0.0",
      },
    },
    "packages/own": {
      "name": "@scope/own",
      "dependencies": {
        "deep": "^1.0.0",
      },
    },
  },
  "packages": {
    "@scope/own": ["@scope/own@workspace:packages/own"],

    "axios": ["axios@1.9.0", "", { "dependencies": { "deep": "^2.0.0", "say \\"hi\\", }": "1" } }, "%(sri)s"],

    "deep": ["deep@2.1.0", "", {}, "%(sri)s"],

    "forked": ["forked@github:acme/forked#0123abc", {}, "acme-forked-0123abc"],

    "jest": ["jest@29.7.0", "", { "bin": { "jest": "bin/jest.js" } }, "%(sri)s"],

    "short": ["long-name@2.0.1", "", {}, "%(sri)s"],

    "@scope/own/deep": ["deep@1.4.0", "", {}, "%(sri)s"],
  }
}
""" % {"sri": SRI}  # noqa: UP031 - the text is full of braces
NPM_PART = {
    "axios@1.9.0_debug@4.4.0": {"integrity": SRI, "dependencies": ["deep"]},
    "deep@2.1.0": {"integrity": SRI},
}
REMOTE = {
    "https://deno.land/x/lz4@v0.1.2/mod.ts": HEX,
    "https://deno.land/x/lz4@v0.1.2/wasm.js": HEX,
    "https://esm.sh/v135/@acme/ui@3.0.0-beta.1/dist/index.js": HEX,
    "https://raw.example/lib.ts": HEX,
}
JSR_PART = {
    "@std/path@1.1.3": {"integrity": HEX, "dependencies": ["jsr:@std/internal"]},
    "@std/internal@1.0.12": {"integrity": HEX},
}
OLD_NPM_PART = {
    "axios@1.9.0_debug@4.4.0": {"integrity": SRI, "dependencies": {"deep": "deep@2.1.0"}},
    "deep@2.1.0": {"integrity": SRI, "dependencies": {}},
}
DENO = {
    "2": {"version": "2", "remote": REMOTE, "npm": {"specifiers": {}, "packages": OLD_NPM_PART}},
    "3": {"version": "3", "packages": {"specifiers": {}, "jsr": JSR_PART, "npm": OLD_NPM_PART}, "remote": REMOTE},
    "4": {"version": "4", "specifiers": {}, "jsr": JSR_PART, "npm": NPM_PART, "redirects": {}, "remote": REMOTE},
    "5": {"version": "5", "specifiers": {}, "jsr": JSR_PART, "npm": NPM_PART, "remote": REMOTE, "workspace": {}},
}
MAIL = {
    "name": "Acme/Mail",
    "version": "v2.3.0",
    "source": {"type": "git", "url": "https://git.example/acme/mail.git", "reference": "0123"},
    "dist": {"type": "zip", "url": "https://git.example/acme/mail.zip", "reference": "0123", "shasum": ""},
    "require": {"php": ">=8.1", "ext-json": "*", "acme/log": "^1.0"},
    "type": "library",
    "license": ["MIT", "GPL-2.0-or-later"],
    "time": "2021-05-04T10:00:00+00:00",
}
LOG = {**MAIL, "name": "acme/log", "version": "dev-main", "require": {}, "license": "proprietary"}
TESTS = {**MAIL, "name": "phpunit/phpunit", "version": "9.6.1", "require": {}}
COMPOSER = {"_readme": [], "content-hash": "0", "packages": [MAIL, LOG], "packages-dev": [TESTS], "platform": {}}
INSTALLED = {"packages": [MAIL], "dev": False, "dev-package-names": []}
PLUGIN = "<?php\n/*\n * Plugin Name: Acme\n * Version: 1.0.0\n * Text Domain: acme\n */\n"


def facts(lock):
    return {(one.ecosystem, one.name, one.version, one.scope, one.top_level) for one in lock.entries}


def unread(package):
    return [
        (one.rule, one.path) for one in package.problems if one.rule in {"lockfile-unreadable", "bundled-unreadable"}
    ]


def rows(package):
    return {(one.ecosystem, one.name, one.pinned, one.scope) for one in package.dependencies}


def test_a_lock_of_bun_names_what_was_built_with_and_what_for():
    lock = read_bun_lock(BUN.encode(), "bun.lock")

    assert lock.unread == []
    assert facts(lock) == {
        ("npm", "axios", "1.9.0", "runtime", True),
        ("npm", "deep", "2.1.0", "runtime", False),
        ("npm", "deep", "1.4.0", "runtime", True),
        ("npm", "forked", "", "runtime", True),
        ("npm", "jest", "29.7.0", "dev", True),
        ("npm", "long-name", "2.0.1", "runtime", True),
    }
    axios = next(one for one in lock.entries if one.name == "axios")
    assert (axios.needs[0], axios.integrity, axios.line) == ("deep", SRI, 27)
    assert next(one.address for one in lock.entries if one.name == "forked") == "github:acme/forked#0123abc"


def test_a_bun_lock_is_joined_with_what_the_manifest_asks_for(read, n8n):
    package = read(n8n(dependencies={"axios": "^1.8.4"}) | {"bun.lock": BUN})

    assert unread(package) == []
    assert rows(package) >= {
        ("npm", "axios", None, "runtime"),
        ("npm", "deep", "2.1.0", "locked"),
        ("npm", "jest", "29.7.0", "dev"),
    }


@pytest.mark.parametrize("version", DENO)
def test_a_lock_of_deno_names_packages_of_registries_and_what_comes_from_addresses(version):
    lock = read_deno_lock(load_json(json.dumps(DENO[version], indent=1).encode(), "deno.lock"))

    jsr = {("JSR", "@std/path", "1.1.3"), ("JSR", "@std/internal", "1.0.12")} if version != "2" else set()
    assert lock.unread == []
    assert {(one.ecosystem, one.name, one.version) for one in lock.entries} == jsr | {
        ("npm", "axios", "1.9.0"),
        ("npm", "deep", "2.1.0"),
        ("npm", "@acme/ui", "3.0.0-beta.1"),
        ("address", "deno.land/x/lz4@v0.1.2", ""),
        ("address", "raw.example", ""),
    }
    needs = {one.name: one.needs for one in lock.entries if one.needs}
    assert needs == {"axios": ("npm:deep@2.1.0",)} | ({"@std/path": ("JSR:@std/internal@1.0.12",)} if jsr else {})
    assert all(one.line for one in lock.entries)


def test_a_composer_lock_of_a_wordpress_plugin_is_what_it_was_built_with(read):
    package = read({"acme.php": PLUGIN, "composer.lock": json.dumps(COMPOSER)})

    mail, log, tests = (
        next(one for one in package.dependencies if one.name == name)
        for name in ("acme/mail", "acme/log", "phpunit/phpunit")
    )
    assert unread(package) == []
    assert (mail.pinned, mail.scope, mail.license, mail.released) == (
        "v2.3.0", "runtime", "MIT OR GPL-2.0-or-later", "2021-05-04"
    )  # fmt: skip
    assert mail.needs == ("acme/log@",)
    assert (log.pinned, log.requirement) == (None, "git+https://git.example/acme/mail.git#0123")
    assert (tests.scope, tests.purl) == ("dev", "pkg:composer/phpunit/phpunit@9.6.1")


@pytest.mark.parametrize("installed", [INSTALLED, INSTALLED["packages"]])
def test_what_composer_installed_lies_in_the_package_and_counts_once(read, installed):
    files = {"acme.php": PLUGIN, "composer.lock": json.dumps({**COMPOSER, "packages": [MAIL]})}

    package = read(files | {"vendor/composer/installed.json": json.dumps(installed)})

    assert rows(package) == {
        ("Packagist", "acme/mail", "v2.3.0", "bundled"),
        ("Packagist", "phpunit/phpunit", "9.6.1", "dev"),
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bun.lock", BUN.replace('"lockfileVersion": 1', '"lockfileVersion": 7')),
        ("bun.lock", BUN.replace('"packages"', '"pakete"')),
        ("bun.lock", BUN.replace('["deep@2.1.0", "", {}', '[7, "", {}')),
        ("bun.lock", BUN.replace("deep@2.1.0", "deep@2.1.0.0")),
        ("bun.lock", BUN + "//"),
        ("bun.lockb", "#!/usr/bin/env bun\nbun-lockfile-format-v0\n"),
        ("deno.lock", json.dumps({**DENO["5"], "version": "6"})),
        ("deno.lock", json.dumps({**DENO["5"], "version": ["5"]})),
        ("deno.lock", json.dumps({**DENO["5"], "npm": []})),
        ("deno.lock", json.dumps({**DENO["5"], "npm": {"axios": {}}})),
        ("composer.lock", json.dumps({"packages": {}})),
        ("composer.lock", json.dumps({**COMPOSER, "packages-dev": {}})),
        ("composer.lock", json.dumps({**COMPOSER, "packages": ["acme/mail"]})),
        ("composer.lock", json.dumps({**COMPOSER, "packages": [{**MAIL, "version": "soon"}]})),
        ("vendor/composer/installed.json", json.dumps({"packages": None})),
        ("vendor/composer/installed.json", json.dumps([{**MAIL, "name": "mail"}])),
    ],
)
def test_a_lock_that_cannot_be_read_whole_is_named(read, n8n, path, text):
    rule = "bundled-unreadable" if "installed" in path else "lockfile-unreadable"
    assert unread(read(n8n() | {path: text})) == [(rule, path)]


def test_composer_orders_versions():
    ordered = [
        "1.0-dev",
        "v1.0.0-alpha",
        "1.0a2",
        "1.0.0-beta.3",
        "1.0RC1",
        "1.0.0",
        "1.0.0-p1",
        "1.0.0.1",
        "2024.05.04",
    ]

    keys = [parse_composer_version(text) for text in ordered]

    assert keys == sorted(keys)
    assert [key.is_prerelease for key in keys] == [True] * 5 + [False] * 4
    assert parse_composer_version("1.0") == parse_composer_version("v1.0.0.0+build")
    assert {parse_composer_version(text) for text in ("dev-main", "1.x-dev", "", "1.0.0.0.0", "1" * 200)} == {None}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(["bun", "deno", "composer"]), st.data())
def test_no_damage_to_a_lock_breaks_its_reader(kind, data):
    text = {"bun": BUN, "deno": json.dumps(DENO["5"]), "composer": json.dumps(COMPOSER)}[kind]
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text(max_size=20)) + text[at + data.draw(st.integers(0, 30)) :]
    raw = damaged.encode("utf-8", "replace")

    with suppress(PackageRefused):
        if kind == "bun":
            read_bun_lock(raw, "bun.lock")
        elif isinstance((document := load_json(raw, "x")).data, dict):
            (read_deno_lock if kind == "deno" else read_composer_lock)(document)
