"""The offline verifier: one directory that stands alone.

It needs Python 3.11 or newer and `cryptography`; copy it anywhere and run `python -I path/to/verify`.
Nothing in here imports from the rest of the project. The formats and rules are in docs/certificate-format.md.
"""
