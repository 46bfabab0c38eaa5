"""The sandbox log as people see it."""

import pytest

from plugins.presenters import evidence_of
from plugins.sandbox_log import SHOWN, logged_phases
from tests.factories import CheckRunFactory, VettingRunFactory

PHASE = {
    "name": "install", "seconds": 0.494, "ending": "It ended with exit code 0.", "problems": [], "loaded": [],
    "failed": {"index.js": "not today"}, "hosts": ["evil.example"], "commands": ["0.01 s  node x.js"] * (SHOWN + 2),
    "sent": ["0.27 s  ~/.npmrc to evil.example over http (base64)"], "written": [],
}  # fmt: skip


def test_what_was_sent_comes_first_and_long_lists_are_cut():
    (phase,) = logged_phases({"phases": [PHASE]})

    assert [str(seen.title) for seen in phase.seen] == ["Credentials sent", "Hosts asked for", "Programs started"]
    assert (len(phase.seen[2].lines), phase.seen[2].lines[-1]) == (SHOWN + 1, "and 2 more")
    assert (phase.seconds, phase.failed) == (0.5, ("index.js: not today",))


@pytest.mark.parametrize("evidence", [None, [], {}, {"phases": None}, {"phases": [1]}])
def test_what_was_not_run_has_no_log(evidence):
    assert logged_phases(evidence) == ()


@pytest.mark.django_db
def test_the_log_of_a_run_is_on_its_page_and_hostile_text_is_only_text(admin_client, policy):
    run = VettingRunFactory(policy=policy)
    hostile = {**PHASE, "commands": ["<script>alert(1)</script>"]}
    CheckRunFactory(run=run, code="behaviour", evidence={"phases": [hostile]})

    assert [phase.name for phase in evidence_of(run).sandbox] == ["install"]
    page = admin_client.get(f"/admin/plugins/pluginversion/{run.version_id}/change/").content.decode()
    assert "What it did when it ran" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
