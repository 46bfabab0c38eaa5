from plugins.checks.base import engine_versions, engines


def test_engines_are_named_in_the_order_of_their_versions_and_come_apart_again():
    joined = engines(("bandit", "1.9.4"), ("ast-grep", "0.51.0"))

    assert joined == ("bandit + ast-grep", "1.9.4 + 0.51.0")
    assert engine_versions(*joined) == {"bandit": "1.9.4", "ast-grep": "0.51.0"}


def test_an_engine_without_an_answer_is_left_out():
    assert engines(("matcher", "1"), ("pip-audit", "")) == ("matcher", "1")
    assert engine_versions("kingfisher", "") == {}


def test_a_version_told_in_another_way_stays_whole():
    assert engine_versions("bandit + ast-grep", "bandit 1.9.4, ast-grep 0.51.0") == {
        "bandit + ast-grep": "bandit 1.9.4, ast-grep 0.51.0"
    }
