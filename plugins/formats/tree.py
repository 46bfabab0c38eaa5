"""The unpacked tree as format readers see it: paths that exist, and manifests parsed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugins.documents import MAX_DOCUMENT_BYTES, Document, PackageRefused, load_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugins.package import Package, SourceFile


MIB = 1024 * 1024
_MAX_PARSED_BYTES = 12 * MIB
"""Of all JSON manifests of a package together, since they stay in memory, at twenty times their size if need be."""


_MAX_CODE_BYTES = MIB


class Tree:
    """Read-only access to the files of one unpacked package."""

    def __init__(self, root: Path, files: tuple[SourceFile, ...]) -> None:
        self.root = root
        self.files = files
        self.by_path = {file.path: file for file in files}
        self._documents: dict[str, Document] = {}
        self._parsed_bytes = 0
        self.python_bytes = 0
        """Bytes of Python that were parsed as syntax, for the limit that `plugins.formats.python_source` keeps."""

    def __contains__(self, path: object) -> bool:
        return path in self.by_path

    @property
    def root_names(self) -> set[str]:
        """First parts of all paths: files and folders at the root."""
        return {file.path.partition("/")[0] for file in self.files}

    def read(self, path: str) -> bytes:
        """Read a manifest; raises PackageRefused `manifest-too-large`."""
        if self.by_path[path].size > MAX_DOCUMENT_BYTES:
            message = f"{path} is larger than {MAX_DOCUMENT_BYTES // 1024} KiB."
            raise PackageRefused("manifest-too-large", message)
        return self.root.joinpath(path).read_bytes()

    def json_object(self, path: str) -> Document:
        """Parse a JSON manifest that must hold an object; raises PackageRefused."""
        if path not in self._documents:
            self._parsed_bytes += self.by_path[path].size
            if self._parsed_bytes > _MAX_PARSED_BYTES:
                message = f"{path} and the manifests before it are larger than {_MAX_PARSED_BYTES // MIB} MiB."
                raise PackageRefused("manifest-too-large", message)
            document = load_json(self.read(path), path)
            if not isinstance(document.data, dict):
                raise PackageRefused("manifest-wrong-type", f"{path} holds no JSON object.")
            self._documents[path] = document
        return self._documents[path]

    def json_object_or_none(self, path: str) -> Document | None:
        """Parse a JSON file that may be a manifest; None where there is none, or it holds no object that can be read.

        For file names that other things have too, and by which nobody is to be refused.
        """
        try:
            return self.json_object(path) if path in self else None
        except PackageRefused:
            return None

    def code(self, path: str) -> str:
        """The text of a code file, as far as readers of manifests look into code; "" where it is too large."""
        file = self.by_path.get(path)
        if file is None or file.size > _MAX_CODE_BYTES:
            return ""
        return self.root.joinpath(path).read_bytes().decode("utf-8", "replace")


SPECIFIC, COMMON, FALLBACK = 30, 20, 0
"""How surely a manifest means its format: it means nothing else; it may be a by-product; nothing better is there."""


@dataclass(frozen=True, slots=True)
class Detection:
    """That a tree looks like a format, how surely, and by which file."""

    specificity: int
    manifest: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """A plugin format. One module makes one of these and `plugins.formats.registry` lists it."""

    name: str
    label: str
    """Its name for people, in English; screens translate it."""
    recognised_by: str
    """The sign by which it is recognised, as a phrase, for the documentation."""
    derives: str
    """What its manifest says about rights, as a phrase, for the documentation."""
    detect: Callable[[Tree], Detection | None] = field(repr=False)
    """May raise PackageRefused, where the manifest it would go by cannot be read."""
    read: Callable[[Tree, str], Package] = field(repr=False)
    """Takes the tree and the artifact's file name; raises PackageRefused."""
    refines: Format | None = None
    """The format this one is a kind of: where both fit equally well, this one is meant. A plugin that was known as
    the other one stays the same plugin."""

    def is_a(self, name: str) -> bool:
        """Whether this is the format of that name, or a kind of it."""
        return self.name == name or (self.refines is not None and self.refines.is_a(name))

    @property
    def family(self) -> str:
        """The name of the most general format this one is a kind of; plugins of a family share their names."""
        return self.refines.family if self.refines else self.name
