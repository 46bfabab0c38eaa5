"""Plugins, versions and what belongs to their bytes."""

import hashlib

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from guardian.models import GroupObjectPermission

from governance.roles import permissions_named
from plugins.enums import Standing, VersionState
from plugins.models import (
    Artifact,
    OriginFile,
    Plugin,
    PluginVersion,
    Submission,
    VersionFile,
    artifact_storage,
)
from tests.factories.people import OwnerTeamFactory, UserFactory, digest
from tests.sample_report import DECLARATION


class PluginFactory(factory.django.DjangoModelFactory):
    """A plugin its team may see and submit to."""

    class Meta:
        model = Plugin
        skip_postgeneration_save = True

    name = factory.Sequence("acme-connector-{}".format)
    format = "python-package"
    team = factory.SubFactory(OwnerTeamFactory)
    standing = Standing.UNVETTED

    @factory.post_generation
    def permissions(self, create, _extracted, **_kwargs):
        for permission in permissions_named({"plugins.view_plugin", "plugins.submit_version"}) if create else ():
            GroupObjectPermission.objects.bulk_create(
                [
                    GroupObjectPermission(
                        permission=permission,
                        group=self.team.group,
                        content_type_id=permission.content_type_id,
                        object_pk=str(self.pk),
                    )
                ]
            )


class ArtifactFactory(factory.django.DjangoModelFactory):
    """A stored file. `content` (bytes) puts real bytes into the artifact storage under their digest."""

    class Meta:
        model = Artifact
        exclude = ("content",)

    content = None
    filename = factory.Sequence("acme-{}.tar.gz".format)
    size = factory.LazyAttribute(lambda row: len(row.content) if row.content is not None else 20480)
    sha256 = factory.LazyAttribute(
        lambda row: hashlib.sha256(row.content).hexdigest() if row.content is not None else digest(row.filename)
    )

    @classmethod
    def stored(cls, content=b"not really an archive", **kwargs):
        """An artifact whose bytes are in the storage."""
        artifact = cls(content=content, **kwargs)
        if not artifact_storage().exists(artifact.storage_name):
            artifact_storage().save(artifact.storage_name, ContentFile(content))
        return artifact


class PluginVersionFactory(factory.django.DjangoModelFactory):
    """A version, by default waiting for review."""

    class Meta:
        model = PluginVersion

    plugin = factory.SubFactory(PluginFactory)
    version = factory.Sequence("1.0.{}".format)
    artifact = factory.SubFactory(ArtifactFactory)
    state = VersionState.IN_REVIEW
    purl = factory.LazyAttribute(lambda row: f"pkg:pypi/{row.plugin.name}@{row.version}")
    license = "Apache-2.0"
    description = "Reads and writes contacts."
    metadata = factory.LazyAttribute(lambda row: {"name": row.plugin.name, "version": row.version, "author": "Acme"})
    declaration = factory.LazyFunction(lambda: DECLARATION)
    queue_since = factory.LazyFunction(timezone.now)


class SubmissionFactory(factory.django.DjangoModelFactory):
    """Somebody handed a version in."""

    class Meta:
        model = Submission

    version = factory.SubFactory(PluginVersionFactory)
    submitted_by = factory.SubFactory(UserFactory)
    filename = factory.SelfAttribute("version.artifact.filename")
    note = "Fixes the token."


class VersionFileFactory(factory.django.DjangoModelFactory):
    """A file that a version ships."""

    class Meta:
        model = VersionFile

    version = factory.SubFactory(PluginVersionFactory)
    path = "index.js"
    sha256 = factory.Sequence(lambda number: digest(f"file {number}"))
    size = 1


class OriginFileFactory(factory.django.DjangoModelFactory):
    """A file about the origin of a version."""

    class Meta:
        model = OriginFile

    version = factory.SubFactory(PluginVersionFactory)
    kind = OriginFile.Kind.ATTESTATION
    sha256 = factory.Sequence(lambda number: digest(f"origin {number}"))
    size = 1
    filename = "attestations.json"
    handed_in_by = factory.SubFactory(UserFactory)
