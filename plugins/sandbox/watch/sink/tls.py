"""A certificate for whatever name is asked for, by the authority made for this recording."""

from __future__ import annotations

import ssl
import tempfile
import threading
from pathlib import Path

from cryptography import x509

from plugins.sandbox.watch.authority import Authority

KEPT = 200
"""Names whose certificate is kept; a stranger may ask for any number."""


class Certificates:
    """Issues them, as they are needed."""

    def __init__(self, key: str) -> None:
        self._authority = Authority(key)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._leaf = Path(tempfile.mkdtemp()) / "leaf.pem"

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
        certificate = self._authority.sign(subject, x509.SubjectAlternativeName([alternative]))
        self._leaf.write_bytes(self._authority.key.encode() + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._leaf)
        context.set_alpn_protocols(["http/1.1"])
        return context
