"""Tasks of the worker for certification."""

from __future__ import annotations

from django.utils import timezone

from certification import compromises, revalidation, status_lists
from governance.models import User


def revalidate_due() -> str:
    """Look for certificates that have to be re-earned; may run twice a day without harm."""
    broken: list[revalidation.Broken] = []
    started = revalidation.revalidate_due(today=timezone.now().date(), broken=broken)
    return f"{len(started)} revalidations started, {len(broken)} broken"


def suspend_hit(*, actor_id: int) -> str:
    """Suspend what a compromised key takes down; may run twice, the second finds nothing."""
    answer = compromises.suspend_hit(actor=User.objects.filter(pk=actor_id).first())
    return "\n".join([f"{answer.done} certificates suspended", *answer.refused])


def reissue_hit(*, actor_id: int) -> str:
    """Sign anew what a compromised key takes down; may run twice, the second goes on where the first ended."""
    answer = compromises.reissue_hit(actor=User.objects.filter(pk=actor_id).first())
    return "\n".join([f"{answer.done} certificates issued anew", *answer.refused])


def refresh_status_list() -> str:
    """Make the status list anew where it is due; may run at any time."""
    found = status_lists.refresh()
    return f"status list {found.sequence}, {found.listed} listed" if found else "no status list can be made"
