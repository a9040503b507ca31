"""Documents that ask every field of every record, and what an answer to them shows."""

from collections.abc import Iterator
from typing import Any

from tests.properties.oracle_law import CLASS_OF, MANY, ONE, PAGES

ROOTS = (
    "agencies",
    "institutions",
    "clueTransfers",
    "register",
    "penaltyRecords",
    "creditScores",
    "inspectionResults",
    "agreementMeasures",
)
EVERY = 150
"""More than there are of any type, and few enough for the bound on rows."""
IDENTITY = {
    "Agency": "code",
    "LegalEntity": "uscc",
    "Institution": "nhsaCode",
    "Personnel": "nhsaCode",
    "ClueTransfer": "id",
    "PenaltyRecord": "id",
    "InspectionResult": "id",
    "AgreementMeasure": "id",
}
STRUCTURE = {"Region": "code name level", "Evidence": "kind name sha256 size mediaType dataClass fileId"}


def fields_of(kind: str, *, deep: bool = True) -> str:
    """All classified fields of a type; relations to other records by their identity."""
    parts = ["hiddenFields"]
    for name in CLASS_OF[kind]:
        target, *_ = ONE.get(f"{kind}.{name}") or MANY.get(f"{kind}.{name}") or ("",)
        if not target:
            parts.append(name)
        elif target in STRUCTURE:
            parts.append(f"{name} {{ {STRUCTURE[target]} }}")
        elif target not in IDENTITY or (deep and target == "LegalEntity"):
            parts.append(f"{name} {{ {fields_of(target)} }}")
        else:
            parts.append(f"{name} {{ {IDENTITY[target]} }}")
    if kind == "Institution":
        parts.append(f"personnel(first: 20) {{ nodes {{ {fields_of('Personnel')} }} }}")
    return " ".join(parts)


def document(root: str) -> str:
    kind, *_ = PAGES[f"Query.{root}"]
    return f"{{ {root}(first: {EVERY}) {{ totalCount nodes {{ {fields_of(kind)} }} }} }}"


def nested(root: str) -> str:
    """Every relation of every record of a root, one step deep: where a right can be forgotten."""
    kind, *_ = PAGES[f"Query.{root}"]
    body = relations(kind)
    return f"{{ {root}(first: 20) {{ nodes {{ __typename {body} }} }} }}"


def relations(kind: str, depth: int = 2) -> str:
    parts = []
    for coordinate, (target, *_) in (ONE | MANY | PAGES).items():
        if not coordinate.startswith(f"{kind}."):
            continue
        inner = STRUCTURE.get(target) or "hiddenFields"
        inner += f" {relations(target, depth - 1)}" if depth > 1 else ""
        name = coordinate.partition(".")[2]
        parts.append(f"{name}(first: 2) {{ nodes {{ {inner} }} }}" if coordinate in PAGES else f"{name} {{ {inner} }}")
    return " ".join(parts)


def identity(kind: str, node: dict[str, Any]) -> tuple[Any, ...]:
    if kind == "CreditScore":
        # Without parties:read nothing tells whose score it is: all that is open on every listed score names it.
        return (
            kind,
            str([node[name] for name in ("period", "score", "grade", "modelVersion", "dimensions", "measures")]),
        )
    return (kind, node[IDENTITY[kind]])


def shown(root: str, answered: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """(record, field) of every value in the answer to `document(root)`, items by their place's content."""
    page = answered["data"][root]
    kind, *_ = PAGES[f"Query.{root}"]
    for node in page["nodes"] if page else ():
        yield from _values(kind, identity(kind, node), node)


def _values(kind: str, key: tuple[Any, ...], node: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, value in node.items():
        if name == "hiddenFields" or value is None:
            continue
        yield (*key, name)
        items = value["nodes"] if name == "personnel" else value if isinstance(value, list) else ()
        for item in items:
            if isinstance(item, dict):
                for inner, leaf in item.items():
                    if leaf is not None and inner != "hiddenFields":
                        yield (*key, name, inner, str(leaf))
