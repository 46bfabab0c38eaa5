"""The command line of a sandbox: bubblewrap, an init of its own, the limits, the loss of every privilege.

As root bubblewrap works without a user namespace, so that files below a closed home folder can be bound, and `setpriv`
then becomes a real unprivileged uid; as anyone else a user namespace does both. The init (a shell as process 1,
waiting for the program) exists because bubblewrap's own leaves before its children's processor time is collected.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from plugins.sandbox.contract import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugins.sandbox.contract import Bind
    from plugins.sandbox.limits import Limits

PROGRAMS = ("bwrap", "prlimit", "setpriv")
INSTALL = "Install it with: apt-get install bubblewrap util-linux"
PERMIT = {
    True: "In a container, give it the capability SYS_ADMIN, or start Plugwarden as an ordinary user.",
    False: "The host has to let ordinary users make namespaces: sysctl kernel.unprivileged_userns_clone=1",
}
"""What to change where bubblewrap is there and may not work, as root and as anyone else."""
HOME = "/tmp/home"  # noqa: S108 - inside the sandbox, where /tmp is private
INIT = 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit $?'
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
NETWORK_FILES = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
    "/etc/pip.conf", "/etc/npmrc",
)  # fmt: skip
NOBODY = 65534
"""The user inside where a user namespace makes it."""
KEPT = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
"""What the launcher itself needs to become the unprivileged user; gone before the program starts."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Which namespaces this host permits beyond the ones we never do without (mount, pid, network)."""

    optional: tuple[str, ...]
    root: bool


MODES = (("--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"), ("--unshare-ipc",))


def modes() -> list[Mode]:
    """The variants to try, strictest first."""
    return [Mode(options, os.geteuid() == 0) for options in MODES]


def program(name: str) -> str:
    """Absolute path of one of the launcher's own programs; SandboxUnavailable where it is missing."""
    found = shutil.which(name)
    if found is None:
        raise SandboxUnavailable(f"The program {name} is missing. {INSTALL}")
    return found


def build(
    argv: Sequence[str],
    *,
    mode: Mode,
    uid: int,
    binds: Iterable[Bind],
    limits: Limits,
    cwd: str,
    network: bool,
    status_fd: int,
    filter_fd: int,
    joined: bool = False,
    files: Mapping[str, int] | None = None,
) -> list[str]:
    """The whole command line; raises SandboxUnavailable for a bind that cannot be given.

    `joined` keeps the network namespace it is started in; `files` are made inside, from descriptors to be read.
    """
    command = [program("bwrap"), *_namespaces(mode, network=network or joined)]
    command += _file_system(limits, network=network)
    for path, descriptor in (files or {}).items():
        command += [*_folders(path, "0777"), "--perms", "0644", "--file", str(descriptor), path]
    for bind in sorted(binds, key=lambda bind: len(PurePosixPath(bind.inside).parts)):
        command += _bound(bind, mode)
    command += ["--remount-ro", "/", "--chdir", cwd]
    command += ["--seccomp", str(filter_fd), "--json-status-fd", str(status_fd), "--"]
    return [*command, "/bin/sh", "-c", INIT, "sh", *_limited(limits), *_dropped(mode, uid), *argv]


def _namespaces(mode: Mode, *, network: bool) -> list[str]:
    options = ["--unshare-pid", *mode.optional, "--as-pid-1", "--die-with-parent", "--new-session"]
    if not network:
        options.append("--unshare-net")
    if "--unshare-uts" in mode.optional:
        options += ["--hostname", "sandbox"]
    options += ["--cap-drop", "ALL"]
    if mode.root:
        return options + [part for capability in KEPT for part in ("--cap-add", capability)]
    return [*options, "--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]


def _file_system(limits: Limits, *, network: bool) -> list[str]:
    options: list[str] = []
    for path in SYSTEM:
        if os.path.islink(path):  # noqa: PTH114 - text in, text out
            options += ["--symlink", os.readlink(path), path]  # noqa: PTH115
        elif os.path.isdir(path):  # noqa: PTH112
            options += ["--ro-bind", path, path]
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    options += ["--perms", "1777", "--size", str(limits.tmp_bytes), "--tmpfs", "/tmp"]  # noqa: S108
    options += ["--perms", "0777", "--dir", HOME, "--perms", "0755", "--dir", "/etc"]
    for path in SYSTEM_FILES + (NETWORK_FILES if network else ()):
        options += ["--ro-bind-try", path, path]
    return options


def _bound(bind: Bind, mode: Mode) -> list[str]:
    source = bind.source.absolute()
    if not source.exists():
        raise SandboxUnavailable(f"{source} does not exist, so it cannot be given to the sandbox.")
    if mode.root and not bind.writable and not _open_to_all(source):
        raise SandboxUnavailable(f"{source} is closed to the sandbox's user. Open it with: chmod -R o+rX {source}")
    return [*_folders(bind.inside, "0755"), "--bind" if bind.writable else "--ro-bind", str(source), bind.inside]


def _folders(path: str, mode: str) -> list[str]:
    """Options that make the folders above a path, where they are not there."""
    parents = [str(parent) for parent in reversed(PurePosixPath(path).parents)][1:]
    return [part for parent in parents for part in ("--perms", mode, "--dir", parent)]


def _open_to_all(path: Path) -> bool:
    wanted = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & wanted == wanted


def _limited(limits: Limits) -> list[str]:
    """Set by prlimit inside, where the process limit counts this run's user only."""
    values = {
        "cpu": f"{limits.cpu_seconds}:{limits.cpu_seconds + 1}",
        "as": limits.memory_bytes,
        "nproc": limits.processes,
        "fsize": limits.file_bytes,
        "nofile": limits.open_files,
        "core": 0,
    }
    return [program("prlimit"), *(f"--{name}={value}" for name, value in values.items()), "--"]


def _dropped(mode: Mode, uid: int) -> list[str]:
    drop = [program("setpriv"), "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    if mode.root:
        return [*drop, "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--"]
    return [program("setpriv"), "--no-new-privs", "--"]
