"""`hub files list | sweep | verify`: the operator's view of stored evidence; names and contents are nobody's here."""

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import text

from hub.clock import SystemClock
from hub.db.engine import open_database
from hub.db.pool import DatabaseUnavailable, StatementTimeout
from hub.db.transactions import Transactions
from hub.db.writing import CommandPool
from hub.files.objects import ObjectMissing, Objects, StoreUnavailable, open_objects
from hub.files.sweep import Sweeper, Swept
from hub.files.tables import FileState
from hub.oauth.commands import administration
from hub.oauth.printing import print_list
from hub.settings import Settings

MOST = 1_000_000
HERE = Path(".hub")
files_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Files of evidence · 证据文件")
Data = Annotated[Path, typer.Option("--data", help="Data folder · 数据目录", envvar="HUB_DATA")]
_LIST = """
SELECT file_id, state, agency, client_id, media_type, size, stored, opened_at, completed_at, ended_at,
       EXISTS (SELECT FROM evidence e WHERE e.file_id = f.file_id) AS used
FROM evidence_file f WHERE CAST(:state AS text) IS NULL OR state = :state
ORDER BY opened_at DESC, file_id LIMIT :most
"""
_COMPLETE = """
SELECT file_id, sha256, size FROM evidence_file WHERE state = 'COMPLETE' ORDER BY file_id LIMIT :most
"""


@files_app.command("list")
def list_(
    state: Annotated[FileState | None, typer.Option(help="Only of this state · 状态")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON · 输出 JSON")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Entries at most · 最多条数")] = 1000,
    data: Data = HERE,
) -> None:
    """Files, newest first · 文件清单"""
    with administration(data) as connection:
        rows = connection.execute(text(_LIST), {"state": state, "most": limit}).mappings().all()
        print_list([dict(row) for row in rows], as_json=as_json)


@files_app.command("sweep")
def sweep(data: Data = HERE) -> None:
    """Remove what was not completed or is not used, as the server does every hour · 清理"""
    settings, objects = Settings(data=data), _objects(data)
    with administration(data):
        try:
            swept = asyncio.run(_sweep(settings, objects))
        except (DatabaseUnavailable, StatementTimeout, StoreUnavailable) as error:
            typer.echo(f"未完成，可再次运行 · not finished, run it again: {type(error).__name__}", err=True)
            raise typer.Exit(1) from None
    typer.echo(
        f"过期上传 · uploads expired: {swept.expired}; 未用文件 · unused files: {swept.unused};"
        f" 残留 · leftovers: {swept.leftovers}",
        err=True,
    )


@files_app.command("verify")
def verify(
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Files at most · 最多个数")] = MOST,
    data: Data = HERE,
) -> None:
    """Read every complete file and compare its SHA-256, for example after a restore · 核验"""
    objects = _objects(data)
    with administration(data) as connection:
        rows = connection.execute(text(_COMPLETE), {"most": limit}).all()
    wrong = asyncio.run(_wrong(objects, [(row.file_id, row.sha256, row.size) for row in rows]))
    for file_id, cause in wrong:
        typer.echo(f"{file_id} {cause}")
    typer.echo(f"核验 · verified: {len(rows)}; 不符 · not as stored: {len(wrong)}", err=True)
    if wrong:
        raise typer.Exit(1)


async def _sweep(settings: Settings, objects: Objects) -> Swept:
    pool = CommandPool(open_database(settings).app_url, 1, settings.statement_timeout_ms)
    try:
        return await Sweeper(
            Transactions(pool),
            objects,
            SystemClock(),
            upload_hours=settings.files_upload_hours,
            unused_days=settings.files_unused_days,
        ).once()
    finally:
        await pool.close()


async def _wrong(objects: Objects, files: list[tuple[UUID, str, int]]) -> list[tuple[UUID, str]]:
    found = [(file_id, await _state(objects, file_id, sha256, size)) for file_id, sha256, size in files]
    return [(file_id, cause) for file_id, cause in found if cause]


async def _state(objects: Objects, file_id: UUID, sha256: str, size: int) -> str:
    """Empty: as it was stored."""
    digest = hashlib.sha256()
    try:
        if await objects.size(file_id) != size:
            return "CHANGED"
        async for piece in objects.read(file_id, 0, size):
            digest.update(piece)
    except ObjectMissing:
        return "MISSING"
    except StoreUnavailable:
        return "UNREADABLE"
    return "" if digest.hexdigest() == sha256 else "CHANGED"


def _objects(data: Path) -> Objects:
    settings = Settings(data=data)
    try:
        return open_objects(settings.files_url, settings.data / "files")
    except ValueError as error:
        typer.echo(f"HUB_FILES_URL: {error}", err=True)
        raise typer.Exit(1) from None
