"""Issue certificates and change what they are worth; the signed bytes themselves never change."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import check_results, recalls, status_lists
from certification.attest.bundle import issue_certificate
from certification.attest.private_files import KeysRefusedError
from certification.attest.vsa import LogPosition
from certification.enums import CERTIFICATE_LIVE, CertificateState, ReasonClass
from certification.grounds import lost_grounds
from certification.keyring import keys
from certification.models import Certificate
from certification.statements import certificate_facts
from governance import ledger
from governance.canonical import digest
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.policies import PolicyRules
from governance.vocabulary import Tier
from plugins.enums import SET_ASIDE, Standing, VersionState
from plugins.interests import own_interest
from plugins.services import set_standing
from plugins.services.certified import set_certified

if TYPE_CHECKING:
    from collections.abc import Callable

    from certification.models import Decision
    from governance.models import User
    from plugins.models import Plugin, PluginVersion, VettingRun

logger = logging.getLogger(__name__)


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
    for live in _live(version):
        _move(
            live,
            live.supersede,
            "certificate.superseded",
            actor=actor,
            reason=_("A newer certificate was issued."),
            reason_class=ReasonClass.SUPERSEDED,
        )
    try:
        ring = keys()
        attestations = check_results.attest(run=run, ring=ring)
        position = LogPosition(ring.log_origin, ledger.reserve_index())
        facts = certificate_facts(
            version=version, run=run, decision=decision, ring=ring, now=now, rule=rule, log=position,
            attestations=attestations,
        )  # fmt: skip
        if anew is not None:
            facts = replace(facts, not_after=min(facts.not_after, anew.not_after))
        envelope = issue_certificate(facts=facts, keys=ring)
    except KeysRefusedError as refusal:
        logger.exception("nothing can be signed")
        raise CertificateRefused(
            _("The portal's signing keys cannot be used at the moment; its log says why. Tell the operator.")
        ) from refusal
    except ValueError as fault:
        raise CertificateRefused(str(fault)) from fault
    due = (now + timedelta(days=rule.revalidation_days)).date()
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
        envelope=envelope,
        envelope_sha256=hashlib.sha256(envelope).hexdigest(),
        log_index=position.index,
        keyid=ring.certifier.keyid,
        demo=ring.demo,
        issued_by=actor,
    )
    ledger.record(
        verb="certificate.issued",
        subject=certificate,
        actor=actor,
        details={
            "certificate": certificate.envelope_sha256,
            "serial": certificate.serial,
            "artifact": certificate.sha256,
            "keyid": certificate.keyid,
            "not_after": facts.not_after.isoformat(),
        },
        index=position.index,
    )
    transaction.on_commit(_checkpoint, robust=True)
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
    return _set_aside(version)


def _set_aside(version: PluginVersion) -> str:
    """That a version is in a state in which no certificate of it holds; empty where it is not."""
    if version.state not in SET_ASIDE:
        return ""
    return _("%(version)s is %(state)s.") % {"version": version, "state": version.get_state_display().lower()}


def _checkpoint() -> None:
    """Have the log sign that it has the certificate. Where it cannot, the next who wants a proof hears of it."""
    try:
        ledger.make_checkpoint()
    except ledger.LedgerError:
        logger.critical("the certificate just issued cannot be proven yet", exc_info=True)


@transaction.atomic
def suspend(
    *,
    certificate: Certificate,
    actor: User | None,
    reason: str,
    reason_class: str = ReasonClass.UNSPECIFIED,
) -> Certificate:
    """Set a certificate aside for now. The public is told `reason_class`, not `reason`.

    Raises:
        CertificateRefused: no reason is given, or it is not active.
    """
    _demand_reason(reason)
    _move(
        certificate,
        certificate.suspend,
        "certificate.suspended",
        actor=actor,
        reason=reason,
        reason_class=reason_class,
    )
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def reinstate(*, certificate: Certificate, actor: User | None, reason: str) -> Certificate:
    """End a suspension.

    Raises:
        CertificateRefused: no reason is given, it is the actor's own, it is not suspended, it ran out meanwhile, or
            what it was given on does not hold any more.
    """
    _demand_reason(reason)
    if actor and (own := own_interest(actor, certificate.version)):
        raise CertificateRefused(own)
    if certificate.current_state == CertificateState.EXPIRED:
        raise CertificateRefused(_("%(serial)s ran out while it was suspended.") % {"serial": certificate})
    if lost := lost_grounds(certificate.run) or _set_aside(certificate.version):
        raise CertificateRefused(lost)
    _move(certificate, certificate.reinstate, "certificate.reinstated", actor=actor, reason=reason)
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def revoke(
    *,
    certificate: Certificate,
    actor: User | None,
    reason: str,
    reason_class: str = ReasonClass.UNSPECIFIED,
) -> Certificate:
    """Take a certificate back for good. The public is told `reason_class`, not `reason`.

    Raises:
        CertificateRefused: no reason is given, or it is neither active nor suspended.
    """
    _demand_reason(reason)
    _move(
        certificate,
        certificate.revoke,
        "certificate.revoked",
        actor=actor,
        reason=reason,
        reason_class=reason_class,
    )
    _refresh_standing(certificate, actor)
    return certificate


@transaction.atomic
def note_expired(*, certificate: Certificate) -> bool:
    """Write down that a certificate has run out; readers know it without. False where it says so already."""
    late = Certificate.objects.expired_at(timezone.now()).exclude(state=CertificateState.EXPIRED)
    found = late.select_for_update().filter(pk=certificate.pk).first()
    if found is None:
        return False
    _move(
        found,
        found.expire,
        "certificate.expired",
        actor=None,
        reason=_("Its time ran out."),
        reason_class=ReasonClass.EXPIRED,
    )
    _refresh_standing(found, None)
    return True


def suspend_live(*, version: PluginVersion, actor: User | None, reason: str, reason_class: ReasonClass) -> None:
    """Suspend whatever certificate of a version is active."""
    for live in _live(version):
        if live.state == CertificateState.ACTIVE:
            suspend(certificate=live, actor=actor, reason=reason, reason_class=reason_class)


def revoke_live(*, version: PluginVersion, actor: User | None, reason: str, reason_class: ReasonClass) -> None:
    """Revoke whatever certificate of a version is still live."""
    for live in _live(version):
        revoke(certificate=live, actor=actor, reason=reason, reason_class=reason_class)


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
    certificate: Certificate,
    transition: Callable[[], None],
    verb: str,
    *,
    actor: User | None,
    reason: str,
    reason_class: str = "",
) -> None:
    before = certificate.get_state_display()
    try:
        transition()
        certificate.state_reason = reason.strip()
        certificate.reason_class = reason_class
        certificate.state_since = timezone.now()
        certificate.save(update_fields=["state", "state_reason", "reason_class", "state_since"])
    except ConcurrentTransition as late:
        raise CertificateRefused(
            _("%(serial)s was changed meanwhile. Reload the page.") % {"serial": certificate}
        ) from late
    except TransitionNotAllowed as refusal:
        raise CertificateRefused(
            _("%(serial)s is %(state)s: this cannot be done.") % {"serial": certificate, "state": before.lower()}
        ) from refusal
    details = {"reason": reason.strip()} | ({"kind": reason_class} if reason_class else {})
    ledger.record(verb=verb, subject=certificate, actor=actor, details=details)
    recalls.note(certificate=certificate)
    status_lists.refresh_soon()
