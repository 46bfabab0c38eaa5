"""WordPress plugins: header and readme."""

import pytest

from governance.vocabulary import Capability

HEADER = {
    "Plugin Name": "Acme Forms",
    "Version": "2.1.0",
    "Description": "Forms of Acme",
    "Author": "Acme",
    "Author URI": "https://acme.example/about",
    "Requires at least": "6.4",
    "Requires PHP": "8.1",
    "License": "GPL-2.0-or-later",
    "Text Domain": "acme-forms",
}
README = """=== Acme Forms ===
Contributors: acme
Tested up to: 6.7
Stable tag: 2.1.0
License: GPL-2.0-or-later

Forms.

== External services ==
It sends answers to https://api.acme.example/v2 (terms: https://acme.example/terms).

== Changelog ==
See https://elsewhere.example.
"""


def php(**changes):
    lines = [f" * {name}: {value}" for name, value in (HEADER | changes).items() if value is not None]
    return "<?php\n/**\n" + "\n".join(lines) + "\n */\n"


@pytest.fixture
def plugin(read):
    def build(*, readme=README, files=None, **changes):
        return read({"main.php": php(**changes), "readme.txt": readme} | (files or {}))

    return build


def test_a_plugin_gives_its_facts(plugin):
    package = plugin()

    assert (package.format, package.metadata.name, package.metadata.version) == (
        "wordpress-plugin",
        "acme-forms",
        "2.1.0",
    )
    assert (package.metadata.license, package.metadata.contact) == ("GPL-2.0-or-later", "https://acme.example/about")
    assert (package.manifest_path, package.entry_points, package.problems) == ("main.php", ("main.php",), ())


def test_services_named_in_the_readme_are_hosts(plugin):
    derived = plugin().derived

    assert [host.host for host in derived.egress] == ["api.acme.example", "acme.example"]
    assert derived.capabilities == {Capability.NETWORK_OUTBOUND}


def test_needed_plugins_and_other_update_servers_are_said(plugin):
    package = plugin(**{"Requires Plugins": "woocommerce, acme-base", "Update URI": "https://updates.acme.example/x"})

    assert package.derived.says[0] == "Needs the plugins: woocommerce, acme-base."
    assert ("updates.acme.example", 443) in [(host.host, host.port) for host in package.derived.egress]
    assert [problem.rule for problem in package.problems] == ["wordpress-update-uri"]


@pytest.mark.parametrize(
    ("changes", "rule", "path"),
    [
        ({"Author": None}, "wordpress-header-missing", "main.php"),
        ({"Text Domain": "Acme Forms"}, "wordpress-text-domain", "main.php"),
        ({"Requires PHP": "eight"}, "wordpress-header-version", "main.php"),
        ({"Requires Plugins": "Woo Commerce"}, "wordpress-requires-plugins", "main.php"),
        ({"readme": README.replace("Stable tag: 2.1.0", "Stable tag: trunk")}, "wordpress-stable-tag", "readme.txt"),
        ({"readme": README.replace("Stable tag: 2.1.0", "Stable tag: 2.0.0")}, "wordpress-stable-tag", "readme.txt"),
        ({"readme": README.replace("Tested up to: 6.7\n", "")}, "wordpress-readme-field", "readme.txt"),
        ({"readme": README.replace("=== Acme Forms ===", "# Acme")}, "wordpress-readme-title", "readme.txt"),
        ({"files": {"other.php": "<?php /* Plugin Name: Two */"}}, "wordpress-several-plugins", "other.php"),
    ],
)
def test_what_the_plugin_directory_asks_for_is_a_problem(plugin, changes, rule, path):
    package = plugin(**changes)

    assert [(problem.rule, problem.path) for problem in package.problems] == [(rule, path)]


def test_without_a_readme_the_plugin_says_so(read):
    assert [problem.rule for problem in read({"acme.php": php()}).problems] == ["wordpress-readme-missing"]


def test_a_version_that_is_none_is_refused(refused):
    assert refused({"acme.php": php(Version="latest")})[0] == "invalid-version"


@pytest.mark.parametrize(
    "files",
    [
        {"lib/acme.php": php()},
        {"acme.php": "<?php echo 'x';" + " " * 9000 + php()},
        {"acme.txt": php()},
    ],
)
def test_a_header_where_wordpress_does_not_look_makes_no_plugin(read, files):
    assert read(files, filename="acme-1.0.zip").format == "generic"
