import pytest

from plugins.checks.engines.decoding import Undecodable, decode
from plugins.checks.engines.texture import measure


def marks(text):
    return [mark for mark, _, _ in measure(text).marks]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("a=1;" * 500, "minified"),
        ("var " + ",".join(f"_0x{n:04x}=1" for n in range(20)), "obfuscated"),
        ("x = '" + "".join(f"\\x{ord(c):02x}" for c in "child_process" * 10) + "'", "escaped-text"),
        ("[+!+[]]" * 100, "obfuscated"),
        ("if (admin) { // \u202e } begin", "bidi-control"),
        ("const a\u200b = 1", "invisible-character"),
        ("a=\u202e1;" * 500, "bidi-in-bundle"),
        ("eval('" + "\U000e0141" * 40 + "')", "hidden-text"),
    ],
)
def test_measure_names_disguised_code(text, mark):
    assert mark in marks(text)


@pytest.mark.parametrize(
    "text",
    [
        "const a = 1;\n" * 500,
        "const colours = [_0x1f];",
        "\n".join(["table = '" + "\\u0300" * 20 + "'"] * 10),
        "title = 'naïve — 日本語 👩‍💻🏴󠁧󠁢󠁥󠁮󠁧󠁿'",
    ],
)
def test_measure_leaves_ordinary_code_alone(text):
    assert marks(text) == []


def test_measure_gives_the_line_of_the_first_hidden_character():
    assert measure("a\nb\nc \u2066 d").marks[0][1] == 3


def test_decode_reads_what_is_text():
    assert decode("é".encode()) == ("é", "utf-8")
    assert decode(b"\xef\xbb\xbfx") == ("x", "utf-8")
    assert decode("\ufeffé".encode("utf-16-le")) == ("é", "utf-16-le")
    assert decode(b"# -*- coding: cp1251 -*-\nx = '\xcf'") == ("# -*- coding: cp1251 -*-\nx = 'П'", "cp1251")
    assert decode(b"caf\xe9") == ("café", "latin-1")


def test_decode_refuses_binary_data():
    with pytest.raises(Undecodable):
        decode(b"MZ\0\0")


def test_a_mark_names_length_entropy_and_shares():
    (mark,) = measure("a=1;" * 500).marks

    assert mark == (
        "minified",
        1,
        "longest line 2000 characters, 2000 on average of 1 lines; entropy 2.00 bits a character; white space 0.0%, "
        "letters and digits 50%",
    )


def test_obfuscated_code_names_its_figures():
    names = "".join(f"var _0x{number:04x}=_0x{number + 1:04x};" for number in range(20))

    details = {mark: detail for mark, _, detail in measure(names).marks}

    assert details["obfuscated"].startswith("21 machine-made names such as _0x0000, 70% of the text; longest line ")
    assert "entropy" in details["obfuscated"]
