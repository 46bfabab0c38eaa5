"""Tasks of the worker; one of them over a real Redis, by a real cluster in a process of its own."""

import os
import signal
import subprocess
import sys
import time
import uuid

import pytest
import redis as client
from django.conf import settings
from django.db import connection

from governance.services import load_baseline
from plugins.enums import RunState
from plugins.models import VettingRun
from plugins.services import execute_run
from plugins.tasks import run_vetting
from tests.factories import ArtifactFactory, VettingRunFactory
from tests.support import available
from tests.support.environment import ROOT

ADDRESS = "redis://{}:{}/0".format(*available.REDIS)
PATIENCE = 120
SUBMIT = """
import sys
from django.core.files.uploadedfile import SimpleUploadedFile
from governance.models import User
from plugins.services import submit
path, filename = sys.argv[1:]
upload = SimpleUploadedFile(filename, open(path, "rb").read())
print(submit(actor=User.objects.create(username="olga"), upload=upload, filename=filename).version.runs.get().pk)
"""


@pytest.mark.django_db
def test_a_task_says_what_it_did(policy):
    run = VettingRunFactory(queued=True, version__artifact=ArtifactFactory(), version__state="vetting")

    assert run_vetting(run_id=run.pk + 1) == f"run {run.pk + 1}: nothing to do"
    with pytest.raises(FileNotFoundError):
        execute_run(run_id=run.pk)


@pytest.fixture
def cluster(transactional_db):
    """Environment of processes that share this test's database and a queue of its own in Redis."""
    load_baseline()
    name = f"plugwarden-test-{uuid.uuid4().hex}"
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        database = f"sqlite:///{given['NAME']}"
    else:
        who = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
        database = f"postgres://{who}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    yield os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": ADDRESS,
        "PLUGWARDEN_QUEUE": name,
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "governance.settings",
        "PYTHONPATH": str(ROOT),
    }
    server = client.from_url(ADDRESS)
    for key in server.scan_iter(f"django_q:{name}:*"):
        server.delete(key)
    server.close()


def queue_length(surroundings):
    with client.from_url(ADDRESS) as server:
        return server.llen(f"django_q:{surroundings['PLUGWARDEN_QUEUE']}:q")


@pytest.mark.redis
def test_a_vetting_goes_over_the_redis_broker(cluster, samples):
    """An upload in one process, its vetting in another; Redis is all that tells the one of the other."""
    built = samples["n8n-nodes-weather-desk"]
    program = f"import django; django.setup()\n{SUBMIT}"
    submitted = subprocess.run(
        [sys.executable, "-c", program, str(built.path), built.filename],
        env=cluster, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert submitted.returncode == 0, submitted.stderr
    run = VettingRun.objects.get(pk=int(submitted.stdout.split()[-1]))
    assert (run.state, queue_length(cluster)) == (RunState.QUEUED, 1)

    worker = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        env=cluster, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and run.state in {RunState.QUEUED, RunState.RUNNING}:
            time.sleep(0.3)
            run = VettingRun.objects.get(pk=run.pk)
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()

    assert run.report is not None, run.reason
    assert run.report["artifact"]["sha256"] == built.sha256
    assert run.reviews.get().state == "open"
    assert queue_length(cluster) == 0
