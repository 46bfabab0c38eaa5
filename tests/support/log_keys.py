"""Keys that sign checkpoints in tests."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.ledger.tlog.notes import ED25519, VerifierKey


class LogKey:
    """A NoteSigner of its own."""

    def __init__(self, name, kind=ED25519, private=None):
        self.name = name
        self.private = private or Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes_raw()
        self.verifier = VerifierKey(name, self.public, kind)

    def sign(self, message):
        """The signature's 64 bytes."""
        return self.private.sign(message)
