"""The exported SDL as plain values: types, fields, arguments, with the classes and scopes that are printed on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    ConstDirectiveNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    EnumValueNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    ValueNode,
    parse,
)

from hub.policy.vocabulary import DataClass

ROOTS = ("Query", "Mutation", "Subscription")
_Object = ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode | InterfaceTypeExtensionNode


@dataclass(frozen=True, slots=True)
class SdlField:
    """One field of an object type.

    Attributes:
        target: name of the type it leads to, without list and non-null.
        classes: as printed by `@dataClass`; none: structure.
        scopes: as `@requiresScopes` has them: one of the sets, all of it; none: no scope is asked.
        arguments: named type by name.
    """

    name: str
    target: str
    classes: tuple[DataClass, ...]
    scopes: tuple[frozenset[str], ...]
    arguments: Mapping[str, str]


@dataclass(slots=True)
class Sdl:
    """A schema document.

    Attributes:
        objects: fields by name, by object type.
        scopes: of object types.
        possible: object types by interface or union.
        entities: object types with a key: a gateway may ask for them by it.
        inputs: named type by field, by input object.
        enums: values by enum.
    """

    objects: dict[str, dict[str, SdlField]] = field(default_factory=dict)
    scopes: dict[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    possible: dict[str, set[str]] = field(default_factory=dict)
    entities: set[str] = field(default_factory=set)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)

    def object_types(self, name: str) -> list[str]:
        """The object types that a value of the named type may have; none: it is a scalar or an enum."""
        return [name] if name in self.objects else sorted(self.possible.get(name, ()))


def read_sdl(text: str) -> Sdl:
    """The document, with what `extend` adds.

    Raises:
        GraphQLSyntaxError, ValueError: no SDL, or it prints a class that there is not.
    """
    found = Sdl()
    for node in parse(text).definitions:
        match node:
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode():
                name = node.name.value
                found.objects.setdefault(name, {}).update(_fields(node))
                found.scopes[name] = found.scopes.get(name, ()) + _scopes(node.directives)
                if any(one.name.value == "key" for one in node.directives or ()):
                    found.entities.add(name)
                for interface in node.interfaces or ():
                    found.possible.setdefault(interface.name.value, set()).add(name)
            case UnionTypeDefinitionNode() | UnionTypeExtensionNode():
                members = {member.name.value for member in node.types or ()}
                found.possible.setdefault(node.name.value, set()).update(members)
            case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
                found.inputs.setdefault(node.name.value, {}).update(_values(node.fields))
            case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
                found.enums.setdefault(node.name.value, []).extend(one.name.value for one in node.values or ())
    return found


def _fields(node: _Object) -> dict[str, SdlField]:
    return {one.name.value: _field(one) for one in node.fields or ()}


def _field(node: FieldDefinitionNode) -> SdlField:
    return SdlField(
        node.name.value, _named(node.type), _classes(node.directives), _scopes(node.directives), _values(node.arguments)
    )


def _values(nodes: Iterable[InputValueDefinitionNode] | None) -> dict[str, str]:
    return {node.name.value: _named(node.type) for node in nodes or ()}


def _named(node: TypeNode) -> str:
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode)  # noqa: S101 - there is no other
    return node.name.value


def _classes(directives: Iterable[ConstDirectiveNode] | None) -> tuple[DataClass, ...]:
    found = []
    for value in _given(directives, "dataClass", "is"):
        for one in value.values if isinstance(value, ListValueNode) else (value,):
            assert isinstance(one, EnumValueNode)  # noqa: S101 - printed so by Strawberry
            found.append(DataClass(one.value))
    return tuple(found)


def _scopes(directives: Iterable[ConstDirectiveNode] | None) -> tuple[frozenset[str], ...]:
    found = []
    for value in _given(directives, "requiresScopes", "scopes"):
        assert isinstance(value, ListValueNode)  # noqa: S101 - printed so by Strawberry
        for inner in value.values:
            assert isinstance(inner, ListValueNode)  # noqa: S101
            found.append(frozenset(one.value for one in inner.values if isinstance(one, StringValueNode)))
    return tuple(found)


def _given(directives: Iterable[ConstDirectiveNode] | None, name: str, argument: str) -> list[ValueNode]:
    return [
        given.value
        for directive in directives or ()
        if directive.name.value == name
        for given in directive.arguments or ()
        if given.name.value == argument
    ]
