"""Factories of every domain model. They write rows directly: what services refuse is tested through the services.

`UserFactory(role=Role.REVIEWER)` gives a member of that role's group; `grant(user, "app.codename")` single permissions.
`VettingRunFactory()` is a run that ended, with its report and all its evidence rows; with `queued=True` it waits.
"""

import dataclasses
import datetime as dt
import functools
import hashlib

import factory
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from guardian.models import GroupObjectPermission

from audits.enums import FindingRating, ReportKind
from audits.models import ActionPlan, Audit, AuditFinding, EvidenceFile, Report
from certification.enums import CertificateState, DecisionOutcome, RevalidationTrigger, ReviewState
from certification.models import (
    Acknowledgement,
    Certificate,
    CheckAttestation,
    CriterionAnswer,
    Decision,
    Recall,
    Revalidation,
    Review,
    StatusList,
    StatusListEntry,
    TrustRootVersion,
)
from governance.models import ApiToken, Criterion, PolicyState, PolicyVersion, User
from governance.policies import baseline
from governance.roles import PERMISSIONS, STAFF, Role, permissions_named
from governance.tokens import Scope, fingerprint, mint
from plugins.enums import RUN_OPEN, Outcome, RuleState, RunState, Standing, VersionState
from plugins.models import (
    Advisory,
    AdvisoryCve,
    AdvisoryFeed,
    AdvisoryPackage,
    Artifact,
    CheckRun,
    Component,
    CriterionResult,
    DetectionRule,
    EpssScore,
    ExploitationFeed,
    FileDecision,
    Finding,
    FixedFinding,
    Hunt,
    HuntBatch,
    HuntGap,
    HuntHit,
    Issue,
    IssueNote,
    KeptResult,
    KnownExploited,
    MonitoredFinding,
    Observation,
    OriginFile,
    OwnerTeam,
    Plugin,
    PluginVersion,
    Submission,
    VersionFile,
    VettingRun,
    Waiver,
    artifact_storage,
)
from plugins.services.detection import as_rule
from tests.sample_report import DECLARATION, vetting_report

PASSWORD = "correct horse battery staple"


def digest(text):
    """The SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def linked(links, **columns):
    """Link two rows as if they had always been: without the event that a change of rights leaves in the ledger."""
    links.through.objects.bulk_create([links.through(**columns)], ignore_conflicts=True)


def grant(user, *names):
    """Give a user model permissions; the user is read again, since Django caches them."""
    for permission in permissions_named(names):
        linked(User.user_permissions, user_id=user.pk, permission_id=permission.pk)
    return User.objects.get(pk=user.pk)


class UserFactory(factory.django.DjangoModelFactory):
    """A person; `role` puts them into that role's group and lets staff into the admin. Use `client.force_login`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("user{}".format)
    first_name = factory.Sequence("Ada {}".format)
    last_name = "Lovelace"
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = "!unusable"

    @factory.post_generation
    def role(self, create, extracted, **_kwargs):
        if not create or extracted is None:
            return
        group, created = Group.objects.get_or_create(name=Role(extracted).value)
        if created or not group.permissions.exists():
            for permission in permissions_named(PERMISSIONS[Role(extracted)]):
                linked(Group.permissions, group_id=group.pk, permission_id=permission.pk)
        linked(User.groups, user_id=self.pk, group_id=group.pk)
        if extracted in STAFF and not self.is_staff:
            self.is_staff = True
            self.save(update_fields=["is_staff"])

    @factory.post_generation
    def login_password(self, create, extracted, **_kwargs):
        """A password that works, where a test signs in through the form; slow, so only on demand."""
        if create and extracted:
            self.set_password(extracted)
            self.save(update_fields=["password"])


class ApiTokenFactory(factory.django.DjangoModelFactory):
    """A platform's token, good for everything. `text` is what a request brings: `ApiTokenFactory(text=mint())`."""

    class Meta:
        model = ApiToken
        exclude = ("text",)

    text = factory.LazyFunction(mint)
    name = factory.Sequence("platform {}".format)
    user = factory.SubFactory(UserFactory, role=Role.PLATFORM)
    scopes = [scope.value for scope in Scope]
    digest = factory.LazyAttribute(lambda token: fingerprint(token.text))
    ending = factory.LazyAttribute(lambda token: token.text[-4:])
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=30))


class OwnerTeamFactory(factory.django.DjangoModelFactory):
    """A team; `members=[user]` adds people and puts them into its group, as the service does."""

    class Meta:
        model = OwnerTeam
        skip_postgeneration_save = True

    name = factory.Sequence("Team {}".format)
    contact = "team@example.org"
    group = factory.LazyAttribute(lambda team: Group.objects.create(name=f"team: {team.name}"))

    @factory.post_generation
    def members(self, create, extracted, **_kwargs):
        for user in extracted or () if create else ():
            self.members.add(user)
            linked(User.groups, user_id=user.pk, group_id=self.group_id)


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


@functools.lru_cache(maxsize=1)
def small_policy():
    """The baseline cut down to one criterion of each kind, so that rows stay few: real rules, evaluated for real."""
    rules = baseline()
    return dataclasses.replace(rules, criteria=tuple(rules.criterion(code) for code in CRITERIA))


CRITERIA = ("SEC-01", "VUL-04", "PERM-03", "SUP-02")
"""A check, an expression, a manual one and an attestation."""

RULE_FIELDS = ("code", "title", "category", "statement", "reason", "kind", "blocking", "remediation", "deadline_days")


class PolicyVersionFactory(factory.django.DjangoModelFactory):
    """The policy in force, the same row every time: the baseline with one criterion of each kind."""

    class Meta:
        model = PolicyVersion
        django_get_or_create = ("state",)
        skip_postgeneration_save = True

    version = factory.LazyFunction(lambda: small_policy().version)
    title = factory.LazyFunction(lambda: small_policy().title)
    state = PolicyState.PUBLISHED
    rules = factory.LazyFunction(lambda: small_policy().to_dict())
    digest = factory.LazyFunction(lambda: small_policy().digest)
    published_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def criteria(self, create, _extracted, **_kwargs):
        if create and not Criterion.objects.filter(policy=self).exists():
            for position, rule in enumerate(small_policy().criteria):
                CriterionFactory(
                    policy=self,
                    position=position,
                    mapping=[{"framework": entry.framework, "reference": entry.reference} for entry in rule.mapping],
                    **{
                        name: getattr(rule, name)
                        for name in (
                            "code",
                            "title",
                            "category",
                            "statement",
                            "reason",
                            "kind",
                            "blocking",
                            "remediation",
                        )
                    },
                )


class CriterionFactory(factory.django.DjangoModelFactory):
    """One criterion."""

    class Meta:
        model = Criterion

    policy = factory.SubFactory(PolicyVersionFactory)
    code = factory.Sequence("X-{}".format)
    title = "Something is asked"
    category = "Security"
    statement = "The plugin does what is asked."
    reason = "Because otherwise something breaks."
    kind = "check"
    remediation = "Do what is asked."
    mapping = factory.LazyFunction(lambda: [{"framework": "OWASP ASVS 5", "reference": "13.3.1"}])


class VettingRunFactory(factory.django.DjangoModelFactory):
    """A run that failed on a leaked token, with all evidence; `queued=True` or `running=True` for one under way."""

    class Meta:
        model = VettingRun
        skip_postgeneration_save = True

    class Params:
        queued = factory.Trait(
            state=RunState.QUEUED, report=None, score=None, tier="", started_at=None, finished_at=None, reason=""
        )
        running = factory.Trait(
            state=RunState.RUNNING, report=None, score=None, tier="", finished_at=None, reason="",
            progress={
                "checks": {"archive": {"status": "passed", "ms": 12}, "static": {"status": "running", "ms": None}},
                "done": 1,
                "total": 2,
            },
        )  # fmt: skip

    version = factory.SubFactory(PluginVersionFactory)
    policy = factory.SubFactory(PolicyVersionFactory)
    state = RunState.FAILED
    reason = "A credential was found."
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    lease_until = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(minutes=15))
    report = factory.LazyFunction(vetting_report)
    score = factory.LazyAttribute(lambda run: run.report["risk"]["score"] if run.report else None)
    tier = factory.LazyAttribute(lambda run: run.report["risk"]["tier"] if run.report else "")

    @factory.post_generation
    def evidence(self, create, extracted, **_kwargs):
        if create and extracted is not False and self.state not in RUN_OPEN and self.report:
            store_evidence(self)


def store_evidence(run):
    """The evidence rows of a run's report."""
    for check in run.report["checks"]:
        CheckRun.objects.create(run=run, **{key: check[key] for key in check if key != "findings"})
    for finding in run.report["findings"]:
        fields = {key: value for key, value in finding.items() if key != "check"}
        Finding.objects.create(
            run=run,
            check_code=finding["check"],
            state="unchanged" if finding["severity"] == "info" else "new",
            **fields,
        )
    for component in run.report["dependencies"]:
        Component.objects.create(run=run, **component | {"pinned": component["pinned"] or ""})
    for kind, key, rows in (
        ("capability", "id", run.report["capabilities"]),
        ("host", "host", run.report["egress"]),
    ):
        for row in rows:
            for place in row["evidence"]:
                Observation.objects.create(run=run, kind=kind, value=row[key], **place)
    outcomes = (Outcome.NOT_MET, Outcome.NOT_MET, Outcome.UNANSWERED, Outcome.MET)
    for criterion, outcome in zip(Criterion.objects.filter(policy=run.policy), outcomes, strict=False):
        CriterionResult.objects.create(
            run=run,
            criterion=criterion,
            outcome=outcome,
            explanation="1 finding stands against it.",
            evidence=[{"path": "src/acme/settings.py", "line": 12, "fingerprint": "a" * 64}],
        )


class FindingFactory(factory.django.DjangoModelFactory):
    """One finding of a run."""

    class Meta:
        model = Finding

    run = factory.SubFactory(VettingRunFactory)
    check_code = "static"
    rule = "B602"
    severity = "high"
    title = "A shell is started"
    path = "src/acme/run.py"
    line = 3
    fingerprint = factory.Sequence(lambda n: digest(f"finding {n}"))


class IssueFactory(factory.django.DjangoModelFactory):
    """An issue, found first by a run of its plugin; `found=True` with the finding in that run."""

    class Meta:
        model = Issue
        skip_postgeneration_save = True

    first_run = factory.SubFactory(VettingRunFactory)
    plugin = factory.SelfAttribute("first_run.version.plugin")
    check_code = "static"
    rule = "B602"
    title = "A shell is started"
    fingerprint = factory.Sequence(lambda n: digest(f"issue {n}"))

    @factory.post_generation
    def found(self, create, extracted, **_kwargs):
        if create and extracted:
            FindingFactory(run=self.first_run, issue=self, rule=self.rule, check_code=self.check_code)


class IssueNoteFactory(factory.django.DjangoModelFactory):
    """A reviewer's word on an issue."""

    class Meta:
        model = IssueNote

    issue = factory.SubFactory(IssueFactory)
    author = factory.SubFactory(UserFactory)
    text = "The command is a constant."


class FixedFindingFactory(factory.django.DjangoModelFactory):
    """A finding that a later run did not find."""

    class Meta:
        model = FixedFinding

    run = factory.SubFactory(VettingRunFactory)
    finding = factory.SubFactory(FindingFactory)


class WaiverFactory(factory.django.DjangoModelFactory):
    """A proposed waiver; `active=True` for one that holds."""

    class Meta:
        model = Waiver

    class Params:
        active = factory.Trait(
            state="active",
            decided_by=factory.SubFactory(UserFactory),
            decided_at=factory.LazyFunction(timezone.now),
            outcome="Agreed.",
        )

    issue = factory.SubFactory(IssueFactory)
    reason = "The command is a constant; nobody outside can change it."
    starts_on = factory.LazyFunction(timezone.localdate)
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=30))
    requested_by = factory.SubFactory(UserFactory)


class FileDecisionFactory(factory.django.DjangoModelFactory):
    """A file that is blocked."""

    class Meta:
        model = FileDecision

    sha256 = factory.Sequence(lambda n: digest(f"file {n}"))
    verdict = "block"
    state = "active"
    reason = "It steals tokens."
    requested_by = factory.SubFactory(UserFactory)
    decided_by = factory.SelfAttribute("requested_by")


class CheckRunFactory(factory.django.DjangoModelFactory):
    """One check of a run."""

    class Meta:
        model = CheckRun

    run = factory.SubFactory(VettingRunFactory)
    code = factory.Sequence("check-{}".format)
    status = "passed"
    reason = "All files were examined."
    examined = 3
    duration_ms = 12


class ObservationFactory(factory.django.DjangoModelFactory):
    """One observation of a run."""

    class Meta:
        model = Observation

    run = factory.SubFactory(VettingRunFactory)
    kind = "capability"
    value = "network.outbound"
    path = "src/acme/run.py"
    line = 5


class ComponentFactory(factory.django.DjangoModelFactory):
    """One dependency of a run."""

    class Meta:
        model = Component

    run = factory.SubFactory(VettingRunFactory)
    ecosystem = "PyPI"
    name = factory.Sequence("library-{}".format)
    requirement = "==1.0"
    pinned = "1.0"
    scope = "runtime"
    purl = factory.LazyAttribute(lambda row: f"pkg:pypi/{row.name}@1.0")


class CriterionResultFactory(factory.django.DjangoModelFactory):
    """How one criterion came out."""

    class Meta:
        model = CriterionResult

    run = factory.SubFactory(VettingRunFactory)
    criterion = factory.SubFactory(CriterionFactory)
    outcome = Outcome.MET
    explanation = "Nothing stands against it."


class KeptResultFactory(factory.django.DjangoModelFactory):
    """One kept result of an artifact; its seal is not that of the portal."""

    class Meta:
        model = KeptResult

    artifact = factory.SubFactory(ArtifactFactory)
    check_code = "static"
    check_version = "1"
    basis = "0" * 64
    key = factory.Sequence(lambda number: digest(f"kept {number}"))
    result = factory.LazyFunction(dict)
    seal = "0" * 64


class DetectionRuleFactory(factory.django.DjangoModelFactory):
    """A draft that hits `evil.example`; `in_use(state)` gives one on trial or in force, sealed as the services do."""

    class Meta:
        model = DetectionRule

    code = factory.Sequence("no-evil-{}".format)
    kind = "regex"
    title = "It names evil.example"
    body = r"evil\.example"
    message = "evil.example took part in an attack."
    remediation = "Take the address out."
    why = "Incident 7"
    hits = ["fetch('https://evil.example')"]
    misses = ["fetch('https://good.example')"]
    author = factory.SubFactory(UserFactory)
    written_by = factory.LazyAttribute(lambda row: [row.author.pk])

    @classmethod
    def in_use(cls, state=RuleState.ENFORCED, **kwargs):
        """A rule that every vetting looks for."""
        row = cls.build(author=kwargs.pop("author", None) or UserFactory(), state=state, **kwargs)
        row.sealed = as_rule(row).digest
        row.monitored_at = timezone.now()
        row.enforced_at = timezone.now() if state == RuleState.ENFORCED else None
        row.save()
        return row


class MonitoredFindingFactory(factory.django.DjangoModelFactory):
    """A hit of a rule on trial."""

    class Meta:
        model = MonitoredFinding

    run = factory.SubFactory("tests.factories.VettingRunFactory")
    rule = factory.SubFactory(DetectionRuleFactory)
    path = "index.js"
    line = 3
    snippet = "fetch('https://evil.example')"
    fingerprint = factory.Sequence(lambda number: digest(f"monitored {number}"))


class HuntFactory(factory.django.DjangoModelFactory):
    """A hunt that waits for its first batch."""

    class Meta:
        model = Hunt

    rule = factory.SubFactory(DetectionRuleFactory)
    rule_digest = factory.LazyAttribute(lambda row: as_rule(row.rule).digest)
    started_by = factory.SubFactory(UserFactory)
    total = 3


class HuntBatchFactory(factory.django.DjangoModelFactory):
    """A batch that waits."""

    class Meta:
        model = HuntBatch

    hunt = factory.SubFactory(HuntFactory)
    number = factory.Sequence(lambda number: number)


class HuntHitFactory(factory.django.DjangoModelFactory):
    """A place a hunt found."""

    class Meta:
        model = HuntHit

    hunt = factory.SubFactory(HuntFactory)
    version = factory.SubFactory("tests.factories.PluginVersionFactory")
    path = "index.js"
    line = 3
    excerpt = "fetch('https://evil.example')"


class HuntGapFactory(factory.django.DjangoModelFactory):
    """A version a hunt could not answer."""

    class Meta:
        model = HuntGap

    hunt = factory.SubFactory(HuntFactory)
    version = factory.SubFactory("tests.factories.PluginVersionFactory")
    reason = "The stored file has been altered."


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


class AdvisoryFeedFactory(factory.django.DjangoModelFactory):
    """An imported feed."""

    class Meta:
        model = AdvisoryFeed

    name = factory.Sequence("Feed {}".format)
    demo = True
    records = 1
    newest_at = factory.LazyFunction(timezone.now)
    imported_at = factory.LazyFunction(timezone.now)


class AdvisoryFactory(factory.django.DjangoModelFactory):
    """One advisory."""

    class Meta:
        model = Advisory

    feed = factory.SubFactory(AdvisoryFeedFactory)
    osv_id = factory.Sequence("PW-2026-{:04}".format)
    modified_at = factory.LazyFunction(timezone.now)
    severity = "high"
    summary = "Something leaks."
    record = factory.LazyAttribute(lambda row: {"id": row.osv_id, "affected": []})


class AdvisoryPackageFactory(factory.django.DjangoModelFactory):
    """A package an advisory names."""

    class Meta:
        model = AdvisoryPackage

    advisory = factory.SubFactory(AdvisoryFactory)
    ecosystem = "PyPI"
    name = "requests"


class AdvisoryCveFactory(factory.django.DjangoModelFactory):
    """A CVE an advisory names."""

    class Meta:
        model = AdvisoryCve

    advisory = factory.SubFactory(AdvisoryFactory)
    cve = factory.Sequence("CVE-2026-{:04}".format)


class ExploitationFeedFactory(factory.django.DjangoModelFactory):
    """CISA's catalogue, as imported; there is one of each kind."""

    class Meta:
        model = ExploitationFeed
        django_get_or_create = ("kind",)

    kind = ExploitationFeed.Kind.KEV
    version = "2026.11.25"
    digest = factory.LazyAttribute(lambda row: digest(row.version))
    records = 1
    made_at = factory.LazyFunction(timezone.now)
    imported_at = factory.LazyFunction(timezone.now)


class KnownExploitedFactory(factory.django.DjangoModelFactory):
    """A vulnerability known to be exploited."""

    class Meta:
        model = KnownExploited

    cve = factory.Sequence("CVE-2026-{:04}".format)
    added = dt.date(2026, 11, 3)
    name = "Acme Widget Command Injection Vulnerability"
    seen_at = factory.LazyFunction(timezone.now)


class EpssScoreFactory(factory.django.DjangoModelFactory):
    """How likely a vulnerability is exploited."""

    class Meta:
        model = EpssScore

    cve = factory.Sequence("CVE-2026-{:04}".format)
    score = 0.02
    percentile = 0.71


class ReviewFactory(factory.django.DjangoModelFactory):
    """An open review of a vetted version; `reviewer=user` makes it claimed."""

    class Meta:
        model = Review

    version = factory.SubFactory(PluginVersionFactory)
    run = factory.SubFactory(VettingRunFactory, version=factory.SelfAttribute("..version"))
    reviewer = None
    state = factory.LazyAttribute(lambda row: ReviewState.CLAIMED if row.reviewer else ReviewState.OPEN)
    claimed_at = factory.LazyAttribute(lambda row: timezone.now() if row.reviewer else None)
    due_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=3))


class CriterionAnswerFactory(factory.django.DjangoModelFactory):
    """A reviewer's answer to a manual criterion."""

    class Meta:
        model = CriterionAnswer

    review = factory.SubFactory(ReviewFactory)
    criterion = factory.SubFactory(CriterionFactory, kind="manual")
    outcome = Outcome.MET
    note = "Seen in the tests."
    answered_by = factory.SubFactory(UserFactory)


class DecisionFactory(factory.django.DjangoModelFactory):
    """A decision; `criteria=[...]` are the ones cited."""

    class Meta:
        model = Decision
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory, state=ReviewState.DECIDED)
    outcome = DecisionOutcome.APPROVE
    reason = "All blocking criteria are met."
    decided_by = factory.SubFactory(UserFactory)
    decided_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def criteria(self, create, extracted, **_kwargs):
        if create and extracted:
            self.criteria.set(extracted)


class CertificateFactory(factory.django.DjangoModelFactory):
    """A certificate in force. Its envelope is no signed one: issue one by the service where the bytes matter."""

    class Meta:
        model = Certificate

    serial = factory.Sequence("PW-2026-{:06}".format)
    version = factory.SubFactory(PluginVersionFactory, state=VersionState.APPROVED)
    run = factory.SubFactory(VettingRunFactory, version=factory.SelfAttribute("..version"), state=RunState.PASSED)
    policy = factory.SelfAttribute("run.policy")
    sha256 = factory.SelfAttribute("version.artifact.sha256")
    tier = "low"
    not_before = factory.LazyFunction(timezone.now)
    not_after = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=365))
    revalidate_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=90))
    envelope = b'{"unsigned": "test"}'
    envelope_sha256 = hashlib.sha256(b'{"unsigned": "test"}').hexdigest()
    keyid = "e" * 64
    demo = True


class TrustRootVersionFactory(factory.django.DjangoModelFactory):
    """A trust root that was noted; its bytes are no signed ones."""

    class Meta:
        model = TrustRootVersion

    environment = "production"
    version = factory.Sequence(lambda n: n + 1000)
    sha256 = "f" * 64
    envelope = b"{}"


class StatusListFactory(factory.django.DjangoModelFactory):
    """A status list. Its signature is none: have one made by the service where the bytes matter."""

    class Meta:
        model = StatusList

    sequence = factory.Sequence(lambda number: number + 1)
    this_update = factory.LazyFunction(timezone.now)
    next_update = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=1))
    log_size = 7
    log_root = bytes(32)
    listed = 0
    payload_sha256 = "a" * 64
    keyid = "e" * 64
    signature = bytes(64)


class StatusListEntryFactory(factory.django.DjangoModelFactory):
    """What a status list says of a certificate."""

    class Meta:
        model = StatusListEntry

    list = factory.SubFactory(StatusListFactory)
    certificate = factory.SubFactory(CertificateFactory)
    state = "revoked"
    reason_class = "policy"
    at = factory.LazyFunction(timezone.now)


class CheckAttestationFactory(factory.django.DjangoModelFactory):
    """The signed result of a check. Its bytes are no signed ones."""

    class Meta:
        model = CheckAttestation

    run = factory.SubFactory(VettingRunFactory)
    code = "static"
    envelope = b"{}"
    sha256 = factory.Sequence("{:064x}".format)
    keyid = "e" * 64


class RevalidationFactory(factory.django.DjangoModelFactory):
    """A revalidation under way."""

    class Meta:
        model = Revalidation

    certificate = factory.SubFactory(CertificateFactory)
    trigger = RevalidationTrigger.SCHEDULE


class RecallFactory(factory.django.DjangoModelFactory):
    """A certificate was suspended, and every platform that was there is asked to say that it knows."""

    class Meta:
        model = Recall

    certificate = factory.SubFactory(CertificateFactory, state=factory.SelfAttribute("..state"))
    state = CertificateState.SUSPENDED.value


class AcknowledgementFactory(factory.django.DjangoModelFactory):
    """A platform said so."""

    class Meta:
        model = Acknowledgement

    recall = factory.SubFactory(RecallFactory)
    token = factory.SubFactory(ApiTokenFactory)
    user = factory.SelfAttribute("token.user")


class AuditFactory(factory.django.DjangoModelFactory):
    """A planned audit."""

    class Meta:
        model = Audit

    code = factory.Sequence("AUD-2026-{:02}".format)
    title = "Certification in the third quarter"
    objective = "Whether decisions follow the policy."
    scope = "All decisions of the period."
    period_from = dt.date(2026, 7, 1)
    period_to = dt.date(2026, 9, 30)
    lead = factory.SubFactory(UserFactory)


class AuditFindingFactory(factory.django.DjangoModelFactory):
    """A finding of an audit."""

    class Meta:
        model = AuditFinding

    audit = factory.SubFactory(AuditFactory)
    title = "Reasons are too short"
    rating = FindingRating.MINOR
    condition = "Three of ten decisions name no evidence."
    criterion = "Policy, section 4."
    cause = "No template."
    effect = "Decisions cannot be followed."
    recommendation = "Give reviewers a template."


class ActionPlanFactory(factory.django.DjangoModelFactory):
    """What is done about an audit finding."""

    class Meta:
        model = ActionPlan

    finding = factory.SubFactory(AuditFindingFactory)
    action = "Write the template."
    owner = factory.SubFactory(UserFactory)
    deadline = dt.date(2026, 12, 31)
    outcome = "All decisions of the next quarter name evidence."


class EvidenceFileFactory(factory.django.DjangoModelFactory):
    """A file an audit rests on; give `file` where its bytes matter."""

    class Meta:
        model = EvidenceFile

    audit = factory.SubFactory(AuditFactory)
    title = "Sample of decisions"
    file = "evidence/2026/10/sample.csv"
    sha256 = digest("sample")
    size = 100
    added_by = factory.SubFactory(UserFactory)


class ReportFactory(factory.django.DjangoModelFactory):
    """A dossier somebody asked for."""

    class Meta:
        model = Report

    kind = ReportKind.DOSSIER
    version = factory.SubFactory(PluginVersionFactory)
    requested_by = factory.SubFactory(UserFactory)
