"""Hand work to django-q2: by the dotted name of the task, with ids only, after the transaction commits.

Tasks call services, and services must be able to queue tasks: naming the task as text is what keeps imports one-way.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django_q.tasks import async_task


def enqueue(task: str, /, **arguments: Any) -> None:
    """Queue a task once the current transaction commits; at once where there is none.

    Args:
        task: dotted name, e.g. `plugins.tasks.run_vetting`.
        arguments: ids and other small JSON-ready values.
    """

    def push() -> None:  # no partial: Django asks a robust callback that fails for its name
        async_task(task, task_name=task.rpartition(".")[2], **arguments)

    transaction.on_commit(push, robust=True)
