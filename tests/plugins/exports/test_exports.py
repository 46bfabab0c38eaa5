"""What a report looks like to others, from a real vetting run."""

import base64
import json
from dataclasses import replace

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.conf import settings

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Severity, Verdict
from plugins.advisories.starter import NAME, starter_feed
from plugins.checks import yara_rules
from plugins.checks.base import MENTIONED, CheckResult, FeedSnapshot, Finding, Observation
from plugins.exports.cyclonedx import bill_of_materials
from plugins.exports.render import FORMATS, render
from plugins.exports.sarif import LEVELS
from plugins.intake import intake
from plugins.vetting import vet
from tests.plugins.commands.cases import valid

ESCAPES = "\x1b[31mred\x07\r\n\u202e\u2066 end"


@pytest.fixture(scope="module")
def report(samples, tmp_path_factory):
    """The sample with a leak, weak crypto and vulnerable dependencies, vetted."""
    records = tuple(starter_feed())
    feed = FeedSnapshot((NAME,), len(records), age_days=1.0, demo=True, advisories=records)
    built = samples["acme-crm-connector"]
    work = tmp_path_factory.mktemp("work")
    with intake(built.path, filename=built.filename, work=work) as taken:
        return vet(taken, policy=baseline(), feed=lambda _package: feed, cache=settings.CACHE_DIR)


def documents(report):
    return {form: json.loads(render(report, form)) for form in FORMATS if form != "text"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_file_name_ends_in_no_format(samples, tmp_path, report, form):
    name = f"../../up/{ESCAPES}\udcff\x00\"'`.whl"
    with intake(samples["acme-crm-connector"].path, filename=name, work=tmp_path) as taken:
        printed = render(replace(report, intake=taken), form)

    assert taken.filename == "[31mred end\"'`.whl"
    assert printed.encode()
    assert [char for char in printed if not char.isprintable() and char != "\n"] == []
    assert not any(escaped in printed for escaped in ("up/", "\\u001b", "\\u202e", "\\udcff", "\\u0000"))


def test_a_path_that_is_no_text_is_still_an_address(report):
    finding = Finding("static", "js-eval", Severity.HIGH, "Title", path="a\udcff \r\nb#?.js", line=1)
    altered = with_results(report, CheckResult("static", CheckStatus.FAILED, "", examined=1, findings=(finding,)))

    (place,) = documents(altered)["sarif"]["runs"][0]["results"][-1]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "a%3F%20%0D%0Ab%23%3F.js"


def with_results(report, *results):
    codes = {result.code for result in results}
    return replace(report, results=(*(r for r in report.results if r.code not in codes), *results))


def hostile(report):
    """The report with a finding whose every text came from an attacker."""
    finding = Finding(
        "static", "js-eval", Severity.HIGH, f"Title {ESCAPES}", path=f"a{ESCAPES}.js", line=1, snippet=ESCAPES,
        detail=ESCAPES, remediation=ESCAPES, fingerprint="0" * 64,
    )  # fmt: skip
    return with_results(report, CheckResult("static", CheckStatus.FAILED, ESCAPES, examined=1, findings=(finding,)))


def test_the_json_fits_its_schema_and_counts_right(report):
    document = valid(documents(report)["json"])

    assert [check["code"] for check in document["checks"]] == [result.code for result in report.results]
    assert sum(check["findings"] for check in document["checks"]) == len(document["findings"])
    assert document["risk"]["score"] == min(100, sum(factor["points"] for factor in document["risk"]["factors"]))
    assert len({finding["fingerprint"] for finding in document["findings"]}) == len(document["findings"])


def test_the_schema_is_closed_and_knows_failures_of_its_own(report):
    document = documents(report)["json"]

    for wrong in (
        {**document, "extra": 1},
        {**document, "verdict": "fine"},
        {**document, "error": {"code": "x", "message": "y"}},
        {key: value for key, value in document.items() if key != "checks"},
        {**document, "checks": [{**check, "status": "passed", "examined": 0} for check in document["checks"]]},
        {"schema": document["schema"]},
        {"schema": document["schema"], "error": {"code": "x", "message": ""}},
    ):
        with pytest.raises(AssertionError):
            valid(wrong)


def test_equal_reports_give_equal_documents(report):
    for form in ("text", "json", "sarif"):
        assert render(report, form) == render(report, form)


def test_sarif_has_the_structure_of_2_1_0(report):
    sarif = documents(report)["sarif"]
    (run,) = sarif["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert (sarif["version"], "sarif-2.1.0" in sarif["$schema"]) == ("2.1.0", True)
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len(run["results"]) == sum(len(result.findings) for result in report.results)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        for location in result.get("locations", []):
            place = location["physicalLocation"]
            assert not place["artifactLocation"]["uri"].startswith("/")
            assert place.get("region", {"startLine": 1})["startLine"] >= 1
    assert run["invocations"][0]["executionSuccessful"] is True


def test_every_format_names_the_rule_set_of_the_malware_check(report):
    rules = yara_rules.installed()
    told = documents(report)
    evidence = next(check["evidence"] for check in told["json"]["checks"] if check["code"] == "malware")
    (driver,) = (run["tool"] for run in told["sarif"]["runs"])

    assert evidence["rule_set"] == {
        "name": "GuardDog", "release": rules.version, "digest": f"sha256:{rules.digest}", "rules": rules.files,
    }  # fmt: skip
    assert driver["extensions"] == [
        {
            "name": "GuardDog",
            "version": rules.version,
            "properties": {"check": "malware", "digest": f"sha256:{rules.digest}", "ruleCount": rules.files},
        }
    ]
    line = f"rules: GuardDog {rules.version}, {rules.files} rules, sha256:{rules.digest}"
    assert line in render(report, "text")


def test_sarif_levels_follow_the_severity_of_each_finding(report):
    found = [finding for result in report.results for finding in result.findings]

    (run,) = documents(report)["sarif"]["runs"]

    assert [result["level"] for result in run["results"]] == [LEVELS[finding.severity] for finding in found]


def test_sarif_addresses_are_valid_whatever_a_file_is_called(report):
    odd = hostile(report)

    (run,) = documents(odd)["sarif"]["runs"]

    addresses = [
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in result.get("locations", [])
    ]
    assert all(address.isascii() and address.isprintable() and " " not in address for address in addresses)


def test_sarif_says_that_a_check_gave_no_result(report):
    silent = CheckResult("malware", CheckStatus.INCONCLUSIVE, "The engine is missing.")
    open_report = replace(with_results(report, silent), verdict=Verdict.INCONCLUSIVE)

    (invocation,) = documents(open_report)["sarif"]["runs"][0]["invocations"]

    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "malware: The engine is missing."


def test_cyclonedx_is_valid_and_names_what_is_vulnerable(report):
    text = render(report, "cyclonedx")
    bom = json.loads(text)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert bom["metadata"]["component"]["hashes"][0]["content"] == report.intake.unpacked.sha256
    assert {part["purl"] for part in bom["components"]} == {
        part.purl for result in report.results for part in result.components
    }
    listed = {fault["id"] for fault in bom["vulnerabilities"]}
    assert listed == {a.id for result in report.results for part in result.components for a in part.advisories} != set()


SRI = "sha512-" + base64.b64encode(b"\x01" * 64).decode()


def bill(*rows, licence="MIT", **more):
    """The bill of materials of a document with these dependencies; it has to be valid."""
    artifact = {
        "name": "acme", "version": "1.0.0", "purl": "pkg:npm/acme@1.0.0", "sha256": "a" * 64,
        "metadata": {"license": licence},
    }  # fmt: skip
    document = bill_of_materials({"artifact": artifact, "dependencies": list(rows)}, **more)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is None
    return document


def row(name, pinned="1.0.0", **more):
    version = f"@{pinned}" if pinned else ""
    return {
        "purl": f"pkg:npm/{name}{version}", "ecosystem": "npm", "name": name, "requirement": pinned or "^1.0.0",
        "direct": True, "pinned": pinned, "scope": "runtime", "advisories": [], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("MIT", {"license": {"id": "MIT", "acknowledgement": "declared"}}),
        ("Apache License, Version 2.0", {"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}),
        ("(MIT OR GPL-3.0)", {"expression": "MIT OR GPL-3.0-only", "acknowledgement": "declared"}),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            {"expression": "GPL-2.0-only WITH Classpath-exception-2.0", "acknowledgement": "declared"},
        ),
        ("Made up, <b>", {"license": {"name": "Made up, <b>", "acknowledgement": "declared"}}),
        ("UNLICENSED", {"license": {"name": "LicenseRef-Proprietary", "acknowledgement": "declared"}}),
    ],
)
def test_a_licence_is_stated_as_what_it_can_be_read_as(stated, shown):
    document = bill(row("left", license=stated), licence=stated)

    assert document["components"][0]["licenses"] == document["metadata"]["component"]["licenses"] == [shown]


def test_a_part_has_the_digest_its_lock_states_and_none_that_is_not_one():
    rows = [
        row("a", integrity=SRI),
        row("b", integrity="sha256:" + "ab" * 32),
        row("c", integrity="sha512-AAAA sha256:xyz md5:00"),
        row("d"),
    ]

    found = {part["name"]: part.get("hashes") for part in bill(*rows)["components"]}

    assert found == {
        "a": [{"alg": "SHA-512", "content": "01" * 64}],
        "b": [{"alg": "SHA-256", "content": "ab" * 32}],
        "c": None,
        "d": None,
    }


def test_the_graph_shows_what_is_known_and_says_what_is_not():
    document = bill(row("a", needs=["b@2.0.0", "gone@1.0.0"]), row("b", "2.0.0", direct=False), row("c", None))

    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    assert graph["pkg:npm/acme@1.0.0"] == ["pkg:npm/a@1.0.0", "pkg:npm/c"]
    assert graph["pkg:npm/a@1.0.0"] == ["pkg:npm/b@2.0.0"]
    assert document["compositions"] == [{"aggregate": "unknown", "dependencies": ["pkg:npm/b@2.0.0", "pkg:npm/c"]}]


def test_scopes_say_what_is_needed_to_run():
    scopes = ("runtime", "bundled", "locked", "optional", "peer", "dev", "build")

    parts = bill(*(row(scope, scope=scope) for scope in scopes))["components"]

    assert {part["name"]: part["scope"] for part in parts} == {
        **dict.fromkeys(("runtime", "bundled", "locked"), "required"),
        **dict.fromkeys(("optional", "peer"), "optional"),
        **dict.fromkeys(("dev", "build"), "excluded"),
    }


def test_odd_rows_make_a_valid_document():
    """A name that makes no package URL, the same part twice, and the package as a part of itself."""
    rows = [row("x", purl=""), row("left", scope="dev"), row("left"), row("acme"), row("loop", needs=["loop@1.0.0"])]

    parts = {part["bom-ref"]: part["scope"] for part in bill(*rows)["components"]}

    assert parts == {"npm:x": "required", "pkg:npm/left@1.0.0": "required", "pkg:npm/loop@1.0.0": "required"}


def test_what_is_exploited_stands_with_the_fault():
    advisory = {
        "id": "GHSA-1", "aliases": ["CVE-2026-1000"], "severity": "high", "summary": "x", "fixed": ["2.0.0"],
        "match": "affected", "exploited_since": "2026-11-03", "epss": 0.93, "percentile": 0.97,
    }  # fmt: skip

    [fault] = bill(row("left", advisories=[advisory]), revision=3)["vulnerabilities"]

    assert {entry["name"]: entry["value"] for entry in fault["properties"]} == {
        "plugwarden:known-exploited-since": "2026-11-03",
        "plugwarden:epss": "0.93",
    }
    assert (fault["analysis"], fault["recommendation"]) == ({"state": "in_triage"}, "Upgrade to 2.0.0 or later.")


def test_the_terminal_obeys_nothing_a_package_says(report):
    text = render(hostile(report), "text")

    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\u202e" not in text
    assert "red" in text


def test_colour_is_given_only_when_asked_for(report):
    assert "\x1b[31m" in render(report, "text", colour=True)
    assert "\x1b" not in render(report, "text")


def test_text_fits_a_terminal_and_loses_nothing(report):
    whole = render(report, "text")
    folded = render(report, "text", width=80)

    assert max(map(len, whole.splitlines())) > 80
    assert [line for line in folded.splitlines() if len(line) > 80 and len(line.split()) > 1] == []
    assert folded.split() == whole.split()


def test_hosts_that_are_only_mentioned_are_told_apart_from_egress(report):
    egress = documents(report)["json"]["egress"][0]["host"]
    seen = (Observation(MENTIONED, egress, "README.md", 1), Observation(MENTIONED, "docs.acme.io", "README.md", 2),
            Observation(MENTIONED, "docs.acme.io", "a.js", 3))  # fmt: skip
    altered = with_results(report, CheckResult("static", CheckStatus.PASSED, "Fine.", examined=1, observations=seen))

    document = documents(altered)["json"]

    assert document["mentioned"] == [{
        "host": "docs.acme.io", "evidence": [{"path": "README.md", "line": 2}, {"path": "a.js", "line": 3}], "total": 2,
    }]  # fmt: skip
    assert [row["host"] for row in document["egress"]] == [use.host for use in report.comparison.hosts]
    valid(document)
