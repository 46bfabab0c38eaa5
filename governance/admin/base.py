"""The typed base of every admin class: unfold's look, our rules.

Nothing is deleted, evidence is read-only, lists are bounded, and every object has its lineage page in the place of
Django's own history. unfold ships no types, so mypy sees Django's class with unfold's options declared on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.pagination import BoundedPaginator, PortalChangeList
from governance.lineage import lineage_of
from governance.models import User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.contrib import admin
    from django.utils.functional import _StrPromise


M = TypeVar("M", bound=Model)
COMPARISONS = frozenset({"exact", "gte", "lt", "isnull"})
"""What the admin's filters ask of a column."""

if TYPE_CHECKING:

    class UnfoldAdmin(admin.ModelAdmin[M]):
        """What mypy sees of unfold's ModelAdmin."""

        list_fullwidth: bool
        list_filter_submit: bool
        list_filter_sheet: bool
        list_disable_select_all: bool
        list_before_template: str | None
        compressed_fields: bool
        warn_unsaved_form: bool
        actions_detail: Sequence[Any]

else:
    from unfold.admin import ModelAdmin as UnfoldAdmin


class PortalAdmin(UnfoldAdmin[M]):
    """The base: no deletion, bounded lists, autocomplete by declaration, lineage instead of Django's history."""

    list_per_page = 50
    show_full_result_count = False
    paginator = BoundedPaginator
    list_fullwidth = True
    list_filter_submit = True
    compressed_fields = True
    warn_unsaved_form = True
    lineage_per_page = 50
    empty_text: str | _StrPromise = gettext_lazy("Rows come here by themselves, from the work in the portal.")
    """What a list without any row says: where its rows come from."""

    @property
    def readonly_preprocess_fields(self) -> Mapping[str, Callable[[SafeString], SafeString]]:
        """Persons by name alone: Django links to their accounts, which most who read the name may not open."""
        return {field.name: _unlinked for field in self.opts.get_fields() if field.related_model is User}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PortalChangeList]:  # noqa: ARG002 - Django's signature
        """Ours."""
        return PortalChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters a list offers, and the rows of one parent.

        Django lets staff ask any lookup of a column: patterns that never end, and questions the database breaks on.
        """
        path = lookup.split("__")
        if path[-1] in COMPARISONS:
            path.pop()
        if path[-1] == "id":
            path.pop()
        offered = {_parameter(item) for item in self.get_list_filter(request)}
        return ("__".join(path) in offered or self._is_parent(path)) and super().lookup_allowed(lookup, value, request)

    def _is_parent(self, path: list[str]) -> bool:
        parents = {field.name for field in self.opts.get_fields() if field.many_to_one}
        return len(path) == 1 and path[0] in parents

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody deletes: history and ledger would name what is gone."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """The object. A NUL, which the admin writes `_00`, names none: PostgreSQL takes it in no text."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def get_object_or_404(self, request: HttpRequest, object_id: str) -> M:
        """The object, if the user may see it.

        Raises:
            Http404: it is not there, or not in the user's queryset.
            PermissionDenied: the user may not view this kind of object, or this one.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404(_("There is no such object."))
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed what, when: newest first, a page at a time. Nothing can be reverted here."""
        subject = self.get_object_or_404(request, object_id)
        page = lineage_of(subject, page=_page_number(request), per_page=self.lineage_per_page)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Lineage of %(object)s") % {"object": subject},
            "opts": self.opts,
            "object": subject,
            "object_url": self.page_url(subject),
            "lineage": page,
            "tracked": hasattr(subject, "history"),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/lineage.html", context)

    def page_url(self, subject: M) -> str:
        """Where an object's page is."""
        return admin_url(subject, "change")


class ReadOnlyAdmin(PortalAdmin[M]):
    """For evidence, append-only rows and everything services write: to be seen, never to be edited."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        """Services add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:  # noqa: ARG002
        """Services change."""
        return False


def _unlinked(contents: SafeString) -> SafeString:
    return mark_safe(strip_tags(contents))  # noqa: S308 - it was escaped, and only loses tags


def admin_url(subject: Model, page: str) -> str:
    """The address of an object's page in the admin: `change` or `history`."""
    opts = subject._meta  # noqa: SLF001 - Django's public name
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[subject.pk])


def require(request: HttpRequest, *permissions: str) -> None:
    """Refuse unless the user holds all these model permissions.

    Raises:
        PermissionDenied: one is missing. `admin_view` only proves "staff", so every extra address calls this.
    """
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def require_post(request: HttpRequest) -> None:
    """Refuse changes by any other method.

    Raises:
        PermissionDenied: it is no POST.
    """
    if request.method != "POST":
        raise PermissionDenied(_("Changes are made by POST only."))


def _parameter(item: Any) -> str:
    """The name a list filter has in the address."""
    if isinstance(item, (list, tuple)):
        item = item[0]
    return str(getattr(item, "parameter_name", item))


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1  # noqa: PLR2004 - no endless numbers
