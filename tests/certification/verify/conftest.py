"""A signed world of its own for each test, and two ways to verify in it."""

import hashlib
from pathlib import Path

import pytest

from certification.verify.cli import main
from certification.verify.core import Request, verify
from certification.verify.names import Environment
from tests.support.world import ARTIFACT, NOW, World, world_of


@pytest.fixture
def world():
    return World()


@pytest.fixture
def demo_world():
    return world_of(Environment.DEMO, "demo")


@pytest.fixture
def stranger():
    return world_of(Environment.PRODUCTION, "stranger's")


@pytest.fixture
def check(world):
    """Verify a bundle in the usual world: (failed step or None, message)."""

    def run(bundle=None, *, trust_root=None, artifact=ARTIFACT, at=NOW, status_list=None, **strictness):
        trust_root = world.trust_root() if trust_root is None else trust_root
        outcome = verify(
            bundle=world.bundle(trust_root=trust_root) if bundle is None else bundle,
            trust_root=trust_root,
            request=Request(hashlib.sha256(artifact).hexdigest(), at, **strictness),
            status_list=status_list,
        )
        assert outcome.valid is (outcome.failed is None)
        return outcome.failed, outcome.message

    return run


@pytest.fixture
def command(world, tmp_path, capsys):
    """Run the command line on files: (exit code, stdout, stderr)."""

    def run(*more, bundle=None, trust_root=None, artifact=ARTIFACT, at="2026-03-01T12:00:00Z"):
        arguments = []
        for name, content, usual in (
            ("bundle", bundle, world.bundle()),
            ("trust-root", trust_root, world.trust_root()),
            ("artifact", artifact, ARTIFACT),
        ):
            path = content if isinstance(content, Path) else tmp_path / name
            if not isinstance(content, Path):
                path.write_bytes(usual if content is None else content)
            arguments += [str(path)] if name == "bundle" else [f"--{name}", str(path)]
        code = main([*arguments, "--at", at, *more])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
