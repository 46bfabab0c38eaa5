"""Writers in processes of their own, one of them killed in the middle of numbering: no gap, no loss, no duplicate."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection, connections

from governance import ledger
from governance.ledger.verification import verify
from governance.models import LedgerEntry, LedgerLeaf
from tests.support.environment import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

WRITER = """
import sys, time, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.db import transaction
from governance import ledger
from governance.ledger import sequencer
sequencer.PAUSE = 0.0
if sys.argv[2] == "stuck":
    append = sequencer._append
    def slowly(*arguments):
        append(*arguments)
        print("numbering", flush=True)
        time.sleep(600)
    sequencer._append = slowly
for number in range(int(sys.argv[3])):
    with transaction.atomic():
        ledger.record(verb="thing.done", details={"n": number})
"""


def start(kind, count):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "governance.settings", "LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, "-c", WRITER, str(connection.settings_dict["NAME"]), kind, str(count)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def check(expected):
    ledger.sequence(thorough=True)
    entries = list(LedgerEntry.objects.order_by("pk").values_list("pk", flat=True))
    leaves = list(LedgerLeaf.objects.order_by("index").values_list("index", "entry_id"))
    assert [index for index, _entry in leaves] == list(range(len(entries)))
    assert sorted(entry for _index, entry in leaves) == entries
    assert len(entries) == expected
    assert verify().problems == ()


def test_a_process_killed_while_it_numbers_leaves_nothing_half_done():
    stuck = start("stuck", 1)
    assert stuck.stdout.readline() == "numbering\n"
    stuck.send_signal(signal.SIGKILL)
    stuck.wait()
    stuck.stdout.close()

    assert LedgerLeaf.objects.count() == 0  # its event is there, its number was not committed
    check(expected=1)


def test_eight_processes_at_once_lose_nothing():
    """A minute of the same, with one of them killed: `python -m tests.bench.ledger --writers 60`."""
    connections.close_all()
    writers = [start("quick", 5) for _ in range(8)]
    for writer in writers:
        assert writer.wait(timeout=300) == 0
        writer.stdout.close()

    check(expected=40)
