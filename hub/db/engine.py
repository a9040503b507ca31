"""Three roles, three addresses: owner (migrations, administration), app (tokens, ledger), reader (SELECT only)."""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Engine, create_engine

from hub.db.embedded import EmbeddedServer
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Database:
    """Where the three roles connect (libpq URLs); `embedded` is None for a server of the site's own."""

    owner_url: str
    app_url: str
    reader_url: str
    embedded: EmbeddedServer | None = None

    def owner_engine(self) -> Engine:
        return _engine(self.owner_url)

    def app_engine(self) -> Engine:
        return _engine(self.app_url)

    def close(self) -> None:
        if self.embedded:
            self.embedded.stop()


def open_database(settings: Settings) -> Database:
    """Addresses from the settings, or the embedded server in `settings.data / "pgdata"`, started if it is not running.

    A site may give one URL only: the app and reader connections then give up the owner's rights with `SET ROLE` at
    connect. With a login per role (`HUB_APP_DATABASE_URL`, `HUB_READER_DATABASE_URL`) they never have them.
    """
    if not settings.database_url:
        server = EmbeddedServer((settings.data / "pgdata").resolve())
        return Database(server.url("hub_owner"), server.url("hub_app"), server.url("hub_reader"), server)
    owner = settings.database_url
    return Database(
        owner,
        settings.app_database_url or _under_role(owner, "hub_app"),
        settings.reader_database_url or _under_role(owner, "hub_reader"),
    )


def _under_role(url: str, role: str) -> str:
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}options={quote(f'-c role={role}')}"


def _engine(url: str) -> Engine:
    """A synchronous engine over psycopg 3; every session is in UTC."""
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        # A URL that carries options sets its own; the rest of the hub never relies on the session's zone.
        connect_args={} if "options=" in url else {"options": "-c timezone=UTC"},
        hide_parameters=True,  # a failed statement's values reach no log
        pool_size=4,
        max_overflow=8,
    )
