"""Whether a match of a rule means what the rule says: some ask only for "this and that, somewhere in the file".

In a bundle of a thousand modules the two have nothing to do with each other: here they have to meet (`meeting`). Pure;
runs in the sandbox.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.checks.engines.meeting import NEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugins.checks.engines.meeting import Meeting

    Span = tuple[int, int]
    """Offset and length of a match."""
    Places = Mapping[str, Sequence[Span]]
    """Where the patterns of a rule match, by their names."""

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
    "plugwarden_hidden_module": (("$built", "$compiled"), ("$hex", "$decipher")),
    "threat_network_exfil_sysinfo": (
        ("$py_hostname", "$py_platform", "$py_get", "$py_username", "$py_whoami", "$js_hostname", "$js_userinfo"),
        ("$py_requests", "$py_urllib", "$py_http", "$js_fetch", "$js_axios", "$js_http_request"),
    ),
}
"""Starts of the names of the patterns whose neighbourhood makes the threat. Other patterns stand for themselves."""
SUPPORT: dict[str, re.Pattern[bytes] | None] = {
    "$telegram_send": None,
    "$ps_downloadfile": re.compile(rb"(?i)webclient|powershell|pwsh"),
    "$py_subprocess_ps": re.compile(
        rb"(?i)webclient|invoke-|\biwr\b|\biex\b|download|bitstransfer|-e(?:nc|c)\b|-w hidden"
    ),
    "$img_png": None,
    "$getattr_call": None,
    **dict.fromkeys(("$mining_hashrate", "$mining_nonce", "$mining_stratum", "$mining_miner"), None),
    **dict.fromkeys(("$py_write_mode", "$py_open_write", "$py_winreg", "$py_plist"), None),
}
"""Patterns that everyday code matches, and what else in the file backs them; None: nothing but another pattern."""
_REMOVES = re.compile(rb"(?<![A-Za-z0-9_])(?:rm(?:tree|dir|Sync)?|rimraf)(?![A-Za-z0-9_])")
_FOREIGN = re.compile(
    rb"(?i)://|git\+|urlopen|urlretrieve|requests\.|b64decode|fromhex|tempfile|mkstemp|exec\s*\("
    rb"|write(?:_text|_bytes|lines)?\s*\(|open\s*\([^)\n]*,\s*['\"][wax]"
)
_RUNS = re.compile(
    rb"child_process|execa\b|shelljs|(?:exec|spawn|execFile|fork)(?:Sync)?\s*\(\s*['\"`]|(?:exec|spawn|execFile)Sync\s*\("
    rb"|os\s*\.\s*(?:system|popen|exec[lv])|subprocess|check_(?:call|output)|[Pp]open\s*\(|pty\.spawn|shell\s*=\s*True"
)
"""What runs a command: without it near, a command is a text that somebody reads."""
_STAYS = re.compile(
    rb"(?:write|append|copy|create|output)File|createWriteStream|symlink|write_(?:text|bytes)|\.write(?:lines)?\s*\("
    rb"|open\s*\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*,\s*(?:mode\s*=\s*)?['\"][wax]|shutil\.(?:copy|move)|>>|\btee\b"
    rb"|SetValueEx|reg(?:\.exe)? add|systemctl|launchctl|update-rc"
)
"""What puts something there: without it near, a place for what starts by itself is only named."""
_COMMANDS = (
    "$cmd_nslookup", "$cmd_dig", "$shell_curl_pipe", "$shell_wget_pipe", "$shell_curl_exec", "$shell_wget_exec",
    "$ps_download", "$ps_iwr", "$bash_tcp", "$bash_udp", "$nc_reverse", "$ncat_reverse", "$dangerous_rm", "$dd_zero",
    "$dd_random", "$shred",
)  # fmt: skip
_STARTED = (
    "$py_bashrc", "$py_bash_profile", "$py_profile", "$py_zshrc", "$py_rc_local", "$py_init_d", "$py_profile_d",
    "$py_autostart", "$py_launch_agents", "$py_launch_daemons", "$js_autostart_path", "$js_init_path", "$win_run_key",
    "$win_runonce_key", "$win_startup_folder", "$run_key",
)  # fmt: skip
_PIP = ("$py_pip_executable", "$py_pip_check_call", "$py_pip_install", "$py_os_pip")
COMPANY: dict[str, re.Pattern[bytes]] = {
    **dict.fromkeys(_PIP, _FOREIGN),
    **dict.fromkeys(_COMMANDS, _RUNS),
    **dict.fromkeys(_STARTED, _STAYS),
    **dict.fromkeys(("$wipe_home", "$wipe_users", "$wipe_root"), _REMOVES),  # they find the "rm" of "form" too
}
"""Patterns that mean what the rule says where this stands near them. To ask the own interpreter's pip for something is
what installers do, unless it comes from an address or was written just now."""
NEUTRAL = frozenset(_STARTED)
"""Patterns that are the same in every language, whatever their names say."""
INSTALLS = frozenset(_PIP)
"""Those that mean it in any company, where nobody asked for it: at installation."""
_SPARED = re.compile(rb"rm\s+-rf\s+/(?:tmp|var/(?:lib/apt|cache|tmp|log)|root/\.cache|usr/share/doc)/?", re.IGNORECASE)
"""What images are cleaned of while they are built."""
GLOBALS = re.compile(rb"(?:window|globalThis|global|self|top)\s*\.\s*$")


def speaking(rule: str, places: Places, meeting: Meeting, *, cap: int) -> frozenset[str]:
    """The patterns whose matches in this file mean what the rule says; none where they lie apart.

    `cap` is how many matches of a pattern were looked for at most: where there are as many, nothing is ruled out.
    """
    named = {pattern: whole for pattern, spans in places.items() if (whole := _whole(spans, meeting))}
    groups = PARTS.get(rule, ((), ()))
    parts = {name for name in named if name.startswith(groups[0] + groups[1])}
    alone = {name for name in named.keys() - parts if _stands_alone(name, named[name], meeting)}
    if not parts or any(len(named[name]) >= cap for name in parts):
        return frozenset(alone | parts)
    first, second = (_offsets(named, group, meeting.data) for group in groups)
    return frozenset(alone | parts if meeting.any_meet(first, second) else alone)


def _whole(spans: Sequence[Span], meeting: Meeting) -> list[int]:
    """The offsets of matches that are one thing: not from the start of a minified line to its end."""
    return [start for start, length in spans if length <= NEAR or meeting.statements(start, start + length) <= NEAR]


def _stands_alone(pattern: str, offsets: Sequence[int], meeting: Meeting) -> bool:
    if pattern in COMPANY and not (pattern in _COMMANDS and meeting.language == "shell"):
        company, whole = COMPANY[pattern], pattern not in INSTALLS
        return any(
            company.search(meeting.around(offset, whole=whole)) and not _SPARED.match(meeting.data, offset)
            for offset in offsets
        )
    if pattern not in SUPPORT:
        return True
    support = SUPPORT[pattern]
    return support is not None and support.search(meeting.data) is not None


def _offsets(places: Mapping[str, Sequence[int]], starts: Iterable[str], data: bytes) -> list[int]:
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
