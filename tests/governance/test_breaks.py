import pytest

from governance.templatetags.breaks import breakable


def broken(text, line=None):
    return breakable(text, line).removeprefix('<span class="pw-mono pw-path">').removesuffix("</span>")


@pytest.mark.parametrize(
    ("path", "line", "shown"),
    [
        ("dist/nodes/a.node.js", 26, "<wbr>dist/<wbr>nodes/<wbr>a.node.js:26"),
        ("api.quick-notes.example", None, "<wbr>api.quick-notes.example"),
        ("/srv//x/", None, "<wbr>/<wbr>srv//<wbr>x/"),
        (
            "0.75 s POST https://api.example/x (21 bytes)",
            None,
            "<wbr>0.75 <wbr>s <wbr>POST <wbr>https://<wbr>api.example/<wbr>x <wbr>(21 <wbr>bytes)",
        ),
        ("", None, ""),
    ],
)
def test_a_path_wraps_after_slashes_and_spaces_only(path, line, shown):
    assert broken(path, line) == shown


def test_a_name_too_long_for_any_screen_is_cut_anyway():
    assert broken("x" * 70) == f"<wbr>{'x' * 32}<wbr>{'x' * 32}<wbr>{'x' * 6}"


def test_a_hostile_path_stays_text():
    assert broken("<b>/x") == "<wbr>&lt;b&gt;/<wbr>x"
