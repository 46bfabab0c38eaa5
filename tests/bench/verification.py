"""The offline verifier, start included. `python -m tests.bench.verification`; part of `make bench`.

The verifier runs as a user runs it: its directory copied somewhere, `python -I`, files on disk; with a short status
list, and with one of 5,000 entries. Beside it: an interpreter that imports only `cryptography`'s Ed25519, the least
any verifier takes; and docs/examples/plugwarden.mjs, where Node is there. By the clock, and in processor time.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from certification.verify.status import State
from tests.bench.database import say
from tests.bench.measure import middle
from tests.support.world import ARTIFACT, World

ROOT = Path(__file__).parents[2]
ROUNDS, ENTRIES = 15, 5_000
AIM = 0.3
"""Seconds."""
LEAST = "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey"


def main() -> int:
    """Measure and say whether the aim is met."""
    with tempfile.TemporaryDirectory() as folder:
        return 0 if _measure(Path(folder)) else 1


def _measure(folder: Path) -> bool:
    world = World()
    shutil.copytree(ROOT / "certification" / "verify", folder / "verify")
    many = [world.listed(State.REVOKED, f"PW-20260101-{number:08}") for number in range(ENTRIES)]
    for name, data in (
        ("root", world.trust_root()),
        ("artifact", ARTIFACT),
        ("short", world.bundle()),
        ("long", world.bundle(status=world.status_list(*many))),
    ):
        (folder / name).write_bytes(data)
    python = [sys.executable, "-I"]
    verify = [*python, "verify", "--at", "2026-03-01T12:00:00Z", "--trust-root", "root", "--artifact", "artifact"]
    ways = {
        "python -I, cryptography alone": [*python, "-c", LEAST],
        "verifier, short status list": [*verify, "short"],
        f"verifier, {ENTRIES:,} entries": [*verify, "long"],
    }
    say(f"\noffline verification, medians of {ROUNDS} rounds, seconds, start included")
    times = {name: _time(command, folder) for name, command in ways.items()}
    if node := shutil.which("node"):
        times["node plugwarden.mjs, short"] = _time([node, "-e", NODE], folder)
    say(f"  {'':<34}{'wall':>8}{'best':>8}{'cpu':>8}")
    for name, taken in times.items():
        wall, cpu = zip(*taken, strict=True)
        say(f"  {name:<34}{middle(wall):>8.3f}{min(wall):>8.3f}{middle(cpu):>8.3f}")
    size = (folder / "long").stat().st_size / 1_000_000
    met = all(middle([wall for wall, _ in times[name]]) <= AIM for name in times if name.startswith("verifier"))
    say(f"  aim <= {AIM:.2f}  {'met' if met else 'NOT MET'}   (the long bundle has {size:.1f} MB)")
    return met


EXAMPLE = "docs/examples/plugwarden.mjs"
NODE = """
const { readFileSync } = require('node:fs');
import(process.env.EXAMPLE).then(({ verify }) => {
  const [artifact, bundle, trustRoot] = ['artifact', 'short', 'root'].map((name) => readFileSync(name));
  verify({ artifact, bundle, trustRoot, at: new Date('2026-03-01T12:00:00Z') });
});
"""


def _time(command: list[str], folder: Path) -> list[tuple[float, float]]:
    """Run it once to warm the disk, then measure wall and processor time; a run that fails measures nothing."""
    taken = []
    for number in range(ROUNDS + 1):
        start, used = time.perf_counter(), _used()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env={"EXAMPLE": str(ROOT / EXAMPLE)})
        if number:
            taken.append((time.perf_counter() - start, _used() - used))
    return taken


def _used() -> float:
    """Seconds of processor the ended children took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main())
