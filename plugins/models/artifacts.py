"""The bytes, stored once by what they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.files.storage import storages
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.core.files.storage import Storage

CHUNK = 1024 * 1024


class ArtifactDamaged(Exception):
    """The stored bytes are not the ones that were submitted."""


def artifact_storage() -> Storage:
    """The storage named `artifacts` in the settings."""
    return storages["artifacts"]


class StoredBytes(models.Model):
    """A row about bytes that lie in the artifact storage under their digest."""

    sha256: models.CharField[str, str]
    filename: models.CharField[str, str]

    class Meta:
        abstract = True

    @property
    def storage_name(self) -> str:
        """Where the bytes lie in the artifact storage: `ab/cd/<sha256>`."""
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"

    def copy_to(self, destination: Path) -> None:
        """Write the bytes to a file, checking on the way that they are still the ones submitted.

        Raises:
            ArtifactDamaged: the stored bytes have another digest; nothing is left at `destination`.
            FileNotFoundError: the storage has lost them.
        """
        try:
            with destination.open("xb") as target:
                self._read(target.write)
        except ArtifactDamaged:
            destination.unlink()
            raise

    def verify(self) -> None:
        """Read the bytes to see that they are still the ones submitted. Raises as `copy_to` does."""
        self._read(lambda _chunk: None)

    def _read(self, take: Callable[[bytes], object]) -> None:
        digest = hashlib.sha256()
        with artifact_storage().open(self.storage_name) as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                take(chunk)
        if digest.hexdigest() != self.sha256:
            raise ArtifactDamaged(str(_("The stored file of %(name)s has been altered.") % {"name": self.filename}))


class Artifact(StoredBytes):
    """A package file as submitted, known by its SHA-256; never changed, never stored twice."""

    append_only = True

    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    filename = models.CharField(_("file name"), max_length=255, help_text=_("As first submitted."))
    stored_at = models.DateTimeField(_("stored"), auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("artifact")
        verbose_name_plural = _("artifacts")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="artifact_sha256_form")
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.sha256[:12]})"
