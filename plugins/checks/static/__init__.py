"""The static check: insecure code, capabilities and hosts used, with file and line. Parses, and never executes.

Fail closed. A gap, and so an inconclusive check, is: an engine that is missing, crashed, ran out of time or left a
file out; a code file that is no text or too long; unparseable code files if one of them is an entry point or if they
are more than 5 % of the code. A file in a language no engine knows is named (`not-analysed`), and a gap if the platform
loads it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks import basis
from plugins.checks.base import CheckResult, Finding, conclude, engines
from plugins.checks.static import ast_grep, bandit, hooks, rules
from plugins.checks.static.flood import grouped
from plugins.checks.static.mentions import mentions
from plugins.checks.static.report import CODE, EngineReport, named
from plugins.checks.suppressions import suppressions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.checks.base import Workspace
    from plugins.package import Package, SourceFile

UNPARSEABLE_SHARE = 0.05
"""More unparseable code files than this share leave the question open."""
_PYTHON = (".py", ".pyw", ".pyi")
APART = frozenset({"unparseable", "not-analysed", "unreadable", "obfuscated", "hidden-text", "bidi-control"})
"""Rules whose findings each stand for a file that nobody could look into, or that was made unreadable."""
_COMPILED = (".node", ".wasm")


class StaticCheck:
    """bandit on Python, ast-grep with our rules on everything else and on Python too."""

    code = CODE
    version = "4"
    reads_files = True

    def basis(self, workspace: Workspace) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Our code and rules, and both engines."""
        return basis.digest(basis.code(), rules.load().digest, basis.installed("bandit", "ast-grep-py"))

    def applies_to(self, package: Package) -> bool:
        """Whether there is any code, or an install hook, which is code even without a file of its own."""
        compiled = any(path.lower().endswith(_COMPILED) for path in package.entry_points)
        return bool(package.code_files or package.install_hooks or compiled)

    def run(self, workspace: Workspace) -> CheckResult:
        """Examine all code files with both engines at once."""
        package = workspace.package
        code = package.code_files
        known = [file for file in code if file.language in ast_grep.LANGUAGES]
        python = [file for file in known if file.language == "python"]
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(bandit.scan, workspace.root, python)
            second = pool.submit(ast_grep.scan, workspace.root, known)
            by_bandit, by_ast_grep = first.result(), second.result()
        return _conclude(workspace, known, python, by_bandit, by_ast_grep)


def _conclude(
    workspace: Workspace,
    known: list[SourceFile],
    python: list[SourceFile],
    by_bandit: EngineReport,
    by_ast_grep: EngineReport,
) -> CheckResult:
    package = workspace.package
    bad = _unparseable(python, by_bandit, by_ast_grep)
    unknown = [file for file in package.code_files if file.language not in ast_grep.LANGUAGES]
    examined = _examined(known, python, by_bandit, by_ast_grep, bad)
    hook_findings, hook_seen = hooks.judge(package)
    own = [_unparseable_finding(path, why) for path, why in sorted(bad.items())]
    own += [_not_analysed(file) for file in unknown]
    each = [*hook_findings, *own, *by_bandit.findings, *by_ast_grep.findings]
    each += suppressions(workspace.root, package.files, check=CODE)
    minified = {finding.path for finding in by_ast_grep.findings if finding.rule == "minified"}
    findings = grouped(each, minified=minified, apart=APART | {finding.rule for finding in hook_findings})
    gaps = [*by_bandit.gaps, *by_ast_grep.gaps, *_gaps(package, bad, unknown)]
    engine, engine_version = engines(*((by.engine, by.version if by.asked else "") for by in (by_bandit, by_ast_grep)))
    return conclude(
        code=CODE,
        findings=findings,
        fail_on=workspace.fail_on,
        reason=_reason(findings, len(examined), len(package.code_files)),
        gaps=gaps,
        examined=len(examined) or (len(package.install_hooks) if not package.code_files else 0),
        engine=engine,
        engine_version=engine_version,
        observations=(*hook_seen, *by_ast_grep.observations, *mentions(workspace.root, package)),
        evidence=_evidence(package, bad, unknown, by_bandit, by_ast_grep)
        | {"findings": {"each": len(each), "told": len(findings)}},
        cpu_ms=round((by_bandit.cpu_seconds + by_ast_grep.cpu_seconds) * 1000),
    )


def _unparseable(python: list[SourceFile], by_bandit: EngineReport, by_ast_grep: EngineReport) -> dict[str, str]:
    """Files an engine could not parse. For Python the judge is bandit, which uses Python's own parser."""
    judged = {file.path for file in python} & (by_bandit.parsed | by_bandit.unparseable.keys())
    bad = {path: why for path, why in by_ast_grep.unparseable.items() if path not in judged}
    return bad | by_bandit.unparseable


def _examined(
    known: list[SourceFile],
    python: list[SourceFile],
    by_bandit: EngineReport,
    by_ast_grep: EngineReport,
    bad: dict[str, str],
) -> set[str]:
    """Files every engine meant for them has parsed; a grammar's complaint about Python bandit could read is ignored."""
    paths = {file.path for file in known}
    answered = by_ast_grep.parsed | by_ast_grep.unparseable.keys()
    return (paths & answered) - bad.keys() - ({file.path for file in python} - by_bandit.parsed)


def _gaps(package: Package, bad: dict[str, str], unknown: list[SourceFile]) -> Iterable[str]:
    entries = set(package.entry_points)
    if broken := entries & bad.keys():
        yield f"The platform loads {named(broken)}, which could not be parsed."
    if len(bad) > UNPARSEABLE_SHARE * len(package.code_files):
        yield f"{len(bad)} of {len(package.code_files)} code files could not be parsed ({named(bad)})."
    if compiled := {path for path in entries if path.lower().endswith(_COMPILED)}:
        yield f"The platform loads {named(compiled)}, compiled code that no engine here understands."
    if strange := entries & {file.path for file in unknown}:
        yield f"The platform loads {named(strange)}, in a language no engine here understands."


def _reason(findings: list[Finding], examined: int, code: int) -> str:
    worst = max((finding.severity for finding in findings), key=lambda severity: severity.rank, default=None)
    counted = sum(finding.severity.at_least(Severity.LOW) for finding in findings)
    files = f"{examined} of {code} code files were examined"
    return (
        f"{files}; {counted} findings above info, the worst {worst.value}."
        if counted and worst
        else f"{files}; nothing was found."
    )


def _evidence(
    package: Package, bad: dict[str, str], unknown: list[SourceFile], by_bandit: EngineReport, by_ast_grep: EngineReport
) -> dict[str, object]:
    return {
        "code_files": len(package.code_files),
        "unparseable": sorted(bad),
        "not_analysed": sorted(file.path for file in unknown),
        "engines": {
            report.engine: {
                "version": report.version, "asked": report.asked, "parsed": len(report.parsed), **report.evidence,
            }
            for report in (by_bandit, by_ast_grep)
        },
    }  # fmt: skip


def _unparseable_finding(path: str, why: str) -> Finding:
    detail = f"The parser gave up: {why}."
    if path.endswith(_PYTHON):
        detail += " Python files are parsed as the portal's own Python understands them."
    return Finding(
        check=CODE,
        rule="unparseable",
        severity=Severity.MEDIUM,
        title="A code file could not be parsed",
        path=path,
        detail=detail,
        remediation="Correct the file's syntax, or leave it out of the package if it is not used.",
        symbol=path,
    )


def _not_analysed(file: SourceFile) -> Finding:
    return Finding(
        check=CODE,
        rule="not-analysed",
        severity=Severity.INFO,
        title=f"No engine here understands {file.language}",
        path=file.path,
        remediation="A reviewer has to read this file.",
        symbol=file.path,
    )
