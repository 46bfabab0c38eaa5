"""OSV records and dumps of them, as `manage.py advisories import` takes them."""

import json
import zipfile


def advisory(name="GHSA-aaaa-bbbb-cccc", package="left", ecosystem="npm", modified="2024-05-01T10:00:00Z", **more):
    """A record that affects every version of a package."""
    versions = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    affected = [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": versions}]
    return {"id": name, "modified": modified, "affected": affected, **more}


def written(path, *documents):
    """Write documents (or raw text) as an OSV dump; gives its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, document in enumerate(documents):
            archive.writestr(f"{number}.json", document if isinstance(document, str) else json.dumps(document))
    return path
