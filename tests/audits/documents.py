"""Report documents without a database: one of each kind, small, with something of everything."""

import datetime as dt
from dataclasses import replace

from audits.reports import vetting
from audits.reports.documents import (
    ActionLine,
    AuditFindingLine,
    AuditReport,
    Band,
    CertificateFacts,
    CertifiedLine,
    CriterionLine,
    DecidedLine,
    DecisionLine,
    Dossier,
    EvidenceLine,
    Identity,
    LineageLine,
    Made,
    RunFacts,
)
from tests.sample_report import vetting_report

AT = dt.datetime(2026, 11, 23, 10, 30, tzinfo=dt.UTC)
MADE = Made(at=AT, by="Ada Lovelace", portal="https://plugwarden.example", release="0.1.0", demo=True)
BANDS = (
    Band("low", "Low", 0),
    Band("moderate", "Moderate", 25),
    Band("high", "High", 45),
    Band("critical", "Critical", 75),
)


def dossier(*, description="Reads and writes contacts.", plugin="acme-crm-connector", **over):
    """The dossier of a plugin that failed; `over` replaces parts."""
    report = vetting_report()
    document = Dossier(
        made=MADE,
        identity=Identity(
            plugin=plugin,
            version="1.4.0",
            format="python-package",
            purl="pkg:pypi/acme-crm-connector@1.4.0",
            description=description,
            license="Apache-2.0",
            team="Team Acme",
            contact="team@acme.example",
            filename="acme_crm_connector-1.4.0.tar.gz",
            size=20480,
            sha256="0" * 64,
            state="In review",
            standing="In review",
            submitted_by="Grace Hopper",
            submitted_at=AT,
        ),
        run=RunFacts(
            number=7,
            verdict="failed",
            verdict_label="Failed",
            reason="A credential was found.",
            trigger="Submission",
            finished_at=AT,
            report_sha256="1" * 64,
            policy="Baseline policy 2026.1",
            policy_sha256="2" * 64,
            files=14,
            code_files=6,
        ),
        risk=replace(vetting.risk_of(report, None), bands=BANDS),
        certificate=CertificateFacts(
            serial="PW-20261123-ABCD1234",
            state="Suspended",
            in_force=False,
            state_reason="An advisory is looked into.",
            tier="High",
            not_before=AT,
            not_after=AT + dt.timedelta(days=90),
            revalidate_on=dt.date(2027, 1, 10),
            conditions="Only in the sales environment.",
            keyid="e" * 64,
            signature="c2lnbmF0dXJl" * 7,
            envelope_sha256="3" * 64,
            demo=True,
            issued_at=AT,
            issued_by="Rita Reviewer",
            run_sha256="1" * 64,
            verified=True,
            verification="All 13 steps of the offline verification passed.",
        ),
        checks=vetting.checks_of(report),
        findings=vetting.findings_of(report),
        capabilities=vetting.capabilities_of(report),
        hosts=vetting.hosts_of(report),
        feed=vetting.feed_of(report),
        dependencies=vetting.dependencies_of(report),
        criteria=(
            CriterionLine(
                code="SEC-01",
                title="No credentials in the package",
                category="secrets",
                statement="The package holds no password, token or private key.",
                kind="Automatic check",
                blocking=True,
                outcome="not_met",
                outcome_label="Not met",
                explanation="1 finding stands against it.",
                answered_by="",
                mapping=("OWASP ASVS 5.0: V13.3.1", "NIST SSDF 1.1: PS.1.1"),
            ),
        ),
        decisions=(
            DecisionLine(
                outcome="reject",
                outcome_label="Reject",
                reason="A live token is in the package.",
                conditions="",
                criteria=("SEC-01 No credentials in the package",),
                decided_by="Rita Reviewer",
                decided_at=AT,
            ),
        ),
        lineage=(
            LineageLine(AT, "Grace Hopper", "Version submitted", "acme 1.4.0", (f"Sha256: {'0' * 64}",)),
            LineageLine(AT, "The system", "Changed", "acme 1.4.0", ("State: Vetting → In review",)),
        ),
    )
    return replace(document, **over)


def audit_report(**over):
    """An issued audit with one finding; `over` replaces parts."""
    document = AuditReport(
        made=MADE,
        code="AUD-2026-01",
        title="Certification in the third quarter",
        objective="Whether decisions follow the policy.",
        scope="All decisions of the period. Left out: the demo.",
        method="All decisions were read; three were done again.",
        conclusion="Decisions follow the policy, with one exception.",
        period_from=dt.date(2026, 7, 1),
        period_to=dt.date(2026, 9, 30),
        lead="Audrey Auditor",
        issued_at=AT,
        findings=(
            AuditFindingLine(
                number=1,
                title="Reasons are too short",
                rating="major",
                rating_label="Major",
                condition="Three of ten decisions name no evidence.",
                criterion="Policy, section 4: a decision names the evidence it rests on.",
                cause="There is no template.",
                effect="Decisions cannot be followed.",
                recommendation="Give reviewers a template.",
                actions=(
                    ActionLine(
                        action="Write the template.",
                        owner="Rita Reviewer",
                        deadline=dt.date(2026, 12, 31),
                        outcome="All decisions of the next quarter name evidence.",
                        state="open",
                        state_label="Open",
                    ),
                ),
                evidence=("Sample of decisions",),
            ),
        ),
        decided=(DecidedLine("acme", "1.4.0", "0" * 64, "reject", "Reject", "High", "Rita Reviewer", AT),),
        certified=(CertifiedLine("PW-20260801-ABCD1234", "weather", "1.0.0", "4" * 64, "Low", "Active", AT, AT),),
        evidence=(
            EvidenceLine("Sample of decisions", "sample.csv", "Reasons are too short", 2048, "5" * 64, "Audrey", AT),
        ),
    )
    return replace(document, **over)
