"""`hub agency …`, `hub client …`, `hub scope …`: the operator's administration of who may ask.

Each command is one transaction on the data folder's database, or on that of `HUB_DATABASE_URL`. Results go to stdout,
messages to stderr; a refusal exits with 1.
"""

import getpass
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.clock import BEIJING
from hub.db.engine import open_database
from hub.oauth import listing, registry
from hub.oauth.keys import generate_key, public_part
from hub.oauth.printing import print_list, print_one
from hub.oauth.registry import RegistryError
from hub.oauth.tables import DEFAULT_DAILY_ROW_QUOTA
from hub.oauth.vocabulary import CLIENT_ID
from hub.policy.errors import PolicyError
from hub.policy.scopes import load_scopes
from hub.settings import Settings

MOST = 1_000_000

agency_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Agencies · 机关")
client_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Clients and their keys · 客户端")
scope_app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Grants of scopes and purposes · 权限范围与目的的授予"
)

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")]
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="Entries at most · 最多条数")]
ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="Client id · 客户端标识")]
AgencyCode = Annotated[str, typer.Argument(metavar="AGENCY", help="Agency code, e.g. 640100-HEALTH · 机关代码")]
PublicJwk = Annotated[
    Path | None,
    typer.Option("--jwk", help="Public key (JWK); without it a key is made here · 公钥文件，缺省则在此生成"),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM-DD|TIME",
        help="Last day in Beijing, or an ISO 8601 time; default: a year · 截止日（北京时间）或 ISO 8601 时刻，缺省一年",
    ),
]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="Scope, repeatable · 权限范围，可重复")]
Purposes = Annotated[list[str] | None, typer.Option("--purpose", help="Purpose, repeatable · 目的，可重复")]
HERE = Path(".hub")


@agency_app.command("create")
def create_agency(
    code: AgencyCode,
    kind: Annotated[str, typer.Option(help="Kind, e.g. HEALTH · 类别")],
    region: Annotated[str, typer.Option(help="Region code · 行政区划代码")],
    name: Annotated[str, typer.Option(help="Full name · 全称")],
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")],
    short_name: Annotated[str | None, typer.Option(help="Short name; default: the name · 简称")] = None,
    data: Data = HERE,
) -> None:
    """Add an agency · 登记机关"""
    with administration(data) as connection:
        registry.register_agency(
            connection, code, kind=kind, region=region, name=name, short_name=short_name or name, uscc=uscc
        )
    _say(f"已登记 · registered: {code}")


@agency_app.command("list")
def list_agencies(*, as_json: AsJson = False, limit: Limit = 1000, data: Data = HERE) -> None:
    """Agencies by code · 机关列表"""
    with administration(data) as connection:
        print_list(listing.agencies(connection, limit), as_json=as_json)


@agency_app.command("disable")
def disable_agency(code: AgencyCode, data: Data = HERE) -> None:
    """End every token of the agency's clients, at once · 停用机关"""
    _change(data, lambda connection: registry.disable_agency(connection, code), f"已停用 · disabled: {code}")


@agency_app.command("enable")
def enable_agency(code: AgencyCode, data: Data = HERE) -> None:
    """Let the agency's clients in again · 启用机关"""
    _change(data, lambda connection: registry.enable_agency(connection, code), f"已启用 · enabled: {code}")


@client_app.command("create")
def create_client(
    client_id: ClientId,
    agency: Annotated[str, typer.Option(help="Agency code · 机关代码")],
    name: Annotated[str, typer.Option(help="Name of the system · 系统名称")],
    *,
    jwk: PublicJwk = None,
    quota: Annotated[int, typer.Option(min=0, help="Rows per Beijing day · 每日行数配额")] = DEFAULT_DAILY_ROW_QUOTA,
    gateway: Annotated[bool, typer.Option("--gateway", help="A federation gateway · 联邦网关")] = False,
    data: Data = HERE,
) -> None:
    """Add a client of an agency; it is granted nothing yet · 登记客户端"""

    def register(connection: Connection, key: Mapping[str, object]) -> str:
        return registry.register_client(
            connection, client_id, agency, name, key, daily_row_quota=quota, gateway=gateway
        )

    _with_key(data, client_id, jwk, register)


@client_app.command("list")
def list_clients(*, as_json: AsJson = False, limit: Limit = 1000, data: Data = HERE) -> None:
    """Clients by id · 客户端列表"""
    with administration(data) as connection:
        print_list(listing.clients(connection, limit), as_json=as_json)


@client_app.command("show")
def show_client(client_id: ClientId, *, as_json: AsJson = False, data: Data = HERE) -> None:
    """A client with its keys and grants · 客户端详情"""
    with administration(data) as connection:
        print_one(listing.client(connection, client_id), as_json=as_json)


@client_app.command("rotate")
def rotate(
    client_id: ClientId,
    jwk: PublicJwk = None,
    overlap: Annotated[
        int, typer.Option(min=0, max=30 * 24 * 60, help="Minutes that the old keys go on · 旧密钥继续有效的分钟数")
    ] = 0,
    data: Data = HERE,
) -> None:
    """Replace a client's keys; without --overlap the old ones stop at once · 更换密钥"""

    def replace(connection: Connection, key: Mapping[str, object]) -> str:
        return registry.rotate_key(connection, client_id, key, timedelta(minutes=overlap))

    _with_key(data, client_id, jwk, replace)


# One thumbprint in 64 begins with a hyphen, and is not an option for that.
@client_app.command("retire-key", context_settings={"ignore_unknown_options": True})
def retire_key(
    client_id: ClientId, kid: Annotated[str, typer.Argument(help="Key id · 密钥标识")], data: Data = HERE
) -> None:
    """End one key and its tokens, at once · 注销一个密钥"""
    _change(data, lambda connection: registry.retire_key(connection, client_id, kid), f"已注销 · retired: {kid}")


@client_app.command("disable")
def disable_client(client_id: ClientId, data: Data = HERE) -> None:
    """End every token of the client, at once · 停用客户端"""
    _change(data, lambda connection: registry.disable_client(connection, client_id), f"已停用 · disabled: {client_id}")


@client_app.command("enable")
def enable_client(client_id: ClientId, data: Data = HERE) -> None:
    """Let the client in again · 启用客户端"""
    _change(data, lambda connection: registry.enable_client(connection, client_id), f"已启用 · enabled: {client_id}")


@client_app.command("set-quota", context_settings={"ignore_unknown_options": True})  # -5 is a number, not an option
def set_quota(
    client_id: ClientId,
    rows: Annotated[int, typer.Argument(min=0, help="Rows per Beijing day · 每日行数")],
    data: Data = HERE,
) -> None:
    """Set how many rows a client may be shown in a day · 设定每日行数配额"""
    _change(data, lambda connection: registry.set_quota(connection, client_id, rows), f"已设定 · set: {rows}")


@scope_app.command("list")
def list_grants(
    client_id: Annotated[str | None, typer.Argument(metavar="[CLIENT]", help="Of one client · 仅该客户端")] = None,
    *,
    ended: Annotated[bool, typer.Option("--all", help="Also grants that ended · 含已终止的授予")] = False,
    as_json: AsJson = False,
    limit: Limit = 1000,
    data: Data = HERE,
) -> None:
    """Scopes and purposes granted · 已授予的权限范围与目的"""
    with administration(data) as connection:
        if client_id is not None:
            listing.client(connection, client_id)
        print_list(listing.grants(connection, limit, client_id, ended=ended), as_json=as_json)


@scope_app.command("grant")
def grant(
    client_id: ClientId,
    scope: Scopes = None,
    purpose: Purposes = None,
    until: Until = None,
    data: Data = HERE,
) -> None:
    """Grant scopes (within the ceiling) and purposes (that the agency may claim) · 授予权限范围与目的"""
    scopes, purposes = _named(scope, purpose)
    ends_at = _end_of(until)
    who = _operator()
    with administration(data) as connection:
        ends = [
            *(registry.grant_scope(connection, client_id, each, ends_at, granted_by=who) for each in scopes),
            *(registry.grant_purpose(connection, client_id, each, ends_at, granted_by=who) for each in purposes),
        ]
    until_when = ends[0].astimezone(BEIJING).isoformat(timespec="seconds")
    _say(f"已授予 · granted: {client_id} {' '.join((*scopes, *purposes))}\n有效至 · until: {until_when}")


@scope_app.command("revoke")
def revoke(client_id: ClientId, scope: Scopes = None, purpose: Purposes = None, data: Data = HERE) -> None:
    """Take scopes and purposes back; tokens that rest on them end at once · 收回权限范围与目的"""
    scopes, purposes = _named(scope, purpose)
    who = _operator()
    with administration(data) as connection:
        for each in scopes:
            registry.revoke_scope(connection, client_id, each, revoked_by=who)
        for each in purposes:
            registry.revoke_purpose(connection, client_id, each, revoked_by=who)
    _say(f"已收回 · revoked: {client_id} {' '.join((*scopes, *purposes))}")


@scope_app.command("set-ceilings")
def set_ceilings(data: Data = HERE) -> None:
    """Make the ceilings those of policies/scopes.yaml; grants beyond them stop at once · 按策略文件更新权限上限"""
    try:
        ceilings = load_scopes(Settings().policies).ceilings
    except PolicyError as error:
        _quit(str(error))
    _change(data, lambda connection: registry.set_ceilings(connection, ceilings), "已更新 · the ceilings are set")


@contextmanager
def administration(data: Path) -> Iterator[Connection]:
    """A transaction of the owner role on the data folder's database, or on that of `HUB_DATABASE_URL`.

    Raises:
        typer.Exit: refused or not possible; the message was printed and nothing changed.
    """
    settings = Settings(data=data)
    if not settings.database_url and not (data / "pgdata" / "PG_VERSION").exists():
        _quit(f"{data} 中没有数据库，先运行 hub migrate 或 hub demo · No database in {data}: run one of these first")
    database = open_database(settings)
    engine = database.owner_engine()
    try:
        with engine.begin() as connection:
            yield connection
    except RegistryError as error:
        _quit(str(error))
    except OperationalError:
        _quit("无法连接数据库 · The database cannot be reached")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42P01":
            raise
        _quit("数据库尚未升级（先运行 hub migrate）· The database is not current (run `hub migrate`)")
    finally:
        engine.dispose()
        database.close()


def _change(data: Path, act: Callable[[Connection], None], done: str) -> None:
    with administration(data) as connection:
        act(connection)
    _say(done)


def _with_key(
    data: Path, client_id: str, jwk: Path | None, register: Callable[[Connection, Mapping[str, object]], str]
) -> None:
    """Registers the public key of a file, or of a new pair whose private key is written to `clients/<client id>.jwk`.

    The private key is on disk before the transaction commits, and in its place only after: neither is ever lost.
    """
    if jwk is not None:
        with administration(data) as connection:
            kid = register(connection, _read_jwk(jwk))
        _say(f"已登记公钥 · registered the public key: {kid}")
        return
    if not CLIENT_ID.fullmatch(client_id):
        _quit(f"客户端标识格式不正确 · not a client id: {client_id}")
    key = generate_key()
    place = data / "clients" / f"{client_id}.jwk"
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_name(f"{place.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(key, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        with administration(data) as connection:
            kid = register(connection, public_part(key))
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    _say(f"私钥 · private key: {place}\nkid: {kid}")


def _read_jwk(path: Path) -> Mapping[str, object]:
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        key = None
    if not isinstance(key, dict):
        _quit(f"无法读取 JWK · Not a readable JWK: {path}")
    return dict(key)


def _named(scopes: list[str] | None, purposes: list[str] | None) -> tuple[list[str], list[str]]:
    if not scopes and not purposes:
        _quit("请给出 --scope 或 --purpose · Name at least one --scope or --purpose")
    return scopes or [], purposes or []


def _end_of(until: str | None) -> datetime | None:
    """The midnight that ends a Beijing day, or the moment given (in Beijing unless it names an offset)."""
    if until is None:
        return None
    try:
        return _end_of_day(date.fromisoformat(until))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        _quit(f"--until 应为日期或 ISO 8601 时刻 · --until is a day (2027-12-31) or an ISO 8601 time, not {until!r}")
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _end_of_day(day: date) -> datetime:
    with suppress(OverflowError):  # the last day there is
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)


def _operator() -> str:
    """The account that types, for the history of grants."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return registry.OPERATOR


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _quit(message: str) -> NoReturn:
    _say(message)
    raise typer.Exit(1)
