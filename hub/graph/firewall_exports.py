"""The bulk exports as ways to the credit platform: their columns are listed by hand, too, and lead to proven fields."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import FieldNode, parse

from hub.graph.catalogue import Catalogue
from hub.graph.exporting import Export
from hub.graph.firewall_rules import FILE, Wall

UNPROVEN: Final = "不在已证明的路径之内 not among the fields that the walk has judged"


def coordinates(export: Export, catalogue: Catalogue) -> Iterator[str]:
    """Every field that a line of the export is made of."""
    (operation,) = parse(export.selection).definitions
    yield from _selected(export.of, operation.selection_set.selections, catalogue)  # type: ignore[attr-defined]


def _selected(kind: str, selections: tuple[FieldNode, ...], catalogue: Catalogue) -> Iterator[str]:
    for node in selections:
        spec = catalogue.types[kind].fields[node.name.value]
        yield spec.coordinate
        if node.selection_set is not None:
            yield from _selected(spec.target, node.selection_set.selections, catalogue)  # type: ignore[arg-type]


def of_exports(
    exports: Mapping[str, Export], catalogue: Catalogue, wall: Wall, judged: frozenset[str]
) -> Iterator[str]:
    """What is exported and not listed, listed and not exported, or of fields that no walk has judged."""
    for name in sorted(exports.keys() | wall.exports.keys()):
        path = f"GET /feed/export?feed={name}"
        listed = {f"{kind}.{field}" for kind, fields in wall.exports.get(name, {}).items() for field in fields}
        found = set(coordinates(exports[name], catalogue)) if name in exports else set()
        for coordinate in sorted(found - listed):
            yield f"{path} → {coordinate}: 未列入 not in {FILE} exports.{name}"
        for coordinate in sorted(listed - found):
            yield f"{FILE}: exports.{name}: {coordinate}: 该导出没有 not in this export"
        for coordinate in sorted(found - judged):
            yield f"{path} → {coordinate}: {UNPROVEN}"
