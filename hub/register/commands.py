"""`hub register export`: the register of an agency as a workbook, by its own client."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from hub.clock import BEIJING, SystemClock
from hub.clues.deadlines import OwedBy
from hub.clues.lifecycle_words import Route, Status
from hub.http.asking import Asking, NotAnswered
from hub.register.asked import Refused, due_between, transfers
from hub.register.workbook import MOST_ROWS, TooManyRows, write

HERE = Path(".hub")
DAY = ["%Y-%m-%d"]
register_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="The register · 台账")


@register_app.callback()
def _group() -> None:
    """The register · 台账"""


@register_app.command()
def export(
    client: Annotated[str, typer.Option("--as", help="Client id, e.g. demo-health · 客户端")],
    purpose: Annotated[str, typer.Option(help="Purpose of the token · 目的")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.xlsx", help="Written, or replaced · 输出文件")],
    case: Annotated[str | None, typer.Option(help="Case number named in the token · 令牌载明的案件")] = None,
    officer: Annotated[str | None, typer.Option(metavar="NAME:CERTIFICATE_NO", help="姓名:执法证号")] = None,
    status: Annotated[list[Status] | None, typer.Option(help="Repeatable · 状态，可重复")] = None,
    route: Annotated[list[Route] | None, typer.Option(help="Repeatable · 路线，可重复")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Repeatable · 线索来源，可重复")] = None,
    catalogue: Annotated[str | None, typer.Option(help="Catalogue code · 移送清单代码")] = None,
    sender: Annotated[list[str] | None, typer.Option(help="Agency code, repeatable · 移送机关，可重复")] = None,
    receiver: Annotated[list[str] | None, typer.Option(help="Agency code, repeatable · 接收机关，可重复")] = None,
    owed_by: Annotated[OwedBy | None, typer.Option(help="Whose step is due · 由谁办理")] = None,
    due_from: Annotated[
        datetime | None, typer.Option("--due-from", formats=DAY, help="Last day in Beijing, from · 期限届满日，自")
    ] = None,
    due_to: Annotated[
        datetime | None, typer.Option("--due-to", formats=DAY, help="Last day in Beijing, to · 期限届满日，至")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Base URL of the hub; default: the one serving from --data")] = None,
    data: Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")] = HERE,
    *,
    overdue: Annotated[
        bool | None, typer.Option("--overdue/--not-overdue", help="Only what is overdue, or what is not · 是否逾期")
    ] = None,
) -> None:
    """Write the register as .xlsx: one row per transfer that the client may know of · 导出台账

    It asks the hub with a token of the client, so policies hold and every page is in the disclosure ledger.
    """
    wanted: dict[str, Any] = {
        "status": {"in": status} if status else None,
        "route": {"in": route} if route else None,
        "source": {"in": source} if source else None,
        "catalogueCodes": {"contains": catalogue} if catalogue else None,
        "sender": {"in": sender} if sender else None,
        "receiver": {"in": receiver} if receiver else None,
        "owedBy": {"eq": owed_by} if owed_by else None,
        "overdue": None if overdue is None else {"eq": overdue},
        "dueAt": due_between(due_from and due_from.date(), due_to and due_to.date()) or None,
    }
    wanted = {name: condition for name, condition in wanted.items() if condition is not None}
    asking = Asking(data, client, purpose, case, officer, url)
    now = SystemClock().now().astimezone(BEIJING)
    about = [
        ("导出时间", f"{now:%Y-%m-%d %H:%M}（北京时间）"),
        ("客户端", client),
        ("目的", purpose),
        ("令牌案件", case or "—"),
        ("筛选条件", "；".join(f"{name}: {condition}" for name, condition in wanted.items()) or "—"),
        ("时间", "均为北京时间。按日计算的期限，届满于最后一日的24时。"),
        ("剩余工作日", "按导出机关所在地的工作日历；放假安排未公布的年份按周末和法定节日估算。"),
        ("期限依据", "“依据在当地有法律效力”为“否”的，是平台默认规则或其他地方的规定，仅供参照。"),
        ("空白", "没有、未知（导入的历史记录），或者该目的不得知悉。"),
    ]
    try:
        count = write(out, transfers(asking, wanted), about)
    except (NotAnswered, Refused) as error:
        _quit(str(error))
    except TooManyRows:
        _quit(f"超过 {MOST_ROWS} 行，请缩小范围 / more than {MOST_ROWS} rows: narrow the filter")
    except OSError as error:
        _quit(f"无法写入 {out} / cannot be written: {out} ({type(error).__name__})")
    typer.echo(f"{out}: {count} 行 / rows", err=True)


def _quit(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
