"""A finding followed through runs and versions: what people said of it, and when it was gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from plugins.enums import Triage
from plugins.models.evidence import Evidence, Finding
from plugins.models.plugins import Plugin
from plugins.models.runs import VettingRun

if TYPE_CHECKING:
    from governance.models import User


class IssueQuerySet(models.QuerySet["Issue"]):
    """Questions about issues."""

    def with_newest(self) -> IssueQuerySet:
        """With the id of the newest finding of each, as `newest`; None where its run was never concluded."""
        newest = Finding.objects.filter(issue=models.OuterRef("pk")).order_by("-pk").values("pk")[:1]
        return self.annotate(newest=models.Subquery(newest))

    def visible_to_owner(self, user: User) -> IssueQuerySet:
        """Those of the plugins of the user's teams."""
        return self.filter(plugin__team__members=user)


class Issue(models.Model):
    """One finding's identity in one plugin. Its rows in runs come and go; this stays, and so does what hangs on it.

    Written once: where it is now, and whether it stands, is said by the findings and fixes that point to it.
    """

    append_only = True

    plugin = models.ForeignKey(Plugin, models.PROTECT, related_name="issues", verbose_name=_("plugin"))
    check_code = models.CharField(_("check"), max_length=40)
    rule = models.CharField(_("rule"), max_length=120)
    title = models.CharField(_("title"), max_length=400)
    fingerprint = models.CharField(
        _("first fingerprint"), max_length=64, help_text=_("Of the finding when it was found first.")
    )
    first_run = models.ForeignKey(
        VettingRun, models.PROTECT, related_name="first_issues", verbose_name=_("found first in")
    )

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        default_permissions = ("view",)
        permissions = [("triage_issue", _("Can triage and discuss issues"))]
        indexes = [models.Index(fields=["plugin", "fingerprint"], name="issue_fingerprint")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class FixedFinding(Evidence):
    """A finding of an earlier run that a later run looked for and did not find."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="fixed", verbose_name=_("run"))
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="fixes", verbose_name=_("last found as"))

    class Meta(Evidence.Meta):
        verbose_name = _("fixed finding")
        verbose_name_plural = _("fixed findings")
        constraints = [models.UniqueConstraint(fields=["run", "finding"], name="fixed_once_a_run")]

    def __str__(self) -> str:
        return f"#{self.finding_id}"


class IssueNote(models.Model):
    """What somebody said of an issue, with a verdict on it or without. The newest verdict is the one that holds."""

    append_only = True

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="notes", verbose_name=_("issue"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"))
    written_at = models.DateTimeField(_("written"), auto_now_add=True)
    triage = models.CharField(_("triage"), max_length=20, choices=Triage, blank=True)
    text = models.TextField(_("text"), max_length=4000)
    internal = models.BooleanField(
        _("for reviewers only"), default=False, help_text=_("The owner does not see it in the portal.")
    )

    class Meta:
        ordering = ("id",)
        verbose_name = _("note on an issue")
        verbose_name_plural = _("notes on issues")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="note_says_something"),
            models.CheckConstraint(
                condition=models.Q(triage="") | models.Q(triage__in=Triage.values), name="note_triage_known"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.issue_id}, {self.written_at:%Y-%m-%d %H:%M}"
