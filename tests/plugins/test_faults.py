"""Engines broken for real: the sandbox starts something else in their place, and nothing of it ever counts as a pass.

The whole pipeline runs over one package that gives every engine something to look at.
"""

from dataclasses import replace

import pytest
from django.conf import settings

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Verdict
from plugins.advisories.starter import NAME, starter_feed
from plugins.checks.base import FeedSnapshot
from plugins.detection.rule import RuleSet
from plugins.exports.vetting_json import vetting_document
from plugins.intake import intake
from plugins.sandbox import runner
from plugins.sandbox.limits import MIB
from plugins.vetting import vet
from tests.plugins.detection.rule_cases import rule
from tests.support.packages import python_source

FAULTS = {
    "is not there": ["/usr/bin/no-such-engine"],
    "crashes": ["/bin/sh", "-c", "kill -SEGV $$"],
    "is killed": ["/bin/sh", "-c", "kill -KILL $$"],
    "gives up": ["/bin/sh", "-c", "echo 'cannot go on' >&2; exit 3"],
    "says nothing": ["/bin/true"],
    "prints garbage": ["/bin/sh", "-c", "head -c 200000 /dev/urandom"],
    "prints half an answer": ["/bin/sh", "-c", 'printf \'{"findings": [{"path": "acme.py"\''],
    "prints an empty object": ["/bin/echo", "{}"],
    "prints an empty list": ["/bin/echo", "[]"],
    "prints a gigabyte": ["/bin/sh", "-c", "yes | head -c 1000000000"],
    "hangs": ["/bin/sleep", "600"],
    "eats all memory": ["/bin/sh", "-c", "tail /dev/zero"],
}
TIGHT = {"wall_seconds": 4, "output_bytes": 4 * MIB, "memory_bytes": 512 * MIB}
ENGINES = {
    "kingfisher": "secrets",
    "bandit_engine": "static",
    "ast_grep_engine": "static",
    "audit_pins": "dependencies",
    "yara_engine": "malware",
    "driver": "behaviour",
}
"""Words in the command of each engine, and the check that rests on it."""
ON_ENGINES = {"static", "secrets", "dependencies", "malware", "detection", "behaviour"}
FEED = FeedSnapshot((NAME,), 500, age_days=0.0, demo=True, advisories=tuple(starter_feed()))


@pytest.fixture
def taken(tmp_path):
    """A package with Python, JavaScript and a pinned dependency."""
    artifact = tmp_path / "acme-1.0.tar.gz"
    requires = b"[project]\nname = 'acme'\nversion = '1.0'\ndependencies = ['requests==2.31.0']\n"
    files = {"pyproject.toml": requires, "static/acme.js": b"fetch('https://api.acme.example')\n"}
    artifact.write_bytes(python_source(files=files))
    with intake(artifact, filename=artifact.name, work=tmp_path / "work") as inside:
        yield inside


def vetted(taken):
    rules = RuleSet((rule(),))
    return vet(taken, policy=baseline(), feed=lambda _package: FEED, cache=settings.CACHE_DIR, detection=rules)


def break_engines(monkeypatch, argv, *, named=""):
    """Have the sandbox start `argv` for every engine, or for those whose command holds a word. Gives what it broke."""
    real, broken = runner.execute, []

    def execute(command, *, limits, **more):
        words = " ".join(map(str, command))
        if named not in words:
            return real(command, limits=limits, **more)
        broken.append(words)
        return real(argv, limits=replace(limits, **TIGHT), **more)

    monkeypatch.setattr(runner, "execute", execute)
    return broken


def test_with_every_engine_whole_all_of_them_answer(taken):
    report = vetted(taken)

    silent = {result.code for result in report.results if result.status in {"inconclusive", "errored"}}
    assert not silent & ON_ENGINES, [result.reason for result in report.results if result.code in silent]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_check_passes_whose_engine(taken, monkeypatch, fault):
    broken = break_engines(monkeypatch, FAULTS[fault])

    report = vetted(taken)

    assert len(broken) >= len(ON_ENGINES)
    assert report.verdict is Verdict.INCONCLUSIVE
    for result in report.results:
        if result.code in ON_ENGINES:
            assert result.status in {CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED}, (result.code, result.reason)
            assert result.reason.isprintable(), result.reason
    assert len(str(vetting_document(report))) < 1_000_000  # nothing of the gigabyte is kept


@pytest.mark.parametrize("fault", ["says nothing", "prints garbage", "prints an empty object"])
@pytest.mark.parametrize("engine", ENGINES)
def test_one_broken_engine_silences_its_own_check_alone(taken, monkeypatch, engine, fault):
    broken = break_engines(monkeypatch, FAULTS[fault], named=engine)

    report = vetted(taken)

    silent = {result.code for result in report.results if result.status in {"inconclusive", "errored"}}
    assert broken
    assert silent & ON_ENGINES == {ENGINES[engine]}
    assert report.verdict is not Verdict.PASSED or engine == "driver"  # the policy does not require to run a plugin
