"""Evidence rows in the admin: searchable lists, nothing to edit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin
from governance.badges import severity_badge, state_badge
from governance.templatetags.breaks import breakable
from plugins.models import (
    Artifact,
    CheckRun,
    Component,
    CriterionResult,
    Finding,
    KeptResult,
    Observation,
    OriginFile,
    VersionFile,
)

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


def code(text: str) -> SafeString:
    """Text from a package, escaped and monospaced."""
    return format_html('<pre class="pw-code" tabindex="0">{}</pre>', text or "—")


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin[Finding]):
    """Findings of all runs."""

    empty_text = _("Vetting runs write findings; none has found anything yet.")
    list_display = ("title", "severity_shown", "check_code", "rule", "place", "version", "state", "waiver")
    list_filter = ("severity", "check_code", "state", ("waiver", EmptyFieldListFilter), "run__version__plugin__format")
    list_select_related = ("run__version__plugin",)
    search_fields = ("title", "rule", "path", "cwe", "run__version__plugin__name", "=fingerprint")
    search_help_text = _("Title, rule, file, CWE, plugin or fingerprint")
    ordering = ("-id",)
    fields = (
        "title", "severity_shown", "check_code", "rule", "cwe", "place", "shown_snippet", "detail", "remediation",
        "state", "waiver", "waived_until", "issue", "fingerprint", "likeness", "run",
    )  # fmt: skip
    readonly_fields = ("severity_shown", "place", "shown_snippet")

    @admin.display(description=_("Severity"), ordering="severity")
    def severity_shown(self, finding: Finding) -> SafeString:
        """The severity as a badge."""
        return severity_badge(finding.severity)

    @admin.display(description=_("Place"), ordering="path")
    def place(self, finding: Finding) -> str:
        """File and line."""
        return breakable(finding.path, finding.line)

    @admin.display(description=_("Version"))
    def version(self, finding: Finding) -> str:
        """The version it was found in."""
        return str(finding.run.version)

    @admin.display(description=_("Snippet"))
    def shown_snippet(self, finding: Finding) -> SafeString:
        """The matched text."""
        return code(finding.snippet)


@admin.register(CheckRun)
class CheckRunAdmin(ReadOnlyAdmin[CheckRun]):
    """Checks of all runs."""

    list_display = ("code", "status_shown", "version", "engine", "engine_version", "examined", "duration_ms", "reason")
    list_filter = ("code", "status")
    list_select_related = ("run__version__plugin",)
    search_fields = ("reason", "run__version__plugin__name")
    ordering = ("-id",)
    exclude = ("evidence",)
    readonly_fields = ("facts",)

    @admin.display(description=_("Status"), ordering="status")
    def status_shown(self, check: CheckRun) -> SafeString:
        """The status as a badge."""
        return state_badge(check.status, check.get_status_display())

    @admin.display(description=_("Version"))
    def version(self, check: CheckRun) -> str:
        """The version it looked at."""
        return str(check.run.version)

    @admin.display(description=_("Evidence"))
    def facts(self, check: CheckRun) -> SafeString:
        """What it recorded, as indented JSON."""
        return code(json.dumps(check.evidence, indent=2, ensure_ascii=False))


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin[Observation]):
    """Capabilities used and hosts named, in all runs."""

    list_display = ("value", "kind", "dynamic", "path", "line", "version")
    list_filter = ("kind", "dynamic")
    list_select_related = ("run__version__plugin",)
    search_fields = ("value", "path", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=_("Version"))
    def version(self, observation: Observation) -> str:
        """The version it was seen in."""
        return str(observation.run.version)


@admin.register(Component)
class ComponentAdmin(ReadOnlyAdmin[Component]):
    """Dependencies of all vetted versions."""

    empty_text = _("Vetting runs write down the dependencies they see; none has seen one yet.")
    list_display = ("purl", "requirement", "pinned", "scope", "direct", "advisories_count", "version")
    list_filter = ("ecosystem", "scope", "direct")
    list_select_related = ("run__version__plugin",)
    search_fields = ("=name", "purl", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=_("Advisories"))
    def advisories_count(self, component: Component) -> int:
        """How many advisories concern it."""
        return len(component.advisories or ())

    @admin.display(description=_("Version"))
    def version(self, component: Component) -> str:
        """The version that depends on it."""
        return str(component.run.version)


@admin.register(CriterionResult)
class CriterionResultAdmin(ReadOnlyAdmin[CriterionResult]):
    """How criteria came out, in all runs."""

    list_display = ("criterion", "outcome_shown", "version", "explanation")
    list_filter = ("outcome", "criterion__category", "criterion__blocking")
    list_select_related = ("criterion", "run__version__plugin")
    search_fields = ("criterion__code", "criterion__title", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=_("Outcome"), ordering="outcome")
    def outcome_shown(self, result: CriterionResult) -> SafeString:
        """The outcome as a badge."""
        return state_badge(result.outcome, result.get_outcome_display())

    @admin.display(description=_("Version"))
    def version(self, result: CriterionResult) -> str:
        """The version it was asked of."""
        return str(result.run.version)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnlyAdmin[Artifact]):
    """Stored packages, by digest."""

    list_display = ("filename", "sha256", "size", "stored_at")
    search_fields = ("filename", "sha256")
    list_filter = ("stored_at",)


@admin.register(KeptResult)
class KeptResultAdmin(ReadOnlyAdmin[KeptResult]):
    """What revalidations need not look at again."""

    empty_text = _("Vetting keeps what it found, so that a revalidation reruns only what could come out otherwise.")
    list_display = ("artifact", "check_code", "check_version", "basis", "made_at")
    list_filter = ("check_code",)
    list_select_related = ("artifact",)
    search_fields = ("artifact__filename", "=artifact__sha256")
    ordering = ("-id",)
    exclude = ("result",)


@admin.register(VersionFile)
class VersionFileAdmin(ReadOnlyAdmin[VersionFile]):
    """Which versions ship a file: paste its digest into the search."""

    empty_text = _("Each submission lists its files here; `manage.py files index` does it for older versions.")
    list_display = ("place", "version", "digest", "size", "language")
    list_select_related = ("version__plugin",)
    search_fields = ("=sha256",)
    search_help_text = _("SHA-256 of a file, whole")
    ordering = ("-id",)
    fields = ("version", "place", "sha256", "size", "language")
    readonly_fields = ("place",)
    show_full_result_count = False

    @admin.display(description=_("File"))
    def place(self, file: VersionFile) -> str:
        """The path, with places to break it."""
        return breakable(file.path)

    @admin.display(description=_("SHA-256"))
    def digest(self, file: VersionFile) -> str:
        """The start of the digest; the row's page has all of it."""
        return file.sha256[:12]


@admin.register(OriginFile)
class OriginFileAdmin(ReadOnlyAdmin[OriginFile]):
    """Attestations and source archives, as they were handed in."""

    empty_text = _("Owners hand them in beside the package, reviewers on the page of a version.")
    list_display = ("filename", "version", "kind", "size", "handed_in_by", "handed_in_at")
    list_filter = ("kind", "handed_in_at")
    list_select_related = ("version__plugin", "handed_in_by")
    search_fields = ("filename", "=sha256", "version__plugin__name")
    ordering = ("-id",)
