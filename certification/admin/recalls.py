"""Recalls in the admin: which platforms have said that they stopped, and which have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import recalls as services
from certification.models import Acknowledgement, Recall
from governance.admin.base import ReadOnlyAdmin
from governance.badges import badge, state_badge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.contrib.admin import TabularInline as UnfoldTabular
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from certification.models import Certificate
    from certification.models.recalls import RecallQuerySet
    from governance.models import User

    Tabular = UnfoldTabular[Acknowledgement, Recall]
else:
    from unfold.admin import TabularInline as Tabular


def told(certificate: Certificate) -> SafeString | str:
    """What platforms say to the last recall of a certificate, with the way to it."""
    recall = Recall.objects.filter(certificate=certificate).prefetch_related("acknowledgements__user").first()
    if recall is None:
        return _("Nothing to acknowledge")
    address = reverse("admin:certification_recall_change", args=[recall.pk])
    return format_html('<a class="pw-link" href="{}">{}</a> {}', address, recall, _said(recall, services.platforms()))


def _said(recall: Recall, people: Sequence[User] | QuerySet[User]) -> str:
    silent = services.missing(recall, people)
    if silent:
        return _("Not acknowledged by: %(names)s") % {"names": ", ".join(map(str, silent))}
    return _("Acknowledged by all") if recall.acknowledgements.all() else _("No platform was there to ask")


class StandingFilter(admin.SimpleListFilter):
    """By whether somebody still has to act."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's
        """Waiting for a platform, in force, or over."""
        return [
            ("waiting", gettext_lazy("Not acknowledged by all")),
            ("holds", gettext_lazy("In force")),
            ("over", gettext_lazy("Over")),
        ]

    def queryset(self, request: HttpRequest, queryset: RecallQuerySet) -> RecallQuerySet:  # type: ignore[override]  # noqa: ARG002 - ditto
        """Narrow down."""
        now = timezone.now()
        match self.value():
            case "waiting":
                return queryset.open_at(now).waiting()
            case "holds":
                return queryset.open_at(now)
            case "over":
                return queryset.exclude(pk__in=Recall.objects.open_at(now).values("pk"))
        return queryset


class PlatformFilter(admin.SimpleListFilter):
    """By the platform that has not acknowledged."""

    title = gettext_lazy("platform that is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:  # noqa: ARG002 - ditto
        """Every platform."""
        return [(str(user.pk), str(user)) for user in services.platforms()]

    def queryset(self, request: HttpRequest, queryset: RecallQuerySet) -> RecallQuerySet:  # type: ignore[override]  # noqa: ARG002 - ditto
        """What it has not acknowledged of what is in force."""
        user = next((user for user in services.platforms() if str(user.pk) == self.value()), None)
        return queryset.open_at(timezone.now()).asked_of(user) if user else queryset


class AcknowledgementInline(Tabular):
    """Who has said so, when, with which token."""

    model = Acknowledgement
    fields = ("user", "at", "token")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Platforms say so by API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - ditto
        """What was said stays."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Acknowledgement]:
        """With the names."""
        return super().get_queryset(request).select_related("user", "token", "recall")


@admin.register(Recall)
class RecallAdmin(ReadOnlyAdmin[Recall]):
    """What platforms were asked to stop running."""

    empty_text = gettext_lazy("Platforms are asked to stop when a certificate is suspended or revoked.")
    list_display = ("shown", "certificate_link", "version", "state_shown", "since", "holds")
    list_filter = (StandingFilter, PlatformFilter, "state", "at")
    list_select_related = ("certificate__version__plugin",)
    search_fields = ("certificate__serial", "certificate__version__plugin__name", "=certificate__sha256")
    search_help_text = gettext_lazy("Serial, plugin, or SHA-256")
    fields = ("certificate_link", "version", "state_shown", "since", "holds", "said")
    readonly_fields = fields
    inlines = (AcknowledgementInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recall]:
        """With what was said and whether it holds, without signed bytes."""
        holding = Recall.objects.open_at(timezone.now()).filter(pk=OuterRef("pk"))
        found = super().get_queryset(request).annotate(holding=Exists(holding))
        found = found.prefetch_related("acknowledgements__user")
        return found.defer(
            "certificate__envelope", "certificate__version__metadata", "certificate__version__declaration"
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str | Callable[[Recall], Any], ...]:  # noqa: ARG002
        """With who is missing: the platforms are asked for once for the whole page."""
        people: Any = SimpleLazyObject(lambda: list(services.platforms()))

        @admin.display(description=gettext_lazy("Platforms"))
        def said(recall: Recall) -> str:
            return _said(recall, people)

        return (*self.list_display, said)

    @admin.display(description=gettext_lazy("Recall"), ordering="id")
    def shown(self, recall: Recall) -> str:
        """Its name."""
        return str(recall)

    @admin.display(description=gettext_lazy("Certificate"), ordering="certificate__serial")
    def certificate_link(self, recall: Recall) -> SafeString:
        """The way to the certificate."""
        address = reverse("admin:certification_certificate_change", args=[recall.certificate_id])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, recall.certificate.serial)

    @admin.display(description=gettext_lazy("Version"))
    def version(self, recall: Recall) -> str:
        """Which plugin and version it is."""
        return str(recall.certificate.version)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, recall: Recall) -> SafeString:
        """What happened to the certificate."""
        return state_badge(recall.state, recall.get_state_display())

    @admin.display(description=gettext_lazy("Since"), ordering="at")
    def since(self, recall: Recall) -> str:
        """When, and how long ago that is."""
        at = timezone.localtime(recall.at)
        return _("%(at)s (%(age)s ago)") % {"at": f"{at:%Y-%m-%d %H:%M}", "age": timesince(recall.at, depth=1)}

    @admin.display(description=gettext_lazy("In force"))
    def holds(self, recall: Recall) -> SafeString:
        """Whether platforms still have to keep away from it for this reason."""
        return badge(_("Yes"), "warn") if recall.holding else badge(_("No"), "muted")  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Platforms"))
    def said(self, recall: Recall) -> str:
        """Who is missing."""
        return _said(recall, services.platforms())
