"""One subgraph per slice (design.md 6), cut out of the merged schema: its own types, and what it adds to others'.

A field belongs to the slice that owns what it leads to: `Institution.clueTransfers` is given by `clues`, which knows of
an institution only its key. A field that leads to an entity of another slice holds the entity's key, no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLSchema,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    Visitor,
    build_ast_schema,
    parse,
    print_ast,
    visit,
)
from strawberry.types.base import StrawberryObjectDefinition

from hub.graph.schema import graphql_schema, load_schema

SLICES = ("parties", "clues", "penalties", "credit", "recalls", "ledger")
"""Each is served at `/subgraphs/<name>/graphql`."""
MERGED_ROOTS = frozenset({"node"})
"""Root fields that only the merged schema can answer: they look in several slices."""
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@requiresScopes", "@shareable"])'
)
_ROOTS = ("Query", "Mutation")
_SERVICE = """
scalar _Any
type _Service { sdl: String! }
"""


@dataclass(frozen=True, slots=True)
class Subgraph:
    """SDL as a gateway composes it, and the schema by which documents are validated and introspected."""

    name: str
    sdl: str
    schema: GraphQLSchema


@lru_cache(maxsize=1)
def subgraphs() -> Mapping[str, Subgraph]:
    """All subgraphs by name."""
    return {name: _subgraph(name) for name in SLICES}


def public_sdl() -> str:
    """The merged schema as integrators read it: with data classes and scopes, without what only gateways ask."""
    kept = []
    for node in _document().definitions:
        if _name(node) in ("_Any", "_Entity", "_Service"):
            continue
        kept.append(_without_service(node) if isinstance(node, ObjectTypeDefinitionNode) else node)
    return print_ast(DocumentNode(definitions=tuple(kept))) + "\n"


def _without_service(node: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    return _with_fields(node, [field for field in node.fields or () if not field.name.value.startswith("_")])


@lru_cache(maxsize=1)
def _document() -> DocumentNode:
    return parse(load_schema().as_str(), no_location=True)


def _owner(type_name: str) -> str | None:
    """The slice in whose `types.py` a type stands; None for what all share."""
    kind = graphql_schema().type_map.get(type_name)
    definition = kind.extensions.get("strawberry-definition") if kind else None
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    parts = definition.origin.__module__.split(".")
    if parts[:2] == ["hub", "graph"]:
        return "parties" if type_name in ("Viewer", "FieldAccess", "ViewerOfficer") else None
    return parts[1]


def _subgraph(name: str) -> Subgraph:
    types = {
        _name(node): node
        for node in _document().definitions
        if isinstance(node, TypeDefinitionNode) and not _name(node).startswith("_")
    }
    kept: dict[str, TypeDefinitionNode] = {}
    for type_name, node in types.items():
        if isinstance(node, ObjectTypeDefinitionNode) and (cut := _cut(node, type_name, name)) is not None:
            kept[type_name] = cut
    # What the kept fields name, and is nobody's own: scalars, enums, filters, interfaces, page info; foreign keys.
    wanted = [used for node in kept.values() for used in _used(node)]
    while wanted:
        used = wanted.pop()
        if used in kept or used not in types:
            continue
        kept[used] = _foreign(types[used], used, name)
        wanted += _used(kept[used])
    definitions = [kept[type_name] for type_name in sorted(kept)]
    directives = [node for node in _document().definitions if isinstance(node, DirectiveDefinitionNode)]
    body: list[DefinitionNode] = [*directives, *definitions]
    if not any(_name(node) == "DataClass" for node in definitions):
        body.append(types["DataClass"])
    sdl = LINK + "\n\n" + print_ast(DocumentNode(definitions=tuple(body))) + "\n"
    return Subgraph(name, sdl, _executable(body))


def _cut(node: ObjectTypeDefinitionNode, type_name: str, name: str) -> ObjectTypeDefinitionNode | None:
    """The part of an object type that a slice gives; None: none of it."""
    own = _owner(type_name) == name
    fields = []
    for field in node.fields or ():
        target = _target(field)
        if type_name in _ROOTS:
            given = field.name.value not in MERGED_ROOTS and not field.name.value.startswith("_")
            given = given and (_owner(target) or "parties") == name
        else:
            contributed = target.endswith("Connection")
            given = _owner(target) == name if contributed else own
        if given:
            fields.append(field)
    if type_name not in _ROOTS and not own and fields:
        fields = [*(field for field in node.fields or () if field.name.value in _keys(node)), *fields]
    return _with_fields(node, fields) if fields else None


def _foreign(node: TypeDefinitionNode, type_name: str, name: str) -> TypeDefinitionNode:
    """An entity of another slice: its key only. What belongs to no slice is shared as it is."""
    if not isinstance(node, ObjectTypeDefinitionNode):
        return node
    if _owner(type_name) in (None, name):
        return _marked(node, "shareable")
    fields = [field for field in node.fields or () if field.name.value in _keys(node)]
    if not fields:
        raise LookupError(f"{type_name} of another slice has no key, so {name} cannot lead to it")
    return _with_fields(node, fields)


def _keys(node: ObjectTypeDefinitionNode) -> set[str]:
    return {
        field
        for directive in node.directives or ()
        if directive.name.value == "key"
        for argument in directive.arguments or ()
        if argument.name.value == "fields" and isinstance(argument.value, StringValueNode)
        for field in argument.value.value.split()
    }


def _with_fields(node: ObjectTypeDefinitionNode, fields: list[FieldDefinitionNode]) -> ObjectTypeDefinitionNode:
    names = {field.name.value for field in fields}
    interfaces = tuple(each for each in node.interfaces or () if each.name.value != "Node" or "id" in names)
    return ObjectTypeDefinitionNode(
        name=node.name,
        description=node.description,
        directives=node.directives,
        interfaces=interfaces,
        fields=tuple(fields),
    )


def _marked(node: ObjectTypeDefinitionNode, directive: str) -> ObjectTypeDefinitionNode:
    mark = parse(f"type T @{directive} {{ f: Int }}").definitions[0]
    assert isinstance(mark, ObjectTypeDefinitionNode)  # noqa: S101 - parsed from the line above
    return ObjectTypeDefinitionNode(
        name=node.name,
        description=node.description,
        directives=(*(node.directives or ()), *(mark.directives or ())),
        interfaces=node.interfaces,
        fields=node.fields,
    )


class _Names(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.found.append(node.name.value)


def _used(node: TypeDefinitionNode) -> list[str]:
    names = _Names()
    visit(node, names)
    return names.found


def _target(field: FieldDefinitionNode) -> str:
    names = _Names()
    visit(field.type, names)
    return names.found[0]


def _name(node: DefinitionNode) -> str:
    name = getattr(node, "name", None)
    return name.value if name else ""


class _Plain(Visitor):
    """Without the directives of federation, which only compositions read."""

    def enter_const_directive(self, node: ConstDirectiveNode, *_: object) -> object:
        return None if node.name.value == "dataClass" else self.REMOVE

    enter_directive = enter_const_directive


def _executable(definitions: list[DefinitionNode]) -> GraphQLSchema:
    """What a client of the subgraph may ask, with the fields that a gateway asks (Apollo Federation subgraph spec)."""
    entities = sorted(_name(node) for node in definitions if isinstance(node, ObjectTypeDefinitionNode) and _keys(node))
    roots = "extend type Query { _service: _Service! "
    union = ""
    if entities:
        roots += "_entities(representations: [_Any!]!): [_Entity]! "
        union = f"union _Entity = {' | '.join(entities)}\n"
    # Without locations: each would keep all tokens of the text, for as long as the schema lives.
    extra = parse(f"{_SERVICE}{union}{roots}}}", no_location=True).definitions
    plain = (
        visit(node, _Plain()) if not isinstance(node, SchemaDefinitionNode | DirectiveDefinitionNode) else node
        for node in definitions
    )
    return build_ast_schema(DocumentNode(definitions=(*plain, *extra)))
