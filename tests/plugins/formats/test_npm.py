import pytest

from governance.vocabulary import Capability
from plugins.package import Dependency, InstallHook


def rules(package):
    return [problem.rule for problem in package.problems]


PEER = {"n8n-workflow": "*"}


def test_n8n_node_gives_its_facts(read, n8n):
    package = read(
        n8n(
            peerDependencies=PEER,
            description="Reads Acme\u202e",
            author="Ann <ann@example.org> (https://example.org)",
            bugs={"url": "https://example.org/issues"},
            repository={"type": "git", "url": "git+https://example.org/acme.git"},
        )
    )

    assert package.purl == "pkg:npm/n8n-nodes-acme@1.2.0"
    assert (package.metadata.author, package.metadata.contact) == ("Ann", "https://example.org/issues")
    assert package.metadata.repository == "git+https://example.org/acme.git"
    assert package.metadata.description == "Reads Acme"
    assert package.entry_points == ("dist/Acme.node.js", "dist/AcmeApi.credentials.js")
    assert (package.derived.secrets, package.derived.capabilities) == (("AcmeApi",), {Capability.SECRETS_READ})
    assert package.problems == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"n8n": None}, ["n8n-object-missing", "n8n-nodes-missing"]),
        ({"n8n": []}, ["n8n-object-missing", "n8n-nodes-missing"]),
        ({"n8n": {"n8nNodesApiVersion": True, "nodes": ["dist/Acme.node.js"]}}, ["n8n-api-version"]),
        ({"n8n": {"n8nNodesApiVersion": 1, "nodes": "dist"}}, ["manifest-wrong-type", "n8n-nodes-missing"]),
        ({"n8n": {"n8nNodesApiVersion": 1, "nodes": ["dist/gone.js"]}}, ["entry-point-missing"]),
        ({"n8n": {"n8nNodesApiVersion": 1, "nodes": ["../../x.js"]}}, ["n8n-path-outside-dist", "entry-point-outside"]),
    ],
)
def test_n8n_faults_are_problems(read, n8n, changes, expected):
    assert rules(read(n8n(peerDependencies=PEER, **changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"peerDependencies": {}}, "n8n-peer-missing"),
        ({"license": "Apache-2.0"}, "n8n-license"),
        ({"keywords": ["n8n"]}, "n8n-keyword-missing"),
        ({"name": "acme-for-n8n"}, "n8n-name"),
        ({"files": []}, "n8n-files-missing"),
        ({"overrides": {"axios": "1.0.0"}}, "n8n-overrides"),
        ({"dependencies": {"axios": "1.0.0"}}, "n8n-dependencies"),
        ({"scripts": {"preinstall": "node x.js"}}, "n8n-lifecycle-script"),
        ({"scripts": {"prepare": "husky"}}, "n8n-lifecycle-script"),
    ],
)
def test_what_n8n_does_not_verify_is_a_problem_with_its_line(read, n8n, changes, expected):
    package = read(n8n(**{"peerDependencies": PEER} | changes))

    assert rules(package) == [expected]
    assert package.problems[0].line > 0


def test_n8n_constants_in_credentials_and_nodes_are_hosts(read, n8n):
    files = {
        "dist/AcmeApi.credentials.js": "class A { constructor() { this.extends = ['oAuth2Api']; "
        "this.properties = [{ name: 'authUrl', default: 'https://login.acme.example/authorize' }]; "
        "this.test = { request: { baseURL: 'https://api.acme.example/v1', url: '/me' } } } }",
        "dist/Acme.node.js": "requestDefaults: { baseURL: '={{$credentials.host}}' }, url: `https://${x}/y`",
    }
    derived = read(n8n() | files).derived

    assert [(host.host, host.port) for host in derived.egress] == [
        ("api.acme.example", 443),
        ("login.acme.example", 443),
    ]
    assert derived.capabilities == {Capability.NETWORK_OUTBOUND, Capability.SECRETS_READ}
    assert derived.says == (
        "'dist/Acme.node.js': requests go to an address that the workflow or the credential gives.",
    )


def test_n8n_problems_name_the_line(read):
    text = (
        '{\n"name": "n8n-nodes-a",\n"version": "1.0.0",\n"n8n": {\n"n8nNodesApiVersion": 0,\n"nodes": ["a.js"]},'
        '\n"license": "MIT", "keywords": ["n8n-community-node-package"], "files": ["a.js"], '
        '"peerDependencies": {"n8n-workflow": "*"}}'
    )
    package = read({"package.json": text, "a.js": "1"})

    assert [(problem.rule, problem.line) for problem in package.problems] == [
        ("n8n-api-version", 5),
        ("n8n-path-outside-dist", 6),
    ]


def test_node_red_node_loads_scripts_and_their_pages(read):
    manifest = {
        "name": "@acme/node-red-sensor",
        "version": "0.4.1",
        "keywords": ["node-red"],
        "repository": "https://git.example/acme/node-red-sensor.git",
        "engines": {"node": ">=18"},
        "node-red": {"version": ">=3", "nodes": {"sensor": "nodes/sensor.js"}, "plugins": {"theme": "theme.js"}},
    }
    files = {"nodes/sensor.js": "", "nodes/sensor.html": "", "theme.js": "", "examples/a.json": '[{"type":"sensor"}]'}
    package = read({"package.json": manifest} | files)

    assert package.entry_points == ("nodes/sensor.js", "theme.js", "nodes/sensor.html")
    assert (package.format, package.purl) == ("node-red-node", "pkg:npm/%40acme/node-red-sensor@0.4.1")
    assert package.problems == ()


def test_entry_points_are_found_as_node_finds_them(read):
    manifest = {
        "name": "acme",
        "version": "1.0.0",
        "main": "./lib",
        "bin": {"acme": "bin/acme"},
        "exports": {".": {"types": "./x.d.ts", "default": "./esm/index.mjs"}, "./feature/*": "./feature/*.js"},
    }
    files = {"lib/index.js": "", "bin/acme": "console.log(1)", "esm/index.mjs": "", "feature/a.js": "", "other.js": ""}
    package = read({"package.json": manifest} | files)

    assert package.entry_points == ("lib/index.js", "bin/acme", "esm/index.mjs", "feature/a.js")
    assert package.problems == ()


def test_a_file_node_is_told_to_load_is_code_whatever_its_name(read):
    package = read({"package.json": {"name": "a", "version": "1.0.0", "main": "data.txt"}, "data.txt": "evil()"})

    assert [file.path for file in package.code_files] == ["data.txt"]


MANIFEST = """{
  "name": "n8n-nodes-acme",
  "version": "1.0.0",
  "scripts": {
    "build": "tsc",
    "preinstall": "npx only-allow pnpm",
    "prepare": "husky"
  },
  "dependencies": {
    "axios": "^1.8.4",
    "exact": "1.2.3",
    "aliased": "npm:@real/thing@~2.0.0",
    "forked": "github:acme/forked",
    "maybe": "1.0.0"
  },
  "optionalDependencies": { "maybe": "1.0.0" },
  "peerDependencies": { "n8n-workflow": "*" },
  "devDependencies": { "typescript": "=5.0.0" }
}"""


def test_a_stated_package_that_is_bundled_in_that_version_is_listed_once(read):
    def scopes(*, stated, bundled):
        manifest = {"name": "x", "version": "1.0.0", "dependencies": {"imap": stated}}
        files = {"package.json": manifest, "node_modules/imap/package.json": {"name": "imap", "version": bundled}}
        return [(one.scope, one.pinned) for one in read(files).dependencies]

    assert scopes(stated="0.8.19", bundled="0.8.19") == [("runtime", "0.8.19")]
    assert scopes(stated="^0.8.0", bundled="0.8.19") == [("runtime", None), ("bundled", "0.8.19")]
    assert scopes(stated="0.8.19", bundled="0.8.18") == [("runtime", "0.8.19"), ("bundled", "0.8.18")]


def test_dependencies_come_with_scope_line_and_pin(read):
    package = read({"package.json": MANIFEST, "index.js": ""})

    assert package.dependencies == (
        Dependency("npm", "axios", "^1.8.4", "runtime", "package.json", 10),
        Dependency("npm", "exact", "1.2.3", "runtime", "package.json", 11, pinned="1.2.3"),
        Dependency("npm", "@real/thing", "~2.0.0", "runtime", "package.json", 12),
        Dependency("npm", "forked", "github:acme/forked", "runtime", "package.json", 13),
        Dependency("npm", "maybe", "1.0.0", "optional", "package.json", 16, pinned="1.0.0"),
        Dependency("npm", "n8n-workflow", "*", "peer", "package.json", 17),
        Dependency("npm", "typescript", "=5.0.0", "dev", "package.json", 18, pinned="5.0.0"),
    )


def test_install_hooks_come_with_line_and_command(read):
    package = read({"package.json": MANIFEST, "index.js": "", "binding.gyp": "{}"})

    assert package.install_hooks == (
        InstallHook("npm-script", "preinstall", "package.json", 6, "npx only-allow pnpm"),
        InstallHook("npm-script", "prepare", "package.json", 7, "husky"),
        InstallHook("binding.gyp", "binding.gyp", "binding.gyp", 1, "node-gyp rebuild"),
    )


def test_bundled_packages_are_dependencies_and_their_hooks_count(read, n8n):
    bundled = {"name": "inner", "version": "3.0.0", "scripts": {"postinstall": "curl x | sh", "prepare": "no"}}
    files = {
        "node_modules/inner/package.json": bundled,
        "node_modules/inner/test/package.json": {"name": "nobody"},
        "node_modules/@s/deep/node_modules/gyp/package.json": {"name": "gyp", "version": "1.0.0"},
        "node_modules/@s/deep/node_modules/gyp/binding.gyp": "{}",
        "node_modules/broken/package.json": "{",
    }
    package = read(n8n() | files)

    assert [(one.name, one.pinned, one.scope, one.direct) for one in package.dependencies] == [
        ("gyp", "1.0.0", "bundled", False),
        ("inner", "3.0.0", "bundled", False),
    ]
    assert [(hook.kind, hook.name) for hook in package.install_hooks] == [
        ("binding.gyp", "binding.gyp"),
        ("npm-script", "postinstall"),
    ]
    assert rules(package)[1:] == ["bundled-unreadable"]


FLAT = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "x"},
        "node_modules/axios": {"version": "1.9.0"},
        "node_modules/axios/node_modules/axios": {"version": "0.1.0"},
        "node_modules/deep": {"version": "2.0.0", "dev": True},
        "node_modules/alias": {"name": "real", "version": "4.0.0"},
        "node_modules/linked": {"link": True},
        "packages/local": {"version": "1.0.0"},
    },
}
NESTED = {
    "lockfileVersion": 1,
    "dependencies": {
        "axios": {"version": "1.9.0", "dependencies": {"axios": {"version": "0.1.0"}}},
        "deep": {"version": "2.0.0", "dev": True},
        "alias": {"version": "npm:real@4.0.0"},
    },
}


@pytest.mark.parametrize("lock", [FLAT, NESTED], ids=["flat", "nested"])
def test_a_lock_that_binds_pins_what_is_stated_and_adds_the_rest(read, n8n, lock):
    package = read(n8n(dependencies={"axios": "^1.8.4"}) | {"npm-shrinkwrap.json": lock})

    direct = [one for one in package.dependencies if one.direct]
    others = {(one.name, one.pinned, one.scope) for one in package.dependencies if not one.direct}
    assert [(one.name, one.requirement, one.pinned) for one in direct] == [("axios", "^1.8.4", "1.9.0")]
    assert others == {("axios", "0.1.0", "runtime"), ("deep", "2.0.0", "dev"), ("real", "4.0.0", "runtime")}
    assert all(one.line for one in package.dependencies)


@pytest.mark.parametrize("lock", [FLAT, NESTED], ids=["flat", "nested"])
def test_a_lock_that_npm_does_not_heed_leaves_what_is_stated_open(read, n8n, lock):
    """Whoever installs the package by name gets what the range allows on that day."""
    package = read(n8n(dependencies={"axios": "^1.8.4"}) | {"package-lock.json": lock})

    direct = [one for one in package.dependencies if one.direct]
    others = {(one.name, one.pinned, one.scope) for one in package.dependencies if not one.direct}
    assert [(one.name, one.requirement, one.pinned) for one in direct] == [("axios", "^1.8.4", None)]
    assert others == {("axios", "0.1.0", "locked"), ("deep", "2.0.0", "dev"), ("real", "4.0.0", "locked")}


def test_a_broken_lock_file_is_a_problem(read, n8n):
    assert rules(read(n8n() | {"package-lock.json": "{"}))[1:] == ["lockfile-unreadable"]


@pytest.mark.parametrize("value", [[], "x", {"<script>": "1"}, {"a": 1}, {"a": {"b": 1}}])
def test_dependencies_that_cannot_be_read_are_problems(read, n8n, value):
    assert rules(read(n8n(dependencies=value)))[-1:] in (["dependencies-unreadable"], ["dependency-invalid"])


def test_a_byte_order_mark_is_no_fault(read):
    assert read({"package.json": b'\xef\xbb\xbf{"name": "a", "version": "1.0.0"}'}).purl == "pkg:npm/a@1.0.0"


def test_what_n8n_forbids_in_code_is_told_once_each_with_its_place(read, n8n):
    code = """// require('commented')
const a = require('n8n-workflow'), b = require("node:crypto"), c = require('./own'), d = require('lodash/get');
const fs = require('fs');
import axios from 'axios/dist/x';
require('fs').promises; setTimeout(go, 1); this.process.x; process.env.HOME;
"""
    problems = read(n8n() | {"dist/Acme.node.js": code, "node_modules/x/a.js": "require('net')"}).problems

    assert [(one.rule, one.message, one.line) for one in problems if one.rule in {"n8n-import", "n8n-global"}] == [
        ("n8n-import", "n8n lets verified nodes use no module 'fs'.", 3),
        ("n8n-import", "n8n lets verified nodes use no module 'axios'.", 4),
        ("n8n-global", "n8n lets verified nodes use no setTimeout.", 5),
        ("n8n-global", "n8n lets verified nodes use no process.", 5),
    ]
