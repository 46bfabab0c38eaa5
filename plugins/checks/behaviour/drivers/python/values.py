"""Plausible values for what a user would have typed in. The hosts in them are ours, and known as such by the check."""

import re

DOMAIN = "plugwarden-canary.example"
HOST = f"configured.{DOMAIN}"
URL = f"https://{HOST}"
RULES = (
    (r"port$", 443),
    (r"url|uri|endpoint|address|webhook|site", URL),
    (r"host|server|domain|broker|ip$", HOST),
    (r"mail|from|recipient", f"someone@{DOMAIN}"),
    (r"dir|folder", "/tmp/configured"),
    (r"path|file", "/tmp/configured/configured"),
    (r"limit|count|timeout|interval|size", 1),
)


def by_name(name):
    """A value for a field of that name."""
    return next((value for pattern, value in RULES if re.search(pattern, str(name).lower())), "configured")


class Anything(dict):
    """A configuration that has every key."""

    def __missing__(self, key):
        return by_name(key)

    def get(self, key, default=None):
        return default if default is not None else self[key]

    def __contains__(self, _key):
        return True

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return by_name(name)
