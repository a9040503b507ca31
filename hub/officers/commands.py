"""`hub officer add | list | end`: the operator's register of officers, one transaction a command."""

import getpass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hub.clock import SystemClock, today
from hub.oauth.commands import administration
from hub.oauth.printing import print_list
from hub.officers import register
from hub.officers.register import RegisterError
from hub.officers.tables import OfficerRole

MOST = 1_000_000
HERE = Path(".hub")
officer_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Officers · 执法人员")

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
AgencyCode = Annotated[str, typer.Argument(metavar="AGENCY", help="Agency code, e.g. 640104-HEALTH · 机关代码")]
Certificate = Annotated[str, typer.Argument(metavar="CERTIFICATE_NO", help="执法证号")]
Roles = Annotated[list[OfficerRole], typer.Option("--role", help="Repeatable · 角色，可重复")]
DAY = ["%Y-%m-%d"]


@officer_app.command("add")
def add(
    agency: AgencyCode,
    name: Annotated[str, typer.Argument(metavar="NAME", help="姓名")],
    certificate_no: Certificate,
    role: Roles,
    valid_from: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First day in Beijing; default: today · 起始日")
    ] = None,
    valid_to: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Last day, included · 截止日（含当日）")
    ] = None,
    data: Data = HERE,
) -> None:
    """Register an officer of an agency · 登记执法人员"""
    try:
        with administration(data) as connection:
            register.register_officer(
                connection,
                agency,
                name,
                certificate_no,
                role,
                valid_from=valid_from.date() if valid_from else today(SystemClock()),
                valid_to=valid_to.date() if valid_to else None,
                by=f"operator:{getpass.getuser()}",
            )
    except RegisterError as error:
        _quit(error)
    typer.echo(f"已登记 · registered: {agency} {name} {certificate_no}", err=True)


@officer_app.command("list")
def list_(
    agency: Annotated[str | None, typer.Option(help="Only of this agency · 机关代码")] = None,
    *,
    current: Annotated[bool, typer.Option("--current", help="Only those valid today · 仅当日有效")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Entries at most · 最多条数")] = 1000,
    data: Data = HERE,
) -> None:
    """Officers by agency · 执法人员名册"""
    on = today(SystemClock()) if current else None
    with administration(data) as connection:
        found = register.officers(connection, agency, on, limit)
        shown = found if as_json else (row | {"roles": ", ".join(row["roles"])} for row in found)
        print_list(shown, as_json=as_json)


@officer_app.command("end")
def end(
    agency: AgencyCode,
    certificate_no: Certificate,
    last_day: Annotated[
        datetime | None,
        typer.Option("--last-day", formats=DAY, help="Last day on which the officer may act; default: yesterday"),
    ] = None,
    data: Data = HERE,
) -> None:
    """End an officer's registration; without a day, at once · 终止登记"""
    last = last_day.date() if last_day else today(SystemClock()) - timedelta(days=1)
    try:
        with administration(data) as connection:
            register.end_officer(connection, agency, certificate_no, last, by=f"operator:{getpass.getuser()}")
    except RegisterError as error:
        _quit(error)
    typer.echo(f"已终止，最后一日 · ended, last day: {last} {certificate_no}", err=True)


def _quit(error: RegisterError) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(1)
