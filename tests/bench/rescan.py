"""An unchanged artifact vetted again after an advisory import, on PostgreSQL. `python -m tests.bench.rescan`.

The first run starts every engine; each further one is what revalidation does when a feed was imported that concerns
nothing of it. Baseline: the first run, in the same process right before.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.database import own_database, say

AIM = 0.1
"""Seconds."""
ROUNDS = 7


def main() -> int:
    """Measure in a database of its own."""
    with own_database("re-scan") as there:
        if there:
            _measure()
    return 0


def _measure() -> None:
    from django.conf import settings  # noqa: PLC0415 - after the settings

    from governance.policies import baseline  # noqa: PLC0415 - ditto
    from governance.services.policies import publish_policy, store_policy  # noqa: PLC0415 - ditto
    from plugins.checks.warm import warm  # noqa: PLC0415 - ditto
    from plugins.enums import Trigger, VersionState  # noqa: PLC0415 - ditto
    from plugins.sandbox import runner  # noqa: PLC0415 - ditto
    from plugins.services.feeds import import_documents  # noqa: PLC0415 - ditto
    from samples.build import build_all  # noqa: PLC0415 - ditto
    from tests.bench.exposure import document  # noqa: PLC0415 - ditto
    from tests.factories import ArtifactFactory, PluginVersionFactory  # noqa: PLC0415 - ditto

    warm(settings.CACHE_DIR)  # without the installation's salt, what was found of credentials is not kept
    publish_policy(policy=store_policy(rules=baseline()))
    started, real = [], runner._start
    runner._start = lambda line, **more: started.append(line) or real(line, **more)
    with tempfile.TemporaryDirectory() as folder:
        sample = next(one for one in build_all(Path(folder)) if one.name == "n8n-nodes-weather-desk")
        artifact = ArtifactFactory.stored(sample.path.read_bytes(), filename=sample.filename)
    version = PluginVersionFactory(artifact=artifact, state=VersionState.VETTING)
    import_documents(documents=[document("GHSA-0", "other", "1.0.0")], name="npm", source="", demo=False)
    first = _run(version, Trigger.SUBMISSION)
    engines, seconds = len(started), []
    for number in range(ROUNDS):
        import_documents(
            documents=[document(f"GHSA-{number + 1}", "other", "1.0.0")], name="npm", source="", demo=False
        )
        version.refresh_from_db()
        if version.state == VersionState.IN_REVIEW:  # a sweep leaves it where it is: certification would go on
            version.start_vetting()
            version.save(update_fields=["state"])
        seconds.append(_run(version, Trigger.ADVISORY))
    if len(started) != engines:
        again = [" ".join(map(str, line))[-160:] for line in started[engines : engines + 3]]
        raise AssertionError(f"{len(started) - engines} engines started again: {again}")
    middle = sorted(seconds)[ROUNDS // 2]
    say("\nre-scan of an unchanged artifact after an advisory import; seconds")
    say(f"  again, no engine started  {middle:>8.3f}   aim <= {AIM:.2f}  {'met' if middle <= AIM else 'NOT MET'}")
    say(f"    worst of {ROUNDS} rounds       {max(seconds):>8.3f}")
    say(f"  the first run             {first:>8.2f}   {first / middle:.0f} times as long, {engines} sandboxes")


def _run(version, trigger) -> float:
    from governance.models import PolicyVersion  # noqa: PLC0415 - after the settings
    from plugins.services.runs import execute_run  # noqa: PLC0415 - ditto
    from tests.factories import VettingRunFactory  # noqa: PLC0415 - ditto

    policy = PolicyVersion.objects.get(state="published")
    run = VettingRunFactory(queued=True, version=version, trigger=trigger, policy=policy)
    began = time.perf_counter()
    execute_run(run_id=run.pk)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
