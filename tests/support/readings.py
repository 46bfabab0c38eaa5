"""What must hold of every archive, whoever made it: our reader against the rules, and against other readers.

`examine` is the first, `agrees` the second. Both raise AssertionError and say what was read differently.
"""

import contextlib
import dataclasses
import functools
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
import time
import types
import typing
import warnings
import zipfile
from pathlib import Path

from governance import vocabulary
from plugins.archive import ArchiveLimits, ArchiveRefused, Unpacked, store, unpack
from plugins.archive.languages import language_of
from plugins.formats import PackageRefused, read_package
from plugins.package import SourceFile

CODES = frozenset(
    {
        "ambiguous-root",
        "bad-name",
        "bomb",
        "damaged",
        "device",
        "duplicate-entry",
        "empty",
        "encrypted",
        "file-too-large",
    }
    | {"header-mismatch", "hidden-data", "leading-data", "link", "not-an-archive", "overlap", "polyglot", "sparse"}
    | {"too-large", "too-many-entries", "trailing-data", "traversal", "truncated", "unsupported"}
)
LIMITS = ArchiveLimits(max_total_bytes=200_000, max_file_bytes=50_000, max_entries=60, max_ratio=50, free_bytes=20_000)
NPM_TAR = 7


class Difference(AssertionError):
    """Two readers, two archives."""


def examine(raw, folder, limits=LIMITS):
    """Unpack the bytes in `folder`, see that every rule holds, and give {path: digest}, or None for a refusal."""
    artifact, tree = folder / "artifact", folder / "out" / "tree"
    artifact.write_bytes(raw)
    written = Counted()
    refused = None
    try:
        with written:
            unpacked = unpack(artifact, tree, limits)
    except ArchiveRefused as refusal:
        refused = refusal
    if refused:
        sentence(str(refused))
        assert refused.code in CODES, refused.code
        assert inside(tree) == [], "something is left behind"
        result = None
    else:
        everything = {file.path: file.sha256 for file in unpacked.files}
        assert everything == on_disk(tree), "the tree is not what is said of it"
        result = {file.path: file.sha256 for file in unpacked.files if not file.container}
        assert all(file.size == (tree / file.path).stat().st_size for file in unpacked.files)
        assert unpacked.sha256 == hashlib.sha256(raw).hexdigest()
        for note in unpacked.notes:
            sentence(note.message)
    assert written.largest <= limits.max_file_bytes
    assert written.total <= limits.max_total_bytes
    assert inside(folder) in (["artifact", "out"], ["artifact"]), "something lies outside"
    assert inside(folder / "out") in (["tree"], [])
    return result


def inside(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def sentence(text):
    """One sentence for people, safe on any terminal."""
    assert text.isascii(), text
    assert text.isprintable(), text
    assert text.endswith(".")
    assert len(text) < 400, text


class Counted(contextlib.AbstractContextManager):
    """Counts what reaches the disk, file by file."""

    def __init__(self):
        self.total = self.largest = 0
        self._files = {}

    def __enter__(self):
        self._real = store._write_all
        store._write_all = self._write
        return self

    def __exit__(self, *exception):
        store._write_all = self._real

    def _write(self, descriptor, chunk):
        self._real(descriptor, chunk)
        self.total += len(chunk)
        self.largest = max(self.largest, os.fstat(descriptor).st_size)


def on_disk(tree):
    """{path: digest} of a folder; anything but plain files and folders is an error."""
    found = {}
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            assert stat.S_ISREG(path.lstat().st_mode), f"{path} is no plain file"
            found[path.relative_to(tree).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def agrees(raw, ours, reader):
    """See that another reader finds the same files; `reader` takes the bytes and gives (name, digest) pairs."""
    try:
        pairs = [(plain(name), digest) for name, digest in reader(raw)]
    except Refused as refusal:
        raise Difference(f"taken here, refused by {reader.__name__}: {refusal}") from refusal
    theirs = dict(pairs)
    below = {name if name.startswith("__MACOSX/") else name.partition("/")[2]: digest for name, digest in pairs}
    if len(theirs) != len(pairs) or ours not in (theirs, below):
        only = set(theirs.items()) ^ set(ours.items())
        raise Difference(f"{reader.__name__} reads {len(pairs)} files and we {len(ours)}; not the same: {sorted(only)}")


def npm_unpacks(raw):
    """Whether npm's reader takes the compression at all."""
    return not raw.startswith((b"BZh", b"\xfd7zXZ"))


def plain(name):
    return "/".join(part for part in name.split("/") if part not in {"", "."})


class Refused(Exception):
    """The other reader does not take the archive."""


def python(raw):
    """Python's own readers, as pip uses them."""
    if raw.startswith(b"PK"):
        yield from _zipfile(raw)
        return
    try:
        with warnings.catch_warnings(action="ignore"), tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive:
                if member.isreg():
                    yield member.name, hashlib.sha256(archive.extractfile(member).read()).hexdigest()
                elif not member.isdir():
                    raise Refused(f"{member.name} is no plain file")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(repr(error)) from error


def _zipfile(raw):
    try:
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if not entry.flag_bits & 0x800:  # such names are noted, see `name-encoding`
                    name = name.encode("cp437").decode("utf-8")
                digest = hashlib.sha256(archive.read(entry)).hexdigest()
                if not entry.is_dir():
                    yield name, digest
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise Refused(repr(error)) from error


def gnu_tar(raw):
    """GNU tar, unpacking."""
    yield from _unpacking(raw, "tar", "-x", "-f", "{file}", "-C", "{tree}", "--no-same-owner", "--warning=none")


def unzip(raw):
    """Info-ZIP, unpacking."""
    yield from _unpacking(raw, "unzip", "-qq", "-o", "{file}", "-d", "{tree}")


def bsdtar(raw):
    """libarchive, unpacking."""
    yield from _unpacking(raw, "bsdtar", "-x", "-f", "{file}", "-C", "{tree}")


def _unpacking(raw, *command):
    with tempfile.TemporaryDirectory() as folder:
        file, tree = Path(folder, "file"), Path(folder, "tree")
        file.write_bytes(raw)
        tree.mkdir()
        words = [word.format(file=file, tree=tree) for word in command]
        done = subprocess.run(words, capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise Refused(done.stderr.decode("utf-8", "replace")[:300])
        yield from on_disk(tree).items()


_NODE = """
const tar = require(process.argv[1]), crypto = require("node:crypto"), lines = require("node:readline")
const said = lines.createInterface({ input: process.stdin })
said.on("line", async (file) => {
  const found = []
  const onReadEntry = (entry) => {
    if (entry.type === "Directory" || entry.type === "GNUDumpDir") return entry.resume()
    const digest = crypto.createHash("sha256")
    const kind = ["File", "OldFile", "ContiguousFile"].includes(entry.type) ? "" : entry.type
    entry.on("data", (piece) => digest.update(piece))
    entry.on("end", () => found.push([kind + entry.path, digest.digest("hex")]))
  }
  try {
    await tar.list({ file, onReadEntry })
    console.log(JSON.stringify(found))
  } catch (error) { console.log(JSON.stringify(String(error))) }
})
"""


class NodeTar:
    """The tar reader npm brings along, kept running: one line in, one line out."""

    __name__ = "npm's tar"

    def __init__(self, module):
        self._process = subprocess.Popen(
            ["node", "-e", _NODE, str(module)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, raw):
        with tempfile.NamedTemporaryFile() as file:
            file.write(raw)
            file.flush()
            self._process.stdin.write(file.name + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, str):
            raise Refused(answer)
        return answer

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def npm_tar():
    """Where npm keeps its tar reader, or None; older ones than 7 are not what registries and CI install with."""
    npm = shutil.which("npm")
    module = Path(npm).resolve().parents[1] / "node_modules" / "tar" if npm else None
    if module is None or not (module / "package.json").is_file() or not shutil.which("node"):
        return None
    version = json.loads((module / "package.json").read_text())["version"]
    return module if int(version.partition(".")[0]) >= NPM_TAR else None


# --- packages -----------------------------------------------------------------------------------------------------


def examine_package(files, filename, folder):
    """Read a tree as a package, see that every rule holds, and give the Package, or None for a refusal."""
    described = []
    for path, raw in sorted(files.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
        digest = hashlib.sha256(raw).hexdigest()
        described.append(SourceFile(path, len(raw), digest, language_of(path, raw[:512])))
    unpacked = Unpacked("zip", len(files), "0" * 64, 1, tuple(described))
    package = refused = None
    started = time.process_time()
    try:
        package = read_package(folder, unpacked, filename=filename)
    except PackageRefused as refusal:
        refused = refusal
    assert time.process_time() - started < 5, "that took long"
    if package:
        _typed(package)
        _fits(package)
    else:
        assert refused.code != "unreadable", f"a reader slipped: {refused.__cause__!r}"
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", refused.code)
        sentence(str(refused))
    return package


def _typed(value):
    """Every field of a dataclass, at any depth, has the type that is declared for it."""
    hints = _hints(type(value))
    for field in dataclasses.fields(value):
        _of_type(getattr(value, field.name), hints[field.name], f"{type(value).__name__}.{field.name}")


@functools.cache
def _hints(kind):
    return typing.get_type_hints(kind, localns=vars(vocabulary))


def _of_type(value, hint, where):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is not None or type(None) not in inner:
            _of_type(value, next(one for one in inner if one is not type(None)), where)
    elif origin in (tuple, frozenset):
        assert type(value) is origin, where
        for item in value:
            _of_type(item, inner[0], where)
    elif origin is dict:
        assert type(value) is dict, where
    else:
        assert type(value) is hint, f"{where} is {value!r}"
        if dataclasses.is_dataclass(value):
            _typed(value)
        elif isinstance(value, str):
            assert "\x00" not in value, where
            value.encode()


def _fits(package):
    """What is stored without being cut fits its column; what names something is never cut there."""
    stated = package.metadata
    assert 0 < len(stated.name) <= 214
    assert 0 < len(stated.version) <= 120
    assert len(package.format) <= 40
    assert 0 < len(package.purl) <= 400
    for text, most in (
        (stated.license, 4000),
        (stated.description, 4000),
        (stated.author, 4000),
        (stated.contact, 4000),
    ):
        assert len(text) <= most
    for part in package.dependencies:
        assert 0 < len(part.name) <= 214, part
        assert len(part.pinned or "") <= 120, part
        assert len(part.scope) <= 20
        assert len(part.purl) <= 400, part
        assert part.line >= 0
    for host in package.derived.egress:
        assert 0 <= host.port <= 65535, host
        assert 0 < len(host.host) <= 253, host
    for problem in package.problems:
        assert len(problem.rule) <= 120
        assert len(problem.path) <= 1024
        assert 0 <= problem.line < 2**31
        assert problem.message.isprintable(), problem
        assert len(problem.message) <= 400, problem
