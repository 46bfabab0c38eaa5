"""The ledger's tree in the admin: leaves and checkpoints, to be read, and proofs to be taken away."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from governance import ledger
from governance.admin.base import ReadOnlyAdmin
from governance.ledger import outside, sequencer
from governance.models import LedgerCheckpoint, LedgerCosignature, LedgerLeaf

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django.utils.safestring import SafeString


class AlarmedAdmin(ReadOnlyAdmin[Any]):
    """A list that begins with why nothing is signed any more, if so."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list."""
        tell_alarm(request)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response


def tell_alarm(request: HttpRequest) -> None:
    """Show the ledger's alarm above a page, while there is one."""
    if alarm := outside.alarm():
        messages.error(request, _("The ledger is not signed any more: %(why)s") % {"why": alarm})


def _download(text: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@admin.register(LedgerLeaf)
class LedgerLeafAdmin(AlarmedAdmin):
    """Which event has which place in the tree, and the proof of it."""

    list_display = ("index", "happened", "entry")
    list_select_related = ("entry",)
    ordering = ("-index",)
    fields = ("index", "entry", "leaf_hash", "proof")
    readonly_fields = ("leaf_hash", "proof")
    empty_text = _("Events come here when the sequencer has numbered them.")

    def get_urls(self) -> list[URLPattern]:
        """With the address of a proof."""
        proof = path(
            "<int:index>/proof/", self.admin_site.admin_view(self.proof_view), name="governance_ledgerleaf_proof"
        )
        return [proof, *super().get_urls()]

    @admin.display(description=_("When"), ordering="entry__at")
    def happened(self, leaf: LedgerLeaf) -> Any:
        """When the event happened."""
        return leaf.entry.at

    @admin.display(description=_("Leaf hash"))
    def leaf_hash(self, leaf: LedgerLeaf) -> SafeString:
        """In hex."""
        return format_html('<code class="break-all">{}</code>', bytes(leaf.hash).hex())

    @admin.display(description=_("Proof"))
    def proof(self, leaf: LedgerLeaf) -> SafeString:
        """Where to take it."""
        address = reverse("admin:governance_ledgerleaf_proof", args=[leaf.pk])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, _("Download the proof (C2SP tlog-proof)"))

    def proof_view(self, request: HttpRequest, index: int) -> HttpResponse:
        """The proof as a file; why there is none as a message."""
        leaf = self.get_object_or_404(request, str(index))
        try:
            return _download(ledger.proof(leaf.index), f"event-{leaf.index}.tlog-proof")
        except ledger.LedgerError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(self.page_url(leaf))


@admin.register(LedgerCheckpoint)
class LedgerCheckpointAdmin(AlarmedAdmin):
    """What was signed, how large the tree was, and the note to take away."""

    list_display = ("at", "size", "root_hash", "origin")
    ordering = ("-id",)
    fields = ("at", "origin", "size", "root_hash", "signed_note", "download")
    readonly_fields = ("root_hash", "signed_note", "download")
    empty_text = _("Checkpoints are signed twice an hour, and after every certificate.")

    def get_urls(self) -> list[URLPattern]:
        """With the address of a note."""
        note = path(
            "<int:key>/note/", self.admin_site.admin_view(self.note_view), name="governance_ledgercheckpoint_note"
        )
        return [note, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, and how many events wait for an index."""
        if waiting := sequencer.waiting(thorough=False)[: sequencer.BATCH].count():
            messages.info(request, _("%(n)d events wait for their index.") % {"n": waiting})
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("Root hash"))
    def root_hash(self, checkpoint: LedgerCheckpoint) -> SafeString:
        """In base64, as in the note."""
        return format_html('<code class="break-all">{}</code>', base64.b64encode(bytes(checkpoint.root)).decode())

    @admin.display(description=_("Note with the signatures of witnesses"))
    def signed_note(self, checkpoint: LedgerCheckpoint) -> SafeString:
        """As it is given out."""
        return format_html('<pre class="pw-code" tabindex="0">{}</pre>', ledger.note_of(checkpoint).encode().decode())

    @admin.display(description=_("File"))
    def download(self, checkpoint: LedgerCheckpoint) -> SafeString:
        """Where to take it."""
        address = reverse("admin:governance_ledgercheckpoint_note", args=[checkpoint.pk])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, _("Download the signed note"))

    def note_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """The note as a file."""
        checkpoint = self.get_object_or_404(request, str(key))
        return _download(ledger.note_of(checkpoint).encode(), f"checkpoint-{checkpoint.size}.txt")


@admin.register(LedgerCosignature)
class LedgerCosignatureAdmin(AlarmedAdmin):
    """What witnesses signed."""

    list_display = ("at", "witness", "checkpoint")
    list_select_related = ("checkpoint",)
    ordering = ("-id",)
    empty_text = _("Witnesses are named in the setting PLUGWARDEN_WITNESSES.")
