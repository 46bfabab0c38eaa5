"""What stands in the admin's sidebar: links the user may follow, grouped by the work they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import _StrPromise


class Link(NamedTuple):
    """One entry. `permission` is the model permission its page asks for."""

    title: _StrPromise
    icon: str
    page: str
    permission: str
    query: str = ""


SEE_VERSIONS = "plugins.view_pluginversion"
MINE = "whose=mine"
"""The queue's filter for the user's own reviews."""

GROUPS: tuple[tuple[_StrPromise, tuple[Link, ...]], ...] = (
    (
        _("Work"),
        (
            Link(_("Review queue"), "rule", "admin:certification_review_changelist", "certification.view_review"),
            Link(
                _("My reviews"), "person_check", "admin:certification_review_changelist", "certification.claim_review",
                MINE,
            ),
            Link(_("Dashboard"), "monitoring", "dashboard", "governance.view_dashboard"),
        ),
    ),
    (
        _("Plugins"),
        (
            Link(_("Plugins"), "extension", "admin:plugins_plugin_changelist", "plugins.view_plugin"),
            Link(_("Versions"), "deployed_code", "admin:plugins_pluginversion_changelist", SEE_VERSIONS),
            Link(_("Vetting runs"), "fact_check", "admin:plugins_vettingrun_changelist", "plugins.view_vettingrun"),
            Link(_("Findings"), "bug_report", "admin:plugins_finding_changelist", "plugins.view_finding"),
            Link(_("Issues"), "flag", "admin:plugins_issue_changelist", "plugins.view_issue"),
            Link(_("Waivers"), "gavel", "admin:plugins_waiver_changelist", "plugins.view_waiver"),
            Link(_("File decisions"), "block", "admin:plugins_filedecision_changelist", "plugins.view_filedecision"),
            Link(_("Shipped files"), "folder_copy", "admin:plugins_versionfile_changelist", "plugins.view_versionfile"),
            Link(_("Components"), "account_tree", "admin:plugins_component_changelist", "plugins.view_component"),
            Link(_("Owner teams"), "groups", "admin:plugins_ownerteam_changelist", "plugins.view_ownerteam"),
        ),
    ),
    (
        _("Certification"),
        (
            Link(
                _("Certificates"), "workspace_premium", "admin:certification_certificate_changelist",
                "certification.view_certificate",
            ),
            Link(
                _("Revalidations"), "autorenew", "admin:certification_revalidation_changelist",
                "certification.view_revalidation",
            ),
            Link(_("Recalls"), "campaign", "admin:certification_recall_changelist", "certification.view_recall"),
            Link(_("Decisions"), "gavel", "admin:certification_decision_changelist", "certification.view_decision"),
            Link(
                _("Status lists"), "published_with_changes", "admin:certification_statuslist_changelist",
                "certification.view_statuslist",
            ),
        ),
    ),
    (
        _("Policy and advisories"),
        (
            Link(
                _("Policy versions"), "policy", "admin:governance_policyversion_changelist",
                "governance.view_policyversion",
            ),
            Link(_("Criteria"), "checklist", "admin:governance_criterion_changelist", "governance.view_criterion"),
            Link(_("Advisory feeds"), "rss_feed", "admin:plugins_advisoryfeed_changelist", "plugins.view_advisoryfeed"),
            Link(_("Advisories"), "warning", "admin:plugins_advisory_changelist", "plugins.view_advisory"),
            Link(
                _("Exploitation feeds"), "local_fire_department", "admin:plugins_exploitationfeed_changelist",
                "plugins.view_exploitationfeed",
            ),
            Link(
                _("Known exploited"), "crisis_alert", "admin:plugins_knownexploited_changelist",
                "plugins.view_knownexploited",
            ),
            Link(
                _("Detection rules"), "radar", "admin:plugins_detectionrule_changelist", "plugins.view_detectionrule",
            ),
            Link(_("Hunts"), "travel_explore", "admin:plugins_hunt_changelist", "plugins.view_hunt"),
        ),
    ),
    (
        _("Audit"),
        (
            Link(_("Audits"), "search_check", "admin:audits_audit_changelist", "audits.view_audit"),
            Link(_("Reports"), "picture_as_pdf", "admin:audits_report_changelist", "audits.view_report"),
            Link(_("Ledger"), "menu_book", "admin:governance_ledgerentry_changelist", "governance.view_ledgerentry"),
            Link(
                _("Ledger: tree"), "account_tree", "admin:governance_ledgerleaf_changelist",
                "governance.view_ledgerleaf",
            ),
            Link(
                _("Ledger: checkpoints"), "approval", "admin:governance_ledgercheckpoint_changelist",
                "governance.view_ledgercheckpoint",
            ),
        ),
    ),
    (
        _("System"),
        (
            Link(_("Users"), "person", "admin:governance_user_changelist", "governance.view_user"),
            Link(_("API tokens"), "vpn_key", "admin:governance_apitoken_changelist", "governance.view_apitoken"),
            Link(_("Roles and groups"), "badge", "admin:auth_group_changelist", "auth.view_group"),
            Link(
                _("Keys and trust root"), "key", "admin:certification_trustrootversion_changelist",
                "certification.view_trustrootversion",
            ),
            Link(_("Schedules"), "schedule", "admin:django_q_schedule_changelist", "django_q.view_schedule"),
            Link(_("Finished tasks"), "task_alt", "admin:django_q_success_changelist", "django_q.view_success"),
            Link(_("Failed tasks"), "error", "admin:django_q_failure_changelist", "django_q.view_failure"),
        ),
    ),
)  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's navigation callback: the groups, each with the links the user may follow."""
    groups = (
        {
            "title": title,
            "separator": True,
            "items": [_item(request, link) for link in links if request.user.has_perm(link.permission)],
        }
        for title, links in GROUPS
    )
    return [group for group in groups if group["items"]]


def _address(link: Link) -> str:
    address = reverse(link.page)
    return f"{address}?{link.query}" if link.query else address


def _item(request: HttpRequest, link: Link) -> dict[str, Any]:
    return {"title": link.title, "icon": link.icon, "link": _address(link), "active": _active(request, link)}


def _active(request: HttpRequest, link: Link) -> bool:
    mine = MINE in request.META.get("QUERY_STRING", "")
    here = request.path.startswith(reverse(link.page))
    return here and (mine if link.query else not (mine and link.page == "admin:certification_review_changelist"))
