"""The verifier's directory works copied out of the tree, beside hostile neighbours, and starts fast."""

import ast
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[3] / "certification" / "verify"
ALLOWED = {*sys.stdlib_module_names, "cryptography"}


@pytest.fixture
def copied(tmp_path, world):
    shutil.copytree(HERE, tmp_path / "verify", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("json.py", "hashlib.py", "cryptography.py"):
        tmp_path.joinpath(name).write_text("raise SystemExit(0)")
    for name, data in (("bundle", world.bundle()), ("root", world.trust_root())):
        tmp_path.joinpath(name).write_bytes(data)
    tmp_path.joinpath("artifact").write_bytes(b"the plugin as it was submitted")
    return tmp_path


def run(*command, cwd):
    arguments = ["--trust-root", "root", "--artifact", "artifact", "bundle", "--at", "2026-03-01T12:00:00Z"]
    return subprocess.run(
        [sys.executable, *command, *arguments], cwd=cwd, env={}, capture_output=True, text=True, timeout=20, check=False
    )


@pytest.mark.parametrize("start", [["-I", "verify"], ["verify"], ["-I", "verify/__main__.py"]])
def test_verifier_runs_as_a_copied_directory(copied, start):
    result = run(*start, cwd=copied)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("VALID: n8n-nodes-weather 1.2.0")

    copied.joinpath("artifact").write_bytes(b"swapped")

    assert run(*start, cwd=copied).returncode == 1


def test_verifier_runs_as_a_module_wherever_its_directory_is_importable(copied):
    for name in ("json.py", "hashlib.py", "cryptography.py"):
        copied.joinpath(name).unlink()

    assert run("-m", "verify", cwd=copied).stdout.startswith("VALID")


def test_verifier_says_that_cryptography_is_missing_instead_of_a_traceback(copied):
    result = run("-I", "-S", "verify", cwd=copied)

    assert result.returncode == 2
    assert result.stderr == "UNUSABLE: the verifier cannot start: No module named 'cryptography'\n"


def test_verifier_imports_only_the_standard_library_and_cryptography():
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED, path
            if isinstance(node, ast.ImportFrom):
                assert node.level == 1 or node.module.split(".")[0] in ALLOWED, path


def test_verifier_has_no_module_named_like_one_of_the_standard_library():
    assert {path.stem for path in HERE.glob("*.py")}.isdisjoint(sys.stdlib_module_names)


def test_verifier_answers_in_under_a_third_of_a_second(copied):
    run("-I", "verify", cwd=copied)
    times = []
    for _ in range(5):
        start = time_of_children()
        run("-I", "verify", cwd=copied)
        times.append(time_of_children() - start)

    assert min(times) < 0.3


def time_of_children():
    """Seconds of processor the ended children took: unlike the clock, no busy neighbour changes it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_loader_in_the_examples_works_with_a_copied_directory(copied):
    text = (HERE.parents[1] / "docs" / "examples" / "README.md").read_text()
    for name in ("json.py", "hashlib.py", "cryptography.py"):
        copied.joinpath(name).unlink()
    loader = (
        text.split("```python\n")[1]
        .split("```")[0]
        .replace("datetime.now(UTC)", "datetime(2026, 3, 1, 12, tzinfo=UTC)")
    )
    files = "Path('bundle'), Path('root')"
    use = f"print(load(Path('artifact').read_bytes(), {files}))\nload(b'x', {files})"

    result = run("-c", f"{loader}\n{use}", cwd=copied)

    assert result.stdout == "b'the plugin as it was submitted'\n"
    assert "RuntimeError: not certified: subject" in result.stderr
