"""`hub schema export`: the SDL in `schema/`, one file per subgraph and the public one. Written by the code."""

from pathlib import Path

from hub.graph.subgraphs import public_sdl, subgraphs

FOLDER = Path(__file__).resolve().parent.parent.parent / "schema"
HEADER = "# Written by `make schema`; edit hub/*/types.py. 由代码导出，请勿手改。\n"


def export(folder: Path = FOLDER) -> list[Path]:
    """Writes all files; gives their paths."""
    folder.mkdir(exist_ok=True)
    written = []
    for path, text in _files(folder).items():
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def stale(folder: Path = FOLDER) -> list[Path]:
    """Files that do not say what the code does, missing and superfluous ones too."""
    files = _files(folder)
    differing = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return differing + [path for path in folder.glob("*.graphql") if path not in files]


def _files(folder: Path) -> dict[Path, str]:
    texts = {"hub": public_sdl(), **{f"{name}.subgraph": each.sdl for name, each in subgraphs().items()}}
    return {folder / f"{name}.graphql": HEADER + text for name, text in texts.items()}
