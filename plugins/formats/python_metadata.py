"""Python's core metadata: `METADATA` of a wheel, `PKG-INFO` of an sdist. Source: PyPA specification of that name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL
from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from plugins.documents import PackageRefused, clean
from plugins.formats.identity import MAX_DEPENDENCIES, python_name, python_version
from plugins.formats.requirements import collect
from plugins.package import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugins.formats.tree import Tree
    from plugins.package import Dependency, Problem

_REQUIRES = re.compile(rb"requires-dist\s*:", re.IGNORECASE)
_SUPPORT_LABELS = re.compile(r"issue|bug|tracker|support|contact", re.IGNORECASE)
_SOURCE_LABELS = re.compile(r"source|repository|code|github|gitlab", re.IGNORECASE)
_HOME_LABELS = re.compile(r"home|website", re.IGNORECASE)
_MAIL = re.compile(r"(?P<name>[^<]*?)\s*<(?P<mail>[^>]+)>")
_BODY = re.compile(rb"\r\n?\r\n?|\n\r?\n|\r\n\n")
_MAX_NAMES = 200
"""Different fields; there are some thirty."""
_UNSTATED = ("UNKNOWN", "")


def read_core_metadata(tree: Tree, path: str) -> tuple[Metadata, Mapping[str, Any]]:
    """Read a metadata file; gives the facts and the raw fields. Raises PackageRefused."""
    content = tree.read(path)
    _refuse_floods(content, path)
    try:
        raw, unparsed = parse_email(content)
    except Exception as error:  # the standard library's mail parser has no closed set of errors
        raise PackageRefused("broken-metadata", f"{path} cannot be read as Python metadata.") from error
    for key in ("name", "version"):
        if key in unparsed:
            raise PackageRefused("duplicate-key", f"{path} states its {key} twice, or in characters that are none.")
    return build_metadata(dict(raw), path), raw


def _refuse_floods(content: bytes, path: str) -> None:
    """The parser goes through all fields for each name among them."""
    lines = [line for line in _BODY.split(content, 1)[0].splitlines() if line]
    names = {line.partition(b":")[0] for line in lines if line[:1] not in b" \t"}
    if len(lines) > 2 * MAX_DEPENDENCIES or len(names) > _MAX_NAMES:
        raise PackageRefused("broken-metadata", f"{path} holds more fields than any honest package's.")


def build_metadata(raw: dict[str, Any], path: str) -> Metadata:
    """Turn raw core metadata fields into Metadata; raises PackageRefused for a bad name or version."""
    author, mail = _author(raw)
    addresses = {label: clean(url, 500) for label, url in dict(raw.get("project_urls") or {}).items()}
    return Metadata(
        name=python_name(raw.get("name"), path),
        version=python_version(raw.get("version"), path),
        description=_text(raw, "summary"),
        license=_license(raw),
        author=author,
        contact=_labelled(addresses, _SUPPORT_LABELS) or mail,
        homepage=_text(raw, "home_page") or _labelled(addresses, _HOME_LABELS),
        repository=_labelled(addresses, _SOURCE_LABELS),
        keywords=tuple(word for word in (clean(word, 100) for word in (raw.get("keywords") or [])[:100]) if word),
    )


def metadata_dependencies(tree: Tree, path: str, raw: Mapping[str, Any], problems: list[Problem]) -> list[Dependency]:
    """Read `Requires-Dist` with the line of each."""
    texts = list(raw.get("requires_dist") or [])[: MAX_DEPENDENCIES + 1]
    lines = _requires_lines(tree.read(path)) + [0] * len(texts)
    return collect(zip(texts, lines, strict=False), scope="runtime", path=path, problems=problems)


def python_purl(metadata: Metadata) -> str:
    """Give the package URL of a Python package."""
    return PackageURL("pypi", None, canonicalize_name(metadata.name), metadata.version).to_string()


def _requires_lines(content: bytes) -> list[int]:
    lines = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            break
        if _REQUIRES.match(line):
            lines.append(number)
    return lines


def _text(raw: Mapping[str, Any], key: str) -> str:
    text = clean(raw.get(key), 1000)
    return "" if text in _UNSTATED else text


def _author(raw: Mapping[str, Any]) -> tuple[str, str]:
    """Give name and mail of the author, else of the maintainer."""
    for who in ("author", "maintainer"):
        name, mail = _text(raw, who), _text(raw, f"{who}_email")
        if match := _MAIL.search(mail):
            name, mail = name or match["name"].strip(' ",'), match["mail"]
        if name or mail:
            return name or mail, mail
    return "", ""


def _license(raw: Mapping[str, Any]) -> str:
    if stated := _text(raw, "license_expression") or _text(raw, "license").split("\n")[0]:
        return stated[:200]
    classifiers = (clean(value, 200) for value in raw.get("classifiers") or [])
    return next((value.rpartition("::")[2].strip() for value in classifiers if value.startswith("License ::")), "")


def _labelled(addresses: Mapping[str, str], labels: re.Pattern[str]) -> str:
    return next((url for label, url in addresses.items() if labels.search(label)), "")
