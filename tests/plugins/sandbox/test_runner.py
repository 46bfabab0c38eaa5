"""What a hostile program can and cannot do in the sandbox: every test runs a real one."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plugins.sandbox import (
    Bind,
    Limits,
    SandboxUnavailable,
    availability,
    command,
    run,
    run_python,
    run_tool,
    runner,
    seccomp,
)
from plugins.sandbox.limits import MIB
from plugins.sandbox.python import CODE_ROOT, tool

PYTHON = "/usr/bin/python3"
AS_ROOT = os.geteuid() == 0


def script(text: str, **options):
    return run(["/bin/sh", "-c", text], **options)


def test_run_returns_output_exit_code_and_times():
    result = script("echo out; echo err >&2; exit 7")

    assert (result.stdout, result.stderr, result.returncode) == (b"out\n", b"err\n", 7)
    assert not result.ok
    assert 0 < result.cpu_seconds <= result.duration * 2
    assert result.ending == "It ended with exit code 7."


def test_run_feeds_and_reads_more_than_a_pipe_holds_without_deadlock():
    data = os.urandom(3 * MIB)

    result = run(["/bin/cat"], stdin=data)

    assert result.stdout == data


def test_run_survives_a_program_that_reads_no_input():
    assert run(["/bin/true"], stdin=b"x" * 3 * MIB).ok


def test_run_gives_no_privileges_and_a_user_of_its_own():
    result = script("id -u; grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status")
    uid, *status = result.stdout.decode().split("\n", 1)

    assert int(uid) >= 1000
    assert int(uid) != os.geteuid()
    assert {line.split()[1] for line in status[0].splitlines() if line.startswith("Cap")} == {"0" * 16}
    assert "NoNewPrivs:\t1" in status[0]


@pytest.mark.skipif(not AS_ROOT, reason="only root can give each run a user of its own")
def test_run_gives_concurrent_runs_different_users():
    with ThreadPoolExecutor(8) as pool:
        uids = list(pool.map(lambda _: script("id -u; sleep 0.3").stdout, range(8)))

    assert len(set(uids)) == 8


def test_run_reaches_neither_the_network_nor_the_hosts_loopback():
    result = run(
        [PYTHON, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        limits=Limits(wall_seconds=10),
    )
    names = script("cat /proc/net/dev | tail -n +3 | cut -d: -f1")

    assert b"Network is unreachable" in result.stderr
    assert names.stdout.split() == [b"lo"]


def test_run_with_network_reaches_loopback_and_finds_certificates(tmp_path):
    tmp_path.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5); open('/out/got', 'w').write('x')"
        result = run([PYTHON, "-c", code], network=True, binds=[Bind(tmp_path, "/out", writable=True)])

    assert result.ok, result.stderr
    assert (tmp_path / "got").read_text() == "x"
    assert tmp_path.stat().st_uid == os.geteuid()


def test_run_gives_no_way_to_privileges_in_a_namespace_of_its_own():
    result = script("unshare --user --map-root-user --mount mount -t tmpfs -o size=64G none /tmp; bwrap --bind / / id")

    assert not result.ok
    assert b"unshare failed: Operation not permitted" in result.stderr
    assert b"uid=" not in result.stdout


def test_run_shows_no_keyring_of_the_session():
    ask = "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall(NUMBER, 0, -3, 1), ctypes.get_errno())"
    number = seccomp.MACHINES[platform.machine()].denied[seccomp.DENIED.index("keyctl")]

    result = run([PYTHON, "-c", ask.replace("NUMBER", str(number))])

    assert result.stdout == b"-1 1\n"  # EPERM


def test_every_known_machine_has_a_number_for_every_call():
    assert {len(machine.denied) for machine in seccomp.MACHINES.values()} == {len(seccomp.DENIED)}


def test_a_machine_without_a_filter_gets_no_sandbox():
    with pytest.raises(SandboxUnavailable, match="no filter for vax: run Plugwarden on x86_64"):
        seccomp.program("vax")


def test_run_shows_nothing_of_the_host():
    result = script("ls -A / /home /etc ~root 2>/dev/null; ls -A $HOME; ls /proc | grep -cE '^[0-9]+$'")
    lines = result.stdout.decode().split()

    assert "passwd" not in lines
    assert "shadow" not in lines
    assert int(lines[-1]) < 10


def test_run_passes_no_environment_on(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the portal")

    environment = script("env", env={"GIVEN": "yes"}).stdout.decode()

    assert "SECRET_KEY" not in environment
    assert "GIVEN=yes" in environment
    assert "HOME=/tmp/home" in environment


def test_run_leaves_no_open_descriptor_of_ours():
    with Path("/etc/hostname").open():
        listed = script("ls /proc/self/fd").stdout.split()

    assert listed == [b"0", b"1", b"2", b"3"]


def test_run_cannot_write_outside_tmp(tmp_path):
    tmp_path.chmod(0o755)

    result = script(
        f"for p in / /etc /usr /dev {tmp_path} /proc/sys/kernel; do touch $p/x 2>/dev/null && echo $p; done; touch ~/y",
        binds=[Bind(tmp_path)],
    )

    assert result.stdout == b""
    assert result.ok


def test_run_binds_below_a_closed_folder(tmp_path):
    closed = tmp_path / "closed"
    inside = closed / "tree"
    inside.mkdir(parents=True)
    (inside / "file").write_text("seen")
    closed.chmod(0o700)

    assert script(f"cat {inside}/file", binds=[Bind(inside)]).stdout == b"seen"


@pytest.mark.skipif(not AS_ROOT, reason="only root runs as another user")
def test_run_refuses_a_folder_that_its_user_cannot_read(tmp_path):
    tmp_path.chmod(0o700)

    with pytest.raises(SandboxUnavailable, match=r"chmod -R o\+rX"):
        run(["/bin/true"], binds=[Bind(tmp_path)])


def test_run_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SandboxUnavailable, match="does not exist"):
        run(["/bin/true"], binds=[Bind(tmp_path / "missing")])


def test_run_says_that_a_missing_program_did_not_start():
    result = run(["/no/such/program"])

    assert not result.ok
    assert result.ending == "The program could not be started (exit code 127)."


def test_run_stops_a_program_that_sleeps_with_closed_output():
    result = script("exec >&- 2>&-; sleep 60", limits=Limits(wall_seconds=0.4))

    assert result.timed_out
    assert result.returncode is None
    assert result.duration < 3
    assert result.ending == "It was stopped after 0.4 seconds."


def test_run_stops_a_program_that_prints_a_gigabyte():
    result = script("yes | head -c 1000000000", limits=Limits(output_bytes=2 * MIB))

    assert result.truncated
    assert len(result.stdout) == 2 * MIB
    assert "2 MiB" in result.ending


def test_run_stops_a_program_that_burns_processor_time():
    result = run([PYTHON, "-c", "while True: pass"], limits=Limits(cpu_seconds=1, wall_seconds=20))

    assert result.ending == "It was killed for using more than 1 seconds of processor time."
    assert result.cpu_seconds > 0.9


def test_run_limits_memory():
    result = run([PYTHON, "-c", "x = bytearray(10**9)"], limits=Limits(memory_bytes=256 * MIB))

    assert not result.ok
    assert b"MemoryError" in result.stderr


def test_run_limits_the_size_of_a_file_and_of_tmp():
    file = script("head -c 50000000 /dev/zero >/tmp/x", limits=Limits(file_bytes=1 * MIB))
    disk = script(
        "for i in 1 2 3 4 5; do head -c 900000 /dev/zero >/tmp/$i || exit 3; done", limits=Limits(tmp_bytes=MIB)
    )

    assert not file.ok
    assert not disk.ok
    assert b"No space left" in disk.stderr


def test_run_contains_a_fork_bomb_while_another_run_goes_on():
    bomb = [PYTHON, "-c", "import os\nwhile True:\n try: os.fork()\n except OSError: pass"]
    with ThreadPoolExecutor(2) as pool:
        bombed = pool.submit(run, bomb, limits=Limits(wall_seconds=2, processes=16))
        time.sleep(0.5)
        other = script("for i in 1 2 3; do /bin/true & done; wait; echo fine")

    assert bombed.result().timed_out
    assert other.stdout == b"fine\n"
    assert _left_over() == []


def test_run_leaves_no_process_behind_when_the_program_ends():
    result = script("setsid sleep 4321 >/dev/null 2>&1 & exit 0")

    assert result.ok
    assert _left_over("4321") == []


def test_run_survives_a_program_that_kills_all_it_can_reach():
    result = script("kill -9 -1; kill -9 1; kill -9 $PPID; echo still here")

    assert os.getpid()
    assert result.returncode is not None


def test_run_keeps_control_characters_as_bytes():
    assert script(r"printf '\033[2J\007'").stdout == b"\x1b[2J\x07"


def test_run_is_quick():
    run(["/bin/true"])
    started = time.monotonic()
    for _ in range(5):
        run(["/bin/true"])

    assert (time.monotonic() - started) / 5 < 0.15


def test_run_is_safe_from_many_threads():
    with ThreadPoolExecutor(16) as pool:
        outputs = list(pool.map(lambda n: script(f"echo {n}").stdout, range(48)))

    assert outputs == [f"{n}\n".encode() for n in range(48)]


def test_availability_says_what_to_install_where_bubblewrap_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    runner._probe.cache_clear()
    try:
        reason = availability()
        with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
            run(["/bin/true"])
    finally:
        monkeypatch.undo()

    assert reason == "The program bwrap is missing. Install it with: apt-get install bubblewrap util-linux"
    assert availability() is None


def test_availability_refuses_a_bubblewrap_that_does_not_work(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    runner._probe.cache_clear()
    try:
        reason = availability()
    finally:
        monkeypatch.undo()

    assert reason is not None
    assert reason.startswith("The sandbox could not be set up: bwrap: No permissions to create new namespace. ")
    assert ("give it the capability SYS_ADMIN" in reason) is AS_ROOT
    assert ("sysctl kernel.unprivileged_userns_clone=1" in reason) is not AS_ROOT
    assert availability() is None  # as soon as it works, without a restart


def test_every_mode_isolates_network_processes_and_files():
    for mode in command.modes():
        line = command.build(
            ["/bin/true"], mode=mode, uid=1, binds=[], limits=Limits(), cwd="/", network=False, status_fd=3, filter_fd=4
        )

        assert {"--unshare-net", "--unshare-pid", "--cap-drop", "--die-with-parent", "--new-session"} <= set(line)
        assert ["--bind", "/"] not in [line[i : i + 2] for i in range(len(line))]


def test_run_python_imports_our_packages_but_sees_no_state_of_the_portal():
    code = CODE_ROOT / "plugins" / "checks" / "engines" / "yara_engine.py"
    result = run_python(code, "compile", "/usr")
    listed = script(f"ls -A {CODE_ROOT}", binds=[Bind(CODE_ROOT / "plugins")])

    assert result.returncode == 0, result.stderr
    assert listed.stdout.split() == [b"plugins"]


def test_run_tool_runs_a_console_script_of_our_environment():
    result = run_tool("bandit", "--version")

    assert result.ok, result.stderr
    assert result.stdout.startswith(b"bandit ")


def test_tool_says_what_is_not_installed():
    with pytest.raises(SandboxUnavailable, match="make setup"):
        tool("no-such-engine")


@pytest.mark.skipif(not AS_ROOT, reason="as an ordinary user every test here shows it")
def test_run_works_for_an_ordinary_user():
    tree = Path(tempfile.mkdtemp())  # tmp_path is closed to others
    shutil.copytree(CODE_ROOT / "plugins" / "sandbox", tree / "plugins" / "sandbox")
    (tree / "plugins" / "__init__.py").touch()
    probe = (
        "from plugins.sandbox import run, Limits; "
        "r = run(['/bin/sh', '-c', 'id -u; touch /x /dev/x; unshare -U true; sleep 9 & sleep 9 & sleep 9 & wait'],"
        " limits=Limits(processes=3, wall_seconds=5)); print(r.returncode, r.stdout, r.stderr)"
    )
    try:
        subprocess.run(["/bin/chmod", "-R", "a+rX", str(tree)], check=True)
        user = ["/usr/bin/setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
        environment = {"PYTHONPATH": str(tree), "PATH": os.environ["PATH"]}
        answer = subprocess.run(
            [*user, PYTHON, "-P", "-c", probe], cwd=tree, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(tree)

    assert answer.returncode == 0, answer.stderr
    assert "65534" in answer.stdout
    assert answer.stdout.count("Read-only file system") == 2
    assert "unshare failed" in answer.stdout
    assert "Cannot fork" in answer.stdout


def _left_over(word: str | None = None) -> list[str]:
    """Command lines of processes that run as a sandbox user of ours, or hold a word."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if (word and word in line and "sleep" in line) or (word is None and "os.fork()" in line):
                found.append(line)
    return [line for line in found if sys.executable not in line]
