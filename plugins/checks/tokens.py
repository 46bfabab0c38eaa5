"""The unmistakable forms of credentials, for places that are stored before any engine has looked: form in, mask out.

The secrets check knows some five hundred forms; here are those whose beginning alone says what they are.
"""

from __future__ import annotations

import re

MASK = "[credential]"
_PREFIX = re.compile(
    r"gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|xox[abeprs]-|sk_live_|rk_live_|npm_|pypi-|AIza|SG\.|sk-|eyJ"
    r"|-----BEGIN|dckr_|hf_|shpat_|dop_v1_|ya29\.|://[^/\s]*@"
)
_TOKEN = re.compile(
    r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{60,}|\bglpat-[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"
    r"|\bxox[abeprs]-[\w-]{10,}|\b[sr]k_live_\w{20,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-[\w-]{50,}|\bAIza[\w-]{35}"
    r"|\bSG\.[\w-]{20,24}\.[\w-]{39,50}|\bsk-(?:proj-|ant-)?[\w-]{32,}|\bdckr_pat_[\w-]{24,}|\bhf_[A-Za-z]{30,}"
    r"|\bshpat_[0-9a-f]{32}|\bdop_v1_[0-9a-f]{64}|\bya29\.[\w-]{30,}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"
    r"|-----BEGIN[A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^-]{20,}(?:-----END[A-Z ]*-----)?"
)
_USERINFO = re.compile(r"(://)[^/\s:@]{1,200}:[^/\s@]{1,500}(@)")


def masked(text: str) -> str:
    """A text without the credentials in it, and without the passwords of addresses."""
    if not _PREFIX.search(text):
        return text
    return _USERINFO.sub(rf"\1{MASK}\2", _TOKEN.sub(MASK, text))
