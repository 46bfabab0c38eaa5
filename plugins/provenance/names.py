"""Whether the name in a statement is that of a package: npm names a package URL there, PyPI a file name."""

from __future__ import annotations

from packageurl import PackageURL
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version


def same_package(name: str, purl: str) -> bool:
    """Whether a subject's name agrees with a package. A name that names no package, such as a path, agrees with all."""
    try:
        package = PackageURL.from_string(purl)
    except ValueError:
        return False
    if name.startswith("pkg:"):
        return _same_purl(name, package)
    if package.type == "pypi" and name.endswith((".whl", ".tar.gz", ".zip")):
        return _same_file(name, package)
    return True


def _same_purl(name: str, package: PackageURL) -> bool:
    try:
        stated = PackageURL.from_string(name)
    except ValueError:
        return False
    return (stated.type, stated.namespace, stated.name, stated.version) == (
        package.type,
        package.namespace,
        package.name,
        package.version,
    )


def _same_file(name: str, package: PackageURL) -> bool:
    try:
        parsed = parse_wheel_filename(name) if name.endswith(".whl") else parse_sdist_filename(name)
        same_version = parsed[1] == Version(package.version or "")
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return False
    return parsed[0] == canonicalize_name(package.name) and same_version
