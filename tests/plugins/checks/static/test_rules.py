import json
import subprocess
import sys
from pathlib import Path

import pytest
from ast_grep_py import SgRoot

from plugins.checks.engines.ast_grep_engine import FAMILIES, GRAMMARS
from plugins.checks.static import rules

SUFFIX = {
    "javascript": "js", "typescript": "ts", "tsx": "tsx", "python": "py", "php": "php", "csharp": "cs", "shell": "sh",
}  # fmt: skip
DIALECTS = {"javascript": ("javascript", "typescript", "tsx")}
EXAMPLES = [
    (rule, dialect, code, wanted)
    for rule, language, code, wanted in rules.examples()
    for dialect in DIALECTS.get(language, (language,))
]


@pytest.fixture(scope="module")
def hits(tmp_path_factory):
    """Rule ids hit by each example, from one run of the real engine over all of them."""
    root = tmp_path_factory.mktemp("examples")
    files = []
    for number, (_, language, code, _) in enumerate(EXAMPLES):
        (root / f"{number}.{SUFFIX[language]}").write_text(code)
        files.append([f"{number}.{SUFFIX[language]}", language])
    book = rules.load()
    request = {
        "root": str(root),
        "files": files,
        "rules": book.engine_rules,
        "limits": {"bytes": 99999, "seconds": 20, "hits": 20},
    }
    module = "plugins.checks.engines.ast_grep_engine"
    repository = Path(rules.__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=True,
        cwd=repository,
    )
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    reports = [report for report in reports if "state" in report]
    assert len(reports) == len(EXAMPLES)
    assert [
        (report["path"], EXAMPLES[i][2], report) for i, report in enumerate(reports) if report["state"] != "parsed"
    ] == []
    return [{book.rules[hit["rule"]].id for hit in report["hits"]} for report in reports]


@pytest.mark.parametrize(
    "number", range(len(EXAMPLES)), ids=lambda n: f"{EXAMPLES[n][0]}-{'hit' if EXAMPLES[n][3] else 'miss'}-{n}"
)
def test_rule_hits_its_examples_and_leaves_near_misses_alone(hits, number):
    rule, _, code, wanted = EXAMPLES[number]

    assert (rule in hits[number]) is wanted, code


def test_rules_cover_every_capability_a_language_can_show():
    seen = {rule.capability.value for rule in rules.load().rules if rule.capability}

    assert seen >= {
        "network.outbound", "network.download", "network.listen", "filesystem.read", "filesystem.write",
        "filesystem.delete", "process.spawn", "process.schedule", "code.dynamic", "code.native", "env.read",
        "secrets.read", "clipboard.read", "database.access", "messaging.send",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "high"},
        {"languages": ["cobol"]},
        {"examples": {"hit": ["x"]}},
        {"unknown": 1},
        {"ast": {"kind": "x"}},
    ],
)
def test_load_refuses_a_rule_that_says_too_little(tmp_path, change):
    rule = {
        "id": "a",
        "title": "A",
        "languages": ["python"],
        "calls": ["x"],
        "capability": "env.read",
        "examples": {"hit": ["x"], "miss": ["y"]},
    }
    (tmp_path / "a.yaml").write_text(json.dumps([rule | change]))

    with pytest.raises(rules.RuleError):
        rules.load(tmp_path)


def test_every_rule_can_be_matched_in_every_grammar_its_files_may_be_parsed_with():
    refused = []
    for rule, engine_rule in zip(rules.load().rules, rules.load().engine_rules, strict=True):
        families = {FAMILIES.get(language, language) for language in rule.languages}
        grammars = {
            grammar
            for language, names in GRAMMARS.items()
            if FAMILIES.get(language, language) in families
            for grammar in names
        }
        for grammar in sorted(grammars):
            root = SgRoot("", grammar).root()
            for key in {"ast", "where", "unless"} & engine_rule.keys():
                try:
                    root.find(**engine_rule[key])
                except RuntimeError:
                    refused.append((rule.id, grammar, key))

    assert refused == []
