"""Rules over real trees: what is found, and who is named when an engine dies."""

from dataclasses import replace

import pytest

from plugins.detection import searching
from plugins.detection.searching import search
from plugins.sandbox import Bind
from tests.plugins.checks.engine_cases import workspace
from tests.plugins.detection.rule_cases import EVIL_CALL, NEVER_ENDS, TOO_DEEP, ast_grep, rule

CALLS = ast_grep("calls: [fetch]\nwhere: {has: {regex: evil, stopBy: end}}")
DEEP = "x = " + "[" * 260 + "]" * 260 + "\n"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(searching, "FILE_SECONDS", 1)


def found(tmp_path, rules, files):
    space = workspace(tmp_path, files)
    return search(rules, space.root, space.package.files)


def places(result):
    return [(hit.rule.code, hit.path, hit.line) for hit in result.hits]


def test_each_kind_finds_what_it_is_meant_for(tmp_path):
    rules = [
        CALLS,
        rule(files="*.md"),
        rule("yara", 'rule a { strings: $a = "evil." condition: $a }', "yara-evil", languages=("python",)),
    ]
    files = {
        "a.js": "x\n" + EVIL_CALL,
        "b.ts": EVIL_CALL,
        "docs/read.md": "\n\nevil.example",
        "c.py": "# evil.example",
        "d.txt": "evil.example",
    }

    result = found(tmp_path, rules, files)

    assert places(result) == [
        ("calls-evil", "a.js", 2),
        ("calls-evil", "b.ts", 1),
        ("yara-evil", "c.py", 1),
        ("no-evil", "docs/read.md", 3),
    ]
    assert (result.broken, result.unread) == ({}, {})
    assert result.hits[0].text == EVIL_CALL.strip()


def test_a_rule_that_never_ends_is_named_and_the_others_go_on(tmp_path, quick):
    files = {f"{number}.js": EVIL_CALL for number in range(3)}

    result = found(tmp_path, [rule("yara", NEVER_ENDS, "never-ends"), rule()], files)

    assert result.broken.keys() == {"never-ends@1"}
    assert "took longer than 1 seconds on 0.js" in result.broken["never-ends@1"]
    assert places(result) == [("no-evil", path, 1) for path in files]


def test_a_rule_that_kills_the_engine_is_found_out_by_trying_each_alone(tmp_path, quick):
    files = {"a.js": EVIL_CALL, "deep.js": DEEP + EVIL_CALL, "z.js": EVIL_CALL}

    result = found(tmp_path, [ast_grep(TOO_DEEP, "too-deep"), CALLS], files)

    assert result.broken.keys() == {"too-deep@1"}
    assert "deep.js" in result.broken["too-deep@1"]
    assert places(result) == [("calls-evil", "a.js", 1), ("calls-evil", "deep.js", 2), ("calls-evil", "z.js", 1)]
    assert not result.unread


def test_a_file_that_breaks_the_engine_whatever_it_looks_for_is_named_and_no_rule_is(tmp_path, monkeypatch):
    engine = tmp_path / "engine.py"
    engine.write_text(
        "import os, sys\n"
        "from plugins.checks.engines import text_engine\n"
        "read = text_engine.read\n"
        "text_engine.read = lambda root, path: os.abort() if path == 'bomb.txt' else read(root, path)\n"
        "text_engine.main()\n"
    )
    real = searching.run_python

    def with_a_bomb(_module, *, binds, **more):
        return real(engine, binds=[*binds, Bind(engine)], **more)

    monkeypatch.setattr(searching, "run_python", with_a_bomb)
    files = {"a.txt": EVIL_CALL, "bomb.txt": EVIL_CALL, "z.txt": EVIL_CALL}

    result = found(tmp_path, [rule(), rule(code="other", body="evil")], files)

    assert (result.broken, result.unread.keys()) == ({}, {"bomb.txt"})
    assert result.blind == {"no-evil@1": {"bomb.txt"}, "other@1": {"bomb.txt"}}
    assert {hit.path for hit in result.hits} == {"a.txt", "z.txt"}


def test_a_rule_the_engine_refuses_is_named(tmp_path):
    result = found(tmp_path, [ast_grep("rule: {kind: nonsense}", "nonsense"), CALLS], {"a.js": EVIL_CALL})

    assert "`nonsense` is invalid" in result.broken["nonsense@1"]
    assert places(result) == [("calls-evil", "a.js", 1)]


def test_a_file_nobody_can_read_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "FILE_BYTES", 10)
    monkeypatch.setattr(searching, "TEXT", replace(searching.TEXT, file_bytes=10))

    result = found(tmp_path, [rule()], {"long.txt": "evil.example", "short.txt": "evil"})

    assert result.examined == {"short.txt"}
    assert "too long" in result.unread["long.txt"]


def test_code_that_is_none_is_named(tmp_path):
    result = found(tmp_path, [CALLS], {"a.js": b"\x00\x01\xff\xfe" * 50, "b.js": "function ( {{{ \n" * 20})

    assert result.unread.keys() == {"a.js", "b.js"}


def test_an_engine_that_says_nothing_leaves_every_file_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "TEXT", replace(searching.TEXT, module="plugins.checks.engines.missing"))

    result = found(tmp_path, [rule()], {"a.txt": EVIL_CALL})

    assert (result.hits, result.examined, set(result.unread)) == ([], set(), {"a.txt"})


def test_hits_are_capped_by_file_and_the_rest_is_counted(tmp_path):
    result = found(tmp_path, [rule()], {"a.txt": "evil.example\n" * 50})

    assert (len(result.hits), result.beyond) == (searching.HITS_A_FILE, {"no-evil@1": 30})
