"""The fixture `world`: a fresh database with a small world in it, and the authorization server over HTTP."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from oauth_world import ISSUER, Http, SetClock, World, fill
from starlette.applications import Starlette

from hub.db.engine import Database
from hub.oauth.routes import oauth_routes
from hub.oauth.server import OAuthServer
from hub.policy.purposes import load_purposes
from hub.policy.scopes import load_scopes
from hub.settings import Settings


@contextmanager
def made(database: Database) -> Iterator[World]:
    owner, app = database.owner_engine(), database.app_engine()
    keys = fill(owner)
    folder, clock = Settings().policies, SetClock()
    outcomes: list[tuple[str, str, str | None]] = []
    server = OAuthServer(
        app,
        ISSUER,
        load_purposes(folder),
        clock,
        scopes=load_scopes(folder).titles,
        observe=lambda *told: outcomes.append(told),
    )
    http = Http(Starlette(routes=oauth_routes(server)))
    yield World(database, owner, app, server, http, clock, keys, outcomes)
    http.close()
    owner.dispose()
    app.dispose()


@pytest.fixture
def world(empty_database: Callable[[], Database]) -> Iterator[World]:
    """One for this test, which may change it."""
    with made(empty_database()) as world:
        yield world


@pytest.fixture(scope="session")
def still_world(empty_database: Callable[[], Database]) -> Iterator[World]:
    """Shared by tests that only ask, and leave clients, keys and grants as they are."""
    with made(empty_database()) as world:
        yield world


@pytest.fixture
def served(world: World) -> Iterator[str]:
    """The routes under a real server; its base URL, which is its issuer."""
    config = uvicorn.Config(Starlette(), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    listener = config.bind_socket()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = OAuthServer(world.app, url, world.server.purposes, world.clock)
    config.app = Starlette(routes=oauth_routes(server))
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield url
    running.should_exit = True
    thread.join()
    listener.close()
