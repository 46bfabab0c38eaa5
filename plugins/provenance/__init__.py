"""Where an artifact comes from: attestations of it, read and verified, and its files against its source.

Pure: no Django, no network, nothing executed. Whatever cannot be verified counts as absent and says why.
`documents` → `statements` → `signers` (`logs`, `chains`, `keys`) → `judge`; `sources` stands beside them, `evidence` is
what is handed in. Import the modules by name: those that verify load `cryptography`, and most commands never verify.
"""
