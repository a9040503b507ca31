"""The fixture `world`: a fresh database with a small world in it, and the authorization server over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
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
    outcomes: list[tuple[str, str]] = []
    server = OAuthServer(
        app,
        ISSUER,
        load_purposes(folder),
        clock,
        scopes=load_scopes(folder).titles,
        observe=lambda endpoint, outcome: outcomes.append((endpoint, outcome)),
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
