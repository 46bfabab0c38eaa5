"""Say what a verification came to: as text for people, as JSON for programs. Texts from documents are not trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .fields import stamp
from .names import RESULT_SCHEMA

if TYPE_CHECKING:
    from datetime import datetime

    from .certificate import Certificate, Feed
    from .outcome import Outcome
    from .status import StatusList

LONGEST = 500
"""Characters of a message or a value on one line."""
VALID, NOT_VALID, UNUSABLE = 0, 1, 2


def plain(text: str) -> str:
    """Make text safe for a terminal and a log: one line, no control, bidirectional or invisible characters."""
    shown = "".join(map(_escape, text[:LONGEST]))
    return shown if len(text) <= LONGEST else shown + "…"


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the end of the basic plane


def as_text(outcome: Outcome) -> str:
    """Describe an outcome in lines of text."""
    if outcome.certificate is None or outcome.status is None:
        return f"NOT VALID at step {outcome.failed}: {plain(outcome.message)}"
    return "\n".join(_describe(outcome.certificate, outcome.status, outcome.warnings))


def _describe(certificate: Certificate, status: StatusList, warnings: tuple[str, ...]) -> list[str]:
    plugin = f"{plain(certificate.name)} {plain(certificate.version)} ({plain(certificate.format)})"
    lines = [f"VALID: {plugin}, certified at tier {certificate.tier} until {stamp(certificate.not_after)}"]
    if certificate.demo:
        lines.append("  DEMO: signed with a demo key. It proves nothing outside the demo.")
    lines += [f"  WARNING: {plain(warning)}" for warning in warnings]
    facts = (
        ("serial", certificate.serial),
        ("from", stamp(certificate.not_before)),
        ("capabilities", _listed(certificate.capabilities)),
        ("hosts", _listed(certificate.hosts)),
        ("conditions", _listed(certificate.conditions)),
        ("policy", certificate.policy_version),
        ("advisories", _listed(tuple(map(_feed_line, certificate.feeds)))),
        ("resource", certificate.resource_uri),
        ("verifier", certificate.verifier_id),
        ("log", f"entry {certificate.log_index} of {certificate.log_origin}"),
        ("status list", f"number {status.sequence}, good until {stamp(status.next_update)}"),
    )
    return lines + [f"  {name}: {plain(value)}" for name, value in facts]


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values) or "none"


def _feed_line(feed: Feed) -> str:
    mark = " (demo data)" if feed.demo else ""
    return f"{feed.name}{mark}, {feed.records} records, {feed.age_days} {'day' if feed.age_days == 1 else 'days'} old"


def as_json(outcome: Outcome, *, at: datetime, sha256: str, size: int) -> str:
    """Describe an outcome as a `plugwarden.verify/v1` document."""
    failed = outcome.failed
    return _document(
        verdict="valid" if outcome.valid else "not_valid",
        exit_code=VALID if outcome.valid else NOT_VALID,
        checked_at=stamp(at),
        artifact={"sha256": sha256, "size": size},
        steps_passed=[str(step) for step in outcome.passed],
        failed_step=None if failed is None else str(failed),
        certificate=None if outcome.certificate is None else _certificate(outcome.certificate),
        status_list=None if outcome.status is None else _status_list(outcome.status),
        warnings=[plain(warning) for warning in outcome.warnings],
        error=None if failed is None else {"code": str(outcome.code or failed), "message": plain(outcome.message)},
    )


def unusable_json(code: str, message: str) -> str:
    """Describe an input that could not be used, in the same shape."""
    return _document(
        verdict="unusable",
        exit_code=UNUSABLE,
        checked_at=None,
        artifact=None,
        steps_passed=[],
        failed_step=None,
        certificate=None,
        status_list=None,
        warnings=[],
        error={"code": code, "message": message},
    )


def _document(**members: object) -> str:
    return json.dumps({"schema": RESULT_SCHEMA, **members}, indent=2)


def _certificate(certificate: Certificate) -> dict[str, object]:
    return {
        "serial": certificate.serial,
        "plugin": {"name": certificate.name, "version": certificate.version, "format": certificate.format},
        "tier": certificate.tier,
        "not_before": stamp(certificate.not_before),
        "not_after": stamp(certificate.not_after),
        "issued": stamp(certificate.issued),
        "conditions": list(certificate.conditions),
        "capabilities": list(certificate.capabilities),
        "hosts": list(certificate.hosts),
        "policy_version": certificate.policy_version,
        "advisory_feeds": [
            {"name": feed.name, "records": feed.records, "age_days": feed.age_days, "demo": feed.demo}
            for feed in certificate.feeds
        ],
        "demo": certificate.demo,
        "resource_uri": certificate.resource_uri,
        "verifier_id": certificate.verifier_id,
        "verified_levels": list(certificate.levels),
        "log": {"origin": certificate.log_origin, "index": certificate.log_index},
    }


def _status_list(status: StatusList) -> dict[str, object]:
    return {
        "sequence": status.sequence,
        "this_update": stamp(status.this_update),
        "next_update": stamp(status.next_update),
    }
