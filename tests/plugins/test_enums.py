from governance.policies import baseline
from plugins.enums import FACTORS, FORMATS
from plugins.formats import registry
from tests.factories import PluginFactory


def test_every_format_has_a_name_in_words():
    assert set(FORMATS) == {known.name for known in registry.FORMATS}


def test_every_factor_of_the_score_has_a_name_in_words():
    assert set(FACTORS) == set(baseline().risk.factors)


def test_a_format_nobody_named_is_told_as_it_is_stored():
    assert PluginFactory.build(format="power-platform-connector", team=None).format_label == "Power Platform connector"
    assert PluginFactory.build(format="other", team=None).format_label == "other"
