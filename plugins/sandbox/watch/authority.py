"""The certificate authority of one recording, which the watched programs are told to trust. Nobody else does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ISSUER = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sandbox authority")])


@dataclass(frozen=True)
class Authority:
    """Signs certificates with one key, its own among them."""

    key: str = field(repr=False)
    """The private key, as PEM."""

    @classmethod
    def new(cls) -> Authority:
        """One that nobody has seen before."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    @cached_property
    def certificate(self) -> bytes:
        """Its own certificate, as PEM."""
        return self.sign(ISSUER, x509.BasicConstraints(ca=True, path_length=0))

    def sign(self, subject: x509.Name, extension: x509.ExtensionType) -> bytes:
        """A certificate over the authority's own key, as PEM."""
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder(ISSUER, subject, self._loaded.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=30))
        signed = builder.add_extension(extension, critical=False).sign(self._loaded, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM)

    @cached_property
    def _loaded(self) -> ec.EllipticCurvePrivateKey:
        loaded = load_pem_private_key(self.key.encode(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError("not the kind of key it makes")
        return loaded
