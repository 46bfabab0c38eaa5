"""Django apps, those for Wagtail among them: a Python package with the framework's classifier or an `AppConfig`.

Sources: PyPI's list of classifiers; Django's documentation of applications; Wagtail's documentation of hooks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from governance.vocabulary import Capability
from plugins.documents import clean, quote
from plugins.formats import python_package
from plugins.formats.python_kinds import as_python, classifiers, read_as
from plugins.formats.python_source import class_of, parse_module
from plugins.formats.tree import Detection, Format, Tree
from plugins.formats.values import listed
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.formats.python_source import FoundClass
    from plugins.package import Package

NAME = "django-app"
_FRAMEWORK = re.compile(r"Framework :: (?:Django|Wagtail|Django CMS)\b.*")
_FILE = re.compile(r"(?:src/)?[^/]+/(?:[^/]+/)?(apps|wagtail_hooks)\.py")
_BASES = frozenset({"django.apps.AppConfig", "django.apps.config.AppConfig"})
_MAX_FILES = 20
_MARK = re.compile(r"\bAppConfig\b")
_HOOK = re.compile(r"@hooks\.register\(\s*[\"']([a-z_]{1,60})[\"']")


def detect(tree: Tree) -> Detection | None:
    """A classifier of the framework, `wagtail_hooks.py`, or an `apps.py` with an AppConfig."""
    if not as_python(tree, ""):
        return None
    if any(_FRAMEWORK.fullmatch(one) for one in classifiers(tree)):
        return as_python(tree, "classifiers")
    hooks = next(iter(_files(tree, "wagtail_hooks")), "")
    if hooks:
        return as_python(tree, hooks)
    config = next(iter(_configs(tree)), None)
    return as_python(tree, config.path) if config else None


def read(tree: Tree, filename: str) -> Package:
    """Read the package; raises PackageRefused."""
    configs = list(_configs(tree))
    hooks = _files(tree, "wagtail_hooks")
    entries = [*(config.path for config in configs), *hooks]
    return read_as(
        NAME,
        tree,
        filename,
        derived=_derived(tree, configs, hooks),
        judge=lambda _package: _problems(tree, configs),
        entries=entries,
    )


def _files(tree: Tree, stem: str) -> list[str]:
    found = (file.path for file in tree.files if (match := _FILE.fullmatch(file.path)) and match[1] == stem)
    return list(found)[:_MAX_FILES]


def _configs(tree: Tree) -> Iterator[FoundClass]:
    for path in _files(tree, "apps"):
        module = parse_module(tree, path) if _MARK.search(tree.code(path)) else None
        for name in list(module.classes)[:_MAX_FILES] if module else ():
            found = class_of(tree, module, name) if module else None
            if found and _BASES & set(found.bases):
                yield found


def _derived(tree: Tree, configs: list[FoundClass], hooks: list[str]) -> Derived:
    says = []
    names = tuple(name for config in configs if (name := clean(config.states.get("name"), 100)))
    if names:
        says.append(f"Is installed as the apps: {listed(names)}.")
    registered = tuple(dict.fromkeys(hook for path in hooks for hook in _HOOK.findall(tree.code(path))))
    if registered:
        says.append(f"Registers Wagtail hooks: {listed(registered)}.")
    migrations = any("/migrations/0001" in file.path for file in tree.files)
    if migrations:
        says.append("Brings database migrations.")
    return Derived(frozenset({Capability.DATABASE_ACCESS} if migrations else ()), says=tuple(says))


def _problems(tree: Tree, configs: list[FoundClass]) -> Iterator[Problem]:
    for config in configs:
        name = clean(config.states.get("name"), 200)
        if not name:
            yield Problem("django-app-name", "The AppConfig states no name.", config.path, config.line)
        elif not any(path in tree for path in python_package.module_files(name)):
            message = f"The AppConfig is for {quote(name)}, which is not in the package."
            yield Problem("django-app-name", message, config.path, config.line)


FORMAT = Format(
    name=NAME,
    label="Django app",
    recognised_by="a Python package with the classifier `Framework :: Django` or `:: Wagtail`, `wagtail_hooks.py`, "
    "or an `AppConfig` in `apps.py`",
    derives="migrations as database access; apps and Wagtail hooks",
    detect=detect,
    read=read,
    refines=python_package.FORMAT,
)
