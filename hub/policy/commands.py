"""`hub policy check | explain | firewall | matrix | purposes`."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NoReturn, TypeVar

import typer
from sqlalchemy import Connection

from hub.clock import SystemClock, today
from hub.graph.catalogue import load_catalogue
from hub.graph.export import FOLDER as SCHEMA
from hub.graph.export import export, stale
from hub.graph.firewall import prove
from hub.graph.records import RECORD_FACTS
from hub.oauth import store
from hub.oauth.caller import Officer
from hub.oauth.client import NoToken, parse_officer, read_officer
from hub.oauth.commands import administration
from hub.oauth.printing import print_list, print_one
from hub.officers.register import is_registered
from hub.policy.cases import failures, load_cases
from hub.policy.commanding import CommandRules
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.errors import PolicyError
from hub.policy.explain import explanation, lines
from hub.policy.matrix import differences, whole
from hub.policy.purposes import Purpose, load_purposes
from hub.policy.rendering import render
from hub.settings import Settings

policy_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="May they · 授权策略")
Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
Result = TypeVar("Result")
PAGE = "MATRIX.md"
RESTART = "运行中的服务重启后才采用修改 / a running server takes a change up when it is restarted"


@policy_app.command()
def check() -> None:
    """Load the policies, decide every case, compare the matrix · 核对策略、案例与对照表"""
    folder = Settings().policies
    _step("读取并编译策略 / the policies, compiled for everyone who may be issued a token")
    engine = _checked(lambda: PolicyEngine.load(folder, tuple(RECORD_FACTS.values())))
    commands = _checked(lambda: CommandRules.load(folder))
    cases = _checked(lambda: load_cases(folder, engine))
    _step(f"逐条判断 {len(cases)} 个案例 / {len(cases)} cases")
    problems = list(failures(engine, cases))
    _step("逐格比对 matrix.yaml / the matrix, cell by cell")
    found = _checked(lambda: whole(engine, folder))
    problems += _checked(lambda: differences(found, folder))
    page, current = folder / PAGE, _checked(lambda: render(engine, folder, found))
    if not page.exists() or page.read_text(encoding="utf-8") != current:
        problems.append(f"{PAGE}: 不是最新，请运行 hub policy matrix · not current: run `hub policy matrix`")
    if problems:
        _quit("\n".join([*problems, f"{len(problems)} 处不符 / {len(problems)} problems"]))
    typer.echo("全部通过 / all hold", err=True)
    counted = f"{len(engine.policies)} policies, {len(commands.rules)} on commands, {len(cases)} cases"
    typer.echo(f"{counted}, version {engine.version[:16]}", err=True)
    typer.echo(RESTART, err=True)


@policy_app.command()
def firewall() -> None:
    """Prove from schema/ what the credit platform can reach by any query · 由模式证明信用平台防火墙"""
    folder = Settings().policies
    engine = _checked(lambda: PolicyEngine.load(folder, tuple(RECORD_FACTS.values()), compiled=False))
    _step("逐条路径走遍导出的模式 / every path through the exported schema")
    proof = _checked(lambda: prove(engine, folder, SCHEMA))
    problems = list(proof.problems)
    if outdated := stale(
        SCHEMA
    ):  # what the code would serve is walked, too: nobody gets round the proof by not exporting
        with TemporaryDirectory() as code:
            export(Path(code))
            problems += _checked(lambda: prove(engine, folder, Path(code))).problems
        told = "与代码不符，请运行 make schema · not what the code says: run `make schema`"
        problems += [f"schema/{path.name}: {told}" for path in outdated]
    if problems:
        problems = list(dict.fromkeys(problems))
        _quit("\n".join([*problems, f"{len(problems)} 处不符 / {len(problems)} problems"]))
    typer.echo(
        "防火墙成立：所能到达的与 firewall.yaml 完全一致 / the wall holds, exactly as firewall.yaml says", err=True
    )
    typer.echo(f"{len(proof.open)} fields open, {len(proof.closed)} closed to the credit platform", err=True)


@policy_app.command()
def matrix() -> None:
    """Write policies/MATRIX.md from the policies · 由策略生成对照表"""
    folder = Settings().policies
    engine = _checked(lambda: PolicyEngine.load(folder, tuple(RECORD_FACTS.values())))
    page = folder / PAGE
    page.write_text(_checked(lambda: render(engine, folder, whole(engine, folder))), encoding="utf-8")
    typer.echo(_near(page), err=True)
    typer.echo(RESTART, err=True)


@policy_app.command()
def purposes(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False) -> None:
    """List the purposes: who may claim each, on which clause · 目的一览：可主张的机关与条款"""
    listed = _checked(lambda: load_purposes(Settings().policies))
    print_list((_told(purpose, as_json=as_json) for purpose in listed.values()), as_json=as_json)


@policy_app.command()
def explain(
    coordinate: Annotated[str, typer.Argument(metavar="COORDINATE", help="Type.field, e.g. CreditScore.deductions")],
    client: Annotated[str, typer.Option("--as", help="Client id, e.g. demo-health · 客户端")],
    purpose: Annotated[str, typer.Option(help="Purpose of the token · 目的")],
    case: Annotated[str | None, typer.Option(help="Case number (caseNo) · 案件编号")] = None,
    officer: Annotated[
        str | None,
        typer.Option(metavar="NAME:CERTIFICATE_NO", help="Default: the client's own · 承办人，默认为客户端自己的"),
    ] = None,
    data: Data = Path(".hub"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
) -> None:
    """Say whether a client sees a field, by which policy and clause, and what would open it · 说明授权理由

    The purposes: hub policy purposes · 目的一览见 hub policy purposes
    """
    catalogue = load_catalogue()
    try:
        catalogue.field(coordinate)
    except KeyError as error:
        _quit(str(error.args[0]))
    engine = _checked(lambda: PolicyEngine.load(Settings().policies, tuple(RECORD_FACTS.values()), compiled=False))
    with administration(data) as connection:
        structure, agency = _caller(connection, engine, client, purpose, case)
        stated = _officer(data, client, officer)
        registered = stated is not None and is_registered(connection, agency, stated, today(SystemClock()))
    structure = structure._replace(officer=registered)
    who: dict[str, object] = {"client": client, "agency": agency, "purpose": purpose, "case": case, "officer": None}
    if stated is not None:
        who["officer"] = {"name": stated.name, "certificateNo": stated.certificate_no, "registered": registered}
    told = _checked(lambda: explanation(engine, catalogue, coordinate, structure, who))
    if as_json:
        print_one(told, as_json=True)
    else:
        typer.echo("\n".join(lines(told)))


def _told(purpose: Purpose, *, as_json: bool) -> dict[str, object]:
    claimants = sorted(purpose.claimants)
    told: dict[str, object] = {
        "name": purpose.name,
        "claimants": claimants,
        "superiorOnly": purpose.superior_only,
        "case": purpose.case,
        "available": purpose.available,
        "basis": purpose.basis,
        "title": {"zh": purpose.title_zh, "en": purpose.title_en},
    }
    if as_json:
        return told
    return told | {"claimants": ",".join(claimants) or None, "title": f"{purpose.title_zh} / {purpose.title_en}"}


def _caller(
    connection: Connection, engine: PolicyEngine, client_id: str, purpose: str, case_no: str | None
) -> tuple[Structure, str]:
    """What the client's token would be: refused here where no token would be issued."""
    now = SystemClock().now()
    client = store.client_of(connection, client_id, now)
    if client is None:
        _quit(f"没有此客户端 / no such client: {client_id}")
    if client.disabled:
        _quit(f"客户端或其机关已停用 / the client or its agency is disabled: {client_id}")
    if purpose not in engine.purposes:
        near = ", ".join(get_close_matches(purpose, engine.purposes, n=3)) or ", ".join(engine.purposes)
        _quit(f"没有此目的 / no such purpose: {purpose}; near: {near}")
    stated = engine.purposes[purpose]
    if not stated.claimable_by(client.agency_kind, client.region_level):
        _quit(f"该机关不得主张该目的 / this agency may not claim the purpose: {client.agency} {purpose}")
    rights = store.rights_of(connection, client, now)
    if purpose not in rights.purposes:
        _quit(f"该客户端未被授予该目的 / the purpose is not granted to the client: {client_id} {purpose}")
    if case_no is not None and stated.case == "none":
        _quit(f"该目的不得载明案件 / a token for this purpose names no case: {purpose}")
    if case_no is not None and not store.is_case_of(connection, case_no, client):
        _quit(f"不是该机关的案件 / not a case of this agency: {case_no}")
    scopes = frozenset(rights.scopes)
    return Structure(client.agency_kind, client.region_level, purpose, case_no is not None, scopes), client.agency


def _officer(data: Path, client_id: str, given: str | None) -> Officer | None:
    """Whom `hub token` would name, given the same."""
    try:
        return parse_officer(given) if given is not None else read_officer(data, client_id)
    except NoToken as error:
        _quit(str(error))


def _checked(act: Callable[[], Result]) -> Result:
    try:
        return act()
    except PolicyError as error:
        _quit("\n".join(error.problems))
    except OSError as error:
        _quit(f"{error.filename}: {error.strerror}; hub schema export")


def _step(told: str) -> None:
    """Progress, for whoever waits."""
    typer.echo(f"… {told}", err=True)


def _near(path: Path) -> Path:
    """As seen from the current folder, if it lies below it."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path


def _quit(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
