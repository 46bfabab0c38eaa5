import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Success

from governance.queue import enqueue
from governance.schedules import ensure_schedule
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_task_is_queued_when_its_transaction_commits():
    with transaction.atomic():
        enqueue("plugins.tasks.run_vetting", run_id=7)
        assert not OrmQ.objects.exists()

    task = OrmQ.objects.get().task
    assert (task["func"], task["kwargs"], task["name"]) == ("plugins.tasks.run_vetting", {"run_id": 7}, "run_vetting")


@pytest.mark.django_db(transaction=True)
def test_a_rollback_queues_nothing():
    def change():
        with transaction.atomic():
            enqueue("plugins.tasks.run_vetting", run_id=7)
            raise ValueError

    with pytest.raises(ValueError):
        change()

    assert not OrmQ.objects.exists()


def test_tasks_of_a_test_run_only_when_asked(django_capture_on_commit_callbacks, run_tasks):
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("plugins.tasks.watchdog")
    assert not Success.objects.exists()

    with run_tasks():
        enqueue("plugins.tasks.watchdog")

    assert Success.objects.get().result == "0 runs taken up again, 0 of sweeps released, 0 work folders removed"


def test_a_task_that_fails_fails_the_test(run_tasks):
    with pytest.raises(ValueError, match="no_such_task"), run_tasks():
        enqueue("plugins.tasks.no_such_task")


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_loses_no_change(monkeypatch, caplog):
    """The row is there, and the watchdog will queue it again."""

    def down(*_args, **_kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr("governance.queue.async_task", down)

    with transaction.atomic():
        user = UserFactory()
        enqueue("plugins.tasks.run_vetting", run_id=7)

    assert type(user).objects.filter(pk=user.pk).exists()
    assert "no broker" in caplog.text


def test_a_schedule_is_made_once_and_then_left_alone():
    ensure_schedule(name="watch", task="plugins.tasks.watchdog", minutes=2)
    Schedule.objects.update(minutes=30)

    ensure_schedule(name="watch", task="plugins.tasks.watchdog", minutes=2)

    made = Schedule.objects.get()
    assert (made.func, made.schedule_type, made.minutes, made.repeats) == (
        "plugins.tasks.watchdog",
        Schedule.MINUTES,
        30,
        -1,
    )
    assert timezone.now() < made.next_run < timezone.now() + dt.timedelta(minutes=2)
