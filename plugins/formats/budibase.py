"""Budibase plugins: `schema.json` of a component, a datasource or an automation step, beside `package.json`.

Source: the validators that Budibase runs on an upload (`validateComponent`, `validateDatasource`,
`validateAutomation` of its backend-core) and its documentation of custom plugins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.npm import MANIFEST, read_npm_package
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import address_hosts, as_object, unique_hosts
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Package

NAME = "budibase-plugin"
SCHEMA = "schema.json"
_CODE = ("plugin.min.js", "dist/plugin.min.js")
_TYPES = ("component", "datasource", "automation")
_REQUIRED = {
    "component": {"name": str, "settings": list},
    "datasource": {"friendlyName": str, "description": str, "datasource": dict, "query": dict},
    "automation": {
        **dict.fromkeys(("name", "tagline", "icon", "description", "type", "stepId"), str),
        "schema": dict,
    },
}
_WORDS = {str: "text", list: "list", dict: "object"}
_SOURCES = ("Relational", "Non-relational", "Spreadsheet", "Object store", "Graph", "API")
_TOP_KEYS = frozenset({"type", "metadata", "hash", "version", "schema"})
_STEP_TYPES = ("ACTION", "LOGIC")
_BUILT_IN_STEPS = frozenset(
    {
        "BASH", "COLLECT", "CREATE_ROW", "DELAY", "DELETE_ROW", "EXECUTE_BASH", "EXECUTE_QUERY", "EXECUTE_SCRIPT",
        "EXECUTE_SCRIPT_V2", "FILTER", "LOOP", "OUTGOING_WEBHOOK", "OPENAI", "PROMPT_LLM", "QUERY_ROWS", "SEND_EMAIL",
        "SEND_EMAIL_SMTP", "SERVER_LOG", "TRIGGER_AUTOMATION_RUN", "UPDATE_ROW", "API_REQUEST", "BRANCH",
        "EXTRACT_FILE_DATA", "CLASSIFY_CONTENT", "discord", "slack", "zapier", "integromat", "n8n",
    }
)  # fmt: skip
_SAYS = {
    "component": "Runs in the browser of every user of an app that holds it.",
    "datasource": "Runs in Budibase's server and talks to the data source its fields name.",
    "automation": "Runs in Budibase's server as a step of automations.",
}


def detect(tree: Tree) -> Detection | None:
    """A `schema.json` whose type is one of three and that holds a schema."""
    document = tree.json_object_or_none(SCHEMA)
    if document is None or document.data.get("type") not in _TYPES:
        return None
    return Detection(SPECIFIC, SCHEMA) if isinstance(document.data.get("schema"), dict) else None


def read(tree: Tree, _filename: str) -> Package:
    """Read a plugin; raises PackageRefused."""
    document = tree.json_object(SCHEMA)
    if MANIFEST not in tree:
        raise PackageRefused("manifest-missing", f"The plugin has no {MANIFEST} beside its {SCHEMA}.")
    code = next((path for path in _CODE if path in tree), _CODE[0])
    return read_npm_package(
        tree,
        format_name=NAME,
        entry_points=(code,),
        needs_code=True,
        problems=(*_contract(document), *_version(tree, document)),
        derived=_derived(document),
    )


def _contract(document: Document) -> Iterator[Problem]:
    kind, schema = document.data["type"], document.data["schema"]
    if not isinstance(document.data.get("metadata"), dict):
        yield _problem(document, "budibase-metadata", "metadata is no object.", "metadata")
    for key in sorted(document.data.keys() - _TOP_KEYS)[:20]:
        yield _problem(document, "budibase-unknown-key", f"Budibase refuses the key {quote(key)}.", key)
    for key, wanted in _REQUIRED[kind].items():
        if not isinstance(schema.get(key), wanted) or schema[key] == "":
            message = f"schema.{key} is missing or no {_WORDS[wanted]}, which a {kind} needs."
            yield _problem(document, f"budibase-{kind}-field", message, "schema", key)
    if kind == "datasource":
        yield from _datasource(document, schema)
    elif kind == "automation":
        yield from _automation(document, schema)
    elif not isinstance(as_object(document.data.get("metadata")).get("svelteMajor"), int):
        message = "metadata.svelteMajor does not say for which Svelte it was built."
        yield _problem(document, "budibase-svelte", message, "metadata")


def _datasource(document: Document, schema: dict[str, Any]) -> Iterator[Problem]:
    if schema.get("type") not in _SOURCES:
        message = f"schema.type {quote(schema.get('type'))} is none of Budibase's kinds of data sources."
        yield _problem(document, "budibase-datasource-type", message, "schema", "type")
    for name, field in as_object(schema.get("datasource")).items():
        stated = as_object(field)
        if not isinstance(stated.get("type"), str) or not isinstance(stated.get("required"), bool):
            message = f"The field {quote(name)} does not state type and required."
            yield _problem(document, "budibase-datasource-field", message, "schema", "datasource", name)
        if stated.get("type") == "password" and stated.get("default"):
            message = f"The password {quote(name)} has a default, which is no secret."
            yield _problem(document, "budibase-password-default", message, "schema", "datasource", name)
    for name, query in as_object(schema.get("query")).items():
        if not isinstance(query, dict) or not isinstance(query.get("type"), str):
            message = f"The query {quote(name)} states no type."
            yield _problem(document, "budibase-query", message, "schema", "query", name)


def _automation(document: Document, schema: dict[str, Any]) -> Iterator[Problem]:
    if schema.get("type") not in _STEP_TYPES:
        yield _problem(document, "budibase-step-type", "schema.type is neither ACTION nor LOGIC.", "schema", "type")
    if schema.get("stepId") in _BUILT_IN_STEPS:
        message = f"The stepId {quote(schema.get('stepId'))} is one of Budibase's own."
        yield _problem(document, "budibase-step-id", message, "schema", "stepId")
    for side in ("inputs", "outputs"):
        if not isinstance(as_object(schema.get("schema")).get(side), dict):
            yield _problem(document, "budibase-step-schema", f"schema.schema.{side} is no object.", "schema", "schema")


def _version(tree: Tree, document: Document) -> Iterator[Problem]:
    stated, packed = document.data.get("version"), tree.json_object(MANIFEST).data.get("version")
    if isinstance(stated, str) and stated != packed:
        yield _problem(document, "identity-mismatch", f"{SCHEMA} and {MANIFEST} state different versions.", "version")


def _problem(document: Document, rule: str, message: str, *keys: str) -> Problem:
    line = next((line for end in range(len(keys), 0, -1) if (line := document.line(*keys[:end]))), 1)
    return Problem(rule, message, SCHEMA, line)


def _derived(document: Document) -> Derived:
    kind, schema = document.data["type"], document.data["schema"]
    fields = {**as_object(schema.get("datasource")), **as_object(schema.get("extra"))}
    secrets = tuple(
        clean(name, 100) for name, field in fields.items() if as_object(field).get("type") == "password" and clean(name)
    )
    defaults = [as_object(field).get("default") for field in fields.values()]
    hosts = unique_hosts(list(address_hosts(defaults, "default of a field")))
    says = [_SAYS[kind]]
    if kind == "datasource" and (queries := [clean(name, 40) for name in as_object(schema.get("query"))][:12]):
        says.append(f"Offers the queries {', '.join(queries)} on a source of type {clean(schema.get('type'), 40)}.")
    capabilities = {Capability.SECRETS_READ} if secrets else set()
    if hosts:
        capabilities.add(Capability.NETWORK_OUTBOUND)
    if schema.get("type") in {"Relational", "Non-relational"} and kind == "datasource":
        capabilities.add(Capability.DATABASE_ACCESS)
    return Derived(frozenset(capabilities), hosts, secrets[:100], tuple(says))


FORMAT = Format(
    name=NAME,
    label="Budibase plugin",
    recognised_by="`schema.json` of type component, datasource or automation that holds a `schema`",
    derives="password fields as secrets, default addresses as hosts, databases by the kind of source",
    detect=detect,
    read=read,
)
