"""A certificate for whatever name is asked for, by an authority made for this run."""

from __future__ import annotations

import datetime as dt
import ssl
import struct
import tempfile
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HANDSHAKE = b"\x16\x03"
KEPT = 200
"""Names whose certificate is kept; a stranger may ask for any number."""
_ISSUER = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sandbox authority")])


class Certificates:
    """Issues them; the authority's own goes to `folder/ca.pem`."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._leaf = Path(tempfile.mkdtemp()) / "leaf.pem"
        authority = self._signed(_ISSUER, x509.BasicConstraints(ca=True, path_length=0))
        (folder / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))

    def context(self, name: str) -> ssl.SSLContext:
        """What a server of that name speaks TLS with."""
        with self._lock:
            if name not in self._contexts:
                if len(self._contexts) >= KEPT:
                    self._contexts.clear()
                self._contexts[name] = self._make(name)
            return self._contexts[name]

    def _make(self, name: str) -> ssl.SSLContext:
        try:
            alternative = x509.DNSName(name)
        except ValueError:
            alternative = x509.DNSName("invalid.example")
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64] or "sandbox")])
        certificate = self._signed(subject, x509.SubjectAlternativeName([alternative]))
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._leaf.write_bytes(key + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._leaf)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _signed(self, subject: x509.Name, extension: x509.ExtensionType) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = x509.CertificateBuilder(_ISSUER, subject, self._key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=30))
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


def server_name(hello: bytes) -> str:
    """The name in a TLS greeting, "" where it has none. Source: RFC 8446 section 4.1.2, RFC 6066 section 3.

    Raises IndexError or struct.error for what is cut off.
    """
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(hello)):
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == 0:
            return hello[at + 9 : at + 4 + size].decode("ascii", "backslashreplace")[:253].lower()
        at += 4 + size
    return ""
