"""Hosts and dependencies: what a list means, and what is no list."""

import pytest

from plugins.detection import lists
from plugins.detection.lists import BodyInvalid
from plugins.package import Dependency
from tests.plugins.detection.rule_cases import rule


@pytest.mark.parametrize(
    ("body", "host", "hit"),
    [
        ("evil.example", "evil.example", True),
        ("evil.example", "EVIL.example.", True),
        ("evil.example", "api.evil.example", False),
        ("evil.example", "notevil.example", False),
        ("*.evil.example", "a.b.evil.example", True),
        ("*.evil.example", "evil.example", False),
        ("*.evil.example", "notevil.example", False),
        ("# seen in March\n\n192.0.2.7 # the second stage\n", "192.0.2.7", True),
        ("[2001:DB8::1]", "2001:db8::1", True),
        ("bücher.example", "xn--bcher-kva.example", True),
    ],
)
def test_hosts(body, host, hit):
    assert (lists.host_hit(lists.hosts(body), host) is not None) is hit


@pytest.mark.parametrize(
    "body", ["", "# nothing", "*", "*.com", "com", "https://evil.example/x", "a b.example", "a.*.example"]
)
def test_what_is_no_list_of_hosts_is_refused(body):
    with pytest.raises(BodyInvalid):
        lists.hosts(body)


def npm(name, requirement, pinned=None, scope="runtime"):
    return Dependency("npm", name, requirement, scope, pinned=pinned)


def judged(body, dependency):
    found = list(lists.dependency_hits(rule("dependency", body), lists.dependencies(body), [dependency]))
    assert len(found) < 2
    return found[0][2] if found else None


@pytest.mark.parametrize(
    ("body", "dependency", "verdict"),
    [
        ("npm:event-stream >=3.3.6 <4", npm("event-stream", "3.3.6", "3.3.6"), True),
        ("npm:event-stream >=3.3.6 <4", npm("event-stream", "3.3.5", "3.3.5"), None),
        ("npm:event-stream >=3.3.6 <4", npm("event-stream", "^3.3.0"), True),  # could resolve to it
        ("npm:event-stream >=3.3.6 <4", npm("event-stream", "^4.0.0"), None),
        ("npm:event-stream ==3.3.6", npm("event-stream", "3.3.6", "3.3.6"), True),
        ("npm:event-stream ==3.3.6", npm("event-stream", "3.3.7", "3.3.7"), None),
        ("npm:event-stream <=3.3.6", npm("event-stream", "3.3.6", "3.3.6"), True),
        ("npm:event-stream", npm("event-stream", "git+https://git.example/event-stream.git"), True),
        ("npm:event-stream <4", npm("event-stream", "git+https://git.example/event-stream.git"), False),  # undecided
        ("npm:@evil/*", npm("@evil/tool", "1.0.0", "1.0.0"), True),
        ("npm:@evil/* <1", npm("@evil/tool", "1.0.0", "1.0.0"), None),
        ("npm:@evil/*", npm("@evilish/tool", "1.0.0", "1.0.0"), None),
        ("npm:flatmap", npm("mine", "npm:flatmap@1.0.0", "1.0.0"), True),  # under another name
        ("npm:flatmap", npm("flatmap", "1.0.0", "1.0.0", "dev"), None),  # stays with the author
        ("pypi:Ctx_Tool", Dependency("PyPI", "ctx-tool", "==0.1", pinned="0.1"), True),
        ("pypi:ctx >=0.1.2, <0.2", Dependency("PyPI", "ctx", "==0.1.2.post1", pinned="0.1.2.post1"), True),
        ("pypi:ctx", npm("ctx", "1.0.0", "1.0.0"), None),
    ],
)
def test_dependencies(body, dependency, verdict):
    assert judged(body, dependency) is verdict


@pytest.mark.parametrize(
    "body",
    [
        "left-pad",
        "npm:*",
        "npm:left-*",
        "gem:rails",
        "npm:a >1",
        "npm:a >=one",
        "npm:a ==1 <2",
        "npm:a latest",
        "pypi:a ~=1",
    ],
)
def test_what_is_no_list_of_dependencies_is_refused(body):
    with pytest.raises(BodyInvalid):
        lists.dependencies(body)


def test_an_endless_list_is_refused():
    with pytest.raises(BodyInvalid, match="at most 500"):
        lists.hosts("\n".join(f"h{number}.evil.example" for number in range(501)))
