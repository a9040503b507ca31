"""`hub credit compute | explain`: scores of a period for everybody, and how one score came about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub.clock import BEIJING, SystemClock
from hub.credit import job
from hub.credit.events import events_of
from hub.db.engine import open_database
from hub.law import credit
from hub.law.credit import BadPeriod, Model, Quarter, Score, UnknownModel, UnknownRule
from hub.settings import Settings

HERE = Path(".hub")
credit_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Credit scores · 信用评分")

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
Period = Annotated[str, typer.Option(help="Quarter, e.g. 2025Q4 · 季度")]
ModelVersion = Annotated[
    str | None, typer.Option("--model", help="Version of the model; default: the newest · 模型版本")
]


@credit_app.command("compute")
def compute(period: Period, model: ModelVersion = None, data: Data = HERE) -> None:
    """Compute the scores of all institutions for a period; goes on where it was stopped · 计算评分"""
    by, quarter = _model(model), _quarter(period)
    now = SystemClock().now()
    if quarter.first_day > now.astimezone(BEIJING).date():
        _quit(f"{quarter} 尚未开始 · has not begun")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    step = job.Progress(0, 0, 0)
    with _database(data) as connection, Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"信用评分 credit scores {quarter}", total=None)
        try:
            for step in job.run(connection, by, quarter, now):
                bar.update(task, completed=step.done, total=step.total)
        except job.AlreadyRunning:
            _quit("另一进程正在计算 · Another process computes scores")
        except UnknownRule as unknown:
            _quit(f"模型 {by.version} 没有规则 · The model {by.version} has no rule {unknown}")
    typer.echo(
        f"{quarter} {by.version}：{step.total} 家机构，{step.changed} 个评分新增或变更"
        f" · {step.total} institutions, {step.changed} scores new or changed",
        err=True,
    )


@credit_app.command("explain")
def explain(
    nhsa_code: Annotated[str, typer.Argument(metavar="NHSA_CODE", help="国家医保编码")],
    period: Period,
    model: ModelVersion = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="As known then, Beijing · 按当时所知"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False,
    data: Data = HERE,
) -> None:
    """How a score comes about: each event, its rule, clause and effect. The operator's own view · 解释评分"""
    by, quarter = _model(model), _quarter(period)
    with _database(data) as connection:
        row = connection.execute("SELECT id, name FROM institution WHERE nhsa_code = %s", (nhsa_code,)).fetchone()
        if row is None:
            _quit(f"没有此定点医药机构 · No such institution: {nhsa_code}")
        events = events_of(connection, row[0])
    moment = as_of.replace(tzinfo=BEIJING) if as_of else None
    found = credit.score(by, quarter, events, moment)
    if as_json:
        typer.echo(orjson.dumps(_told(nhsa_code, found)).decode())
        return
    typer.echo(f"{row[1]}  {nhsa_code}  {quarter}  {found.score}  {found.grade}  ({found.model})")
    for one in found.dimensions:
        typer.echo(f"  {one.zh} {one.en}: {one.score} × {one.weight}")
    for effect in found.effects:
        typer.echo(
            f"    {effect.occurred_on}  {-effect.points:+d}  {effect.zh} {effect.en} [{effect.rule}] {effect.clause}"
        )
    typer.echo(f"  {found.basis.title_zh} · {found.basis.notice_zh} {found.basis.notice_en}")


def _told(nhsa_code: str, found: Score) -> dict[str, Any]:
    return {
        "nhsaCode": nhsa_code,
        "period": str(found.period),
        "model": found.model,
        "score": str(found.score),
        "grade": found.grade,
        "measures": found.measures,
        "dimensions": [
            {"code": one.code, "name": one.zh, "score": one.score, "weight": str(one.weight)}
            for one in found.dimensions
        ],
        "effects": [
            {
                "event": effect.event, "rule": effect.rule, "title": effect.zh, "dimension": effect.dimension,
                "points": effect.points, "occurredOn": effect.occurred_on, "clause": effect.clause,
            }
            for effect in found.effects
        ],
        "notice": found.basis.notice_en,
    }  # fmt: skip


@contextmanager
def _database(data: Path) -> Iterator[psycopg.Connection[Any]]:
    settings = Settings(data=data)
    if not settings.database_url and not (data / "pgdata" / "PG_VERSION").exists():
        _quit(f"{data} 中没有数据库，先运行 hub migrate 或 hub demo · No database in {data}: run one of these first")
    database = open_database(settings)
    try:
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            yield connection
    except psycopg.errors.UndefinedTable:
        _quit("数据库尚未升级（先运行 hub migrate）· The database is not current (run `hub migrate`)")
    except psycopg.OperationalError:
        _quit("无法连接数据库 · The database cannot be reached")
    finally:
        database.close()


def _model(version: str | None) -> Model:
    try:
        return credit.model(version) if version else credit.current()
    except UnknownModel:
        known = "、".join(credit.models())
        _quit(f"没有该模型 · No such model: {version}. {known}")


def _quarter(period: str) -> Quarter:
    try:
        return Quarter.of(period)
    except BadPeriod:
        _quit(f"期间应写作 2025Q4 · A period is written 2025Q4: {period}")


def _quit(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
