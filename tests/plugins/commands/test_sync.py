"""`manage.py advisories sync` end to end, against a real server: what is wrong changes nothing and is said."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.models import LedgerEntry
from plugins.models import Advisory, AdvisoryFeed, EpssScore, ExploitationFeed, KnownExploited
from tests.support.answers import Answer, elsewhere, server
from tests.support.dumps import advisory, written
from tests.support.exploitation import epss, kev, known

pytestmark = pytest.mark.django_db
KEV, EPSS = "/known_exploited_vulnerabilities.json", "/epss_scores-current.csv.gz"


def made(days=1):
    return timezone.now() - dt.timedelta(days=days)


def catalogue(*cves, days=1):
    return kev(*(known(cve) for cve in cves), made=made(days))


def scores(*rows, days=1):
    return epss(*rows, made=made(days))


@pytest.fixture
def sync(settings, tmp_path, capsys):
    """Fetch from a server that answers so; gives what was printed, on both streams, and the exit code."""

    def run(answers, *options):
        dump = written(tmp_path / "npm.zip", advisory()).read_bytes()
        everything = {"/npm/all.zip": Answer(dump)} | answers
        with server(everything) as (base, asked):
            settings.PLUGWARDEN_OSV_URL = base
            settings.PLUGWARDEN_KEV_URL, settings.PLUGWARDEN_EPSS_URL = f"{base}{KEV}", f"{base}{EPSS}"
            code = 0
            try:
                call_command("advisories", "sync", "--ecosystem", "npm", *options)
            except CommandError as problem:
                code, said = problem.returncode, str(problem)
            else:
                said = ""
        printed = capsys.readouterr()
        return code, printed.out + printed.err + said, asked

    return run


def test_everything_is_fetched_and_its_age_is_shown(sync, capsys):
    answers = {KEV: Answer(catalogue("CVE-2026-0001")), EPSS: Answer(scores(("CVE-2026-0001", "0.97", "0.99")))}

    code, printed, asked = sync(answers, "--exploitation")
    call_command("advisories", "status")
    status = capsys.readouterr().out

    assert (code, asked) == (0, ["/npm/all.zip", KEV, EPSS])
    assert "OSV npm: 1 records (1 npm), 0 unusable" in printed
    assert (Advisory.objects.count(), KnownExploited.objects.count(), EpssScore.objects.count()) == (1, 1, 1)
    assert status.count("1 entries, 1.0 days old") == 2
    assert ExploitationFeed.objects.get(kind="kev").source.endswith(KEV)


def test_an_old_file_is_shown_as_stale(sync, capsys):
    sync(
        {KEV: Answer(catalogue("CVE-2026-0001", days=30)), EPSS: Answer(scores(("CVE-2026-0001", "1", "1")))},
        "--exploitation",
    )
    call_command("advisories", "status")

    assert "30.0 days old" in (status := capsys.readouterr().out)
    assert status.count("STALE") == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda: Answer(catalogue("CVE-2026-0002")[:-40], length=-1), "not readable as JSON"),
        (lambda: Answer(catalogue("CVE-2026-0002")[:-40], length=len(catalogue("CVE-2026-0002"))), "broke off after"),
        (lambda: Answer(b"x", length=2**40), "is larger than 64 MiB"),
        (lambda: Answer(b"<html>Sign in</html>"), "not readable as JSON"),
        (lambda: Answer(b"", status=503), "HTTP 503"),
        (lambda: elsewhere("http://mirror.example/kev.json"), "without encryption"),
        (lambda: Answer(catalogue("CVE-2026-0002", days=9)), "older than what is imported"),
        (lambda: Answer(catalogue("CVE-2026-0002", days=-9)), "dated in the future"),
        (lambda: Answer(b"cveID,vendorProject,product,vulnerabilityName,dateAdded\n"), "catalogue as CSV"),
        (lambda: Answer(json.dumps({"vulnerabilities": []}).encode()), "no catalogue"),
    ],
)
def test_a_wrong_answer_keeps_what_was_there_and_the_rest_is_fetched(sync, answer, says):
    sync(
        {KEV: Answer(catalogue("CVE-2026-0001")), EPSS: Answer(scores(("CVE-2026-0001", "1", "1"), days=2))},
        "--exploitation",
    )
    AdvisoryFeed.objects.all().delete()
    rows = LedgerEntry.objects.filter(verb="exploitation.imported").count()

    code, printed, _asked = sync({KEV: answer(), EPSS: Answer(scores(("CVE-2026-0009", "1", "1")))}, "--exploitation")

    assert code == 2
    assert says in printed
    assert "1 of 3 could not be fetched or used; what was imported before is kept." in printed
    assert list(KnownExploited.objects.values_list("cve", flat=True)) == ["CVE-2026-0001"]
    assert list(EpssScore.objects.values_list("cve", flat=True)) == ["CVE-2026-0009"]
    assert AdvisoryFeed.objects.count() == 1
    assert LedgerEntry.objects.filter(verb="exploitation.imported").count() == rows + 1


def test_a_dump_that_broke_off_leaves_the_old_feed(sync):
    sync({})
    seen = AdvisoryFeed.objects.get().imported_at

    code, printed, _asked = sync({"/npm/all.zip": Answer(b"PK\x03\x04 broken")})

    assert code == 2
    assert "The file is no readable zip archive." in printed
    assert AdvisoryFeed.objects.get().imported_at == seen
    assert Advisory.objects.count() == 1


def test_scores_that_unpack_without_end_are_refused(sync, monkeypatch):
    monkeypatch.setattr("plugins.advisories.exploitation.EPSS_BYTES", 100)
    answers = {KEV: Answer(catalogue("CVE-2026-0001")), EPSS: Answer(scores(*[("CVE-2026-0001", "1", "1")] * 50))}

    code, printed, _asked = sync(answers, "--exploitation")

    assert (code, EpssScore.objects.count()) == (2, 0)
    assert "unpacks to more than" in printed
