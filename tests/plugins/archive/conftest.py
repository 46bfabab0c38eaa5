import gzip
import io
import tarfile
import zipfile
import zlib

import pytest

from plugins.archive import ArchiveRefused, unpack


class Build:
    """Builds small archives in memory, honest ones and others."""

    @staticmethod
    def zip(files, *, method=zipfile.ZIP_DEFLATED, comment=b""):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, content in files.items() if isinstance(files, dict) else files:
                archive.writestr(name, content)
            archive.comment = comment
        return buffer.getvalue()

    @staticmethod
    def member(name, content=b"", *, mode=0o644, external=None, flags=None):
        info = zipfile.ZipInfo(name)
        info.external_attr = external if external is not None else mode << 16
        info.create_system = 3
        return info, content

    @staticmethod
    def tar(files, *, end=True, form=tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for item in files.items() if isinstance(files, dict) else files:
                info, content = Build.tar_member(*item) if isinstance(item[0], str) else item
                content = content.encode() if isinstance(content, str) else content
                info.size = len(content) if info.isreg() else info.size
                archive.addfile(info, io.BytesIO(content))
        raw = buffer.getvalue()
        return raw if end else raw.rstrip(b"\x00")

    @staticmethod
    def tar_member(name, content=b"", *, kind=tarfile.REGTYPE, mode=0o644, target="", pax=None):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.linkname, info.pax_headers = kind, mode, target, pax or {}
        return info, content

    @staticmethod
    def tgz(files, **more):
        return gzip.compress(Build.tar(files, **more))

    @staticmethod
    def header(name, content=b"", *, size=None, kind=b"0", prefix=b"", magic=b"ustar\x0000"):
        """A raw tar header with its padded content, for what tarfile would not write."""
        length = len(content) if size is None else size
        block = bytearray(512)
        block[0 : len(name)] = name
        block[100:108], block[108:116], block[116:124] = b"0000644\x00", b"0000000\x00", b"0000000\x00"
        block[124:136] = length if isinstance(length, bytes) else b"%011o\x00" % length
        block[136:148], block[148:156] = b"00000000000\x00", b" " * 8
        block[156:157], block[257:265] = kind, magic
        block[345 : 345 + len(prefix)] = prefix
        block[148:156] = b"%06o\x00 " % sum(block)
        return bytes(block) + content + bytes(-len(content) % 512)

    END = bytes(1024)

    @staticmethod
    def patch_zip(raw, *, where, offset, value, nth=0):
        """Overwrite bytes at `offset` of the nth `local`, `central` or `end` record."""
        magic = {"local": b"PK\x03\x04", "central": b"PK\x01\x02", "end": b"PK\x05\x06"}[where]
        at = -1
        for _ in range(nth + 1):
            at = raw.index(magic, at + 1)
        return raw[: at + offset] + value + raw[at + offset + len(value) :]

    @staticmethod
    def deflate(content):
        engine = zlib.compressobj(9, zlib.DEFLATED, -15)
        return engine.compress(content) + engine.flush()


@pytest.fixture
def build():
    return Build


@pytest.fixture
def open_archive(tmp_path):
    """Unpack bytes and give what came of it; `.refused` gives the code, and sees that nothing was left behind."""

    class Open:
        root = tmp_path / "tree"

        def __call__(self, raw, **limits):
            from plugins.archive import ArchiveLimits  # noqa: PLC0415

            artifact = tmp_path / "artifact"
            artifact.write_bytes(raw)
            return unpack(artifact, self.root, ArchiveLimits(**limits))

        def refused(self, raw, **limits):
            with pytest.raises(ArchiveRefused) as caught:
                self(raw, **limits)
            assert not self.root.exists() or list(self.root.iterdir()) == []
            message = str(caught.value)
            assert message.endswith(".")
            assert message.isascii()
            assert message.isprintable()
            return caught.value.code

    return Open()
