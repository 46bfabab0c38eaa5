"""Which programming language a file holds, by its name or its first line."""

from __future__ import annotations

import re

_BY_SUFFIX = {
    **dict.fromkeys(("js", "mjs", "cjs", "jsx", "jsm", "es6"), "javascript"),
    **dict.fromkeys(("ts", "mts", "cts"), "typescript"),
    "tsx": "tsx",
    **dict.fromkeys(("py", "pyw", "pyi", "pyx"), "python"),
    **dict.fromkeys(("php", "phtml", "php5", "phar"), "php"),
    **dict.fromkeys(("cs", "csx"), "csharp"),
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "command"), "shell"),
    **dict.fromkeys(("html", "htm", "xhtml", "vue", "svelte"), "html"),
    # no engine here reads these: the static check names them for a reviewer
    **dict.fromkeys(("ps1", "psm1"), "powershell"),
    **dict.fromkeys(("bat", "cmd"), "batch"),
    **dict.fromkeys(("pl", "pm"), "perl"),
    **dict.fromkeys(("vbs", "wsf"), "vbscript"),
    "rb": "ruby",
    "lua": "lua",
    "coffee": "coffeescript",
    "ipynb": "notebook",
}
_BY_INTERPRETER = (
    (re.compile(rb"\b(node|nodejs|deno|bun)\b"), "javascript"),
    (re.compile(rb"\bpython[0-9.]*\b"), "python"),
    (re.compile(rb"\bphp[0-9.]*\b"), "php"),
    (re.compile(rb"\b(ba|da|z|k|a)?sh\b"), "shell"),
    (re.compile(rb"\bperl\b"), "perl"),
    (re.compile(rb"\bruby\b"), "ruby"),
    (re.compile(rb"\blua\b"), "lua"),
    (re.compile(rb"\bpwsh\b"), "powershell"),
)
LANGUAGES = frozenset(_BY_SUFFIX.values())
_MARK = b"\xef\xbb\xbf"


def language_of(path: str, head: bytes) -> str | None:
    """Name the language of a file from its suffix, else from a `#!` line in its first bytes; None: not code."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if dot and stem and (language := _BY_SUFFIX.get(suffix.lower())):
        return language
    head = head.removeprefix(_MARK)  # as node does
    if not head.startswith(b"#!"):
        return None
    first = head.split(b"\n", 1)[0]
    return next((language for pattern, language in _BY_INTERPRETER if pattern.search(first)), None)
