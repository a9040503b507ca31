"""Databases for the tests: one embedded server a session, every database a fast copy of a template.

A database is dropped with the test or fixture that asked for it, behind the tests that follow: it is a thousand files.
"""

import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from hub.db.embedded import EmbeddedServer
from hub.db.engine import Database
from hub.db.migrate import migrate

MIGRATED, SAMPLE = "hub", "hub_sample"
"""The two templates. Nothing stays connected to them, or they could not be copied."""

DatabaseFactory = Callable[[], Database]

# Whoever runs the tests in the background or under `nohup` may ignore these, and processes inherit it: then no test of
# a stop could tell anything.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)


@dataclass
class Copies:
    """Makes and drops databases; `names`: of those that are there, by what asked for them (None: a test itself)."""

    server: EmbeddedServer | None = None
    names: dict[object, list[str]] = field(default_factory=dict)
    asking: list[object] = field(default_factory=list)
    made: int = 0
    dropping: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    dropped: list[Future[None]] = field(default_factory=list)

    def copy(self, template: str) -> Database:
        self.made += 1
        name = f"hub_test_{self.made}"
        self.create(name, template)
        self.names.setdefault(self.asking[-1] if self.asking else None, []).append(name)
        return self.database(name)

    def create(self, name: str, template: str) -> None:
        self._run(f"CREATE DATABASE {name} OWNER hub_owner TEMPLATE {template} STRATEGY file_copy")

    def database(self, name: str) -> Database:
        assert self.server
        return Database(*(self.server.url(role, name) for role in ("hub_owner", "hub_app", "hub_reader")))

    def drop_of(self, asked: object) -> None:
        for name in self.names.pop(asked, ()):
            self.dropped.append(self.dropping.submit(self._run, f"DROP DATABASE {name} WITH (FORCE)"))

    def wait(self) -> None:
        """Raises what a drop raised."""
        for each in self.dropped:
            each.result()

    def _run(self, statement: str) -> None:
        assert self.server
        with psycopg.connect(self.server.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(statement)


COPIES = Copies()


class Dropping:
    """Tells `COPIES` which fixture asks. A plugin: hooks of a conftest are not called for fixtures of the session."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        COPIES.asking.append(fixturedef)
        try:
            return (yield)
        finally:
            COPIES.asking.pop()

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[object]) -> None:
        COPIES.drop_of(fixturedef)


LONGEST = (
    "cli/test_lifecycle.py", "cli/test_starting.py", "cli/test_first_day.py", "feed/test_records_killed.py",
    "policy/test_verdicts.py", "http/test_reference_client.py", "feed/test_export.py", "feed/test_concurrent.py",
    "policy/test_policies.py", "properties/test_monotonic.py", "commanding/test_secrecy.py", "feed/test_digest.py",
    "policy/test_commands.py", "properties/test_non_interference.py", "properties/test_every_field.py",
    "cli/test_document.py", "feed/test_records_concurrent.py", "policy/test_sql.py", "clues/test_commands_refused.py",
    "properties/test_credit_platform.py", "security/test_killed.py", "security/test_canary.py", "http/test_waiting.py",
)  # fmt: skip
"""The files of 20 seconds and more, the longest first: begun last, one would keep one core busy and the others idle."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        order = {f"tests/{name}": place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.location[0], len(order)))


def pytest_configure(config: pytest.Config) -> None:
    """The files in the order of `LONGEST`; and a temporary folder of this run's own: pytest's shared one is closed to
    other users whenever another run starts, and PostgreSQL, which will not run as root, then loses its files.
    """
    config.pluginmanager.register(Dropping())
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # by the number of tests, a long file of one test would come last
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="hub-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if Path(config.option.basetemp).name.startswith("hub-tests-"):
        shutil.rmtree(config.option.basetemp, ignore_errors=True)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server, in a folder of its own that is removed with it."""
    folder: Path = tmp_path_factory.mktemp("server") / "pgdata"
    started = EmbeddedServer(folder)
    with psycopg.connect(started.url("postgres", "postgres"), autocommit=True) as connection:
        # Nothing here has to outlive a power cut; a killed process loses nothing either way.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    COPIES.server = started
    yield started
    COPIES.wait()
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _drop_databases_of_one_test() -> Iterator[None]:
    yield
    COPIES.drop_of(None)


@pytest.fixture(scope="session")
def _migrated(server: EmbeddedServer) -> str:
    engine = COPIES.database(MIGRATED).owner_engine()
    migrate(engine)
    engine.dispose()
    return MIGRATED


@pytest.fixture(scope="session")
def _sample(_migrated: str) -> str:
    from hub.demo.sample import load_sample

    COPIES.create(SAMPLE, _migrated)
    load_sample(COPIES.database(SAMPLE).owner_url)
    return SAMPLE


@pytest.fixture(scope="session")
def empty_database(_migrated: str) -> DatabaseFactory:
    """Factory of fresh databases, made by `alembic upgrade head`, without records: `empty_database() -> Database`."""
    return lambda: COPIES.copy(_migrated)


@pytest.fixture(scope="session")
def sample_copy(_sample: str) -> DatabaseFactory:
    """Factory of databases with the default sample that a test may change: `sample_copy() -> Database`."""
    return lambda: COPIES.copy(_sample)


@pytest.fixture(scope="session")
def sample_database(_sample: str) -> Database:
    """Migrated, with the default sample. Shared by all tests: never change it, ask for `sample_copy`."""
    name = "hub_sample_shared"
    COPIES.create(name, _sample)
    return COPIES.database(name)
