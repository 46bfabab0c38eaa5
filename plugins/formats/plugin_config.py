"""What NetBox's and Nautobot's configuration classes state alike: they come from one ancestor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Capability
from plugins.documents import PackageRefused, clean, quote
from plugins.formats import django_app
from plugins.formats.python_kinds import as_python, config_class, read_as, secret_names, settings, stated_text
from plugins.formats.python_package import module_files
from plugins.formats.tree import Detection, Format, Tree
from plugins.formats.values import listed, texts
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from plugins.formats.python_source import FoundClass
    from plugins.package import Package

_REQUIRED = ("name", "verbose_name", "version", "description")


def config_format(*, name: str, label: str, platform: str, class_name: str, base: re.Pattern[str]) -> Format:
    """The format of a platform whose plugins are Python packages with such a class.

    `base` matches the dotted names of the platform's class; without its module where importing everything hides it.
    """

    def detect(tree: Tree) -> Detection | None:
        if not any("config" in path or path.endswith("__init__.py") for path in tree.by_path):
            return None
        found = config_class(tree, base)
        return as_python(tree, found.path) if found else None

    def read(tree: Tree, filename: str) -> Package:
        found = config_class(tree, base)
        if found is None:  # detect has seen it
            raise PackageRefused("manifest-missing", "The package has no configuration class.")
        return read_as(
            name,
            tree,
            filename,
            derived=derived(found, platform),
            judge=lambda package: problems(found, package),
            entries=entries(tree, found),
        )

    return Format(
        name=name,
        label=label,
        recognised_by=f"a Python package whose `config` names a subclass of `{class_name}`",
        derives="settings that read like secrets, queues, middleware; always database access",
        detect=detect,
        read=read,
        refines=django_app.FORMAT,
    )


def derived(found: FoundClass, platform: str) -> Derived:
    """Rights and needs that the class states; every such plugin has models and pages in the platform's server."""
    says = [f"Runs in {platform}'s server, with its rights and its database."]
    if base := stated_text(found, "base_url", 100):
        says.append(f"Adds pages below /plugins/{base}/.")
    low, high = stated_text(found, "min_version", 40), stated_text(found, "max_version", 40)
    if low or high:
        says.append(f"Is for {platform} {f'{low} or later' if low else ''}{f' up to {high}' if high else ''}.")
    middleware = _names(found, "middleware")
    if middleware:
        says.append(f"Looks at every request (middleware): {listed(middleware)}.")
    queues = _names(found, "queues")
    if queues:
        says.append(f"Runs background jobs in queues of its own: {listed(queues)}.")
    stated = settings(found)
    if stated:
        says.append(f"Takes the settings: {listed(stated)}.")
    secrets = secret_names(stated)
    capabilities = {Capability.DATABASE_ACCESS}
    if secrets:
        capabilities.add(Capability.SECRETS_READ)
    if queues:
        capabilities.add(Capability.PROCESS_SCHEDULE)
    return Derived(frozenset(capabilities), secrets=secrets, says=tuple(says))


def entries(tree: Tree, found: FoundClass) -> Iterator[str]:
    """The modules the platform loads by what the class says: itself and its middleware."""
    yield found.path
    for dotted in _names(found, "middleware"):
        module = dotted.rpartition(".")[0]
        yield next((path for path in module_files(module) if path in tree), "")


def problems(found: FoundClass, package: Package) -> Iterator[Problem]:
    """What the class leaves out, or says otherwise than the package's metadata."""
    for key in _REQUIRED:
        if key not in found.states and key != "version":
            yield Problem("plugin-config-field", f"The configuration class states no {key}.", found.path, found.line)
    if not stated_text(found, "min_version"):
        message = "The configuration class states no min_version, so it is loaded by any release."
        yield Problem("plugin-config-versions", message, found.path, found.line)
    stated = stated_text(found, "version", 100)
    if stated and stated != package.metadata.version:
        message = f"The configuration class states version {quote(stated)}, the metadata another one."
        yield Problem("identity-mismatch", message, found.path, found.line)


def _names(found: FoundClass, key: str) -> tuple[str, ...]:
    value = found.states.get(key)
    items = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    return tuple(clean(text, 200) for text in texts(items))
