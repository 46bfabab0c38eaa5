"""Let things happen at once, or in another process, on database connections of their own."""

import os
import signal
import threading
import traceback

from django.db import connections


def at_once(*actions):
    """Run the actions at the same moment; gives what each returned or raised, in order. Needs a transactional test."""
    ready = threading.Barrier(len(actions))
    outcomes = [None] * len(actions)

    def act(place, action):
        try:
            ready.wait(timeout=30)
            outcomes[place] = action()
        except Exception as error:  # noqa: BLE001 - what was raised is what the test asks for
            traceback.print_exc()
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=(place, action)) for place, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def in_a_process(work):
    """Fork a process that does the work on connections of its own; gives its id. Needs a transactional test."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def killed(work):
    """Whether a process that does the work dies by SIGKILL, as one does where the work calls `die`."""
    _, status = os.waitpid(in_a_process(work), 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def die(*_args, **_kwargs):
    """What the kernel does to a process when memory is short: nothing is said, nothing tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)
