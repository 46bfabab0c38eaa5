"""Power Platform custom connectors: `apiDefinition.swagger.json` with `apiProperties.json`, and perhaps `script.csx`.

Source: Microsoft's documentation of custom connectors and of the paconn command line tool; Swagger 2.0 specification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.identity import loose_version
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import PORTS, address_hosts, as_list, as_object, listed, texts
from plugins.package import Derived, EgressHost, Metadata, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "power-platform-connector"
DEFINITION, PROPERTIES, SCRIPT = "apiDefinition.swagger.json", "apiProperties.json", "script.csx"
_HOST = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_SECRET_TYPES = {"securestring", "oauthsetting"}
_DYNAMIC_TEMPLATES = ("dynamichosturl", "dynamichost")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_DEFAULT_COLOURS = ("#007ee5", "#ffffff")
_SHORTEST, _LONGEST = 30, 500
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
        problems=(*problems, *_contract(document)),
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
    colour = clean(properties.get("iconBrandColor"))
    line = document.line("properties", "iconBrandColor") or document.line("properties")
    if not colour:
        problems.append(Problem("connector-brand-colour", "properties.iconBrandColor is missing.", PROPERTIES, line))
    elif colour.lower() in _DEFAULT_COLOURS or not _COLOUR.fullmatch(colour):
        message = "properties.iconBrandColor is no colour of its own: #rrggbb, neither #007ee5 nor #ffffff."
        problems.append(Problem("connector-brand-colour", message, PROPERTIES, line))
    if SCRIPT in tree and not as_list(properties.get("scriptOperations")):
        message = f"scriptOperations is empty, so that {SCRIPT} runs on every operation."
        problems.append(Problem("connector-script-everywhere", message, PROPERTIES, line))
    return properties


def _contract(document: Document) -> Iterator[Problem]:
    """What certification asks of the definition's own words."""
    info = as_object(document.data.get("info"))
    title, text = clean(info.get("title"), 200), clean(info.get("description"))
    if re.search(r"\b(?:api|connector)\b", title, re.IGNORECASE):
        message = "The title says API or Connector, which the platform adds itself."
        yield Problem("connector-title", message, DEFINITION, document.line("info", "title"))
    if not _SHORTEST <= len(text) <= _LONGEST:
        message = f"The description has {len(text)} characters; {_SHORTEST} to {_LONGEST} are asked for."
        line = document.line("info", "description") or document.line("info")
        yield Problem("connector-description", message, DEFINITION, line)
    contact = as_object(info.get("contact"))
    if not any(clean(contact.get(key)) for key in ("email", "url")):
        yield Problem("connector-contact", "info.contact names no address.", DEFINITION, document.line("info"))
    stated = {
        clean(item.get("propertyName"))
        for item in map(as_object, as_list(document.data.get("x-ms-connector-metadata")))
        if clean(item.get("propertyValue"))
    }
    if missing := [name for name in ("Website", "Privacy policy", "Categories") if name not in stated]:
        message = f"x-ms-connector-metadata does not state: {', '.join(missing)}."
        line = document.line("x-ms-connector-metadata") or 1
        yield Problem("connector-metadata", message, DEFINITION, line)


def _metadata(document: Document, properties: dict[str, Any]) -> Metadata:
    info = as_object(document.data.get("info"))
    contact = as_object(info.get("contact"))
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
        license=clean(as_object(info.get("license")).get("name"), 200),
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
    hosts = [*_swagger_hosts(document, problems), *address_hosts(document.data.get("securityDefinitions"), "sign-in")]
    hosts += [
        *address_hosts(properties.get("connectionParameters"), "sign-in"),
        *address_hosts(properties.get("connectionParameterSets"), "sign-in"),
    ]
    hosts += _policy_hosts(properties.get("policyTemplateInstances"))
    capabilities = {Capability.NETWORK_OUTBOUND} | ({Capability.SECRETS_READ} if secrets else set())
    says = tuple(_says(document, properties))
    return Derived(frozenset(capabilities), tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(secrets)), says)


def _says(document: Document, properties: dict[str, Any]) -> Iterator[str]:
    if definitions := as_object(document.data.get("securityDefinitions")):
        kinds = texts([as_object(one).get("type") for one in definitions.values()], 40)
        yield f"Signs in by: {listed(kinds) or 'a kind it does not name'}."
    if capabilities := texts(properties.get("capabilities"), 60):
        yield f"Offers: {listed(capabilities)}."
    policies = map(as_object, as_list(properties.get("policyTemplateInstances")))
    if templates := texts([policy.get("templateId") for policy in policies], 60):
        yield f"Requests are changed by policy templates: {listed(templates)}."


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
    schemes = [scheme for scheme in as_list(data.get("schemes")) if isinstance(scheme, str)] or ["https"]
    if any(scheme in {"http", "ws"} for scheme in schemes):
        message = "The definition allows unencrypted connections."
        problems.append(Problem("swagger-plain-http", message, DEFINITION, document.line("schemes")))
    base = clean(data.get("basePath"), 200)
    for scheme in schemes:
        port = int(match["port"] or PORTS.get(scheme, 0))
        yield EgressHost(match["host"].lower(), port, f"the API itself, {scheme}, base path {base or '/'}")


def _secrets(properties: dict[str, Any]) -> Iterator[str]:
    """Name the connection parameters that hold secrets, those of every parameter set included."""
    groups = [as_object(properties.get("connectionParameters"))]
    sets = as_list(as_object(properties.get("connectionParameterSets")).get("values"))
    groups += [as_object(as_object(one).get("parameters")) for one in sets]
    for group in groups:
        for name, parameter in group.items():
            if clean(as_object(parameter).get("type")).lower() in _SECRET_TYPES:
                yield clean(name, 100)


def _policy_hosts(value: object) -> Iterator[EgressHost]:
    """Policy templates can send requests elsewhere than to the stated host."""
    for policy in map(as_object, as_list(value)):
        template = clean(policy.get("templateId"), 100).lower()
        if template.startswith(_DYNAMIC_TEMPLATES):
            yield _ANY_HOST
        else:
            for host in address_hosts(policy.get("parameters"), ""):
                yield EgressHost(host.host, host.port, f"policy template {template}")


FORMAT = Format(
    name=NAME,
    label="Power Platform connector",
    recognised_by="`apiDefinition.swagger.json` or `apiProperties.json`",
    derives="host, base path, sign-in addresses and policy templates as hosts; secure parameters as secrets",
    detect=detect,
    read=read,
)
