"""Start the verifier: `python -m certification.verify`, `python -m verify`, or `python path/to/verify`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

LONE_NAME = "plugwarden_verify"
"""The package's name when the directory itself is run."""


def _package() -> str:
    """Name the package this file belongs to, making one out of the directory when it was run as a program.

    Loading it by its place rather than by search path keeps whatever lies beside the directory from being imported.
    """
    if __package__:
        return __package__
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        LONE_NAME, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError("the verifier's directory is not complete")
    package = importlib.util.module_from_spec(spec)
    sys.modules[LONE_NAME] = package
    spec.loader.exec_module(package)
    return LONE_NAME


if __name__ == "__main__":
    try:
        main = importlib.import_module(f"{_package()}.cli").main
    except ImportError as missing:
        sys.stderr.write(f"UNUSABLE: the verifier cannot start: {missing}\n")
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
