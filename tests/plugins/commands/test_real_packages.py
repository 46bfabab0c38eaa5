"""Real packages, fetched by npm and pip: the right format, all code examined, capabilities found, no cry of wolf.

Kept in `var/cache/packages` (or below REAL_PACKAGES_CACHE), so that nobody fetches them twice.
"""

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from governance.policies import baseline
from governance.vocabulary import CheckStatus, Severity
from plugins.advisories.starter import NAME, starter_feed
from plugins.checks.base import FeedSnapshot
from plugins.exports.vetting_json import vetting_document
from plugins.fetching import FetchFailed, fetch
from plugins.intake import intake
from plugins.vetting import vet
from tests.plugins.commands.cases import ROOT, valid

pytestmark = pytest.mark.real

SHELF = Path(os.environ.get("REAL_PACKAGES_CACHE", ROOT / "var" / "cache"))
N8N, RED, PYTHON, GENERIC = "n8n-node", "node-red-node", "python-package", "generic"
NETBOX, NAUTOBOT, AIRFLOW, DJANGO = "netbox-plugin", "nautobot-app", "airflow-provider", "django-app"


@dataclass(frozen=True)
class Known:
    """A package and what a reviewer knows of it."""

    format: str
    does: set = field(default_factory=set)
    """Capabilities that have to be found, each with a place."""
    does_not: set = field(default_factory=set)
    hosts: set = field(default_factory=set)
    failed: set = field(default_factory=set)
    """Checks that rightly find something high."""
    hooks: bool = False


PACKAGES = {
    "npm:n8n-nodes-evolution-api@1.0.4": Known(
        N8N, {"network.outbound", "secrets.read"}, {"process.spawn"}, {"doc.evolution-api.com"}, hooks=True
    ),
    "npm:@mendable/n8n-nodes-firecrawl@2.1.2": Known(
        N8N, {"network.outbound", "secrets.read"}, {"process.spawn", "network.download"}, {"api.firecrawl.dev"}
    ),
    "npm:n8n-nodes-minio@0.1.4": Known(N8N, {"network.outbound", "secrets.read"}),
    "npm:n8n-nodes-mcp@0.1.37": Known(N8N, {"env.read", "secrets.read"}, {"code.native"}),
    "npm:node-red-contrib-bigexec@1.3.2": Known(RED, {"process.spawn", "env.read"}),
    "npm:node-red-contrib-fs@1.4.1": Known(RED, {"filesystem.read"}, {"process.spawn", "network.outbound"}),
    "npm:node-red-contrib-telegrambot@19.0.1": Known(RED, {"network.outbound", "messaging.send"}, {"process.spawn"}),
    "npm:node-red-node-mysql@3.0.4": Known(RED, {"database.access"}),
    "npm:node-red-dashboard@3.6.6": Known(RED, {"network.listen", "code.dynamic"}, {"process.spawn"}, hooks=True),
    "npm:@budibase/standard-components@0.9.139": Known(GENERIC),
    "npm:@total-typescript/ts-reset@0.6.1": Known(GENERIC, set(), {"network.outbound", "process.spawn"}),
    "npm:bcrypt@5.1.1": Known(GENERIC, {"code.native", "process.install-hook"}, hooks=True),
    "pypi:netbox-bgp==0.20.2": Known(NETBOX, {"database.access"}),
    "pypi:airflow-provider-mlflow==1.1.0": Known(AIRFLOW, {"network.outbound", "env.read", "secrets.read"}),
    "pypi:paconn==0.0.21": Known(
        PYTHON, {"network.outbound", "filesystem.write"}, set(), {"login.microsoftonline.com"}
    ),
    "pypi:wagtail-localize==1.14.5": Known(DJANGO, {"database.access", "network.outbound"}, set(), {"api.deepl.com"}),
    "pypi:docopt==0.6.2": Known(PYTHON, {"process.install-hook"}, hooks=True),
    "pypi:pyperclip==1.8.2": Known(PYTHON, {"clipboard.read", "process.spawn"}, hooks=True),
    "pypi:pyyaml==6.0.3": Known(PYTHON, {"code.dynamic"}),
}


@cache
def vetted(target, scratch):
    """The report on a package and its document."""
    records = tuple(starter_feed())
    feed = FeedSnapshot((NAME,), len(records), age_days=0.0, demo=True, advisories=records)
    into = scratch / target.replace("/", "_")
    into.mkdir()
    file = fetch(target, into=into, cache=SHELF)
    with intake(file.path, filename=file.filename, work=scratch / "work") as taken:
        report = vet(taken, policy=baseline(), feed=lambda _package: feed, cache=settings.CACHE_DIR)
        return report, vetting_document(report)


LOADS_NOTHING = frozenset({"npm:@budibase/standard-components@0.9.139", "npm:bcrypt@5.1.1"})
"""Of these no entry point loads: one is written for a bundler, the other's machine code is fetched at installation."""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("real")


@pytest.mark.parametrize("target", PACKAGES)
def test_a_real_package_gets_a_sensible_report(target, scratch):
    known = PACKAGES[target]
    report, document = vetted(target, scratch)
    valid(document)
    status = {result.code: result.status for result in report.results}
    ran = status.pop("behaviour")

    assert document["artifact"]["format"] == known.format
    assert ran is (CheckStatus.INCONCLUSIVE if target in LOADS_NOTHING else CheckStatus.PASSED)
    assert not {CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED} & set(status.values()), document["reason"]
    static = next(result for result in report.results if result.code == "static")
    named = sum(finding.rule == "not-analysed" for finding in static.findings)
    assert static.examined + named == len(report.intake.package.code_files) > named
    failed = {f.check for r in report.results for f in r.findings if f.severity.at_least(Severity.HIGH)}
    assert failed == known.failed


@pytest.mark.parametrize("target", [target for target, known in PACKAGES.items() if known.does or known.does_not])
def test_what_a_real_package_does_is_found_with_its_place(target, scratch):
    known = PACKAGES[target]
    _, document = vetted(target, scratch)

    found = {use["id"]: use["evidence"] for use in document["capabilities"]}
    assert known.does <= found.keys()
    assert not known.does_not & found.keys()
    assert all(place["path"] for code in known.does for place in found[code])
    assert all(any(place["line"] > 0 for place in found[code]) for code in known.does)
    assert known.hosts <= {use["host"] for use in document["egress"]}


@pytest.mark.parametrize("target", [target for target, known in PACKAGES.items() if known.hooks])
def test_an_install_hook_is_shown_but_not_called_malware(target, scratch):
    report, document = vetted(target, scratch)

    assert any(finding["rule"] == "install-hook" for finding in document["findings"])
    malware = next(result for result in report.results if result.code == "malware")
    assert malware.status is CheckStatus.PASSED


def test_the_outbound_call_of_evolution_api_is_in_its_compiled_code(scratch):
    _, document = vetted("npm:n8n-nodes-evolution-api@1.0.4", scratch)

    outbound = next(use for use in document["capabilities"] if use["id"] == "network.outbound")
    assert {"path": "dist/nodes/EvolutionApi/execute/evolutionRequest.js", "line": 16} in outbound["evidence"]
    assert all(place["path"].startswith("dist/") for place in outbound["evidence"])


@pytest.mark.parametrize("target", ["npm:n8n-nodes-evolution-api@99.99.99", "pypi:docopt==99.99"])
def test_a_version_that_is_not_there_is_said_to_be_missing(target, tmp_path):
    with pytest.raises(FetchFailed) as caught:
        fetch(target, into=tmp_path, cache=tmp_path / "cache")

    assert caught.value.code == "not-found"
    assert not (tmp_path / "cache").exists()
