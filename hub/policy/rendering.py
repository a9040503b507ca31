"""`policies/MATRIX.md`: the matrix as the policies give it, for readers."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.policy.engine import PolicyEngine
from hub.policy.errors import PolicyError
from hub.policy.matrix import NEVER, Cell, Matrix, Word, load_matrix
from hub.policy.vocabulary import DataClass

_HEAD = """<!-- 由 hub policy matrix 生成，请勿手工修改；人工编写的是 matrix.yaml。Written by `hub policy matrix`. -->
# 授权对照表 / What each agency kind may see, for which purpose

由 `*.cedar` 实际求值得到，与人工编写的 [matrix.yaml](matrix.yaml) 一致（测试比对）。
表中没有的机关类别、目的、类型、类别一律禁止；带圈数字为该格之上的禁止，见各表之下的脚注。
*Evaluated from the Cedar files; equal to the matrix written by hand. What is not in a table is refused. A number in a
circle: a forbid that overrides the cell, told below the table.*
"""
_CIRCLED = "①②③④⑤⑥⑦⑧⑨"


def render(engine: PolicyEngine, folder: Path, found: Mapping[Cell, frozenset[str]]) -> str:
    """The whole page, of `matrix.whole`. A cell that no word of `matrix.yaml` describes is shown as its situations.

    Raises:
        PolicyError: `matrix.yaml` is not of its form, or a note names no policy.
    """
    matrix = load_matrix(folder)
    told = {cell: _word(matrix.words, cell, opened) for cell, opened in found.items()}
    return "\n".join([_HEAD, *_legend(matrix.words), *_tables(engine, matrix, told)]) + "\n"


def _word(words: Mapping[str, Word], cell: Cell, opened: frozenset[str]) -> str:
    for name, word in words.items():
        if word.opens.get(cell.type_name, frozenset()) == opened:
            return name
    return " + ".join(sorted(opened))


def _legend(words: Mapping[str, Word]) -> Iterator[str]:
    yield "| 词 / word | 含义 | meaning |"
    yield "|---|---|---|"
    for name, word in words.items():
        yield f"| `{name}` | {word.zh} | {word.en} |"


def _tables(engine: PolicyEngine, matrix: Matrix, found: Mapping[Cell, str]) -> Iterator[str]:
    for type_name in engine.schema.resources:
        rows = {cell: word for cell, word in found.items() if cell.type_name == type_name and word != NEVER}
        classes = [data_class for data_class in DataClass if any(cell.data_class == data_class for cell in rows)]
        yield ""
        yield f"## {type_name}"
        yield ""
        yield f"| 目的 purpose | 机关类别 agency kind | {' | '.join(classes)} |"
        yield "|---|---|" + "---|" * len(classes)
        for purpose in engine.purposes.values():
            for kind in engine.scopes.ceilings:
                cells = [Cell(kind, purpose.name, type_name, data_class) for data_class in classes]
                if any(cell in rows for cell in cells):
                    told = " | ".join(_cell(matrix, type_name, rows.get(cell)) for cell in cells)
                    yield f"| {purpose.name} {purpose.title_zh} | {kind} | {told} |"
        yield from _footnotes(engine, matrix, type_name, set(rows.values()))


def _cell(matrix: Matrix, type_name: str, name: str | None) -> str:
    if name is None or name not in matrix.words:
        return name or "—"
    word = matrix.words[name]
    return word.zh + "".join(_mark(matrix, note) for note in word.notes.get(type_name, ()))


def _mark(matrix: Matrix, note: str) -> str:
    return _CIRCLED[list(matrix.notes).index(note)]


def _footnotes(engine: PolicyEngine, matrix: Matrix, type_name: str, shown: set[str]) -> Iterator[str]:
    borne = {note for name in shown & matrix.words.keys() for note in matrix.words[name].notes.get(type_name, ())}
    for name, note in matrix.notes.items():
        if name in borne:
            if note.policy not in engine.policies:
                raise PolicyError([f"matrix.yaml: notes: {name}: no policy {note.policy}"])
            basis = engine.policies[note.policy].basis
            yield ""
            yield f"{_mark(matrix, name)} {note.zh}。*{note.en}.* `{note.policy}`：{basis}"
