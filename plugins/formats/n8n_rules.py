"""What n8n forbids the code of nodes it verifies: modules beyond a short list, and names that reach past n8n.

Source: the rules `no-restricted-imports` and `no-restricted-globals` of n8n's ESLint plugin for community nodes. Read
is the package's own built JavaScript, as text without the lines that are comments; each module and each name is told
once, with its first place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.documents import quote
from plugins.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.formats.tree import Tree

ALLOWED = frozenset({"n8n-workflow", "lodash", "moment", "p-limit", "luxon", "zod", "crypto", "node:crypto"})
_IMPORT = re.compile(r"""(?:\brequire\s*\(|\bimport\s*\(|\bfrom|\bimport)\s*["']([^"'\s]{1,200})["']""")
_GLOBAL = re.compile(
    r"(?<![\w$.])(?:(process|global|globalThis)\s*[.\[]|(__dirname|__filename)\b"
    r"|((?:set|clear)(?:Timeout|Interval|Immediate))\s*\()"
)
_COMMENT = re.compile(r"^\s*(?://|\*|/\*)")
_CODE = re.compile(r"(?!(?:.*/)?node_modules/).*\.[cm]?js")
_MAX_FILES = 500
_MAX_NAMED = 20


def judge(tree: Tree) -> Iterator[Problem]:
    """What n8n's rules hold against the code, modules first."""
    modules, names = dict[str, tuple[str, int]](), dict[str, tuple[str, int]]()
    for path in [file.path for file in tree.files if _CODE.fullmatch(file.path)][:_MAX_FILES]:
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            if _COMMENT.match(line):
                continue
            for match in _IMPORT.finditer(line):
                if not match[1].startswith(".") and _package(match[1]) not in ALLOWED:
                    modules.setdefault(_package(match[1]), (path, number))
            for match in _GLOBAL.finditer(line):
                names.setdefault(next(name for name in match.groups() if name), (path, number))
    for name, (path, number) in list(modules.items())[:_MAX_NAMED]:
        yield Problem("n8n-import", f"n8n lets verified nodes use no module {quote(name)}.", path, number)
    for name, (path, number) in names.items():
        yield Problem("n8n-global", f"n8n lets verified nodes use no {name}.", path, number)


def _package(module: str) -> str:
    """The package of a module: `lodash` of `lodash/get`, `@a/b` of `@a/b/c`."""
    parts = module.split("/")
    return "/".join(parts[:2]) if module.startswith("@") else parts[0]
