"""From the matches of rules in one file to the hits that count. Pure; runs in the sandbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.checks.engines.meeting import Meeting
from plugins.checks.engines.nearness import NEUTRAL, SUPPORT, speaking

if TYPE_CHECKING:
    from collections.abc import Mapping

MATCHES_PER_PATTERN = 1000
DEFAULT_MAX_HITS = 5
TEXT_LIMIT = 300
PATTERN_LANGUAGES = {
    "$py_": ("python",),
    "$js_": ("javascript", "typescript", "tsx", "html"),
    "$rb_": (),
    "$go_": (),
    "$rs_": (),
}
EVERYDAY = {"$js_dns_resolve", "$js_dns_lookup", "$py_systemd_timer"}
"""Patterns that match `Promise.resolve(`, `panels.timer` and the like: no proof of a capability."""
STAR_LINE = re.compile(rb"^\s*\*(?!\S*\()(\s|/|$)")


Hit = dict[str, Any]
"""One match that counts, with `rule`, `path`, `line`, `pattern` and the `text` around it.

`strong`: the pattern is meant for the file's language, and no everyday code. `backed`: it means what the rule says: its
parts meet, what it needs stands near. `also`: other patterns of the rule in that line. `company`: for a threat, what
else was identified at places of the file that it meets (`meeting`).
"""


class _Found:
    """One rule's matches in the file: the hits with the offset of each, and the offsets of all that tell something.

    No dataclass: to import those takes longer than a small package's scan.
    """

    __slots__ = ("hits", "identifies", "telling")

    def __init__(self, identifies: str, hits: tuple[tuple[int, Hit], ...], telling: tuple[int, ...]) -> None:
        self.identifies = identifies
        self.hits = hits
        self.telling = telling


def hits_in(
    rules: Mapping[str, Any], metas: Mapping[str, Mapping[str, Any]], path: str, data: bytes, language: str | None
) -> list[Hit]:
    """The hits of all rules in one file, each threat with what it meets there."""
    if not rules:
        return []
    meeting = Meeting(data, language)
    found = [_found(rule, metas[name], path, meeting) for name, rule in rules.items()]
    threats = [one for one in found if one.identifies.startswith("threat.")]
    if threats:
        told = [(one, _outside_comments(one.telling, data, language)) for one in found]
        for one in threats:
            for offset, hit in one.hits:
                hit["company"] = sorted(
                    {
                        other.identifies
                        for other, places in told
                        if other is not one and meeting.any_meet((offset,), places)
                    }
                )
    return [hit for one in found for _, hit in one.hits]


def _found(rule: Any, meta: Mapping[str, Any], path: str, meeting: Meeting) -> _Found:
    """The matches of one rule in one file, one a line, at most `max_hits`."""
    limit = int(meta.get("max_hits", DEFAULT_MAX_HITS))
    data, language = meeting.data, meeting.language
    told = {p.identifier: [(match.offset, match.length) for match in p.matches] for p in rule.patterns if p.matches}
    meant = {name: spans for name, spans in told.items() if is_strong(name, language)}
    # a page runs nothing but JavaScript, and manuals show code of other languages
    alone = frozenset() if language == "html" else frozenset(told)
    telling = speaking(rule.identifier, meant, meeting, cap=MATCHES_PER_PATTERN) if meant else alone
    places = sorted(
        (not is_strong(name, language), name not in telling, offset, length, name)
        for name, spans in told.items()
        for offset, length in spans
    )
    if not places:
        whole = _hit(rule.identifier, path, 1, ("", ""), strong=False, backed=True)
        return _Found(meta["identifies"], ((0, whole),), ())
    hits: dict[int, tuple[int, Hit]] = {}
    for weak, quiet, offset, length, pattern in places:
        line = meeting.line(offset)
        if line in hits:
            hits[line][1]["also"].append(pattern)
        elif len(hits) < limit and not is_comment(data, offset, language):
            strong = not weak and (not quiet or pattern not in SUPPORT)
            what = pattern, _text(data, offset, length)
            hits[line] = offset, _hit(rule.identifier, path, line, what, strong=strong, backed=not quiet)
    spoken = tuple(offset for weak, quiet, offset, _, _ in places if not weak and not quiet)
    return _Found(meta["identifies"], tuple(hits.values()), spoken)


def _hit(rule: str, path: str, line: int, what: tuple[str, str], *, strong: bool, backed: bool) -> Hit:
    pattern, text = what
    return {
        "rule": rule, "path": path, "line": line, "pattern": pattern, "text": text, "strong": strong, "backed": backed,
        "also": [], "company": [],
    }  # fmt: skip


def _outside_comments(offsets: tuple[int, ...], data: bytes, language: str | None) -> list[int]:
    return [offset for offset in offsets if not is_comment(data, offset, language)]


def is_strong(pattern: str, language: str | None) -> bool:
    """Whether a pattern is meant for the file's language and not one that everyday code matches."""
    meant = next((languages for start, languages in PATTERN_LANGUAGES.items() if pattern.startswith(start)), None)
    if pattern == "" or pattern in EVERYDAY:
        return False
    return meant is None or language in meant or pattern in NEUTRAL


def is_comment(data: bytes, offset: int, language: str | None) -> bool:
    """Whether a match stands in a comment, decided only where that is certain: a whole comment line."""
    line = data[data.rfind(b"\n", 0, offset) + 1 : offset].lstrip()
    if language in {"python", "shell"}:
        return line.startswith(b"#")
    if line.startswith(b"//"):
        return True
    return line.startswith(b"*") and _in_star_block(data, offset)


def _in_star_block(data: bytes, offset: int) -> bool:
    """Whether the lines above, each starting with a star, go back to one that opens a block comment."""
    for line in reversed(data[max(0, offset - 20_000) : offset].split(b"\n")):
        stripped = line.strip()
        if stripped.startswith(b"/*"):
            return b"*/" not in stripped
        if not STAR_LINE.match(stripped) or b"*/" in stripped:
            return False
    return False


def _text(data: bytes, offset: int, length: int) -> str:
    start = max(data.rfind(b"\n", 0, offset) + 1, offset - TEXT_LIMIT // 3)
    end = data.find(b"\n", offset + length)
    end = min(len(data) if end < 0 else end, start + TEXT_LIMIT)
    return data[start:end].decode("utf-8", "replace").strip()
