"""`hub …`: what an operator and a newcomer type. Each command imports what it needs, so that `hub token` is quick.

Answers go to stdout, messages (Chinese and English) to stderr; an error exits with 1, a misuse with 2.
"""

import os
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from hub.db.engine import Database
    from hub.http.asking import Asking
    from hub.settings import Settings

MOUNTED = {
    "policy": ("hub.policy.commands", "policy_app", "May they: check, explain, matrix · 策略"),
    "agency": ("hub.oauth.commands", "agency_app", "Agencies · 机关"),
    "client": ("hub.oauth.commands", "client_app", "Clients and their keys · 客户端"),
    "scope": ("hub.oauth.commands", "scope_app", "Grants of scopes and purposes · 授权"),
    "officer": ("hub.officers.commands", "officer_app", "Who may act for an agency · 执法人员"),
    "credit": ("hub.credit.commands", "credit_app", "Scores of a period, and why · 信用评分"),
    "feed": ("hub.feed.commands", "feed_app", "Who follows the change feeds, and how far · 变更流"),
    "document": ("hub.documents.commands", "document_app", "Papers of a transfer as Word files · 移送文书"),
    "register": ("hub.register.commands", "register_app", "The register as a workbook · 台账"),
    "oversight": ("hub.register.oversight_commands", "oversight_app", "Who is late, and spot checks · 督办、抽查"),
    "files": ("hub.files.commands", "files_app", "Files of evidence: list, sweep, verify · 证据文件"),
    "report": ("hub.reports.commands", "report_app", "Annual report · 年度报告"),
    "ledger": ("hub.ledger.commands", "ledger_app", "Who saw what, for what · 披露台账"),
}
"""Groups of commands that live beside what they command: module, name, help; imported when one is called."""


class LazyGroup(TyperGroup):
    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *MOUNTED]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in MOUNTED:
            return super().get_command(ctx, cmd_name)
        module, name, text = MOUNTED[cmd_name]
        if self._listing:
            return TyperGroup(name=cmd_name, help=text)
        group = getattr(import_module(module), name)
        # A traceback with local variables would show values.
        group.pretty_exceptions_enable = group._add_completion = False  # noqa: SLF001 - typer has no setter
        command = typer.main.get_command(group)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would show values.
    pretty_exceptions_enable=False,
    help="Agencies share data lawfully · 部门间依法共享数据",
)
schema_app = typer.Typer(no_args_is_help=True, help="The exported SDL · 导出的模式")
app.add_typer(schema_app, name="schema")

Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
Client = Annotated[str, typer.Option("--as", help="Client id, e.g. demo-health · 客户端")]
Purpose = Annotated[str, typer.Option(help="Purpose of the disclosure · 目的")]
Case = Annotated[str | None, typer.Option(help="Case number (caseNo) · 案件编号")]
Officer = Annotated[str | None, typer.Option(help="NAME:CERTIFICATE_NO · 姓名:执法证号", metavar="NAME:CERTIFICATE_NO")]
Url = Annotated[str | None, typer.Option(help="Base URL of the hub; default: the one serving from the data folder")]
DEFAULT_DATA = Path(".hub")


def _asking(
    client: Client,
    purpose: Purpose,
    case: Case = None,
    officer: Officer = None,
    url: Url = None,
    data: Data = DEFAULT_DATA,
) -> "Asking":
    from hub.http.asking import Asking

    return Asking(data, client, purpose, case, officer, url)


def as_client(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of a client (those of `_asking`) in place of its argument `asking`."""
    options = signature(_asking).parameters
    own = [each for name, each in signature(command).parameters.items() if name != "asking"]

    @wraps(command, assigned=("__name__", "__doc__"))
    def run(**given: Any) -> None:
        command(asking=_asking(**{name: given.pop(name) for name in options}), **given)

    named = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in (*own, *options.values())]
    run.__signature__ = Signature(named)  # type: ignore[attr-defined]
    return run


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1 · 端口")] = 8000,
    data: Data = DEFAULT_DATA,
    scale: Annotated[int, typer.Option(min=1, help="Times the default amount of sample data · 样例数据倍数")] = 1,
) -> None:
    """Serve sample data on an embedded database · 以样例数据在本机演示"""
    from hub.http.running import run_demo
    from hub.settings import Settings

    settings = Settings(data=data, port=port, base_url=f"http://127.0.0.1:{port}", demo=True)
    raise typer.Exit(run_demo(settings, scale, _build))


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes · 进程数")] = 1,
) -> None:
    """Serve a site, by its HUB_… settings · 按 HUB_… 环境变量提供服务"""
    from hub.http.running import run_site
    from hub.settings import Settings

    raise typer.Exit(run_site(Settings(), workers, _build, "hub.app:worker"))


@app.command()
def migrate(data: Data = DEFAULT_DATA) -> None:
    """Bring the database to the current schema · 升级数据库结构"""
    from hub.http.running import run_migrations
    from hub.settings import Settings

    raise typer.Exit(run_migrations(Settings(data=data)))


@app.command()
@as_client
def token(asking: "Asking") -> None:
    """Print a bearer token of a client, valid for five minutes · 取得访问令牌"""
    from hub.http.asking import NotAnswered

    try:
        typer.echo(asking.token())
    except NotAnswered as error:
        _fail(error)


@app.command()
@as_client
def query(
    asking: "Asking",
    document: Annotated[str, typer.Argument(help="GraphQL document, or @FILE · 查询文档")],
    variables: Annotated[str | None, typer.Option(help="Variables as one JSON object · 变量", metavar="JSON")] = None,
) -> None:
    """Ask one GraphQL query and print the answer · 提交查询并输出答复"""
    from hub.http.asking import NotAnswered

    try:
        answer = asking.answer(document, variables)
    except NotAnswered as error:
        _fail(error)
    sys.stdout.buffer.write(answer + b"\n")


@schema_app.command("export")
def schema_export(
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file is not current")] = False,
) -> None:
    """Write schema/*.graphql from the code · 由代码导出 SDL"""
    from hub.graph.export import export, stale

    if not check:
        for path in export():
            typer.echo(path, err=True)
        return
    if differing := stale():
        _fail("\n".join([*map(str, differing), "不是最新，请运行 make schema · not current: run make schema"]))


def _build(settings: "Settings", database: "Database") -> "ASGIApp":
    from hub.app import make_app

    return make_app(settings, database)


def _fail(message: object) -> None:
    typer.echo(str(message), err=True)
    raise typer.Exit(1)


def main() -> None:
    # The embedded server's library warns of a folder that it then makes; nobody can act on it.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    try:
        app()
    except ValueError as error:
        # Imported only now: `hub token` needs no settings.
        from pydantic import ValidationError

        from hub.settings import Settings, problems

        if not isinstance(error, ValidationError) or error.title != Settings.__name__:
            raise
        typer.echo(problems(error), err=True)
        sys.exit(1)
    finally:
        _let_go()


def _let_go() -> None:
    """`… | head`: the reader has enough. What is still buffered goes nowhere, without a traceback."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
