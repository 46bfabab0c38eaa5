from __future__ import annotations

import os

from plugins.sandbox import Bind, run, run_tool
from plugins.sandbox.network import network_binds, network_env


def test_network_env_passes_on_how_to_reach_registries_and_nothing_else(monkeypatch, tmp_path):
    for name in list(network_env()):
        monkeypatch.delenv(name)
    bundle = tmp_path / "ca.pem"
    bundle.write_text("certificate")
    given = {
        "PIP_INDEX_URL": "https://index.example",
        "https_proxy": "http://proxy.example",
        "SSL_CERT_FILE": str(bundle),
    }
    hidden = {"SECRET_KEY": "x", "PIP_CACHE_DIR": "/var/cache/pip", "AWS_SECRET_ACCESS_KEY": "x"}
    for name, value in {**given, **hidden}.items():
        monkeypatch.setenv(name, value)

    seen = run(["/bin/sh", "-c", "env; cat $SSL_CERT_FILE"], env=network_env(), binds=network_binds(), network=True)

    assert network_env() == given
    assert b"certificate" in seen.stdout
    assert b"SECRET" not in seen.stdout


def test_pip_works_with_an_empty_home_and_one_writable_folder(tmp_path):
    wheel = tmp_path / "in" / "sample-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"not read by pip download")
    out = tmp_path / "out"
    out.mkdir()

    result = run_tool(
        "pip", "download", "--no-index", "--no-deps", "--find-links", "/in", "--dest", "/out", "/in/" + wheel.name,
        network=True, env={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        binds=[Bind(wheel.parent, "/in"), Bind(out, "/out", writable=True)],
    )  # fmt: skip

    assert b"sample-1.0" in result.stdout + result.stderr
    assert out.stat().st_uid == os.geteuid()
