"""The harness: surroundings of its own for every process, no network, real databases, tasks only when asked."""

import logging
import os
import shutil
import sys
from contextlib import contextmanager

from tests.support import environment

DATA = environment.prepare()

import django  # noqa: E402 - its settings must not be read before
import pytest  # noqa: E402 - ditto
from django.conf import settings  # noqa: E402 - ditto

if settings.DATA_DIR != DATA:  # pytest-django read them before this file could set the environment
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE and leave out --ds: the tests choose their settings.")
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # else xdist's workers inherit it, and read the settings of this process

from django.db import connections  # noqa: E402 - ditto
from django.test import TransactionTestCase  # noqa: E402 - ditto

from tests.support import available, outcome  # noqa: E402 - ditto
from tests.support.caches import warmed_cache  # noqa: E402 - ditto
from tests.support.triggers import lifted  # noqa: E402 - ditto

LEFT_OUT = ("browser", "redis", "real")
STORED = ("artifacts", "checkpoints", "demo", "files", "reports", "work")
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose


def pytest_configure(config):
    """Warm the engines' caches before any worker starts, and count results for run_all."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(outcome, "plugwarden-outcome")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Set the markers that follow from what a test uses; tryfirst, so that `-m` sees them."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")
        if item.get_closest_marker("real"):
            item.add_marker("enable_socket")


def _guard_database_files(event, arguments):
    """Nobody opens a database file but SQLite: closing it a second time drops every lock this process has on it."""
    if event == "open" and isinstance(arguments[0], str | os.PathLike):
        path = os.fspath(arguments[0])
        if str(path).startswith(str(DATA)) and ".sqlite3" in str(path):
            raise RuntimeError(f"{path} is opened beside SQLite. Read it in another process, as `cat` does.")


sys.addaudithook(_guard_database_files)


def pytest_make_parametrize_id(val, argname):
    """Name bytes by their argument: their contents may differ from process to process, and terminals choke on them."""
    return argname if isinstance(val, bytes) else None


def pytest_runtest_setup(item):
    """Leave out, by name, what this machine cannot run."""
    for kind in LEFT_OUT:
        if item.get_closest_marker(kind) and (reason := available.missing(kind)):
            pytest.skip(f"left out: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _engine_cache():
    """Every process sees the warmed rules of the engines in its own data folder."""
    (DATA / "cache").symlink_to(warmed_cache())


@pytest.fixture(autouse=True)
def _nothing_stored_is_left():
    """What a test stores is gone after it, as its rows are."""
    yield
    for name in STORED:
        shutil.rmtree(DATA / name, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """A database of this process: a file for SQLite, so that threads and processes meet as they do in earnest."""
    given = connections["default"].settings_dict
    name = f"test_plugwarden_{environment.run_id()}_{environment.worker()}"
    if connections["default"].vendor == "sqlite":
        given["TEST"]["NAME"] = str(DATA / f"{name}.sqlite3")
        given["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"  # nobody mourns a test database
    else:
        given["TEST"]["NAME"] = name


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_triggers():
    """Append-only tables refuse the flush that ends a transactional test: lift their triggers for it, and only then."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self):
        with lifted():
            flush(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture
def policy(db):
    """The baseline policy, published."""
    from governance.services import load_baseline  # noqa: PLC0415 - only where a test asks

    return load_baseline()


@pytest.fixture
def django_assert_num_queries(django_assert_num_queries):
    """Django and guardian cache content types for the life of a process: know them all, whatever ran before."""
    from django.apps import apps  # noqa: PLC0415 - only where a test asks
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 - ditto
    from guardian.shortcuts import _get_ct_cached  # noqa: PLC0415 - ditto

    ContentType.objects.get_for_models(*apps.get_models(), for_concrete_models=False)
    ContentType.objects.get_for_models(*apps.get_models())
    _get_ct_cached("plugins", "view_plugin")
    return django_assert_num_queries


class Problems(logging.Handler):
    """Catches what robust callbacks only log."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.caught = []

    def emit(self, record):
        if record.exc_info:
            self.caught.append(record.exc_info[1])


@pytest.fixture
def run_tasks(db, monkeypatch, django_capture_on_commit_callbacks):
    """`with run_tasks():` carries out in place whatever the block queues, when it commits. Else tasks only wait.

    The task goes through django-q2's own worker and monitor; what it raises is raised at the end of the block.
    """
    from django_q.conf import Conf  # noqa: PLC0415 - only where a test asks

    @contextmanager
    def run():
        problems = Problems()
        monkeypatch.setattr(Conf, "SYNC", True)
        logging.getLogger("django").addHandler(problems)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                yield
        finally:
            logging.getLogger("django").removeHandler(problems)
            monkeypatch.setattr(Conf, "SYNC", False)
        if problems.caught:
            raise problems.caught[0]

    return run


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    """The sample plugins, built: name to BuiltSample."""
    from samples.build import build_all  # noqa: PLC0415 - only where a test asks

    return {built.name: built for built in build_all(tmp_path_factory.mktemp("samples"))}
