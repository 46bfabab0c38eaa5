"""Admission: may this very artifact run? Asked by the platform for each artifact, answered from one query."""
