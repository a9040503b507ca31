"""Settings of one hub process, from the environment (`HUB_…`) or the command line."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

MAX_TIMEOUT_MS = 3_600_000
BASE_URL_FILE = "base-url"
"""In the data folder: where the server on it answers."""


def _database_url(value: str) -> str:
    if value and not (value.startswith("postgresql://") and _is_url(value)):
        raise ValueError("应为 postgresql:// 地址 / must be a postgresql:// address")
    return value


def _files_url(value: str) -> str:
    if value and (not _is_url(value) or urlsplit(value).scheme not in ("file", "s3", "gs", "az", "memory")):
        raise ValueError(
            "应为 file://、s3://、gs:// 或者 az:// 地址 / must be a file://, s3://, gs:// or az:// address"
        )
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value) if _is_url(value) else None
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("应为 https:// 地址 / must be an https:// address")
    if value.endswith("/"):
        raise ValueError("末尾不得有斜杠 / must not end in a slash")
    return value


def _is_url(value: str) -> bool:
    try:
        return urlsplit(value).port != 0
    except ValueError:  # brackets, or a port that is no number
        return False


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(str.lower)]


def problems(error: ValidationError) -> str:
    """Which settings are wrong and why, a line each; never their values, which may hold a password."""
    lines = []
    for entry in error.errors(include_input=False, include_url=False, include_context=False):
        name = f"HUB_{str(entry['loc'][0]).upper()}"
        lines.append(f"{name} 的值无效 · is not valid: {entry['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


class Settings(BaseSettings):
    """Every setting has a default that works for `make demo`.

    Raises ValidationError for a value that cannot be; `problems` words it for the operator.

    Attributes:
        data: folder of the embedded database, the secrets and the demo clients' keys.
        database_url: libpq URL of the owner role (migrations, administration). Empty: embedded server in `data`.
        app_database_url: URL of the role that writes tokens and the ledger. Empty: the owner's URL under `SET ROLE`.
        reader_database_url: URL of the SELECT-only role that runs queries. Empty: likewise.
        base_url: issuer and base of every address the hub announces, without trailing slash.
        demo: plain http, GraphiQL and the demo clients are allowed.
        statement_timeout_ms: of one query statement; exceeded: error `TIMEOUT` and a ledger row.
        read_connections: connections of the SELECT-only pool in one process.
        command_connections: of the app role, that carry out commands; and threads, with one each, for long ones.
        files_url: where files of evidence are stored, for example `s3://bucket/prefix`; credentials come from the
            store's own environment (`AWS_…`). Empty: the folder `files` in `data`.
        files_bytes_a_day: that one client may upload on one Beijing day.
        files_open_uploads: of one client at once.
        files_upload_hours: after which an upload that is not complete is given up.
        files_unused_days: after which a file that no transfer names is removed.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_")

    data: Path = Path(".hub")
    database_url: DatabaseUrl = ""
    app_database_url: DatabaseUrl = ""
    reader_database_url: DatabaseUrl = ""
    base_url: Annotated[str, AfterValidator(_base_url)] = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    demo: bool = False
    statement_timeout_ms: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_MS)] = 5_000
    read_connections: Annotated[int, Field(ge=1, le=1_000)] = 8
    command_connections: Annotated[int, Field(ge=1, le=1_000)] = 8
    files_url: Annotated[str, AfterValidator(_files_url)] = ""
    files_bytes_a_day: Annotated[int, Field(ge=0)] = 20_000_000_000
    files_open_uploads: Annotated[int, Field(ge=1, le=10_000)] = 50
    files_upload_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    files_unused_days: Annotated[int, Field(ge=1, le=3_650)] = 30
    policies: Path = Path(__file__).resolve().parent.parent / "policies"
    log_level: LogLevel = "info"
