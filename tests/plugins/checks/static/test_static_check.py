"""The whole check, with the real engines in the real sandbox."""

import base64
import importlib
import json
import re
from dataclasses import replace

import pytest

from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import Workspace
from plugins.checks.static import StaticCheck, ast_grep, bandit, bandit_notes
from plugins.package import InstallHook, Metadata, Package, SourceFile
from plugins.sandbox import Limits
from plugins.sandbox import run as sandboxed

LANGUAGES = {
    "js": "javascript",
    "ts": "typescript",
    "py": "python",
    "html": "html",
    "sh": "shell",
    "csx": "csharp",
    "rb": "ruby",
    "php": "php",
}
GOOD = "const a = require('./b');\nmodule.exports = a;\n"


def workspace(tmp_path, files, **facts):
    """Write the files and describe them as intake would."""
    for path, content in files.items():
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "tree").mkdir(exist_ok=True)
    (tmp_path / "scratch").mkdir()
    sources = tuple(
        SourceFile(path, (tmp_path / "tree" / path).stat().st_size, "0" * 64, LANGUAGES.get(path.rpartition(".")[2]))
        for path in sorted(files)
    )
    package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", sources, **facts)
    return Workspace(package, tmp_path / "a.tgz", tmp_path / "tree", tmp_path / "scratch", tmp_path)


def run(tmp_path, files, **facts):
    return StaticCheck().run(workspace(tmp_path, files, **facts))


def rules(result):
    return {finding.rule for finding in result.findings}


def test_check_passes_clean_code_and_counts_it(tmp_path):
    result = run(tmp_path, {"a.js": GOOD, "b.py": "x = 1\n", "README.md": "eval(x)"})

    assert (result.status, result.examined, result.findings) == (CheckStatus.PASSED, 2, ())
    assert result.engine == "bandit + ast-grep"
    assert re.fullmatch(r"1\.[\d.]+ \+ 0\.[\d.]+", result.engine_version)


def test_an_engine_that_was_not_asked_is_not_named(tmp_path):
    assert run(tmp_path, {"a.js": GOOD}).engine == "ast-grep"


def test_check_fails_on_both_engines_findings_with_file_and_line(tmp_path):
    python = "import subprocess\n\nsubprocess.run(c, shell=True)\n"
    result = run(tmp_path, {"dist/a.js": "let x;\neval(atob(x));\n", "b.py": python})

    places = {
        (finding.rule, finding.path, finding.line) for finding in result.findings if finding.severity is Severity.HIGH
    }
    assert result.status is CheckStatus.FAILED
    assert places == {("js-eval-decoded", "dist/a.js", 2), ("bandit-B602", "b.py", 3)}


def test_an_import_is_no_high_finding_and_bandits_blacklists_say_what_they_found(tmp_path):
    python = "import ftplib\nimport xmlrpc.client\nimport pickle\n\npickle.loads(x)\nftplib.FTP(h)\n"
    found = {(one.line, one.title, one.severity.value) for one in run(tmp_path, {"b.py": python}).findings}

    assert found == {
        (1, "ftplib is imported (B402)", "low"),
        (2, "xmlrpc is imported (B411)", "low"),
        (3, "A module that reads pickled data is imported (B403)", "info"),
        (5, "Pickled data is read (B301)", "medium"),
        (6, "FTP is used (B321)", "high"),
    }


def test_check_sees_capabilities_and_hosts_in_compiled_code(tmp_path):
    code = 'const axios_1 = require("axios");\nasync function f(p) {\n return (0, axios_1.default)(`https://api.acme.io/${p}`);\n}\n'
    result = run(tmp_path, {"dist/a.js": code})

    assert {(seen.value, seen.line) for seen in result.observations} == {
        ("network.outbound", 1),
        ("network.outbound", 3),
        ("api.acme.io", 3),
    }


def test_check_reads_scripts_in_html_with_their_lines(tmp_path):
    script = '<script type="text/javascript">\n  $.ajax("https://a.io/x");\n</script>'
    page = f'<p>x</p>\n{script}\n<script type="text/html">{{{{ not js</script>'
    result = run(tmp_path, {"n.html": page})

    assert {(seen.value, seen.line) for seen in result.observations} == {("network.outbound", 3), ("a.io", 3)}


@pytest.mark.parametrize(
    ("name", "broken"), [("a.js", "function f( {\n var x = ;"), ("a.py", "def f(:\n"), ("a.ts", "class { {")]
)
def test_unparseable_entry_point_is_a_finding_and_leaves_the_check_inconclusive(tmp_path, name, broken):
    more = {f"ok{n}.js": GOOD for n in range(30)}
    result = run(tmp_path, {name: broken, **more}, entry_points=(name,))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert name in result.reason
    assert rules(result) == {"unparseable"}
    assert result.examined == 30


def test_few_unparseable_files_are_findings_only_and_many_are_a_gap(tmp_path):
    few = run(tmp_path / "few", {"bad.js": "let ;;= {", **{f"{n}.js": GOOD for n in range(30)}})
    many = run(tmp_path / "many", {"bad.js": "let ;;= {", **{f"{n}.js": GOOD for n in range(10)}})

    assert (few.status, many.status) == (CheckStatus.PASSED, CheckStatus.INCONCLUSIVE)


@pytest.mark.parametrize("content", [b"MZ\0\1\2", b"x = 1;" + b" " * (ast_grep.FILE_BYTES + 1)])
def test_binary_or_endless_code_file_is_a_gap(tmp_path, content):
    result = run(tmp_path, {"a.js": content, "b.js": GOOD})

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "a.js" in result.reason
    assert "unreadable" in rules(result)


def test_orders_of_the_submitter_are_ignored_and_reported(tmp_path):
    code = "import os\nos.system('a ' + b)  # nosec\n"
    result = run(tmp_path, {".bandit": "[bandit]\nskips: B605\n", "my.gitlab/x.py": code, ".tox/y.py": code})

    high = [finding.path for finding in result.findings if finding.rule == "bandit-B605"]
    assert high == [".tox/y.py", "my.gitlab/x.py"]
    assert any(finding.rule.startswith("suppression") for finding in result.findings)


def test_install_hooks_are_shown_and_a_guard_is_no_alarm(tmp_path):
    guard = InstallHook("npm-script", "preinstall", "package.json", 7, "npx only-allow pnpm")
    evil = InstallHook("npm-script", "postinstall", "package.json", 8, "node x.js && npx only-allow pnpm")
    result = run(tmp_path, {"a.js": GOOD}, install_hooks=(guard, evil))

    levels = [(finding.severity, finding.line) for finding in result.findings if finding.rule == "install-hook"]
    assert levels == [(Severity.INFO, 7), (Severity.MEDIUM, 8)]
    assert [(seen.value, seen.line) for seen in result.observations] == [
        ("process.install-hook", 7),
        ("process.install-hook", 8),
    ]


def test_file_in_an_unknown_language_is_named_and_is_a_gap_only_where_it_is_loaded(tmp_path):
    aside = run(tmp_path / "a", {"x.rb": "puts 1", "a.js": GOOD})
    loaded = run(tmp_path / "b", {"x.rb": "puts 1", "a.js": GOOD}, entry_points=("x.rb",))

    assert (aside.status, loaded.status) == (CheckStatus.PASSED, CheckStatus.INCONCLUSIVE)
    assert aside.evidence["not_analysed"] == ["x.rb"]
    assert rules(aside) == {"not-analysed"}


def test_check_does_not_apply_without_code(tmp_path):
    package = workspace(tmp_path, {"README.md": "x"}).package

    assert not StaticCheck().applies_to(package)
    assert StaticCheck().applies_to(
        replace(package, install_hooks=(InstallHook("npm-script", "install", "p", 1, "x"),))
    )


@pytest.mark.parametrize("engine", [bandit, ast_grep])
def test_engine_that_runs_out_of_time_is_a_gap(tmp_path, monkeypatch, engine):
    monkeypatch.setattr(engine, "LIMITS", Limits(wall_seconds=0.01))
    result = run(tmp_path, {"a.js": GOOD, "a.py": "x = 1\n"})

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "stopped after" in result.reason


@pytest.mark.parametrize(
    ("broken", "kept", "said"),
    [(ast_grep, ["bandit-B307"], "gave no answer"), (bandit, [], "could not be read")],
)
def test_brackets_without_end_from_one_engine_leave_the_others_findings(tmp_path, monkeypatch, broken, kept, said):
    flood = ["/bin/sh", "-c", "head -c 100000 /dev/zero | tr '\\0' '['"]
    monkeypatch.setattr(broken, "run_python", lambda *_, **__: sandboxed(flood))

    result = run(tmp_path, {"a.py": "eval(input())\n"})

    assert result.status is CheckStatus.INCONCLUSIVE
    assert said in result.reason
    assert [finding.rule for finding in result.findings] == kept


def test_file_that_hangs_the_parser_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ast_grep, "FILE_SECONDS", 0.000001)
    result = run(tmp_path, {"slow.js": GOOD * 2000})

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "It stopped at slow.js." in result.reason


def test_secrets_do_not_reach_the_evidence(tmp_path):
    token = "".join(("ghp_", "a1B2c3D4" * 4, "Z9y8"))
    files = {"a.py": f"password = '{token}'\n", "b.js": f'fetch("https://u:{token}@a.io", {{ token: "{token}" }});\n'}
    result = run(tmp_path, files)

    assert token not in json.dumps([str(part) for part in (*result.findings, *result.observations, result.evidence)])


def test_hits_beyond_the_cap_are_counted(tmp_path):
    result = run(tmp_path, {"a.js": "fetch(u);\n" * 50})

    assert len(result.observations) == ast_grep.HITS_A_FILE
    assert result.evidence["engines"]["ast-grep"]["beyond_cap"] == {"js-network-outbound": 30}


def test_a_name_that_looks_like_an_option_is_examined_too(tmp_path):
    result = run(tmp_path, {"-": "", "-r.py": "eval(x)\n", "--help.js": "eval(x)\n"})

    assert {finding.path for finding in result.findings} == {"-r.py", "--help.js"}


def test_a_script_called_node_is_no_native_module(tmp_path):
    files = {
        "dist/A.node.js": "module.exports = 1;\n",
        "dist/test.js": 'const a = require("./A.node");\n',
        "dist/native.js": 'const b = require("./build/b.node");\n',
    }

    result = StaticCheck().run(workspace(tmp_path, files))

    assert {seen.path for seen in result.observations if seen.value == "code.native"} == {"dist/native.js"}


def test_a_picture_encoded_in_a_bundle_hides_no_address(tmp_path):
    picture, thief = "http://www.w3.org/2000/svg", "https://collect.acme.io/x"
    code = "".join(f'a("{base64.b64encode(text.encode()).decode()}");\n' for text in (picture, thief))

    result = StaticCheck().run(workspace(tmp_path, {"a.js": code}))

    assert [f.snippet for f in result.findings if f.rule == "encoded-address"] == ["collect.acme.io"]


@pytest.mark.filterwarnings("ignore:The verify_requirements argument:DeprecationWarning")
def test_every_test_bandit_calls_blacklist_has_a_title():
    modules = [importlib.import_module(f"bandit.blacklists.{name}") for name in ("calls", "imports")]
    tables = [table for module in modules for table in module.gen_blacklist().values()]
    listed = {entry["id"] for table in tables for entry in table}

    assert listed == bandit_notes.TITLES.keys()


def test_a_call_that_bandit_tells_twice_is_one_finding(tmp_path):
    code = "from django.utils.safestring import mark_safe\n\ndef shown(text):\n    return mark_safe(text)\n"

    result = StaticCheck().run(workspace(tmp_path, {"a.py": code}))

    assert [(one.rule, one.line) for one in result.findings if one.rule.startswith("bandit")] == [("bandit-B308", 4)]
