"""django-q2's tables under unfold: what runs when, what ran, and what failed.

A task is a dotted name that a worker calls, so none can be added or edited here; what failed can be queued again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.admin import resubmit_task
from django_q.models import Failure, OrmQ, Schedule, Success

from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin[Schedule]):
    """What runs by the clock; made by the release."""

    list_display = ("name", "func", "schedule_type", "next_run", "repeats")
    search_fields = ("name", "func")


class TaskAdmin(ReadOnlyAdmin[Any]):
    """What finished tasks have in common."""

    list_display = ("name", "func", "started", "seconds", "attempt_count")
    list_filter = ("func", "started")
    search_fields = ("name", "func")
    fields = ("name", "func", "call", "started", "stopped", "attempt_count", "outcome")
    readonly_fields = ("call", "outcome")

    @admin.display(description=_("Seconds"))
    def seconds(self, task: Any) -> str:
        """How long it took."""
        return f"{task.time_taken():.1f}"

    @admin.display(description=_("Arguments"))
    def call(self, task: Any) -> str:
        """What it was called with: ids only."""
        return Truncator(f"{task.args or ()} {task.kwargs or {}}").chars(500)

    @admin.display(description=_("Result"))
    def outcome(self, task: Any) -> str:
        """What it returned, or the error."""
        return Truncator(str(task.result)).chars(4000)


@admin.register(Success)
class SuccessAdmin(TaskAdmin):
    """Tasks that came to their end."""


@admin.register(Failure)
class FailureAdmin(TaskAdmin):
    """Tasks that broke; they can be queued again."""

    list_display = ("name", "func", "started", "attempt_count", "error")
    actions = ("queue_again",)

    @admin.display(description=_("Error"))
    def error(self, task: Any) -> SafeString:
        """The beginning of the error."""
        return state_badge("failed", Truncator(str(task.result)).chars(80))

    def has_resubmit_permission(self, request: HttpRequest) -> bool:
        """A task may do anything the portal can: only a superuser starts one by hand."""
        return bool(request.user.is_superuser)

    @admin.action(description=_("Queue again"), permissions=["resubmit"])
    def queue_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Hand the tasks to the workers once more."""
        count = queryset.count()
        resubmit_task(self, request, queryset)
        text = ngettext("%(n)d task queued again.", "%(n)d tasks queued again.", count) % {"n": count}
        self.message_user(request, text, messages.SUCCESS)


@admin.register(OrmQ)
class QueueAdmin(ReadOnlyAdmin[OrmQ]):
    """What waits for a worker, where the database is the queue."""

    list_display = ("name", "func", "lock", "task_id")
    fields = ("key", "lock", "name", "func", "task_id")
    readonly_fields = ("name", "func", "task_id")
