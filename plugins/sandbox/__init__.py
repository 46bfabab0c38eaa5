"""Run a program on hostile input: bubblewrap, no network, no privileges, hard limits, a real unprivileged uid."""

from __future__ import annotations

from plugins.sandbox.limits import Limits
from plugins.sandbox.python import run_python, run_tool
from plugins.sandbox.runner import Bind, SandboxResult, SandboxUnavailable, availability, run

__all__ = ["Bind", "Limits", "SandboxResult", "SandboxUnavailable", "availability", "run", "run_python", "run_tool"]
