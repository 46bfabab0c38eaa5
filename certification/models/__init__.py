"""The models of reviews, decisions, certificates and revalidation."""

from certification.models.attestations import CheckAttestation
from certification.models.certificates import Certificate, Revalidation
from certification.models.recalls import Acknowledgement, Recall
from certification.models.reviews import CriterionAnswer, Decision, Review
from certification.models.status_lists import StatusList, StatusListEntry
from certification.models.trust_roots import TrustRootVersion

__all__ = [
    "Acknowledgement",
    "Certificate",
    "CheckAttestation",
    "CriterionAnswer",
    "Decision",
    "Recall",
    "Revalidation",
    "Review",
    "StatusList",
    "StatusListEntry",
    "TrustRootVersion",
]
