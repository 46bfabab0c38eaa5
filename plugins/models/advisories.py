"""Imported advisory feeds. Reference data made elsewhere: replaced on import, so without lineage of its own."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models import Tracked
from governance.models.choices import choices
from governance.vocabulary import Severity


class AdvisoryFeed(Tracked):
    """One source of advisories, as last imported."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    demo = models.BooleanField(_("demo data"), default=False, help_text=_("The starter feed: for trying out only."))
    source = models.CharField(_("source"), max_length=300, blank=True)
    digest = models.CharField(_("digest of the file"), max_length=64, blank=True)
    records = models.PositiveIntegerField(_("records"), default=0)
    unusable = models.PositiveIntegerField(_("unusable records"), default=0)
    newest_at = models.DateTimeField(_("newest record"), null=True, blank=True)
    imported_at = models.DateTimeField(_("imported"))

    class Meta:
        ordering = ("name",)
        verbose_name = _("advisory feed")
        verbose_name_plural = _("advisory feeds")

    def __str__(self) -> str:
        return self.name


class Advisory(models.Model):
    """One OSV record of a feed."""

    feed = models.ForeignKey(AdvisoryFeed, models.CASCADE, related_name="advisories", verbose_name=_("feed"))
    osv_id = models.CharField(_("id"), max_length=128)
    modified_at = models.DateTimeField(_("modified"))
    withdrawn = models.BooleanField(_("withdrawn"), default=False)
    severity = models.CharField(_("severity"), max_length=10, choices=choices(Severity))
    summary = models.CharField(_("summary"), max_length=500, blank=True)
    record: models.JSONField[Any, Any] = models.JSONField(_("OSV record"))
    digest = models.CharField(_("digest of the record"), max_length=64, blank=True)
    seen_at = models.DateTimeField(
        _("first seen"), null=True, help_text=_("When the import ended that brought it as it is now.")
    )

    class Meta:
        ordering = ("osv_id",)
        verbose_name = _("advisory")
        verbose_name_plural = _("advisories")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["feed", "osv_id"], name="advisory_once_a_feed")]
        indexes = [models.Index(fields=["seen_at"], name="advisory_seen")]

    def __str__(self) -> str:
        return self.osv_id


class AdvisoryPackage(models.Model):
    """A package an advisory names; the index every look-up goes through."""

    advisory = models.ForeignKey(Advisory, models.CASCADE, related_name="packages", verbose_name=_("advisory"))
    ecosystem = models.CharField(_("ecosystem"), max_length=60)
    name = models.CharField(_("name"), max_length=300)

    class Meta:
        ordering = ("id",)
        verbose_name = _("affected package")
        verbose_name_plural = _("affected packages")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["ecosystem", "name"], name="advisory_package")]

    def __str__(self) -> str:
        return f"{self.ecosystem} {self.name}"
