import pytest

from governance.ledger import sequencer, signing
from tests.support.log_keys import LogKey

ORIGIN = "example.com/log"


@pytest.fixture
def log_key(monkeypatch):
    """A key of this test's own signs checkpoints."""
    key = LogKey(ORIGIN)
    monkeypatch.setattr(signing, "_providers", [lambda: key])
    monkeypatch.setattr(signing, "_known", [lambda: [signing.LogKey(key.verifier)]])
    return key


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """Every commit numbers its events at once, however fast tests follow each other."""
    monkeypatch.setattr(sequencer, "PAUSE", 0.0)
