"""Home Assistant integrations, in the three layouts they come in."""

import json

import pytest

from governance.vocabulary import Capability

MANIFEST = {
    "domain": "acme_heat",
    "name": "Acme Heat",
    "version": "1.4.0",
    "documentation": "https://example.org/acme",
    "issue_tracker": "https://example.org/i",
    "codeowners": ["@acme"],
    "iot_class": "local_polling",
    "requirements": ["acmeheat==2.1.0"],
    "config_flow": True,
}


@pytest.fixture
def integration(read):
    def build(*, folder="custom_components/acme_heat/", hacs=None, **changes):
        manifest = {key: value for key, value in (MANIFEST | changes).items() if value is not None}
        files = {f"{folder}manifest.json": json.dumps(manifest, indent=1), f"{folder}__init__.py": ""}
        files |= {f"{folder}sensor.py": "", "README.md": "x"} | ({} if hacs is None else {"hacs.json": hacs})
        return read(files)

    return build


def rules(package):
    return [problem.rule for problem in package.problems]


def test_an_integration_gives_its_facts(integration):
    package = integration()

    assert (package.format, package.metadata.name, package.metadata.version) == (
        "home-assistant-integration",
        "acme_heat",
        "1.4.0",
    )
    assert package.metadata.contact == "https://example.org/i"
    assert package.entry_points == ("custom_components/acme_heat/__init__.py", "custom_components/acme_heat/sensor.py")
    assert [(one.ecosystem, one.name, one.pinned, one.line > 0) for one in package.dependencies] == [
        ("PyPI", "acmeheat", "2.1.0", True)
    ]
    assert package.problems == ()


def test_a_zip_of_the_folder_above_and_one_of_the_files_alone_are_read_too(read):
    text = json.dumps(MANIFEST)

    nested = read({"acme_heat/manifest.json": text, "acme_heat/__init__.py": ""})
    plain = read({"manifest.json": text, "__init__.py": "", "hacs.json": {"name": "A", "content_in_root": True}})

    assert (nested.format, nested.manifest_path) == ("home-assistant-integration", "acme_heat/manifest.json")
    assert (plain.manifest_path, plain.problems) == ("manifest.json", ())


@pytest.mark.parametrize(
    ("iot", "outbound", "local"),
    [
        ("cloud_polling", True, ""),
        ("cloud_push", True, ""),
        ("local_push", True, "iot_class local_push"),
        ("calculated", False, "iot_class calculated"),
        ("assumed_state", False, ""),
    ],
)
def test_iot_class_says_where_traffic_may_go(integration, iot, outbound, local):
    derived = integration(iot_class=iot).derived

    assert (Capability.NETWORK_OUTBOUND in derived.capabilities, derived.local_only) == (outbound, local)


def test_discovery_and_needed_integrations_are_said(integration):
    said = integration(zeroconf=["_acme._tcp.local."], dependencies=["mqtt"], after_dependencies=["http"]).derived.says

    assert "Is offered when a device is found by: zeroconf." in said
    assert "Needs the integrations: mqtt." in said


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"issue_tracker": None}, "hass-key-missing"),
        ({"codeowners": []}, "hass-key-missing"),
        ({"codeowners": ["acme"]}, "hass-codeowners"),
        ({"iot_class": "telepathy"}, "hass-iot-class"),
        ({"iot_class": None}, "hass-key-missing"),
        ({"homepage": "x"}, "hass-unknown-key"),
        ({"config_flow": "yes"}, "hass-key-type"),
        ({"integration_type": "thing"}, "hass-integration-type"),
        ({"documentation": "see readme"}, "hass-address"),
        ({"documentation": "https://www.home-assistant.io/integrations/x"}, "hass-address"),
        ({"domain": "other"}, "hass-domain-folder"),
        ({"hacs": {}}, "hacs-name-missing"),
        ({"hacs": {"name": "A", "contents_in_root": True}}, "hacs-unknown-key"),
        ({"hacs": {"name": "A", "zip_release": True}}, "hacs-filename-missing"),
        ({"hacs": {"name": "A", "content_in_root": True}}, "hacs-content-in-root"),
        ({"hacs": {"name": "A", "render_readme": "x"}}, "hacs-key-type"),
        ({"hacs": "{"}, "hacs-unreadable"),
        ({"domain": "mqtt", "folder": "custom_components/mqtt/"}, "hass-core-domain"),
        ({"domain": "Acme-Heat", "folder": "custom_components/Acme-Heat/"}, "hass-domain"),
    ],
)
def test_what_hassfest_or_hacs_refuse_is_a_problem(integration, changes, rule):
    assert rules(integration(**changes)) == [rule]


def test_a_requirement_that_cannot_be_read_is_a_problem(integration):
    assert rules(integration(requirements=["not a requirement!", 7])) == ["dependency-invalid"] * 2


def test_two_integrations_in_one_package_are_refused(refused):
    files = {f"custom_components/{name}/manifest.json": MANIFEST | {"domain": name} for name in ("a", "b")}

    assert refused(files)[0] == "duplicate-manifest"


@pytest.mark.parametrize("stated", [{"manifest_version": 3, "name": "x", "version": "1.0"}, {"name": "x"}, "{"])
def test_another_manifest_makes_no_integration(read, stated):
    assert read({"manifest.json": stated, "a.js": ""}, filename="acme-1.0.zip").format == "generic"
