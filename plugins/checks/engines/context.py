"""Tests, manuals and type stubs: what stands there shows what code can do, and nobody runs it with the plugin.

Unless other code of the package names it: then it is code like any other. Pure; runs in the sandbox.
"""

from __future__ import annotations

import re

_FOLDERS = "tests?|testing|__tests__|specs?|__mocks__|fixtures|docs?|documentation|examples?|demos?|samples|benchmarks?"
_CONTEXT = re.compile(
    rf"(?:^|/)(?:{_FOLDERS})/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|tests)\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$"
    r"|\.d\.[cm]?ts$|\.pyi$|\.(?:md|rst)$",
    re.IGNORECASE,
)
_PATH = re.compile(rf"[\"'`\s(/.]((?:{_FOLDERS})(?:[/.][\w.@-]+)+)".encode(), re.IGNORECASE)
_MODULE = re.compile(rf"\b(?:from|import)\s+[\w.]*?\b((?:{_FOLDERS}|test_\w+|conftest)(?:\.\w+)*)".encode())
_ENDING = re.compile(r"\.(?:[cm]?[jt]sx?|pyi?|pyx|sh)$")


def is_context(path: str) -> bool:
    """Whether a file is a test, part of a manual, or holds nothing but types."""
    return _CONTEXT.search(path) is not None


def mentioned(data: bytes) -> set[str]:
    """Paths into such folders that a file names, as in `require("./test/data")` or `from .tests import x`."""
    found = {*_PATH.findall(data), *_MODULE.findall(data)}
    return {_plain(name.decode("utf-8", "replace")) for name in found}


def reached(path: str, named: set[str]) -> bool:
    """Whether a test or manual is named by other code; true too of all that is no test or manual."""
    if not is_context(path):
        return True
    plain = f"/{_plain(path)}"
    return any(plain.endswith(f"/{name}") or f"/{name}/" in plain for name in named)


def _plain(path: str) -> str:
    """Without ending, and with slashes: a module and its file look the same."""
    bare = _ENDING.sub("", path)
    if "/" not in bare:
        bare = bare.replace(".", "/")
    return bare.removesuffix("/index").removesuffix("/__init__").lower()
