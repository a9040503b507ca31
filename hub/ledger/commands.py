"""`hub ledger …`: the operator's view of the disclosure ledger, on the data folder, while the hub serves or not."""

import os
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import psycopg
import typer

from hub.clock import BEIJING
from hub.db.engine import open_database
from hub.ledger.lookup import (
    Disclosure,
    UnknownClient,
    UnknownInstitution,
    Window,
    disclosures,
    require_client,
    who_saw,
)
from hub.settings import Settings

MOST = 1_000_000
UNSTATED = "-"
NO_CLIENT = "没有此客户端 · No such client: {!r}"
NO_INSTITUTION = "没有国家医保编码为 {0!r} 的机构 · No institution has the nhsaCode {0!r}"

ledger_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="The disclosure ledger · 披露台账")

Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Beijing day, included · 北京时间日期(含当日)")
]


@ledger_app.callback()
def _group() -> None:
    """披露台账: who saw what, for which purpose."""


@ledger_app.command("list")
def list_(
    *,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NHSA_CODE",
            help="Who saw this institution, or any transfer, penalty, score or person of it · 谁看过该机构",
        ),
    ] = None,
    client: Annotated[str | None, typer.Option(help="Only this client · 仅该客户端")] = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Newest entries at most · 最多条数")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array · 输出 JSON 数组")] = False,
    data: Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")] = Path(".hub"),
) -> None:
    """Entries of the ledger, newest first · 披露记录, 新的在前。"""
    _check_filters(subject, client, since, until)
    window = Window(client, _midnight(since, 0), _midnight(until, 1), limit)
    settings = Settings(data=data)
    if not settings.database_url and not (data / "pgdata" / "PG_VERSION").exists():
        _quit(f"{data} 中没有数据库，先运行 hub migrate 或 hub demo · No database in {data}: run one of these first")
    database = open_database(settings)
    try:
        with psycopg.connect(database.app_url) as connection:
            if client is not None:
                require_client(connection, client)
            found = who_saw(connection, subject, window) if subject is not None else disclosures(connection, window)
            (print_json if as_json else print_lines)(found)
    except UnknownInstitution:
        _quit(NO_INSTITUTION.format(subject))
    except UnknownClient:
        _quit(NO_CLIENT.format(client))
    except psycopg.errors.UndefinedTable:
        _quit("数据库尚未建立台账（先运行 hub migrate）· The database has no ledger yet (run `hub migrate`)")
    except psycopg.OperationalError:
        _quit("无法连接数据库 · The database cannot be reached")
    except BrokenPipeError:
        # `… | head`: the reader has enough. What is still buffered goes nowhere, without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        database.close()


def _check_filters(subject: str | None, client: str | None, since: datetime | None, until: datetime | None) -> None:
    if since and until and since > until:
        _quit(f"--since 晚于 --until，区间为空 · --since lies after --until: {since:%Y-%m-%d} {until:%Y-%m-%d}")
    # What no database takes (NUL, lone surrogates) is nobody's name.
    if client is not None and not client.isprintable():
        _quit(NO_CLIENT.format(client))
    if subject is not None and not subject.isprintable():
        _quit(NO_INSTITUTION.format(subject))


def print_json(found: Iterator[Disclosure]) -> None:
    """One array, an entry per line, written as the entries arrive."""
    separator = b"["
    out = sys.stdout.buffer
    for entry in found:
        out.write(separator + orjson.dumps(as_dict(entry)))
        separator = b",\n"
    out.write(b"[]\n" if separator == b"[" else b"]\n")
    out.flush()


def print_lines(found: Iterator[Disclosure]) -> None:
    """Two lines per entry: who, for what, how much; clause and coordinates. Times in Beijing."""
    number, unstated = 0, False
    for number, entry in enumerate(found, 1):  # noqa: B007 - counted after the loop
        officer = f"{entry.officer_name} ({entry.officer_certificate_no})" if entry.officer_name else UNSTATED
        case_no = entry.case_no or UNSTATED
        records = _counted(entry.record_count, "record")
        unstated = unstated or UNSTATED in (officer, case_no)
        errors = f"  {','.join(entry.error_codes)}" if entry.error_codes else ""
        sys.stdout.write(
            f"{entry.at.astimezone(BEIJING).isoformat(' ', 'seconds')}  {entry.outcome:<8}  {entry.client_id}"
            f"  {entry.agency}  {officer}  {entry.purpose}  {case_no}  {records}{errors}\n"
            f"    {_content(entry)}\n"
        )
    sys.stdout.flush()
    sys.stderr.write(f"{number} 条 · {_counted(number, 'entry', 'entries')}\n")
    if unstated:
        sys.stderr.write(f"{UNSTATED}：令牌未载明执法人员或案件 · the token named no officer, or no case\n")


def _content(entry: Disclosure) -> str:
    """The clause and, by type, the fields: "ClueTransfer{docNo status} Institution{name}"."""
    parts = [f"依据 basis: {entry.legal_basis or UNSTATED}"]
    for title, coordinates in (
        ("显示 shown", entry.shown),
        ("隐藏 masked", entry.masked),
        ("筛选排序 filtered", entry.filtered),
        ("计数 counted", entry.counted),
    ):
        fields: dict[str, list[str]] = {}
        for coordinate in coordinates or ():
            of, _, name = coordinate.partition(".")
            fields.setdefault(of, []).append(name)
        if fields:
            parts.append(f"{title}: {' '.join(f'{of}{{{chr(32).join(names)}}}' for of, names in fields.items())}")
    return " · ".join(parts)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def as_dict(entry: Disclosure) -> dict[str, object]:
    """The JSON form of an entry; names as in GraphQL."""
    return {
        "id": str(entry.id),
        "at": entry.at.isoformat(),
        "clientId": entry.client_id,
        "agency": entry.agency,
        "officerName": entry.officer_name,
        "officerCertificateNo": entry.officer_certificate_no,
        "purpose": entry.purpose,
        "legalBasis": entry.legal_basis,
        "caseNo": entry.case_no,
        "outcome": entry.outcome,
        "errorCodes": entry.error_codes,
        "shown": entry.shown,
        "masked": entry.masked,
        "filtered": entry.filtered,
        "counted": entry.counted,
        "recordCount": entry.record_count,
        "rowCount": entry.row_count,
        "policyVersion": entry.policy_version,
        "operationHmac": entry.operation_hmac,
        "responseHmac": entry.response_hmac,
    }


def _midnight(day: datetime | None, days: int) -> datetime | None:
    """The start of a Beijing day, `days` later."""
    if day is None:
        return None
    try:
        moved: date = day.date() + timedelta(days=days)
    except OverflowError:  # the last day there is
        return None
    return datetime(moved.year, moved.month, moved.day, tzinfo=BEIJING)


def _quit(message: str) -> None:
    sys.stderr.write(message + "\n")
    raise typer.Exit(1)
