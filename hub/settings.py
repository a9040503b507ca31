"""Settings of one hub process, from the environment (`HUB_…`) or the command line."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has a default that works for `make demo`.

    Attributes:
        data: folder of the embedded database, the secrets and the demo clients' keys.
        database_url: libpq URL of the owner role (migrations, administration). Empty: embedded server in `data`.
        app_database_url: URL of the role that writes tokens and the ledger. Empty: the owner's URL under `SET ROLE`.
        reader_database_url: URL of the SELECT-only role that runs queries. Empty: likewise.
        base_url: issuer and base of every address the hub announces, without trailing slash.
        demo: plain http, GraphiQL and the demo clients are allowed.
        statement_timeout_ms: of one query statement; exceeded: error `TIMEOUT` and a ledger row.
        read_connections: connections of the SELECT-only pool in one process.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_")

    data: Path = Path(".hub")
    database_url: str = ""
    app_database_url: str = ""
    reader_database_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = False
    statement_timeout_ms: int = 5_000
    read_connections: int = 8
    policies: Path = Path(__file__).resolve().parent.parent / "policies"
    log_level: str = "info"
