"""`hub feed lag | rejections | recalls`: who follows the change feeds, how far, and who has yet to act on a recall."""

from pathlib import Path
from typing import Annotated

import typer

from hub.clock import SystemClock
from hub.following import lag as following
from hub.graph.catalogue import load_catalogue
from hub.graph.records import RECORD_FACTS
from hub.oauth.commands import administration
from hub.oauth.printing import print_list
from hub.policy.engine import PolicyEngine
from hub.recalls.commands import recalls
from hub.settings import Settings

MOST = 1_000_000
HERE = Path(".hub")
feed_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Change feeds · 变更流")

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")]


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
