"""The behaviour check: run the plugin in the watched sandbox and say what it did.

Phases: install hooks, import, entry points as the platform would use them, the owner's own tests. What is not there is
made up by stand-ins, so that a plugin loads without a network. Fail closed: what the observer did not see to its end,
what could not be loaded at all, and code that nothing here can run leave the question open.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plugins.checks import basis
from plugins.checks.base import CheckResult, Observation, clip, conclude
from plugins.checks.behaviour import sight
from plugins.checks.behaviour.evidence import evidence
from plugins.checks.behaviour.findings import CODE, findings
from plugins.checks.behaviour.plan import Plan, plan_for, runs_node, runs_python
from plugins.checks.behaviour.progress import Progress, read_progress
from plugins.sandbox import SandboxUnavailable
from plugins.sandbox.watch import Recording, watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance.vocabulary import Severity
    from plugins.checks.base import Workspace
    from plugins.package import Package

SHOWN = 3
DRIVEN = frozenset({"import", "entry-points"})
"""Phases in which a driver says when it has tried everything."""
NOT_RUN_HERE = {"php": "PHP", "csharp": "C#"}
NAMES = {
    **NOT_RUN_HERE, "javascript": "JavaScript", "typescript": "TypeScript", "tsx": "TypeScript", "python": "Python",
    "shell": "shell",
}  # fmt: skip


class BehaviourCheck:
    """Runs what the platform would run, where nothing can come of it."""

    code = CODE
    version = "3"
    reads_files = True

    def basis(self, workspace: Workspace) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Our code, the drivers, the observer and the interpreters."""
        return basis.digest(basis.code(), basis.programs("strace", "bwrap", "node", sys.executable))

    def applies_to(self, package: Package) -> bool:
        """Whether there is code that its platform runs, or that runs at installation."""
        return bool(package.install_hooks or runs_node(package) or runs_python(package) or _foreign(package))

    def run(self, workspace: Workspace) -> CheckResult:
        """Run all phases; inconclusive where nothing can be run or watched here, or was not seen to its end."""
        package = workspace.package
        plan = plan_for(package, workspace.root)
        if not plan.phases:
            return _not_run(plan, package, workspace.fail_on)
        try:
            recording = watch(plan.phases, binds=plan.binds)
        except SandboxUnavailable as missing:
            return _inconclusive([str(missing)], workspace.fail_on)
        return _concluded(workspace, plan, recording)


def _concluded(workspace: Workspace, plan: Plan, recording: Recording) -> CheckResult:
    progress = {record.name: read_progress(record.stdout, plan.mark) for record in recording.phases}
    loaded = set(progress["import"].loaded) if "import" in progress else set()
    hooks = sum(record.name.startswith("install") for record in recording.phases)
    return conclude(
        code=CODE,
        findings=findings(workspace.package, recording.phases),
        observations=tuple(_observations(recording, plan)),
        fail_on=workspace.fail_on,
        reason=_reason(plan, recording, len(loaded), hooks) + _only_read(workspace.package),
        gaps=list(_gaps(workspace.package, plan, recording, progress)),
        examined=len(loaded) + hooks,
        engine=recording.observer.partition(" ")[0],
        engine_version=recording.observer.partition(" ")[2],
        evidence=evidence(plan, recording, progress),
        cpu_ms=round(1000 * sum(record.cpu_seconds for record in recording.phases)),
    )


def _gaps(package: Package, plan: Plan, recording: Recording, progress: Mapping[str, Progress]) -> Iterator[str]:
    yield from plan.missing
    for record in recording.phases:
        if record.problems:
            yield f"The phase {record.name} was not seen to its end: {' '.join(record.problems)}"
        elif (record.timed_out or record.truncated) and record.name != "tests":
            yield f"The phase {record.name} did not come to its end: {record.ending}"
        elif record.name in DRIVEN and not progress[record.name].ended:
            yield f"The phase {record.name} was ended by the plugin before everything was tried: {record.ending}"
    imported = progress.get("import")
    if imported is not None and not imported.loaded:
        why = "; ".join(f"{entry}: {text}" for entry, text in list(imported.failed.items())[:SHOWN])
        yield f"None of {plan.entries} entry points could be loaded. {why or 'It ended before.'}"
    elif imported is None and (foreign := _foreign(package)):
        yield f"Code in {foreign} is not run here."


def _foreign(package: Package) -> str:
    """Languages of the entry points that nothing here runs."""
    stated = set(package.entry_points)
    found = {
        NOT_RUN_HERE[file.language]
        for file in package.code_files
        if file.language in NOT_RUN_HERE and file.path in stated
    }
    return " and ".join(sorted(found))


def _only_read(package: Package) -> str:
    """A sentence about code that its platform does not load here, such as scripts for a browser; else empty."""
    run = {"javascript", "typescript", "tsx"} if runs_node(package) else set()
    run |= {"python"} if runs_python(package) else set()
    languages = {NAMES[file.language] for file in package.code_files if file.language in NAMES.keys() - run}
    return f" Only read, not run: {', '.join(sorted(languages))}." if languages else ""


def _observations(recording: Recording, plan: Plan) -> Iterator[Observation]:
    for record in recording.phases:
        if record.name == "tests":  # what tests do is no part of what the plugin does
            continue
        for capability, example in sight.capabilities(record, plan.own):
            yield Observation("capability", capability.value, snippet=clip(f"{record.name}: {example}"), dynamic=True)
        for host in sight.hosts(record):
            yield Observation("host", host[:260], snippet=clip(record.name), dynamic=True)


def _reason(plan: Plan, recording: Recording, loaded: int, hooks: int) -> str:
    parts = []
    if hooks:
        parts.append(f"{hooks} install {'hook' if hooks == 1 else 'hooks'} run")
    if plan.entries:
        parts.append(f"{loaded} of {plan.entries} entry points loaded")
    reached = {host for record in recording.phases for host in sight.hosts(record)}
    parts.append(f"{len(reached)} {'host' if len(reached) == 1 else 'hosts'} asked for")
    return f"{', '.join(parts)}."


def _not_run(plan: Plan, package: Package, fail_on: Severity) -> CheckResult:
    foreign = _foreign(package)
    gaps = list(plan.missing) or ([f"Code in {foreign} is not run here."] if foreign else [])
    return _inconclusive(gaps or ["Nothing in the package could be run here."], fail_on)


def _inconclusive(gaps: list[str], fail_on: Severity) -> CheckResult:
    return conclude(code=CODE, findings=(), fail_on=fail_on, reason="", gaps=gaps, examined=0, engine="strace")
