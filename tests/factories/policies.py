"""Policies and their criteria."""

import dataclasses
import functools

import factory
from django.utils import timezone

from governance.models import Criterion, PolicyState, PolicyVersion
from governance.policies import baseline


@functools.lru_cache(maxsize=1)
def small_policy():
    """The baseline cut down to one criterion of each kind, so that rows stay few: real rules, evaluated for real."""
    rules = baseline()
    return dataclasses.replace(rules, criteria=tuple(rules.criterion(code) for code in CRITERIA))


CRITERIA = ("SEC-01", "VUL-04", "PERM-03", "SUP-02")
"""A check, an expression, a manual one and an attestation."""
RULE_FIELDS = ("code", "title", "category", "statement", "reason", "kind", "blocking", "remediation", "deadline_days")


class PolicyVersionFactory(factory.django.DjangoModelFactory):
    """The policy in force, the same row every time: the baseline with one criterion of each kind."""

    class Meta:
        model = PolicyVersion
        django_get_or_create = ("state",)
        skip_postgeneration_save = True

    version = factory.LazyFunction(lambda: small_policy().version)
    title = factory.LazyFunction(lambda: small_policy().title)
    state = PolicyState.PUBLISHED
    rules = factory.LazyFunction(lambda: small_policy().to_dict())
    digest = factory.LazyFunction(lambda: small_policy().digest)
    published_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def criteria(self, create, _extracted, **_kwargs):
        if create and not Criterion.objects.filter(policy=self).exists():
            for position, rule in enumerate(small_policy().criteria):
                CriterionFactory(
                    policy=self,
                    position=position,
                    mapping=[{"framework": entry.framework, "reference": entry.reference} for entry in rule.mapping],
                    **{
                        name: getattr(rule, name)
                        for name in (
                            "code",
                            "title",
                            "category",
                            "statement",
                            "reason",
                            "kind",
                            "blocking",
                            "remediation",
                        )
                    },
                )


class CriterionFactory(factory.django.DjangoModelFactory):
    """One criterion."""

    class Meta:
        model = Criterion

    policy = factory.SubFactory(PolicyVersionFactory)
    code = factory.Sequence("X-{}".format)
    title = "Something is asked"
    category = "Security"
    statement = "The plugin does what is asked."
    reason = "Because otherwise something breaks."
    kind = "check"
    remediation = "Do what is asked."
    mapping = factory.LazyFunction(lambda: [{"framework": "OWASP ASVS 5", "reference": "13.3.1"}])
