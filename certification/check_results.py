"""Sign each check's result of a run, once, so that a certificate can list what it rests on."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from certification.attest.check_result import CheckFacts, RuleSet, build_check_statement
from certification.attest.dsse import sign_envelope
from certification.attest.vsa import Resource
from certification.models import CheckAttestation
from certification.verify.names import STATEMENT_PAYLOAD
from governance.vocabulary import Severity
from plugins.checks.base import engine_versions
from plugins.rule_sets import rule_set_of

if TYPE_CHECKING:
    from certification.attest.keys import KeyRing
    from plugins.models import VettingRun


@transaction.atomic
def attest(*, run: VettingRun, ring: KeyRing) -> tuple[Resource, ...]:
    """Sign the results of a run's checks that this key has not signed yet; gives all, in the report's order.

    What is signed is what the report says: check before that it is the report that was stored. Raises KeysRefusedError.
    """
    known = {
        row.code: row for row in CheckAttestation.objects.filter(run=run, keyid=ring.certifier.keyid).defer("envelope")
    }
    for check in run.report["checks"]:
        if check["code"] not in known:
            known[check["code"]] = _sign(run, check, ring)
    return tuple(
        Resource(uri=address(known[check["code"]]), sha256=known[check["code"]].sha256, name=check["code"])
        for check in run.report["checks"]
    )


def address(attestation: CheckAttestation) -> str:
    """Where everybody can fetch it."""
    return f"{settings.PORTAL_URL}{reverse('certification:attestation', args=[attestation.sha256])}"


def _sign(run: VettingRun, check: dict[str, Any], ring: KeyRing) -> CheckAttestation:
    envelope = sign_envelope(
        payload=build_check_statement(_facts(run, check, ring)), payload_type=STATEMENT_PAYLOAD, signer=ring.certifier
    )
    found, _made = CheckAttestation.objects.get_or_create(  # another run of the same second may say the same
        sha256=hashlib.sha256(envelope).hexdigest(),
        defaults={"run": run, "code": check["code"], "envelope": envelope, "keyid": ring.certifier.keyid},
    )
    return found


def _facts(run: VettingRun, check: dict[str, Any], ring: KeyRing) -> CheckFacts:
    rules, artifact = rule_set_of(check["evidence"]), run.version.artifact
    found = Counter(finding["severity"] for finding in run.report["findings"] if finding["check"] == check["code"])
    return CheckFacts(
        artifact_name=artifact.filename,
        artifact_sha256=artifact.sha256,
        verifier_id=ring.verifier_id,
        code=check["code"],
        version=check.get("version", ""),
        engines=engine_versions(check["engine"], check["engine_version"]),
        rule_set=RuleSet(rules.name, rules.release, rules.digest) if rules else None,
        status=check["status"],
        examined=check["examined"],
        findings={severity.value: found[severity.value] for severity in Severity},
        finished=run.finished_at or run.queued_at,
        report_sha256=run.report_sha256,
        demo=ring.demo,
    )
