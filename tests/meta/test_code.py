"""Conventions of the code as a whole."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.support.environment import ROOT

OURS = ("governance", "plugins", "certification", "audits")
FORBIDDEN = {
    "the host of a package registry": r"npmjs[.](org|com)|pypi[.](org|python)|pythonhosted[.]org|yarnpkg[.]com",
    "a path of somebody's machine": r"(?<![\w.])/(work/(main|shared)|root/[.]|opt/wheels|home/[a-z]+/)",
}
BINARY = {".png", ".ttf", ".otf", ".woff2", ".ico", ".pdf", ".icc"}


def committed():
    """Every committed file that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.suffix not in BINARY and path.is_file()]


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("app", OURS)
def test_an_apps_migrations_are_one_line_without_a_number_twice(app):
    loader = MigrationLoader(None)
    names = sorted(name for label, name in loader.disk_migrations if label == app)

    assert len(loader.graph.leaf_nodes(app)) == 1
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_imports_keep_their_directions():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "120"},
    )

    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_names(what):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in committed()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line) and path != Path(__file__)
    ]

    assert found == []


def variables_read():
    """Every environment variable our own code reads, by name."""
    found = set()
    for app in OURS:
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and re.fullmatch(
                    r"(env\.\w+|os\.environ\.get|os\.getenv)", ast.unparse(node.func)
                ):
                    name = node.args[0] if node.args else None
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        found.add(name.value)
    return found


def documented():
    text = (ROOT / "docs" / "configuration.md").read_text()
    return set(re.findall(r"^\| `([A-Z_]+)` \|", text, flags=re.MULTILINE))


def test_every_variable_is_documented_and_nothing_else_is():
    outside = {
        "PORT",
        "DEMO",
        "PYTHON",
        "TEST_POSTGRES_URL",
        "CI",
        "DJANGO_SETTINGS_MODULE",
        "PLUGWARDEN_GUARDDOG_RULES",
    }

    assert variables_read() - documented() == set()
    assert documented() - variables_read() - outside == set()


def test_the_example_for_production_uses_variables_there_are():
    lines = (ROOT / ".env.production.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}

    assert named <= documented()


def test_every_app_of_ours_is_installed():
    assert {config.label for config in apps.get_app_configs()} >= set(OURS)
