"""Let things happen at once, on database connections of their own."""

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
