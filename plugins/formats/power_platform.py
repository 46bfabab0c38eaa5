"""Power Platform custom connectors: `apiDefinition.swagger.json` with `apiProperties.json`, and perhaps `script.csx`.

Source: Microsoft's documentation of custom connectors and of the paconn command line tool; Swagger 2.0 specification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from packageurl import PackageURL

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.identity import loose_version
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.package import Derived, EgressHost, Metadata, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "power-platform-connector"
DEFINITION, PROPERTIES, SCRIPT = "apiDefinition.swagger.json", "apiProperties.json", "script.csx"
_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}
_HOST = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_SECRET_TYPES = {"securestring", "oauthsetting"}
_DYNAMIC_TEMPLATES = ("dynamichosturl", "dynamichost")
_ANY_HOST = EgressHost("*", purpose="a policy template lets the connection choose the host")


def detect(tree: Tree) -> Detection | None:
    """Either of the two files makes a package a connector."""
    path = next((path for path in (DEFINITION, PROPERTIES) if path in tree), None)
    return Detection(SPECIFIC, path) if path else None


def read(tree: Tree, _filename: str) -> Package:
    """Read a connector; raises PackageRefused."""
    if DEFINITION not in tree:
        raise PackageRefused("manifest-missing", f"The connector has no {DEFINITION}.")
    document = tree.json_object(DEFINITION)
    problems: list[Problem] = []
    properties = _properties(tree, problems)
    metadata = _metadata(document, properties)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", None, metadata.name, metadata.version).to_string(),
        files=tree.files,
        manifest_path=DEFINITION,
        entry_points=(SCRIPT,) if SCRIPT in tree else (),
        derived=_derived(document, properties, problems),
        problems=tuple(problems),
    )


def _properties(tree: Tree, problems: list[Problem]) -> dict[str, Any]:
    if PROPERTIES not in tree:
        problems.append(Problem("manifest-missing", f"The connector has no {PROPERTIES}.", PROPERTIES))
        return {}
    document = tree.json_object(PROPERTIES)
    properties = document.data.get("properties")
    if not isinstance(properties, dict):
        problems.append(Problem("manifest-wrong-type", f"{PROPERTIES} has no object properties.", PROPERTIES, 1))
        return {}
    if not clean(properties.get("iconBrandColor")):
        line = document.line("properties")
        problems.append(Problem("connector-brand-colour", "properties.iconBrandColor is missing.", PROPERTIES, line))
    return properties


def _metadata(document: Document, properties: dict[str, Any]) -> Metadata:
    info = _object(document.data.get("info"))
    contact = _object(info.get("contact"))
    title = clean(info.get("title"), 200)
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not name:
        raise PackageRefused("name-missing", f"{DEFINITION} has no info.title of which a name could be made.")
    if re.search(r"[<>/\\]|\.\.", title):
        raise PackageRefused("invalid-name", f"{DEFINITION} states a name that no package may have: {quote(title)}.")
    return Metadata(
        name=name[:200].strip("-"),
        version=loose_version(info.get("version"), DEFINITION),
        description=clean(info.get("description")),
        license=clean(_object(info.get("license")).get("name"), 200),
        author=clean(properties.get("publisher"), 200) or clean(contact.get("name"), 200),
        contact=clean(contact.get("email"), 300) or clean(contact.get("url"), 300),
        homepage=_website(document.data.get("x-ms-connector-metadata")),
    )


def _website(value: object) -> str:
    pairs = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    sites = (clean(item.get("propertyValue"), 500) for item in pairs if item.get("propertyName") == "Website")
    return next(sites, "")


def _derived(document: Document, properties: dict[str, Any], problems: list[Problem]) -> Derived:
    secrets = list(_secrets(properties))
    hosts = [*_swagger_hosts(document, problems), *_address_hosts(document.data.get("securityDefinitions"))]
    hosts += [
        *_address_hosts(properties.get("connectionParameters")),
        *_address_hosts(properties.get("connectionParameterSets")),
    ]
    hosts += _policy_hosts(properties.get("policyTemplateInstances"))
    capabilities = {Capability.NETWORK_OUTBOUND} | ({Capability.SECRETS_READ} if secrets else set())
    return Derived(frozenset(capabilities), tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(secrets)))


def _swagger_hosts(document: Document, problems: list[Problem]) -> Iterator[EgressHost]:
    data = document.data
    if data.get("swagger") != "2.0":
        line = document.line("swagger")
        problems.append(Problem("swagger-version", "The definition is not Swagger 2.0.", DEFINITION, line))
    match = _HOST.fullmatch(clean(data.get("host"), 300))
    if match is None:
        message = "The definition states no host, or one that is none."
        problems.append(Problem("swagger-host", message, DEFINITION, document.line("host")))
        return
    schemes = [scheme for scheme in _list(data.get("schemes")) if isinstance(scheme, str)] or ["https"]
    if any(scheme in {"http", "ws"} for scheme in schemes):
        message = "The definition allows unencrypted connections."
        problems.append(Problem("swagger-plain-http", message, DEFINITION, document.line("schemes")))
    base = clean(data.get("basePath"), 200)
    for scheme in schemes:
        port = int(match["port"] or _PORTS.get(scheme, 0))
        yield EgressHost(match["host"].lower(), port, f"the API itself, {scheme}, base path {base or '/'}")


def _secrets(properties: dict[str, Any]) -> Iterator[str]:
    """Name the connection parameters that hold secrets, those of every parameter set included."""
    groups = [_object(properties.get("connectionParameters"))]
    sets = _list(_object(properties.get("connectionParameterSets")).get("values"))
    groups += [_object(_object(one).get("parameters")) for one in sets]
    for group in groups:
        for name, parameter in group.items():
            if clean(_object(parameter).get("type")).lower() in _SECRET_TYPES:
                yield clean(name, 100)


def _address_hosts(value: object) -> Iterator[EgressHost]:
    """Give the host of every web address in a nested value (OAuth addresses); depth is limited by the loader."""
    if isinstance(value, str):
        if host := _address_host(value, "sign-in"):
            yield host
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _address_hosts(item)


def _address_host(address: str, purpose: str) -> EgressHost | None:
    if not address.lower().startswith(("https://", "http://")):
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not _HOST.fullmatch(host):
        return EgressHost("*", 0, f"{purpose}, at an address made at run time") if host else None
    return EgressHost(host, port or _PORTS[parts.scheme], purpose)


def _policy_hosts(value: object) -> Iterator[EgressHost]:
    """Policy templates can send requests elsewhere than to the stated host."""
    for policy in map(_object, _list(value)):
        template = clean(policy.get("templateId"), 100).lower()
        if template.startswith(_DYNAMIC_TEMPLATES):
            yield _ANY_HOST
        else:
            for host in _address_hosts(policy.get("parameters")):
                yield EgressHost(host.host, host.port, f"policy template {template}")


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


FORMAT = Format(NAME, detect, read)
