"""Plugins, their versions, and the submissions that handed them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import get_objects_for_user

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked
from plugins.enums import FORMATS, Standing, VersionState
from plugins.models.artifacts import Artifact
from plugins.models.owners import OwnerTeam

if TYPE_CHECKING:
    from governance.models import User


class PluginQuerySet(models.QuerySet["Plugin"]):
    """Plugins."""

    def visible_to(self, user: User) -> PluginQuerySet:
        """All for those who may see all; else those a team of the user owns (guardian, through the team's group)."""
        return self & get_objects_for_user(user, "plugins.view_plugin")


class Plugin(Tracked):
    """An extension of the platform, under one name and one owner team."""

    name = models.CharField(_("name"), max_length=214, help_text=_("As its manifest states it."))
    format = models.CharField(_("format"), max_length=40)
    team = models.ForeignKey(OwnerTeam, models.PROTECT, related_name="plugins", verbose_name=_("owner team"))
    standing = models.CharField(_("standing"), max_length=20, choices=Standing, default=Standing.UNVETTED)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    certified_run = models.ForeignKey(
        "plugins.VettingRun",
        models.PROTECT,
        related_name="certifies",
        verbose_name=_("last certified run"),
        null=True,
        blank=True,
        help_text=_("The run behind the newest certificate: what the next version is compared with."),
    )
    automation_held = models.TextField(
        _("automatic certificates held"),
        blank=True,
        help_text=_("Why a human decides about every version for now; empty: not held."),
    )

    installations = models.PositiveIntegerField(
        _("installations"),
        null=True,
        blank=True,
        help_text=_("On how many places of the platform it is installed; empty: not known."),
    )

    objects = PluginQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("plugin")
        verbose_name_plural = _("plugins")
        permissions = [("submit_version", _("Can submit versions of the plugin"))]
        constraints = [
            models.UniqueConstraint(fields=["format", "name"], name="plugin_name_once_a_format"),
            models.CheckConstraint(condition=models.Q(standing__in=Standing.values), name="plugin_standing_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page in the owner portal."""
        return reverse("portal:plugin", args=[self.pk])

    @property
    def format_label(self) -> str:
        """The format in words."""
        return str(FORMATS.get(self.format, self.format))


class PluginVersionQuerySet(models.QuerySet["PluginVersion"]):
    """Versions."""

    def visible_to(self, user: User) -> PluginVersionQuerySet:
        """The versions of the plugins a user may see."""
        if user.has_perm("plugins.view_plugin"):
            return self.all()
        return self.filter(plugin__in=Plugin.objects.visible_to(user))


class PluginVersion(ConcurrentTransitionMixin, Tracked):
    """One version: exactly one artifact, and what intake read from it."""

    plugin = models.ForeignKey(Plugin, models.PROTECT, related_name="versions", verbose_name=_("plugin"))
    version = models.CharField(_("version"), max_length=120)
    artifact = models.OneToOneField(Artifact, models.PROTECT, related_name="version", verbose_name=_("artifact"))
    state = FSMField(
        _("state"), choices=VersionState.choices, default=VersionState.SUBMITTED, protected=True, editable=False
    )
    purl = models.CharField(_("package URL"), max_length=400)
    license = models.CharField(_("licence"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    metadata: models.JSONField[Any, Any] = models.JSONField(
        _("metadata"), default=dict, help_text=_("What intake read from the native manifest.")
    )
    declaration: models.JSONField[Any, Any] = models.JSONField(
        _("declaration"), null=True, blank=True, help_text=_("plugin-governance.json as it was handed in.")
    )
    created_at = models.DateTimeField(_("submitted"), auto_now_add=True)
    queue_since = models.DateTimeField(
        _("in the queue since"), help_text=_("A fixed version inherits it: fixing something never costs the place.")
    )

    write_once = ("plugin_id", "version", "artifact_id", "purl", "metadata", "declaration", "created_at")
    objects = PluginVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("plugin version")
        verbose_name_plural = _("plugin versions")
        constraints = [
            models.UniqueConstraint(fields=["plugin", "version"], name="version_once_a_plugin"),
            models.CheckConstraint(condition=models.Q(state__in=VersionState.values), name="version_state_known"),
        ]
        indexes = [models.Index(fields=["state", "queue_since"], name="version_queue")]

    def __str__(self) -> str:
        return f"{self.plugin.name} {self.version}"

    def get_absolute_url(self) -> str:
        """Its page in the owner portal."""
        return reverse("portal:version", args=[self.pk])

    @transition(
        field=state,
        source=[
            VersionState.SUBMITTED,
            VersionState.IN_REVIEW,
            VersionState.CHANGES_REQUESTED,
            VersionState.APPROVED,
            VersionState.QUARANTINED,
        ],
        target=VersionState.VETTING,
    )
    def start_vetting(self) -> None:
        """A vetting run has been queued for it."""

    @transition(field=state, source=VersionState.VETTING, target=VersionState.IN_REVIEW)
    def enter_review(self) -> None:
        """Evidence is in; humans decide."""

    @transition(field=state, source=VersionState.VETTING, target=VersionState.APPROVED)
    def reaffirm(self) -> None:
        """A revalidation found nothing that asks for a human; its certificate is renewed."""

    @transition(field=state, source=VersionState.IN_REVIEW, target=VersionState.APPROVED)
    def approve(self) -> None:
        """The review ended in approval."""

    @transition(field=state, source=VersionState.IN_REVIEW, target=VersionState.CHANGES_REQUESTED)
    def request_changes(self) -> None:
        """The owner's turn: a fixed version is expected."""

    @transition(field=state, source=VersionState.IN_REVIEW, target=VersionState.REJECTED)
    def reject(self) -> None:
        """The review ended in rejection."""

    @transition(
        field=state,
        source=[VersionState.SUBMITTED, VersionState.IN_REVIEW, VersionState.CHANGES_REQUESTED],
        target=VersionState.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """The owner takes it back."""

    @transition(field=state, source=[VersionState.IN_REVIEW, VersionState.APPROVED], target=VersionState.QUARANTINED)
    def quarantine(self) -> None:
        """Set aside while something serious is looked into; reversible."""

    @transition(field=state, source=VersionState.QUARANTINED, target=VersionState.IN_REVIEW)
    def release(self) -> None:
        """Back from quarantine to the reviewers."""


class Submission(Tracked):
    """Who handed in a version, when, under which file name and with which note."""

    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="submissions", verbose_name=_("version"))
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", verbose_name=_("submitted by")
    )
    filename = models.CharField(_("file name"), max_length=255)
    note = models.TextField(_("note to the reviewers"), blank=True, max_length=4000)
    created_at = models.DateTimeField(_("submitted"), auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")

    def __str__(self) -> str:
        return self.filename
