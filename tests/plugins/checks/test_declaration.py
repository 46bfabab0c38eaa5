"""The declaration check: used and not declared, declared and not used."""

import pytest

from governance.vocabulary import Capability, CheckStatus, Severity
from plugins.capabilities import compare
from plugins.checks.declaration import DeclarationCheck
from plugins.package import Derived, EgressHost, Problem
from tests.plugins import cases


def run(package, observations=cases.OBSERVED, gaps=(), fail_on=Severity.HIGH):
    comparison = compare(package, observations, gaps=gaps)
    return DeclarationCheck().compare(cases.workspace(package, fail_on), comparison)


def found(result):
    return [(item.rule, item.severity.value, item.symbol) for item in result.findings]


def test_honest_package_passes():
    result = run(cases.package())

    assert (result.status, result.findings) == (CheckStatus.PASSED, ())
    assert result.reason == "3 capabilities and hosts compared; 0 not declared."


@pytest.mark.parametrize(
    ("observation", "severity", "status"),
    [
        (cases.seen("capability", "env.read"), "medium", CheckStatus.PASSED),
        (cases.seen("capability", "process.spawn"), "high", CheckStatus.FAILED),
        (cases.seen("capability", "code.dynamic"), "high", CheckStatus.FAILED),
        (cases.seen("host", "evil.example"), "high", CheckStatus.FAILED),
    ],
)
def test_what_a_declaration_leaves_out_is_found(observation, severity, status):
    result = run(cases.package(), [*cases.OBSERVED, observation])

    (finding,) = result.findings
    assert (finding.severity, result.status) == (severity, status)
    assert (finding.path, finding.line, finding.symbol) == (cases.NODE, 3, observation.value)


def test_undeclared_install_hook_is_high_and_names_the_manifest():
    result = run(cases.package(install_hooks=(cases.HOOK,)))

    assert [(item.severity, item.path, item.line) for item in result.findings] == [("high", "package.json", 12)]


def test_package_that_never_declared_anything_is_shown_but_does_not_fail():
    package = cases.package(declaration=None, install_hooks=(cases.HOOK,))

    result = run(package)

    assert result.status is CheckStatus.PASSED
    assert found(result) == [
        ("declaration-missing", "medium", ""),
        ("capability-undeclared", "low", "network.outbound"),
        ("capability-undeclared", "medium", "process.install-hook"),
        ("host-undeclared", "low", cases.HOST),
    ]
    assert result.reason == "There is no declaration. 3 capabilities and hosts compared; 3 not declared."


def test_declaration_that_is_not_valid_counts_as_none_and_is_called_so():
    problem = Problem("declaration-invalid", "egress: no list", "plugin-governance.json", 3)

    result = run(cases.package(declaration=None, problems=(problem,)))

    assert result.findings[0].title == "There is no declaration that can be read"


def test_declared_but_never_used_is_for_information_only():
    package = cases.package(
        declaration=cases.declaration(
            capabilities=frozenset({Capability.NETWORK_OUTBOUND, Capability.FILESYSTEM_READ}),
            egress=(EgressHost(cases.HOST), EgressHost("old.example")),
        )
    )

    assert found(run(package)) == [
        ("capability-unused", "info", "filesystem.read"),
        ("host-unused", "info", "old.example:0"),
    ]


def test_wildcard_over_everything_is_found_and_covers_nothing():
    package = cases.package(declaration=cases.declaration(egress=(EgressHost("*"),)), derived=Derived())

    assert found(run(package)) == [("host-undeclared", "high", cases.HOST), ("host-too-wide", "medium", "*")]


def test_code_that_was_not_read_whole_makes_it_inconclusive_and_keeps_what_was_found():
    observations = [*cases.OBSERVED, cases.seen("host", "evil.example")]

    result = run(cases.package(), observations, gaps=["The check static gave no result: it broke."])

    assert result.status is CheckStatus.INCONCLUSIVE
    assert result.reason == "The check static gave no result: it broke."
    assert found(result) == [("host-undeclared", "high", "evil.example")]


def test_unread_code_does_not_make_declared_things_look_unused():
    assert run(cases.package(), [], gaps=["Not read."]).findings == ()


def test_finding_keeps_its_identity_when_lines_move():
    before = run(cases.package(), [*cases.OBSERVED, cases.seen("host", "evil.example", line=3)])
    after = run(cases.package(), [*cases.OBSERVED, cases.seen("host", "evil.example", line=90)])

    assert before.findings[0].fingerprint == after.findings[0].fingerprint
    assert before.findings[0].line != after.findings[0].line


def test_package_that_does_nothing_still_has_its_declaration_looked_at():
    package = cases.package(declaration=None, derived=Derived())

    result = run(package, [])

    assert (result.status, result.examined, found(result)) == (
        CheckStatus.PASSED,
        1,
        [("declaration-missing", "medium", "")],
    )


def test_severity_asked_for_decides_what_fails():
    package = cases.package(declaration=None)

    assert run(package, fail_on=Severity.MEDIUM).status is CheckStatus.FAILED
