"""Completeness: what is missing is named once, with what to do about it."""

from dataclasses import fields, replace

import pytest

from governance.vocabulary import CheckStatus, Severity
from plugins.checks.completeness import CompletenessCheck
from plugins.package import Metadata, Problem
from tests.plugins import cases


def run(package):
    return CompletenessCheck(today=cases.TODAY).run(cases.workspace(package))


def rules(package):
    return {finding.rule: finding.severity for finding in run(package).findings}


def declared(**changes):
    return cases.package(declaration=cases.declaration(**changes))


def without(*names):
    return cases.package(files=tuple(file for file in cases.package().files if file.path not in names))


def test_complete_package_passes_and_counts_what_was_looked_at():
    result = run(cases.package())

    assert (result.status, result.findings, result.examined) == (CheckStatus.PASSED, (), 21)
    assert result.reason == "All 21 items are in order."


@pytest.mark.parametrize(
    ("purl", "name", "meant"),
    [
        ("pkg:npm/n8n-nodes-bases@1.4.0", "n8n-nodes-bases", "n8n-nodes-base"),
        ("pkg:pypi/reqeusts@1.4.0", "reqeusts", "requests"),
    ],
)
def test_a_name_that_looks_like_a_well_known_one_is_found(purl, name, meant):
    package = cases.package(purl=purl, metadata=replace(cases.package().metadata, name=name))

    [found] = [finding for finding in run(package).findings if finding.rule == "name-lookalike"]
    assert (found.severity, found.title) == (Severity.MEDIUM, f"The plugin's name looks like {meant}")
    assert "name-lookalike" not in rules(replace(package, purl="pkg:generic/x@1"))


@pytest.mark.parametrize(
    ("field", "rule", "severity"),
    [
        ("license", "license-missing", "medium"),
        ("contact", "contact-missing", "medium"),
        ("repository", "repository-missing", "low"),
        ("description", "description-missing", "low"),
        ("author", "author-missing", "low"),
    ],
)
def test_missing_metadata_is_found(field, rule, severity):
    package = cases.package(metadata=replace(cases.package().metadata, **{field: "  "}))

    assert rules(package) == {rule: severity}


@pytest.mark.parametrize(
    ("license_text", "known"),
    [("MIT", True), ("apache-2.0 or mit", True), ("MIT License, sort of", False), ("<script>", False)],
)
def test_licence_that_is_no_spdx_expression_is_found(license_text, known):
    package = cases.package(metadata=replace(cases.package().metadata, license=license_text))

    assert rules(package) == ({} if known else {"license-unknown": "low"})


@pytest.mark.parametrize(
    ("name", "rule", "severity"),
    [
        ("README.md", "readme-missing", "low"),
        ("CHANGELOG.md", "changelog-missing", "info"),
        ("LICENSE", "license-text-missing", "info"),
        ("test-results/junit.xml", "test-evidence-absent", "medium"),
        (cases.NODE, "entry-point-missing", "medium"),
    ],
)
def test_missing_file_is_found(name, rule, severity):
    assert rules(without(name)) == {rule: severity}


@pytest.mark.parametrize(
    ("changes", "rule", "severity"),
    [
        ({"support_until": ""}, "support-window-missing", "low"),
        ({"support_until": "2026-11-22"}, "support-window-over", "medium"),
        ({"support_until": "next year"}, "support-window-unreadable", "medium"),
        ({"support_contact": ""}, "support-contact-missing", "low"),
        ({"failure_mode": ""}, "failure-mode-missing", "low"),
        ({"rollback_version": ""}, "rollback-missing", "low"),
        ({"rollback_version": "1.4.0"}, "rollback-same-version", "medium"),
        ({"test_evidence": ""}, "test-evidence-missing", "low"),
        ({"test_evidence": "../../etc/passwd"}, "test-evidence-absent", "medium"),
        ({"test_command": ""}, "test-command-missing", "info"),
        ({"scenarios": ()}, "scenarios-missing", "info"),
        ({"coverage_report": ""}, "coverage-report-missing", "info"),
        ({"test_coverage": None}, "test-coverage-missing", "info"),
        ({"update_cadence": ""}, "update-cadence-missing", "info"),
        ({"load_evidence": ""}, "load-evidence-missing", "info"),
        ({"reproducible_build": ""}, "reproducible-build-missing", "info"),
    ],
)
def test_missing_or_broken_promise_is_found(changes, rule, severity):
    assert rules(declared(**changes)) == {rule: severity}


def test_support_window_counts_to_its_last_day():
    assert rules(declared(support_until="2026-11-23")) == {}


def test_test_results_at_an_address_are_not_looked_for_in_the_package():
    assert rules(declared(test_evidence="https://ci.acme.example/1")) == {}


def test_no_coverage_at_all_is_a_statement_too():
    assert rules(declared(test_coverage=0.0)) == {}


def test_missing_declaration_is_left_to_the_declaration_check():
    assert rules(cases.package(declaration=None)) == {}


def test_wheel_against_its_own_list_is_left_to_the_archive_check():
    result = run(cases.package(problems=(Problem("wheel-record-mismatch", "It is not as listed.", "acme.py"),)))

    assert result.findings == ()


@pytest.mark.parametrize(
    ("rule", "severity", "status"),
    [
        ("declaration-invalid", Severity.MEDIUM, CheckStatus.PASSED),
        ("tests-failed", Severity.MEDIUM, CheckStatus.PASSED),
        ("coverage-contradicted", Severity.MEDIUM, CheckStatus.PASSED),
        ("manifest-field", Severity.LOW, CheckStatus.PASSED),
    ],
)
def test_problem_of_intake_becomes_a_finding(rule, severity, status):
    result = run(cases.package(problems=(Problem(rule, "It is wrong.", "package.json", 4),)))

    (found,) = result.findings
    assert (found.rule, found.severity, found.path, found.line) == (rule, severity, "package.json", 4)
    assert (result.status, result.examined) == (status, 22)


def test_missing_entry_point_is_named_once():
    problem = Problem("entry-point-missing", "The entry point is not in the package.", "package.json")

    result = run(cases.package(files=without(cases.NODE).files, problems=(problem,)))

    assert [item.title for item in result.findings] == ["The entry point is not in the package."]


def test_two_problems_of_one_rule_are_two_findings():
    problems = tuple(Problem("manifest-field", message, "package.json") for message in ("One.", "Two."))

    assert len({found.fingerprint for found in run(cases.package(problems=problems)).findings}) == 2


def test_empty_package_gets_a_full_list_and_no_crash():
    empty = Metadata(**{field.name: () if field.name == "keywords" else "" for field in fields(Metadata)})
    package = cases.package(metadata=empty, files=(), entry_points=(), declaration=None)

    assert len(run(package).findings) == 8
    assert all(found.remediation for found in run(package).findings)
