"""Read what strace writes while a program runs: a line for each system call of a program that may try to confuse us.

strace puts every string in quotes and escapes what is in it, and shows descriptors with their paths, in which it
escapes angle brackets; so a line is cut into tokens from left to right and never searched for what a stranger could
have put in it. Source: strace(1) 6.1, `-f -ttt -y -q`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugins.sandbox.watch.contract import CommandEvent, FileEvent, SocketEvent

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = (
    "open", "openat", "openat2", "creat", "truncate", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2",
    "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmodat", "mknod", "mknodat", "chdir",
    "execve", "execveat", "connect", "bind", "listen", "sendto", "sendmsg", "sendmmsg",
)  # fmt: skip
"""The system calls that are traced. A `?` before a name lets strace pass over one this machine does not have."""
MAX_LINES = 400_000
MAX_LINE_BYTES = 1 << 18
MAX_EVENTS = 5_000
"""Different files, sockets or commands kept of a phase."""
MANY_PROGRAMS = f"More than {MAX_EVENTS:,} programs were started; the rest is left out."
MAX_ARGV = 40
BEGIN = "plugwarden-begin-"
_MARKER = len(("path", "/bin/sh", "-c", "script"))
"""Where it stands among the strings of the call that begins a phase."""

_LINE = re.compile(rb"(\d+) +(\d+\.\d+) (.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\.\.\.)?|<((?:[^<>\\]|\\.)*)>|([()\[\]{}])|([^"<>()\[\]{}]+)', re.DOTALL)
_RESULT = re.compile(r"\s*= (-?\d+|\?)")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}
_PORT = re.compile(r"sin6?_port=htons\((\d+)")
_WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND")
_ADDRESS = re.compile(r"(?=.*[.:])[0-9a-f.:]+")
_SOCKET_LINE = re.compile(r"sa_family=AF_INET6?,")


class Unreadable(ValueError):
    """A line that is not strace's, or not all of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One system call. `strings` are the quoted ones in order, `paths` what is shown of the descriptors among them."""

    name: str
    text: str
    strings: tuple[str, ...]
    paths: tuple[str, ...]
    result: int | None
    result_path: str


def parse_call(text: str) -> Call:
    """Take `name(arguments) = result` apart; raises Unreadable."""
    head = _CALL.match(text)
    if head is None:
        raise Unreadable(text[:80])
    strings: list[str] = []
    paths: list[str] = []
    depth, at = 1, head.start(2)
    while depth:
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unreadable(text[:80])
        at = token.end()
        if token[1] is not None:
            strings.append(unescape(token[1]))
        elif token[2] is not None:
            paths.append(unescape(token[2]))
        elif token[3]:
            depth += 1 if token[3] in "([{" else -1
    result = _RESULT.match(text, at)
    if result is None:
        raise Unreadable(text[:80])
    shown = _TOKEN.match(text, result.end())
    path = unescape(shown[2]) if shown and shown[2] is not None else ""
    number = None if result[1] == "?" else int(result[1])
    return Call(head[1], text[head.start(2) : at], tuple(strings), tuple(paths), number, path)


def unescape(text: str) -> str:
    """Undo strace's escapes; bytes that are no UTF-8 become U+FFFD."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescaped, text)
    return plain.encode("latin-1", "replace").decode("utf-8", "replace")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _SIMPLE.get(code, code)


@dataclass(slots=True)
class Trace:
    """Fed with strace's bytes as they come; afterwards it knows what the program did, and whether that is all."""

    nonce: str
    cwd: str
    began: float | None = None
    files: dict[str, FileEvent] = field(default_factory=dict)
    sockets: dict[tuple[str, int, bool], SocketEvent] = field(default_factory=dict)
    commands: list[CommandEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    processes: set[int] = field(default_factory=set)
    _buffer: bytearray = field(default_factory=bytearray)
    _lines: int = 0
    _pending: dict[int, str] = field(default_factory=dict)
    _cwds: dict[int, str] = field(default_factory=dict)
    _bound: dict[str, tuple[str, int]] = field(default_factory=dict)
    _living: set[int] = field(default_factory=set)
    _own: int | None = None
    """The process that is about to become the phase's program."""
    _tried: dict[int, dict[tuple[str, ...], CommandEvent]] = field(default_factory=dict)
    """By process, and by program and arguments, what it could not start: it may yet find it in another folder."""

    def feed(self, chunk: bytes) -> None:
        """Take in more of strace's output."""
        self._buffer += chunk
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest[: MAX_LINE_BYTES + 1])
        for line in lines:
            self._take(line)

    def end(self) -> None:
        """Nothing more comes; what is missing becomes a problem."""
        for pid in list(self._tried):
            self._gave_up(pid)
        if self._buffer:
            self._problem("The observer's record breaks off in the middle of a line.")
        if self.began is None:
            self._problem("The observer saw no beginning.")
        if self._living:
            self._problem(f"The observer did not see {len(self._living)} processes end.")

    def _take(self, line: bytes) -> None:
        self._lines += 1
        if self._lines > MAX_LINES:
            self._problem(f"The record ends after {MAX_LINES:,} system calls.")
            return
        match = _LINE.fullmatch(line)
        if match is None or len(line) > MAX_LINE_BYTES:
            self._problem("The observer's record holds a line that cannot be read.")
            return
        pid, at, text = int(match[1]), float(match[2]), match[3].decode("utf-8", "replace")
        if text.startswith("+++"):
            self._living.discard(pid)
            self._pending.pop(pid, None)
            self._gave_up(pid)
            return
        self._living.add(pid)
        if text.startswith("---"):
            return
        if (whole := self._joined(pid, text)) is not None:
            self._call(pid, at, whole)

    def _joined(self, pid: int, text: str) -> str | None:
        """The whole call, where another process came between its beginning and its end."""
        if text.endswith(_UNFINISHED):
            self._pending[pid] = text.removesuffix(_UNFINISHED)
            return None
        if resumed := _RESUMED.fullmatch(text):
            return self._pending.pop(pid, f"{resumed[1]}(") + resumed[2]
        return text

    def _call(self, pid: int, at: float, text: str) -> None:
        try:
            call = parse_call(text)
        except Unreadable:
            self._problem("The observer's record holds a line that cannot be read.")
            return
        if self.began is None:
            self._look_for_beginning(pid, at, call)
            return
        self.processes.add(pid)
        handle = _MEANING.get(call.name)
        if handle is not None:
            handle(self, pid, at - self.began, call)

    def _look_for_beginning(self, pid: int, at: float, call: Call) -> None:
        marked = call.strings[_MARKER] if len(call.strings) > _MARKER else ""
        if call.name == "execve" and call.result == 0 and marked == BEGIN + self.nonce:
            self.began, self._own = at, pid

    def _problem(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    # --- what the calls mean ---

    def opened(self, pid: int, at: float, call: Call) -> None:
        """A file was opened."""
        if call.paths and call.text.startswith("AT_FDCWD"):
            self._cwds[pid] = call.paths[0]
        if call.result is None or call.result < 0 or "O_PATH" in call.text:
            return
        write = call.name == "creat" or any(flag in _flags(call.text) for flag in _WRITES)
        read = not write or "O_RDWR" in _flags(call.text)
        path = call.result_path or self._absolute(pid, call, 0)
        self._file(path.removesuffix(" (deleted)"), at, read=read, write=write)

    def changed(self, pid: int, at: float, call: Call) -> None:
        """Something was made or altered under a name, the last one given."""
        if call.result == 0 and call.strings:
            self._file(self._absolute(pid, call, len(call.strings) - 1), at, write=True)

    def removed(self, pid: int, at: float, call: Call) -> None:
        """A name was removed."""
        if call.result == 0 and call.strings:
            self._file(self._absolute(pid, call, 0), at, delete=True)

    def moved(self, pid: int, at: float, call: Call) -> None:
        """One name became another."""
        self.removed(pid, at, call)
        self.changed(pid, at, call)

    def went(self, pid: int, _at: float, call: Call) -> None:
        """A process changed its folder."""
        if call.result == 0 and call.strings:
            self._cwds[pid] = self._absolute(pid, call, 0)

    def started(self, pid: int, at: float, call: Call) -> None:
        """A program was started, or was to be and is not there."""
        argv = call.strings[1 : 1 + MAX_ARGV] or call.strings[:1]
        attempt = (posixpath.basename(call.strings[0]) if call.strings else "", *argv)
        if call.result != 0:
            if pid != self._own and call.strings:
                self._failed(pid, attempt, CommandEvent((attempt[0], *argv[1:]), "", round(at, 3)))
            return
        self._tried.get(pid, {}).pop(attempt, None)  # found in a folder further on
        self._gave_up(pid)
        if pid == self._own:  # the phase's own program
            self._own = None
            return
        self._command(CommandEvent(argv, self._absolute(pid, call, 0), round(at, 3)))

    def _failed(self, pid: int, attempt: tuple[str, ...], event: CommandEvent) -> None:
        """Keep what could not be started until it is known whether it is found elsewhere."""
        tried = self._tried.setdefault(pid, {})
        if attempt not in tried and sum(map(len, self._tried.values())) >= MAX_EVENTS:
            self._problem(MANY_PROGRAMS)
            return
        tried.setdefault(attempt, event)

    def _gave_up(self, pid: int) -> None:
        """What a process tried to start in vain is a command all the same: elsewhere it is installed."""
        for event in self._tried.pop(pid, {}).values():
            self._command(event)

    def _command(self, event: CommandEvent) -> None:
        if len(self.commands) >= MAX_EVENTS:
            self._problem(MANY_PROGRAMS)
            return
        self.commands.append(event)

    def connected(self, _pid: int, at: float, call: Call) -> None:
        """An address was connected to, or sent to."""
        for address, port in _addresses(call):
            self._socket(address, port, at, listening=False)

    def bound(self, _pid: int, _at: float, call: Call) -> None:
        """A socket got its address."""
        found = _addresses(call)
        if call.result == 0 and found and call.paths:
            self._bound[call.paths[0]] = found[0]

    def listened(self, _pid: int, at: float, call: Call) -> None:
        """A socket takes connections."""
        if call.result == 0 and call.paths and call.paths[0] in self._bound:
            self._socket(*self._bound[call.paths[0]], at, listening=True)

    def _absolute(self, pid: int, call: Call, number: int) -> str:
        """The `number`th string as a path: beside the descriptor before it, or the process's own folder."""
        path = call.strings[number] if number < len(call.strings) else ""
        base = call.paths[min(number, len(call.paths) - 1)] if call.paths else self._cwds.get(pid, self.cwd)
        return posixpath.normpath(posixpath.join(base, path))

    def _file(self, path: str, at: float, *, read: bool = False, write: bool = False, delete: bool = False) -> None:
        if not path.startswith("/"):  # a pipe, a socket, an anonymous file
            return
        known = self.files.get(path)
        if known is None and len(self.files) >= MAX_EVENTS:
            self._problem(f"More than {MAX_EVENTS:,} files were touched; the rest is left out.")
            return
        first = known or FileEvent(path, at=round(at, 3))
        self.files[path] = FileEvent(path, read or first.read, write or first.write, delete or first.delete, first.at)

    def _socket(self, address: str, port: int, at: float, *, listening: bool) -> None:
        key = (address, port, listening)
        if key not in self.sockets and len(self.sockets) >= MAX_EVENTS:
            self._problem(f"More than {MAX_EVENTS:,} addresses were connected to; the rest is left out.")
            return
        self.sockets.setdefault(key, SocketEvent(address, port, listening=listening, at=round(at, 3)))


def _flags(text: str) -> str:
    """The part of an open call behind its path, where the flags are: a path may be called O_CREAT."""
    return text[text.rfind('"') + 1 :]


def _addresses(call: Call) -> list[tuple[str, int]]:
    """The internet addresses a call names, and their ports; of others none."""
    if not _SOCKET_LINE.search(call.text):
        return []
    ports = [int(port) for port in _PORT.findall(call.text)]
    hosts = [text for text in call.strings if _ADDRESS.fullmatch(text)]
    hosts = hosts[-len(ports) :]  # what is sent comes before, and may look like one
    return [(_plain(host), port) for host, port in zip(hosts, ports, strict=False)]


def _plain(host: str) -> str:
    return host.removeprefix("::ffff:") if "." in host else host


_CHANGES = (
    "truncate", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmodat", "mknod", "mknodat",
)  # fmt: skip
_MEANING: dict[str, Callable[[Trace, int, float, Call], None]] = {
    **dict.fromkeys(("open", "openat", "openat2", "creat"), Trace.opened),
    **dict.fromkeys(_CHANGES, Trace.changed),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), Trace.removed),
    **dict.fromkeys(("rename", "renameat", "renameat2"), Trace.moved),
    "chdir": Trace.went,
    **dict.fromkeys(("execve", "execveat"), Trace.started),
    **dict.fromkeys(("connect", "sendto", "sendmsg", "sendmmsg"), Trace.connected),
    "bind": Trace.bound,
    "listen": Trace.listened,
}
