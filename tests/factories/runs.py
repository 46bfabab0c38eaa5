"""Vetting runs with their evidence."""

import datetime as dt

import factory
from django.utils import timezone

from governance.models import Criterion
from plugins.enums import RUN_OPEN, Outcome, RunState
from plugins.models import (
    CheckRun,
    Component,
    CriterionResult,
    Finding,
    KeptResult,
    Observation,
    VettingRun,
)
from tests.factories.people import digest
from tests.factories.plugins import ArtifactFactory, PluginVersionFactory
from tests.factories.policies import CriterionFactory, PolicyVersionFactory
from tests.sample_report import vetting_report


class VettingRunFactory(factory.django.DjangoModelFactory):
    """A run that failed on a leaked token, with all evidence; `queued=True` or `running=True` for one under way."""

    class Meta:
        model = VettingRun
        skip_postgeneration_save = True

    class Params:
        queued = factory.Trait(
            state=RunState.QUEUED, report=None, score=None, tier="", started_at=None, finished_at=None, reason=""
        )
        running = factory.Trait(
            state=RunState.RUNNING, report=None, score=None, tier="", finished_at=None, reason="",
            progress={
                "checks": {"archive": {"status": "passed", "ms": 12}, "static": {"status": "running", "ms": None}},
                "done": 1,
                "total": 2,
            },
        )  # fmt: skip

    version = factory.SubFactory(PluginVersionFactory)
    policy = factory.SubFactory(PolicyVersionFactory)
    state = RunState.FAILED
    reason = "A credential was found."
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    lease_until = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(minutes=15))
    report = factory.LazyFunction(vetting_report)
    score = factory.LazyAttribute(lambda run: run.report["risk"]["score"] if run.report else None)
    tier = factory.LazyAttribute(lambda run: run.report["risk"]["tier"] if run.report else "")

    @factory.post_generation
    def evidence(self, create, extracted, **_kwargs):
        if create and extracted is not False and self.state not in RUN_OPEN and self.report:
            store_evidence(self)


def store_evidence(run):
    """The evidence rows of a run's report."""
    for check in run.report["checks"]:
        CheckRun.objects.create(run=run, **{key: check[key] for key in check if key != "findings"})
    for finding in run.report["findings"]:
        fields = {key: value for key, value in finding.items() if key != "check"}
        Finding.objects.create(
            run=run,
            check_code=finding["check"],
            state="unchanged" if finding["severity"] == "info" else "new",
            **fields,
        )
    for component in run.report["dependencies"]:
        Component.objects.create(run=run, **component | {"pinned": component["pinned"] or ""})
    for kind, key, rows in (
        ("capability", "id", run.report["capabilities"]),
        ("host", "host", run.report["egress"]),
    ):
        for row in rows:
            for place in row["evidence"]:
                Observation.objects.create(run=run, kind=kind, value=row[key], **place)
    outcomes = (Outcome.NOT_MET, Outcome.NOT_MET, Outcome.UNANSWERED, Outcome.MET)
    for criterion, outcome in zip(Criterion.objects.filter(policy=run.policy), outcomes, strict=False):
        CriterionResult.objects.create(
            run=run,
            criterion=criterion,
            outcome=outcome,
            explanation="1 finding stands against it.",
            evidence=[{"path": "src/acme/settings.py", "line": 12, "fingerprint": "a" * 64}],
        )


class FindingFactory(factory.django.DjangoModelFactory):
    """One finding of a run."""

    class Meta:
        model = Finding

    run = factory.SubFactory(VettingRunFactory)
    check_code = "static"
    rule = "B602"
    severity = "high"
    title = "A shell is started"
    path = "src/acme/run.py"
    line = 3
    fingerprint = factory.Sequence(lambda n: digest(f"finding {n}"))


class CheckRunFactory(factory.django.DjangoModelFactory):
    """One check of a run."""

    class Meta:
        model = CheckRun

    run = factory.SubFactory(VettingRunFactory)
    code = factory.Sequence("check-{}".format)
    status = "passed"
    reason = "All files were examined."
    examined = 3
    duration_ms = 12


class ObservationFactory(factory.django.DjangoModelFactory):
    """One observation of a run."""

    class Meta:
        model = Observation

    run = factory.SubFactory(VettingRunFactory)
    kind = "capability"
    value = "network.outbound"
    path = "src/acme/run.py"
    line = 5


class ComponentFactory(factory.django.DjangoModelFactory):
    """One dependency of a run."""

    class Meta:
        model = Component

    run = factory.SubFactory(VettingRunFactory)
    ecosystem = "PyPI"
    name = factory.Sequence("library-{}".format)
    requirement = "==1.0"
    pinned = "1.0"
    scope = "runtime"
    purl = factory.LazyAttribute(lambda row: f"pkg:pypi/{row.name}@1.0")


class CriterionResultFactory(factory.django.DjangoModelFactory):
    """How one criterion came out."""

    class Meta:
        model = CriterionResult

    run = factory.SubFactory(VettingRunFactory)
    criterion = factory.SubFactory(CriterionFactory)
    outcome = Outcome.MET
    explanation = "Nothing stands against it."


class KeptResultFactory(factory.django.DjangoModelFactory):
    """One kept result of an artifact; its seal is not that of the portal."""

    class Meta:
        model = KeptResult

    artifact = factory.SubFactory(ArtifactFactory)
    check_code = "static"
    check_version = "1"
    basis = "0" * 64
    key = factory.Sequence(lambda number: digest(f"kept {number}"))
    result = factory.LazyFunction(dict)
    seal = "0" * 64
