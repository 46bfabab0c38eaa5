"""Lock files: which exact versions somebody built with. A module each reads them into `Locked`; `kinds` lists them.

Lock files are written by strangers as well: JSON and TOML are read strictly, YAML without aliases, tags and doubtful
types. What cannot be read is a Problem of its own: a lock that is passed over would look like one without faults.
"""
