"""Licences as people write them: read as SPDX expressions, and judged by a policy's lists.

AND asks for all its parts, so the worst counts; OR leaves the choice, so the best does; WITH adds permissions to a
licence, so it counts as that licence unless a list names the pair. Parsed by license-expression, whose index knows the
SPDX list and the retired ids; the commonest spellings that are no ids are read as what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.policies.licences import LicenceRules

TEXT_LIMIT = 500
DEPTH_LIMIT = 50
ORDER = ("allow", "review", "unknown", "deny")
"""From best to worst. An unknown part may turn out to be anything but cannot be worse than a refused one."""

SPELLINGS = {
    "MIT": "the mit license, mit license, mit licence, expat, expat license, mit/x11, x11/mit",
    "Apache-2.0": (
        "apache, apache 2, apache2, apache-2, apache 2.0, apache2.0, apache v2, apachev2, apache license, "
        "apache license 2.0, apache license version 2.0, apache software license, "
        "apache software license 2.0, asl 2.0, apache-2.0 license"
    ),
    "BSD-3-Clause": (
        "bsd, bsd license, bsd licence, new bsd, new bsd license, modified bsd license, bsd 3-clause, bsd-3, "
        "bsd 3-clause license, 3-clause bsd, 3-clause bsd license, bsd-3-clause license, revised bsd"
    ),
    "BSD-2-Clause": "simplified bsd, simplified bsd license, bsd 2-clause, 2-clause bsd, 2-clause bsd license, freebsd",
    "ISC": "isc license, isc licence, isc license (iscl), iscl",
    "MPL-2.0": "mpl, mpl 2.0, mpl2, mozilla public license 2.0 (mpl 2.0), mozilla public license 2.0",
    "GPL-2.0-only": "gplv2, gpl v2, gpl 2, gpl2, gnu general public license v2 (gplv2)",
    "GPL-2.0-or-later": (
        "gplv2+, gpl v2+, gpl2+, gpl v2 or later, gplv2 or later, gpl, gnu gpl, "
        "gnu general public license (gpl), gnu general public license v2 or later (gplv2+)"
    ),
    "GPL-3.0-only": "gplv3, gpl v3, gpl 3, gpl3, gnu gplv3, gnu general public license v3 (gplv3)",
    "GPL-3.0-or-later": "gplv3+, gpl v3+, gpl3+, gnu general public license v3 or later (gplv3+)",
    "AGPL-3.0-only": "agpl, agplv3, agpl v3, agpl-3, gnu affero general public license v3",
    "AGPL-3.0-or-later": "agplv3+, gnu affero general public license v3 or later (agplv3+)",
    "LGPL-3.0-only": "lgplv3, lgpl v3, lgpl-3, gnu lesser general public license v3 (lgplv3)",
    "LGPL-3.0-or-later": "lgplv3+, gnu lesser general public license v3 or later (lgplv3+)",
    "LGPL-2.1-only": "lgplv2.1, lgpl-2, gnu lesser general public license v2 (lgplv2)",
    "LGPL-2.1-or-later": (
        "lgpl, lgplv2+, lgplv2.1+, gnu library or lesser general public license (lgpl), "
        "gnu lesser general public license v2 or later (lgplv2+)"
    ),
    "PSF-2.0": "psf, psf license, psfl, python software foundation license, python software foundation",
    "Unlicense": "the unlicense, the unlicense (unlicense)",
    "ZPL-2.1": "zpl 2.1, zope public license",
    "LicenseRef-Public-Domain": "public domain",
    "LicenseRef-Proprietary": "unlicensed, proprietary, other/proprietary license, commercial",
}
"""What is written often enough and means one thing; "GPL" alone is version 2 or any later, as its text says."""
_MEANT = {spelling.strip(): key for key, spellings in SPELLINGS.items() for spelling in spellings.split(", ")}
_MEANT |= {"apache license, version 2.0": "Apache-2.0"}
_REFERENCE = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.ASCII)
_SLASHED = re.compile(r"[A-Za-z0-9.+-]+(?:/[A-Za-z0-9.+-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """A licence, read and judged."""

    opinion: str
    """`allow`, `review`, `unknown` or `deny`."""
    expression: str
    """The SPDX expression it was read as; empty where it could not be."""
    decisive: tuple[str, ...] = ()
    """The ids that made it so."""


@lru_cache(maxsize=4096)
def judged(text: str, rules: LicenceRules) -> Terms:
    """Read a licence as it is stated and judge it; what cannot be read is unknown. Never raises."""
    node = _parsed(_as_expression(text))
    if node is None:
        return Terms("unknown", "")
    opinion, decisive = _judge(node, rules, 0)
    return Terms(opinion, node.render(), tuple(dict.fromkeys(decisive)))


def _as_expression(text: str) -> str:
    folded = " ".join(text.split())
    while folded.startswith("(") and folded.endswith(")") and folded[1:-1].strip().casefold() in _MEANT:
        folded = folded[1:-1].strip()
    meant = _MEANT.get(folded.casefold().rstrip("."))
    if meant:
        return meant
    if _SLASHED.fullmatch(folded):  # `MIT/Apache-2.0`, as Rust's registry had it: a choice
        return " OR ".join(_MEANT.get(part.casefold(), part) for part in folded.split("/"))
    return folded


def _parsed(text: str) -> Any:
    """The expression's tree, or None. The parser raises more kinds of errors than it says."""
    from license_expression import get_spdx_licensing  # noqa: PLC0415 - start-up time: reads its index

    if not text or len(text) > TEXT_LIMIT or text.count("(") > DEPTH_LIMIT:
        return None
    try:
        return get_spdx_licensing().parse(text, validate=False, strict=False)
    except Exception:  # noqa: BLE001 - a stranger's text, and what it makes of it is its own affair
        return None


def _judge(node: Any, rules: LicenceRules, depth: int) -> tuple[str, list[str]]:
    """The opinion of a part, and the ids it rests on."""
    if depth > DEPTH_LIMIT:
        return "unknown", []
    operator = getattr(node, "operator", "").strip().upper()
    if operator in {"AND", "OR"}:
        parts = [_judge(part, rules, depth + 1) for part in node.args]
        choose = max if operator == "AND" else min
        opinion = choose((part[0] for part in parts), key=ORDER.index)
        return opinion, [name for part in parts if part[0] == opinion for name in part[1]]
    if hasattr(node, "license_symbol"):
        licence, exception = node.license_symbol.key, node.exception_symbol.key
        pair = f"{licence} WITH {exception}"
        known = _known(node.license_symbol) and _known(node.exception_symbol, exception=True)
        return (rules.of(pair, licence) if known else "unknown"), [pair]
    return (rules.of(node.key) if _known(node) else "unknown"), [node.key]


def _known(symbol: Any, *, exception: bool = False) -> bool:
    from license_expression import get_spdx_licensing  # noqa: PLC0415 - start-up time

    found = get_spdx_licensing().known_symbols.get(symbol.key)
    if found is None:
        return not exception and bool(_REFERENCE.fullmatch(symbol.key))
    return bool(found.is_exception) == exception
