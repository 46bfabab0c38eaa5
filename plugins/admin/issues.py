"""Issues in the admin: their history, what was said of them, and the way to a waiver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.asking import ask
from governance.admin.base import ReadOnlyAdmin, require, require_post
from governance.badges import badge, severity_badge
from governance.lineage import events_about
from plugins.enums import WAIVER_OPEN, Triage, WaiverState
from plugins.issue_page import issue_page
from plugins.models import Finding, FixedFinding, Issue, IssueNote, Waiver
from plugins.services.issues import NoteRefused, write_note
from plugins.services.waivers import PROPOSE, WaiverRefused, propose
from plugins.waiver_forms import NoteForm, WaiverForm

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from governance.requests import SignedInRequest

TRIAGE = "plugins.triage_issue"
EVENTS = 20


class TriageFilter(admin.SimpleListFilter):
    """By the verdict that holds."""

    title = gettext_lazy("triage")
    parameter_name = "triage"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's
        """All there are."""
        return Triage.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Issue]) -> QuerySet[Issue]:  # noqa: ARG002 - ditto
        """Narrow down."""
        value = self.value()
        if value not in Triage.values:
            return queryset
        same = Q(triage_now=value)
        return queryset.filter(same | Q(triage_now__isnull=True) if value == Triage.OPEN else same)


@admin.register(Issue)
class IssueAdmin(ReadOnlyAdmin[Issue]):
    """Findings followed from run to run."""

    empty_text = gettext_lazy("Vetting runs open an issue for each finding nobody knew; none has found anything yet.")
    list_display = ("title", "severity_shown", "check_code", "rule", "plugin", "triage_shown", "waiver_shown", "since")
    list_filter = ("check_code", TriageFilter, "plugin__format")
    list_select_related = ("plugin", "first_run__version__plugin")
    search_fields = ("title", "rule", "plugin__name", "=fingerprint")
    search_help_text = gettext_lazy("Title, rule, plugin or fingerprint")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        """With severity, verdict and waiver as they are now."""
        findings = Finding.objects.filter(issue=OuterRef("pk")).order_by("-pk")
        verdicts = IssueNote.objects.filter(issue=OuterRef("pk")).exclude(triage="").order_by("-pk")
        waivers = Waiver.objects.filter(issue=OuterRef("pk"), state__in=WAIVER_OPEN)
        return (
            super()
            .get_queryset(request)
            .defer("first_run__report")
            .annotate(
                severity_now=Subquery(findings.values("severity")[:1]),
                triage_now=Subquery(verdicts.values("triage")[:1]),
                waiver_now=Subquery(waivers.values("state")[:1]),
            )
        )

    @admin.display(description=gettext_lazy("Severity"), ordering="severity_now")
    def severity_shown(self, issue: Issue) -> SafeString:
        """Of the newest finding."""
        return severity_badge(issue.severity_now) if issue.severity_now else SafeString()  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Triage"), ordering="triage_now")
    def triage_shown(self, issue: Issue) -> str:
        """The verdict that holds."""
        return str(Triage(issue.triage_now or Triage.OPEN).label)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Waiver"), ordering="waiver_now")
    def waiver_shown(self, issue: Issue) -> str | SafeString:
        """The state of an open waiver."""
        state = issue.waiver_now  # type: ignore[attr-defined]
        return badge(str(WaiverState(state).label), "info") if state else ""

    @admin.display(description=gettext_lazy("Since"), ordering="first_run")
    def since(self, issue: Issue) -> str:
        """The version it was found in first."""
        return issue.first_run.version.version

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: say something, ask for a waiver."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/note/", view(self.note_view), name="plugins_issue_note"),
            path("<path:object_id>/waive/", view(self.waive_view), name="plugins_issue_waive"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Everything about it."""
        return self._page(request, self.get_object_or_404(request, object_id), None, extra_context)

    def note_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Say something, with a verdict or without."""
        require_post(request)
        require(request, TRIAGE)
        issue = self.get_object_or_404(request, object_id)
        form = NoteForm(request.POST, triages=True)
        if not form.is_valid():
            return self._page(request, issue, form)
        try:
            write_note(issue=issue, author=request.user, **form.cleaned_data)
        except NoteRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("Your note is kept."), messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(issue))

    def waive_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Ask for a waiver."""
        require(request, PROPOSE)
        issue = self.get_object_or_404(request, object_id)
        page = issue_page(issue, internal=True)
        if page.not_waivable:
            self.message_user(request, page.not_waivable, messages.ERROR)
            return HttpResponseRedirect(self.page_url(issue))
        form = WaiverForm(request.POST or None, days=page.days)
        if request.method == "POST" and form.is_valid():
            try:
                waiver = propose(issue=issue, actor=request.user, **form.cleaned_data)
            except WaiverRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(
                    request, _("%(waiver)s is proposed; another person decides.") % {"waiver": waiver}, messages.SUCCESS
                )
                return HttpResponseRedirect(self.page_url(issue))
        effect = _("Once another person has approved it, “%(title)s” counts nowhere until that day.")
        return ask(
            request,
            self,
            form,
            title=_("Propose a waiver"),
            effect=effect % {"title": issue.title},
            back=self.page_url(issue),
        )

    def _page(
        self, request: HttpRequest, issue: Issue, form: NoteForm | None, extra: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(issue),
            "original": issue,
            "opts": self.opts,
            "page": issue_page(issue, internal=True),
            "form": form or NoteForm(triages=True),
            "events": events_about([issue, *issue.waivers.all()], limit=EVENTS),
            "may_triage": request.user.has_perm(TRIAGE),
            "may_propose": request.user.has_perm(PROPOSE),
            **(extra or {}),
        }
        request.current_app = self.admin_site.name
        status = 422 if form is not None and form.errors else 200
        return TemplateResponse(request, "admin/evidence/issue.html", context, status=status)


@admin.register(IssueNote)
class IssueNoteAdmin(ReadOnlyAdmin[IssueNote]):
    """What was said of issues."""

    empty_text = gettext_lazy("Reviewers and owners write notes on the page of an issue.")
    list_display = ("issue", "author", "triage", "internal", "written_at", "text")
    list_filter = ("triage", "internal", "written_at")
    list_select_related = ("issue", "author")
    search_fields = ("text", "issue__title", "author__username")
    ordering = ("-id",)


@admin.register(FixedFinding)
class FixedFindingAdmin(ReadOnlyAdmin[FixedFinding]):
    """What later runs did not find any more."""

    empty_text = gettext_lazy("A run writes down what it looked for and did not find any more.")
    list_display = ("finding", "check_code", "version", "run")
    list_select_related = ("finding__run__version__plugin", "run__version__plugin")
    search_fields = ("finding__title", "finding__rule", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("Check"), ordering="finding__check_code")
    def check_code(self, fixed: FixedFinding) -> str:
        """The check."""
        return fixed.finding.check_code

    @admin.display(description=gettext_lazy("Fixed in"))
    def version(self, fixed: FixedFinding) -> str:
        """The version in which it was gone."""
        return str(fixed.run.version)
