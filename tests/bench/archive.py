"""A 100 MiB archive: how much memory reading it takes. `python -m tests.bench.archive`; part of `make bench`.

The archive is an npm package of 98 MiB that unpacks to 490 MiB, files of code and of random bytes. Baseline: Python's
tarfile, which checks nothing, in the same way in a process of its own. Memory is the process's peak of resident memory
above what it had before it began.
"""

import io
import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

AIM = 150.0
"""MiB."""
MIB = 1024 * 1024
NOISE, TEXT = 45, 200
"""Files of 2 MiB of bytes that do not pack, and of 2 MiB of text that does."""


def main() -> int:
    """Measure both readers, or be one of them."""
    if len(sys.argv) > 1:
        read, artifact, folder = sys.argv[1:]
        sys.stdout.write(json.dumps(READERS[read](Path(artifact), Path(folder))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        artifact = Path(folder, "big-1.0.0.tgz")
        _build(artifact)
        size = artifact.stat().st_size / MIB
        sys.stdout.write(f"\nan archive of {size:.0f} MiB that unpacks to {(NOISE + TEXT) * 2} MiB\n")
        for read in READERS:
            into = Path(folder, read)
            into.mkdir()
            ended = subprocess.run(
                [sys.executable, "-m", "tests.bench.archive", read, str(artifact), str(into)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            said = json.loads(ended.stdout)
            aim = f"   aim <= {AIM:.0f} MiB  {'met' if said['grown'] <= AIM else 'NOT MET'}" if read == "ours" else ""
            sys.stdout.write(f"  {read:<10} {said['seconds']:>6.2f} s   {said['grown']:>6.1f} MiB more{aim}\n")
    return 0


def _ours(artifact: Path, folder: Path) -> dict[str, float]:
    from plugins.intake import intake  # noqa: PLC0415 - what it loads is there before it is measured

    return _watched(lambda: intake(artifact, filename=artifact.name, work=folder).__enter__())


def _tarfile(artifact: Path, folder: Path) -> dict[str, float]:
    return _watched(lambda: tarfile.open(artifact).extractall(folder, filter="data"))


READERS = {"ours": _ours, "tarfile": _tarfile}


def _watched(call) -> dict[str, float]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the kernel's, from here on
    before, began = _peak(), time.perf_counter()
    kept = call()
    seconds = time.perf_counter() - began
    grown = _peak() - before
    del kept
    return {"seconds": seconds, "grown": grown}


def _peak() -> float:
    """The highest resident memory since the peak was reset, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _build(path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - test data
    line = b"function add(a, b) { return a + b; } // nothing to see\n"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        manifest = json.dumps({"name": "big", "version": "1.0.0", "main": "index.js"}).encode()
        _add(archive, "package.json", manifest)
        _add(archive, "index.js", b"module.exports = 1;\n")
        for number in range(TEXT):
            _add(archive, f"lib/f{number}.txt", line * (2 * MIB // len(line)))
        for number in range(NOISE):
            _add(archive, f"assets/n{number}.bin", dice.randbytes(2 * MIB))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(f"package/{name}")
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    os.environ.setdefault("PLUGWARDEN_ENV", "test")
    sys.exit(main())
