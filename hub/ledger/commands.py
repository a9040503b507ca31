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
from hub.ledger.lookup import Disclosure, UnknownInstitution, Window, disclosures, who_saw
from hub.settings import Settings

MOST = 1_000_000

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
    window = Window(client, _midnight(since, 0), _midnight(until, 1), limit)
    settings = Settings(data=data)
    if not settings.database_url and not (data / "pgdata" / "PG_VERSION").exists():
        _quit(f"No database in {data} (run `hub demo` first) · {data} 中没有数据库")
    database = open_database(settings)
    try:
        with psycopg.connect(database.app_url) as connection:
            found = who_saw(connection, subject, window) if subject is not None else disclosures(connection, window)
            (print_json if as_json else print_lines)(found)
    except (UnknownInstitution, UnicodeEncodeError):
        _quit(f"No institution has the nhsaCode {subject!r} · 没有国家医保编码为 {subject!r} 的机构")
    except psycopg.errors.UndefinedTable:
        _quit("The database has no ledger yet (run `hub migrate`) · 数据库尚未建立台账")
    except psycopg.OperationalError:
        _quit("The database cannot be reached · 无法连接数据库")
    except BrokenPipeError:
        # `… | head`: the reader has enough. What is still buffered goes nowhere, without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        database.close()


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
    """A line per entry; times in Beijing."""
    number = 0
    for number, entry in enumerate(found, 1):  # noqa: B007 - counted after the loop
        officer = f"{entry.officer_name} ({entry.officer_certificate_no})" if entry.officer_name else "-"
        sys.stdout.write(
            f"{entry.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}  {entry.outcome:<8}  {entry.client_id}  {entry.agency}"
            f"  {officer}  {entry.purpose}  {entry.case_no or '-'}  {entry.record_count} records"
            f"{'  ' + ','.join(entry.error_codes) if entry.error_codes else ''}\n"
        )
    sys.stderr.write(f"{number} entries · {number} 条\n")


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
