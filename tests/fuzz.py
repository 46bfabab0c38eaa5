"""Look for archives, manifests and attestations that break a rule, for as long as wanted: `make fuzz MINUTES=5`.

Each found example is shrunk and printed; pin it in a test before fixing what it shows. Exit 1 where any was found.
"""

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.support import forged_attestations, forged_manifests, forgeries, readings

SAMPLES = forgeries.sample_archives()
PLAIN = sorted(raw for name, raw in SAMPLES.items() if name.endswith(".tar"))
ZIPPED = sorted(raw for raw in SAMPLES.values() if raw.startswith(b"PK"))
FULL = readings.ArchiveLimits()
HEALTH = list(HealthCheck)
ARCHIVES = {
    "tars": (forgeries.tars(), readings.LIMITS),
    "zips": (forgeries.zips(), readings.LIMITS),
    "nested": (forgeries.nested(), readings.LIMITS),
    "samples": (st.sampled_from(sorted(SAMPLES.values())).flatmap(forgeries.mutated), FULL),
    "headers": (st.sampled_from(PLAIN).flatmap(forgeries.mutated_tar_headers), FULL),
    "zipped": (st.sampled_from(ZIPPED).flatmap(forgeries.mutated), FULL),
}

OTHERS = {"manifests": forged_manifests.packages, "attestations": forged_attestations.changed}


class Hunt:
    """Rounds of a few hundred examples each, with a seed of their own, over the areas in turn."""

    def __init__(self, minutes, areas, first_seed):
        self.end = time.monotonic() + 60 * minutes
        self.areas = areas
        self.seed = first_seed
        self.counts = {area: [0, 0] for area in areas}
        self.found = 0
        self.node = None

    def run(self):
        if module := readings.npm_tar():
            self.node = readings.NodeTar(module)
        with contextlib.closing(self.node) if self.node else contextlib.nullcontext():
            while time.monotonic() < self.end:
                for area in self.areas:
                    self._round(area)
                self.seed += 1
        for area, (tried, taken) in self.counts.items():
            sys.stdout.write(f"{area}: {tried} tried, {taken} taken\n")
        return self.found

    def _round(self, area):
        strategy = ARCHIVES[area][0] if area in ARCHIVES else OTHERS[area]()

        @seed(self.seed)
        @settings(max_examples=200, deadline=None, database=None, suppress_health_check=HEALTH)
        @given(strategy)
        def examine(example):
            if time.monotonic() < self.end:
                with tempfile.TemporaryDirectory() as folder:
                    taken = self._examine(area, example, Path(folder))
                self.counts[area][0] += 1
                self.counts[area][1] += bool(taken)

        try:
            examine()
        except Exception as found:  # noqa: BLE001 - whatever was found is reported, and the hunt goes on
            self.found += 1
            said = str(found)[:2000]
            sys.stdout.write(f"--- {area}, seed {self.seed}: {said}\n{traceback.format_exc()[-4000:]}\n")

    def _examine(self, area, example, folder):
        if area == "attestations":
            return forged_attestations.examine(example)
        if area not in ARCHIVES:
            return readings.examine_package(*example, folder)
        ours = readings.examine(example, folder, ARCHIVES[area][1])
        for reader in self._readers(example) if ours is not None else ():
            readings.agrees(example, ours, reader)
        return ours

    def _readers(self, raw):
        if raw.startswith(b"PK"):
            return [readings.python, *([readings.unzip] if shutil.which("unzip") else [])]
        others = [
            reader for name, reader in (("tar", readings.gnu_tar), ("bsdtar", readings.bsdtar)) if shutil.which(name)
        ]
        return [readings.python, *others, *([self.node] if self.node and readings.npm_unpacks(raw) else [])]


def main():
    areas = [*ARCHIVES, *OTHERS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split(":")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("areas", nargs="*", help=f"any of: {', '.join(areas)}; all of them if none is named")
    given_words = parser.parse_args()
    if unknown := set(given_words.areas) - set(areas):
        parser.error(f"no such area: {', '.join(sorted(unknown))}")
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(min(Hunt(given_words.minutes, given_words.areas or areas, given_words.seed).run(), 1))


if __name__ == "__main__":
    main()
