"""Reports: data -> frozen document -> snapshot (JSON with its digest) -> HTML -> PDF/A.

Only `execute` and what it imports need WeasyPrint and matplotlib, and only the worker imports `execute`.
"""
