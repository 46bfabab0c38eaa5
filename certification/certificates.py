"""Issue certificates and change what they are worth; the signed bytes themselves never change."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import recalls
from certification.attest.bundle import issue_bundle
from certification.attest.private_files import KeysRefusedError
from certification.attest.vsa import CertificateFacts, FeedFacts, PluginName, Resource
from certification.enums import CERTIFICATE_LIVE, CertificateState
from certification.grounds import lost_grounds
from certification.keyring import keys
from certification.models import Certificate
from governance import ledger
from governance.canonical import digest
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.policies import PolicyRules
from governance.release import VERSION
from governance.vocabulary import Tier
from plugins.checks.base import engine_versions
from plugins.enums import Standing, VersionState
from plugins.interests import own_interest
from plugins.services import set_standing
from plugins.services.certified import set_certified

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from certification.attest.keys import KeyRing
    from certification.models import Decision
    from governance.models import User
    from governance.policies import TierRule
    from plugins.models import Plugin, PluginVersion, VettingRun

logger = logging.getLogger(__name__)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that looks like something else when read out."""


class CertificateRefused(Exception):
    """The certificate cannot be changed like this; the text says why."""


@transaction.atomic
def issue(
    *,
    version: PluginVersion,
    run: VettingRun,
    decision: Decision | None,
    actor: User | None = None,
    anew: Certificate | None = None,
) -> Certificate:
    """Sign a certificate for an approved version; one that was live is superseded.

    One that only signs `anew` what another said is due and runs out no later than that one.

    Raises:
        CertificateRefused: the run gives no grounds for it, or it cannot be signed. Nothing has been written then.
    """
    if reason := _unfounded(version, run):
        raise CertificateRefused(reason)
    assert run.policy is not None  # noqa: S101 - refused above; mypy cannot see it
    now = timezone.now().replace(microsecond=0)
    rule = PolicyRules.from_dict(run.policy.rules, validate=False).tiers[Tier(run.tier)]
    try:
        ring = keys()
        facts = _facts(version=version, run=run, decision=decision, ring=ring, now=now, rule=rule)
        if anew is not None:
            facts = replace(facts, not_after=min(facts.not_after, anew.not_after))
        bundle = issue_bundle(facts=facts, keys=ring)
    except KeysRefusedError as refusal:
        logger.exception("nothing can be signed")
        raise CertificateRefused(
            _("The portal's signing keys cannot be used at the moment; its log says why. Tell the operator.")
        ) from refusal
    except ValueError as fault:
        raise CertificateRefused(str(fault)) from fault
    due = (now + timedelta(days=rule.revalidation_days)).date()
    for live in _live(version):
        _move(live, live.supersede, "certificate.superseded", actor=actor, reason=_("A newer certificate was issued."))
    certificate = Certificate.objects.create(
        serial=facts.serial,
        version=version,
        decision=decision,
        run=run,
        policy=run.policy,
        sha256=facts.artifact_sha256,
        tier=run.tier,
        not_before=facts.not_before,
        not_after=facts.not_after,
        revalidate_on=due if anew is None else min(due, anew.revalidate_on),
        conditions="\n".join(facts.conditions),
        bundle=bundle,
        bundle_sha256=hashlib.sha256(bundle).hexdigest(),
        keyid=ring.certifier.keyid,
        demo=ring.demo,
        issued_by=actor,
    )
    ledger.record(
        verb="certificate.issued",
        subject=certificate,
        actor=actor,
        details={
            "sha256": certificate.sha256,
            "bundle_sha256": certificate.bundle_sha256,
            "keyid": certificate.keyid,
            "not_after": facts.not_after.isoformat(),
        },
    )
    set_standing(plugin=version.plugin, standing=Standing.CERTIFIED, actor=actor, reason=certificate.serial)
    set_certified(plugin=version.plugin, run=run, actor=actor)
    return certificate


def _unfounded(version: PluginVersion, run: VettingRun) -> str:
    """Why a run is no ground to certify a version; empty where it is one.

    What gets signed is the artifact as the version names it now and the report as it is stored now: both must be what
    was vetted, whoever changed them since and by whatever way.
    """
    if run.policy is None or run.report is None or run.report["verdict"] != "passed":
        return _("Only a passed vetting run under a policy can be certified.")
    if run.version_id != version.pk or run.report["artifact"]["sha256"] != version.artifact.sha256:
        return _("The vetting run is about another artifact than the version's. Have the version vetted again.")
    if digest(run.report) != run.report_sha256:
        return _("The vetting report was changed after the run. Have the version vetted again.")
    if lost := lost_grounds(run):
        return _("%(lost)s Have the version vetted again.") % {"lost": lost}
    return ""


def _facts(
    *,
    version: PluginVersion,
    run: VettingRun,
    decision: Decision | None,
    ring: KeyRing,
    now: datetime,
    rule: TierRule,
) -> CertificateFacts:
    report, artifact = run.report, version.artifact
    policy = run.policy
    assert policy is not None  # noqa: S101 - `issue` has refused this; mypy cannot see it
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
        input_attestations=(
            # A name in one language: signed bytes do not depend on who decides.
            Resource(f"urn:plugwarden:vetting-report:{run.report_sha256}", run.report_sha256, name="vetting report"),
        ),
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


@transaction.atomic
def suspend(*, certificate: Certificate, actor: User | None, reason: str) -> Certificate:
    """Set a certificate aside for now.

    Raises:
        CertificateRefused: no reason is given, or it is not active.
    """
    _demand_reason(reason)
    _move(certificate, certificate.suspend, "certificate.suspended", actor=actor, reason=reason)
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def reinstate(*, certificate: Certificate, actor: User | None, reason: str) -> Certificate:
    """End a suspension.

    Raises:
        CertificateRefused: no reason is given, it is the actor's own, it is not suspended, or it ran out meanwhile.
    """
    _demand_reason(reason)
    if actor and (own := own_interest(actor, certificate.version)):
        raise CertificateRefused(own)
    if certificate.current_state == CertificateState.EXPIRED:
        raise CertificateRefused(_("%(serial)s ran out while it was suspended.") % {"serial": certificate})
    _move(certificate, certificate.reinstate, "certificate.reinstated", actor=actor, reason=reason)
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def revoke(*, certificate: Certificate, actor: User | None, reason: str) -> Certificate:
    """Take a certificate back for good.

    Raises:
        CertificateRefused: no reason is given, or it is neither active nor suspended.
    """
    _demand_reason(reason)
    _move(certificate, certificate.revoke, "certificate.revoked", actor=actor, reason=reason)
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def note_expired(*, certificate: Certificate) -> bool:
    """Write down that a certificate has run out; readers know it without. False where it says so already."""
    late = Certificate.objects.expired_at(timezone.now()).exclude(state=CertificateState.EXPIRED)
    found = late.select_for_update().filter(pk=certificate.pk).first()
    if found is None:
        return False
    _move(found, found.expire, "certificate.expired", actor=None, reason=_("Its time ran out."))
    _refresh_standing(found, None)
    return True


def suspend_live(*, version: PluginVersion, actor: User | None, reason: str) -> None:
    """Suspend whatever certificate of a version is active."""
    for live in _live(version):
        if live.state == CertificateState.ACTIVE:
            suspend(certificate=live, actor=actor, reason=reason)


def revoke_live(*, version: PluginVersion, actor: User | None, reason: str) -> None:
    """Revoke whatever certificate of a version is still live."""
    for live in _live(version):
        revoke(certificate=live, actor=actor, reason=reason)


def standing_of(plugin: Plugin, otherwise: Standing) -> Standing:
    """What a plugin's certificates say of it as a whole; `otherwise` where none says anything."""
    now, mine = timezone.now(), Certificate.objects.filter(version__plugin=plugin)
    if mine.valid_at(now).exists():
        return Standing.CERTIFIED
    if mine.live_at(now).exists():
        return Standing.SUSPENDED
    if plugin.versions.filter(state__in=[VersionState.IN_REVIEW, VersionState.VETTING]).exists():
        return Standing.IN_REVIEW
    return otherwise


def _refresh_standing(certificate: Certificate, actor: User | None) -> None:
    plugin = certificate.version.plugin
    lapsed = certificate.state == CertificateState.EXPIRED
    standing = standing_of(plugin, Standing.LAPSED if lapsed else Standing.REFUSED)
    set_standing(plugin=plugin, standing=standing, actor=actor, reason=certificate.serial)


def _live(version: PluginVersion) -> list[Certificate]:
    return list(version.certificates.filter(state__in=CERTIFICATE_LIVE).select_for_update())


def _demand_reason(reason: str) -> None:
    if not reason.strip():
        raise CertificateRefused(_("Say why: everybody who relies on the certificate will ask."))


def _move(
    certificate: Certificate, transition: Callable[[], None], verb: str, *, actor: User | None, reason: str
) -> None:
    before = certificate.get_state_display()
    try:
        transition()
        certificate.state_reason = reason.strip()
        certificate.save(update_fields=["state", "state_reason"])
    except ConcurrentTransition as late:
        raise CertificateRefused(
            _("%(serial)s was changed meanwhile. Reload the page.") % {"serial": certificate}
        ) from late
    except TransitionNotAllowed as refusal:
        raise CertificateRefused(
            _("%(serial)s is %(state)s: this cannot be done.") % {"serial": certificate, "state": before.lower()}
        ) from refusal
    ledger.record(verb=verb, subject=certificate, actor=actor, details={"reason": reason.strip()})
    recalls.note(certificate=certificate)
