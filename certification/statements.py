"""What a certificate says, gathered from the vetting report, the policy and the decision."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from certification.attest.vsa import CertificateFacts, FeedFacts, LogPosition, PluginName, Resource
from governance.release import VERSION
from governance.vocabulary import Tier
from plugins.checks.base import engine_versions

if TYPE_CHECKING:
    from datetime import datetime

    from certification.attest.keys import KeyRing
    from certification.models import Decision
    from governance.policies import TierRule
    from plugins.models import PluginVersion, VettingRun

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that looks like something else when read out."""


def certificate_facts(
    *,
    version: PluginVersion,
    run: VettingRun,
    decision: Decision | None,
    ring: KeyRing,
    now: datetime,
    rule: TierRule,
    log: LogPosition,
    attestations: tuple[Resource, ...],
) -> CertificateFacts:
    """All a certificate of a version is to say, of a run under a policy.

    `now` is cut to seconds; `log` is where the log will have it; `attestations` are the signed results it rests on.
    """
    report, artifact = run.report, version.artifact
    policy = run.policy
    assert policy is not None  # noqa: S101 - whoever issues has refused this; mypy cannot see it
    feeds = report["feed"]
    return CertificateFacts(
        serial=new_serial(now),
        plugin=PluginName(name=version.plugin.name, version=version.version, format=version.plugin.format),
        artifact_name=artifact.filename,
        artifact_sha256=artifact.sha256,
        resource_uri=version.purl,
        tier=Tier(run.tier),
        time_verified=now,
        not_before=now,
        not_after=now + timedelta(days=rule.validity_days),
        verifier_id=ring.verifier_id,
        verifier_version={"plugwarden": VERSION} | _engines(report),
        policy=Resource(uri=f"{settings.PORTAL_URL}/policy/{policy.version}/policy.json", sha256=policy.digest),
        policy_version=policy.version,
        demo=ring.demo,
        log=log,
        input_attestations=attestations,
        conditions=tuple(
            line.strip() for line in (decision.conditions if decision else "").splitlines() if line.strip()
        ),
        capabilities=tuple(sorted(use["id"] for use in report["capabilities"] if use["declared"])),
        hosts=tuple(sorted({use["host"] for use in report["egress"] if use["declared"]})),
        advisory_feeds=tuple(
            FeedFacts(name=name, records=feeds["records"], age_days=int(feeds["age_days"]), demo=feeds["demo"])
            for name in (feeds["names"] if feeds else ())
        ),
    )


def _engines(report: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Each engine's version, as a VSA's `verifier.version` wants them: component to version."""
    versions: dict[str, str] = {}
    for check in report["checks"]:
        versions |= engine_versions(check["engine"], check["engine_version"])
    return versions


def new_serial(now: datetime) -> str:
    """A serial nobody can guess and anybody can read out: PW-YYYYMMDD-XXXXXXXX."""
    return f"PW-{now:%Y%m%d}-{''.join(secrets.choice(ALPHABET) for _place in range(8))}"
