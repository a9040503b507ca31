"""How each peer is started on the benchmark's database."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.node import FOLDER, NODE
from bench.operations import BARE, HUB, IDIOMATIC, OPERATIONS, POSTGRAPHILE, Key
from bench.servers import Server
from hub.db.engine import Database

ROOT = Path(__file__).resolve().parent.parent.parent
POOL = "8"
"""Connections, as many as the hub's read pool has."""


def hub(folder: Path, database: Database, log: Path) -> Server:
    """One process as `hub serve` starts it; demo mode only lets it speak plain http. Its log lines go to a file."""
    environment = {
        "HUB_DATA": str(folder),
        "HUB_DATABASE_URL": database.owner_url,
        "HUB_APP_DATABASE_URL": database.app_url,
        "HUB_READER_DATABASE_URL": database.reader_url,
        "HUB_BASE_URL": "http://127.0.0.1:PORT",
        "HUB_PORT": "PORT",
        "HUB_DEMO": "1",
        "HUB_LOG_LEVEL": "info",
    }
    return Server(HUB, [str(Path(sys.executable).parent / "hub"), "serve"], environment, log, ROOT)


def idiomatic(database: Database, packages: Path, log: Path) -> Server:
    """`packages`: where `bench.peers.packages` installed its driver."""
    command = [sys.executable, "-m", "bench.peers.idiomatic", "PORT"]
    environment = {"DATABASE_URL": database.reader_url, "PYTHONPATH": str(packages)}
    return Server(IDIOMATIC, command, environment, log, ROOT)


def postgraphile(database: Database, log: Path) -> Server:
    # Its driver wants a host in the address; the socket's folder in the parameter wins.
    url = database.reader_url.replace("@/", "@localhost/")
    environment = {"DATABASE_URL": url, "PORT": "PORT", "POOL": POOL, "NODE_ENV": "production"}
    return Server(POSTGRAPHILE, [NODE, "server.mjs"], environment, log, FOLDER)


def bare(folder: Path, token: str, keys: Mapping[str, list[Key]], log: Path) -> Server:
    """`keys`: by operation; the first two tell the statement's parameters from each other."""
    templates = {
        operation.name: {
            "document": operation.documents[HUB],
            "variables": [
                {"id": key.values[0]} if not key.cursor else {"after": key.cursor} for key in keys[operation.name][:2]
            ],
            "values": [key.values for key in keys[operation.name][:2]],
        }
        for operation in OPERATIONS
    }
    file = log.with_suffix(".templates.json")
    file.write_text(json.dumps(templates))
    command = [sys.executable, "-m", "bench.peers.bare", "PORT", str(folder), str(file)]
    return Server(BARE, command, {"HUB_TOKEN": token, **_unset()}, log, ROOT)


def _unset() -> dict[str, str]:
    """The embedded server of the folder is meant, whatever the environment says."""
    return {name: "" for name in os.environ if name.endswith("DATABASE_URL")}
