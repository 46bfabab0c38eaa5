"""`manage.py keys`: the keys this installation signs with, and the trust root that names them. docs/keys.md."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import compromises, key_export, key_report, keyring, trust_roots
from certification.attest import offline
from certification.attest.ceremony import describe
from certification.attest.key_folder import read_pem
from certification.attest.key_sources import from_environment, read_public
from certification.attest.private_files import KeysRefusedError
from certification.attest.trust_root import LIFETIME
from certification.verify.errors import UnusableError
from certification.verify.files import read_document
from certification.verify.names import Role
from certification.verify.output import plain
from governance.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from certification.attest.dsse import SigningKey
    from certification.attest.rotation import Change
    from certification.compromises import Answer

ROOT = "root"


class Command(BaseCommand):
    """Make, show, change and hand out keys. Each refusal is one sentence, and nothing is half done then."""

    help = "The keys this portal signs with, and the trust root that names them."

    def add_arguments(self, parser: Any) -> None:
        """Declare what can be done."""
        commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
        commands.add_parser("init", help="make the keys where there are none, or what an older folder lacks")
        commands.add_parser("show", help="list every key, and what to do next")
        rotate = _changing(commands, "rotate", help="have a new key take over a role, or bring in other root keys")
        rotate.add_argument("role", choices=[*Role, ROOT])
        rotate.add_argument("--overlap", type=float, default=1.0, metavar="HOURS", help="the old key may sign so long")
        rotate.add_argument("--days", type=int, default=LIFETIME.days, help="how long the new key lasts")
        rotate.add_argument("--add", action="append", default=[], metavar="FILE", help="root: a public key, PEM")
        rotate.add_argument("--remove", action="append", default=[], metavar="KEYID", help="root: a root key to drop")
        rotate.add_argument("--threshold", type=int, help="root: how many root keys must sign")
        _changing(commands, "retire", help="have a key sign no more").add_argument("keyid")
        compromise = _changing(commands, "compromise", help="a key is in wrong hands")
        compromise.add_argument("keyid")
        compromise.add_argument(
            "--log-size", type=int, required=True, metavar="N", help="what it signed counts only below this log index"
        )
        _changing(commands, "reissue", help="issue anew what a compromised key takes down")
        _changing(commands, "suspend", help="suspend what a compromised key takes down")
        sign = commands.add_parser("sign", help="add a root key's signature to a draft of a trust root")
        sign.add_argument("draft", metavar="FILE")
        sign.add_argument("--key", metavar="FILE", help="the root key; PLUGWARDEN_KEY_ROOT by default")
        sign.add_argument("--yes", action="store_true", help="do not ask")
        install = _changing(commands, "install", help="put a trust root in force that was signed elsewhere")
        install.add_argument("drafts", nargs="+", metavar="FILE", help="copies of one draft, with their signatures")
        export = commands.add_parser("export", help="write what a platform needs to check certificates")
        export.add_argument("directory", metavar="DIR")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it."""
        does: dict[str, Callable[[dict[str, Any]], None]] = {
            "init": self._init,
            "show": self._show,
            "rotate": self._rotate,
            "retire": lambda given: self._tell(trust_roots.retire(keyid=given["keyid"], actor=_by(given))),
            "compromise": self._compromise,
            "reissue": lambda given: self._answer(compromises.reissue_hit(actor=_by(given)), "issued anew"),
            "suspend": lambda given: self._answer(compromises.suspend_hit(actor=_by(given)), "suspended"),
            "sign": self._sign,
            "install": self._install,
            "export": self._export,
        }
        try:
            does[options["what"]](options)
        except (KeysRefusedError, UnusableError) as refusal:
            raise CommandError(plain(str(refusal))) from refusal
        except OSError as error:
            raise CommandError(plain(f"{error.filename or options['what']}: {error.strerror}")) from error

    def _init(self, options: dict[str, Any]) -> None:
        trust_roots.note()
        self._show(options)

    def _show(self, _options: dict[str, Any]) -> None:
        trust_roots.note()
        report = key_report.report(now=timezone.now())
        for line in describe(report.root):
            self.stdout.write(plain(line))
        self.stdout.write(f"  SHA-256 {report.sha256}")
        for line in report.advice:
            self.stdout.write(self.style.WARNING(plain(str(line))))

    def _rotate(self, options: dict[str, Any]) -> None:
        if options["days"] < 1 or options["overlap"] < 0:
            raise KeysRefusedError("--days is at least 1, --overlap at least 0")
        actor, role = _by(options), options["role"]
        if role == ROOT:
            added = [read_public(_read(path), path) for path in options["add"]]
            given = {"add": added, "remove": options["remove"], "threshold": options["threshold"]}
            self._tell(trust_roots.rotate_root(**given, actor=actor))
            return
        if options["add"] or options["remove"] or options["threshold"] is not None:
            raise KeysRefusedError("--add, --remove and --threshold are for the root keys: manage.py keys rotate root")
        times = {"overlap": timedelta(hours=options["overlap"]), "lifetime": timedelta(days=options["days"])}
        self._tell(trust_roots.rotate(role=Role(role), actor=actor, **times))

    def _compromise(self, options: dict[str, Any]) -> None:
        change = trust_roots.compromise(keyid=options["keyid"], log_size=options["log_size"], actor=_by(options))
        self._tell(change)

        hits = len(compromises.hit(keyring.keys().trust_root, now=timezone.now()))
        if hits and not change.waits_for:
            told = f"Certificates it takes down: {hits}. Next: manage.py keys reissue, or keys suspend."
            self.stdout.write(self.style.WARNING(told))

    def _answer(self, answer: Answer, what: str) -> None:
        self.stdout.write(f"Certificates {what}: {answer.done}.")
        for line in answer.refused:
            self.stdout.write(self.style.WARNING(plain(line)))

    def _sign(self, options: dict[str, Any]) -> None:
        if options["key"]:
            key: SigningKey = read_pem(Path(options["key"]))
        elif found := from_environment(ROOT):
            key = found[0]
        else:
            raise KeysRefusedError("name the root key: --key FILE, or PLUGWARDEN_KEY_ROOT in the environment")
        self.stdout.write(offline.sign_file(options["draft"], key, ask=not options["yes"]))

    def _install(self, options: dict[str, Any]) -> None:
        copies = [read_document(path, "draft") for path in options["drafts"]]
        self._tell(trust_roots.install(copies=copies, actor=_by(options)))

    def _export(self, options: dict[str, Any]) -> None:
        for path in key_export.export(Path(options["directory"]), now=timezone.now()):
            self.stdout.write(plain(str(path)))

    def _tell(self, change: Change) -> None:
        for path in change.written:
            self.stdout.write(plain(f"{_('Written')}: {path}"))
        for path in change.deleted:
            self.stdout.write(plain(f"{_('Deleted')}: {path}"))
        if change.waits_for:
            self.stdout.write(self.style.WARNING(plain(f"Trust root {change.root.version} is not in force yet:")))
            self.stdout.write(plain(f"  {change.waits_for}."))
            self.stdout.write(plain(f"  Have {change.draft} signed, then: manage.py keys install FILE (docs/keys.md)"))
            return
        self.stdout.write(self.style.SUCCESS(f"Trust root {change.root.version} is in force."))


def _changing(commands: Any, name: str, **more: Any) -> Any:
    parser = commands.add_parser(name, **more)
    parser.add_argument("--by", metavar="USER", help="who does this, for the ledger: a user name of the portal")
    return parser


def _by(options: dict[str, Any]) -> User | None:
    """The user named with --by. Raises KeysRefusedError."""
    if not options["by"]:
        return None
    user = User.objects.filter(username=options["by"]).first()
    if user is None:
        raise KeysRefusedError(f"there is no user {options['by']}")
    return user


def _read(path: str) -> str:
    return read_document(path, "public key").decode("utf-8", "replace").strip()
