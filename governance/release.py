"""Which release of Plugwarden this is."""

VERSION = "0.1.0"
