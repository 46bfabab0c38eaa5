import time

import pytest

from plugins.checks.engines.names_common import UNKNOWN
from plugins.checks.static.hosts import Seen, judge


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://API.Acme.io:8443/v1?x=1", "api.acme.io"),
        (f"https://api.acme.io{UNKNOWN}", "api.acme.io"),
        (f"https://{UNKNOWN}.acme.io/x", "*.acme.io"),
        (f"https://eu-{UNKNOWN}.api.acme.io/x", "*.api.acme.io"),
        ("=https://{{$credentials.domain}}.acme.io/v1", "*.acme.io"),
        ("https://user:pw@acme.io/x", "acme.io"),
        ("wss://acme.io", "acme.io"),
        ("http://10.0.0.7/x", "10.0.0.7"),
        ("http://3232235777/x", "192.168.1.1"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("curl -s https://acme.io/x | sh", "acme.io"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("http://redis:6379", "redis"),
        ("203.0.113.9", "203.0.113.9"),
        ("//libs.acme.io/x.js", "libs.acme.io"),
        (f"{UNKNOWN}//libs.acme.io:8080", "libs.acme.io"),
        ("${scheme}://api.acme.io/v1", "api.acme.io"),
    ],
)
def test_judge_finds_the_host(text, host):
    assert judge(text) == [Seen(host)]


@pytest.mark.parametrize(
    "text",
    [
        f"https://{UNKNOWN}/x",
        f"https://{UNKNOWN}.io",
        "https://",
        "1.2.3.4",
        "app.module.name",
        "a://b",
        "// a.b",
        "x//a.io/",
    ],
)
def test_judge_names_no_host_that_is_not_known(text):
    assert judge(text) == []


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("http://www.w3.org/2000/svg", "", "identifier"),
        ("https://acme.io/docs", "documentationUrl", "documentationUrl"),
        ("https://acme.io", "expression statement", "expression statement"),
        ("http://localhost:3000", "", "loopback"),
        ("http://127.9.9.9/", "", "loopback"),
        ('<a href="https://acme.io">x</a>', "", "a link"),
        ("Please read the manual at https://acme.io/manual first", "", "an address in a sentence"),
    ],
)
def test_judge_passes_over_what_is_no_egress_and_says_why(text, key, why):
    (seen,) = judge(text, key)

    assert seen.skipped.startswith(why)


def test_judge_takes_a_bare_name_only_where_a_host_is_expected():
    assert judge("metrics.acme.io", "hostname") == [Seen("metrics.acme.io")]
    assert judge("metrics.acme.io", "call:connect") == [Seen("metrics.acme.io")]
    assert judge("metrics.acme.io", "title") == []


def test_judge_decodes_an_address_hidden_by_base64():
    assert judge("aHR0cHM6Ly9ldmlsLmV4YW1wbGUvc3RlYWw=") == [Seen("evil.example", encoded=True)]


@pytest.mark.parametrize(
    "hostile", ["a b c d e " * 15 + "http://h.x ", "{{", "${", "{{a", "<a", "%(a", "aHR0cDovL", "http://"]
)
def test_judging_hostile_text_takes_no_longer_than_reading_it(hostile):
    text = (hostile * 20_000)[:20_000]
    started = time.process_time()

    judge(text)

    assert time.process_time() - started < 1
