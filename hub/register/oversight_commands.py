"""`hub oversight list | sample`: who is late, and a spot check, asked by an agency's own client."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import uuid4

import typer

from hub.clues.oversight_types import DUE_WITHIN_DAYS, DUE_WITHIN_DAYS_MAX
from hub.http.asking import Asking, NotAnswered
from hub.register.asked import Refused
from hub.register.oversight import draw, owed

HERE = Path(".hub")
DAY = ["%Y-%m-%d"]
OVERSIGHT = "case-oversight"
oversight_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Oversight · 督办")
Client = Annotated[str, typer.Option("--as", help="Client id, e.g. demo-health · 客户端")]
Purpose = Annotated[str, typer.Option(help="Purpose of the token · 目的")]
Officer = Annotated[str | None, typer.Option(metavar="NAME:CERTIFICATE_NO", help="姓名:执法证号")]
Url = Annotated[str | None, typer.Option(help="Base URL of the hub; default: the one serving from --data")]
Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]


@oversight_app.command("list")
def list_owed(
    client: Client,
    purpose: Purpose = OVERSIGHT,
    days: Annotated[
        int, typer.Option(min=1, max=DUE_WITHIN_DAYS_MAX, help="Due within so many natural days · 几日内到期")
    ] = DUE_WITHIN_DAYS,
    officer: Officer = None,
    url: Url = None,
    data: Data = HERE,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
) -> None:
    """Count what is overdue and due soon, by the agency that owes the step · 逾期和即将到期件数

    Of the client's own agency, and for a superior of those of its kind below it. Tab-separated.
    """
    try:
        found = owed(Asking(data, client, purpose, None, officer, url), days)
    except (NotAnswered, Refused) as error:
        _quit(error)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    typer.echo("agency\towedBy\toverdue\tdueSoon")
    for each in found["owed"]:
        typer.echo(f"{each['agency'] or '—'}\t{each['owedBy']}\t{each['overdue']}\t{each['dueSoon']}")


@oversight_app.command()
def sample(
    client: Client,
    seed: Annotated[str, typer.Option(help="The same seed draws the same · 随机种子")],
    share: Annotated[str, typer.Option(help="More than 0, at most 0.2, e.g. 0.05 · 抽取比例")],
    sent_from: Annotated[datetime, typer.Option("--from", formats=DAY, help="Sent on or after · 发出日期，自")],
    sent_to: Annotated[datetime, typer.Option("--to", formats=DAY, help="Sent on or before · 发出日期，至")],
    purpose: Purpose = OVERSIGHT,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same one draws once; default: a new one · 幂等键")
    ] = None,
    officer: Officer = None,
    url: Url = None,
    data: Data = HERE,
) -> None:
    """Draw a spot check of the transfers below and print it as JSON · 抽查

    The hub draws, and keeps who drew what by which seed; the material of what is drawn opens to the client's agency.
    """
    key = key or str(uuid4())
    try:
        found = draw(
            Asking(data, client, purpose, None, officer, url), key, seed, share, sent_from.date(), sent_to.date()
        )
    except (NotAnswered, Refused) as error:
        typer.echo(f"--key {key}", err=True)
        _quit(error)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1))


def _quit(error: Exception) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(1)
