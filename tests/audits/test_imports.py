"""The web processes never load the engines of the PDFs: they cost more than a second and a lot of memory."""

import subprocess
import sys
from pathlib import Path

PROBE = """
import sys
from tests.support import environment
environment.prepare()
import django; django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
import audits.urls, audits.admin, audits.reports.services, audits.campaigns
print(sorted({"weasyprint", "matplotlib", "fontTools"} & sys.modules.keys()))
"""


def test_web_processes_do_not_load_the_pdf_engines():
    out = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )

    assert out.stdout.strip() == "[]"
