"""Signing: keys, trust root, statement, envelope, bundle. No Django; formats as in `certification.verify`."""
