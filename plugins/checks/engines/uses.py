"""Whether code uses what it only seems to show: reads a key like `documentationUrl`, cuts an address out of prose.

By the text alone, and rather once too often: what counts as used counts as egress. Comments and strings count too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PLACES = 2_000
"""Places of one key that are looked at in one file; a file with more of them reads it."""
_BEFORE, _AFTER = 160, 160
_IN_WORD = re.compile(r"[\w$]")
_GIVEN = re.compile(r"\s*(?:[-+|&?]{0,2}=(?![=>])|:)")
"""`= value` and `: value`: the key is given something, not read. A type in TypeScript looks the same."""
_TAKEN_APART = re.compile(r"\s*(?::\s*[A-Za-z_$][\w$]*)?\s*(?:,[^{}()=;]*)?\}\s*(?:=(?![=>])|\)\s*(?:=>|\{|:))")
_ASKED = re.compile(
    r"\b(?:get|getattr|pluck|pick|prop|property_exists|__getattribute__|itemgetter|attrgetter)\([^()]*$"
)
_CUTS = r"split|match|matchAll|slice|substr(?:ing)?|replace(?:All)?|r?partition|r?split|at|indexOf|find|index"
_SEARCHES = r"exec|findall|finditer|search|match|sub|split|preg_\w+|explode|substr|parse|URL|urlparse"


def read_keys(text: str, keys: Iterable[str]) -> list[str]:
    """Those of the keys that the text reads."""
    return [key for key in keys if key in text and _is_read(text, key)]


def is_cut(text: str, name: str) -> bool:
    """Whether the text takes what a name holds to pieces, as one does to get an address out of prose."""
    if not name.isidentifier():
        return False
    own = re.escape(name)
    pattern = rf"\b{own}\s*(?:\?\.|\.)\s*(?:{_CUTS})\b|\b{own}\s*\[|\b(?:{_SEARCHES})\(\s*[^()]{{0,80}}\b{own}\b"
    return re.search(pattern, text) is not None


def _is_read(text: str, key: str) -> bool:
    start, places = text.find(key), 0
    while start >= 0:
        end = start + len(key)
        if not (_IN_WORD.match(text[start - 1 : start]) or _IN_WORD.match(text[end : end + 1])):
            places += 1
            if places > MAX_PLACES or _reads(text, start, end):
                return True
        start = text.find(key, end)
    return False


def _reads(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    last = before.rstrip()[-1:]
    if last == ".":
        return _GIVEN.match(after) is None or after.lstrip().startswith(":")  # `a ? x.key : y`
    if last in {'"', "'", "`"} and before[-1:] == last:
        opened = before.rstrip()[:-1].rstrip()
        if opened.endswith("["):
            return re.match(r"[\"'`]\s*\](?!\s*=(?!=))", after) is not None
        return _ASKED.search(opened) is not None
    return _TAKEN_APART.match(after) is not None or (_GIVEN.match(after) is None and _stands_alone(before, after))


def _stands_alone(before: str, after: str) -> bool:
    """A name in an expression, `fetch(documentationUrl)`, and not a word of a sentence."""
    return re.search(r"[(=,\[{+!?:&|`]\s*$|\breturn\s+$|\bawait\s+$|\$\{\s*$", before) is not None and (
        re.match(r"\s*[),;+.\]}?|&`\n\[]", after) is not None
    )
