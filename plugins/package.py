"""What intake learns of a package without executing any of it: plain, frozen facts.

Built by `plugins.formats.read_package`, consumed by every check, by risk, by policy and by the exports.
All text in here comes from strangers: escape it wherever it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.vocabulary import Capability

SHIPPED_SCOPES = frozenset({"runtime", "optional", "bundled", "locked"})
"""Scopes whose dependencies reach the platform: not what developers or builds install, nor what it brings itself."""


PURL_TYPES = {"npm": "npm", "PyPI": "pypi", "Packagist": "composer"}
"""What package URLs call the ecosystems; any other is `generic`."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of the unpacked tree. `path` is relative, POSIX, with the archive's top folder stripped."""

    path: str
    size: int
    sha256: str
    language: str | None = None
    """`javascript`, `typescript`, `tsx`, `python`, `php`, `csharp`, `shell`, `html`, or None where it is not code."""
    container: str = ""
    """Path of the archive in the archive it lies in; empty for a file of the package itself."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One dependency as a manifest states it."""

    ecosystem: str
    """OSV's name of the ecosystem: `npm`, `PyPI`, `Packagist`. `JSR` and `address` are of locks alone: no advisory is
    about them."""
    name: str
    """PEP 503-normalised for PyPI, exact with scope for npm, in small letters for Packagist."""
    requirement: str
    """As written: `^1.2.0`, `==2.0; python_version<'3.9'`, an address, or "" for any."""
    scope: str = "runtime"
    """`runtime`, `dev`, `optional`, `peer`, `build`, `bundled`, or `locked`: a version somebody built with, by a lock
    that does not bind whoever installs the package."""
    path: str = ""
    line: int = 0
    direct: bool = True
    pinned: str | None = None
    """The one exact version the requirement allows (`==1.2.3`, npm `1.2.3`, a lock entry), else None."""
    license: str = ""
    """As stated by the package itself where it lies inside, or by the lock; empty: not known here."""
    integrity: str = ""
    """Digest of the package file as a lock writes it: `sha512-…` in base64, or `sha256:…` in hex."""
    needs: tuple[str, ...] = ()
    """What it needs itself, as the lock resolved it: `name@version`."""
    released: str = ""
    """ISO date of the version's release, where a lock states it."""

    @property
    def purl(self) -> str:
        """Package URL, with the version where it is pinned."""
        from packageurl import PackageURL  # noqa: PLC0415 - lazy: most commands never ask

        kind = PURL_TYPES.get(self.ecosystem, "generic")
        namespace, _, name = self.name.rpartition("/")
        return PackageURL(kind, namespace or None, name, self.pinned).to_string()


@dataclass(frozen=True, slots=True)
class InstallHook:
    """Code that runs when the package is installed or built, whoever asked for it."""

    kind: str
    """`npm-script`, `binding.gyp`, `setup.py`, `build-backend`, `pth`, `data-scripts`, `shell-script`."""
    name: str
    """`preinstall`, `setup.py`, the backend's name …"""
    path: str
    line: int
    command: str = ""
    """What is run, as written; empty where the file itself is what runs."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Identity and contact facts from the native manifest. Empty string: not stated."""

    name: str
    version: str
    description: str = ""
    license: str = ""
    author: str = ""
    contact: str = ""
    """An e-mail address or URL where the author can be reached about problems."""
    homepage: str = ""
    repository: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EgressHost:
    """A host a plugin says it talks to, or was seen naming. `port` 0: not stated."""

    host: str
    port: int = 0
    purpose: str = ""
    data_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataFlow:
    """One flow of data the owner declares."""

    category: str
    purpose: str = ""
    lawful_basis: str = ""
    retention: str = ""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One use the owner promises to work, as a reviewer can follow it."""

    name: str
    steps: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True)
class FailureMode:
    """One way to fail and what the plugin does then, in the owner's words."""

    cause: str
    behaviour: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the owner declares in `plugin-governance.json`; schema: docs/schemas/plugin-governance.v1.schema.json."""

    capabilities: frozenset[Capability] = frozenset()
    egress: tuple[EgressHost, ...] = ()
    secrets: tuple[str, ...] = ()
    data_flows: tuple[DataFlow, ...] = ()
    support_until: str = ""
    """ISO date until which the owner promises fixes."""
    support_contact: str = ""
    update_cadence: str = ""
    rollback_version: str = ""
    failure_mode: str = ""
    """What the plugin does when the other side is down or answers nonsense, in the owner's words; where only
    `failure_modes` are given, those in one text."""
    failure_modes: tuple[FailureMode, ...] = ()
    env: tuple[str, ...] = ()
    """Names of the environment variables it reads."""
    scenarios: tuple[Scenario, ...] = ()
    test_command: str = ""
    """How the tests are run in the package's folder: words as a POSIX shell splits them, but no shell runs them."""
    test_evidence: str = ""
    """Path in the package, or address, of test results; JUnit XML in the package is read."""
    coverage_report: str = ""
    """Path in the package of a coverage report: Cobertura XML or LCOV."""
    test_coverage: float | None = None
    """Line coverage in percent, 0 to 100."""
    load_evidence: str = ""
    reproducible_build: str = ""
    """How a third party rebuilds the artifact and gets the same files."""
    raw: dict[str, object] = field(default_factory=dict)
    """The document as it was written, for the record."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What the native manifest itself says about rights, without the owner's declaration."""

    capabilities: frozenset[Capability] = frozenset()
    egress: tuple[EgressHost, ...] = ()
    secrets: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    """What else it says about rights and needs, in plain sentences for owner and reviewer."""
    local_only: str = ""
    """The statement by which the plugin talks to the local network only, or to nobody; empty: it makes none."""


@dataclass(frozen=True, slots=True)
class TestResults:
    """What a JUnit file in the package says. `failed` counts failures and errors."""

    __test__ = False  # no test class, whatever pytest makes of its name

    path: str
    total: int
    failed: int
    skipped: int
    first_failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a coverage report in the package says."""

    path: str
    lines: int
    covered: int

    @property
    def percent(self) -> float:
        """Line coverage, 0 to 100."""
        return round(100 * self.covered / self.lines, 2) if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a manifest or declaration that does not stop intake; becomes a completeness finding."""

    rule: str
    message: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Package:
    """Everything intake knows. `files` holds every regular file of the tree, sorted by path."""

    format: str
    """The name of one of `plugins.formats.FORMATS`."""
    metadata: Metadata
    purl: str
    files: tuple[SourceFile, ...]
    manifest_path: str = ""
    entry_points: tuple[str, ...] = ()
    """Paths of the files the platform loads, as stated by the manifest, whether or not they exist."""
    dependencies: tuple[Dependency, ...] = ()
    install_hooks: tuple[InstallHook, ...] = ()
    declaration: Declaration | None = None
    derived: Derived = field(default_factory=Derived)
    test_results: TestResults | None = None
    """Of the JUnit file that the declaration names, where it could be read."""
    coverage: Coverage | None = None
    """Of the coverage report that the declaration names, where it could be read."""
    problems: tuple[Problem, ...] = ()

    @property
    def code_files(self) -> tuple[SourceFile, ...]:
        """The files that hold code."""
        return tuple(file for file in self.files if file.language)
