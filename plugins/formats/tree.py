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


class Tree:
    """Read-only access to the files of one unpacked package."""

    def __init__(self, root: Path, files: tuple[SourceFile, ...]) -> None:
        self.root = root
        self.files = files
        self.by_path = {file.path: file for file in files}
        self._documents: dict[str, Document] = {}
        self._parsed_bytes = 0

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
    detect: Callable[[Tree], Detection | None]
    """May raise PackageRefused, where the manifest it would go by cannot be read."""
    read: Callable[[Tree, str], Package] = field(repr=False)
    """Takes the tree and the artifact's file name; raises PackageRefused."""
