"""Machines look for what people missed: every package is refused in a sentence, or fits its types and columns."""

from hypothesis import HealthCheck, given, settings

from tests.support import forged_manifests, readings


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(package=forged_manifests.packages())
def test_forged_manifests(tmp_path_factory, package):
    readings.examine_package(*package, tmp_path_factory.mktemp("fuzz"))


def test_the_samples_fit(tmp_path_factory):
    for tree in forged_manifests.TREES:
        assert readings.examine_package(*tree, tmp_path_factory.mktemp("sample"))
