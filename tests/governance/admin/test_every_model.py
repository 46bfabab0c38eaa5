import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from tests import factories
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ELSEWHERE = {
    "admin.logentry": "the ledger and the lineage take its place",
    "auth.permission": "set by governance.roles",
    "contenttypes.contenttype": "Django's own list of models",
    "sessions.session": "secrets of who is signed in",
    "guardian.groupobjectpermission": "follows the members of owner teams",
    "guardian.userobjectpermission": "not used: rights go through groups",
    "governance.ledgernode": "inner hashes of the tree, which only proofs need",
    "plugins.huntbatch": "work under way; the page of a hunt shows how far it is",
    "django_q.task": "shown as finished and failed tasks",
}
OURS = ("governance", "plugins", "certification", "audits")


def concrete_models():
    return [model for model in apps.get_models() if not hasattr(model, "history_id")]


def shown(model):
    """On pages of its own, or as rows on the page of what it belongs to."""
    inlines = {inline.model for registered in admin.site._registry.values() for inline in registered.inlines}
    return admin.site.is_registered(model) or model in inlines


@pytest.mark.parametrize("model", concrete_models(), ids=lambda model: model._meta.label_lower)
def test_every_model_is_in_the_admin_or_says_why_not(model):
    assert shown(model) != (model._meta.label_lower in ELSEWHERE)


@pytest.mark.parametrize(
    "model",
    [model for model in admin.site._registry if model._meta.app_label in OURS],
    ids=lambda model: model._meta.label_lower,
)
def test_nobody_deletes_what_has_a_lineage(rf, model):
    request = rf.get("/")
    request.user = UserFactory(is_superuser=True, is_staff=True)

    assert not admin.site._registry[model].has_delete_permission(request)


ROWS = {
    "advisorycve": factories.AdvisoryCveFactory,
    "epssscore": factories.EpssScoreFactory,
    "exploitationfeed": factories.ExploitationFeedFactory,
    "knownexploited": factories.KnownExploitedFactory,
    "advisory": factories.AdvisoryFactory,
    "advisoryfeed": factories.AdvisoryFeedFactory,
    "advisorypackage": factories.AdvisoryPackageFactory,
    "apitoken": factories.ApiTokenFactory,
    "artifact": factories.ArtifactFactory,
    "certificate": factories.CertificateFactory,
    "checkattestation": factories.CheckAttestationFactory,
    "checkrun": factories.CheckRunFactory,
    "component": factories.ComponentFactory,
    "criterion": factories.CriterionFactory,
    "criterionanswer": factories.CriterionAnswerFactory,
    "criterionresult": factories.CriterionResultFactory,
    "decision": factories.DecisionFactory,
    "detectionrule": factories.DetectionRuleFactory,
    "finding": factories.FindingFactory,
    "hunt": factories.HuntFactory,
    "huntgap": factories.HuntGapFactory,
    "hunthit": factories.HuntHitFactory,
    "monitoredfinding": factories.MonitoredFindingFactory,
    "observation": factories.ObservationFactory,
    "originfile": factories.OriginFileFactory,
    "ownerteam": factories.OwnerTeamFactory,
    "plugin": factories.PluginFactory,
    "pluginversion": factories.PluginVersionFactory,
    "policyversion": factories.PolicyVersionFactory,
    "recall": factories.RecallFactory,
    "revalidation": factories.RevalidationFactory,
    "review": factories.ReviewFactory,
    "statuslist": factories.StatusListFactory,
    "statuslistentry": factories.StatusListEntryFactory,
    "submission": factories.SubmissionFactory,
    "trustrootversion": factories.TrustRootVersionFactory,
    "user": factories.UserFactory,
    "versionfile": factories.VersionFileFactory,
    "vettingrun": factories.VettingRunFactory,
}


@pytest.mark.parametrize("name", ROWS)
def test_list_page_and_lineage_of_every_model_open(client, name):
    row = ROWS[name]()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    base = f"admin:{row._meta.app_label}_{name}"

    statuses = [
        client.get(reverse(f"{base}_changelist")).status_code,
        client.get(reverse(f"{base}_change", args=[row.pk])).status_code,
        client.get(reverse(f"{base}_history", args=[row.pk])).status_code,
    ]

    assert statuses == [200, 200, 200]


@pytest.mark.parametrize("name", [name for name in ROWS if name != "policyversion"])
def test_query_count_of_every_list_is_flat(client, name, django_assert_max_num_queries):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    row = ROWS[name]()
    address = reverse(f"admin:{row._meta.app_label}_{name}_changelist")
    client.get(address)  # content types are cached
    with django_assert_max_num_queries(8) as one:
        client.get(address)
    for _ in range(3):
        ROWS[name]()

    with django_assert_max_num_queries(len(one)):
        client.get(address)
