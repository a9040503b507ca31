"""`policies/MATRIX.md`: the matrix as the policies give it, for readers."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.policy.engine import PolicyEngine
from hub.policy.matrix import NEVER, Cell, Word, load_matrix
from hub.policy.vocabulary import DataClass

_HEAD = """<!-- 由 hub policy matrix 生成，请勿手工修改；人工编写的是 matrix.yaml。Written by `hub policy matrix`. -->
# 授权对照表 / What each agency kind may see, for which purpose

由 `*.cedar` 实际求值得到，与人工编写的 [matrix.yaml](matrix.yaml) 一致（测试比对）。
表中没有的机关类别、目的、类型、类别一律禁止。
*Evaluated from the Cedar files; equal to the matrix written by hand. What is not in a table is refused.*
"""


def render(engine: PolicyEngine, folder: Path, found: Mapping[Cell, frozenset[str]]) -> str:
    """The whole page, of `matrix.whole`. A cell that no word of `matrix.yaml` describes is shown as its situations."""
    words = load_matrix(folder).words
    told = {cell: _word(words, cell, opened) for cell, opened in found.items()}
    return "\n".join([_HEAD, *_legend(words), *_tables(engine, words, told)]) + "\n"


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


def _tables(engine: PolicyEngine, words: Mapping[str, Word], found: Mapping[Cell, str]) -> Iterator[str]:
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
                    told = [words[rows[c]].zh if rows.get(c) in words else rows.get(c, "—") for c in cells]
                    yield f"| {purpose.name} {purpose.title_zh} | {kind} | {' | '.join(told)} |"
