"""Node-RED's scorecard, as far as the package alone answers it."""

import json

import pytest

from governance.vocabulary import Capability

SOUND = {
    "name": "@acme/node-red-sensor",
    "version": "0.4.1",
    "license": "Apache-2.0",
    "keywords": ["node-red"],
    "repository": {"url": "git+https://git.example/acme/node-red-sensor.git"},
    "engines": {"node": ">=18"},
    "node-red": {"version": ">=3.0.0", "nodes": {"sensor": "nodes/sensor.js"}},
}
FILES = {
    "nodes/sensor.js": "module.exports = RED => RED.nodes.registerType('sensor', Sensor)",
    "nodes/sensor.html": "",
    "examples/one.json": '[{"type": "sensor"}]',
}


def problems(read, manifest=SOUND, files=FILES):
    text = json.dumps(manifest, indent=1)
    return {problem.rule: problem.line for problem in read({"package.json": text} | files).problems}


def test_a_node_after_the_rules_has_no_problem(read):
    assert problems(read) == {}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"repository": "https://git.example/acme/other"}, "node-red-repository-name"),
        ({"repository": None}, "node-red-repository-missing"),
        ({"name": "sensor-of-acme", "repository": "https://git.example/sensor-of-acme"}, "node-red-name"),
        ({"keywords": []}, "node-red-keyword-missing"),
        ({"engines": {}}, "node-red-engines-missing"),
        ({"dependencies": {f"d{n}": "1.0.0" for n in range(7)}}, "node-red-many-dependencies"),
        ({"node-red": {"nodes": SOUND["node-red"]["nodes"]}}, "node-red-version-missing"),
        ({"node-red": SOUND["node-red"] | {"notyetnodes": {}}}, "node-red-unknown-key"),
        ({"node-red": {"version": "1", "nodes": {"other": "nodes/sensor.js"}}}, "node-red-example-missing"),
    ],
)
def test_what_the_scorecard_misses_is_a_problem_with_its_line(read, changes, rule):
    found = problems(read, SOUND | changes)

    assert list(found) == [rule]
    assert found[rule] > 0


def test_a_type_registered_twice_and_a_node_without_page_are_problems(read):
    manifest = SOUND | {"node-red": {"version": "3", "nodes": {"sensor": "nodes/sensor.js", "twin": "nodes/twin.js"}}}
    files = FILES | {"nodes/twin.js": "RED.nodes.registerType('sensor', T)", "examples/two.json": '{"type":"twin"}'}

    found = problems(read, manifest, files | {"examples/one.json": '[{"type":"sensor"},{"type":"twin"},"twin"]'})

    assert set(found) == {"node-red-type-twice", "node-red-page-missing"}


def test_passwords_are_secrets_and_http_endpoints_are_listening(read):
    code = (
        "RED.nodes.registerType('sensor', S, { credentials: { user: {type: 'text'}, 'pin': {type: \"password\"} } });"
        "RED.httpAdmin.get('/x', f)"
    )
    derived = read({"package.json": SOUND} | FILES | {"nodes/sensor.js": code}).derived

    assert derived.secrets == ("pin",)
    assert derived.capabilities == {Capability.SECRETS_READ, Capability.NETWORK_LISTEN}


@pytest.mark.parametrize(
    ("asked", "bad"),
    [("^4.3.0", True), ("*", True), (">=5 <7", True), ("^6.0.0", False), ("7.1.0", False), ("git+x", False)],
)
def test_a_package_that_breaks_node_red_is_named(read, asked, bad):
    manifest = {"name": "node-red-contrib-a", "version": "1.0.0", "node-red": {"nodes": {}}}

    problems = read({"a.js": "1", "package.json": manifest | {"dependencies": {"agent-base": asked}}}).problems

    assert any(one.rule == "node-red-bad-package" for one in problems) is bad
