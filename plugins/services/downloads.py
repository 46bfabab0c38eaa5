"""Hand a stored package out: to those who may see it, checked against its digest, and noted in the ledger."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from django.utils.translation import gettext as _

from plugins.models import ArtifactDamaged
from plugins.services.artifacts import record_download

if TYPE_CHECKING:
    from governance.models import User
    from plugins.models import PluginVersion


class DownloadRefused(Exception):
    """The package cannot be handed out; the text says why."""


def open_artifact(*, version: PluginVersion, actor: User) -> BinaryIO:
    """Open a private copy of the package of a version; the caller closes it.

    Raises:
        DownloadRefused: the user may not have it, or the stored bytes are gone or altered.
    """
    if not (actor.has_perm("plugins.view_artifact") or actor.has_perm("plugins.view_plugin", version.plugin)):
        raise DownloadRefused(_("You may not download this package."))
    with TemporaryDirectory(prefix="plugwarden-download-") as folder:
        copy = Path(folder) / "artifact"
        try:
            version.artifact.copy_to(copy)
        except (ArtifactDamaged, FileNotFoundError) as problem:
            raise DownloadRefused(_("The stored package is missing or has been altered.")) from problem
        file = copy.open("rb")  # stays readable when the folder is gone
    record_download(artifact=version.artifact, actor=actor)
    return file
