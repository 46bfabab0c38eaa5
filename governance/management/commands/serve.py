"""`manage.py serve`: prepare, then run web server and worker together; Ctrl-C ends both."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from governance.accounts import generated_passwords

if TYPE_CHECKING:
    from types import FrameType

HOST = "127.0.0.1"
PORTS = range(1, 1 << 16)
GRACE = 15
"""Seconds the children get to finish before they are killed."""
START_LIMIT = 60


class Stop(BaseException):
    """Somebody asked us to end. No `Exception`, so that a step under way does not take it for a fault of its own."""


class Command(BaseCommand):
    """Everything on one machine, for trying out and for small installations."""

    help = "Prepare what is missing, then serve on 127.0.0.1 with a worker beside it."
    requires_system_checks: list[str] = []  # prepare may have to migrate first

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=_port, default=8000)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prepare, start both, wait, end both."""
        port = options["port"]
        _demand_free(port)
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        children: list[subprocess.Popen[bytes]] = []
        try:
            call_command("prepare", stdout=self.stdout, stderr=self.stderr)
            connections.close_all()
            children = [_start(_web(port), port), _start([sys.executable, "manage.py", "qcluster"], port)]
            _await_port(port, children[0])
            self._greet(port)
            _watch(children)
        except Stop:
            self.stdout.write("\nEnding …")
        finally:
            _ignore_signals()
            _end(children)

    def _greet(self, port: int) -> None:
        base = f"http://{HOST}:{port}"
        self.stdout.write(
            f"\nPlugwarden is serving.\n"
            f"  owner portal   {base}/portal/\n"
            f"  reviewers      {base}/admin/\n"
            f"  dashboard      {base}/dashboard/\n"
            f"  public status  {base}/status/\n"
        )
        if passwords := generated_passwords():
            self.stdout.write("Sign in with (generated passwords, kept under var/keys/ with mode 0600):")
            for username, password in passwords.items():
                self.stdout.write(f"  {username:<16} {password}")
        self.stdout.write("\nCtrl-C ends web server and worker.")
        self.stdout.flush()


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) in PORTS):
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is a number from 1 to 65535")
    return int(text)


def _web(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "governance.wsgi", "--bind", f"{HOST}:{port}", "--preload"),
        *("--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "10", "--log-level", "warning"),
        "--no-control-socket",  # it would lie in the home folder, which services may not have
    ]


def _start(command: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that the terminal's Ctrl-C reaches only us."""
    address = os.environ.get("PORTAL_URL", f"http://{HOST}:{port}")
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=os.environ | {"PORTAL_URL": address}, start_new_session=True
    )


def _demand_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            raise CommandError(
                f"Port {port} cannot be used: {taken.strerror}. Choose another: make run PORT=8001"
            ) from taken


def _await_port(port: int, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise CommandError(f"The web server ended at once with code {web.returncode}.")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise CommandError(f"The web server did not answer within {START_LIMIT} seconds.")


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.3)
    ended = next(child for child in children if child.poll() is not None)
    raise CommandError(
        f"{ended.args[-1] if isinstance(ended.args, list) else 'A child'} ended with code {ended.returncode}."
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    _ignore_signals()  # a second one, say from make, must not cut the ending short
    raise Stop


def _ignore_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask each child to finish, wait, then kill what is left, with everything it started."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
