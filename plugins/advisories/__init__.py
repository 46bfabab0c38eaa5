"""What is known of vulnerable and malicious packages: OSV records, read, compared and matched. No Django in here.

`osv` reads and validates one record, `dump` a zip of many; `versions` and `requirements` know how npm and PyPI order
versions and write requirements; `ranges` says whether a version is affected; `matching` brings dependencies and records
together; `severity` puts a number of words and scores on one scale; `endpoint` answers OSV's query API over a set of
records; `starter` holds the demo's feed. Format: https://ossf.github.io/osv-schema/ (1.7.5).
"""
