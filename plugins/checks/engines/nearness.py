"""Whether a match of a rule means what the rule says: some ask only for "this and that, somewhere in the file".

In a bundle of a thousand modules the two have nothing to do with each other. Here they have to stand within a few
statements of each other; an encoded payload between them, however long, is no statement. In a small file everything is
near, so that padding does not help. Pure; runs in the sandbox.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Places = Mapping[str, Sequence[int]]
    """Offsets of the matches, by pattern."""

NEAR = 15
"""Statements between the two parts, at most."""
SMALL = 16_384
"""Bytes of a file in which everything is near."""
ENDS = (b";", b"\n", b"}")
_RUNS_CODE = ("$py_exec", "$py_eval", "$py_subprocess_run", "$js_eval", "$js_function", "$js_new_function")
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "threat_runtime_obfuscation_base64exec": (("$py_b64decode", "$js_atob", "$js_buffer_b64"), _RUNS_CODE),
    "threat_runtime_obfuscation_steganography": (
        ("$py_stego", "$py_lsb", "$js_steggy", "$js_stego", "$js_jimp", "$js_getpixel", "$js_buffer_concat"),
        _RUNS_CODE,
    ),
    "threat_process_download_exec": (("$py_download_", "$js_fetch"), _RUNS_CODE),
    "threat_runtime_dynamic_loader": (
        ("$importlib_", "$builtins_import"),
        ("$b64_", "$urllib_", "$requests_get", "$exec_sink", "$eval_sink"),
    ),
    "threat_network_exfil_sysinfo": (
        ("$py_hostname", "$py_platform", "$py_get", "$py_username", "$py_whoami", "$js_hostname", "$js_userinfo"),
        ("$py_requests", "$py_urllib", "$py_http", "$js_fetch", "$js_axios", "$js_http_request"),
    ),
}
"""Starts of the names of the patterns whose neighbourhood makes the threat. Other patterns stand for themselves."""
_REMOVES = re.compile(rb"(?<![A-Za-z0-9_])(?:rm(?:tree|dir|Sync)?|rimraf)(?![A-Za-z0-9_])")
SUPPORT: dict[str, re.Pattern[bytes] | None] = {
    "$telegram_send": None,
    "$ps_downloadfile": re.compile(rb"(?i)webclient|powershell|pwsh"),
    "$py_subprocess_ps": re.compile(
        rb"(?i)webclient|invoke-|\biwr\b|\biex\b|download|bitstransfer|-e(?:nc|c)\b|-w hidden"
    ),
    **dict.fromkeys(("$wipe_home", "$wipe_users", "$wipe_root"), _REMOVES),  # they find the "rm" of "form" too
    "$img_png": None,
    "$getattr_call": None,
}
"""Patterns that everyday code matches, and what else in the file backs them; None: nothing but another pattern."""
_FOREIGN = re.compile(
    rb"(?i)://|git\+|urlopen|urlretrieve|requests\.|b64decode|fromhex|tempfile|mkstemp|exec\s*\("
    rb"|write(?:_text|_bytes|lines)?\s*\(|open\s*\([^)\n]*,\s*['\"][wax]"
)
COMPANY: dict[str, re.Pattern[bytes]] = dict.fromkeys(("$py_pip_executable", "$py_pip_check_call"), _FOREIGN)
"""Patterns that mean what the rule says where this stands NEAR them: to ask the own interpreter's pip for something is
what installers do, unless it comes from an address or was written just now."""
GLOBALS = re.compile(rb"(?:window|globalThis|global|self|top)\s*\.\s*$")


def speaking(rule: str, places: Places, data: bytes, *, cap: int) -> frozenset[str]:
    """The patterns whose matches in this file mean what the rule says; none where they lie apart.

    `cap` is how many matches of a pattern were looked for at most: where there are as many, nothing is ruled out.
    """
    named = {pattern: offsets for pattern, offsets in places.items() if offsets}
    groups = PARTS.get(rule, ((), ()))
    parts = {name for name in named if name.startswith(groups[0] + groups[1])}
    alone = {name for name in named.keys() - parts if _stands_alone(name, named[name], data)}
    if not parts or len(data) <= SMALL or any(len(named[name]) >= cap for name in parts):
        return frozenset(alone | parts)
    first, second = (_offsets(named, group, data) for group in groups)
    return frozenset(alone | parts if _near(first, second, data) else alone)


def _stands_alone(pattern: str, offsets: Sequence[int], data: bytes) -> bool:
    if pattern in COMPANY:
        return any(COMPANY[pattern].search(_around(data, offset)) for offset in offsets)
    if pattern not in SUPPORT:
        return True
    support = SUPPORT[pattern]
    return support is not None and support.search(data) is not None


def _around(data: bytes, offset: int) -> bytes:
    """The line of a match with NEAR lines before and after it, blank ones not counted."""
    start = data.rfind(b"\n", 0, offset) + 1
    before = [line for line in data[:start].split(b"\n") if line.strip()]
    after = [line for line in data[start:].split(b"\n") if line.strip()]
    return b"\n".join([*before[-NEAR:], *after[: NEAR + 1]])


def _offsets(places: Places, starts: Iterable[str], data: bytes) -> list[int]:
    return [
        offset
        for name, offsets in places.items()
        if name.startswith(tuple(starts))
        for offset in offsets
        if name != "$js_eval" or _is_eval(data, offset)
    ]


def _is_eval(data: bytes, offset: int) -> bool:
    """Whether this is the language's own `eval`, not a method (`$scope.$eval`, `redis.eval`) or `globalEval`."""
    before = data[max(0, offset - 30) : offset]
    if before.endswith(b"."):
        return GLOBALS.search(before) is not None
    return not before[-1:].isalnum() and before[-1:] not in {b"_", b"$"}


def _near(first: list[int], second: list[int], data: bytes) -> bool:
    marked = sorted([(offset, 0) for offset in first] + [(offset, 1) for offset in second])
    return any(one[1] != other[1] and _statements(data, one[0], other[0]) <= NEAR for one, other in pairwise(marked))


def _statements(data: bytes, start: int, end: int) -> int:
    return sum(data.count(mark, start, end) for mark in ENDS)
