"""Whom an operator trusts to say who built a plugin: keys, Sigstore instances, and builders for repositories.

A trust file is either our own document (`plugwarden.provenance-trust/v1`, see docs/provenance.md) or Sigstore's
`trusted_root.json` as it is. Without identities, a keyless signature counts only for the repository that the package's
own manifest names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from plugins.provenance.addresses import normal
from plugins.provenance.certificates import read_certificate
from plugins.provenance.keys import read_key
from plugins.provenance.strict import Unreadable, decoded, json_of, listing, mapping, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from plugins.provenance.keys import Key

SCHEMA = "plugwarden.provenance-trust/v1"
_SIGSTORE = "application/vnd.dev.sigstore.trustedroot"
_FIELDS = frozenset({"schema", "keys", "sigstore", "identities"})
MAX_ITEMS = 64
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key that an operator gave, the builders it may speak for and the repositories it may speak about."""

    name: str
    key: Key
    builders: tuple[str, ...]
    repositories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key of a log, and when it was in use."""

    log_id: bytes
    key: Key
    start: datetime
    end: datetime

    def at(self, moment: datetime) -> bool:
        """Whether it was in use then."""
        return self.start <= moment <= self.end


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificates, all of them trusted, and when it was in use."""

    certificates: tuple[x509.Certificate, ...]
    start: datetime
    end: datetime

    def at(self, moment: datetime) -> bool:
        """Whether it was in use then."""
        return self.start <= moment <= self.end


@dataclass(frozen=True, slots=True)
class AllowedIdentity:
    """Keyless signers that are trusted for repositories. Patterns are those of file names; none: any."""

    repository: str
    issuer: str
    builders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Everything that is trusted. `digest` names the document."""

    digest: str
    keys: tuple[TrustedKey, ...] = ()
    authorities: tuple[Authority, ...] = ()
    logs: tuple[LogKey, ...] = ()
    certificate_logs: tuple[LogKey, ...] = ()
    """Certificate Transparency logs; where there are any, a certificate must carry a timestamp of one."""
    identities: tuple[AllowedIdentity, ...] = ()


def matches(pattern: str, value: str) -> bool:
    """Whether a text is of a pattern; only `*` is special, and an empty text is of `*` alone."""
    return fnmatchcase(value, pattern.replace("[", "[[]").replace("?", "[?]")) and (bool(value) or pattern == "*")


def read_trust(raw: bytes, beside: Callable[[str], bytes] | None = None) -> TrustRoot:
    """A trust file. `beside` gives the bytes of a file that is named in it and lies in the same folder.

    Raises:
        Unreadable: it is not of the form, or trusts nothing.
    """
    data = mapping(json_of(raw, "The trust file"), "The trust file")
    if str(data.get("mediaType", "")).startswith(_SIGSTORE):
        root = TrustRoot(digest=hashlib.sha256(raw).hexdigest(), **_sigstore([data]))
    else:
        root = _ours(data, raw, beside)
    if not root.keys and not root.authorities:
        raise Unreadable("The trust file trusts neither a key nor a certificate authority.")
    return root


def _ours(data: dict[str, Any], raw: bytes, beside: Callable[[str], bytes] | None) -> TrustRoot:
    if data.get("schema") != SCHEMA:
        raise Unreadable(f"The trust file is neither {SCHEMA} nor Sigstore's trusted root.")
    if unknown := sorted(data.keys() - _FIELDS):
        raise Unreadable(f"The trust file has fields that are not known: {', '.join(unknown)[:200]}.")
    digest, roots = hashlib.sha256(raw), []
    given = data.get("sigstore", [])
    for one in listing(given if isinstance(given, list) else [given], "sigstore", MAX_ITEMS):
        if isinstance(one, str):
            if beside is None or not one or one != one.strip() or "/" in one or "\\" in one or one.startswith("."):
                raise Unreadable("sigstore: only a file beside the trust file can be named.")
            content = beside(one)
            digest.update(content)
            roots.append(mapping(json_of(content, "Sigstore's trusted root"), "Sigstore's trusted root"))
        else:
            roots.append(mapping(one, "sigstore"))
    keys = tuple(_key(mapping(one, "A key")) for one in listing(data.get("keys", []), "keys", MAX_ITEMS))
    identities = listing(data.get("identities", []), "identities", MAX_ITEMS)
    return TrustRoot(
        digest=digest.hexdigest(),
        keys=keys,
        identities=tuple(_identity(mapping(one, "An identity")) for one in identities),
        **_sigstore(roots),
    )


def _key(data: dict[str, Any]) -> TrustedKey:
    return TrustedKey(
        name=text(data.get("name"), "A key's name", 200),
        key=read_key(str(data.get("pem", "")).encode(), "A key of the trust file"),
        builders=_patterns(data.get("builders"), "A key's builders"),
        repositories=tuple(
            repository_pattern(one) for one in _patterns(data.get("repositories"), "A key's repositories")
        ),
    )


def _identity(data: dict[str, Any]) -> AllowedIdentity:
    return AllowedIdentity(
        repository=repository_pattern(text(data.get("repository"), "An identity's repository")),
        issuer=text(data.get("issuer"), "An identity's issuer"),
        builders=_patterns(data["builders"], "An identity's builders") if "builders" in data else (),
    )


def _patterns(value: object, what: str) -> tuple[str, ...]:
    patterns = tuple(text(one, what) for one in listing(value, what, MAX_ITEMS))
    if not patterns:
        raise Unreadable(f"{what} are an empty list; write “*” for any.")
    return patterns


def repository_pattern(pattern: str) -> str:
    """A repository's pattern in the form in which repositories are compared."""
    if not (plain := pattern if pattern == "*" else normal(pattern)):
        raise Unreadable("A repository is no address like https://github.com/acme/*.")
    return plain


def _sigstore(roots: list[dict[str, Any]]) -> dict[str, Any]:
    """What the trusted roots hold, as fields of TrustRoot."""
    found: dict[str, list[Any]] = {"authorities": [], "logs": [], "certificate_logs": []}
    for root in roots:
        if not str(root.get("mediaType", "")).startswith(_SIGSTORE):
            raise Unreadable("Sigstore's trusted root is of a kind that is not known here.")
        found["authorities"] += [_authority(one) for one in _items(root, "certificateAuthorities")]
        found["logs"] += [_log(one) for one in _items(root, "tlogs")]
        found["certificate_logs"] += [_log(one) for one in _items(root, "ctlogs")]
        if not _items(root, "certificateAuthorities") or not _items(root, "tlogs"):
            raise Unreadable("Sigstore's trusted root names no certificate authority or no log.")
    return {name: tuple(items) for name, items in found.items()}


def _items(root: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [mapping(one, f"An item of {name}") for one in listing(root.get(name, []), name, MAX_ITEMS)]


def _authority(data: dict[str, Any]) -> Authority:
    chain = mapping(data.get("certChain"), "An authority's chain")
    certificates = listing(chain.get("certificates"), "An authority's chain", MAX_ITEMS)
    start, end = _period(data)
    return Authority(
        tuple(
            read_certificate(decoded(mapping(one, "A certificate").get("rawBytes"), "A certificate"))
            for one in certificates
        ),
        start,
        end,
    )


def _log(data: dict[str, Any]) -> LogKey:
    public = mapping(data.get("publicKey"), "A log's key")
    der = decoded(public.get("rawBytes"), "A log's key")
    stated = mapping(data.get("logId"), "A log's id").get("keyId")
    return LogKey(decoded(stated, "A log's id", 64), read_key(der, "A log's key"), *_period(public))


def _period(data: dict[str, Any]) -> tuple[datetime, datetime]:
    period = mapping(data.get("validFor", {}), "A period of use")
    return _moment(period.get("start"), FIRST), _moment(period.get("end"), LAST)


def _moment(value: object, default: datetime) -> datetime:
    if value is None:
        return default
    try:
        moment = datetime.fromisoformat(text(value, "A period's end", 40))
    except ValueError:
        raise Unreadable("A period of use is no date and time.") from None
    if moment.tzinfo is None:
        raise Unreadable("A period of use has no time zone.")
    return moment
