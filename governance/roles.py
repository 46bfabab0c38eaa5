"""Who may do what: one group a role, its permissions kept in step with this table after every migration.

Owners hold no model permission: their team's group holds `view_plugin` and `submit_version` on each plugin (guardian).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterable


class Role(StrEnum):
    """The roles; values are the names of their groups."""

    OWNER = "owner"
    REVIEWER = "reviewer"
    LEAD_REVIEWER = "lead reviewer"
    POLICY_MANAGER = "policy manager"
    AUDITOR = "auditor"
    MANAGER = "manager"
    PLATFORM = "platform"


STAFF = frozenset({Role.REVIEWER, Role.LEAD_REVIEWER, Role.POLICY_MANAGER, Role.AUDITOR, Role.MANAGER})
"""Roles that work in the admin."""

_SEE = {
    "governance.view_policyversion",
    "governance.view_criterion",
    "governance.view_dashboard",
    "plugins.view_plugin",
    "plugins.view_pluginversion",
    "plugins.view_ownerteam",
    "plugins.view_artifact",
    "plugins.view_submission",
    "plugins.view_vettingrun",
    "plugins.view_checkrun",
    "plugins.view_finding",
    "plugins.view_observation",
    "plugins.view_component",
    "plugins.view_issue",
    "plugins.view_issuenote",
    "plugins.view_fixedfinding",
    "plugins.view_waiver",
    "plugins.view_filedecision",
    "plugins.view_versionfile",
    "plugins.view_criterionresult",
    "plugins.view_detectionrule",
    "plugins.view_monitoredfinding",
    "plugins.view_hunt",
    "plugins.view_hunthit",
    "plugins.view_huntgap",
    "plugins.view_advisoryfeed",
    "plugins.view_advisory",
    "plugins.view_advisorypackage",
    "plugins.view_advisorycve",
    "plugins.view_exploitationfeed",
    "plugins.view_knownexploited",
    "plugins.view_epssscore",
    "certification.view_review",
    "certification.view_decision",
    "certification.view_criterionanswer",
    "certification.view_certificate",
    "certification.view_revalidation",
    "certification.view_recall",
    "certification.view_acknowledgement",
    "certification.view_statuslist",
    "certification.view_statuslistentry",
    "certification.view_checkattestation",
    "audits.view_report",
}
_WRITE_RULES = {
    "plugins.add_detectionrule",
    "plugins.change_detectionrule",
    "plugins.enforce_detectionrule",
    "plugins.add_hunt",
    "plugins.change_hunt",
}
"""Detection rules: whoever wrote one does not put it in force, whatever the role."""
_REVIEW = _SEE | {
    "certification.claim_review",
    "certification.decide_review",
    "certification.change_review",
    "plugins.change_vettingrun",
    "plugins.triage_issue",
    "plugins.propose_waiver",
    "audits.request_report",
}
_LEAD = (
    _REVIEW
    | _WRITE_RULES
    | {
        "certification.reassign_review",
        "certification.suspend_certificate",
        "certification.revoke_certificate",
        "certification.view_trustrootversion",
        "plugins.change_pluginversion",
        "plugins.change_plugin",
        "plugins.decide_waiver",
        "plugins.decide_file",
        "plugins.add_ownerteam",
        "plugins.change_ownerteam",
        "governance.view_ledgerentry",
        "governance.view_user",
        "governance.view_apitoken",
        "governance.add_apitoken",
        "governance.change_apitoken",
    }
)
_POLICY = (
    _SEE
    | _WRITE_RULES
    | {
        "governance.add_policyversion",
        "governance.change_policyversion",
        "governance.add_criterion",
        "governance.change_criterion",
        "governance.publish_policyversion",
        "governance.view_ledgerentry",
    }
)
_AUDIT = _SEE | {
    "certification.view_trustrootversion",
    "governance.view_ledgerentry",
    "governance.view_ledgerleaf",
    "governance.view_ledgercheckpoint",
    "governance.view_ledgercosignature",
    "governance.view_user",
    "governance.view_apitoken",
    "audits.view_audit",
    "audits.add_audit",
    "audits.change_audit",
    "audits.issue_audit",
    "audits.view_auditfinding",
    "audits.add_auditfinding",
    "audits.change_auditfinding",
    "audits.view_actionplan",
    "audits.add_actionplan",
    "audits.change_actionplan",
    "audits.view_evidencefile",
    "audits.add_evidencefile",
    "audits.request_report",
}
_MANAGE = _SEE | {"audits.view_audit", "audits.view_auditfinding", "audits.view_actionplan", "audits.request_report"}

PERMISSIONS: dict[Role, set[str]] = {
    Role.OWNER: set(),
    Role.REVIEWER: _REVIEW,
    Role.LEAD_REVIEWER: _LEAD,
    Role.POLICY_MANAGER: _POLICY,
    Role.AUDITOR: _AUDIT,
    Role.MANAGER: _MANAGE,
    Role.PLATFORM: {"certification.view_certificate"},
}


def sync_roles() -> None:
    """Create the groups and set exactly the permissions of the table; safe to run again.

    Raises:
        LookupError: the table names a permission no model has.
    """
    for role, names in PERMISSIONS.items():
        group, created = Group.objects.get_or_create(name=role.value)
        wanted = permissions_named(names)
        if created:  # what the release begins with is no change: no signal, no event
            links = Group.permissions.through
            links.objects.bulk_create(links(group_id=group.pk, permission_id=each.pk) for each in wanted)
        else:
            group.permissions.set(wanted)


def permissions_named(names: Iterable[str]) -> list[Permission]:
    """The permissions behind `app.codename` names.

    Raises:
        LookupError: one of them does not exist.
    """
    wanted = set(names)
    if not wanted:
        return []
    match = Q()
    for name in wanted:
        app, codename = name.split(".")
        match |= Q(content_type__app_label=app, codename=codename)
    found = {
        f"{p.content_type.app_label}.{p.codename}": p
        for p in Permission.objects.filter(match).select_related("content_type")
    }
    if missing := wanted - found.keys():
        raise LookupError(f"No such permissions: {', '.join(sorted(missing))}")
    return list(found.values())
