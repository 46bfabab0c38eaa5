"""What a user of yara-x would write: compile a folder of rules, scan a tree, print what matched."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yara_x


def main(rules: Path, tree: Path) -> None:
    compiler = yara_x.Compiler()
    compiler.add_include_dir(str(rules))
    for file in sorted(rules.glob("*.yar")):
        compiler.new_namespace(file.stem)
        compiler.add_source(file.read_text(encoding="utf-8"), origin=file.name)
    scanner = yara_x.Scanner(compiler.build())
    found = {
        str(file): [rule.identifier for rule in scanner.scan(file.read_bytes()).matching_rules]
        for file in sorted(tree.rglob("*"))
        if file.is_file()
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
