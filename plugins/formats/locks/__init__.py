"""Lock files: which exact versions somebody built with. `npm`, `yarn`, `pnpm` and `python` read them into `Locked`.

Lock files are written by strangers as well: JSON and TOML are read strictly, YAML without aliases, tags and doubtful
types. What cannot be read is a Problem of its own: a lock that is passed over would look like one without faults.
"""
