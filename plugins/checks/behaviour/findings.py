"""What is wrong about what a plugin did when it ran. A lone thing that plugins of its kind do is no finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.capabilities import covers, split_port
from plugins.checks.base import Finding
from plugins.checks.behaviour import sight
from plugins.sandbox.command import HOME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.package import Package
    from plugins.sandbox.watch import PhaseRecord

CODE = "behaviour"
SHOWN = 5
PERSISTENT = (
    ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".ssh/", ".config/autostart/", ".config/systemd/",
    ".config/fish/", ".gitconfig", ".git-credentials", ".npmrc", ".pypirc", ".aws/", ".kube/",
)  # fmt: skip
"""Below the home folder: what makes code run again, or opens a door."""
DOWNLOADERS = frozenset({"curl", "wget", "nc", "ncat", "netcat", "socat", "telnet", "ftp", "tftp", "scp", "ssh"})
SCHEDULERS = frozenset({"crontab", "at", "systemctl", "launchctl"})


def findings(package: Package, records: Iterable[PhaseRecord]) -> Iterator[Finding]:
    """All findings of a recording, phase by phase."""
    for record in records:
        yield from _decoys(record)
        yield from _reaching(package, record)
        yield from _programs(record)
        yield from _files(record)
        yield from _misconduct(record)


def _decoys(record: PhaseRecord) -> Iterator[Finding]:
    for leak in record.leaks:
        yield _finding(
            "secret-sent",
            Severity.CRITICAL,
            f"A credential that was none of its business was sent: {leak.name}",
            record,
            f"{leak.at:.1f} s into it, its value went to {leak.target} over {leak.channel} ({leak.encoding}).",
            "Remove the code that collects and sends credentials.",
            cwe="CWE-522",
            symbol=f"{leak.name} {leak.target}",
        )
    for decoy in record.decoys:
        yield _finding(
            "decoy-read",
            Severity.HIGH,
            f"A credential file was opened that no plugin needs: {decoy.name}",
            record,
            f"{decoy.at:.1f} s into it. The file is a decoy; on the platform it would be the operator's own.",
            "Take what the plugin needs from the platform's credential store.",
            cwe="CWE-538",
            symbol=decoy.name,
        )


def _reaching(package: Package, record: PhaseRecord) -> Iterator[Finding]:
    reached = sight.hosts(record)
    for name in sorted(reached):
        if split_port(name)[0] in sight.METADATA:
            yield _finding(
                "metadata-asked",
                Severity.CRITICAL,
                f"The cloud machine's own credentials were asked for: {name}",
                record,
                f"{reached[name]:.1f} s into it.",
                "Remove this; a plugin runs with the rights its operator gives it.",
                cwe="CWE-918",
                symbol=name,
            )
    if not reached:
        if _installing(record) and sight.asks_registry(record):
            yield _finding(
                "install-fetches-packages",
                Severity.LOW,
                "Installing it fetches another package and runs it",
                record,
                "A package manager asked for a package; which one it would get is decided on the day.",
                "Ship what is needed, or leave the check of the package manager to the platform.",
                cwe="CWE-829",
            )
        return
    named = ", ".join(sorted(reached)[:SHOWN])
    if _installing(record):
        yield _finding(
            "install-calls",
            Severity.HIGH,
            f"Installing it calls {named}",
            record,
            f"First after {min(reached.values()):.1f} s.",
            "An install hook has no business on the network: do the work at build time and ship the result.",
            cwe="CWE-506",
            symbol=named,
        )
    elif record.name == "import":
        strange = [name for name in sorted(reached) if not _declared(package, name)]
        yield _finding(
            "import-calls",
            Severity.HIGH if strange else Severity.LOW,
            f"Loading it calls {', '.join((strange or sorted(reached))[:SHOWN])}",
            record,
            f"First after {min(reached.values()):.1f} s, before anybody used the plugin.",
            "Call hosts when the plugin is used, and declare them.",
            cwe="CWE-506" if strange else "",
            symbol=named,
        )


def _declared(package: Package, name: str) -> bool:
    declared = package.declaration.egress if package.declaration else ()
    return any(covers(entry, *split_port(name)) for entry in declared)


def _programs(record: PhaseRecord) -> Iterator[Finding]:
    written = {file.path for file in record.files if file.write}
    for command in record.commands:
        line = " ".join(command.argv)[:200]
        name = (command.path or command.argv[0]).rpartition("/")[2]
        if command.path in written:
            yield _finding(
                "runs-what-it-wrote",
                Severity.CRITICAL,
                f"It started a program that it had written itself: {command.path}",
                record,
                f"{command.at:.1f} s into it: {line}",
                "Ship programs in the package, where they can be examined, or do without.",
                cwe="CWE-494",
                symbol=name,
            )
        elif name in DOWNLOADERS | SCHEDULERS and record.name != "entry-points":
            yield _finding(
                "suspicious-program",
                Severity.MEDIUM,
                f"It started {name} before anybody used the plugin",
                record,
                f"{command.at:.1f} s into it: {line}",
                "Do without, or explain to the reviewers what it is for.",
                cwe="CWE-506",
                symbol=line,
            )
    started = [" ".join(command.argv)[:100] for command in record.commands]
    if record.name == "import" and started:
        yield _finding(
            "import-starts-programs",
            Severity.MEDIUM,
            "Loading it starts other programs",
            record,
            "; ".join(started[:SHOWN]),
            "Start programs when the plugin is used, and declare process.spawn.",
            cwe="CWE-78",
            symbol=started[0],
        )


def _files(record: PhaseRecord) -> Iterator[Finding]:
    touched = [file.path for file in record.files if file.write or file.delete]
    lasting = [path for path in touched if path.startswith(tuple(f"{HOME}/{part}" for part in PERSISTENT))]
    if lasting:
        yield _finding(
            "stays-behind",
            Severity.CRITICAL,
            f"It changed a file that outlives it: {lasting[0].replace(HOME, '~', 1)}",
            record,
            ", ".join(lasting[:SHOWN]),
            "Leave the start-up files, keys and credentials of the machine alone.",
            cwe="CWE-506",
            symbol=lasting[0],
        )
    outside = [file.path for file in sight.written_files(record) if not file.path.startswith("/tmp/")]  # noqa: S108 - inside
    outside = [path for path in outside if path not in lasting]
    if _installing(record) and outside:
        yield _finding(
            "install-writes-outside",
            Severity.HIGH,
            "Installing it writes outside of its own folder",
            record,
            ", ".join(outside[:SHOWN]),
            "Write below the package's own folder only.",
            cwe="CWE-506",
            symbol=outside[0],
        )


def _misconduct(record: PhaseRecord) -> Iterator[Finding]:
    if record.timed_out and not record.name.startswith("tests"):
        yield _finding(
            "runs-out-the-clock",
            Severity.MEDIUM,
            f"It did not end by itself ({record.name})",
            record,
            record.ending,
            "Return when the work is done; a plugin that waits may wait for somebody to stop looking.",
            cwe="CWE-400",
        )
    if record.truncated:
        yield _finding(
            "floods-output",
            Severity.MEDIUM,
            f"It printed more than it may ({record.name})",
            record,
            record.ending,
            "Print little; logs belong to the platform's logger.",
            cwe="CWE-400",
        )
    if record.problems:
        yield _finding(
            "escapes-observation",
            Severity.HIGH,
            f"What it did could not be observed to the end ({record.name})",
            record,
            " ".join(record.problems),
            "If this was not meant, find out what in the plugin makes so much, or takes so much, and stop it.",
            cwe="CWE-778",
        )


def _installing(record: PhaseRecord) -> bool:
    return record.name.startswith("install")


def _finding(  # noqa: PLR0917 - a table of findings reads best so
    rule: str,
    severity: Severity,
    title: str,
    record: PhaseRecord,
    detail: str,
    remediation: str,
    *,
    cwe: str = "",
    symbol: str = "",
) -> Finding:
    when = {"import": "When it was loaded", "entry-points": "When it was used", "tests": "When its tests ran"}
    phase = "When it was installed" if _installing(record) else when.get(record.name, record.name)
    return Finding(
        check=CODE,
        rule=rule,
        severity=severity,
        title=title,
        detail=f"{phase}: {detail}",
        remediation=remediation,
        cwe=cwe,
        symbol=f"{record.name}: {symbol}",
    )
