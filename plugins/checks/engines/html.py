"""The scripts of an HTML file, such as the editor half of a Node-RED node."""

from __future__ import annotations

import re
from html import unescape

from ast_grep_py import SgNode, SgRoot

from plugins.checks.engines.names_common import line_of

_SCRIPT_TYPES = frozenset(
    {"", "module", "text/babel", "text/jscript", "text/livescript"}
    | {f"{top}/{x}{name}script" for top in ("text", "application") for x in ("", "x-") for name in ("java", "ecma")}
    | {f"text/javascript1.{minor}" for minor in range(6)}
)
"""What a browser runs: the JavaScript MIME types of the WHATWG MIME Sniffing standard, section 4.6, and modules."""
_HANDLER = re.compile(r"on[a-z]+")
_VALUE_TAG = re.compile(r"\{\{.*?\}\}|<%=.*?%>|<\?=.*?\?>", re.DOTALL)
_CONTROL_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}|<%.*?%>|<\?.*?\?>", re.DOTALL)


def without_tags(script: str) -> str:
    """A script with the tags of a server's template language made harmless: values to names, the rest to spaces."""
    if not re.search(r"\{[{%#]|<[%?]", script):
        return script
    filled = _VALUE_TAG.sub(lambda tag: "_" + re.sub(r"[^\n]", "_", tag[0])[1:].replace("\n", " "), script)
    return _CONTROL_TAG.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), filled)


def scripts(text: str) -> tuple[list[tuple[str, int]], list[list[object]]]:
    """The inline scripts with the number of lines before each, and external sources as constants.

    Event handlers are scripts too; those in a template kept in a script element run once the template is shown.
    """
    root = SgRoot(text, "html").root()
    inline = _handlers(root)
    sources: list[list[object]] = []
    for element in root.find_all(kind="script_element"):
        attributes = _attributes(element)
        if "src" in attributes:
            sources.append([attributes["src"], line_of(element), "src", False])
        body = element.find(kind="raw_text")
        if body is None:
            continue
        if attributes.get("type", "").strip().lower() in _SCRIPT_TYPES:
            inline.append((body.text(), line_of(body) - 1))
        else:
            handlers = _handlers(SgRoot(body.text(), "html").root())
            inline += [(code, line_of(body) - 1 + before) for code, before in handlers]
    return inline, sources


def _handlers(root: SgNode) -> list[tuple[str, int]]:
    """The event handlers and `javascript:` addresses of a page, with the number of lines before each."""
    found = []
    for attribute in root.find_all(kind="attribute"):
        name, _, raw = attribute.text().partition("=")
        value = unescape(raw.strip().strip("'\"")).strip()
        if _HANDLER.fullmatch(name.strip().lower()):
            found.append((value, line_of(attribute) - 1))
        elif value[:11].lower() == "javascript:":
            found.append((value[11:], line_of(attribute) - 1))
    return [(code, line) for code, line in found if code]


def _attributes(element: SgNode) -> dict[str, str]:
    start = element.find(kind="start_tag")
    found = {}
    for attribute in start.find_all(kind="attribute") if start else ():
        name, _, value = attribute.text().partition("=")
        found[name.strip().lower()] = unescape(value.strip().strip("'\""))
    return found
