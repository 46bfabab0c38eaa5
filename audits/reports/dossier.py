"""Gather what a certification dossier says, in a number of queries that does not grow with what there is to say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from audits.reports import vetting
from audits.reports.common import ReportRefused, made
from audits.reports.documents import CertificateFacts, CriterionLine, DecisionLine, Dossier, Identity, RunFacts
from audits.reports.lineage import lineage_lines
from certification import bundles, keyring
from certification.attest.private_files import KeysRefusedError
from certification.enums import CertificateState
from certification.models import Certificate, CriterionAnswer, Decision
from certification.verify.core import Request, verify
from certification.verify.errors import UnusableError
from governance.models.choices import label
from governance.vocabulary import Tier, Verdict
from plugins.enums import Outcome
from plugins.models import CriterionResult, PluginVersion, VettingRun
from plugins.standing import standing_as_of

if TYPE_CHECKING:
    from datetime import datetime

    from governance.models import User


def build_dossier(*, version: PluginVersion, actor: User | None, now: datetime | None = None) -> Dossier:
    """Everything the portal knows about a version, by its newest vetting run that has a report.

    Raises:
        ReportRefused: no vetting run of it has ended with a report yet.
    """
    moment = now or timezone.now()
    version = PluginVersion.objects.select_related("plugin__team", "artifact").get(pk=version.pk)
    run = _newest_run(version)
    report = run.report
    return Dossier(
        made=made(now=moment, actor=actor),
        identity=_identity(version, moment),
        run=_run_facts(run),
        risk=vetting.risk_of(report, run.policy),
        certificate=_certificate(version, moment),
        checks=vetting.checks_of(report),
        findings=vetting.findings_of(report),
        capabilities=vetting.capabilities_of(report),
        hosts=vetting.hosts_of(report),
        feed=vetting.feed_of(report),
        dependencies=vetting.dependencies_of(report),
        criteria=_criteria(run),
        decisions=_decisions(version),
        lineage=lineage_lines(version),
    )


def _newest_run(version: PluginVersion) -> VettingRun:
    run = (
        VettingRun.objects.ended()
        .filter(version=version, report__isnull=False)
        .select_related("policy")
        .order_by("-finished_at", "-id")
        .first()
    )
    if run is None:
        raise ReportRefused(_("No vetting run of %(version)s has ended with a result yet.") % {"version": version})
    return run


def _identity(version: PluginVersion, now: datetime) -> Identity:
    submission = version.submissions.select_related("submitted_by").first()
    return Identity(
        plugin=version.plugin.name,
        version=version.version,
        format=version.plugin.format_label,
        purl=version.purl,
        description=version.description,
        license=version.license,
        team=version.plugin.team.name,
        contact=version.plugin.team.contact,
        filename=version.artifact.filename,
        size=version.artifact.size,
        sha256=version.artifact.sha256,
        state=version.get_state_display(),
        standing=str(standing_as_of(version.plugin, now).label),
        submitted_by=str(submission.submitted_by) if submission else "",
        submitted_at=version.created_at,
    )


def _run_facts(run: VettingRun) -> RunFacts:
    artifact = run.report["artifact"]
    return RunFacts(
        number=run.pk,
        verdict=run.report["verdict"],
        verdict_label=label(Verdict(run.report["verdict"])),
        reason=run.reason,
        trigger=run.get_trigger_display(),
        finished_at=run.finished_at or run.queued_at,
        report_sha256=run.report_sha256,
        policy=str(run.policy) if run.policy else "",
        policy_sha256=run.policy.digest if run.policy else "",
        files=artifact.get("files", 0),
        code_files=artifact.get("code_files", 0),
    )


def _certificate(version: PluginVersion, now: datetime) -> CertificateFacts | None:
    found = (
        Certificate.objects.filter(version=version)
        .select_related("run", "issued_by")
        .defer("run__report", "run__progress")
        .first()
    )
    if found is None:
        return None
    state = found.effective_state(now)
    verified, words = _verification(found, version, now)
    return CertificateFacts(
        serial=found.serial,
        state=str(state.label),
        in_force=state == CertificateState.ACTIVE and found.not_before <= now,
        state_reason=found.state_reason,
        tier=label(Tier(found.tier)),
        not_before=found.not_before,
        not_after=found.not_after,
        revalidate_on=found.revalidate_on,
        conditions=found.conditions,
        keyid=found.keyid,
        signature=_signature(bytes(found.envelope)),
        envelope_sha256=found.envelope_sha256,
        demo=found.demo,
        issued_at=found.issued_at,
        issued_by=str(found.issued_by) if found.issued_by else "",
        run_sha256=found.run.report_sha256,
        verified=verified,
        verification=words,
    )


def _verification(certificate: Certificate, version: PluginVersion, now: datetime) -> tuple[bool, str]:
    """What the offline verifier says of the bundle now; never raises, since a dossier must be able to say so."""
    try:
        outcome = verify(
            bundle=bundles.bundle_of(certificate),
            trust_root=keyring.trust_root_bytes(),
            request=Request(version.artifact.sha256, now.replace(microsecond=0), version.purl),
        )
    except (UnusableError, KeysRefusedError, bundles.BundleUnavailable, OSError) as problem:
        return False, _("The bundle could not be verified: %(why)s") % {"why": problem}
    if outcome.valid:
        return True, _("All %(count)d steps of the offline verification passed.") % {"count": len(outcome.passed)}
    values = {"step": outcome.failed or "", "why": outcome.message}
    return False, _("The offline verification failed at “%(step)s”: %(why)s") % values


def _signature(envelope: bytes) -> str:
    try:
        return str(json.loads(envelope)["signatures"][0]["sig"])
    except (ValueError, LookupError, TypeError):
        return ""


def _criteria(run: VettingRun) -> tuple[CriterionLine, ...]:
    """Criteria in the policy's order; a reviewer's answer replaces what the run could say."""
    answers = {
        answer.criterion_id: answer
        for answer in CriterionAnswer.objects.filter(review__run=run).select_related("answered_by").order_by("id")
    }
    rows = CriterionResult.objects.filter(run=run).select_related("criterion").order_by("criterion__position", "id")
    return tuple(_criterion(row, answers.get(row.criterion_id)) for row in rows)


def _criterion(row: CriterionResult, answer: CriterionAnswer | None) -> CriterionLine:
    criterion = row.criterion
    outcome = Outcome(answer.outcome if answer else row.outcome)
    return CriterionLine(
        code=criterion.code,
        title=criterion.title,
        category=criterion.category,
        statement=criterion.statement,
        kind=criterion.get_kind_display(),
        blocking=criterion.blocking,
        outcome=outcome.value,
        outcome_label=str(outcome.label),
        explanation=answer.note if answer else row.explanation,
        answered_by=str(answer.answered_by) if answer else "",
        mapping=tuple(f"{entry['framework']}: {entry['reference']}" for entry in criterion.mapping),
    )


def _decisions(version: PluginVersion) -> tuple[DecisionLine, ...]:
    decided = (
        Decision.objects.filter(review__version=version)
        .select_related("decided_by")
        .prefetch_related("criteria")
        .order_by("decided_at", "id")
    )
    return tuple(
        DecisionLine(
            outcome=decision.outcome,
            outcome_label=decision.get_outcome_display(),
            reason=decision.reason,
            conditions=decision.conditions,
            criteria=tuple(f"{criterion.code} {criterion.title}" for criterion in decision.criteria.all()),
            decided_by=str(decision.decided_by),
            decided_at=decision.decided_at,
        )
        for decision in decided
    )
