"""The review queue, and the addresses behind the review page's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.admin.forms import AnswerForm, DecisionForm
from certification.admin.queue import QueueChangeList, StateFilter, TierFilter, WhoseFilter
from certification.admin.review_page import review_page
from certification.decisions import DecisionRefused, decide
from certification.enums import ReviewState
from certification.models import Review
from certification.reviews import ReviewRefused, answer_criterion, claim, release, take_over, why_not
from governance.admin.base import ReadOnlyAdmin, admin_url, require, require_post
from governance.badges import badge, severity_counts, state_badge, tier_badge, tone
from plugins.models import OwnerTeam
from plugins.services.certified import hold_automation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

CLAIM = "certification.claim_review"
DECIDE = "certification.decide_review"
REASSIGN = "certification.reassign_review"
HOLD_LENGTH = 1000


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin[Review]):
    """The queue: what is due first stands first, and the riskier of two due on one day."""

    empty_text = gettext_lazy(
        "A review opens by itself when an owner's submission has been vetted. Owners submit at /portal/submit/."
    )
    list_display = ("plugin_version", "risk", "verdict", "findings", "due", "desk")
    list_display_links = ("plugin_version",)
    list_filter = (StateFilter, WhoseFilter, TierFilter, "version__plugin__format", "kind")
    list_select_related = ("version__plugin__team", "run", "reviewer")
    search_fields = ("version__plugin__name", "version__version", "version__plugin__team__name", "=version__purl")
    search_help_text = gettext_lazy("Plugin, version, team or package URL")
    ordering = ("due_on", "version__queue_since", "-run__score", "id")
    sortable_by = ("due", "risk", "plugin_version")
    list_filter_submit = False
    list_before_template = "admin/certification/review/quick_filters.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Without the runs' reports, and with the mark of the user's own plugins."""
        own = OwnerTeam.objects.filter(plugins=OuterRef("version__plugin"), members=request.user.pk)
        return super().get_queryset(request).defer("run__report", "run__progress").annotate(own_plugin=Exists(own))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[QueueChangeList]:  # noqa: ARG002
        """With counts of findings."""
        return QueueChangeList

    @admin.display(description=gettext_lazy("Plugin version"), ordering="version__plugin__name")
    def plugin_version(self, review: Review) -> SafeString:
        """Name and version, and below them format and owner team."""
        plugin = review.version.plugin
        return format_html(
            '<span class="pw-name"><b class="pw-strong">{}</b> {}<br><span class="pw-quiet">{} · {}</span></span>',
            plugin.name, review.version.version, plugin.format_label, plugin.team,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("Risk"), ordering="run__score")
    def risk(self, review: Review) -> SafeString:
        """Tier and score."""
        return tier_badge(review.run.tier, review.run.score)

    @admin.display(description=gettext_lazy("Vetting"))
    def verdict(self, review: Review) -> SafeString:
        """How the run ended."""
        return state_badge(review.run.state, review.run.get_state_display())

    @admin.display(description=gettext_lazy("Findings"))
    def findings(self, review: Review) -> SafeString:
        """Counts by severity."""
        return severity_counts(review.severity_counts)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Due"), ordering="due_on")
    def due(self, review: Review) -> SafeString:
        """The day it is due, said loudly once it has passed; below it how long the version has waited."""
        return format_html(
            '<span class="pw-nowrap">{} {}<br><span class="pw-quiet">{}</span></span>',
            review.due_on.isoformat(),
            badge(_("Overdue"), "bad") if review.is_overdue(timezone.localdate()) else "",
            _("waits %(time)s") % {"time": timesince(review.version.queue_since, depth=1)},
        )

    @admin.display(description=gettext_lazy("State and reviewer"), ordering="state")
    def desk(self, review: Review) -> SafeString:
        """The state, and below it who works on it or that this user may not."""
        if review.own_plugin:  # type: ignore[attr-defined]
            who: object = _("Your own team's plugin: not yours to review")
        else:
            who = review.reviewer or _("Nobody")
        state = badge(review.get_state_display(), tone(review.state))
        return format_html('<span class="pw-desk">{}<br><span class="pw-quiet">{}</span></span>', state, who)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and one address for each button."""
        moves: tuple[tuple[str, Callable[..., HttpResponse]], ...] = (
            ("claim", self.claim_view),
            ("release", self.release_view),
            ("take-over", self.take_over_view),
            ("answer", self.answer_view),
            ("decide", self.decide_view),
            ("hold", self.hold_view),
        )
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"certification_review_{name.replace('-', '_')}",
            )
            for name, view in moves
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's signature
    ) -> HttpResponse:
        """The review page."""
        return self._page(request, self.get_object_or_404(request, object_id))

    def claim_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Take it."""
        return self._move(request, object_id, CLAIM, claim, _("It is yours now."))

    def release_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Give it back."""
        return self._move(request, object_id, CLAIM, release, _("It is back in the queue."))

    def take_over_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Take it from somebody who is away."""
        return self._move(request, object_id, REASSIGN, take_over, _("It is yours now."))

    def answer_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Answer one criterion."""
        require_post(request)
        require(request, CLAIM)
        review = self.get_object_or_404(request, object_id)
        form = AnswerForm(request.POST, review=review)
        if not form.is_valid():
            self.message_user(
                request, " ".join(str(text) for texts in form.errors.values() for text in texts), messages.ERROR
            )
            return HttpResponseRedirect(f"{self.page_url(review)}#criteria")
        try:
            answer = answer_criterion(review=review, actor=request.user, **form.cleaned_data)
        except ReviewRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            text = _("%(code)s is answered: %(outcome)s.")
            values = {"code": answer.criterion.code, "outcome": answer.get_outcome_display().lower()}
            self.message_user(request, text % values, messages.SUCCESS)
        return HttpResponseRedirect(f"{self.page_url(review)}#criteria")

    def hold_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Hold automatic certificates of the plugin, or let them happen again (an empty reason)."""
        require_post(request)
        require(request, DECIDE)
        review = self.get_object_or_404(request, object_id)
        if obstacle := why_not(request.user, review):
            self.message_user(request, obstacle, messages.ERROR)
        else:
            reason = request.POST.get("reason", "").strip()[:HOLD_LENGTH]
            hold_automation(plugin=review.version.plugin, actor=request.user, reason=reason)
            said = _("Automatic certificates are held.") if reason else _("Automatic certificates are not held.")
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(f"{self.page_url(review)}#automatic")

    def decide_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Approve, ask for changes, or reject."""
        require_post(request)
        require(request, DECIDE)
        review = self.get_object_or_404(request, object_id)
        form = DecisionForm(request.POST, review=review)
        if not form.is_valid():
            return self._page(request, review, form=form, status=422)
        try:
            decision = decide(review=review, actor=request.user, **form.cleaned_data)
        except DecisionRefused as refusal:
            form.add_error(None, str(refusal))
            review = self.get_object_or_404(request, object_id)  # the refused transition has changed the one in memory
            return self._page(request, review, form=form, status=422)
        self._say(request, review, decision.get_outcome_display())
        return HttpResponseRedirect(self.page_url(review))

    def _say(self, request: HttpRequest, review: Review, outcome: str) -> None:
        if review.state == ReviewState.SECOND_APPROVAL:
            text = _("Your approval is recorded. This tier needs a second person's.")
        else:
            text = _("Decided: %(outcome)s.") % {"outcome": outcome}
        self.message_user(request, text, messages.SUCCESS)

    def _move(
        self, request: SignedInRequest, object_id: str, permission: str, service: Callable[..., Review], done: str
    ) -> HttpResponse:
        require_post(request)
        require(request, permission)
        review = self.get_object_or_404(request, object_id)
        try:
            service(review=review, actor=request.user)
        except ReviewRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(review))

    def _page(
        self, request: HttpRequest, review: Review, *, form: DecisionForm | None = None, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(review),
            "original": review,
            "opts": self.opts,
            "may_vet": request.user.has_perm("plugins.change_vettingrun"),
            "may_download": request.user.has_perm("plugins.view_artifact"),
            "version_url": admin_url(review.version, "change"),
            **review_page(request, review, form=form),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/evidence/review.html", context, status=status)
