"""Store what a run found: once, in bulk, never changed afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from governance import ledger
from governance.canonical import digest
from governance.models import Criterion
from governance.vocabulary import FindingState, Verdict
from plugins.exports.vetting_json import vetting_document
from plugins.models import CheckRun, Component, CriterionResult, Finding, FixedFinding, Observation, VettingRun
from plugins.services.detection import store_monitored
from plugins.services.issues import issues_of
from plugins.services.storable import storable

if TYPE_CHECKING:
    from plugins.vetting import Report

BATCH = 1000


def store_report(*, run: VettingRun, report: Report) -> None:
    """Write the evidence rows and conclude the run. Call it in the transaction that holds the run's lock."""
    document = storable(vetting_document(report))
    _store_checks(run, document)
    _store_findings(run, report, document)
    store_monitored(run=run, report=report)
    _store_observations(run, report)
    _store_components(run, document)
    _store_criteria(run, document)
    run.report = document
    run.report_sha256 = digest(document)
    run.reason = report.reason
    run.score = report.risk.score
    run.tier = report.risk.tier.value
    run.finished_at = timezone.now()
    conclude = {
        Verdict.PASSED: run.conclude_passed,
        Verdict.FAILED: run.conclude_failed,
        Verdict.INCONCLUSIVE: run.conclude_inconclusive,
    }[report.verdict]
    conclude()
    run.save(update_fields=["state", "report", "report_sha256", "reason", "score", "tier", "finished_at"])
    ledger.record(
        verb="run.concluded",
        subject=run,
        details={"verdict": report.verdict.value, "report_sha256": run.report_sha256, "score": run.score},
    )


def _store_checks(run: VettingRun, document: dict[str, Any]) -> None:
    CheckRun.objects.bulk_create(
        CheckRun(
            run=run,
            code=check["code"],
            status=check["status"],
            reason=check["reason"],
            engine=check["engine"][:120],
            engine_version=check["engine_version"][:120],
            examined=check["examined"],
            duration_ms=check["duration_ms"],
            evidence=check["evidence"],
        )
        for check in document["checks"]
    )


def _store_findings(run: VettingRun, report: Report, document: dict[str, Any]) -> None:
    found = [one for result in report.results for one in result.findings]
    issues = issues_of(run, found, document["findings"])
    Finding.objects.bulk_create(
        (
            Finding(
                run=run,
                check_code=row["check"],
                rule=row["rule"][:120],
                severity=row["severity"],
                title=row["title"][:400],
                path=row["path"][:1024],
                line=row["line"],
                snippet=row["snippet"],
                detail=row["detail"],
                remediation=row["remediation"],
                cwe=row["cwe"][:20],
                fingerprint=row["fingerprint"],
                likeness=one.likeness,
                state=one.state or FindingState.NEW,
                issue_id=issue,
                waiver=one.waiver.name if one.waiver else "",
                waived_until=one.waiver.until if one.waiver else "",
            )
            for one, row, issue in zip(found, document["findings"], issues, strict=True)
        ),
        batch_size=BATCH,
    )
    FixedFinding.objects.bulk_create(
        (FixedFinding(run=run, finding_id=known.finding) for known in report.fixed if known.finding), batch_size=BATCH
    )


def _store_observations(run: VettingRun, report: Report) -> None:
    Observation.objects.bulk_create(
        (
            Observation(
                run=run,
                kind=seen.kind,
                value=storable(seen.value)[:260],
                path=storable(seen.path)[:1024],
                line=seen.line,
                snippet=storable(seen.snippet),
                dynamic=seen.dynamic,
            )
            for result in report.results
            for seen in result.observations
        ),
        batch_size=BATCH,
    )


def _store_components(run: VettingRun, document: dict[str, Any]) -> None:
    Component.objects.bulk_create(
        (
            Component(
                run=run,
                ecosystem=part["ecosystem"],
                name=part["name"][:214],
                requirement=part["requirement"][:500],
                pinned=(part["pinned"] or "")[:120],
                scope=part["scope"],
                direct=part["direct"],
                purl=part["purl"][:400],
                advisories=part["advisories"],
            )
            for part in document["dependencies"]
        ),
        batch_size=BATCH,
    )


def _store_criteria(run: VettingRun, document: dict[str, Any]) -> None:
    criteria = {criterion.code: criterion for criterion in Criterion.objects.filter(policy=run.policy)}
    CriterionResult.objects.bulk_create(
        CriterionResult(
            run=run,
            criterion=criteria[row["code"]],
            outcome=row["outcome"],
            explanation=row["explanation"],
            evidence=row["evidence"],
        )
        for row in document["criteria"]
        if row["code"] in criteria
    )
