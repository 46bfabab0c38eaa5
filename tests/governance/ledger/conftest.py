import pytest

from governance.ledger import signing
from tests.support.log_keys import LogKey

ORIGIN = "example.com/log"


@pytest.fixture
def log_key(monkeypatch):
    """A key of this test's own signs checkpoints."""
    key = LogKey(ORIGIN)
    monkeypatch.setattr(signing, "_providers", [lambda: key])
    return key
