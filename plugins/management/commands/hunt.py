"""`manage.py hunt RULE`: look for a detection rule in what is stored, here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from governance.models import User
from plugins.enums import HuntScope, HuntState
from plugins.exports.text import plain
from plugins.models import DetectionRule, HuntBatch
from plugins.services import hunts

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from plugins.models import Hunt

HIT, BAD_INPUT, OPEN = 1, 2, 3
MOST = 1000


class Command(BaseCommand):
    """Exit 0 nothing hit, 1 hit, 2 bad input, 3 some versions could not be answered (wins over hit)."""

    help = "Look for a detection rule in stored versions. Stopped half-way, the portal's workers carry it on."
    requires_system_checks = ()  # nothing is signed or served here, as in `files`

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("rule", help="code of the rule, or CODE@REVISION; by default its newest revision")
        parser.add_argument("--scope", choices=HuntScope.values, default=HuntScope.ALL.value)
        parser.add_argument("--user", help="who asks for it, by user name")
        parser.add_argument("--queue", action="store_true", help="leave it to the workers and do not wait")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Hunt, and list what was hit."""
        try:
            hunt = self._started(options)
            self.stdout.write(plain(f"Hunt {hunt.pk}: {hunt.rule} in {hunt.total:,} versions."))
            if options["queue"]:
                return
            self._carry_out(hunt)
            self._tell(hunt)
        except DatabaseError as problem:
            raise CommandError(f"The database cannot be used: {problem}", returncode=BAD_INPUT) from problem

    def _started(self, options: dict[str, Any]) -> Hunt:
        try:
            return hunts.start_hunt(rule=_rule(options["rule"]), actor=_user(options["user"]), scope=options["scope"])
        except hunts.HuntRefused as refusal:
            raise CommandError(str(refusal), returncode=BAD_INPUT) from refusal

    def _carry_out(self, hunt: Hunt) -> None:
        """Work on its batches beside the workers until none is left for us."""
        while batch := HuntBatch.objects.filter(hunt=hunt, state=HuntState.QUEUED).order_by("number").first():
            hunts.execute_batch(batch_id=batch.pk)
            hunt.refresh_from_db()
            self.stderr.write(f"  {hunt.done:,} of {hunt.total:,} looked at, {hunt.hit_versions:,} hit")
            if not hunt.is_open:
                break

    def _tell(self, hunt: Hunt) -> None:
        hunt.refresh_from_db()
        for hit in hunt.hits.select_related("version__plugin")[:MOST]:
            place = f"{hit.path}:{hit.line}" if hit.line else hit.path
            self.stdout.write(plain(f"hit: {hit.version} {place} {hit.excerpt}"))
        for gap in hunt.gaps.select_related("version__plugin")[:MOST]:
            self.stdout.write(plain(f"not known: {gap.version} {gap.reason}"))
        self.stdout.write(plain(hunt.reason or f"It goes on with the workers: {hunt.get_state_display()}."))
        if hunt.state != HuntState.DONE or hunt.errors:
            raise CommandError("Not every version could be answered.", returncode=OPEN)
        if hunt.hit_versions:
            raise CommandError(f"{hunt.hit_versions:,} versions are hit.", returncode=HIT)


def _rule(name: str) -> DetectionRule:
    code, _at, revision = name.partition("@")
    found = DetectionRule.objects.filter(code=code).order_by("-revision")
    if revision:
        found = found.filter(revision=int(revision)) if revision.isdecimal() and len(revision) < 7 else found.none()  # noqa: PLR2004
    rule = found.first()
    if rule is None:
        raise CommandError(f"There is no detection rule {name!r}.", returncode=BAD_INPUT)
    return rule


def _user(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None or not user.has_perm("plugins.add_hunt"):
        raise CommandError(f"There is no user {name!r} who may hunt.", returncode=BAD_INPUT)
    return user
