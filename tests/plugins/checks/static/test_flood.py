"""Alike findings in vendored, minified and test code are told once, with their number; nothing is lost or lowered."""

from dataclasses import replace

import pytest

from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import Finding, fingerprinted
from plugins.checks.static import StaticCheck
from plugins.checks.static.flood import group_of, grouped
from tests.plugins.checks.engine_cases import workspace

MINIFIED = frozenset({"dist/app.js"})


def found(path, line=1, *, rule="js-eval", severity=Severity.HIGH, snippet="eval(x)"):
    return Finding("static", rule, severity, "Title", path, line, snippet, "Detail.")


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("node_modules/lodash/a.js", "node_modules/lodash"),
        ("node_modules/@acme/x/lib/a.js", "node_modules/@acme/x"),
        ("node_modules/a/node_modules/b/c.js", "node_modules/a/node_modules/b"),
        ("lib/vendor/jquery/a.js", "lib/vendor/jquery"),
        ("acme/_vendor/six/a.py", "acme/_vendor/six"),
        ("tests/unit/test_a.py", "tests"),
        ("src/__tests__/a.js", "src/__tests__"),
        ("src/a.test.ts", "src"),
        ("test_a.py", "."),
        ("dist/app.js", "dist/app.js"),
        ("lib/x.min.js", "lib/x.min.js"),
        ("src/a.js", ""),
        ("src/contest/a.js", ""),
        ("src/attest.js", ""),
        ("vendor.js", ""),
        ("node_modules_x/a/b.js", ""),
    ],
)
def test_which_files_belong_together(path, group):
    assert group_of(path, MINIFIED) == group


def test_alike_findings_become_one_with_number_and_places():
    each = [found(f"node_modules/a/{name}.js", line) for name in "bca" for line in (3, 4, 5)]

    (one,) = grouped(each, minified=MINIFIED, apart=frozenset())

    assert (one.path, one.line, one.severity, one.rule) == ("node_modules/a/", 0, Severity.HIGH, "js-eval")
    assert one.count == 9
    assert one.detail == (
        "Detail. It stands in 9 places of 3 files of node_modules/a: node_modules/a/a.js:3, node_modules/a/a.js:4, "
        "node_modules/a/a.js:5, node_modules/a/b.js:3, node_modules/a/b.js:4 and 4 more."
    )


def test_in_one_file_the_place_stays():
    (one,) = grouped([found("dist/app.js", 9), found("dist/app.js", 2)], minified=MINIFIED, apart=frozenset())

    assert (one.path, one.line) == ("dist/app.js", 2)
    assert "2 places of this file" in one.detail


def test_what_is_not_alike_or_not_in_a_group_stays_as_it_is():
    each = [
        found("src/a.js", 1), found("src/a.js", 2), found("dist/app.js", 1), found("dist/app.js", 1, rule="js-shell"),
        found("dist/app.js", 1, severity=Severity.LOW), found("node_modules/a/x.js"), found("node_modules/b/x.js"),
        found("tests/a.js", rule="obfuscated"), found("tests/b.js", rule="obfuscated"),
    ]  # fmt: skip

    assert sorted(grouped(each, minified=MINIFIED, apart={"obfuscated"}), key=repr) == sorted(each, key=repr)


def test_severities_are_not_mixed_and_none_is_lowered():
    each = [found("tests/a.js", n, severity=severity) for severity in Severity for n in range(4)]

    told = grouped(each, minified=MINIFIED, apart=frozenset())

    assert sorted(one.severity.value for one in told) == sorted(severity.value for severity in Severity)


def test_one_more_of_them_is_a_new_finding_and_order_makes_none():
    each = [found("dist/app.js", n, snippet=f"eval({n})") for n in range(4)]

    def identity(findings):
        return fingerprinted(grouped(findings, minified=MINIFIED, apart=frozenset()))[0].fingerprint

    moved = [replace(one, line=one.line + 7) for one in reversed(each)]
    assert identity(each) == identity(moved)
    assert identity(each) != identity([*each, found("dist/app.js", 9, snippet="eval(new)")])


def test_the_check_tells_a_flood_once_and_still_fails(tmp_path):
    code = "".join(f"eval(a{number});\n" for number in range(9))
    files = {"node_modules/x/a.js": code, "node_modules/x/b.js": code, "c.js": code}
    result = StaticCheck().run(replace(workspace(tmp_path, files), fail_on=Severity.MEDIUM))

    evals = sorted((one for one in result.findings if one.rule == "js-eval"), key=lambda one: (one.path, one.line))
    assert [finding.path for finding in evals] == [*["c.js"] * 9, "node_modules/x/"]
    assert "18 places of 2 files of node_modules/x" in evals[-1].detail
    assert {finding.severity for finding in evals} == {Severity.MEDIUM}
    assert result.status is CheckStatus.FAILED
    assert result.evidence["findings"]["each"] == result.evidence["findings"]["told"] + 17
