"""Conventions every model keeps. Its place in the admin is tested in tests/governance/admin."""

import inspect

import factory
import pytest
from django.apps import apps
from django.db import connection
from django.utils.functional import Promise

import tests.factories
from tests.factories import AuditFactory, CertificateFactory, ReportFactory

OURS = ("governance", "plugins", "certification", "audits")
MODELS = [
    model
    for app in OURS
    for model in apps.get_app_config(app).get_models()
    if not hasattr(model, "history_id")  # history models are made by simple-history
]
FACTORIES = {
    value._meta.model: value
    for value in vars(tests.factories).values()
    if isinstance(value, type) and issubclass(value, factory.django.DjangoModelFactory) and value._meta.model
}
BY_SERVICE = {
    "governance.ledgerentry": "written by governance.ledger.record only",
    "governance.ledgerleaf": "written by the ledger's sequencer only",
    "governance.ledgernode": "ditto",
    "governance.ledgercheckpoint": "written by governance.ledger.make_checkpoint only",
    "governance.ledgercosignature": "a witness's, written when it has been verified",
}
"""Models without a factory, and why."""
NO_LINEAGE = {
    "plugins.advisory": "reference data made elsewhere, replaced as a whole by an import that is in the ledger",
    "plugins.huntbatch": "work under way: what came of it is written once, as hits, gaps and the hunt's own history",
    "plugins.advisorypackage": "ditto: the index of the above",
    "plugins.advisorycve": "ditto",
    "plugins.knownexploited": "ditto: another publisher's",
    "plugins.epssscore": "ditto: a third one's, new every day",
}
"""Models that may change without history, and why."""
NAMES_ITS_PARENT = {
    "plugins.pluginversion": ("plugin",),
    "plugins.vettingrun": ("version__plugin",),
    "certification.review": ("version__plugin",),
    "certification.decision": ("review__version__plugin",),
    "certification.criterionanswer": ("criterion",),
    "certification.revalidation": ("certificate",),
    "audits.report": ("version__plugin", "audit"),
}
"""Models whose name is that of what they belong to: what a list has to select with them."""


@pytest.fixture(params=MODELS, ids=lambda model: model._meta.label)
def model(request):
    return request.param


def test_a_model_says_what_it_is(model):
    assert inspect.getdoc(model)
    assert not model.__doc__.startswith(f"{model.__name__}(")  # Django's own, made of the fields


def test_a_model_has_a_factory_or_says_why_not(model):
    assert (model in FACTORIES) != (model._meta.label_lower in BY_SERVICE)


def test_a_model_leaves_a_history_or_never_changes(model):
    keeps = hasattr(model, "history") or getattr(model, "append_only", False)

    assert keeps != (model._meta.label_lower in NO_LINEAGE)


def test_every_text_of_a_model_can_be_translated(model):
    texts = {"the model's name": model._meta.verbose_name, "its plural": model._meta.verbose_name_plural}
    for field in model._meta.local_fields + model._meta.local_many_to_many:
        if field.auto_created or field.model is not model:
            continue
        texts[f"{field.name}: name"] = field.verbose_name
        texts[f"{field.name}: help"] = field.help_text or model._meta.verbose_name
        texts |= {f"{field.name}: {value}": label for value, label in field.choices or ()}
    texts |= {f"permission {code}": name for code, name in model._meta.permissions}

    assert [where for where, text in texts.items() if not isinstance(text, Promise)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model._meta.label)
def test_naming_a_row_asks_the_database_nothing(model, django_assert_num_queries):
    made = FACTORIES[model]()
    row = model._base_manager.select_related(*NAMES_ITS_PARENT.get(model._meta.label_lower, ())).get(pk=made.pk)

    with django_assert_num_queries(0):
        assert str(row).strip()


@pytest.mark.django_db
def test_what_is_said_to_name_its_parent_does(django_assert_num_queries):
    """An exemption that is not needed any more goes."""
    made = {CertificateFactory: 0, AuditFactory: 0, ReportFactory: 2}
    for maker, queries in made.items():
        row = maker._meta.model.objects.get(pk=maker().pk)
        with django_assert_num_queries(queries):
            str(row)


@pytest.mark.django_db
def test_every_table_of_ours_is_there():
    tables = set(connection.introspection.table_names())

    assert {model._meta.db_table for model in MODELS} <= tables
