"""Vet a package whose work folder lies on a disk that is nearly full. A program of tests; prints one line of JSON."""

import json
import sys
from pathlib import Path

from tests.support import environment

environment.prepare()

import django  # noqa: E402 - its settings are chosen above

django.setup()

from django.conf import settings  # noqa: E402

from governance.policies import baseline  # noqa: E402
from plugins.archive import ArchiveRefused  # noqa: E402
from plugins.intake import intake  # noqa: E402
from plugins.vetting import vet  # noqa: E402
from tests.plugins.test_faults import FEED  # noqa: E402


def main() -> None:
    """`python -m tests.plugins.full_disk ARTIFACT WORK`."""
    artifact, work = map(Path, sys.argv[1:])
    try:
        with intake(artifact, filename=artifact.name, work=work) as taken:
            report = vet(taken, policy=baseline(), feed=lambda _package: FEED, cache=settings.CACHE_DIR)
    except (OSError, ArchiveRefused) as problem:
        sys.stdout.write(json.dumps({"broke": f"{type(problem).__name__}: {problem}"}))
        return
    statuses = {result.code: [result.status.value, result.reason] for result in report.results}
    sys.stdout.write(json.dumps({"verdict": report.verdict.value, "checks": statuses}))


if __name__ == "__main__":
    main()
