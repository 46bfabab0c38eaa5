"""The other end of every connection: answers any name, takes any connection, writes down what came.

Runs in a sandbox of its own, with no network but the sockets it is given: `python -m plugins.sandbox.watch.sink`. Each
*place* is the network namespace of one phase; what is seen belongs to the socket it came through, so no phase can put
anything into the record of another. Started with one JSON line on standard input, `{"tokens": {name: value},
"key": PEM, "places": [[[for queries], [for connections], [for datagrams]], ...]}` with descriptors, it writes one JSON
line for each thing seen to standard output, the first being `{"kind": "ready"}`. It ends when standard input does, once
it has heard what was under way, with `{"kind": "end"}`. What it reads is hostile: sizes, numbers and times are bounded,
and what it cannot understand is noted as bytes received.
"""
