"""A disk that is full, for real: the work folder lies on a tmpfs of few bytes, in a mount namespace of its own."""

import json
import os
import random
import subprocess
import sys

import pytest

from tests.support.environment import ROOT
from tests.support.packages import python_source

MOUNT = (
    "mount -t tmpfs -o size={size} none {work} && chmod 755 {work}"
    " && exec {python} -m tests.plugins.full_disk {artifact} {work}"
)
OWN = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


@pytest.fixture
def vetted_on(tmp_path):
    """Vet a package of 150 kB with so much room; gives what the program says."""
    artifact, work = tmp_path / "acme-1.0.tar.gz", tmp_path / "work"
    requires = b"[project]\nname = 'acme'\nversion = '1.0'\ndependencies = ['requests==2.31.0']\n"
    numbers = random.Random(7)  # noqa: S311 - test data
    data = "".join(f"v{n} = {numbers.random()}\n" for n in range(8000)).encode()
    artifact.write_bytes(python_source(files={"pyproject.toml": requires, "static/data.js": data}))
    work.mkdir()

    def run(size):
        line = MOUNT.format(size=size, work=work, python=sys.executable, artifact=artifact)
        command = [*OWN, "sh", "-c", line]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        if not ended.stdout and "unshare" in ended.stderr:
            pytest.skip(f"no mount namespace here: {ended.stderr.strip()}")
        return json.loads(ended.stdout)

    return run


def test_with_room_the_package_passes(vetted_on):
    assert vetted_on("64m")["verdict"] == "passed"


def test_a_disk_too_small_to_unpack_on_is_no_verdict(vetted_on):
    assert "No space left on device" in vetted_on("100k")["broke"]


@pytest.mark.parametrize("size", ["240k", "400k", "600k"])
def test_a_disk_that_fills_while_the_checks_run_passes_nothing(vetted_on, size):
    said = vetted_on(size)

    silent = {
        code: reason for code, (status, reason) in said["checks"].items() if status in {"inconclusive", "errored"}
    }
    assert said["verdict"] == "inconclusive"
    assert any("No space left on device" in reason for reason in silent.values()), silent
