"""The other end of every connection: answers any name, takes any connection, writes down what came.

Runs in a sandbox of its own, in the network namespace of what is watched: `python -m plugins.sandbox.watch.sink`.
Started with one JSON line on standard input, `{"tokens": {name: value}, "ca": folder}`, it writes one JSON line for
each thing seen to standard output, the first being `{"kind": "ready"}`, and ends when standard input does, with
`{"kind": "end"}`. What it reads is hostile: sizes, numbers and times are bounded, and what it cannot understand is
noted as bytes received.
"""
