from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from governance.vocabulary import CheckStatus, Severity
from plugins.advisories.exploitation import KnownExploit, Likelihood
from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import parse_record
from plugins.advisories.starter import NAME, starter_feed
from plugins.checks import dependencies, pip_audit
from plugins.checks.base import Exploitation, FeedSnapshot, Workspace
from plugins.checks.dependencies import DependenciesCheck
from plugins.checks.pip_audit import AuditReport, read_output
from plugins.package import Dependency, Metadata, Package, Problem
from plugins.sandbox import SandboxUnavailable


def npm(name, requirement, **more):
    return Dependency("npm", name, requirement, path="package.json", line=7, **more)


def pypi(name, requirement, **more):
    return Dependency("PyPI", name, requirement, path="pyproject.toml", line=3, **more)


def feed(*extra, names=(NAME,), demo=True):
    records = (*starter_feed(), *extra)
    return FeedSnapshot(names, len(records), 12.4, demo, records)


def advisory(name, package, events, **more):
    ranges = [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in events]}]
    affected = [{"package": {"ecosystem": package[0], "name": package[1]}, "ranges": ranges}]
    return {"id": name, "modified": "2024-01-01T00:00:00Z", "affected": affected, **more}


def vet(*deps, snapshot=None, **more):
    package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", (), dependencies=deps)
    nowhere = Path("/nonexistent")
    workspace = Workspace(package, nowhere, nowhere, nowhere, nowhere, feed=snapshot, **more)
    return DependenciesCheck().run(workspace)


def rules(result):
    return [(finding.rule, finding.severity) for finding in result.findings]


def test_without_dependencies_there_is_nothing_to_do():
    assert not DependenciesCheck().applies_to(Package("generic", Metadata("x", "1"), "", ()))


def test_dependencies_that_intake_could_not_read_leave_a_gap():
    problem = Problem("requirements-unreadable", "The file is not text.", "requirements.txt")
    package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", (), problems=(problem,))
    nowhere = Path("/nonexistent")

    result = DependenciesCheck().run(Workspace(package, nowhere, nowhere, nowhere, nowhere, feed=feed()))

    assert DependenciesCheck().applies_to(package)
    assert result.status is CheckStatus.INCONCLUSIVE
    assert result.reason.startswith("requirements.txt: The file is not text.")


def test_without_a_feed_the_result_is_inconclusive_and_still_names_the_dependencies():
    result = vet(npm("axios", "*"))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "No advisory feed is imported" in result.reason
    assert rules(result) == [("wildcard-dependency", Severity.LOW)]
    assert [component.purl for component in result.components] == ["pkg:npm/axios"]


def test_a_clean_dependency_passes_and_the_reason_names_feed_records_age_and_demo():
    result = vet(npm("axios", "^1.12.0"), snapshot=feed())

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 1, ())
    assert result.reason == (
        "1 dependency compared with 36 advisories of Starter feed of the demo, 12 days old. This is demo data. "
        "What is exploited: CISA's list not imported, EPSS scores not imported. "
        "The release date is known of 0 of 1."
    )
    assert (result.engine, result.engine_version) == ("plugwarden OSV matcher", "4")
    assert result.evidence["age_days"] == 12.4
    assert result.evidence["demo"] is True


def test_a_pinned_affected_dependency_fails_with_place_ids_and_the_way_out():
    result = vet(npm("lodash", "4.17.11"), snapshot=feed())

    finding = result.findings[0]
    assert result.status is CheckStatus.FAILED
    assert finding.title.startswith("lodash 4.17.11: GHSA-jf85-cpcp-j695 / CVE-2019-10744: ")
    assert (finding.rule, finding.severity) == ("vulnerable-dependency", Severity.CRITICAL)
    assert (finding.path, finding.line) == ("package.json", 7)
    assert finding.symbol == "npm:lodash:GHSA-jf85-cpcp-j695"
    assert finding.remediation == "Upgrade lodash to 4.17.12 or later."
    assert result.components[0].advisories[0].fixed == ("4.17.12",)
    assert result.components[0].advisories[0].match == "affected"


def test_the_identity_of_a_finding_survives_a_bump_to_another_affected_version():
    before, after = (vet(npm("lodash", version), snapshot=feed()) for version in ("4.17.10", "4.17.11"))

    assert [one.fingerprint for one in before.findings] == [one.fingerprint for one in after.findings]


def test_a_range_counts_one_step_less_and_says_what_to_raise():
    (finding,) = vet(npm("moment", "^2.20.0"), snapshot=feed()).findings

    assert (finding.rule, finding.severity) == ("possibly-vulnerable-dependency", Severity.MEDIUM)
    assert "one step less severe" in finding.detail
    assert finding.remediation == "Raise the lower bound of moment to >= 2.29.4, which the requirement allows already."


def test_a_range_without_any_fix_says_so():
    (finding,) = vet(npm("moment", "~2.20.0"), snapshot=feed()).findings

    assert finding.remediation == "The requirement allows no version that fixes it: move moment to >= 2.29.4."


@pytest.mark.parametrize(
    ("scope", "pinned", "ranged"),
    [
        ("runtime", Severity.CRITICAL, Severity.HIGH),
        ("optional", Severity.CRITICAL, Severity.HIGH),
        ("dev", Severity.LOW, Severity.INFO),
        ("peer", Severity.LOW, Severity.INFO),
        ("build", Severity.LOW, Severity.INFO),
    ],
)
def test_what_is_not_installed_with_the_plugin_weighs_less(scope, pinned, ranged):
    result = vet(npm("vm2", "3.9.0", scope=scope), npm("vm2", "^3.9.0", scope=scope), snapshot=feed())

    assert [finding.severity for finding in result.findings] == [pinned, ranged]


@pytest.mark.parametrize(("scope", "severity"), [("runtime", Severity.CRITICAL), ("dev", Severity.HIGH)])
def test_malware_is_critical_and_never_waved_through(scope, severity):
    extra = advisory("MAL-2024-1", ("npm", "evil"), [("introduced", "0")])

    result = vet(npm("evil", "1.0.0", scope=scope), snapshot=feed(extra))

    assert rules(result) == [("malicious-dependency", severity)]
    assert result.status is CheckStatus.FAILED


def test_a_missing_severity_is_said_and_not_hidden():
    extra = advisory("GHSA-un", ("npm", "left"), [("introduced", "0")])

    (finding,) = vet(npm("left", "1.0.0"), snapshot=feed(extra)).findings

    assert finding.severity is Severity.MEDIUM
    assert "Severity not given" in finding.detail


def test_requirements_that_bypass_the_registry_are_findings():
    result = vet(
        npm("a", "github:x/y"),
        npm("b", "file:../b"),
        npm("c", "latest"),
        npm("d", "*", scope="peer"),
        Dependency("NuGet", "e", "1.0"),
        npm("f", "1.0.0"),
        snapshot=feed(),
    )

    assert rules(result) == [
        ("direct-url-dependency", Severity.MEDIUM),
        ("unresolvable-dependency", Severity.MEDIUM),
        ("wildcard-dependency", Severity.LOW),
        ("unmatched-registry", Severity.LOW),
    ]
    assert (result.status, result.examined) == (CheckStatus.PASSED, 3)
    assert "3 more cannot be compared" in result.reason


def test_nothing_that_can_be_compared_is_no_pass():
    result = vet(npm("a", "github:x/y"), snapshot=feed())

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 0)


def test_an_unreadable_requirement_is_a_gap():
    result = vet(npm("axios", "^1.12.0"), npm("b", ">>>1"), snapshot=feed())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert result.reason == "The requirement b >>>1 cannot be read."


def test_an_unusable_record_in_the_feed_is_a_gap():
    result = vet(npm("axios", "^1.12.0"), snapshot=feed({"id": "GHSA-broken"}))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "GHSA-broken" in result.reason


def test_an_alias_is_matched_by_what_it_installs():
    result = vet(npm("safe", "npm:lodash@4.17.11"), snapshot=feed())

    assert result.components[0].purl == "pkg:npm/lodash@4.17.11"
    assert result.findings[0].title.startswith("lodash (as safe) 4.17.11: ")


def test_pip_audit_answers_every_pin_and_agrees():
    result = vet(
        pypi("requests", "==2.19.1"),
        pypi("pyyaml", "==5.3; python_version < '3'"),
        pypi("requests", "==2.31.0"),
        pypi("torch", "==2.0+cpu"),
        pypi("idna", ">=3.7"),
        snapshot=feed(advisory("PYSEC-T", ("PyPI", "Torch"), [("introduced", "0"), ("fixed", "2.0.1")])),
    )

    evidence = result.evidence["pip_audit"]
    assert (result.status, result.examined) == (CheckStatus.FAILED, 5)
    assert (evidence["asked"], evidence["answered"]) == (4, 4)
    assert "matcher-disagreement" not in {finding.rule for finding in result.findings}
    assert [len(component.advisories) for component in result.components] == [2, 2, 0, 1, 0]
    assert (result.engine, result.engine_version) == (
        "plugwarden OSV matcher + pip-audit",
        f"4 + {evidence['version']}",
    )


def test_pip_audit_survives_records_that_would_end_it():
    extra = advisory("PYSEC-O", ("PyPI", "odd"), [("introduced", "0"), ("fixed", "b1-1")])
    extra["affected"].append({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]})
    extra["affected"][0]["versions"] = ["1.0"]

    result = vet(pypi("odd", "==1.0"), pypi("idna", "==3.7"), snapshot=feed(extra))

    assert result.evidence["pip_audit"]["answered"] == 2
    assert rules(result) == [("vulnerable-dependency", Severity.MEDIUM)]


def test_a_pin_that_could_smuggle_a_second_line_is_not_asked_but_a_gap():
    result = vet(
        pypi("idna", "==3.7"),
        pypi("x\nrequests==2.19.1", "", pinned="1.0"),
        pypi("y", "", pinned="1.0\n--index-url=http://127.0.0.1"),
        snapshot=feed(),
    )

    assert result.status is CheckStatus.INCONCLUSIVE
    assert [answer["name"] for answer in result.evidence["pip_audit"]["answers"]] == ["idna"]


def test_without_a_sandbox_pins_are_unanswered(monkeypatch):
    def refuse(*_args, **_more):
        raise SandboxUnavailable("bubblewrap is not installed.")

    monkeypatch.setattr(pip_audit, "run_python", refuse)

    result = vet(pypi("idna", "==3.7"), snapshot=feed())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "bubblewrap is not installed" in result.reason


@pytest.mark.parametrize(
    "printed",
    [
        b"",
        b"[]",
        b'{"engine_version": "2", "runs": []}',
        b'{"engine_version": "2", "runs": [{"returncode": 1, "stdout": "", "stderr": "boom"}]}',
        b'{"engine_version": "2", "runs": [{"returncode": 2, "stdout": "{}", "stderr": ""}]}',
        b'{"engine_version": "2", "runs": [{"returncode": 0, "stdout": "No known vulnerabilities found"}]}',
    ],
)
def test_errors_of_pip_audit_are_told_from_answers_by_their_json(printed):
    report = AuditReport()

    read_output(printed, [[("idna", "3.7")]], report)

    assert (report.answers, len(report.gaps)) == ({}, 1)


@pytest.mark.parametrize(
    "dependencies_said",
    ["[]", '[{\\"name\\": \\"idna\\", \\"skip_reason\\": \\"no\\"}]'],
    ids=["line vanished", "line skipped"],
)
def test_a_line_pip_audit_leaves_out_stays_unanswered(dependencies_said):
    report = AuditReport()
    run = f'{{"returncode": 0, "stdout": "{{\\"dependencies\\": {dependencies_said}}}", "stderr": ""}}'

    read_output(f'{{"engine_version": "2", "runs": [{run}]}}'.encode(), [[("idna", "3.7")]], report)

    assert report.answers == {}


def test_a_pin_without_an_answer_makes_the_check_inconclusive(monkeypatch):
    monkeypatch.setattr(pip_audit, "read_output", lambda *_args: None)

    result = vet(pypi("idna", "==3.7"), snapshot=feed())

    assert result.status is CheckStatus.INCONCLUSIVE
    assert result.reason == "pip-audit did not answer for idna==3.7."


def test_disagreement_is_reported_and_both_opinions_count(monkeypatch):
    def other_opinion(pins, index):
        return AuditReport(
            version="2", answers={("requests", "2.19.1"): [frozenset({"PYSEC-2018-28"}), frozenset({"CVE-9"})]}
        )

    monkeypatch.setattr(dependencies, "audit", other_opinion)

    result = vet(pypi("requests", "==2.19.1"), snapshot=feed())

    by_rule = [(finding.rule, finding.symbol.rpartition(":")[2]) for finding in result.findings]
    assert by_rule == [
        ("vulnerable-dependency", "GHSA-x84v-xcm2-53pg"),
        ("vulnerable-dependency", "GHSA-j8r2-6x86-q33q"),
        ("vulnerable-dependency", "CVE-9"),
        ("matcher-disagreement", "disagreement"),
    ]
    assert "only pip-audit: CVE-9" in result.findings[-1].detail


def test_two_versions_of_one_package_are_asked_in_two_runs():
    index = AdvisoryIndex([parse_record(data) for data in starter_feed()])

    report = pip_audit.audit([("requests", "2.19.1"), ("requests", "2.31.0"), ("requests", "2.19.1")], index)

    assert report.gaps == []
    assert {pin: len(faults) for pin, faults in report.answers.items()} == {
        ("requests", "2.19.1"): 2,
        ("requests", "2.31.0"): 0,
    }


# --- what is exploited ---

FAULT = advisory("GHSA-left", ("npm", "left"), [("introduced", "0"), ("fixed", "2.0.0")], aliases=["CVE-2026-1000"])
EXPLOITED = Exploitation(
    (KnownExploit("CVE-2026-1000", date(2026, 11, 3), ransomware=True, name="Left"),),
    (Likelihood("CVE-2026-1000", 0.934, 0.971),),
    known_age_days=1.5,
    likely_age_days=9.0,
)


def exploited(*deps, what=EXPLOITED):
    rated = {**FAULT, "database_specific": {"severity": "MODERATE"}}
    return vet(*deps, snapshot=replace(feed(rated, names=("OSV",), demo=False), exploitation=what))


def test_a_known_exploited_fault_is_critical_and_says_since_when_and_how_likely():
    result = exploited(npm("left", "1.0.0", pinned="1.0.0"))

    [found] = result.findings
    assert (found.rule, found.severity) == ("vulnerable-dependency", Severity.CRITICAL)
    assert found.title == "left 1.0.0: GHSA-left / CVE-2026-1000 (known exploited)"
    assert found.detail.startswith(
        "Known exploited since 2026-11-03 (CISA), also by ransomware. EPSS 0.93 (97th percentile). Also known as"
    )
    [component] = result.components
    assert (component.advisories[0].exploited_since, component.advisories[0].epss) == ("2026-11-03", 0.934)
    assert result.reason.endswith(
        "What is exploited: CISA's list 1 day old, EPSS scores 9 days old (stale). The release date is known of 0 of 1."
    )


def test_one_that_could_resolve_to_it_counts_one_step_less_and_one_not_installed_as_before():
    assert rules(exploited(npm("left", "^1.0.0"))) == [("possibly-vulnerable-dependency", Severity.HIGH)]
    assert rules(exploited(npm("left", "1.0.0", scope="dev"))) == [("vulnerable-dependency", Severity.LOW)]


def test_a_likely_one_keeps_its_severity_and_a_finding_keeps_its_identity():
    likely = replace(EXPLOITED, known=())
    [before] = exploited(npm("left", "1.0.0"), what=Exploitation()).findings
    [after] = exploited(npm("left", "1.0.0"), what=likely).findings
    [known] = exploited(npm("left", "1.0.0")).findings

    assert before.severity == after.severity == Severity.MEDIUM
    assert "EPSS 0.93 (97th percentile)." in after.detail
    assert before.fingerprint == after.fingerprint == known.fingerprint


def test_a_kept_result_counts_no_more_when_what_is_known_changes_but_does_as_it_ages():
    def basis(what):
        package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", (), dependencies=(npm("left", "1.0.0"),))
        nowhere = Path("/nonexistent")
        snapshot = replace(feed(FAULT), exploitation=what)
        return DependenciesCheck().basis(Workspace(package, nowhere, nowhere, nowhere, nowhere, feed=snapshot))

    assert basis(EXPLOITED) == basis(replace(EXPLOITED, known_age_days=2.5))
    assert basis(EXPLOITED) != basis(replace(EXPLOITED, known=()))
    assert basis(EXPLOITED) != basis(replace(EXPLOITED, likely=()))


# --- what somebody built with ---


def test_a_version_of_a_lock_that_binds_nobody_counts_one_step_less():
    rated = {**FAULT, "database_specific": {"severity": "HIGH"}}
    locked = npm("left", "1.0.0", scope="locked", direct=False, pinned="1.0.0")

    [found] = vet(locked, snapshot=feed(rated)).findings

    assert (found.rule, found.severity) == ("possibly-vulnerable-dependency", Severity.MEDIUM)
    assert found.title == "left 1.0.0: GHSA-left / CVE-2026-1000"
    assert "does not bind whoever installs the package" in found.detail
    assert found.remediation.startswith("Build and test with left 2.0.0 or later")


def test_malware_somebody_built_with_is_critical_all_the_same():
    malware = {**FAULT, "id": "MAL-2026-1"}

    result = vet(npm("left", "1.0.0", scope="locked", direct=False, pinned="1.0.0"), snapshot=feed(malware))

    assert rules(result) == [("malicious-dependency", Severity.CRITICAL)]
    assert result.components[0].advisories[0].match == "affected"


def test_a_version_that_a_lock_does_not_affect_is_no_finding():
    assert vet(npm("left", "2.0.0", scope="locked", pinned="2.0.0"), snapshot=feed(FAULT)).findings == ()


# --- names and dates ---


def test_a_name_that_looks_like_a_well_known_one_names_the_one_meant():
    result = vet(npm("lodahs", "1.0.0"), npm("lodahs", "2.0.0"), npm("expres", "1.0.0", scope="dev"), snapshot=feed())

    found = {finding.snippet: finding for finding in result.findings if finding.rule == "typosquat-suspect"}
    assert {name: (one.title, one.severity) for name, one in found.items()} == {
        "lodahs": ("lodahs looks like lodash", Severity.MEDIUM),
        "expres": ("expres looks like express", Severity.LOW),
    }
    assert found["lodahs"].path == "package.json"


def test_names_are_looked_at_without_a_feed_as_well():
    assert ("typosquat-suspect", Severity.MEDIUM) in rules(vet(npm("lodahs", "1.0.0")))


@pytest.mark.parametrize(
    ("released", "scope", "old"),
    [
        ("2022-11-01", "runtime", True),
        ("2023-11-23", "locked", False),
        ("2015-01-01", "dev", False),
        ("", "runtime", False),
    ],
)
def test_an_old_version_is_told_where_its_date_is_known(released, scope, old):
    part = pypi("left", "==1.0", pinned="1.0", scope=scope, released=released)
    package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", (), dependencies=(part, npm("axios", "1.0.0")))
    nowhere = Path("/nonexistent")
    workspace = Workspace(package, nowhere, nowhere, nowhere, nowhere, feed=feed())

    result = DependenciesCheck(today=date(2026, 11, 23)).run(workspace)

    titles = [finding.title for finding in result.findings if finding.rule == "old-dependency"]
    assert titles == (["left 1.0 was released 4 years ago"] if old else [])


def test_of_how_many_the_age_is_known_is_said():
    part = pypi("left", "==1.0", pinned="1.0", released="2026-01-01")

    result = vet(part, npm("axios", "1.12.0", pinned="1.12.0"), snapshot=feed())

    assert result.reason.endswith("The release date is known of 1 of 2.")


def php(name, version, **more):
    return Dependency(
        "Packagist", name, version, "bundled", "vendor/composer/installed.json", 9, pinned=version, **more
    )


def test_a_php_package_is_matched_as_composer_orders_versions():
    record = advisory("GHSA-php", ("Packagist", "Acme/Mail"), [("introduced", "0"), ("fixed", "v2.0.0-RC1")])

    hit = vet(php("acme/mail", "2.0.0-beta3"), snapshot=feed(record))
    miss = vet(php("acme/mail", "v2.0.0"), snapshot=feed(record))

    assert rules(hit) == [("vulnerable-dependency", Severity.MEDIUM)]
    assert hit.components[0].purl == "pkg:composer/acme/mail@2.0.0-beta3"
    assert (rules(miss), miss.examined, miss.status) == ([], 1, CheckStatus.PASSED)


def test_silence_of_feeds_about_other_registries_is_no_pass():
    result = vet(npm("axios", "1.12.0"), php("acme/mail", "1.0"), snapshot=replace(feed(), uncovered=("Packagist",)))

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 1)
    assert result.reason == (
        "None of the imported advisories is about packages of Packagist, so nothing is known about the "
        "vulnerabilities of 1 dependency; run manage.py advisories sync --ecosystem Packagist."
    )


def test_what_a_lock_loads_from_an_address_or_from_jsr_is_named():
    result = vet(
        Dependency("JSR", "@std/path", "1.1.3", pinned="1.1.3"),
        Dependency("address", "deno.land/x/lz4@v0.1.2", "https://deno.land/x/lz4@v0.1.2/mod.ts"),
        npm("axios", "1.12.0"),
        snapshot=feed(),
    )

    assert rules(result) == [("unmatched-registry", Severity.LOW), ("direct-url-dependency", Severity.MEDIUM)]
