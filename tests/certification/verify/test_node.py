"""The example for Node judges as the Python verifier does, step for step, over good, bad and mutilated documents."""

import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certification.verify.canonical import canonical
from certification.verify.core import Request, verify
from certification.verify.errors import UnusableError
from certification.verify.names import EXTENSION, KeyStatus
from certification.verify.status import LogHead

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "plugwarden.mjs"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARTIFACT = b"the plugin as it was submitted"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="left out: Node is not installed")


def node(*arguments, **more):
    command = ["node", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **more)


def theirs(cases):
    """What the example says of each case: failed step and code."""
    lines = [
        json.dumps({**{name: base64.b64encode(data).decode() for name, data in files.items()}, "at": at.isoformat()})
        for files, at in cases
    ]
    done = node(ROOT / "tests" / "support" / "node_verdicts.mjs", EXAMPLE, input="\n".join(lines) + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def ours(case):
    files, at = case
    request = Request(hashlib.sha256(files["artifact"]).hexdigest(), at)
    try:
        found = verify(
            bundle=files["bundle"],
            trust_root=files["trustRoot"],
            request=request,
            status_list=files.get("statusList"),
        )
    except UnusableError:
        return ("unusable", "unusable")
    return ("valid", "valid") if found.valid else (str(found.failed), str(found.code or found.failed))


def case(world, *, bundle=None, trust_root=None, at=NOW, **more):
    usual = {"bundle": bundle or world.bundle(), "trustRoot": trust_root or world.trust_root(), "artifact": ARTIFACT}
    return {**usual, **more}, at


def stories(world, stranger, demo_world):
    """Whole documents that say something else: each way a certificate can fail to hold, and a few that hold."""
    newer = world.trust_root(world.key(public=stranger.certifier.public), version=2)
    second = world.key(public=stranger.certifier.public)

    def two_keys(turned):
        return world.trust_root(*([second, world.key()] if turned else [world.key(), second]))

    compromised = {cutoff: world.key(status=KeyStatus.COMPROMISED, log_cutoff=cutoff) for cutoff in (4, 5)}
    yield case(world)
    yield case(world, artifact=b"another")
    yield case(world, at=NOW - timedelta(seconds=1))
    yield case(world, at=NOW + timedelta(days=90))
    yield case(world, at=NOW.replace(2040))
    for state in ("suspended", "revoked", "expired", "superseded"):
        yield case(world, bundle=world.bundle(status=world.status_list(world.listed(state))))
        yield case(world, statusList=world.status_list(world.listed(state), sequence=6))
    yield case(world, statusList=world.status_list(sequence=6))
    yield case(world, statusList=world.status_list())
    yield case(world, statusList=world.status_list(world.listed()))
    yield case(world, bundle=world.bundle(status=world.status_list(world.listed())), statusList=world.status_list())
    yield case(world, statusList=world.status_list(next_update=NOW + timedelta(days=1)))
    yield case(world, bundle=world.bundle(trust_root=two_keys(True)), trust_root=two_keys(False))
    yield case(world, bundle=world.bundle(status=world.status_list(next_update=NOW + timedelta(days=1))))
    stale = world.bundle(status=world.status_list(next_update=NOW + timedelta(days=1)))
    yield case(world, bundle=stale, at=NOW + timedelta(days=1))
    yield case(world, bundle=world.bundle(status=world.status_list(by=stranger.status)))
    yield case(world, bundle=world.bundle(status=world.status_list(log=LogHead(world.origin, 7, bytes(32)))))
    yield case(world, bundle=stranger.bundle())
    yield case(world, bundle=demo_world.bundle())
    yield case(demo_world)
    yield case(world, bundle=world.bundle(by=stranger.certifier))
    yield case(world, bundle=world.bundle(by=stranger.certifier, trust_root=newer))
    yield case(world, bundle=world.bundle(trust_root=newer))
    for key in compromised.values():
        root = world.trust_root(key)
        yield case(world, bundle=world.bundle(trust_root=root), trust_root=root)
    yield case(world, bundle=world.bundle(event=world.event(world.envelope(), serial="PW-2")))
    yield case(world, bundle=world.bundle(proof=world.proof(world.leaves(world.envelope()), index=3)))
    for name, value in (
        ("bundle", b""),
        ("bundle", b"{}"),
        ("trustRoot", b"[]"),
        ("bundle", b"\xff"),
        ("bundle", b"1.5"),
    ):
        yield case(world, **({"trust_root": value} if name == "trustRoot" else {}), **({name: value}))
    for path, value in (
        (("subject",), []),
        (("_type",), "x"),
        (("predicate", "verifier"), {}),
        (("predicate", "resourceUri"), "x y"),
        (("predicate", "verificationResult"), "FAILED"),
        (("predicate", "verifiedLevels"), ["FAILED"]),
        (("predicate", EXTENSION, "tier"), "high"),
        (("predicate", EXTENSION, "log"), {"origin": "x", "index": 4}),
        (("predicate", EXTENSION, "notAfter"), "2026-02-30T00:00:00Z"),
        (("predicate", EXTENSION, "hosts"), [1]),
    ):
        statement = world.statement()
        parent = statement
        for name in path[:-1]:
            parent = parent[name]
        parent[path[-1]] = value
        yield case(world, bundle=world.bundle(statement))


def leaves_of(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves_of(member, (*path, name))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from leaves_of(member, (*path, place))
    yield path


VALUES = (None, True, 0, -1, 2**53, "", "x", "AAAA", [], {}, ["x"], {"x": 1}, "\u2003", "é")


def mutilated(world, rng):
    """One document with bytes flipped, cut, doubled or inserted, or with one member exchanged and written anew."""
    files, at = case(world, statusList=world.status_list(sequence=6))
    name = rng.choice(("bundle", "bundle", "bundle", "trustRoot", "statusList"))
    data = bytearray(files[name])
    place = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            data[place] ^= 1 << rng.randrange(8)
        case 1:
            del data[place : place + rng.randrange(1, 5)]
        case 2:
            data[place:place] = rng.choice((b" ", b"\n", b'"', b"{}", b",", b"\\u0041", b"\xef\xbb\xbf", b"1", b"\x00"))
        case 3:
            data[place:place] = data[place : place + rng.randrange(1, 40)]
        case _:
            document = json.loads(data)
            *parents, last = rng.choice([path for path in leaves_of(document) if path])
            parent = document
            for step in parents:
                parent = parent[step]
            parent[last] = rng.choice(VALUES)
            data = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return {**files, name: bytes(data)}, at


def test_the_example_tells_every_story_as_the_reference_does(world, stranger, demo_world):
    cases = list(stories(world, stranger, demo_world))

    told = theirs(cases)

    assert told == [ours(each) for each in cases]
    assert {step for step, _ in told} >= {
        *("valid", "unusable", "trust-root", "environment", "bundled-root", "signature", "subject", "predicate-type"),
        *("verifier", "resource", "result", "levels", "certificate", "validity", "status", "inclusion"),
    }


def test_the_example_refuses_what_the_reference_refuses_at_the_same_step(world):
    rng = random.Random(20260301)  # noqa: S311 - the same cases in every run
    cases = [mutilated(world, rng) for _ in range(400)]

    assert theirs(cases) == [ours(each) for each in cases]


@pytest.fixture
def files(world, tmp_path):
    """The three files as a platform has them, valid now."""
    now = datetime.now(UTC).replace(microsecond=0)
    statement = world.statement(time_verified=now, not_before=now, not_after=now + timedelta(days=1))
    status = world.status_list(this_update=now, next_update=now + timedelta(days=1))
    for name, data in (
        ("root", world.trust_root()),
        ("artifact", ARTIFACT),
        ("bundle", world.bundle(statement, status=status)),
    ):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_example_runs_by_itself(files):
    good = node(EXAMPLE, "root", "artifact", "bundle", cwd=files)
    (files / "artifact").write_bytes(b"swapped")
    bad = node(EXAMPLE, "root", "artifact", "bundle", cwd=files)
    none = node(EXAMPLE, "root", "artifact", cwd=files)

    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith('VALID: "n8n-nodes-weather 1.2.0", certified at tier low until ')
    assert (bad.returncode, bad.stderr) == (
        1,
        'NOT VALID at step subject: "the certificate is for another artifact"\n',
    )
    assert none.returncode == 2


def test_the_example_opens_a_plugin_only_when_it_is_certified(files):
    script = """
        const { loadPlugin } = await import(process.env.EXAMPLE);
        const { readFileSync } = await import('node:fs');
        const [artifact, bundle, trustRoot] = ['artifact', 'bundle', 'root'].map((name) => readFileSync(name));
        const open = (bytes) => console.log(`opened ${bytes}`);
        await loadPlugin({ artifact, bundle, trustRoot }, open);
        const swapped = { artifact: Buffer.from('swapped'), bundle, trustRoot };
        await loadPlugin(swapped, open).catch(({ step }) => console.log(step));
    """

    done = node("--input-type=module", "-e", script, cwd=files, env={**os.environ, "EXAMPLE": str(EXAMPLE)})

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "opened the plugin as it was submitted\nsubject\n"


def test_canonical_case_is_the_same_text_in_both(world):
    bundle = json.loads(world.bundle())
    bundle["logProof"] = bundle["logProof"] + 'é\u2028\x7f"\\/\x01'
    (judged,) = theirs([case(world, bundle=canonical(bundle))])

    assert judged == ours(case(world, bundle=canonical(bundle)))
