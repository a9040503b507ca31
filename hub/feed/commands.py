"""`hub feed lag | rejections | recalls | reconcile`: who follows, who has yet to act; a copy, kept and proved."""

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from sqlalchemy.exc import SQLAlchemyError

from hub.clock import SystemClock
from hub.following import lag as following
from hub.graph.catalogue import load_catalogue
from hub.graph.records import RECORD_FACTS
from hub.oauth.client import NoToken, granted_scopes, read_key
from hub.oauth.commands import administration
from hub.oauth.printing import print_list
from hub.policy.engine import PolicyEngine
from hub.recalls.commands import recalls
from hub.settings import Settings

MOST = 1_000_000
HERE = Path(".hub")
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "credit_platform"
feed_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Change feeds · 变更流")

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")]


class Copied(StrEnum):
    """What the reference client keeps a copy of."""

    penalties = "penalties"
    inspections = "inspections"
    credit = "credit"


@feed_app.command("lag")
def lag(*, as_json: AsJson = False, data: Data = HERE) -> None:
    """Who has acknowledged what, how many changes behind and for how long · 各系统的确认进度与滞后"""
    engine = PolicyEngine.load(Settings().policies, tuple(RECORD_FACTS.values()))
    with administration(data) as connection:
        found = list(following.lags(connection, load_catalogue(), engine, SystemClock().now()))
    print_list(found, as_json=as_json)
    late = sum(one["state"] == "BEHIND" for one in found)
    typer.echo(f"{late} 个滞后，共 {len(found)} 个 · {late} of {len(found)} behind", err=True)


@feed_app.command("rejections")
def rejections(
    client: Annotated[str | None, typer.Option(help="Only of this client · 客户端")] = None,
    *,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Entries at most · 最多条数")] = 1000,
    data: Data = HERE,
) -> None:
    """Records that readers could not take into their copies, and why · 未能应用的记录"""
    with administration(data) as connection:
        print_list(list(following.rejections(connection, client, limit)), as_json=as_json)


feed_app.command("recalls")(recalls)


@feed_app.command("reconcile")
def reconcile(
    client: Annotated[str, typer.Option(help="Client id, e.g. demo-credit-platform · 客户端")],
    copy: Annotated[str, typer.Option(help="sqlite:///copy.db, postgresql+psycopg://… · 副本所在数据库")],
    feed: Annotated[list[Copied] | None, typer.Option(help="Which; all if left out · 哪些变更流，默认全部")] = None,
    purpose: Annotated[str, typer.Option(help="Purpose of the disclosure · 目的")] = "credit-publication",
    url: Annotated[str | None, typer.Option(help="Base URL of the hub; default: the one on the data folder")] = None,
    data: Data = HERE,
) -> None:
    """Keep a copy by the reference client: take, follow, acknowledge, verify, repair · 以参考客户端核对并修复副本"""
    if not (EXAMPLE / "reconcile.py").exists():
        typer.echo(f"缺少参考客户端 · The reference client is missing: {EXAMPLE.name}", err=True)
        raise typer.Exit(1)
    sys.path.insert(0, str(EXAMPLE))
    example: Any = import_module("reconcile")
    copies: Any = import_module("copies")
    try:
        served = url or (data / "base-url").read_text().strip()
        scopes = [scope for scope in granted_scopes(data, client) if scope in example.SCOPES]
        hub = example.Hub(served.rstrip("/"), client, read_key(data, client), purpose, scopes)
        done = [example.reconcile(hub, copies.Copy(copy), each) for each in map(str, feed or Copied)]
    except FileNotFoundError:
        told = f"没有正在服务的平台，请先启动或者给出 --url · No hub serves from here; start it, or give --url: {data}"
        typer.echo(told, err=True)
        raise typer.Exit(1) from None
    except SQLAlchemyError as error:
        typer.echo(f"不能使用该副本 · This copy cannot be used, see --help: {type(error).__name__}", err=True)
        raise typer.Exit(1) from None
    except (NoToken, OSError, example.Refused, httpx.HTTPError, KeyError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    print_list(done, as_json=True)
    if not all(each["verified"] for each in done):
        typer.echo("副本未能核对一致 · A copy could not be verified", err=True)
        raise typer.Exit(1)
