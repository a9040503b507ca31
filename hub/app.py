"""The only wiring: from settings and a database to the ASGI application."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from fastapi import FastAPI
from psycopg import AsyncConnection
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.clock import Clock, SystemClock, today
from hub.clues.arrivals import Arrivals
from hub.commanding import Commanding
from hub.db.engine import Database, open_database
from hub.db.pool import ReadPool
from hub.db.transactions import Transactions
from hub.db.writing import CommandPool
from hub.disclosure import Hub, disclose
from hub.exporting import Exports
from hub.feed.restored import renumber
from hub.feed.waiting import Waiters
from hub.files.objects import open_objects
from hub.files.sweep import Sweeper
from hub.files.uploads import Limits
from hub.graph.catalogue import UnclassifiedField, load_catalogue
from hub.graph.records import CHANGE_LOGS, RECORD_FACTS
from hub.graph.schema import graphql_schema
from hub.graph.static import SchemaAnswers
from hub.graph.subgraphs import subgraphs
from hub.http import absent, export, files, graphiql, log, metrics, observe
from hub.http.documents import document_routes
from hub.http.downloads import Downloads
from hub.http.graphql import SECURITY_HEADERS, GraphQLEndpoint
from hub.http.probes import probe_routes
from hub.http.server import StartFailed
from hub.http.uploads import Uploads
from hub.law.calendar import around
from hub.ledger.follower import Follower, tail_seconds
from hub.ledger.keys import LedgerKeys
from hub.ledger.partitions import maintain
from hub.ledger.writer import LedgerWriter
from hub.oauth.callers import Callers
from hub.oauth.routes import oauth_routes
from hub.oauth.server import OAuthServer
from hub.penalties import publicity
from hub.policy.commanding import CommandRules
from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes
from hub.query.compile import Compiler
from hub.query.cursor import CursorKeys
from hub.query.document import Documents
from hub.recalls.listing import watched
from hub.recalls.settling import Settling, supervising
from hub.secrets import secret
from hub.settings import Settings

PATIENCE_S = 10
"""For what runs beside the requests, when the server stops."""

SWITCH_S = 0.0005
"""What runs on a thread waits for PostgreSQL and then for its turn behind the event loop: Python's own 5 ms a turn
would be longer than the work."""


def make_app(settings: Settings, database: Database, clock: Clock | None = None) -> ASGIApp:
    """The application; connections are opened by its lifespan, everything else is checked here.

    Raises:
        StartFailed: policies, schema or settings are not what they must be (G4).
    """
    clock = clock or SystemClock()
    pool = ReadPool(database.reader_url, settings.read_connections, settings.statement_timeout_ms)
    ledger = LedgerWriter(database.app_url, clock)
    commands = CommandPool(database.app_url, settings.command_connections, settings.statement_timeout_ms)
    hub = _hub(settings, pool, commands, ledger, clock)
    app_engine = database.app_engine()
    follower = Follower(database.app_url)
    arrivals = Arrivals(database.app_url, clock)
    settling = Settling(database.app_url, clock, supervising(hub.engine))
    file_endpoint, sweeper = _files(settings, hub, Transactions(commands))

    def endpoint(asked: Hub, page: Callable[[Send], Awaitable[None]] | None = None) -> GraphQLEndpoint:
        return GraphQLEndpoint(partial(disclose, asked), secret(settings.data, "gateway"), clock, page)

    async def ready() -> None:
        await pool.row("SELECT 1", ())

    async def refresh() -> None:
        metrics.LEDGER_QUEUE.set(ledger.pending)
        async with await AsyncConnection.connect(database.app_url, autocommit=True) as connection:
            metrics.LEDGER_INDEX_LAG.set(await tail_seconds(connection))
            metrics.recalls(await watched(connection, clock.now()))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(log.on_loop_error)
        _tune()
        await asyncio.to_thread(maintain, database.owner_url, clock.now().date())
        await asyncio.to_thread(renumber, database.owner_url, CHANGE_LOGS)
        await pool.open()
        await ledger.open()
        stop = asyncio.Event()
        running = [
            asyncio.create_task(follower.run(stop), name="ledger-follower"),
            asyncio.create_task(arrivals.run(stop), name="arrivals"),
            asyncio.create_task(publicity.run(database.app_url, clock, stop), name="publicity"),
            asyncio.create_task(settling.run(stop), name="recalls"),
            asyncio.create_task(sweeper.run(stop), name="file-sweeper"),
        ]
        try:
            yield
        finally:
            stop.set()
            await hub.waiters.close()
            await asyncio.wait(running, timeout=PATIENCE_S)
            await commands.close()
            await ledger.close()
            await pool.close()
            app_engine.dispose()

    try:
        oauth = OAuthServer(
            engine=app_engine,
            issuer=settings.base_url,
            purposes=hub.purposes,
            clock=clock,
            scopes=load_scopes(settings.policies).titles,
            observe=observe.oauth,
            plain_http=settings.demo,
        )
    except ValueError as error:
        raise StartFailed(str(error)) from error
    # No generated documentation pages, no redirects built from the Host header.
    outer = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers=absent.HANDLERS,
    )
    outer.router.routes.extend(
        [
            *oauth_routes(oauth),
            *probe_routes(ready, refresh),
            *document_routes(partial(disclose, hub), clock),
            *files.routes(file_endpoint),
            *export.routes(export.ExportEndpoint(Exports(hub))),
        ]
    )
    page = None
    if settings.demo:
        outer.mount("/graphiql", graphiql.files())
        page = graphiql.page()
    endpoints = {"/graphql": endpoint(hub, page), **_subgraph_endpoints(hub, endpoint)}
    return Application(endpoints, outer, hub.waiters.release)


def _tune() -> None:
    """The process, once all is loaded: schema, plans and policies stay, and need not be walked again and again."""
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()


def _files(settings: Settings, hub: Hub, transactions: Transactions) -> tuple[files.FileEndpoint, Sweeper]:
    """Raises:
    StartFailed
    """
    try:
        objects = open_objects(settings.files_url, settings.data / "files")
    except ValueError as error:
        raise StartFailed(f"HUB_FILES_URL: {error}") from error
    limits = Limits(settings.files_bytes_a_day, settings.files_open_uploads, settings.files_upload_hours)
    uploads = Uploads(hub.callers, transactions, objects, hub.commanding.rules, limits, settings.base_url, hub.clock)
    sweeper = Sweeper(
        transactions,
        objects,
        hub.clock,
        upload_hours=settings.files_upload_hours,
        unused_days=settings.files_unused_days,
    )
    return files.FileEndpoint(hub, uploads, Downloads(hub, objects)), sweeper


def _subgraph_endpoints(hub: Hub, endpoint: Callable[[Hub], GraphQLEndpoint]) -> dict[str, GraphQLEndpoint]:
    """One slice each: its own schema to validate and introspect by; compiler, policies and ledger are the same."""
    catalogue = load_catalogue()
    return {
        f"/subgraphs/{name}/graphql": endpoint(
            replace(
                hub,
                documents=Documents(each.schema),
                schema_answers=SchemaAnswers(each.schema, catalogue, hub.purposes, each.sdl),
            )
        )
        for name, each in subgraphs().items()
    }


def _hub(settings: Settings, pool: ReadPool, commands: CommandPool, ledger: LedgerWriter, clock: Clock) -> Hub:
    """Schema, classes and policies, checked against each other: a closed start.

    Raises:
        StartFailed
    """
    try:
        schema, catalogue = graphql_schema(), load_catalogue()
        purposes = load_purposes(settings.policies)
        engine = PolicyEngine.load(settings.policies, tuple(RECORD_FACTS.values()))
        compiler = Compiler(schema, catalogue)
        compiler.prepare(engine.structured(structure) for structure in engine.claimable())
        around(
            "000000", today(clock)
        )  # reads the calendars of fifteen years: not in the first request that counts days
        callers, cursor_keys = Callers(pool, clock), CursorKeys.of(secret(settings.data, "cursor"))
        rules = CommandRules.load(settings.policies)
        return Hub(
            callers=callers,
            documents=Documents(schema),
            engine=engine,
            compiler=compiler,
            pool=pool,
            ledger=ledger,
            ledger_keys=LedgerKeys.load(settings.data),
            cursor_keys=cursor_keys,
            purposes=purposes,
            schema_answers=SchemaAnswers(schema, catalogue, purposes),
            waiters=Waiters(pool),
            clock=clock,
            commanding=Commanding(compiler, callers, pool, commands, rules, cursor_keys, clock),
        )
    except (PolicyError, UnclassifiedField) as error:
        raise StartFailed(str(error)) from error


@dataclass(frozen=True, slots=True)
class Application:
    """GraphQL goes straight to its endpoint; everything else through FastAPI, with headers and a log line around it.

    `release`: answers that wait for a change are given at once; for a server that stops.
    """

    graphql: dict[str, GraphQLEndpoint]
    outer: FastAPI
    release: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.outer(scope, receive, send)
        elif endpoint := self.graphql.get(scope["path"]):
            await endpoint(scope, receive, send)
        else:
            await self._other(scope, receive, send)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                stated = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in SECURITY_HEADERS if h[0] not in stated)]
            await send(message)

        try:
            await self.outer(scope, receive, send_with_headers)
        except Exception:  # noqa: BLE001 - answered with 500 by then; a traceback would print values (security.md 40)
            log.logger.exception("internal", route=self._route(scope))
        observe.other(started, self._route(scope), status)

    def _route(self, scope: Scope) -> str:
        """The route as the hub names it: a path may hold anything."""
        for route in self.outer.router.routes:
            if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
                return route.path
        return "other"


def worker() -> ASGIApp:
    """The application of one worker process, by its environment."""
    settings = Settings()
    log.configure(settings.log_level)
    return make_app(settings, open_database(settings))
