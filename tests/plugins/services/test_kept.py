"""A revalidation looks anew only at what could come out otherwise, and trusts no row that was altered."""

import pytest

from governance.vocabulary import CheckStatus
from plugins.checks import basis
from plugins.enums import RuleState, Trigger, VersionState
from plugins.models import ArtifactDamaged, KeptResult, PluginVersion, VettingRun, artifact_storage
from plugins.sandbox import SandboxUnavailable, runner
from plugins.services.runs import execute_run
from tests.factories import ArtifactFactory, DetectionRuleFactory, PluginVersionFactory, VettingRunFactory
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db

ENGINES = {"static", "secrets", "malware"}


def queued(policy, samples):
    sample = samples["n8n-nodes-weather-desk"]
    artifact = ArtifactFactory.stored(sample.path.read_bytes(), filename=sample.filename)
    version = PluginVersionFactory(artifact=artifact, state=VersionState.VETTING)
    return VettingRunFactory(queued=True, version=version, policy=policy)


def missing():
    raise SandboxUnavailable("kingfisher is not installed.")


@pytest.fixture
def vetted(policy, samples):
    """A run that has ended, over one of our samples."""
    run = queued(policy, samples)
    return execute_run(run_id=run.pk)


@pytest.fixture
def starts(monkeypatch):
    """What was started in a sandbox, by the first words of its command line."""
    started = []
    real = runner._start
    monkeypatch.setattr(runner, "_start", lambda line, **more: started.append(line) or real(line, **more))
    return started


def again(run, trigger=Trigger.ADVISORY):
    version = PluginVersion.objects.get(pk=run.version_id)
    version.start_vetting()
    version.save(update_fields=["state"])
    new = VettingRunFactory(queued=True, version=version, policy=run.policy, trigger=trigger)
    return execute_run(run_id=new.pk)


def comparable(run):
    """Findings, capabilities and hosts: what the engines had to say."""
    report = run.report
    said = {key: report[key] for key in ("capabilities", "egress", "dependencies", "artifact", "verdict")}
    return said | {"findings": [finding | {"state": None} for finding in report["findings"]]}


def test_a_revalidation_of_unchanged_bytes_starts_no_engine_and_says_the_same(vetted, starts):
    renewed = again(vetted)

    assert starts == []
    assert comparable(renewed) == comparable(vetted)
    checks = {check.code: check for check in renewed.checks.all()}
    assert all("kept_since" in checks[code].evidence for code in ENGINES)


def test_a_reviewer_who_asks_for_a_new_look_gets_one(vetted, starts):
    again(vetted, Trigger.REVIEWER)

    assert len(starts) >= len(ENGINES)


def test_another_release_of_ours_looks_anew(vetted, starts, monkeypatch):
    monkeypatch.setattr(basis, "code", lambda: "another")

    again(vetted)

    assert len(starts) >= len(ENGINES)


def test_another_set_of_detection_rules_looks_anew_for_those_alone(vetted, starts):
    DetectionRuleFactory.in_use(RuleState.MONITOR, body="weather")

    again(vetted)
    engines = ["text_engine" in " ".join(map(str, line)) for line in starts]
    version = PluginVersion.objects.get(pk=vetted.version_id)
    version.enter_review()
    version.save(update_fields=["state"])
    renewed = again(vetted)

    assert engines == [True]
    assert len(starts) == 1  # the same rules again: kept, with what was only monitored
    assert "kept_since" in renewed.checks.get(code="detection").evidence
    assert renewed.monitored.count() == len(renewed.report["monitored"]) > 0


@pytest.mark.parametrize("spoil", [{"result": {"status": "passed"}}, {"seal": "0" * 64}])
def test_a_kept_result_that_was_edited_in_the_database_is_not_used(vetted, starts, spoil, caplog):
    with lifted():
        KeptResult.objects.filter(check_code="static").update(**spoil)

    renewed = again(vetted)

    assert len(starts) >= 1
    assert comparable(renewed) == comparable(vetted)
    assert "has been altered; it is not used" in caplog.text


def test_what_is_inconclusive_is_never_kept(policy, samples, monkeypatch):
    monkeypatch.setattr("plugins.checks.kingfisher.binary", missing)
    run = queued(policy, samples)

    ended = execute_run(run_id=run.pk)

    assert ended.checks.get(code="secrets").status == CheckStatus.INCONCLUSIVE
    assert not KeptResult.objects.filter(check_code="secrets").exists()
    assert KeptResult.objects.filter(check_code="static").exists()


def test_bytes_that_were_altered_are_not_certified_by_what_was_kept_of_them(vetted):
    artifact = vetted.version.artifact
    with artifact_storage().open(artifact.storage_name, "r+b") as file:
        file.write(b"X")

    with pytest.raises(ArtifactDamaged):
        again(vetted)
    assert VettingRun.objects.filter(version=vetted.version, report__isnull=False).count() == 1


def test_the_rows_of_two_equal_runs_are_stored_once(vetted):
    before = KeptResult.objects.count()

    again(vetted, Trigger.REVIEWER)

    assert KeptResult.objects.count() == before > len(ENGINES)
