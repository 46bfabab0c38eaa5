"""Baserow plugins: two parts, and the scripts that its installer runs."""

import json

import pytest

from governance.vocabulary import Capability
from plugins.package import InstallHook

INFO = {
    "name": "Acme fields",
    "version": "0.3.0",
    "description": "Acme field types",
    "supported_baserow_versions": ">=1.20",
    "plugin_api_version": "0.0.1-alpha",
}
SETUP = (
    "from setuptools import setup\nREQUIRES = [\n  'requests==2.31.0',\n]\nsetup(name='x', install_requires=REQUIRES)\n"
)
FILES = {
    "backend/setup.py": SETUP,
    "backend/build.sh": "#!/bin/bash\n",
    "backend/src/acme_fields/apps.py": "",
    "web-frontend/package.json": {"dependencies": {"axios": "1.6.0"}, "scripts": {"postinstall": "node x.js"}},
    "web-frontend/uninstall.sh": "#!/bin/bash\n",
    "web-frontend/modules/acme-fields/module.js": "1",
}


@pytest.fixture
def plugin(read):
    def build(*, folder="", files=FILES, **changes):
        info = {key: value for key, value in (INFO | changes).items() if value is not None}
        everything = {"baserow_plugin_info.json": json.dumps(info, indent=1)} | files
        return read({folder + path: content for path, content in everything.items()})

    return build


@pytest.mark.parametrize("folder", ["", "acme/", "plugins/acme/"])
def test_a_plugin_gives_its_facts_wherever_its_folder_lies(plugin, folder):
    package = plugin(folder=folder)

    assert (package.format, package.metadata.name, package.metadata.version) == (
        "baserow-plugin",
        "acme-fields",
        "0.3.0",
    )
    assert [(one.ecosystem, one.name, one.pinned, one.line) for one in package.dependencies] == [
        ("PyPI", "requests", "2.31.0", 3),
        ("npm", "axios", "1.6.0", 1),
    ]
    assert package.entry_points == (
        f"{folder}backend/src/acme_fields/apps.py",
        f"{folder}web-frontend/modules/acme-fields/module.js",
    )
    assert package.problems == ()


def test_every_script_that_the_installer_runs_is_an_install_hook(plugin):
    package = plugin()

    assert package.install_hooks == (
        InstallHook("shell-script", "backend/build.sh", "backend/build.sh", 1),
        InstallHook("shell-script", "web-frontend/uninstall.sh", "web-frontend/uninstall.sh", 1),
        InstallHook("setup.py", "backend/setup.py", "backend/setup.py", 1),
        InstallHook("npm-script", "postinstall", "web-frontend/package.json", 1, "node x.js"),
    )
    assert package.derived.capabilities == {Capability.DATABASE_ACCESS}
    assert package.derived.says[0].startswith("Runs shell scripts as the container's user: backend/build.sh")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"description": None}, "baserow-key-missing"),
        ({"supported_baserow_versions": "all of them"}, "baserow-versions"),
        ({"plugin_api_version": "9"}, "baserow-api-version"),
        ({"files": {"README.md": "x"}}, "baserow-empty"),
        ({"files": {"backend/x/__init__.py": ""}}, "baserow-backend"),
        ({"files": {"web-frontend/modules/a/module.js": ""}}, "baserow-frontend"),
        ({"files": {"backend/setup.py": "setup(install_requires=load())"}}, "dependencies-unreadable"),
    ],
)
def test_what_baserow_needs_is_a_problem_where_it_is_missing(plugin, changes, rule):
    assert [problem.rule for problem in plugin(**changes).problems] == [rule]


def test_two_plugins_in_one_repository_are_refused(refused):
    files = {f"plugins/{name}/baserow_plugin_info.json": INFO for name in ("a", "b")}

    assert refused(files)[0] == "duplicate-manifest"
