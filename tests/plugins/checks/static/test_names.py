"""Names as the engine resolves them, on code as compilers and hiders write it."""

import pytest
from ast_grep_py import SgRoot

from plugins.checks.engines.ast_grep_engine import collect
from plugins.checks.engines.names_common import UNKNOWN


def calls(code, grammar):
    facts = collect(SgRoot(code, grammar).root(), grammar, reads={"env", "environ"}, minified=False)
    return {name for name, _ in facts.calls}


def constants(code, grammar):
    facts = collect(SgRoot(code, grammar).root(), grammar, reads=frozenset(), minified=False)
    return [(constant.text, constant.key) for constant in facts.constants]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ('const a_1 = require("axios"); (0, a_1.default)(o);', "axios"),
        ('const a_1 = __importStar(require("fs")); a_1.default.readFile(p);', "fs.readFile"),
        ('var { exec: run } = require("node:child_process"); run(c);', "child_process.exec"),
        ('import { get as g } from "https"; g(u);', "https.get"),
        ('import * as h from "http"; h["re" + "quest"](u);', "http.request"),
        ('const c = require("axios").create(); c.get(u);', "axios.create().get"),
        ('const x = await import("got"); x.default.post(u);', "got.post"),
        ("this.helpers.httpRequest.call(this, o);", "this.helpers.httpRequest"),
        ("window.globalThis.fetch(u);", "fetch"),
        ('require("fs").promises.rm(p);', "fs.rm"),
        ('const { promises: p } = require("fs"); p.rm(x);', "fs.rm"),
        ('import { createRequire } from "module"; const r = createRequire(u); r("os").cpus();', "os.cpus"),
        ('const m = "child_process"; require(m).exec(c);', "child_process.exec"),
        ("const e = eval; e(c);", "eval"),
        ("const go = globalThis.fetch; go(u);", "fetch"),
        ("const { binding } = process; binding(m);", "process.binding"),
        ('let {exec = 1} = require("child_process"); exec(c);', "child_process.exec"),
        ('const { "exec": run = 1 } = require("child_process"); run(c);', "child_process.exec"),
        ('const { promises: { rm } } = require("fs"); rm(p);', "fs.rm"),
    ],
)  # fmt: skip
def test_javascript_call_resolves_to_its_module(code, name):
    assert name in calls(code, "javascript")


def test_javascript_variable_of_several_texts_is_not_taken_for_one_of_them():
    assert "child_process.exec" not in calls('let m = "child_process"; m = "fs"; require(m).exec(c);', "javascript")


def test_javascript_own_function_is_not_taken_for_the_global_of_its_name():
    assert calls("function fetch() {} fetch(u);", "javascript") == {"local:fetch"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import requests as r\nr.get(u)\n", "requests.get"),
        ("from os import system as s\ns(c)\n", "os.system"),
        ("import os\ngetattr(os, 'po' 'pen')(c)\n", "os.popen"),
        ("__import__('subprocess').run(c)\n", "subprocess.run"),
        ("import sys\nsys.modules['os'].system(c)\n", "os.system"),
        ("import os\nos.__dict__['system'](c)\n", "os.system"),
        ("import os\nvars(os)['system'](c)\n", "os.system"),
        ("__builtins__['ev' + 'al'](c)\n", "eval"),
        ("e = eval\ne(c)\n", "eval"),
        ("getattr(__builtins__, 'exec')(c)\n", "exec"),
        ("globals()['__builtins__']['exec'](c)\n", "exec"),
        ("import httpx\nwith httpx.Client() as c:\n    c.get(u)\n", "httpx.Client().get"),
    ],
)  # fmt: skip
def test_python_call_resolves_to_its_module(code, name):
    assert name in calls(code, "python")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('x("https://" + "api." + "acme.io")', ("https://api.acme.io", "call:x")),
        ("y = `https://${sub}.acme.io/`", (f"https://{UNKNOWN}.acme.io/", "y")),
        (r"z = '\x68ttps://acme.io'", ("https://acme.io", "z")),
        ('a = { baseURL: "https://acme.io" }', ("https://acme.io", "baseURL")),
        ('this.documentationUrl = "https://acme.io/docs"', ("https://acme.io/docs", "documentationUrl")),
        ('net.connect(443, "acme.io")', ("acme.io", "call:connect")),
    ],
)
def test_javascript_constants_are_folded_and_know_their_key(code, found):
    assert constants(code, "javascript") == [found]


@pytest.mark.parametrize(
    ("code", "grammar"),
    [
        ('u = given || "https://acme.io"', "javascript"),
        ('u = node.config.url ?? "https://acme.io"', "javascript"),
        ('f(a && ("https://" + "acme.io"))', "javascript"),
        ('if (u === "https://acme.io") f()', "javascript"),
        ('u = given or "https://acme.io"', "python"),
        ('u = "https://acme.io" % a', "python"),
    ],
)
def test_a_constant_that_is_one_of_two_choices_is_seen(code, grammar):
    assert [text for text, _ in constants(code, grammar)] == ["https://acme.io"]


def test_comments_hold_no_constants():
    assert constants('// "https://acme.io"\n/* "https://acme.io" */ f()', "javascript") == []


def test_python_docstring_is_marked_as_one():
    assert constants('"""https://acme.io"""\nx = "https://b.io"\n', "python") == [
        ("https://acme.io", "expression statement"),
        ("https://b.io", "x"),
    ]


def test_a_chain_of_thousands_of_calls_does_not_break_the_resolver():
    assert any(UNKNOWN in name for name in calls("a" + ".b()" * 3000, "javascript"))
