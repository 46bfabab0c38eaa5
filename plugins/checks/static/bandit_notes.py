"""What bandit's tests mean here: severities we judge otherwise, each with its reason, and what to do about them."""

from __future__ import annotations

from governance.vocabulary import Severity

LEVELS: dict[tuple[str, str], Severity] = {
    ("HIGH", "HIGH"): Severity.HIGH,
    ("HIGH", "MEDIUM"): Severity.MEDIUM,
    ("HIGH", "LOW"): Severity.MEDIUM,
    ("MEDIUM", "HIGH"): Severity.MEDIUM,
    ("MEDIUM", "MEDIUM"): Severity.MEDIUM,
    ("MEDIUM", "LOW"): Severity.LOW,
    ("LOW", "HIGH"): Severity.LOW,
    ("LOW", "MEDIUM"): Severity.INFO,
    ("LOW", "LOW"): Severity.INFO,
}
"""Bandit's severity and confidence to our severity. An unknown pair counts as medium."""

OVERRIDES: dict[str, Severity] = {
    "B101": Severity.INFO,  # assert: every test suite has hundreds
    "B324": Severity.MEDIUM,  # weak hash: mostly cache keys and file digests, which bandit can't tell from passwords
    "B401": Severity.LOW,  # import of telnetlib: connecting with it has its own test
    "B402": Severity.LOW,  # import of ftplib: ditto
    "B403": Severity.INFO,  # import of pickle: what is done with it has its own test
    "B404": Severity.INFO,  # import of subprocess: ditto
    "B405": Severity.INFO,  # import of xml.etree: ditto
    "B411": Severity.LOW,  # import of xmlrpc: a danger only where the other side is hostile
    "B413": Severity.LOW,  # import of pyCrypto: its maintained successor pycryptodome goes by the same module name
    "B603": Severity.INFO,  # subprocess without a shell is the safe form
    "B607": Severity.INFO,  # a program found by PATH is how every portable program calls another
}
SECRET_TESTS = frozenset({"B105", "B106", "B107"})
"""Hard-coded passwords: the secrets check decides on these; the literal never goes into the evidence."""

TITLES: dict[str, str] = {
    "B301": "Pickled data is read",
    "B302": "Marshalled data is read",
    "B303": "A weak hash is used",
    "B304": "A weak cipher is used",
    "B305": "A weak cipher mode is used",
    "B306": "A temporary file's name is made in an unsafe way",
    "B307": "Text is evaluated as code",
    "B308": "Text is marked as safe HTML",
    "B310": "An address of any scheme may be opened",
    "B311": "A random number that can be guessed",
    "B312": "Telnet is used",
    "B321": "FTP is used",
    "B323": "Certificate checking is switched off",
    "B401": "telnetlib is imported",
    "B402": "ftplib is imported",
    "B403": "A module that reads pickled data is imported",
    "B404": "subprocess is imported",
    "B411": "xmlrpc is imported",
    "B412": "A CGI handler open to httpoxy is imported",
    "B413": "pyCrypto is imported",
    "B415": "pyghmi is imported",
    **dict.fromkeys(("B313", "B314", "B315", "B316", "B317", "B318", "B319"), "XML is parsed without protection"),
    **dict.fromkeys(("B405", "B406", "B407", "B408", "B409"), "An XML parser without protection is imported"),
}
"""Titles for the tests that bandit all calls `blacklist`."""

REMEDIATION: dict[str, str] = {
    "B102": "Remove exec; call a function chosen from a table instead.",
    "B103": "Give the file no more rights than its owner needs (0o600).",
    "B104": "Bind to 127.0.0.1, or make the address a setting.",
    "B105": "Take the password from the platform's credential store.",
    "B106": "Take the password from the platform's credential store.",
    "B107": "Take the password from the platform's credential store.",
    "B108": "Use the tempfile module.",
    "B110": "Handle the exception, or at least log it.",
    "B113": "Pass a timeout to the request.",
    "B201": "Never ship with debug=True.",
    "B202": "Check every member before extraction, or pass filter='data'.",
    "B301": "Use JSON; pickled data can run code when it is read.",
    "B303": "Use SHA-256 or better.",
    "B304": "Use AES-GCM or ChaCha20-Poly1305.",
    "B305": "Use an authenticated mode such as GCM.",
    "B307": "Use ast.literal_eval or a parser for the data you expect.",
    "B308": "Use format_html, which escapes what it is given.",
    "B310": "Check the scheme of the address before it is opened: only https.",
    "B311": "Use the secrets module where the value protects something.",
    "B312": "Use SSH or TLS instead of telnet.",
    "B314": "Use defusedxml to parse XML of others.",
    "B321": "Use SFTP or HTTPS instead of FTP.",
    "B323": "Leave certificate checking on.",
    "B324": "Use SHA-256, or pass usedforsecurity=False where it protects nothing.",
    "B401": "Use SSH or TLS instead of telnet.",
    "B402": "Use SFTP or HTTPS instead of FTP.",
    "B411": "Call defusedxml.xmlrpc.monkey_patch() first where the server is not your own.",
    "B501": "Remove verify=False; where a private authority is used, pass its certificate.",
    "B502": "Use ssl.create_default_context().",
    "B503": "Use ssl.create_default_context().",
    "B504": "Use ssl.create_default_context().",
    "B505": "Use RSA of 3072 bits or more, or Ed25519.",
    "B506": "Use yaml.safe_load.",
    "B507": "Verify the host key of the SSH server.",
    "B602": "Start the program with a list of arguments and shell=False.",
    "B604": "Start the program with a list of arguments and shell=False.",
    "B605": "Use subprocess.run with a list of arguments.",
    "B608": "Pass the values as parameters of the query.",
    "B609": "Name the files, or expand the wildcard in Python.",
    "B614": "Load models with weights_only=True.",
    "B701": "Create the environment with autoescape=True.",
    "B703": "Use format_html, which escapes what it is given.",
}


def severity(test: str, level: str, confidence: str) -> Severity:
    """Our severity for a result of bandit's."""
    return OVERRIDES.get(test) or LEVELS.get((level, confidence), Severity.MEDIUM)


def title(test: str, name: str) -> str:
    """What was found, in words and with bandit's number."""
    return f"{TITLES.get(test) or name.replace('_', ' ').capitalize()} ({test})"


def remediation(test: str) -> str:
    """What to do, in one sentence."""
    return REMEDIATION.get(
        test, "Change the code so that the warning no longer applies, or tell the reviewer why it does not."
    )
