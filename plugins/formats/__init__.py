"""Recognise what kind of plugin an unpacked archive is, and read its manifests without executing anything."""

from __future__ import annotations

from plugins.documents import PackageRefused
from plugins.formats.registry import FORMATS, by_name, read_package

__all__ = ["FORMATS", "PackageRefused", "by_name", "read_package"]
