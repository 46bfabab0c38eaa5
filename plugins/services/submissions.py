"""Take a package in: read it without running it, and either store all of it or nothing."""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from packaging.utils import canonicalize_name

from governance import ledger
from governance.fsm import TransitionNotAllowed
from plugins.archive import ArchiveRefused
from plugins.config import archive_limits
from plugins.enums import Trigger, VersionState
from plugins.formats import FORMATS, PackageRefused, by_name
from plugins.formats.identity import same_python_version
from plugins.formats.python_package import NAME as PYTHON_PACKAGE
from plugins.intake import intake, safe_filename
from plugins.models import Artifact, Plugin, PluginVersion, Submission
from plugins.services import artifacts, files, origins, runs, teams
from plugins.services.storable import storable
from plugins.signals import version_withdrawn
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django.core.files.uploadedfile import UploadedFile

    from governance.models import User
    from plugins.models import OwnerTeam
    from plugins.package import Package

logger = logging.getLogger(__name__)

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class SubmissionRefused(Exception):
    """The package is not taken; the text is one clear sentence for the submitter."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AlreadySubmitted(SubmissionRefused):
    """The same bytes are already here. `version` is what they belong to, where the submitter may see it."""

    def __init__(self, message: str, version: PluginVersion | None) -> None:
        super().__init__("already-submitted", message)
        self.version = version


def submit(
    *,
    actor: User,
    upload: UploadedFile[Any],
    filename: str,
    team: OwnerTeam | None = None,
    note: str = "",
    attestations: Sequence[UploadedFile[Any]] = (),
    source: UploadedFile[Any] | None = None,
) -> Submission:
    """Take an uploaded package in and queue its vetting; with it what shows where it comes from.

    Raises:
        AlreadySubmitted: an artifact with the same digest is already here.
        SubmissionRefused: anything else stands against it. Nothing is stored; the ledger notes who tried.
    """
    name, sha256 = safe_filename(filename), ""
    try:
        with work_folder("upload") as folder:
            path = folder / "artifact"
            _refuse_others(actor)
            _spool(upload, path)
            sha256 = artifacts.digest_of(path)
            handed_in = _origins(folder, attestations, source)
            return _take(
                actor=actor, path=path, filename=name, sha256=sha256, team=team, note=note, handed_in=handed_in
            )
    except SubmissionRefused as refusal:
        problem = refusal
    except origins.OriginRefused as refusal:
        problem = SubmissionRefused(refusal.code, str(refusal))
    except (ArchiveRefused, PackageRefused) as refusal:
        problem = SubmissionRefused(refusal.code, str(refusal))
    except runs.RunRefused as refusal:
        problem = SubmissionRefused("not-vetted", str(refusal))
    except Exception as error:
        logger.exception("a submission broke")  # ours to mend, not the owner's: they get a sentence all the same
        problem = SubmissionRefused("broken", _why(error))
        problem.__cause__ = error
    _note_refusal(actor, name, sha256, problem.code, str(problem))
    raise problem


def _why(error: Exception) -> str:
    """What an owner can do about a fault of ours."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return _("The portal has no room left for this file. Nothing was stored; tell those who run the portal.")
    if isinstance(error, OperationalError):
        return _("The portal's database is too busy to take this file in. Nothing was stored; try again in a minute.")
    return _("The portal could not take this file in. Nothing was stored; try again, or tell those who run the portal.")


def _refuse_others(actor: User) -> None:
    if not teams.may_submit(actor):
        message = _(
            "Your account hands in no packages: its role is another one. A lead reviewer can add you to a team."
        )
        raise SubmissionRefused("not-an-author", message)


def _spool(upload: UploadedFile[Any], path: Path) -> None:
    most = archive_limits().max_archive_bytes
    if (upload.size or 0) > most:
        raise SubmissionRefused("too-large", _("The file is larger than %(most)s MiB.") % {"most": most // 2**20})
    if not upload.size:
        raise SubmissionRefused("empty", _("The file is empty."))
    with path.open("xb") as target:
        for chunk in upload.chunks():
            target.write(chunk)


def _origins(
    folder: Path, attestations: Sequence[UploadedFile[Any]], source: UploadedFile[Any] | None
) -> list[origins.HandedIn]:
    files = [(upload, origins.ATTESTATION) for upload in attestations]
    if source is not None:
        files.append((source, origins.SOURCE))
    return [origins.taken_in(upload=upload, kind=kind, folder=folder) for upload, kind in files]


def _take(
    *,
    actor: User,
    path: Path,
    filename: str,
    sha256: str,
    team: OwnerTeam | None,
    note: str,
    handed_in: Sequence[origins.HandedIn],
) -> Submission:
    _refuse_known(actor, sha256)
    with intake(path, filename=filename, work=path.parent, limits=archive_limits()) as taken:
        package = taken.package
        try:
            with transaction.atomic():
                owner = team or teams.team_for(actor)
                plugin = _plugin(package, owner, actor)
                _refuse_taken(plugin, package.metadata.version)
                artifact = Artifact.objects.create(sha256=sha256, size=path.stat().st_size, filename=filename)
                version = _version(plugin, package, artifact)
                files.index_files(version=version, files=taken.unpacked.files)
                submission = Submission.objects.create(
                    version=version, submitted_by=actor, filename=filename, note=storable(note)
                )
                ledger.record(
                    verb="version.submitted",
                    subject=version,
                    actor=actor,
                    details={"sha256": sha256, "size": artifact.size, "filename": filename, "format": package.format},
                )
                runs.request_run(version=version, actor=actor, trigger=Trigger.SUBMISSION)
                origins.store(version=version, actor=actor, files=handed_in)
                artifacts.store_bytes(path=path, artifact=artifact)
        except IntegrityError as clash:
            _refuse_known(actor, sha256)
            raise SubmissionRefused(
                "clash", _("Somebody submitted the same version at this moment. Try again.")
            ) from clash
    return submission


def _refuse_known(actor: User, sha256: str) -> None:
    known = Artifact.objects.filter(sha256=sha256).first()
    version = PluginVersion.objects.filter(artifact=known).select_related("plugin").first() if known else None
    if version is None:
        return
    if PluginVersion.objects.visible_to(actor).filter(pk=version.pk).exists():
        message = _("This exact file was already submitted as %(version)s.") % {"version": version}
        raise AlreadySubmitted(message, version)
    raise AlreadySubmitted(_("This exact file was already submitted by another team."), None)


def _plugin(package: Package, team: OwnerTeam, actor: User) -> Plugin:
    if not team.members.filter(pk=actor.pk).exists():
        raise SubmissionRefused("not-a-member", _("You are not a member of %(team)s.") % {"team": team})
    plugin = _known(package)
    if plugin is None:
        plugin = Plugin.objects.create(name=package.metadata.name, format=package.format, team=team)
        teams.grant(plugin=plugin)
        ledger.record(verb="plugin.registered", subject=plugin, actor=actor, details={"team": team.pk})
        return plugin
    if not actor.has_perm("plugins.submit_version", plugin):
        raise SubmissionRefused(
            "not-the-owner",
            _("%(name)s belongs to another team. If it is yours, ask the lead reviewer to move it.") % {"name": plugin},
        )
    _recognise(plugin, package.format, actor)
    return plugin


def _known(package: Package) -> Plugin | None:
    """The plugin a package is a version of.

    Formats of a family share their names: a NetBox plugin is the Python package it was known as before. Python's tools
    take `Acme_Heat` and `acme.heat` for the same package, so one plugin keeps one name, the first one.
    """
    name, family = package.metadata.name, _family(package.format)
    alike = Plugin.objects.filter(format__in=[known.name for known in FORMATS if known.family == family])
    if family != PYTHON_PACKAGE:
        return alike.filter(name=name).first()
    names = alike.values_list("pk", "name").order_by("pk")
    same = [pk for pk, known in names if canonicalize_name(known) == canonicalize_name(name)]
    return alike.filter(pk__in=same[:1]).first()


def _family(name: str) -> str:
    known = by_name(name)
    return known.family if known else name


def _recognise(plugin: Plugin, name: str, actor: User) -> None:
    """Call a plugin by the format of its new version, unless that is a more general one than it is known by."""
    known = by_name(plugin.format)
    if name == plugin.format or (known is not None and known.is_a(name)):
        return
    before, plugin.format = plugin.format, name
    plugin.save(update_fields=["format"])
    ledger.record(verb="plugin.recognised", subject=plugin, actor=actor, details={"from": before, "to": name})


def _refuse_taken(plugin: Plugin, text: str) -> None:
    same = same_python_version if _family(plugin.format) == PYTHON_PACKAGE else str.__eq__
    if any(same(taken, text) for taken in plugin.versions.values_list("version", flat=True)):
        raise SubmissionRefused(
            "version-taken",
            _("Version %(version)s was already submitted with other contents. Raise the version number.")
            % {"version": text},
        )


def _version(plugin: Plugin, package: Package, artifact: Artifact) -> PluginVersion:
    waiting = (
        plugin.versions.filter(
            state__in=[VersionState.CHANGES_REQUESTED, VersionState.IN_REVIEW, VersionState.SUBMITTED]
        )
        .order_by("queue_since")
        .first()
    )
    return PluginVersion.objects.create(
        plugin=plugin,
        version=package.metadata.version,
        artifact=artifact,
        purl=package.purl[:400],
        license=storable(package.metadata.license)[:200],
        description=storable(package.metadata.description),
        metadata=storable(_metadata(package)),
        declaration=storable(dict(package.declaration.raw)) if package.declaration else None,
        queue_since=waiting.queue_since if waiting else timezone.now(),
    )


def _metadata(package: Package) -> dict[str, object]:
    stated = package.metadata
    return {
        "author": stated.author,
        "contact": stated.contact,
        "homepage": stated.homepage,
        "repository": stated.repository,
        "keywords": list(stated.keywords),
        "files": len(package.files),
        "code_files": len(package.code_files),
        "dependencies": len(package.dependencies),
    }


def _note_refusal(actor: User, filename: str, sha256: str, code: str, message: str) -> None:
    logger.info("submission refused: %s", code)
    try:
        with transaction.atomic():
            ledger.record(
                verb="submission.refused",
                subject_label=filename,
                actor=actor,
                details=storable({"code": code, "message": message, "sha256": sha256}),
            )
    except DatabaseError:
        logger.exception("%s tried to submit %r, which the ledger could not take", actor, filename)


@transaction.atomic
def withdraw(*, version: PluginVersion, actor: User, reason: str = "") -> PluginVersion:
    """Take a version back before it is decided.

    Raises:
        SubmissionRefused: its state does not allow it, or the actor may not act for its plugin.
    """
    if not actor.has_perm("plugins.submit_version", version.plugin):
        raise SubmissionRefused("not-the-owner", _("Only its own team may withdraw a version."))
    try:
        version.withdraw()
    except TransitionNotAllowed as refusal:
        message = _("A version that is %(state)s cannot be withdrawn.") % {"state": version.get_state_display().lower()}
        raise SubmissionRefused("not-withdrawable", message) from refusal
    version.save(update_fields=["state"])
    ledger.record(verb="version.withdrawn", subject=version, actor=actor, details={"reason": reason})
    version_withdrawn.send(sender=PluginVersion, version=version, actor=actor)
    return version
