"""A real HTTP server on this machine that answers as told: whole, broken off, endless, slow, elsewhere."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS_AT_MOST = 20.0
"""Seconds an answer may go on for, whoever listens."""


class Answer:
    """What one path gives: `parts` are sent one by one, `pause` seconds apart; `length` is what is announced."""

    def __init__(self, *parts, status=200, length=None, pause=0.0, headers=()):
        self.parts, self.status, self.pause, self.headers = parts, status, pause, headers
        self.length = sum(map(len, parts)) if length is None else length


def elsewhere(address):
    """A redirect."""
    return Answer(status=302, headers=[("Location", address)])


@contextlib.contextmanager
def server(answers):
    """Serve them by path; gives the base address and the list of paths that were asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = answers.get(self.path, Answer(status=404))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.length >= 0:
                self.send_header("Content-Length", str(answer.length))
            self.end_headers()
            ends = time.monotonic() + ANSWERS_AT_MOST
            with contextlib.suppress(OSError):
                for part in answer.parts:
                    if time.monotonic() < ends:
                        self.wfile.write(part)
                        self.wfile.flush()
                        time.sleep(answer.pause)

        def log_message(self, *_args):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = False  # each is waited for, so that no connection outlives its test
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", asked
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
