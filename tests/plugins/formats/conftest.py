import hashlib
import json

import pytest

from plugins.archive import Unpacked
from plugins.archive.languages import language_of
from plugins.formats import PackageRefused, read_package
from plugins.package import SourceFile


@pytest.fixture
def read(tmp_path):
    """Write a tree and read it as a package; values that are no text or bytes are written as JSON."""

    def write(files):
        root = tmp_path / "tree"
        result = []
        for path, content in sorted(files.items()):
            raw = (
                content
                if isinstance(content, bytes)
                else (content if isinstance(content, str) else json.dumps(content)).encode()
            )
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
            result.append(SourceFile(path, len(raw), hashlib.sha256(raw).hexdigest(), language_of(path, raw)))
        return root, Unpacked("zip", len(result), "0" * 64, 1, tuple(result))

    def read_tree(files, *, filename="upload.zip"):
        root, unpacked = write(files)
        return read_package(root, unpacked, filename=filename)

    return read_tree


@pytest.fixture
def refused(read):
    """Read a tree that must be refused; gives the code and the sentence."""

    def read_refused(files, *, filename="upload.zip"):
        with pytest.raises(PackageRefused) as caught:
            read(files, filename=filename)
        message = str(caught.value)
        assert message.endswith(".")
        assert message.isprintable()
        return caught.value.code, message

    return read_refused


@pytest.fixture
def n8n():
    """Give the files of a faultless n8n node, changed by keyword."""

    def files(**changes):
        manifest = {
            "name": "n8n-nodes-acme",
            "version": "1.2.0",
            "license": "MIT",
            "keywords": ["n8n-community-node-package"],
            "files": ["dist"],
            "n8n": {
                "n8nNodesApiVersion": 1,
                "nodes": ["dist/Acme.node.js"],
                "credentials": ["dist/AcmeApi.credentials.js"],
            },
        } | changes
        manifest = {key: value for key, value in manifest.items() if value is not None}
        return {"package.json": manifest, "dist/Acme.node.js": "1", "dist/AcmeApi.credentials.js": "1"}

    return files
