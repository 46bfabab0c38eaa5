"""Attestations fetched with the package, by the real npm and pip from a registry of the tests' own."""

import base64
import hashlib
import io
import json
import shutil
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from plugins.fetching import fetch
from plugins.offered_origins import _get
from tests.support.packages import npm_package

NPM = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
PROOF = b'{"attestations": []}'


class Registry(ThreadingHTTPServer):
    """Serves what it is given by path, and remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked = {}, []
        self.address = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        kind, body = self.server.pages.get(path, (None, b"nothing here"))
        self.send_response({None: 404, "redirect": 302}.get(kind, 200))
        if kind == "redirect":
            self.send_header("Location", body.decode())
            body = b""
        else:
            self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Quiet."""


@pytest.fixture
def registry():
    server = Registry()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def npm(registry, tmp_path, monkeypatch):
    """An npm that is set up with the registry, which serves one package and offers its proof."""
    (tmp_path / "npmrc").write_text(f"registry={registry.address}/\nupdate-notifier=false\n")
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY", "npm_config_globalconfig"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "none"))
    content = npm_package("acme-nodes", "1.0.0")
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"

    def serve(proof=f"{registry.address}/-/npm/v1/attestations/acme-nodes@1.0.0"):
        dist = {"tarball": f"{registry.address}/acme-nodes/-/acme-nodes-1.0.0.tgz", "integrity": integrity}
        if proof:
            dist["attestations"] = {"url": proof, "provenance": {"predicateType": "https://slsa.dev/provenance/v1"}}
        version = {"name": "acme-nodes", "version": "1.0.0", "dist": dist}
        document = {"name": "acme-nodes", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        registry.pages |= {
            "/acme-nodes": ("application/json", json.dumps(document).encode()),
            "/acme-nodes/-/acme-nodes-1.0.0.tgz": ("application/octet-stream", content),
            "/-/npm/v1/attestations/acme-nodes@1.0.0": ("application/json", PROOF),
        }

    return serve


def folder(tmp_path):
    into = tmp_path / "into"
    into.mkdir()
    return into


@NPM
def test_npm_package_comes_with_the_proof_the_registry_offers(npm, registry, tmp_path):
    npm()

    got = fetch("npm:acme-nodes@1.0.0", into=folder(tmp_path), cache=tmp_path / "cache")
    registry.asked.clear()
    again = fetch("npm:acme-nodes@1.0.0", into=tmp_path, cache=tmp_path / "cache")

    assert [file.read_bytes() for file in got.attestations] == [PROOF]
    assert [file.read_bytes() for file in again.attestations] == [PROOF]
    assert again.path.read_bytes() == got.path.read_bytes()
    assert registry.asked == []


@NPM
def test_npm_package_without_proof_is_taken_all_the_same(npm, tmp_path):
    npm(proof=None)

    assert fetch("npm:acme-nodes@1.0.0", into=folder(tmp_path)).attestations == ()


@NPM
def test_proof_on_another_host_is_not_asked_for(npm, registry, tmp_path):
    other = Registry()
    threading.Thread(target=other.serve_forever, daemon=True).start()
    other.pages["/proof"] = ("application/json", PROOF)
    npm(proof=f"{other.address}/proof")

    got = fetch("npm:acme-nodes@1.0.0", into=folder(tmp_path))
    other.shutdown()
    other.server_close()

    assert (got.attestations, other.asked) == ((), [])


def wheel():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in {
            "acme_plugin/__init__.py": "VALUE = 1\n",
            "acme_plugin-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.0\n",
            "acme_plugin-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "acme_plugin-1.0.dist-info/RECORD": "",
        }.items():
            archive.writestr(path, text)
    return stream.getvalue()


@pytest.fixture
def index(registry, tmp_path, monkeypatch):
    """A pip that is set up with the registry as its index."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{registry.address}/simple")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    name, content = "acme_plugin-1.0-py3-none-any.whl", wheel()

    def serve(**proof):
        file = {
            "filename": name,
            "url": f"/files/{name}",
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            **proof,
        }
        page = {"meta": {"api-version": "1.3"}, "name": "acme-plugin", "versions": ["1.0"], "files": [file]}
        registry.pages |= {
            "/simple/acme-plugin/": ("application/vnd.pypi.simple.v1+json", json.dumps(page).encode()),
            f"/files/{name}": ("application/octet-stream", content),
            "/integrity/acme-plugin/1.0/provenance": ("application/json", PROOF),
        }

    return serve


def test_python_package_comes_with_the_provenance_the_index_offers(index, registry, tmp_path):
    index(provenance=f"{registry.address}/integrity/acme-plugin/1.0/provenance")

    got = fetch("pypi:acme-plugin==1.0", into=folder(tmp_path))

    assert [file.name for file in got.attestations] == ["acme_plugin-1.0-py3-none-any.whl.provenance"]
    assert got.attestations[0].read_bytes() == PROOF


@pytest.mark.parametrize(
    "offer", [{}, {"provenance": None}, {"provenance": 7}, {"provenance": "https://elsewhere.example/x"}]
)
def test_python_package_without_provenance_is_taken_all_the_same(index, tmp_path, offer):
    index(**offer)

    assert fetch("pypi:acme-plugin==1.0", into=folder(tmp_path)).attestations == ()


@pytest.mark.parametrize(
    "page",
    [
        ("redirect", b"/other"),
        ("application/json", b"no json"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'"' + b"x" * (4 * 2**20) + b'"'),
    ],
    ids=["redirect", "no json", "deep", "large"],
)
def test_what_is_no_document_is_none(registry, page):
    registry.pages |= {"/proof": page, "/other": ("application/json", PROOF)}

    assert _get(f"{registry.address}/proof", registry.address) is None
    assert "/other" not in registry.asked


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "//127.0.0.1/x"])
def test_only_the_registrys_own_web_addresses_are_asked(registry, address):
    assert _get(address, registry.address) is None
    assert registry.asked == []
