"""What is run of a package, in which order, and how each part of it is laid out in the sandbox."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from plugins.sandbox import Bind
from plugins.sandbox.watch import Phase
from plugins.sandbox.watch.contract import PHASE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import InstallHook, Package

DRIVERS = Path(__file__).resolve().parent / "drivers"
INSIDE = "/opt/driver"
PACKAGE = "/opt/package"
BUDIBASE = "budibase-plugin"
INSTALLING = frozenset({"preinstall", "install", "postinstall"})
"""The scripts npm runs for whoever installs a package; the others are for its makers."""
NOT_RUN = frozenset({"binding.gyp", "build-backend"})
"""Hooks that need a compiler's tools or a build environment, which are not in the sandbox."""
COPY = "/tmp/install"  # noqa: S108 - inside the sandbox, where /tmp is private
CONFIGURED = "mkdir -m 777 /tmp/configured; echo configured > /tmp/configured/configured"
"""Makes the folder and file that drivers/node/values.cjs and drivers/python/values.py name where a path is wanted."""
REGISTRY = "https://packages.plugwarden-canary.example/"
"""Where package managers are told to fetch from: what they ask for is seen, and is not the plugin's own calling."""
MAX_ENTRIES = 120
PATIENCE_MS, TOTAL_MS, LINGER_MS = 6000, 14_000, 250
NODE_SUFFIXES = (".js", ".cjs", ".mjs")
SIDE_FILES = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "__main__.py", "manage.py"})
SIDE_FOLDERS = frozenset(
    {"tests", "test", "testing", "migrations", "docs", "examples", "node_modules", "build", "scripts"}
)
_NPM_NAME = re.compile(r"(?:@[a-z0-9._~-]+/)?[a-z0-9._~-]+")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Plan:
    """The phases, what they see, and the mark before each line of a driver's own."""

    phases: tuple[Phase, ...]
    binds: tuple[Bind, ...]
    mark: str
    entries: int
    """How many entry points or modules there are; at most MAX_ENTRIES of them are loaded."""
    own: tuple[str, ...]
    """Where the package, its copies, the drivers and the interpreter lie inside: reading there is no capability."""
    missing: tuple[str, ...] = ()
    """What of it cannot be run here, and what to install, in sentences."""


def plan_for(package: Package, root: Path) -> Plan:
    """What to run of an unpacked package."""
    mark = f"@plugwarden-{secrets.token_hex(8)}"
    builder = _Builder(package, root, mark)
    phases = [*builder.installs(), *builder.loads(), *builder.tests()]
    return Plan(
        tuple(phases), tuple(builder.binds), mark, len(builder.known), tuple(builder.own), tuple(builder.missing)
    )


def runs_node(package: Package) -> bool:
    """Whether the package is one that Node loads, and there is something to load."""
    return (package.purl.startswith("pkg:npm/") or package.format == BUDIBASE) and bool(_node_entries(package))


def runs_python(package: Package) -> bool:
    """Whether the package has Python modules that its platform loads."""
    return bool(_python_modules(package))


class _Builder:
    def __init__(self, package: Package, root: Path, mark: str) -> None:
        self._package, self._mark = package, mark
        self._node = runs_node(package)
        self.known = _node_entries(package) if self._node else _python_modules(package)
        self.entries = self.known[:MAX_ENTRIES]
        self.place = f"{PACKAGE}/node_modules/{_safe_name(package)}" if self._node else f"{PACKAGE}/site"
        self.binds = [Bind(root, self.place), Bind(DRIVERS, INSIDE)]
        self.own = [PACKAGE, INSIDE, COPY]
        self.missing: list[str] = []
        self._interpreter = self._node_program() if self._node else self._python_program()

    def _node_program(self) -> str:
        found = shutil.which("node")
        if found is None:
            self.missing.append("Node is not installed here. Install it with: apt-get install nodejs")
            return ""
        return self._given(Path(found).resolve())

    def _python_program(self) -> str:
        return self._given(Path(sys.executable).resolve())

    def _given(self, program: Path) -> str:
        """Make an interpreter that lies outside of /usr visible inside, with what is installed beside it."""
        if not program.is_relative_to("/usr"):
            home = program.parents[1]
            self.binds.append(Bind(home))
            self.own.append(str(home))
        return str(program)

    # --- the phases ---

    def installs(self) -> Iterator[Phase]:
        """One phase for each hook, in a copy that may be written to."""
        paths = [hook.path for hook in self._package.install_hooks if hook.kind == "pth"]
        for number, hook in enumerate(self._package.install_hooks):
            if hook.kind in NOT_RUN:
                self.missing.append(f"What runs at installation was not run: {hook.kind} ({hook.name}).")
            argv = self._hook(hook)
            if argv and self._interpreter:
                yield self._phase(f"install {hook.name}" if number else "install", argv, hook=hook)
        if paths and self._interpreter:
            files = [f"{self.place}/{path}" for path in sorted(set(paths))]
            yield self._phase("install .pth", self._python(task="pth", files=files))

    def _hook(self, hook: InstallHook) -> tuple[str, ...]:
        if hook.kind == "npm-script" and hook.name in INSTALLING:
            return ("/bin/sh", "-c", hook.command)
        if hook.kind == "setup.py":
            return self._python(task="setup", file=f"{COPY}/{hook.path}") if not self._node else ()
        if hook.kind == "shell-script":
            return ("/bin/sh", f"{COPY}/{hook.path}")
        return ()

    def loads(self) -> Iterator[Phase]:
        """Importing, and using as the platform would."""
        if not self.entries or not self._interpreter:
            return
        for name in ("import", "entry-points"):
            yield self._phase(name, self._node_argv(name) if self._node else self._python(task=_TASKS[name]))

    def tests(self) -> Iterator[Phase]:
        """The owner's own tests, where the declaration says how to run them."""
        declared = self._package.declaration.test_command if self._package.declaration else ""
        if declared and self._interpreter:
            yield self._phase("tests", ("/bin/sh", "-c", declared), copied=True)

    def _phase(
        self, name: str, argv: tuple[str, ...], *, hook: InstallHook | None = None, copied: bool = False
    ) -> Phase:
        copied = copied or hook is not None
        folder = str(PurePosixPath(COPY, hook.path).parent) if hook else COPY
        env = {
            "PATH": f"{COPY}/node_modules/.bin:{Path(self._interpreter).parent}:/usr/local/bin:/usr/bin:/bin",
            "npm_config_registry": REGISTRY, "npm_config_userconfig": "/dev/null", "npm_config_yes": "true",
            "npm_config_update_notifier": "false", "PIP_INDEX_URL": REGISTRY, "PIP_CONFIG_FILE": "/dev/null",
            "PYTHONDONTWRITEBYTECODE": "1", "CI": "true", "TZ": "UTC",
        }  # fmt: skip
        if hook and hook.kind == "npm-script":
            env |= self._npm_variables(hook)
        return Phase(
            name=name,
            argv=argv,
            cwd=folder if copied else self.place,
            env=env,
            prepare=f"cp -r {shlex.quote(self.place)} {COPY}" if copied else CONFIGURED,
            limits=replace(PHASE_LIMITS, wall_seconds=20),
        )

    def _npm_variables(self, hook: InstallHook) -> dict[str, str]:
        """What npm tells a script. Source: npm's documentation, "scripts"."""
        stated = self._package.metadata
        return {
            "npm_lifecycle_event": hook.name, "npm_lifecycle_script": hook.command, "npm_package_name": stated.name,
            "npm_package_version": stated.version, "npm_package_json": f"{COPY}/package.json", "npm_command": "install",
            "npm_node_execpath": self._interpreter, "npm_execpath": "/usr/bin/npm", "INIT_CWD": COPY,
            "npm_config_user_agent": "npm/10.0.0 node/v20.0.0 linux x64 workspaces/false",
        }  # fmt: skip

    def _node_argv(self, phase: str) -> tuple[str, ...]:
        plan = {
            "mark": self._mark, "phase": phase, "format": self._package.format, "root": self.place,
            "entries": self.entries, "patience": PATIENCE_MS, "total": TOTAL_MS, "linger": LINGER_MS,
        }  # fmt: skip
        return (self._interpreter, f"{INSIDE}/node/driver.cjs", json.dumps(plan))

    def _python(self, *, task: str, **more: object) -> tuple[str, ...]:
        plan = {
            "mark": self._mark, "task": task, "format": self._package.format, "roots": self._roots(),
            "entries": self.entries, "total": TOTAL_MS / 1000, "linger": LINGER_MS / 1000, **more,
        }  # fmt: skip
        return (self._interpreter, "-I", "-S", "-B", f"{INSIDE}/python/driver.py", json.dumps(plan))

    def _roots(self) -> list[str]:
        folders = {root for root, _module in _python_files(self._package)}
        return [f"{self.place}/{folder}".rstrip("/") for folder in sorted(folders)]


_TASKS = {"import": "import", "entry-points": "use"}


def _safe_name(package: Package) -> str:
    name = package.metadata.name
    return name if _NPM_NAME.fullmatch(name) and ".." not in name else "plugin"


def _node_entries(package: Package) -> list[str]:
    """What the platform loads; without a word about it, what lies at the top."""
    present = {file.path: file for file in package.files if not file.container}
    stated = [path for path in package.entry_points if path in present]
    return [path for path in stated if present[path].language == "javascript" or path.endswith(NODE_SUFFIXES)]


def _python_files(package: Package) -> list[tuple[str, str]]:
    """Folder to be searched and module name of every module that is loaded, packages before what is in them."""
    found = []
    for file in package.files:
        parts = PurePosixPath(file.path).parts
        if file.language != "python" or file.container or not parts[-1].endswith(".py") or parts[-1] in SIDE_FILES:
            continue
        if SIDE_FOLDERS.intersection(parts[:-1]) or any(part.endswith((".dist-info", ".data")) for part in parts):
            continue
        root, names = _module_of(parts)
        if names and all(map(_MODULE.fullmatch, names)):
            found.append((root, ".".join(names)))
    return sorted(found, key=lambda entry: (entry[1].count("."), entry[1]))


def _module_of(parts: tuple[str, ...]) -> tuple[str, list[str]]:
    """Where to search and what to import; `src` of an sdist and a Baserow plugin's `backend` are no packages."""
    start = 0
    if parts[0] in {"src", "backend"} and len(parts) > 1:
        start = 2 if parts[:2] == ("backend", "src") else 1
    names = [*parts[start:-1], parts[-1].removesuffix(".py")]
    return "/".join(parts[:start]), names[:-1] if names[-1] == "__init__" else names


def _python_modules(package: Package) -> list[str]:
    return list(dict.fromkeys(module for _root, module in _python_files(package)))
