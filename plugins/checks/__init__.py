"""One module a check, one protocol, one registry; no Django anywhere below this folder."""
