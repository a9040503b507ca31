"""The credit firewall 信用平台防火墙, proved from the schema: where can the credit platform get by any query at all?

From every root field, and from every entity that a gateway asks for by key, each field, argument, filter and order is
followed until nothing new is found, under the scopes of the ceiling and the verdicts of the policies. What is reached
must be in `policies/firewall.yaml`, written by hand, with its class and on no more records than the law gives
(条例第三十三条; 004第十九条; R21). Nothing is run and no record read: what holds here holds for every document.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from strawberry.utils.str_converters import to_camel_case

from hub.graph.catalogue import Catalogue, load_catalogue
from hub.graph.declare import Classified, Counted, Lookup
from hub.graph.exporting import Export
from hub.graph.exports import EXPORTS
from hub.graph.firewall_exports import of_exports
from hub.graph.firewall_rules import (
    FILE,
    Wall,
    load_wall,
    of_the_ceiling,
    of_the_matrix,
    says_no_more,
    written,
)
from hub.graph.sdl import ROOTS, Sdl, SdlField, read_sdl
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.verdict import Allow, Deny, Verdict, Verdicts
from hub.policy.vocabulary import DataClass
from hub.query.access import judge

PUBLIC_SCHEMA: Final = "hub.graphql"
LEVELS: Final = (1, 2, 3)
PAGES: Final = ("Connection", "Edge", "Changes")
_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_OF_A_CASE: Final = frozenset({"case", "cases", "clue", "clues", "transfer", "transfers", "informant", "doc"})
"""No coordinate that is named so can be open: it would tell of a case, whatever class was declared beside it."""


@dataclass(frozen=True, slots=True)
class Judges:
    """As what the policies judge the fields of a type.

    Attributes:
        resources: of records and of entries of a feed; an item is judged as what holds it.
        entries: type of the record, by type of the entry.
        counted: by root field that counts.
        identifying: class of the field that decides whether a record of the type is listed.
        asked: by coordinate of an argument, what who gives it reads: type of record and class.
    """

    resources: Mapping[str, str]
    entries: Mapping[str, str]
    counted: Mapping[str, str]
    identifying: Mapping[str, Classified]
    asked: Mapping[str, tuple[str, DataClass]] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Judges":
        """As declared beside the types."""
        entries = {name: kind.declared.entry_of for name, kind in catalogue.types.items() if kind.declared.entry_of}
        own = {name: kind.judged_as for name, kind in catalogue.types.items() if kind.judged_as is not None}
        counted = {
            f"Query.{name}": "ClueCount" for name, root in catalogue.roots.items() if type(root.source) is Counted
        }
        listed = {name: kind.identifying for name, kind in catalogue.types.items() if kind.identifying is not None}
        moments = {name: root.source.moments for name, root in catalogue.roots.items() if type(root.source) is Lookup}
        asked = {f"Query.{name}.{to_camel_case(one.argument)}": one.judged for name, one in moments.items() if one}
        return cls(own | {name: own[record] for name, record in entries.items()}, entries, counted, listed, asked)


@dataclass(slots=True)
class Seen:
    """What the walks came to. `problems` as keys: each once, in order. `met`: lines of the file that hold."""

    problems: dict[str, None] = field(default_factory=dict)
    met: set[tuple[str, str]] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Proof:
    """`problems`: none, and the wall holds; `open`, `closed`: classified coordinates that can be asked for."""

    problems: tuple[str, ...]
    open: frozenset[str]
    closed: frozenset[str]


def prove(
    engine: PolicyEngine,
    policies: Path,
    schema: Path,
    judges: Judges | None = None,
    exports: Mapping[str, Export] = EXPORTS,
) -> Proof:
    """Walks the exported schema in the folder `schema` for everyone who may claim the purpose or be the platform.

    Raises:
        PolicyError: a file of the policies is not of its form.
        OSError, GraphQLSyntaxError, ValueError: the exported schema cannot be read.
    """
    wall = load_wall(policies)
    sdl = read_sdl((schema / PUBLIC_SCHEMA).read_text(encoding="utf-8"))
    judges = judges or Judges.of(load_catalogue())
    seen = Seen()
    seen.problems |= dict.fromkeys(of_the_ceiling(engine, wall))
    seen.problems |= dict.fromkeys(of_the_matrix(policies, wall))
    for structure in _callers(engine, wall):
        Walk(sdl, wall, judges, engine.structured(structure), structure, seen).run()
    seen.problems |= dict.fromkeys(_never_met(wall, seen))
    for path in sorted(schema.glob("*.subgraph.graphql")):
        seen.problems |= dict.fromkeys(_strays(sdl, read_sdl(path.read_text(encoding="utf-8")), path.name))
    judged = frozenset(seen.open | seen.closed)
    seen.problems |= dict.fromkeys(of_exports(exports, load_catalogue(), wall, judged))
    return Proof(tuple(seen.problems), frozenset(seen.open), frozenset(seen.closed - seen.open))


def _callers(engine: PolicyEngine, wall: Wall) -> Iterator[Structure]:
    """The platform for all it may claim, and whoever else may claim its purpose; at each level, with all scopes."""
    for purpose in engine.purposes.values():
        kinds = purpose.claimants if purpose.name == wall.purpose else purpose.claimants & {wall.kind}
        for kind in sorted(kinds) if purpose.available else ():
            for level in LEVELS:
                for has_case in (False, True) if purpose.case == "optional" else (False,):
                    yield Structure(kind, level, purpose.name, has_case, engine.scopes.ceilings[kind])


@dataclass(slots=True)
class Walk:
    """One caller's way through the schema, breadth first: the path told is a shortest one."""

    sdl: Sdl
    wall: Wall
    judges: Judges
    verdicts: Verdicts
    caller: Structure
    seen: Seen
    queue: deque[tuple[str, str | None, str]] = field(default_factory=deque)
    known: set[tuple[str, str | None]] = field(default_factory=set)
    read: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self) -> None:
        for root in ROOTS:
            self._reach(root, None, "")
        self._follow()
        for entity in sorted(self.sdl.entities):
            if self._in_scope(entity):
                self._reach(entity, None, "Query._entities")
        self._follow()
        for (kind, name), path in self.read.items():
            if (kind, self.judges.resources.get(kind)) not in self.known:
                self._classified(kind, self.judges.resources.get(kind), self.sdl.objects[kind][name], path)

    def _follow(self) -> None:
        while self.queue:
            kind, resource, path = self.queue.popleft()
            for each in self.sdl.objects[kind].values():
                self._field(kind, resource, each, f"{path} → {kind}.{each.name}" if path else f"{kind}.{each.name}")

    def _reach(self, kind: str, resource: str | None, path: str) -> None:
        resource = self.judges.resources.get(kind, resource)
        if kind in self.sdl.objects and (kind, resource) not in self.known:
            self.known.add((kind, resource))
            self.queue.append((kind, resource, path))

    def _field(self, kind: str, resource: str | None, each: SdlField, path: str) -> None:
        coordinate = f"{kind}.{each.name}"
        resource = self.judges.counted.get(coordinate, resource)
        targets = self.sdl.object_types(each.target)
        open_targets = [target for target in targets if self._in_scope(target)]
        if not self._has(each.scopes) or (targets and not open_targets):
            self._out_of_scope(kind, each.name, path)
            return
        if not each.classes:
            self._structure(kind, each.name, path)
        elif not self._classified(kind, resource, each, path, open_targets):
            return
        self._named(coordinate, each.name, path)
        self._arguments(coordinate, each, path)
        for target in open_targets:
            self._reach(target, resource, path)

    # --- fields ------------------------------------------------------------------------------------------------------

    def _classified(
        self, kind: str, resource: str | None, each: SdlField, path: str, targets: Sequence[str] = ()
    ) -> bool:
        """Whether anything of the field is open. Open or closed, it must stand in the file as what it is.

        A field is closed, too, where it leads to records of which none can be listed.
        """
        verdict = self._verdict(resource, each.classes)
        unlisted = [self._unlisted(target) for target in targets]
        if not isinstance(verdict, Deny) and unlisted and all(unlisted):
            verdict = unlisted[0]
        if verdict is None:
            self._problem(path, each, "没有策略判断该类型 no policy judges this type")
            return False
        told = self._told(verdict)
        coordinate = f"{kind}.{each.name}"
        is_open = not isinstance(verdict, Deny)
        (self.seen.open if is_open else self.seen.closed).add(coordinate)
        if is_open:
            word = self.wall.word(resource or "", each.classes)
            if word is None:
                self._problem(path, each, f"{told}; 法律不向信用平台提供 the law does not give this", resource)
            elif not says_no_more(verdict, word, self.caller.region_level):
                self._problem(path, each, f"{told}; 超出“{word.zh}” it opens more than “{word.en}”", resource)
        listed = self.wall.fields.get(kind)
        side = "open" if is_open else "closed"
        lines = {} if listed is None else listed.open if is_open else listed.closed
        if each.name in lines.get(written(each.classes), ()):
            self.seen.met.add((coordinate, side))
        else:
            where = f"fields.{kind}.{side}.{written(each.classes)}"
            self._problem(path, each, f"{told}; 未列入 not in {FILE} {where}", resource)
        return is_open

    def _out_of_scope(self, kind: str, name: str, path: str) -> None:
        """Closed by its scope, or by that of all it leads to; roots of other agencies need not be written down."""
        if name in self.wall.beyond.get(kind, ()):
            self.seen.met.add((f"{kind}.{name}", "beyond"))
        elif kind not in ROOTS:
            self.seen.problems[f"{path}: 操作范围之外，未列入 out of scope, and not in {FILE} beyond.{kind}"] = None

    def _structure(self, kind: str, name: str, path: str) -> None:
        place = self._page(kind) or kind
        if name in self.wall.structure.get(place, ()):
            self.seen.met.add((f"{place}.{name}", "structure"))
        else:
            self.seen.problems[f"{path}: 没有数据类别 no data class; 未列入 not in {FILE} structure.{place}"] = None

    def _named(self, coordinate: str, name: str, path: str) -> None:
        if {word.lower() for word in _WORDS.findall(name)} & _OF_A_CASE:
            if coordinate in self.wall.token:
                self.seen.met.add((coordinate, "token"))
            else:
                self.seen.problems[f"{path}: 名称涉及案件或者移送 its name tells of a case or transfer"] = None

    def _verdict(self, resource: str | None, classes: tuple[DataClass, ...]) -> Verdict | None:
        """None: no policy knows the type, or there are more classes than the one or the pair."""
        try:
            match classes:
                case (one,):
                    return self.verdicts.of(resource or "", one)
                case (first, second):
                    return judge(self.verdicts, resource or "", (first, second))
        except KeyError:
            pass
        return None

    def _unlisted(self, kind: str) -> Deny | None:
        """Why no record of the type can be listed, if so."""
        identifying = self.judges.identifying.get(kind)
        if identifying is None or kind not in self.judges.resources:
            return None
        listed = judge(self.verdicts, self.judges.resources[kind], identifying)
        return listed if isinstance(listed, Deny) else None

    def _told(self, verdict: Verdict) -> str:
        match verdict:
            case Allow():
                return f"所有记录可见 open on every record (permit {self.caller.purpose})"
            case Deny(reason):
                return f"不可见 closed by {reason.policy}"
        return f"部分记录可见 open on some records, else closed by {verdict.reason.policy}"

    def _problem(self, path: str, each: SdlField, what: str, resource: str | None = None) -> None:
        judged = f" of {resource}" if resource else ""
        self.seen.problems[f"{path}: {written(each.classes)}{judged}: {what}"] = None

    # --- scopes and pages --------------------------------------------------------------------------------------------

    def _has(self, asked: tuple[frozenset[str], ...]) -> bool:
        scopes = self.caller.scopes
        return not asked or any(one <= scopes for one in asked)

    def _in_scope(self, kind: str) -> bool:
        """Of the type, and of the records that a page of it, or an entry of a feed, is about."""
        behind = [kind, self.judges.entries.get(kind, kind)]
        if self._page(kind):
            member = self.sdl.objects[kind].get("nodes") or self.sdl.objects[kind].get("node")
            behind += [member.target, self.judges.entries.get(member.target, member.target)] if member else []
        return all(self._has(self.sdl.scopes.get(name, ())) for name in behind)

    def _page(self, kind: str) -> str:
        """Which sort of page, if it is one of records that there are."""
        return next((each for each in PAGES if kind.removesuffix(each) in self.sdl.objects and kind.endswith(each)), "")

    # --- arguments ---------------------------------------------------------------------------------------------------

    def _arguments(self, coordinate: str, each: SdlField, path: str) -> None:
        for name, named in each.arguments.items():
            here = f"{path}({name})"
            if name == "filter" and named.removesuffix("Filter") in self.sdl.objects:
                self._filter(named, here)
            elif name == "orderBy" and named.removesuffix("Order") in self.sdl.objects:
                self._order(named, here)
            elif name not in self.wall.paging or named in self.sdl.inputs:
                self._given(coordinate, name, named, here)

    def _given(self, place: str, name: str, named: str, path: str) -> None:
        """An argument or a field of an input object that is neither filter nor order."""
        judged = self.judges.asked.get(f"{place}.{name}")
        refused = judged is not None and isinstance(self.verdicts.of(*judged), Deny)
        side, lines = ("refused", self.wall.refused) if refused else ("arguments", self.wall.arguments)
        if name in lines.get(place, ()):
            self.seen.met.add((f"{place}.{name}", side))
        else:
            self.seen.problems[f"{path}: 参数未列入 an argument that is not in {FILE} {side}.{place}"] = None
        self._named(f"{place}.{name}", name, path)
        if (named, None) not in self.known:
            self.known.add((named, None))
            for inner, kind in self.sdl.inputs.get(named, {}).items():
                self._given(named, inner, kind, f"{path} → {named}.{inner}")

    def _filter(self, named: str, path: str) -> None:
        """To filter by a field is to read it: each is the field of the same name, and judged as that."""
        if (named, "filter") in self.known:
            return
        self.known.add((named, "filter"))
        for name, inner in self.sdl.inputs.get(named, {}).items():
            here = f"{path} → {named}.{name}"
            self._read(named.removesuffix("Filter"), name, here)
            if inner.removesuffix("Filter") in self.sdl.objects:
                self._filter(inner, here)

    def _order(self, named: str, path: str) -> None:
        for name, inner in self.sdl.inputs.get(named, {}).items():
            if name in self.wall.paging:
                continue
            if inner not in self.sdl.enums:
                self._given(named, name, inner, f"{path} → {named}.{name}")
            for value in self.sdl.enums.get(inner, ()):
                self._read(named.removesuffix("Order"), to_camel_case(value.lower()), f"{path} → {inner}.{value}")

    def _read(self, kind: str, name: str, path: str) -> None:
        """By a filter or an order: as if it were selected; if it can be selected, its shorter path is told."""
        behind = self.sdl.objects[kind].get(name)
        if behind is None or not behind.classes:
            self.seen.problems[f"{path}: 没有对应的分类字段 no classified field {kind}.{name} stands behind it"] = None
        elif not isinstance(self._verdict(self.judges.resources.get(kind), behind.classes), Deny):
            self._named(f"{kind}.{name}", name, path)
            self.read.setdefault((kind, name), path)


# --- what is not on a path -------------------------------------------------------------------------------------------


def _never_met(wall: Wall, seen: Seen) -> Iterator[str]:
    """Lines of the file for what is not there: a name that is used anew must be looked at anew."""
    lines = [
        (f"{kind}.{name}", side)
        for kind, fields in wall.fields.items()
        for side, classes in (("open", fields.open), ("closed", fields.closed))
        for names in classes.values()
        for name in names
    ]
    lines += [(f"{kind}.{name}", "structure") for kind, names in wall.structure.items() for name in names]
    lines += [(f"{kind}.{name}", "beyond") for kind, names in wall.beyond.items() for name in names]
    lines += [(f"{place}.{name}", "arguments") for place, names in wall.arguments.items() for name in names]
    lines += [(f"{place}.{name}", "refused") for place, names in wall.refused.items() for name in names]
    lines += [(coordinate, "token") for coordinate in wall.token]
    for coordinate, side in lines:
        if (coordinate, side) not in seen.met:
            yield f"{FILE}: {coordinate} ({side}): 模式中没有，或者与此处不符 not in the schema, or not as said here"


def _strays(public: Sdl, subgraph: Sdl, name: str) -> Iterator[str]:
    """What a subgraph would answer otherwise than the public schema, which alone is walked."""
    for kind, fields in subgraph.objects.items():
        for each in fields.values():
            twin = public.objects.get(kind, {}).get(each.name)
            if twin is None or (twin.classes, twin.scopes) != (each.classes, each.scopes):
                yield f"{name}: {kind}.{each.name}: 与公共模式不同 not as in {PUBLIC_SCHEMA}"
        if not set(public.scopes.get(kind, ())) <= set(subgraph.scopes.get(kind, ())):
            yield f"{name}: {kind}: 操作范围与公共模式不同 its scopes are not as in {PUBLIC_SCHEMA}"
