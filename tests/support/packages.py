"""Small packages as they are handed in, and the uploads that carry them."""

import gzip
import io
import json
import tarfile

from django.core.files.uploadedfile import SimpleUploadedFile

CODE = b"module.exports = { add: (one, other) => one + other };\n"


def npm_package(name="acme-tools", version="1.0.0", files=None, **manifest):
    """The bytes of an npm package: as harmless as they come, unless `files` says otherwise."""
    document = {"name": name, "version": version, "license": "MIT", "main": "index.js", **manifest}
    members = {"package.json": json.dumps(document).encode(), "index.js": CODE, **(files or {})}
    return _tgz({f"package/{path}": content for path, content in members.items()})


def python_source(name="acme", version="1.0", code=b"x = 1\n", files=None):
    """The bytes of a Python source distribution."""
    core = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    members = {"PKG-INFO": core, "acme.py": code, **(files or {})}
    return _tgz({f"{name}-{version}/{path}": content for path, content in members.items()})


def _tgz(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def upload(content=None, filename="acme-tools-1.0.0.tgz"):
    """What `submit` takes: an uploaded file and its name."""
    data = npm_package() if content is None else content
    return {"upload": SimpleUploadedFile(filename, data), "filename": filename}


def upload_of(built):
    """The same for a built sample."""
    return upload(built.path.read_bytes(), built.filename)
