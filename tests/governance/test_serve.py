"""`make run` ends with a sentence, and leaves nothing half-done behind."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.management.commands import serve
from plugins.enums import RunState
from plugins.services import execute_run, runs
from tests.factories import VettingRunFactory


@pytest.mark.parametrize("port", ["0", "65536", "abc", "", "-1"])
def test_a_port_that_is_none_gets_a_sentence(port):
    with pytest.raises(CommandError, match="is no port, which is a number from 1 to 65535"):
        call_command("serve", f"--port={port}")


def test_stopping_in_the_middle_of_vettings_is_no_fault_of_theirs(db, monkeypatch):
    run = VettingRunFactory(state=RunState.QUEUED, evidence=False, reason="")

    def stop(*_args):
        raise serve.Stop

    monkeypatch.setattr(runs, "_vet", stop)
    for _attempt in range(runs.MAX_ATTEMPTS):
        with pytest.raises(serve.Stop):
            execute_run(run_id=run.pk)
        runs.VettingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())

    run.refresh_from_db()
    assert (run.state, run.reason) == (RunState.RUNNING, "")
