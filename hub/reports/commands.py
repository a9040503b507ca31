"""`hub report annual | verify`: the annual report of an agency, and whether columns are the recount of events."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import select

from hub.clock import SystemClock, today
from hub.http.asking import Asking, NotAnswered
from hub.law.region import level_of
from hub.oauth.commands import administration
from hub.oauth.tables import Client
from hub.parties.tables import Agency
from hub.policy.purposes import load_purposes
from hub.reports import annual as annual_report
from hub.reports.verify import differing
from hub.reports.workbook import write
from hub.settings import Settings

HERE = Path(".hub")
report_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Annual report · 年度报告")
Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]


@report_app.command("annual")
def annual(
    agency: Annotated[str, typer.Option(help="Agency code, e.g. 640104-HEALTH · 机关代码")],
    year: Annotated[int | None, typer.Option(min=2000, max=2100, help="Default: last year · 年度，默认上一年")] = None,
    client: Annotated[str | None, typer.Option("--as", help="Its client; default: one with a key here")] = None,
    url: Annotated[str | None, typer.Option(help="Base URL of the hub; default: the one that serves here")] = None,
    out: Annotated[Path | None, typer.Option(help="Write a workbook (.xlsx) · 写入工作簿")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
    data: Data = HERE,
) -> None:
    """The transfers an agency sent in a year, their results, and where both sides differ · 年度移送情况报告"""
    acting = client or _client_of(data, agency)  # first: a mistyped agency is told as such
    purpose = _purpose(agency)
    asking = Asking(data, acting, purpose, None, None, url)

    def ask(document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = json.loads(asking.answer(document, json.dumps(variables)))
        if answer.get("errors") or answer.get("data") is None:
            raise annual_report.NotReported(str(answer.get("errors")))
        found: Mapping[str, Any] = answer["data"]
        return found

    try:
        made = annual_report.report(ask, year or annual_report.last_year(today(SystemClock())), purpose)
        if out is not None:
            write(made, out)
    except (NotAnswered, annual_report.NotReported, OSError) as error:
        _quit(error)
    if out is not None:
        typer.echo(f"已写入 · written: {out}", err=True)
    if as_json or out is None:
        sys.stdout.write(json.dumps(made, ensure_ascii=False, indent=1) + "\n")


@report_app.command("verify")
def verify(data: Data = HERE) -> None:
    """Are the counted columns what the events say? · 由事件重新计算并核对"""
    counted, wrong = 0, 0
    with administration(data) as connection:
        for transfer, names in differing(connection):
            counted += 1
            if names:
                wrong += 1
                typer.echo(f"{transfer}: {', '.join(names)}")
    typer.echo(f"核对 {counted} 件，不符 {wrong} 件 · {counted} transfers, {wrong} differ", err=True)
    if wrong:
        raise typer.Exit(1)


def _purpose(agency: str) -> str:
    """A province reports its chain, for statistics; all others their own transfers, for their own purpose."""
    region, _, kind = agency.partition("-")
    purposes = load_purposes(Settings().policies)
    if level_of(region) == 1 and purposes[annual_report.SUPERIOR].claimable_by(kind, 1):
        return annual_report.SUPERIOR
    for purpose in purposes.values():
        if purpose.claimable_by(kind, level_of(region)) and not purpose.superior_only:
            return purpose.name
    return _quit(f"{agency}：没有可主张的目的 · no purpose for this kind of agency")


def _client_of(data: Path, agency: str) -> str:
    """A client of the agency whose key lies in the data folder."""
    with administration(data) as connection:
        if not connection.scalar(select(Agency.code).where(Agency.code == agency)):
            _quit(f"没有机关 {agency} · no such agency")
        known = select(Client.client_id).where(Client.agency == agency, Client.disabled_at.is_(None))
        clients = connection.scalars(known.order_by(Client.client_id)).all()
    for client in clients:
        if (data / "clients" / f"{client}.jwk").exists():
            return str(client)
    return _quit(
        f"{data}/clients 中没有 {agency} 的密钥；请由该机关自行查询 clueStatistics\n"
        f"No key of {agency} in {data}/clients: the agency asks clueStatistics itself"
    )


def _quit(error: object) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(1)
