"""The models of plugins, vetting and advisories."""

from plugins.models.advisories import Advisory, AdvisoryFeed, AdvisoryPackage
from plugins.models.artifacts import Artifact, ArtifactDamaged, StoredBytes, artifact_storage
from plugins.models.detection import DetectionRule, MonitoredFinding
from plugins.models.evidence import CheckRun, Component, CriterionResult, Finding, Observation
from plugins.models.exploitation import AdvisoryCve, EpssScore, ExploitationFeed, KnownExploited
from plugins.models.files import VersionFile
from plugins.models.hunts import Hunt, HuntBatch, HuntGap, HuntHit
from plugins.models.issues import FixedFinding, Issue, IssueNote
from plugins.models.kept import KeptResult
from plugins.models.origins import OriginFile
from plugins.models.owners import OwnerTeam
from plugins.models.plugins import Plugin, PluginVersion, Submission
from plugins.models.runs import VettingRun
from plugins.models.waivers import FileDecision, Waiver

__all__ = [
    "Advisory",
    "AdvisoryCve",
    "AdvisoryFeed",
    "AdvisoryPackage",
    "Artifact",
    "ArtifactDamaged",
    "CheckRun",
    "Component",
    "CriterionResult",
    "DetectionRule",
    "EpssScore",
    "ExploitationFeed",
    "FileDecision",
    "Finding",
    "FixedFinding",
    "Hunt",
    "HuntBatch",
    "HuntGap",
    "HuntHit",
    "Issue",
    "IssueNote",
    "KeptResult",
    "KnownExploited",
    "MonitoredFinding",
    "Observation",
    "OriginFile",
    "OwnerTeam",
    "Plugin",
    "PluginVersion",
    "StoredBytes",
    "Submission",
    "VersionFile",
    "VettingRun",
    "Waiver",
    "artifact_storage",
]
