"""Factories of every domain model, a room for each subject.

They write rows directly: what services refuse is tested through the services.
`UserFactory(role=Role.REVIEWER)` gives a member of that role's group; `grant(user, "app.codename")` single permissions.
`VettingRunFactory()` is a run that ended, with its report and all its evidence rows; with `queued=True` it waits.
"""

from tests.factories.advisories import (
    AdvisoryCveFactory,
    AdvisoryFactory,
    AdvisoryFeedFactory,
    AdvisoryPackageFactory,
    EpssScoreFactory,
    ExploitationFeedFactory,
    KnownExploitedFactory,
)
from tests.factories.audits import (
    ActionPlanFactory,
    AuditFactory,
    AuditFindingFactory,
    EvidenceFileFactory,
    ReportFactory,
)
from tests.factories.certification import (
    AcknowledgementFactory,
    CertificateFactory,
    CheckAttestationFactory,
    CriterionAnswerFactory,
    DecisionFactory,
    RecallFactory,
    RevalidationFactory,
    ReviewFactory,
)
from tests.factories.detection import (
    DetectionRuleFactory,
    HuntBatchFactory,
    HuntFactory,
    HuntGapFactory,
    HuntHitFactory,
    MonitoredFindingFactory,
)
from tests.factories.issues import (
    FileDecisionFactory,
    FixedFindingFactory,
    IssueFactory,
    IssueNoteFactory,
    WaiverFactory,
)
from tests.factories.people import PASSWORD, ApiTokenFactory, OwnerTeamFactory, UserFactory, digest, grant, linked
from tests.factories.plugins import (
    ArtifactFactory,
    OriginFileFactory,
    PluginFactory,
    PluginVersionFactory,
    SubmissionFactory,
    VersionFileFactory,
)
from tests.factories.policies import CRITERIA, RULE_FIELDS, CriterionFactory, PolicyVersionFactory, small_policy
from tests.factories.runs import (
    CheckRunFactory,
    ComponentFactory,
    CriterionResultFactory,
    FindingFactory,
    KeptResultFactory,
    ObservationFactory,
    VettingRunFactory,
    store_evidence,
)
from tests.factories.trust import StatusListEntryFactory, StatusListFactory, TrustRootVersionFactory

__all__ = [
    "CRITERIA",
    "PASSWORD",
    "RULE_FIELDS",
    "AcknowledgementFactory",
    "ActionPlanFactory",
    "AdvisoryCveFactory",
    "AdvisoryFactory",
    "AdvisoryFeedFactory",
    "AdvisoryPackageFactory",
    "ApiTokenFactory",
    "ArtifactFactory",
    "AuditFactory",
    "AuditFindingFactory",
    "CertificateFactory",
    "CheckAttestationFactory",
    "CheckRunFactory",
    "ComponentFactory",
    "CriterionAnswerFactory",
    "CriterionFactory",
    "CriterionResultFactory",
    "DecisionFactory",
    "DetectionRuleFactory",
    "EpssScoreFactory",
    "EvidenceFileFactory",
    "ExploitationFeedFactory",
    "FileDecisionFactory",
    "FindingFactory",
    "FixedFindingFactory",
    "HuntBatchFactory",
    "HuntFactory",
    "HuntGapFactory",
    "HuntHitFactory",
    "IssueFactory",
    "IssueNoteFactory",
    "KeptResultFactory",
    "KnownExploitedFactory",
    "MonitoredFindingFactory",
    "ObservationFactory",
    "OriginFileFactory",
    "OwnerTeamFactory",
    "PluginFactory",
    "PluginVersionFactory",
    "PolicyVersionFactory",
    "RecallFactory",
    "ReportFactory",
    "RevalidationFactory",
    "ReviewFactory",
    "StatusListEntryFactory",
    "StatusListFactory",
    "SubmissionFactory",
    "TrustRootVersionFactory",
    "UserFactory",
    "VersionFileFactory",
    "VettingRunFactory",
    "WaiverFactory",
    "digest",
    "grant",
    "linked",
    "small_policy",
    "store_evidence",
]
