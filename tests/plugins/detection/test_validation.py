"""What is wrong with a rule is said in a sentence, and found with the engines themselves."""

import pytest

from governance.vocabulary import Capability
from plugins.detection import searching
from plugins.detection.validation import Examples, joined, problems, split
from plugins.sandbox import SandboxUnavailable
from tests.plugins.detection.rule_cases import EVIL_CALL, NEVER_ENDS, ast_grep, rule


def said(subject, hits=(EVIL_CALL,), misses=("fetch('https://good.example')\n",)):
    return " ".join(problems(subject, Examples(tuple(hits), tuple(misses))))


def yara(body, **more):
    return rule("yara", body, **more)


@pytest.mark.parametrize(
    "subject",
    [
        rule(),
        rule(body=r"(?i)EVIL\.(example|test)"),
        yara('rule a { strings: $a = "evil.example" nocase condition: $a }'),
        yara('import "math"\nrule a { strings: $a = "evil." condition: $a and math.entropy(0, filesize) < 8 }'),
        ast_grep("rule: {pattern: fetch($URL)}\nconstraints: {URL: {regex: evil}}"),
        ast_grep("rule: {all: [{pattern: fetch($URL)}, {has: {regex: evil, stopBy: end}}]}"),
        ast_grep("calls: [fetch]\nwhere: {has: {regex: evil, stopBy: end}}"),
    ],
    ids=["regex", "regex in any case", "yara", "yara with math", "constraints", "all", "calls where"],
)
def test_a_sound_rule_has_no_problems(subject):
    assert said(subject) == ""


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        (rule(body="("), "does not compile: missing )"),
        (rule(body="(?<=x)evil"), "does not compile: invalid perl operator"),
        (rule(body="evil.*example"), "'.*' has no bounds"),
        (rule(body=r"evil[\s\S]{3,}x"), "has no bounds"),
        (rule(body="e|"), "harmless samples: it has no bounds"),
        (rule(body="evil\nexample"), "is one line"),
        (rule(body=" "), "has no body"),
        (rule(body="good"), "does not hit the example “fetch('https://evil.example')”"),
        (rule(body="fetch"), "hits the example “fetch('https://good.example')”, which it must not"),
        (rule(code="No Evil"), "The code has small letters"),
        (rule(cwe="506"), "A CWE is written"),
        (rule(message=""), "a title and a message"),
        (rule(languages=("cobol",)), "No engine here knows cobol"),
        (yara("rule a { condition: true }"), "harmless samples: it has no bounds"),
        (yara('rule a { strings: $a = "x" condition: $b }'), "does not compile"),
        (yara('import "pe" rule a { condition: pe.is_pe }'), "imports the module 'pe'"),
        (yara('import/* quietly */"console" rule a { condition: true }'), "imports the module 'console'"),
        (yara('import\n"\\x70e" rule a { condition: true }'), "only hash, math, string"),
        (yara('include "/etc/passwd" rule a { condition: true }'), "includes another file"),
        (yara("rule a { strings: $a = /(e+)+v.*$/ condition: $a }"), "slow pattern"),
        (ast_grep("rule: {kind: nonsense}"), "`nonsense` is invalid"),
        (ast_grep("rule: {regex: '('}"), "unclosed group"),
        (ast_grep("rule: {pattern: $ANY}"), "harmless samples: it has no bounds"),
        (ast_grep("rule: &a {all: [*a]}"), "YAML aliases"),
        (ast_grep("- rule"), "is a mapping with the keys"),
        (ast_grep("calls: ['*']"), "no bounds: it means every name"),
        (ast_grep("where: {regex: x}"), "matches nothing"),
        (ast_grep("rule: {pattern: fetch($A)}\nfix: x"), "and no others"),
        (ast_grep("rule: [\n"), "no YAML near line"),
        (ast_grep("rule: {regex: 2026-11-26}"), "neither text nor number"),
        (rule("host", "evil.example", capability=Capability.NETWORK_OUTBOUND), "shows no capability"),
        (ast_grep("rule: {pattern: fetch($A)}", languages=()), "names the languages"),
        (rule("host", "evil.example", files="*.js"), "leave languages and files empty"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{value.kind}-{value.body[:25]}",
)  # fmt: skip
def test_what_is_wrong_is_said(subject, why):
    assert why in said(subject)


def test_an_example_of_each_kind_is_demanded():
    assert "at least one example that must be hit" in said(rule(), hits=())
    assert "at least one example that must not be hit" in said(rule(), misses=())


def test_hosts_and_dependencies_are_compared_with_their_examples():
    assert said(rule("host", "*.evil.example"), ["a.evil.example"], ["evil.example"]) == ""
    assert "must not" in said(rule("host", "evil.example"), ["evil.example"], ["evil.example"])
    listed = rule("dependency", "npm:left-pad <1.3")
    assert said(listed, ["npm:left-pad@1.2.0"], ["npm:left-pad@1.3.0", "npm:right-pad@1.0.0"]) == ""
    assert "names no dependency" in said(listed, ["left-pad"], ["npm:left-pad@1.3.0"])


def test_a_rule_that_never_ends_is_stopped_and_refused(monkeypatch):
    monkeypatch.setattr(searching, "FILE_SECONDS", 1)

    assert "took longer than 1 seconds" in said(yara(NEVER_ENDS))


def test_without_a_sandbox_nothing_is_said_to_be_sound(monkeypatch):
    def missing(*_args, **_more):
        raise SandboxUnavailable("bubblewrap is missing.")

    monkeypatch.setattr(searching, "run_python", missing)

    with pytest.raises(SandboxUnavailable):
        said(rule())


def test_examples_are_kept_apart_by_dashes_and_lists_by_lines():
    text = "one {\n}\n---\ntwo"

    assert split(text, "regex") == ("one {\n}", "two")
    assert joined(split(text, "regex")) == text
    assert split("a.example\nb.example\n", "host") == ("a.example", "b.example")
