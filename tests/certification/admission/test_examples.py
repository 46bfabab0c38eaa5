"""The examples of docs/examples do what they say, against a portal that runs."""

import os
import shutil
import subprocess

import pytest

from certification.certificates import suspend
from certification.models import Acknowledgement
from governance.tokens import mint
from tests.factories import ApiTokenFactory, ArtifactFactory, CertificateFactory, UserFactory
from tests.support.environment import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = ROOT / "docs" / "examples"
HEED = """
import { Admission } from "%s";
const admission = new Admission(process.env.PLUGWARDEN_URL, process.env.PLUGWARDEN_TOKEN);
console.log(await admission.mayRun(process.argv[1]));
const done = await admission.heed((recall) => console.log(`stopped ${recall.plugin.name}`));
console.log(done.map((one) => one.serial).join());
"""


HEED_ALL = """
import { Admission } from "%s";
const admission = new Admission(process.env.PLUGWARDEN_URL, process.env.PLUGWARDEN_TOKEN);
const stop = ({ serial }) => {
  if (serial === process.argv[1]) throw new Error("it does not end");
  console.log(`stopped ${serial}`);
};
const problems = await admission.heed(stop).catch(({ errors }) => errors);
for (const { message, cause } of problems) console.log(`${message}: ${cause.message}`);
"""


def run(*command, url, token):
    environment = {"PATH": os.environ["PATH"], "PLUGWARDEN_URL": url, "PLUGWARDEN_TOKEN": token}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def files(tmp_path):
    """A certified file and one that nobody knows."""
    known, unknown = tmp_path / "known.tgz", tmp_path / "unknown.tgz"
    known.write_bytes(b"certified bytes")
    unknown.write_bytes(b"other bytes")
    artifact = ArtifactFactory.stored(content=known.read_bytes(), filename=known.name)
    CertificateFactory(version__artifact=artifact, demo=False)
    return known, unknown


COMMANDS = {
    "curl": ["sh", str(EXAMPLES / "admission.sh")],
    "node": ["node", str(EXAMPLES / "admission.mjs")],
}


@pytest.mark.parametrize("program", COMMANDS)
def test_an_example_admits_what_is_certified_and_nothing_else(live_server, files, program):
    if not shutil.which(program):
        pytest.skip(f"left out: no {program}")
    ApiTokenFactory(text=(text := mint()))
    known, unknown = files
    command = COMMANDS[program]

    assert run(*command, known, url=live_server.url, token=text).returncode == 0
    assert run(*command, unknown, url=live_server.url, token=text).returncode == 1
    assert run(*command, known, url=live_server.url, token=mint()).returncode != 0
    assert run(*command, known, url="http://127.0.0.1:9", token=text).returncode != 0


@pytest.mark.skipif(not shutil.which("node"), reason="left out: no node")
def test_the_example_stops_what_is_recalled_and_acknowledges_it(live_server, files):
    token = ApiTokenFactory(text=(text := mint()))
    certificate = CertificateFactory._meta.model.objects.get()
    suspend(certificate=certificate, actor=UserFactory(), reason="Looked into.")
    script = HEED % (EXAMPLES / "admission.mjs").as_uri()

    done = run("node", "--input-type=module", "-e", script, files[0], url=live_server.url, token=text)

    lines = done.stdout.splitlines()
    assert lines == ["false", f"stopped {certificate.version.plugin.name}", certificate.serial], done.stderr
    assert Acknowledgement.objects.get().user == token.user


@pytest.mark.skipif(not shutil.which("node"), reason="left out: no node")
def test_the_example_stops_the_others_where_one_does_not_stop(live_server):
    ApiTokenFactory(text=(text := mint()))
    first, failing, last = CertificateFactory.create_batch(3, demo=False)
    for certificate in (first, failing, last):
        suspend(certificate=certificate, actor=UserFactory(), reason="Looked into.")
    script = HEED_ALL % (EXAMPLES / "admission.mjs").as_uri()

    done = run("node", "--input-type=module", "-e", script, failing.serial, url=live_server.url, token=text)

    assert (done.stdout.splitlines(), done.stderr) == (
        [f"stopped {first.serial}", f"stopped {last.serial}", f"{failing.serial} was not stopped: it does not end"],
        "",
    )
    acknowledged = Acknowledgement.objects.values_list("recall__certificate__serial", flat=True)
    assert set(acknowledged) == {first.serial, last.serial}
