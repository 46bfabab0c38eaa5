"""Files node runs as JavaScript because other files name them: it goes by the `require`, not by the file's name.

Source: node's documentation of CommonJS modules ("all together"): a file with an unknown suffix, or none, is loaded as
JavaScript text; so is what `imports` in `package.json` or the `main` of a folder's own `package.json` leads to.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from plugins.archive.languages import LANGUAGES
from plugins.documents import PackageRefused

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from plugins.formats.tree import Tree

_MANIFEST = "package.json"
_MAX_BYTES = 10 * 1024 * 1024
"""Longer code files are not parsed either: the static check says so."""
_NAMED = re.compile(rb"""(?:\brequire\b|\bimport\b|\bfrom\b|\bfork\b|\bWorker\b)[\s(]*["'`](\.[^"'`\n]{0,500})["'`]""")
_STYLES = (".css", ".scss", ".sass", ".less", ".svg", ".png", ".json", ".node", ".wasm", ".vue", ".md")
"""What bundlers let code import; node itself refuses to `import` them, though it would `require` them."""
_REQUIRED = re.compile(rb"""(?:\brequire|\bfork|\bWorker)\s*\(\s*["'`](\.[^"'`\n]{0,500})["'`]""")
_NOT_TEXT = (".json", ".node", ".wasm")
_RUN = frozenset({"javascript", "typescript", "tsx"})
_FOREIGN = frozenset({None, *LANGUAGES}) - _RUN - {"html"}


def required_files(tree: Tree, entries: Iterable[str]) -> frozenset[str]:
    """Give the files that code, or a manifest, has node load as JavaScript, whatever their names say.

    Also where a name says another language: node runs `require("./main.php")` all the same. Entry points keep their
    language, since a `bin` may be a shell script, unless that is PHP, in which any text is a valid file; pages keep
    theirs, and the static check reads them both ways.

    Raises nothing: what cannot be read as a manifest is reported elsewhere.
    """
    found: set[str] = set()
    code = [file.path for file in tree.files if file.language in _RUN]
    waiting = [*code, *_unknown(tree, {*entries, *_imports(tree)}, found, {None, "php"})]
    names = _names_worth_following(tree)
    while waiting:
        path = waiting.pop()
        if tree.by_path[path].size <= _MAX_BYTES:
            waiting += _unknown(tree, _named_in(tree, path, names), found, _FOREIGN)
    return frozenset(found)


def _names_worth_following(tree: Tree) -> frozenset[bytes]:
    """Last parts of what could lead to such a file: itself, or a folder with a manifest. Code can name millions."""
    names = {"", ".", ".."}
    for file in tree.files:
        folder, _, name = file.path.rpartition("/")
        if file.language in _FOREIGN:
            names.add(name)
        if name == _MANIFEST:
            names.add(folder.rpartition("/")[2])
    return frozenset(name.encode() for name in names)


def _unknown(tree: Tree, paths: Iterable[str], found: set[str], languages: Container[str | None]) -> list[str]:
    new = {path for path in paths if path in tree and tree.by_path[path].language in languages} - found
    new = {path for path in new if not path.endswith(_NOT_TEXT)}
    found |= new
    return sorted(new)


def _named_in(tree: Tree, path: str, names: frozenset[bytes]) -> Iterator[str]:
    data = tree.root.joinpath(path).read_bytes()
    required = _followed(_REQUIRED, data, names)
    for match in _followed(_NAMED, data, names):
        name = match.decode("utf-8", "replace")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        foreign = target in tree and tree.by_path[target].language is not None
        if match in required or not (foreign or name.lower().endswith(_STYLES)):
            yield from (target, *_main_of(tree, target))


def _followed(pattern: re.Pattern[bytes], data: bytes, names: frozenset[bytes]) -> set[bytes]:
    matches = (match[1] for match in pattern.finditer(data))
    return {match for match in matches if match.rpartition(b"/")[2] in names}


def _main_of(tree: Tree, folder: str) -> Iterator[str]:
    """The `main` of a folder with a manifest of its own."""
    manifest = f"{folder}/{_MANIFEST}"
    if manifest not in tree:
        return
    try:
        main = tree.json_object(manifest).data.get("main")
    except PackageRefused:
        return
    if isinstance(main, str):
        yield posixpath.normpath(posixpath.join(folder, main))


def _imports(tree: Tree) -> Iterator[str]:
    """The files `imports` in the package's manifest leads to."""
    for target in _texts(tree.json_object(_MANIFEST).data.get("imports")):
        yield posixpath.normpath(target)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
