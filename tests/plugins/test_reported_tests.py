"""Test results and coverage of strangers: counted, compared with what is declared, and never able to do harm."""

import pytest

from plugins.package import Coverage, Declaration, SourceFile, TestResults
from plugins.reported_tests import MAX_BYTES, read_reports

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite name="s">
  <testcase name="works"/>
  <testcase name="breaks"><failure message="m">text</failure><error/></testcase>
  <testcase name="later"><skipped/></testcase>
</testsuite></testsuites>"""
COBERTURA = """<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="1"><packages><package><classes><class filename="a.py">
  <methods><method><lines><line number="1" hits="1"/></lines></method></methods>
  <lines><line number="1" hits="2"/><line number="2" hits="0"/></lines>
</class></classes></package></packages></coverage>"""
LCOV = "TN:\nSF:a.js\nDA:1,5\nDA:2,0\nDA:2,1\nLF:2\nLH:2\nend_of_record\nSF:b.js\nDA:1,0,hash\nend_of_record\n"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'


@pytest.fixture
def read(tmp_path):
    def read_files(declared, **files):
        found = []
        for name, text in files.items():
            raw = text if isinstance(text, bytes) else text.encode()
            (tmp_path / name).write_bytes(raw)
            found.append(SourceFile(name, len(raw), ""))
        results, coverage, problems = read_reports(declared, tmp_path, tuple(found))
        return results, coverage, [problem.rule for problem in problems]

    return read_files


def test_failed_tests_are_counted_once_and_named(read):
    results, _, rules = read(Declaration(test_evidence="junit"), junit=JUNIT)

    assert results == TestResults("junit", 3, 1, 1, ("breaks",))
    assert rules == ["tests-failed"]


def test_passed_tests_are_no_problem(read):
    passed = '<testsuite><testcase name="a"/></testsuite>'

    assert read(Declaration(test_evidence="junit"), junit=passed) == (TestResults("junit", 1, 0, 0), None, [])


@pytest.mark.parametrize("text", ["<testsuite/>", '<testsuite><testcase name="a"><skipped/></testcase></testsuite>'])
def test_results_in_which_nothing_ran_say_so(read, text):
    assert read(Declaration(test_evidence="junit"), junit=text)[2] == ["tests-none-run"]


@pytest.mark.parametrize(("text", "lines", "covered"), [(COBERTURA, 2, 1), (LCOV, 3, 2), ("\ufeff" + COBERTURA, 2, 1)])
def test_coverage_is_counted_from_the_lines(read, text, lines, covered):
    _, coverage, rules = read(Declaration(coverage_report="c"), c=text)

    assert (coverage, rules) == (Coverage("c", lines, covered), [])


@pytest.mark.parametrize(
    ("declared", "rules"), [(50.0, []), (50.9, []), (10.0, []), (90.0, ["coverage-contradicted"]), (None, [])]
)
def test_more_coverage_declared_than_reported_is_a_contradiction(read, declared, rules):
    assert read(Declaration(coverage_report="c", test_coverage=declared), c=COBERTURA)[2] == rules


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "<testsuite>",
        "<other/>",
        "<a>" * 100 + "</a>" * 100,
        "<testsuite>" + "<testcase/>" * 400_001 + "</testsuite>",
        b"<\xff\xfe",
        '<?xml version="1.0" encoding="nonsense"?><testsuite/>',
        "<testsuite>" + " " * MAX_BYTES + "</testsuite>",
        '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite>&x;</testsuite>',
    ],
)
def test_results_that_cannot_be_read_are_a_problem_and_count_for_nothing(read, text):
    assert read(Declaration(test_evidence="junit"), junit=text) == (None, None, ["test-results-unreadable"])


@pytest.mark.parametrize("text", ["", "no lcov", "SF:a\nDA:x,1\n", "SF:a\nDA:1\n", "<coverage/>", "<testsuite/>", BOMB])
def test_coverage_that_cannot_be_read_is_a_problem(read, text):
    assert read(Declaration(coverage_report="c"), c=text) == (None, None, ["coverage-unreadable"])


def test_results_for_people_or_elsewhere_are_left_alone(read):
    assert read(Declaration(test_evidence="results.md"), **{"results.md": "# All passed"}) == (None, None, [])
    assert read(Declaration(test_evidence="https://ci.example/1")) == (None, None, [])


def test_a_coverage_report_that_is_not_there_is_missed(read):
    assert read(Declaration(coverage_report="c"))[2] == ["coverage-report-absent"]
