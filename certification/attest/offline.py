"""For the machine that holds a root key and nothing else: `python -m certification.attest.offline`.

Needs Python, `cryptography` and this checkout; no Django, no database, no network.

    new FILE                   make a root key; its public half is written to FILE.pub
    show DRAFT                 say what a draft or a trust root says
    sign DRAFT --key FILE      add a signature, after showing what is signed
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certification.verify.errors import UnusableError
from certification.verify.files import read_document
from certification.verify.output import plain

from .ceremony import describe, read_draft, sign
from .key_folder import generate, pem, read_pem
from .private_files import KeysRefusedError, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .dsse import SigningKey

FAILED = 2


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; 0, or 2 with one sentence."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "new":
            say(f"Root key {new_root_key(Path(options.file))}; its public half is in {plain(options.file)}.pub")
        elif options.command == "show":
            show(options.draft)
        else:
            say(sign_file(options.draft, read_pem(Path(options.key)), ask=not options.yes))
    except (KeysRefusedError, UnusableError) as refusal:
        sys.stderr.write(f"{plain(str(refusal))}\n")
    except OSError as error:
        sys.stderr.write(f"{plain(str(error.filename))}: {error.strerror}\n")
    else:
        return 0
    return FAILED


def new_root_key(path: Path) -> str:
    """Make a key in a new file, its public half (PEM) beside it; gives the keyid. Raises OSError."""
    signer = generate()
    public = signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_private(path, pem(signer))
    write_private(path.with_name(f"{path.name}.pub"), public)
    return signer.keyid


def show(path: str) -> None:
    """Print what a draft says and who has signed it. Raises KeysRefusedError, UnusableError."""
    found = read_draft(read_document(path, "draft"))
    for line in describe(found.root):
        say(plain(line))
    for keyid in sorted(found.signatures):
        say(f"  signed by {keyid}")


def sign_file(path: str, key: SigningKey, *, ask: bool = True) -> str:
    """Add a signature to a draft, in its place, after showing it; gives a sentence on what happened.

    Raises KeysRefusedError, UnusableError, OSError. The file is replaced whole or not at all.
    """
    show(path)
    before = read_draft(read_document(path, "draft"))
    signed = sign(before, [key])
    if ask and input(f"Sign with root key {key.keyid}? Type yes: ").strip().lower() != "yes":
        return "Nothing was signed."
    target = Path(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        write_private(aside, signed.envelope())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    count = len(signed.signatures)
    return f"Signed: {plain(path)} has {count} {'signature' if count == 1 else 'signatures'} now."


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m certification.attest.offline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("new").add_argument("file")
    commands.add_parser("show").add_argument("draft")
    signing = commands.add_parser("sign")
    signing.add_argument("draft")
    signing.add_argument("--key", required=True, help="the root key, a PEM file that only you can read")
    signing.add_argument("--yes", action="store_true", help="do not ask")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
