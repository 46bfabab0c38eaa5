"""Detection rules in the admin: written in a form, tested by a click, moved step by step by the services."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import Http404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.base import ReadOnlyAdmin, admin_url, require, require_post
from governance.badges import severity_badge, state_badge
from governance.lineage import events_about
from plugins.admin.detection_form import DetectionRuleForm
from plugins.detection.samples import SAMPLES
from plugins.enums import RULE_KINDS, HuntScope, RuleState
from plugins.models import DetectionRule, MonitoredFinding
from plugins.services import detection, hunts
from plugins.services.detection import RuleRefused
from plugins.services.hunts import HuntRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

ADD, CHANGE, ENFORCE = (f"plugins.{name}_detectionrule" for name in ("add", "change", "enforce"))
HUNT = "plugins.add_hunt"
WINDOW = timedelta(days=30)
SHOWN = 20


class Step(NamedTuple):
    """One step of a rule."""

    title: _StrPromise
    effect: _StrPromise
    permission: str
    service: Callable[..., DetectionRule]
    possible_from: tuple[RuleState, ...]


STEPS = {
    "monitor": Step(
        gettext_lazy("Start monitoring"),
        gettext_lazy("Every vetting looks for it from now on; its findings are shown and count for nothing."),
        CHANGE,
        detection.start_monitoring,
        (RuleState.DRAFT,),
    ),
    "enforce": Step(
        gettext_lazy("Enforce"),
        gettext_lazy("Its findings count and block from now on. Whoever wrote it cannot do this."),
        ENFORCE,
        detection.enforce,
        (RuleState.MONITOR,),
    ),
    "retire": Step(
        gettext_lazy("Retire"),
        gettext_lazy("No vetting looks for it any more. This cannot be undone; a new revision can follow."),
        ENFORCE,
        detection.retire,
        (RuleState.DRAFT, RuleState.MONITOR, RuleState.ENFORCED),
    ),
}


@admin.register(DetectionRule)
class DetectionRuleAdmin(ReadOnlyAdmin[DetectionRule]):
    """Rules, each in all its revisions. A page shows one; services change it."""

    empty_text = gettext_lazy("Write the first one with “Add”: what an incident taught, so that it is found again.")
    list_display = ("shown_code", "title", "kind", "severity_shown", "state_shown", "trial_hits")
    list_display_links = ("shown_code", "title")
    list_filter = ("state", "kind", "severity")
    search_fields = ("code", "title", "body", "why")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DetectionRule]:
        """With the number of hits in monitor mode in the last 30 days."""
        recent = MonitoredFinding.objects.filter(rule=OuterRef("pk"), found_at__gte=timezone.now() - WINDOW)
        counted = recent.order_by().values("rule").annotate(count=Count("pk")).values("count")
        return super().get_queryset(request).annotate(recent_hits=Coalesce(Subquery(counted, IntegerField()), 0))

    def has_add_permission(self, request: HttpRequest, obj: DetectionRule | None = None) -> bool:  # noqa: ARG002
        """Whoever may write rules."""
        return request.user.has_perm(ADD)

    @admin.display(description=gettext_lazy("Rule"), ordering="code")
    def shown_code(self, rule: DetectionRule) -> str:
        """Code and revision."""
        return f"{rule.code} · {rule.revision}"

    @admin.display(description=gettext_lazy("Severity"), ordering="severity")
    def severity_shown(self, rule: DetectionRule) -> SafeString:
        """The severity as a badge."""
        return severity_badge(rule.severity)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, rule: DetectionRule) -> SafeString:
        """The state as a badge."""
        return state_badge(rule.state, rule.get_state_display())

    @admin.display(description=gettext_lazy("Trial hits, 30 days"), ordering="recent_hits")
    def trial_hits(self, rule: DetectionRule) -> str:
        """How often it hit without counting; empty where it was never on trial."""
        return str(rule.recent_hits) if rule.monitored_at else ""  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: edit, test, new revision, hunt, and the steps."""
        view = self.admin_site.admin_view
        own = [
            ("edit", self.edit_view),
            ("test", self.test_view),
            ("revise", self.revise_view),
            ("hunt", self.hunt_view),
        ]
        return [
            *(path(f"<path:object_id>/{name}/", view(to), name=f"plugins_detectionrule_{name}") for name, to in own),
            path("<path:object_id>/step/<slug:name>/", view(self.step_view), name="plugins_detectionrule_step"),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - ditto
    ) -> HttpResponse:
        """A new rule."""
        require(request, ADD)
        return self._form(request, None)

    def edit_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Change a draft."""
        require(request, CHANGE)
        rule = self.get_object_or_404(request, object_id)
        if rule.state != RuleState.DRAFT:
            self.message_user(request, _("Only drafts are changed: write a new revision."), messages.ERROR)
            return HttpResponseRedirect(self.page_url(rule))
        return self._form(request, rule)

    def _form(self, request: HttpRequest, rule: DetectionRule | None) -> HttpResponse:
        form = DetectionRuleForm(request.POST or None, rule=rule)
        if request.method == "POST" and form.is_valid() and (stored := form.save(actor=request.user)):  # type: ignore[arg-type]
            self.message_user(request, _("%(rule)s is stored as a draft; its tests passed.") % {"rule": stored})
            return HttpResponseRedirect(self.page_url(stored))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change %(rule)s") % {"rule": rule} if rule else _("New detection rule"),
            "opts": self.opts,
            "form": form,
            "rule": rule,
            "samples": [(RULE_KINDS[sample.kind], sample) for sample in SAMPLES],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/detection/form.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One revision: what it says, what it found on trial, its hunts, and what can be done with it."""
        rule = self.get_object_or_404(request, object_id)
        trial = rule.monitored.select_related("run__version__plugin").defer("run__report").order_by("-pk")
        context = {
            **self.admin_site.each_context(request),
            "title": str(rule),
            "original": rule,
            "opts": self.opts,
            "rule": rule,
            "kind_text": RULE_KINDS.get(rule.kind, rule.kind),
            "steps": self._steps(request, rule),
            "may_edit": rule.state == RuleState.DRAFT and request.user.has_perm(CHANGE),
            "may_revise": rule.state != RuleState.DRAFT and request.user.has_perm(ADD),
            "may_hunt": rule.state != RuleState.RETIRED and request.user.has_perm(HUNT),
            "may_test": request.user.has_perm(CHANGE),
            "scopes": HuntScope.choices,
            "revisions": DetectionRule.objects.filter(code=rule.code).exclude(pk=rule.pk).order_by("-revision"),
            "trial": trial[:SHOWN],
            "hunts": rule.hunts.select_related("started_by")[:SHOWN],
            "events": events_about([rule], limit=SHOWN),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/detection/rule.html", context)

    def _steps(self, request: HttpRequest, rule: DetectionRule) -> list[tuple[str, Step]]:
        """What this user can do now; who wrote a rule is not offered to put it in force."""
        wrote = request.user.is_authenticated and rule.wrote(request.user)
        return [
            (name, step)
            for name, step in STEPS.items()
            if rule.state in step.possible_from
            and request.user.has_perm(step.permission)
            and not (name == "enforce" and wrote)
        ]

    def test_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Run the examples now."""
        require_post(request)
        require(request, CHANGE)
        rule = self.get_object_or_404(request, object_id)
        try:
            problems = detection.test_rule(rule=rule)
        except RuleRefused as refusal:
            problems = list(refusal.messages)
        for problem in problems:
            self.message_user(request, problem, messages.ERROR)
        if not problems:
            count = len(rule.hits) + len(rule.misses)
            self.message_user(request, _("All %(count)d examples come out as they should.") % {"count": count})
        return HttpResponseRedirect(self.page_url(rule))

    def step_view(self, request: SignedInRequest, object_id: str, name: str) -> HttpResponse:
        """Move a rule on."""
        require_post(request)
        step = STEPS.get(name)
        if step is None:
            raise Http404
        require(request, step.permission)
        rule = self.get_object_or_404(request, object_id)
        try:
            step.service(rule=rule, actor=request.user)
        except RuleRefused as refusal:
            for message in refusal.messages:
                self.message_user(request, message, messages.ERROR)
        else:
            state = rule.get_state_display().lower()
            self.message_user(request, _("%(rule)s is %(state)s.") % {"rule": rule, "state": state}, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(rule))

    def revise_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Begin the next revision."""
        require_post(request)
        require(request, ADD)
        rule = self.get_object_or_404(request, object_id)
        try:
            draft = detection.revise(rule=rule, actor=request.user)
        except RuleRefused as refusal:
            for message in refusal.messages:
                self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(self.page_url(rule))
        return HttpResponseRedirect(f"{self.page_url(draft).removesuffix('change/')}edit/")

    def hunt_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Look for it in what is stored."""
        require_post(request)
        require(request, HUNT)
        rule = self.get_object_or_404(request, object_id)
        scope = request.POST.get("scope", "")
        try:
            hunt = hunts.start_hunt(
                rule=rule, actor=request.user, scope=scope if scope in HuntScope.values else HuntScope.ALL
            )
        except HuntRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(self.page_url(rule))
        return HttpResponseRedirect(admin_url(hunt, "change"))


@admin.register(MonitoredFinding)
class MonitoredFindingAdmin(ReadOnlyAdmin[MonitoredFinding]):
    """What rules on trial found; it counts for nothing."""

    empty_text = gettext_lazy("No rule on trial has found anything.")
    list_display = ("rule", "path", "line", "version", "found_at")
    list_filter = ("found_at",)
    list_select_related = ("rule", "run__version__plugin")
    search_fields = ("rule__code", "path", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("Version"))
    def version(self, finding: MonitoredFinding) -> str:
        """The version it was found in."""
        return str(finding.run.version)
