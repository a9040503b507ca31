"""`hub demo`, `hub serve`, `hub migrate`: from nothing to serving, and back to nothing.

The order matters: the folder and the port are taken first, so that a refusal starts nothing; the embedded server is
stopped last, whoever else is attached to it.
"""

import asyncio
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

import typer
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from starlette.types import ASGIApp

from hub.db.embedded import stop_server
from hub.db.engine import Database, open_database
from hub.db.migrate import is_current, migrate
from hub.files.objects import StoreUnavailable, open_objects
from hub.http import log
from hub.http.server import StartFailed, StopRequested, StopSignals, bind, only_server, serve, serve_workers
from hub.parties.data import refresh_regions
from hub.policy.errors import PolicyError
from hub.settings import BASE_URL_FILE, Settings

Build = Callable[[Settings, Database], ASGIApp]
"""Makes the application (`hub.app.make_app`); raises StartFailed."""


def run_demo(settings: Settings, scale: int, build: Build) -> int:
    """Serves the sample until a signal; returns the exit code."""

    def prepare(database: Database) -> None:
        from hub.demo.bulk import sample_progress  # noqa: PLC0415
        from hub.demo.clients import register_demo_clients  # noqa: PLC0415 - no site needs them
        from hub.demo.sample import is_loaded, load_sample  # noqa: PLC0415
        from hub.oauth.registry import RegistryError  # noqa: PLC0415

        _say("升级数据库结构… · Migrating…")
        _migrate(database)
        if not is_loaded(database.owner_url):
            _say("载入样例数据… · Loading sample data…")
            with sample_progress() as progress:
                load_sample(database.owner_url, scale, progress)
        elif scale > 1:
            _say("已有数据，--scale 不起作用；请换 --data · --scale has no effect on existing data: use another --data")
        try:
            register_demo_clients(database.owner_url, settings.data)
        except RegistryError as error:  # agencies, but not those of the sample
            raise StartFailed(
                f"此数据库不是演示库，请用 hub serve · Not a demo database: use hub serve\n{error}"
            ) from error
        _store_papers(settings, database)

    def work(database: Database, address: socket) -> None:
        from hub.demo.tryout import suggestions  # noqa: PLC0415

        commands = suggestions(database.owner_url)
        serve(build(settings, database), address, lambda: _say_ready(settings, commands))

    return _run(settings, prepare, work)


def run_site(settings: Settings, workers: int, build: Build, worker: str) -> int:
    """Serves by the environment's settings until a signal; returns the exit code.

    Args:
        worker: "module:function" that makes the application of one of several processes from its environment.
    """

    def prepare(database: Database) -> None:
        if not settings.base_url.startswith("https://") and not settings.demo:
            raise StartFailed(
                "HUB_BASE_URL 必须是 https 地址（演示模式除外）\n"
                "HUB_BASE_URL must be an https address outside demo mode"
            )
        if not settings.database_url:
            _migrate(database)
        engine = database.owner_engine()
        if not is_current(engine):
            raise StartFailed(
                "数据库结构不是最新，请先运行 hub migrate\nThe database is not current: run hub migrate first"
            )
        engine.dispose()

    def announce() -> None:
        _say(f"服务地址 · Serving {settings.base_url} ({settings.host}:{settings.port})")

    def work(database: Database, address: socket) -> None:
        # With workers too the application is made here once: what is wrong is said once, before anything serves.
        app = build(settings, database)
        if workers == 1:
            serve(app, address, announce)
        else:
            with _worker_environment(settings, database):
                announce()
                serve_workers(worker, address, workers)

    return _run(settings, prepare, work)


def run_migrations(settings: Settings) -> int:
    """Brings the database to the current schema and its regions to the reference data; returns the exit code."""
    try:
        database = open_database(settings)
        try:
            _migrate(database)
        finally:
            database.close()
    except OperationalError as error:
        _say(_unreachable(error))
        return 1
    except ProgrammingError as error:  # what the owner may not do; a migration's statements hold no values
        _say(f"升级未完成，数据库未改变 · Not migrated, nothing was changed: {_first_line(error)}")
        return 1
    _say("数据库结构与行政区划已是最新 · The database and its regions are current")
    return 0


def _run(settings: Settings, prepare: Callable[[Database], None], work: Callable[[Database, socket], None]) -> int:
    with StopSignals() as signals:
        try:
            with only_server(settings.data), _address(settings) as address:
                try:
                    with signals.deferred():
                        database = open_database(settings)
                    prepare(database)
                    (settings.data / BASE_URL_FILE).write_text(settings.base_url)
                    log.configure(settings.log_level)
                    work(database, address)
                finally:
                    with signals.ignored():
                        (settings.data / BASE_URL_FILE).unlink(missing_ok=True)
                        if not settings.database_url:
                            stop_server((settings.data / "pgdata").resolve())
        except StopRequested:
            pass
        except OperationalError as error:
            _say(_unreachable(error))
            return 1
        except (StartFailed, PolicyError) as error:
            _say(str(error))
            return 1
        _say("已停止 · Stopped")
    return 0


@contextmanager
def _worker_environment(settings: Settings, database: Database) -> Iterator[None]:
    """What worker processes inherit: the addresses of a database that their parent opened, one folder for metrics."""
    with tempfile.TemporaryDirectory(prefix="hub-metrics-") as folder:
        os.environ |= {
            "HUB_DATA": str(settings.data),
            "HUB_DATABASE_URL": database.owner_url,
            "HUB_APP_DATABASE_URL": database.app_url,
            "HUB_READER_DATABASE_URL": database.reader_url,
            "PROMETHEUS_MULTIPROC_DIR": folder,
        }
        yield


@contextmanager
def _address(settings: Settings) -> Iterator[socket]:
    with bind(settings.host, settings.port) as address:
        yield address


def _migrate(database: Database) -> None:
    engine = database.owner_engine()
    migrate(engine)
    with engine.begin() as connection:
        refresh_regions(connection)
    engine.dispose()


def _unreachable(error: OperationalError) -> str:
    # The driver's first line names host and role, never a password.
    return f"无法使用数据库 · The database cannot be used: {_first_line(error)}"


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0] if error.orig else ""


def _store_papers(settings: Settings, database: Database) -> None:
    """The bytes of the sample's files; those that are there are left alone."""
    from hub.demo.clients import DEMO_CLIENTS  # noqa: PLC0415 - no site needs them
    from hub.demo.papers import store_papers  # noqa: PLC0415

    objects = open_objects(settings.files_url, settings.data / "files")
    try:
        asyncio.run(store_papers(database.owner_url, objects, [client.certificate_no for client in DEMO_CLIENTS]))
    except StoreUnavailable as error:
        raise StartFailed(f"无法存放样例文件 · The sample's files cannot be stored: {error}") from error


def _say_ready(settings: Settings, commands: list[str]) -> None:
    """What a newcomer does next, on stdout: the one output of `hub demo` that is meant to be copied."""
    elsewhere = "" if settings.data == Path(".hub") else f" --data {shlex.quote(str(settings.data))}"
    lines = [
        "",
        f"演示已就绪 · The demo is ready: {settings.base_url}/graphql",
        "在另一终端试试 · Try in another terminal:",
        "",
        *(f"{number}. {command}{elsewhere}\n" for number, command in enumerate(commands, 1)),
        "Ctrl-C 停止 · stops everything",
    ]
    with suppress(OSError):  # `hub demo | head`: nobody reads, and the demo serves all the same
        typer.echo("\n".join(lines))


def _say(text: str) -> None:
    with suppress(OSError):
        typer.echo(text, err=True)
