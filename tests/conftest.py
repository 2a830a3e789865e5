"""Fixtures of all tests: environment, keys, databases."""

import gc
import os
import runpy
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import django.conf
import hypothesis
import pytest

PROJECT = Path(__file__).resolve().parent.parent


def _fresh_folder() -> Path:
    """A folder for this process alone: the ledger's head, keys and files of two processes must not mix."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        folder = Path(os.environ["VAR_DIR"]) / worker  # VAR_DIR as the process that started us has set it, below
        folder.mkdir()
        return folder
    return Path(tempfile.mkdtemp(prefix="qianfa-tests-"))


VAR = _fresh_folder()

# Every variable that portal/settings.py reads. Whatever the shell or .env of the developer says does not reach a test;
# DATABASE_URL alone may be given, for that is how the tests are run on PostgreSQL.
ENVIRONMENT = {
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "DATABASE_POOL": "8",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'db.sqlite3'}",
    "DEBUG": "0",
    "DEFAULT_FROM_EMAIL": "qianfa@localhost",
    "DEMONSTRATION": "0",
    "EMAIL_URL": "memorymail://",
    "FEEDBACK_KEPT_DAYS": "180",
    "FEEDBACK_PER_HOUR": "500",
    "FEEDBACK_PER_VISITOR": "5",
    "LEDGER_HEAD_FILE": str(VAR / "ledger-heads.jsonl"),
    "LOG_LEVEL": "INFO",
    "PAGE_CACHE": "1",
    "REDIS_URL": "",
    "SEAL_SITE": "tests",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "SIGNING_KEY_FILE": str(VAR / "keys" / "signing.pem"),
    "SITE_URL": "http://testserver",
    "TEST_SQLITE_FILE": str(VAR / "test.sqlite3"),  # a file: threads of one test share it
    "TRUSTED_KEYS_DIR": str(VAR / "keys" / "trusted"),
    "TRUSTED_PROXIES": "",
    "VAR_DIR": str(VAR),
    "WEBHOOK_URLS": "",
    "X_ACCEL_REDIRECT": "",
}
os.environ.update(ENVIRONMENT, DJANGO_SETTINGS_MODULE="portal.settings")
django.setup()
_sqlite_options = django.conf.settings.DATABASES["default"]["OPTIONS"]
if "init_command" in _sqlite_options:
    # A database that is thrown away need not survive a power cut; tests/postgres.py says the same to PostgreSQL.
    _sqlite_options["init_command"] = _sqlite_options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
# The processes that pytest starts inherit our variables. Were this one among them, pytest-django would read the
# settings there before this file gives each process a folder of its own.
del os.environ["DJANGO_SETTINGS_MODULE"]

# Most of what a test makes lives until its end, so looking for garbage as often as Python does finds little.
gc.set_threshold(20_000, 20, 50)

# No deadline: the first example of a property pays for imports and connections.
hypothesis.settings.register_profile("qianfa", deadline=None)
hypothesis.settings.load_profile("qianfa")


def pytest_report_header() -> str:
    from django.db import connection

    if connection.vendor == "sqlite":
        return f"database: SQLite {'.'.join(map(str, connection.Database.sqlite_version_info))}"
    # The address only: the host may stand in OPTIONS (a socket), and the password is nobody's business.
    place = connection.settings_dict["HOST"] or connection.settings_dict["OPTIONS"].get("host", "a socket")
    return f"database: PostgreSQL at {place}"


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(VAR, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(
    request, django_test_environment, django_db_blocker, django_db_modify_db_settings
) -> Iterator[None]:
    """The test databases of this process; instead of pytest-django's own, which migrates an empty one each time."""
    from tests.prepared_database import prepared_databases

    with django_db_blocker.unblock(), prepared_databases(request.config.option.verbose), django_db_blocker.block():
        yield


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The variables that the settings were read from."""
    return ENVIRONMENT


@pytest.fixture(scope="session", autouse=True)
def _keys() -> None:
    from django.conf import settings

    from ledger import keys

    keys.create_signing_key(settings.SIGNING_KEY_FILE, settings.TRUSTED_KEYS_DIR)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> Iterator[None]:
    """What no environment variable says: static files straight from their folders, passwords hashed cheaply."""
    from django.conf import settings
    from django.test import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_AUTOREFRESH=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Iterator[None]:
    """Lets Django empty the tables after a test with real transactions, which the append-only triggers refuse.

    The way around them is here and not in the product. Afterwards the triggers stand again, and so do the rows
    that migrations put there (roles, the first pipeline), which the flush takes along.
    """
    from django.db import DatabaseError, connections, transaction
    from django.test import TransactionTestCase

    import departments.presets
    import workflow.presets
    from articles.search import index
    from ledger import guards

    index_tables = {index.PUBLIC_INDEX.table, index.DESK_INDEX.table}  # Django knows nothing of them
    of_migrations = {"django_migrations", "django_content_type", "auth_permission"}

    def empty_tables(connection, triggers_off: str) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(triggers_off)
            for table in {*names, *index_tables} - of_migrations:
                cursor.execute(f'DELETE FROM "{table}"')

    def empty_on_postgresql(connection) -> bool:
        """False where the user may not switch triggers off."""
        try:
            empty_tables(connection, "SET LOCAL session_replication_role = replica")
        except DatabaseError:
            return False
        if guards.missing_guards(connection):
            guards.install_all(connection)
        return True

    def empty_without_guards(connection) -> None:
        is_sqlite = connection.vendor == "sqlite"
        guards.drop_all(connection)
        try:
            empty_tables(connection, "PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET CONSTRAINTS ALL DEFERRED")
        finally:
            guards.install_all(connection)

    def teardown(case: TransactionTestCase) -> None:
        """As Django's own, but for the guards, which it would meet, and which take long to make again."""
        for alias in case._databases_names(include_mirrors=False):
            connection = connections[alias]
            if connection.vendor != "postgresql" or not empty_on_postgresql(connection):
                empty_without_guards(connection)
        departments.presets.install_roles()
        workflow.presets.install_pipelines()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """An empty cache for each test. (Failed sign-ins are rows, which go with the test's transaction or flush.)"""
    from django.core.cache import cache

    from articles.caching import versions

    cache.clear()
    versions.expire_versions()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium, for Playwright's `executable_path`."""
    for name in ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.fail("No Chromium on PATH. bin/test installs it where it may, and says what to install where it may not.")


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Folder for what is worth looking at after a run, such as screenshots; it is kept."""
    folder = PROJECT / "var" / "test-artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def fresh_record(settings, tmp_path) -> None:
    """A list of heads that no other test has written to, and alarms that have not been raised yet.

    A test with real transactions leaves its list behind, but not its ledger. The list has begun, since a module may
    share a ledger between its tests.
    """
    from ledger.heads import head_file
    from ledger.monitoring import alarms

    settings.LEDGER_HEAD_FILE = tmp_path / "ledger-heads.jsonl"
    head_file.begin_heads()
    alarms.reset_throttling()


@pytest.fixture
def media(settings, tmp_path) -> Path:
    """A media folder of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def english() -> Iterator[None]:
    """Messages in English, so that tests compare msgids and not translations."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def superuser(db):
    from tests.factories import person

    return person("boss", is_superuser=True)


@pytest.fixture
def drafter(db):
    """A person without any role."""
    from tests.factories import person

    return person("drafter")


@pytest.fixture
def last_entry(db) -> Callable:
    """A function that returns the newest entry of the ledger."""
    from ledger.models import Entry

    return lambda: Entry.objects.order_by("-number").first()


@pytest.fixture
def site(newsroom):
    """The identity of the site, as its superuser saved it."""
    from portal.identity import save_identity
    from portal.models import Identity
    from tests.factories import SITE_IDENTITY

    return save_identity(Identity(**SITE_IDENTITY), by=newsroom.admin)


@pytest.fixture
def as_user(newsroom) -> Callable:
    """A function that returns a signed-in client for a person, or for the name of one of the newsroom."""
    from django.test import Client

    def signed_in(who):
        client = Client()
        client.force_login(newsroom.people[who] if isinstance(who, str) else who)
        return client

    return signed_in


@pytest.fixture
def newsroom(db):
    """People and departments, as the product's own services make them."""
    from tests.newsroom_snapshot import open_newsroom

    return open_newsroom()


@pytest.fixture(scope="session")
def redis_server():
    """A Redis of this process's own. Tests that use it carry the mark `redis`."""
    from tests.redis_server import own_server

    with own_server() as server:
        yield server


@pytest.fixture
def reads_in_redis(redis_server, settings):
    """The site counts reads in an empty Redis; the client to look into it with."""
    from articles.reads import redis_buffer
    from database.redis_client import circuit_breaker

    redis_buffer._connect.cache_clear()
    circuit_breaker.cache_clear()  # a Redis that was left alone after a failure is asked again
    settings.REDIS_URL = redis_server.url
    client = redis_buffer.get_buffer().client
    client.flushall()
    yield client
    client.close()
    redis_buffer._connect.cache_clear()


@pytest.fixture
def caches_of_the_site(monkeypatch, redis_server):
    """CACHES as portal/settings.py has it when REDIS_URL is set."""
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    return runpy.run_path(str(PROJECT / "portal/settings.py"))["CACHES"]
