"""Issues: opened for findings nobody knew, and what people say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from governance import ledger
from plugins.enums import Triage
from plugins.models import Issue, IssueNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.models import User
    from plugins.checks.base import Finding
    from plugins.models import VettingRun

BATCH = 1000
MAX_TEXT = 4000


class NoteRefused(Exception):
    """A note cannot be taken; the text says why."""


def issues_of(run: VettingRun, found: Sequence[Finding], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The id of each finding's issue, in order; those of findings nobody knew are opened.

    `rows` are the same findings as the report has them. Two queries, and one for each thousand that are new. A finding
    known under its fingerprint from another line of versions takes the issue that is there.
    """
    taken = {one.issue for one in found if one.issue}
    plugin = run.version.plugin_id
    known: dict[str, int] = {}
    if any(one.issue is None for one in found):
        listed = (
            Issue.objects.filter(plugin=plugin).exclude(pk__in=taken)
            if len(taken) < BATCH
            else (Issue.objects.filter(plugin=plugin))
        )
        known = {
            fingerprint: pk
            for fingerprint, pk in listed.order_by("-pk").values_list("fingerprint", "pk").iterator(chunk_size=2000)
            if pk not in taken
        }
    fresh = [
        (
            index,
            Issue(
                plugin_id=plugin,
                check_code=row["check"],
                rule=row["rule"][:120],
                title=row["title"][:400],
                fingerprint=row["fingerprint"],
                first_run=run,
            ),
        )
        for index, (one, row) in enumerate(zip(found, rows, strict=True))
        if one.issue is None and row["fingerprint"] not in known
    ]
    Issue.objects.bulk_create([issue for _index, issue in fresh], batch_size=BATCH)
    opened = {index: issue.pk for index, issue in fresh}
    return [
        one.issue or opened.get(index) or known[row["fingerprint"]]
        for index, (one, row) in enumerate(zip(found, rows, strict=True))
    ]


@transaction.atomic
def write_note(*, issue: Issue, author: User, text: str, triage: str = "", internal: bool = False) -> IssueNote:
    """Say something of an issue, with a verdict or without.

    Raises:
        NoteRefused: nothing is said, too much is, or a verdict is given by somebody who may not triage.
    """
    words = text.strip()
    if not words:
        raise NoteRefused(_("Say something: a verdict needs its reason too."))
    if len(words) > MAX_TEXT:
        raise NoteRefused(_("At most %(count)s characters.") % {"count": MAX_TEXT})
    if triage and (triage not in Triage.values or not author.has_perm("plugins.triage_issue")):
        raise NoteRefused(_("Only reviewers triage issues."))
    note = IssueNote.objects.create(issue=issue, author=author, text=words, triage=triage, internal=internal)
    verb = "issue.triaged" if triage else "issue.noted"
    ledger.record(
        verb=verb, subject=issue, actor=author, details={"note": note.pk, **({"triage": triage} if triage else {})}
    )
    return note
