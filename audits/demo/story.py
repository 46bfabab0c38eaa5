"""What happens in the demo. Every step asks first whether it has happened, so an interrupted demo goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from audits.demo import people, platforms, reports, upkeep
from certification import bundles, decisions, keyring, reviews
from certification.enums import DecisionOutcome, ReviewState
from certification.models import Review
from governance.models import CriterionKind, User
from plugins.advisories import starter
from plugins.enums import Outcome, RunState
from plugins.models import AdvisoryFeed, PluginVersion, VettingRun
from plugins.services import AlreadySubmitted, execute_run, submit
from plugins.services.feeds import import_documents
from samples.build import BuiltSample, build_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from certification.models import Certificate
    from governance.models import Criterion
    from plugins.vetting import Progress

CLEAN = "n8n-nodes-weather-desk"
REJECTED = "acme-crm-connector"
RECALLED = "invoice-hub-connector"
TEAM_OF = {
    CLEAN: "Weather Desk",
    "n8n-nodes-quick-notes": "Weather Desk",
    REJECTED: "Acme Integrations",
    "node-red-contrib-stock-ticker": "Acme Integrations",
    RECALLED: "Invoice Hub",
}


class NotADemo(Exception):
    """The data folder holds something else than a demo; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Where the demo tells what it does: lines, and a progress for each vetting run."""

    say: Callable[[str], None]
    vetting: Callable[[str], Progress]


def folder() -> Path:
    """`var/demo`: the bundle, the artifact it certifies, the trust root, the PDFs and `submissions/`."""
    return settings.DATA_DIR / "demo"


def loaded() -> bool:
    """Whether the demo has run to its end."""
    return _summary_file().exists()


def table() -> list[dict[str, str]]:
    """What happened, a row for each sample."""
    rows: list[dict[str, str]] = json.loads(_summary_file().read_text(encoding="utf-8"))
    return rows


def load(watch: Watch) -> None:
    """Run the demo, or what is left of it.

    Raises:
        NotADemo: there are users here whom no demo made.
    """
    _demand_demo_data()
    people.everybody()
    platforms.everybody()
    if not AdvisoryFeed.objects.filter(name=starter.NAME).exists():
        import_documents(documents=starter.starter_feed(), name=starter.NAME, source=starter.attribution(), demo=True)
    upkeep.rules()
    built = {sample.name: sample for sample in build_all(folder() / "submissions")}
    versions = {name: _vetted(built[name], watch) for name in TEAM_OF}
    certificate = _certified(
        versions[CLEAN],
        note="Read declaration and code: only the city asked for is sent, and only to the declared host.",
        reason="Code, declaration and evidence agree: one declared host, no dependency.",
        conditions="Outbound connections to api.weather-desk.example only.",
    )
    _rejected(versions[REJECTED])
    upkeep.triage(versions[REJECTED])
    upkeep.waivers(versions[REJECTED])
    upkeep.hunt()
    platforms.recall(
        _certified(
            versions[RECALLED],
            note="Read the definition: invoices go to the declared host alone, over TLS.",
            reason="Definition and declaration agree: one declared host, the key is a secure string.",
            conditions="Invoices of test tenants only.",
        )
    )
    shutil.move(built[CLEAN].path, folder() / built[CLEAN].filename)
    (folder() / certificate.bundle_filename).write_bytes(bundles.bundle_of(certificate))
    (folder() / "trust-root.json").write_bytes(keyring.trust_root_bytes())
    watch.say("Rendering the dossier and an audit report …")
    reports.make(
        version=versions[CLEAN],
        auditor=people.user(people.AUDITOR),
        lead=people.user(people.LEAD),
        destination=folder(),
    )
    _summary_file().write_text(json.dumps([_row(built[name], versions[name]) for name in TEAM_OF], indent=2))


def _demand_demo_data() -> None:
    known = {person.username for person in (*people.STAFF, *people.OWNERS.values(), *platforms.PLATFORMS)}
    known.add("admin")
    if strangers := User.objects.exclude(username__in=known).count():
        raise NotADemo(
            f"{settings.DATA_DIR} holds {strangers} users no demo made. "
            "Serve it with DEMO=0, or name another folder in PLUGWARDEN_DATA."
        )


def _vetted(sample: BuiltSample, watch: Watch) -> PluginVersion:
    version = _submitted(sample)
    for run in VettingRun.objects.unfinished().filter(version=version):
        if run.state == RunState.RUNNING:  # of a demo that was interrupted: no worker is there yet to hold it
            VettingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        execute_run(run_id=run.pk, watch=watch.vetting(sample.filename))
    return PluginVersion.objects.select_related("plugin").get(pk=version.pk)


def _submitted(sample: BuiltSample) -> PluginVersion:
    known = PluginVersion.objects.filter(artifact__sha256=sample.sha256).first()
    if known:
        return known
    team = people.team(TEAM_OF[sample.name])
    actor = people.user(people.OWNERS[team.name])
    with sample.path.open("rb") as file:
        upload = UploadedFile(file=File(file), name=sample.filename, size=sample.path.stat().st_size)
        try:
            return submit(actor=actor, upload=upload, filename=sample.filename, team=team, note=sample.purpose).version
        except AlreadySubmitted:
            return PluginVersion.objects.get(artifact__sha256=sample.sha256)


def _certified(version: PluginVersion, *, note: str, reason: str, conditions: str) -> Certificate:
    review = _claimed(version)
    if review:
        reviewer = people.user(people.REVIEWER)
        for result in review.run.criteria.select_related("criterion").filter(outcome=Outcome.UNANSWERED):
            if result.criterion.kind == CriterionKind.MANUAL:
                reviews.answer_criterion(
                    review=review,
                    criterion=result.criterion,
                    outcome=Outcome.MET,
                    note=note,
                    actor=reviewer,
                )
        decisions.decide(
            review=review,
            actor=reviewer,
            outcome=DecisionOutcome.APPROVE,
            reason=reason,
            criteria=_cited(review, "COM-01", "SEC-01", "MAL-01"),
            conditions=conditions,
        )
    return version.certificates.latest("issued_at")


def _rejected(version: PluginVersion) -> None:
    review = _claimed(version)
    if review:
        decisions.decide(
            review=review,
            actor=people.user(people.REVIEWER),
            outcome=DecisionOutcome.REJECT,
            reason="A live-looking token is in the package, TLS checks are off, dependencies have critical flaws.",
            criteria=_cited(review, "SEC-01", "CODE-01", "VUL-01"),
        )


def _claimed(version: PluginVersion) -> Review | None:
    """The open review of a version, claimed by the demo's reviewer; None where it has been decided."""
    review = Review.objects.pending().filter(version=version).select_related("version", "run__policy").first()
    if review and review.state == ReviewState.OPEN:
        reviews.claim(review=review, actor=people.user(people.REVIEWER))
    return review


def _cited(review: Review, *codes: str) -> list[Criterion]:
    policy = review.run.policy
    return list(policy.criteria.filter(code__in=codes)) if policy else []


def _row(sample: BuiltSample, version: PluginVersion) -> dict[str, str]:
    version.refresh_from_db(fields=["state"])
    run = version.runs.latest("queued_at")
    return {
        "plugin": str(version),
        "team": version.plugin.team.name,
        "verdict": run.get_state_display(),
        "risk": f"{run.get_tier_display()} ({run.score})",
        "state": version.get_state_display(),
        "page": f"/portal/versions/{version.pk}/",
        "purpose": sample.purpose,
    }


def _summary_file() -> Path:
    return settings.DATA_DIR / "cache" / "demo-summary.json"
