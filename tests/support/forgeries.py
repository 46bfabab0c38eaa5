"""Hypothesis strategies for archives put together byte by byte, honest or not, and for accidents to honest ones.

Most parts are honest on purpose: an archive with one lie in it gets further than one of nothing but lies.
"""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

from hypothesis import strategies as st

from samples.build import SAMPLES, pack_npm

NAMES = st.sampled_from(
    [b"package/package.json", b"package/index.js", b"package/lib/a.js", b"other/a.js", b"a", b"a/b", b"b.py", b"p/c"]
)
ODD_NAMES = st.one_of(
    st.sampled_from(
        [
            b"a/",
            b"a/b/",
            b"",
            b"/",
            b"./a",
            b".",
            b"./",
            b"../x",
            b"a/../b",
            b"/etc/x",
            b"A",
            b"a//b",
            b"a/./b",
            b"C:x",
            "é.js".encode(),
            "é.js".encode(),
            b"\xff\xfe",
            b"a\\b",
            b"a\x00b",
            b"x" * 100,
            b"d/" * 45 + b"x",
            b"package",
            b"package.json",
            b"__MACOSX/a",
            b"-rf",
            b"con",
            b"a ",
            b"a.",
            b" a",
            b"a\n",
            b"package/a/",
        ]
    ),
    st.binary(max_size=12),
)
CONTENT = st.one_of(
    st.sampled_from([b"", b"1", b"{}", b"x" * 511, b"y" * 512, b"z" * 513, bytes(1024), b"PK\x05\x06" + bytes(18)]),
    st.binary(max_size=40),
)
FLAWED = st.integers(0, 5).map(lambda number: number == 0)
"""One time in six."""
SMALL_NUMBERS = st.sampled_from([0, 1, 2, 8, 20, 45, 63, 64, 0xFFFF, 0x7FFF])


@st.composite
def rarely(draw, honest, odd):
    """What `honest` gives, or now and then what `odd` does."""
    return draw(odd if draw(FLAWED) else honest)


NAME = rarely(NAMES, ODD_NAMES)


# --- tar ---------------------------------------------------------------------------------------------------------


def octal(number, width):
    return b"%0*o\x00" % (width - 1, number)


@st.composite
def odd_number(draw, number, width):
    """A number field written in some other way, or one that is none."""
    digits = b"%o" % number
    filled = [digits.rjust(width), digits.ljust(width, b"\x00"), b" " + digits.ljust(width - 1, b" "), bytes(width)]
    filled += [b"\x80" + number.to_bytes(width - 1, "big"), b"\xff" * width, b"-1".ljust(width, b"\x00")]
    filled += [b"+%o" % number, b"0x1", b"1_0", b"9", b"\t1", b"1 2", b"\x001", b"1\x002", b"\xff\x00", b"0o7"]
    filled += [b"\x81" + bytes(width - 1), b"\xc0" + bytes(width - 1), draw(st.binary(max_size=width))]
    return draw(st.sampled_from(filled))[:width].ljust(width, b"\x00")


TAR_KINDS = rarely(st.sampled_from([b"0", b"0", b"0", b"5", b"\x00"]), st.sampled_from([*b"12346 7SLKxgVNMDAX"]))
MAGICS = rarely(
    st.sampled_from([b"ustar\x0000", b"ustar  \x00", bytes(8)]),
    st.sampled_from([b"ustar\x00\x00\x00", b"ustar\x0001", b"ustar 00", b"USTAR\x0000", b"ustar\x00  "]),
)
TAR_FIELDS = {"mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12)}
TAR_FIELDS |= {"major": (329, 8), "minor": (337, 8)}


def tar_block(name, *, kind=b"0", magic=b"ustar\x0000", numbers, prefix=b"", behind=(), checksum=None):
    """One header block; `behind` are bytes written over it last, `checksum` another than the right one."""
    block = bytearray(512)
    block[0 : len(name[:100])] = name[:100]
    for field, (at, width) in TAR_FIELDS.items():
        block[at : at + width] = numbers[field][:width].ljust(width, b"\x00")
    block[148:156], block[156:157], block[257:265] = b" " * 8, kind, magic
    block[345 : 345 + len(prefix[:155])] = prefix[:155]
    for at, value in behind:
        block[at : at + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block) if checksum is None else checksum
    return bytes(block[:512])


@st.composite
def tar_member(draw, name=NAME, kind=TAR_KINDS, content=CONTENT):
    """A header and its content. Most have no flaw; the others have one or two."""
    flags, data = draw(kind), draw(content)
    flags = bytes([flags]) if isinstance(flags, int) else flags
    if flags == b"5":
        data = draw(rarely(st.just(b""), st.just(data)))
    magic = draw(MAGICS)
    numbers = {"mode": 0o644, "uid": 0, "gid": 0, "size": len(data), "mtime": 0, "major": 0, "minor": 0}
    fields = {field: octal(number, TAR_FIELDS[field][1]) for field, number in numbers.items()}
    if magic == bytes(8):
        fields["major"] = fields["minor"] = b""
    behind, prefix, checksum = [], b"", None
    if draw(FLAWED):
        field = draw(st.sampled_from(sorted(fields)))
        lie = draw(rarely(st.just(numbers[field]), st.sampled_from([0, 1, 512, 513, 4096, 10**6])))
        fields[field] = draw(odd_number(lie, TAR_FIELDS[field][1]))
    if draw(FLAWED):
        prefix = draw(st.sampled_from([b"package", b"p/q", b"a/", b"/", b"x" * 140, b"x" * 155, b".."]))
    if draw(FLAWED):
        behind = [(draw(st.integers(0, 511)), draw(st.binary(min_size=1, max_size=3)))]
    if draw(FLAWED) and draw(FLAWED):
        checksum = draw(odd_number(0, 8))
    block = tar_block(
        draw(name), kind=flags, magic=magic, numbers=fields, prefix=prefix, behind=behind, checksum=checksum
    )
    padding = draw(rarely(st.just(bytes(-len(data) % 512)), st.sampled_from([b"", b"\x01" * (-len(data) % 512)])))
    return block + data + padding


def pax_record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + 1
    while len(b"%d" % length) + len(body) != length:
        length = len(b"%d" % length) + len(body)
    return b"%d" % length + body


PAX_KEYS = rarely(
    st.sampled_from([b"path", b"mtime", b"comment", b"size", b"uname"]),
    st.sampled_from(
        [b"linkpath", b"hdrcharset", b"GNU.sparse.name", b"SCHILY.xattr.a", b"charset", b"PATH", b"path ", b"", b"type"]
    ),
)
PAX_VALUES = st.one_of(
    NAME, st.sampled_from([b"0", b"1", b"1.5", b"", b"x\n9 path=q", b"BINARY", b"-1", b"a=b"]), st.binary(max_size=8)
)


@st.composite
def tar_extension(draw):
    """An extended header of one of the kinds that say something of what follows."""
    kind = draw(st.sampled_from([b"x", b"x", b"g", b"L", b"K"]))
    if kind in b"LK":
        end = draw(rarely(st.just(b"\x00"), st.sampled_from([b"", b"\x00\x00", b"/\x00", b"\n\x00"])))
        content = draw(NAME) + end
    else:
        records = draw(st.lists(st.tuples(PAX_KEYS, PAX_VALUES), min_size=1, max_size=3))
        content = b"".join(pax_record(*record) for record in records)
        content += draw(rarely(st.just(b""), st.sampled_from([b"\x00", b"9 path=q", b"\n", b"08 a=b1\n", b" "])))
    return draw(tar_member(name=st.just(b"ext"), kind=st.just(kind), content=st.just(content)))


@st.composite
def tars(draw):
    """A tar, packed or not."""
    parts = draw(st.lists(rarely(tar_member(), tar_extension()), min_size=1, max_size=5))
    end = draw(rarely(st.just(bytes(1024)), st.sampled_from([b"", bytes(512), bytes(5000), bytes(511), bytes(2)])))
    rest = draw(rarely(st.just(b""), st.one_of(tar_member(), st.binary(max_size=30))))
    return draw(packed(b"".join(parts) + end + rest))


@st.composite
def packed(draw, raw):
    """The bytes as they are, or compressed, perhaps with something behind or in two streams."""
    pack = draw(
        st.sampled_from([bytes, bytes, lambda raw: gzip.compress(raw, 1, mtime=0), bz2.compress, lzma.compress])
    )
    if pack is bytes or not draw(FLAWED):
        return pack(raw)
    cut = draw(st.integers(0, len(raw)))
    return draw(
        st.sampled_from([pack(raw[:cut]) + pack(raw[cut:]), pack(raw) + bytes(4), pack(raw) + b"x", pack(raw)[:-3]])
    )


# --- zip ---------------------------------------------------------------------------------------------------------

LOCAL, CENTRAL, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
EXTRAS = rarely(
    st.just(b""),
    st.one_of(
        st.sampled_from(
            [
                struct.pack("<HHQQ", 1, 16, 1, 1),
                struct.pack("<HHBL", 0x7075, 6, 1, 0) + b"z",
                struct.pack("<HH", 0x5455, 0),
                struct.pack("<HHB", 0x756E, 1, 0),
                struct.pack("<HH", 1, 0),
                struct.pack("<HH", 0x9999, 3),
                b"\x01",
                struct.pack("<HHQ", 1, 8, 0),
            ]
        ),
        st.binary(max_size=12),
    ),
)
ATTRIBUTES = rarely(
    st.sampled_from([0, 0o100644 << 16]),
    st.sampled_from([0o040755 << 16, 0o120777 << 16, 0o020644 << 16, 0x10, 0o100644 << 16 | 0x10, 0o777 << 16]),
)


def deflated(data):
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    return engine.compress(data) + engine.flush()


@st.composite
def zip_entry(draw, offset):
    """One local record with its data, and its central record; give both and the entry's length."""
    name, data = draw(NAME), draw(CONTENT)
    method = draw(rarely(st.sampled_from([0, 8]), st.sampled_from([9, 12, 14, 93, 99])))
    body = deflated(data) if method == 8 else data
    flags = draw(rarely(st.sampled_from([0, 0x800]), st.sampled_from([8, 0x808, 1, 0x20, 0x40, 0x2000, 2, 6, 0xF000])))
    sums = (zlib.crc32(data), len(body), len(data))
    system, extra = draw(st.sampled_from([0x0314, 0x0014, 0x0A14])), draw(EXTRAS)
    own = {"version": 20, "flags": flags, "method": method, "name": name, "extra": extra, "sums": sums}
    if flags & 8 and draw(st.booleans()):
        own["sums"] = (0, 0, 0)
    listed = own | {"sums": sums, "offset": offset, "disk": 0, "extra": draw(st.sampled_from([extra, b""]))}
    for record in (own, listed):
        if draw(FLAWED):
            field = draw(st.sampled_from(sorted(record)))
            if field in {"name", "extra"}:
                record[field] = draw(NAME if field == "name" else EXTRAS)
            elif field == "sums":
                wrong = [(0, 0, 0), (sums[0], 0xFFFFFFFF, 0xFFFFFFFF), (sums[0], sums[1], sums[2] + 1), (1, *sums[1:])]
                record["sums"] = draw(st.sampled_from(wrong))
            else:
                record[field] = draw(SMALL_NUMBERS)
    descriptor = struct.pack("<3L", *sums) if flags & 8 else b""
    descriptor = draw(rarely(st.sampled_from([descriptor, b"PK\x07\x08" + descriptor if flags & 8 else b""]), CONTENT))
    time = draw(st.sampled_from([0, 0x21]))
    local = LOCAL.pack(
        b"PK\x03\x04",
        own["version"],
        own["flags"],
        own["method"],
        0,
        time,
        *own["sums"],
        len(own["name"]),
        len(own["extra"]),
    )
    comment = draw(rarely(st.just(b""), st.sampled_from([b"c", b"PK\x05\x06", b"PK\x05\x06" + bytes(18)])))
    central = CENTRAL.pack(
        b"PK\x01\x02",
        system,
        listed["version"],
        listed["flags"],
        listed["method"],
        0,
        time,
        *listed["sums"],
        len(listed["name"]),
        len(listed["extra"]),
        len(comment),
        listed["disk"],
        0,
        draw(ATTRIBUTES),
        listed["offset"],
    )
    whole = local + own["name"] + own["extra"] + body + descriptor
    return whole, central + listed["name"] + listed["extra"] + comment


@st.composite
def zips(draw):
    """A zip, perhaps with gaps, a second end record, wrong totals or something before and behind it."""
    before = draw(rarely(st.just(b""), rarely(st.just(b"MZ" + bytes(40)), tar_member())))
    raw, listed = before, []
    for _ in range(draw(st.integers(1, 4))):
        own, central = draw(zip_entry(len(raw)))
        raw += own + draw(rarely(st.just(b""), rarely(st.just(b""), CONTENT)))
        listed.append(central)
    listed = draw(rarely(st.just(listed), st.permutations(listed)))
    directory = b"".join(listed)
    totals = [0, 0, len(listed), len(listed), len(directory), len(raw)]
    end64 = b""
    if draw(FLAWED):
        at = len(raw) + len(directory)
        end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *totals[2:4], *totals[4:])
        end64 += struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
        totals = draw(st.sampled_from([totals, [0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF]]))
    if draw(FLAWED):
        totals[draw(st.integers(0, 5))] = draw(SMALL_NUMBERS)
    comment = draw(rarely(st.just(b""), st.sampled_from([b"hello", b"PK\x05\x06", b"PK\x05\x06" + bytes(18)])))
    behind = draw(rarely(st.just(b""), st.one_of(st.binary(max_size=25), st.just(b"PK\x05\x06" + bytes(18)))))
    return raw + directory + end64 + END.pack(b"PK\x05\x06", *totals, len(comment)) + comment + behind


# --- what happens to honest archives and texts --------------------------------------------------------------------


def sample_archives():
    """Each sample's archive by its file name, tars unpacked from their compression too, where a flip hits the tar."""
    from samples.build import HERE  # noqa: PLC0415 - the folder of the trees

    built = {}
    for sample in SAMPLES:
        name, raw = sample.pack(HERE / sample.name)
        built[name] = raw
        if sample.pack is pack_npm:
            built[name.removesuffix(".tgz") + ".tar"] = gzip.decompress(raw)
    return built


@st.composite
def mutated(draw, raw, most=4):
    """The bytes after some accidents: flipped, put in, taken out, doubled, swapped; often where headers are."""
    raw = bytearray(raw)
    block = st.integers(0, max(0, len(raw) // 512)).map(lambda number: number * 512)
    for _ in range(draw(st.integers(1, most))):
        if not raw:
            break
        start = draw(st.one_of(st.integers(0, len(raw) - 1), block, st.integers(max(0, len(raw) - 1200), len(raw) - 1)))
        start = min(start, len(raw) - 1)
        length = draw(st.sampled_from([1, 1, 2, 4, 8, 12, 30, 46, 100, 512, 1024]))
        match draw(st.sampled_from(["flip", "set", "insert", "delete", "double", "swap"])):
            case "flip":
                raw[start] ^= 1 << draw(st.integers(0, 7))
            case "set":
                value = draw(
                    st.one_of(
                        st.binary(min_size=1, max_size=4),
                        st.sampled_from([b"\x00", b"\xff", b"\xff\xff\xff\xff", b"/"]),
                    )
                )
                raw[start : start + len(value)] = value
            case "insert":
                raw[start:start] = draw(st.one_of(st.binary(min_size=1, max_size=8), st.just(bytes(512))))
            case "delete":
                del raw[start : start + length]
            case "double":
                raw[start:start] = raw[start : start + length]
            case "swap":
                other = min(start + length, len(raw))
                piece = raw[other : other + length]
                raw[start : other + len(piece)] = piece + raw[start:other]
    return bytes(raw)


@st.composite
def mutated_tar_headers(draw, raw):
    """A plain tar with accidents in one header, whose checksum is then put right again, as an attacker would."""
    raw = bytearray(raw)
    starts = [at for at in range(0, len(raw) - 511, 512) if raw[at + 257 : at + 262] == b"ustar"]
    at = draw(st.sampled_from(starts))
    for _ in range(draw(st.integers(1, 3))):
        where = draw(
            st.one_of(
                st.integers(0, 511),
                st.sampled_from([0, 99, 100, 108, 124, 135, 136, 156, 157, 257, 263, 329, 337, 345, 476]),
            )
        )
        value = draw(st.binary(min_size=1, max_size=4))[: 512 - where]
        raw[at + where : at + where + len(value)] = value
    raw[at + 148 : at + 156] = b" " * 8
    raw[at + 148 : at + 156] = b"%06o\x00 " % sum(raw[at : at + 512])
    return bytes(raw)


def nested():
    """Archives in archives, three deep at most, each of them honest or forged, beside files of ordinary names."""
    return st.recursive(st.one_of(tars(), zips(), CONTENT), _packed, max_leaves=4).filter(bool)


def _packed(inner):
    names = st.sampled_from(["a.zip", "lib/b.tgz", "c.tar", "d.gz", "a.zip!/x", "..gz", "n" * 250 + ".zip"])
    return st.builds(_pack, st.dictionaries(names, inner, min_size=1, max_size=3), st.booleans())


def _pack(files, zipped):
    """An honest zip or tgz of files given as name to bytes."""
    target = io.BytesIO()
    if zipped:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return target.getvalue()
    with tarfile.open(fileobj=target, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}"[-99:])
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()
