"""`hub feed recalls`: who has yet to delete, or replace, what was changed since it was shared (R23)."""

from pathlib import Path
from typing import Annotated

import typer

from hub.clock import SystemClock
from hub.oauth.commands import administration
from hub.oauth.printing import print_list
from hub.recalls import listing

MOST = 1_000_000


def recalls(
    *,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only past their deadline · 仅逾期未确认")] = False,
    client: Annotated[str | None, typer.Option(help="Only of this client · 仅该客户端")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Recalls at most · 最多条数")] = 1000,
    data: Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")] = Path(".hub"),
) -> None:
    """Who received what was changed since, by when it acts, who is late · 撤回通知及确认情况"""
    now = SystemClock().now()
    with administration(data) as connection:
        print_list(listing.recalls(connection, now, overdue=overdue, client=client, most=limit), as_json=as_json)
        found = listing.standing(connection, now)
    typer.echo(
        f"{found.outstanding} 条未确认，其中 {found.overdue} 条逾期；{found.unassigned} 项变更的接收方尚在查找"
        f" · {found.outstanding} not acknowledged, {found.overdue} of them overdue;"
        f" recipients of {found.unassigned} changes are still looked for",
        err=True,
    )
