"""`hub document …`: the papers of a transfer and the files of its evidence, fetched like any client would."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import as_client
from hub.documents.contents import Kind
from hub.http.asking import Asking, NotAnswered

document_app = typer.Typer(no_args_is_help=True, help="Papers and evidence of a transfer · 移送文书与证据文件")

Identity = Annotated[str, typer.Argument(help="Public id of the transfer · 移送的公开编号", metavar="ID")]
Out = Annotated[Path, typer.Option(help="File to write · 输出文件", metavar="FILE", dir_okay=False)]


@document_app.command("transfer-letter")
@as_client
def transfer_letter(asking: Asking, transfer: Identity, out: Out) -> None:
    """The transfer document; a draft is marked so · 移送书"""
    _write(Kind.TRANSFER_LETTER, asking, transfer, out)


@document_app.command()
@as_client
def receipt(asking: Asking, transfer: Identity, out: Out) -> None:
    """The receipt that the current receiver signed · 回执"""
    _write(Kind.RECEIPT, asking, transfer, out)


@document_app.command()
@as_client
def evidence(
    asking: Asking,
    transfer: Identity,
    file: Annotated[str, typer.Argument(help="`fileId` of the item of evidence · 证据的 fileId", metavar="FILE_ID")],
    out: Out,
) -> None:
    """One file of evidence, compared with its SHA-256 · 证据文件"""
    _keep(lambda: asking.file(f"{transfer}/{file}"), out)


def _write(kind: Kind, asking: Asking, transfer: str, out: Path) -> None:
    _keep(lambda: asking.document(f"{transfer}/{kind}.docx"), out)


def _keep(fetch: Callable[[], bytes], out: Path) -> None:
    try:
        out.write_bytes(fetch())
    except NotAnswered as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"无法写入 {out} / cannot be written: {error.strerror}", err=True)
        raise typer.Exit(1) from error
    typer.echo(out, err=True)
