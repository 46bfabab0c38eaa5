"""What hassfest and HACS ask of a custom integration's `manifest.json` and `hacs.json`.

Sources: `script/hassfest/manifest.py` of Home Assistant's core and `utils/validate.py` of HACS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.documents import quote
from plugins.formats.values import is_address
from plugins.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.documents import Document
    from plugins.formats.tree import Tree

HACS = "hacs.json"
IOT_CLASSES = ("assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push")
_INTEGRATION_TYPES = ("device", "entity", "hardware", "helper", "hub", "service", "system", "virtual")
_REQUIRED: dict[str, type] = {
    **dict.fromkeys(("documentation", "domain", "issue_tracker", "name", "version", "iot_class"), str),
    "codeowners": list,
}
_OPTIONAL: dict[str, type] = {
    **dict.fromkeys(("integration_type", "quality_scale", "disabled"), str),
    **dict.fromkeys(("after_dependencies", "dependencies", "loggers", "requirements"), list),
    **dict.fromkeys(("bluetooth", "dhcp", "mqtt", "ssdp", "usb", "zeroconf"), list),
    **dict.fromkeys(("config_flow", "import_executor", "single_config_entry"), bool),
    "homekit": dict,
}
_VIRTUAL = frozenset({"iot_standards", "supported_by"})
_DOMAIN = re.compile(r"[a-z0-9_]+")
_OWN_DOCUMENTATION = "https://www.home-assistant.io/integrations"
_CORE = frozenset(
    {
        "air_quality", "alarm_control_panel", "automation", "binary_sensor", "bluetooth", "button", "calendar",
        "camera", "climate", "cloud", "conversation", "cover", "date", "datetime", "dhcp", "esphome", "event", "fan",
        "geo_location", "group", "homeassistant", "homekit", "http", "hue", "humidifier", "image", "input_boolean",
        "input_button", "input_number", "input_select", "input_text", "lawn_mower", "light", "lock", "matter",
        "media_player", "met", "mqtt", "notify", "number", "person", "recorder", "remote", "rest", "scene", "script",
        "select", "sensor", "siren", "ssdp", "stt", "sun", "switch", "tag", "text", "time", "todo", "tts", "update",
        "usb", "vacuum", "valve", "wake_word", "water_heater", "weather", "zeroconf", "zha", "zone", "zwave_js",
    }
)  # fmt: skip
"""The platform's building blocks and its most used integrations; a custom one of that name replaces them."""
_HACS_KEYS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("content_in_root", "hide_default_branch", "render_readme", "zip_release"), bool),
    **dict.fromkeys(("filename", "hacs", "homeassistant", "name", "persistent_directory"), str),
    "country": (str, list),
}
_MAX_UNKNOWN = 20


def manifest_problems(document: Document, folder: str) -> Iterator[Problem]:
    """Judge a manifest; `folder` is where the integration lies, empty where nobody can tell its folder's name."""
    data = document.data
    for key, kind in _REQUIRED.items():
        if not isinstance(data.get(key), kind) or not data[key]:
            yield _problem(document, "hass-key-missing", f"The manifest states no {key}, or not as it should.", key)
    for key, kind in _OPTIONAL.items():
        if key in data and not isinstance(data[key], kind):
            yield _problem(document, "hass-key-type", f"{key} is not of the type Home Assistant takes.", key)
    for key in sorted(data.keys() - _REQUIRED.keys() - _OPTIONAL.keys() - _VIRTUAL)[:_MAX_UNKNOWN]:
        yield _problem(document, "hass-unknown-key", f"Home Assistant refuses the key {quote(key)}.", key)
    yield from _values(document)
    yield from _domain(document, folder)


def _values(document: Document) -> Iterator[Problem]:
    data = document.data
    if data.get("iot_class") and data["iot_class"] not in IOT_CLASSES:
        message = f"iot_class {quote(data['iot_class'])} is none of {', '.join(IOT_CLASSES)}."
        yield _problem(document, "hass-iot-class", message, "iot_class")
    if "integration_type" in data and data["integration_type"] not in _INTEGRATION_TYPES:
        message = f"integration_type {quote(data['integration_type'])} is none that Home Assistant knows."
        yield _problem(document, "hass-integration-type", message, "integration_type")
    for key in ("documentation", "issue_tracker"):
        if data.get(key) and not is_address(data[key]):
            yield _problem(document, "hass-address", f"{key} is no web address.", key)
    if is_address(data.get("documentation")) and data["documentation"].startswith(_OWN_DOCUMENTATION):
        message = "documentation is a page of Home Assistant itself, not of this integration."
        yield _problem(document, "hass-address", message, "documentation")
    owners = data.get("codeowners")
    if isinstance(owners, list) and not all(isinstance(one, str) and one.startswith("@") for one in owners):
        yield _problem(document, "hass-codeowners", "codeowners are not all written as @name.", "codeowners")


def _domain(document: Document, folder: str) -> Iterator[Problem]:
    domain = document.data.get("domain")
    if not isinstance(domain, str):
        return
    if not _DOMAIN.fullmatch(domain):
        yield _problem(
            document, "hass-domain", "The domain is not made of small letters, digits and _ alone.", "domain"
        )
    if folder and folder.rstrip("/").rpartition("/")[2] != domain:
        message = f"The domain is not the name of its folder, {quote(folder)}."
        yield _problem(document, "hass-domain-folder", message, "domain")
    if domain in _CORE:
        message = f"The domain {quote(domain)} replaces an integration of Home Assistant itself."
        yield _problem(document, "hass-core-domain", message, "domain")


def hacs_problems(tree: Tree, document: Document | None, *, at_root: bool) -> Iterator[Problem]:
    """Judge `hacs.json`, if there is one."""
    if document is None:
        if HACS in tree:
            yield Problem("hacs-unreadable", "hacs.json is no JSON object that can be read.", HACS)
        return
    data = document.data
    if not isinstance(data.get("name"), str) or not data["name"]:
        yield _problem(document, "hacs-name-missing", "hacs.json states no name.", "name")
    for key in sorted(data)[:100]:
        if key not in _HACS_KEYS:
            yield _problem(document, "hacs-unknown-key", f"HACS refuses the key {quote(key)}.", key)
        elif not isinstance(data[key], _HACS_KEYS[key]):
            yield _problem(document, "hacs-key-type", f"{key} is not of the type HACS takes.", key)
    if data.get("zip_release") is True and not data.get("filename"):
        yield _problem(document, "hacs-filename-missing", "zip_release needs a filename.", "zip_release")
    if data.get("content_in_root") is True and not at_root:
        message = "content_in_root is set, but the integration does not lie at the root."
        yield _problem(document, "hacs-content-in-root", message, "content_in_root")
    if at_root and not data.get("content_in_root") and not data.get("zip_release"):
        message = "The integration lies at the root, but neither content_in_root nor zip_release is set."
        yield _problem(document, "hacs-content-in-root", message, "name")


def _problem(document: Document, rule: str, message: str, key: str) -> Problem:
    return Problem(rule, message, document.path, document.line(key) or 1)
