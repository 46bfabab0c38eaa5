"""Whoever gets or loses rights is told of in the ledger: groups, permissions, and rights on single objects.

Names of groups and permissions are no personal data. Who did it is known where a page did it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from guardian.models import GroupObjectPermission, UserObjectPermission
from simple_history.models import HistoricalRecords

from governance import ledger
from governance.models import User

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import Model

DONE = {"post_add": "added", "post_remove": "removed", "pre_clear": "removed"}
"""What Django reports of many-to-many links, and what it means; cleared links are read before they are gone."""
VERBS = {
    User.groups.through: "user.groups-changed",
    User.user_permissions.through: "user.permissions-changed",
    Group.permissions.through: "role.permissions-changed",
}


def connect() -> None:
    """Called once, when the app is ready."""
    for through in VERBS:
        m2m_changed.connect(_links_changed, sender=through, dispatch_uid=f"governance.{through._meta.db_table}")  # noqa: SLF001 - public
    pre_delete.connect(_role_deleted, sender=Group, dispatch_uid="governance.role_deleted")
    pre_save.connect(_role_renamed, sender=Group, dispatch_uid="governance.role_renamed")
    for model in (GroupObjectPermission, UserObjectPermission):
        post_save.connect(_granted, sender=model, dispatch_uid=f"governance.granted.{model.__name__}")
        post_delete.connect(_withdrawn, sender=model, dispatch_uid=f"governance.withdrawn.{model.__name__}")


def _links_changed(
    *, sender: Any, instance: Any, action: str, reverse: bool, model: type[Model], pk_set: Collection[int], **_rest: Any
) -> None:
    if action not in DONE:
        return
    if action == "pre_clear":
        found = sender.objects.filter(**{_column(sender, type(instance)): instance.pk})
        pk_set = list(found.values_list(_column(sender, model), flat=True))
    if not pk_set:
        return
    others = list(model._default_manager.filter(pk__in=pk_set).order_by("pk"))  # noqa: SLF001 - Django's public name
    changes = [(each, [instance]) for each in others] if reverse else [(instance, others)]
    with transaction.atomic():
        for subject, names in changes:
            ledger.record(
                verb=VERBS[sender],
                subject=subject,
                actor=_who(),
                details={DONE[action]: sorted(_name(each) for each in names)},
            )


def _role_deleted(*, instance: Group, **_rest: Any) -> None:
    """Its members lose what it gave them, and no link says so: they go with it."""
    members = list(User.objects.filter(groups=instance).order_by("pk"))
    with transaction.atomic():
        for member in members:
            ledger.record(
                verb="user.groups-changed", subject=member, actor=_who(), details={"removed": [instance.name]}
            )
        ledger.record(verb="role.deleted", subject=instance, actor=_who(), details={"members": len(members)})


def _role_renamed(*, instance: Group, raw: bool = False, **_rest: Any) -> None:
    """By its name a group is known as a role."""
    before = None if raw else Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    if before in (None, instance.name):
        return
    with transaction.atomic():
        ledger.record(
            verb="role.renamed", subject=instance, actor=_who(), details={"before": before, "after": instance.name}
        )


def _column(through: Any, model: type[Model]) -> str:
    """The column of a table of links that points to this model."""
    fields = through._meta.concrete_fields  # noqa: SLF001 - Django's public name
    return str(next(field.attname for field in fields if field.related_model is model))


def _granted(*, instance: Any, created: bool, raw: bool = False, **_rest: Any) -> None:
    if created and not raw:
        _tell("permission.granted", instance)


def _withdrawn(*, instance: Any, **_rest: Any) -> None:
    _tell("permission.withdrawn", instance)


def _tell(verb: str, row: Any) -> None:
    holder = row.group if isinstance(row, GroupObjectPermission) else row.user
    details = {
        "permission": row.permission.codename,
        "object": f"{row.content_type.app_label}.{row.content_type.model}",
        "object_id": str(row.object_pk),
    }
    with transaction.atomic():
        ledger.record(verb=verb, subject=holder, actor=_who(), details=details)


def _name(other: Any) -> str:
    return str(other.codename if hasattr(other, "codename") else other)


def _who() -> User | None:
    """The user whose request this is; None for commands and the worker."""
    user = getattr(getattr(HistoricalRecords.context, "request", None), "user", None)
    return user if user is not None and user.is_authenticated else None
