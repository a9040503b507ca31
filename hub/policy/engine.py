"""May they: Cedar, partially evaluated, closed in every way. The only file that imports cedarpy.

A policy is evaluated with everything known but the record; what is left is a predicate on the record, and becomes SQL.
The caller's own agency, region, uscc and case are stood for by symbols, so one evaluation serves every caller of one
`Structure`. Whatever Cedar reports beside a plain answer (an error, an unknown entity, a bare variable, a policy that
is missing) is a refusal: `PolicyError`, at start if it can be known then.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cedarpy
import orjson

from hub.oauth.caller import Caller
from hub.policy.cedarschema import disagreements, read_schema
from hub.policy.concrete import Asker, asker_context, asker_entities, record_entities, sample_record
from hub.policy.errors import PolicyError
from hub.policy.evaluate import PlainRecord
from hub.policy.facts import RecordFacts
from hub.policy.files import version_of
from hub.policy.judgement import Effects, Question, judge
from hub.policy.predicate import FALSE, Const, Parameter, Predicate
from hub.policy.purposes import Purpose, load_purposes
from hub.policy.residual import SYMBOLS, Residual
from hub.policy.scopes import Scopes, load_scopes
from hub.policy.source import Json, Policy, read_policies
from hub.policy.verdict import Verdict, Verdicts
from hub.policy.vocabulary import DataClass

_SYMBOL = {parameter: name for (_, name), parameter in SYMBOLS.items()}
_CACHED = 256
"""Structures kept; there are few: kinds × levels × purposes × the one or two scopes that policies name × officer."""


class Structure(NamedTuple):
    """What of a caller decides its verdicts; all else about it is bound as a parameter."""

    kind: str
    region_level: int
    purpose: str
    has_case: bool
    scopes: frozenset[str]
    officer: bool = False
    """The token names an officer who is registered with the agency today."""


class Left(NamedTuple):
    """What is left of one policy, with its conditions as text to know it again by."""

    body: Json
    text: bytes


class Part(NamedTuple):
    """Some of the policies, by `@id`, and as Cedar has them."""

    names: frozenset[str]
    policies: Any


Table = dict[tuple[str, DataClass], Verdict]


@dataclass(frozen=True, slots=True)
class Decision:
    """Cedar's own answer on one whole record; `policies` are the `@id`s that decided."""

    allowed: bool
    policies: tuple[str, ...]


class PolicyEngine:
    """The policies, checked and ready. Make it with `load`.

    Attributes:
        version: hex SHA-256 over all files that decide; in every ledger row.
        policies: by `@id`, forbids in the order in which they are told.
        purposes: by name.
        scopes: with the ceilings by agency kind.
        types: names of all types of record.
    """

    def __init__(self, folder: Path, records: Sequence[RecordFacts]) -> None:
        self.purposes: Mapping[str, Purpose] = load_purposes(folder)
        self.scopes: Scopes = load_scopes(folder)
        self._facts = {facts.cedar_type: facts for facts in records}
        self.types = frozenset(self._facts)
        words = frozenset(self.scopes.ceilings) | frozenset(self.scopes.titles)
        self.policies: Mapping[str, Policy] = read_policies(folder, _to_json, words)
        self.version = version_of(folder)
        schema_text = (folder / "hub.cedarschema").read_text(encoding="utf-8")
        self.schema = read_schema(schema_text)
        self._cedar_schema = _parsed(lambda: cedarpy.Schema.from_str(schema_text), "hub.cedarschema")
        bodies = {name: policy.body for name, policy in self.policies.items()}
        self._whole = Part(frozenset(bodies), _policy_set(bodies))
        asking = {name: body for name, body in bodies.items() if '"officerRegistered"' in json.dumps(body)}
        self._asking_for_officer = Part(frozenset(asking), _policy_set(asking))
        self._named_scopes = frozenset(scope for scope in self.scopes.titles if self._names(scope))
        self._translations: dict[tuple[str, int, bytes], Predicate] = {}
        self._effects: dict[tuple[Structure, DataClass], Mapping[str, Effects]] = {}
        self._verdicts: dict[Structure, Verdicts] = {}
        self._opens: dict[tuple[str, DataClass], tuple[str, ...]] = {}

    @classmethod
    def load(cls, folder: Path, records: Sequence[RecordFacts], *, compiled: bool = True) -> "PolicyEngine":
        """The engine of the policies in `folder`, everything compiled once for everyone who may be issued a token.

        `compiled=False` compiles what is asked, when it is asked: to explain one field; a server never starts so.

        Raises:
            PolicyError: with all problems. The hub does not start (G4).
        """
        engine = cls(folder, records)
        engine._check(folder)
        if compiled:
            engine._compile_all()
        return engine

    def verdicts(self, caller: Caller) -> Verdicts:
        """What the caller may see: one verdict for every type and class.

        Raises:
            PolicyError: the policies cannot be evaluated for this caller: refuse the request.
        """
        return self._compiled(
            Structure(
                caller.agency_kind,
                caller.region_level,
                caller.purpose,
                caller.case_no is not None,
                caller.scopes & self._named_scopes,
                caller.officer_registered,
            )
        )

    def structured(self, structure: Structure) -> Verdicts:
        """`verdicts` for a structure that no caller has yet: for the matrix."""
        return self._compiled(structure._replace(scopes=structure.scopes & self._named_scopes))

    def verdict(self, structure: Structure, name: str, data_class: DataClass) -> Verdict:
        """One of `structured(structure)`, without all the others: for cases and the explanation."""
        return self._judged(structure._replace(scopes=structure.scopes & self._named_scopes), name, data_class)

    def admits(self, kind: str, region_level: int, purpose: str) -> bool:
        """Whether a permit applies. One look answers for every class, record, case and scope: no permit reads these."""
        structure = Structure(kind, region_level, purpose, has_case=False, scopes=frozenset())
        effects = self._evaluated(structure, DataClass.PUBLIC)
        return any(permit != FALSE for each in effects.values() for permit in each.permits.values())

    def claimable(self) -> Iterator[Structure]:
        """Structures for which a token can be issued, with all scopes of the kind; level 2 stands for all that may.

        With a registered officer first: what such a token opens is what the others are compared with.
        """
        for officer, purpose in itertools.product((True, False), self.purposes.values()):
            for kind, has_case in itertools.product(sorted(purpose.claimants), (False, True)):
                if purpose.available and (purpose.case == "optional" or not has_case):
                    scopes = self._named_scopes & self.scopes.ceilings[kind]
                    yield Structure(kind, 2, purpose.name, has_case, scopes, officer)

    def decide(self, asker: Asker, record: PlainRecord, data_class: DataClass) -> Decision:
        """Cedar's own decision on one record given in full, without partial evaluation: for cases and the matrix.

        Raises:
            PolicyError: Cedar reports an error.
        """
        entities = [*asker_entities(asker), *record_entities(record, self.schema)]
        answer = cedarpy.is_authorized(
            {
                "principal": {"type": "Client", "id": "client"},
                "action": 'Action::"read"',
                "resource": {"type": record.type_name, "id": "record"},
                "context": asker_context(asker, data_class),
            },
            self._whole.policies,
            self._entities(entities, record.type_name),
            self._cedar_schema,
        )
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            raise PolicyError([f"{record.type_name}: {error}" for error in answer.diagnostics.errors])
        return Decision(answer.allowed, tuple(sorted(answer.diagnostics.reasons)))

    def _compile_all(self) -> None:
        """Class by class: what leads to verdicts is many times their size, and a class needs only its own."""
        tables: dict[Structure, Table] = {structure: {} for structure in self.claimable()}
        for data_class in DataClass:
            for structure in tables:
                tables[structure] |= self._column(structure, data_class)
            self._effects.clear()
        self._translations.clear()
        self._verdicts |= {structure: _verdicts(table) for structure, table in tables.items()}

    def _compiled(self, structure: Structure) -> Verdicts:
        known = self._verdicts.get(structure)
        if known is None:
            table: Table = {}
            for data_class in DataClass:
                table |= self._column(structure, data_class)
            if len(self._verdicts) >= _CACHED:
                self._verdicts.clear()
            known = self._verdicts[structure] = _verdicts(table)
        return known

    def _column(self, structure: Structure, data_class: DataClass) -> Table:
        return {(name, data_class): self._judged(structure, name, data_class) for name in sorted(self.types)}

    def _judged(self, structure: Structure, name: str, data_class: DataClass) -> Verdict:
        with_officer = None
        if not structure.officer:
            other = structure._replace(officer=True)
            with_officer = self._evaluated(other, data_class)[name]
            effects = self._evaluated(structure, data_class)[name]
            # Where a registered officer changes nothing, the reason is the same: what else is missing.
            if effects.opened == with_officer.opened:
                return self._judged(other, name, data_class)
        named_case = None
        if not structure.has_case and self._may_name_a_case(structure.purpose):
            named_case = self._evaluated(structure._replace(has_case=True), data_class)[name]
        effects = self._evaluated(structure, data_class)[name]
        question = Question(effects, named_case, structure.purpose, self._opened_by(name, data_class), with_officer)
        try:
            return judge(question, self.policies)
        except PolicyError as error:
            told = f"{structure.kind} / {structure.purpose} / {name} / {data_class}"
            raise PolicyError([f"{told}: {problem}" for problem in error.problems]) from error

    def _may_name_a_case(self, purpose: str) -> bool:
        return purpose in self.purposes and self.purposes[purpose].case == "optional"

    def _opened_by(self, name: str, data_class: DataClass) -> tuple[str, ...]:
        """The purposes, in the order of purposes.yaml, that open a class of a type on at least some records."""
        place = (name, data_class)
        if place not in self._opens:
            found: dict[str, None] = {}
            # With a registered officer: that one is needed is told by its own code.
            for structure in itertools.takewhile(lambda each: each.officer, self.claimable()):
                if self._evaluated(structure, data_class)[name].aside.opened != FALSE:
                    found[structure.purpose] = None
            self._opens[place] = tuple(found)
        return self._opens[place]

    def _evaluated(self, structure: Structure, data_class: DataClass) -> Mapping[str, Effects]:
        """What is left of each policy, by type of record."""
        key = (structure, data_class)
        if key not in self._effects:
            if len(self._effects) >= _CACHED * len(DataClass):
                self._effects.clear()
                self._translations.clear()
            if structure.officer:
                residuals = self._residuals(structure, data_class, self._whole)
                found = {name: self._translated(residuals, name, structure) for name in self.types}
            else:
                # What does not ask for the officer is as with one, and need not be asked again.
                residuals = self._residuals(structure, data_class, self._asking_for_officer)
                others = self._evaluated(structure._replace(officer=True), data_class)
                found = {name: others[name].but(self._translated(residuals, name, structure)) for name in self.types}
            self._effects[key] = found
        return self._effects[key]

    def _translated(self, residuals: Mapping[str, Left], name: str, structure: Structure) -> Effects:
        residual = Residual(self._facts[name], self.types, structure.region_level)
        permits: dict[str, Predicate] = {}
        forbids: dict[str, Predicate] = {}
        problems = []
        for policy in (self.policies[each] for each in residuals):
            # Callers and classes differ in few policies; the text of what is left is the same for all others.
            left = residuals[policy.id]
            key = (name, structure.region_level, left.text)
            try:
                predicate = self._translations.get(key) or residual.policy(left.body)
            except PolicyError as error:
                problems += [f"{policy.place}: {policy.id} on {name}: {problem}" for problem in error.problems]
                continue
            if policy.effect == "permit" and not isinstance(predicate, Const):
                problems.append(f"{policy.place}: {policy.id}: a permit looks at the record; limits are forbids")
            self._translations[key] = predicate
            (permits if policy.effect == "permit" else forbids)[policy.id] = predicate
        if problems:
            raise PolicyError(problems)
        return Effects(permits, forbids)

    def _residuals(self, structure: Structure, data_class: DataClass, part: "Part") -> Mapping[str, Left]:
        """What is left of each policy of the part, in the order in which forbids are told."""
        asker = Asker(
            agency=_SYMBOL[Parameter.AGENCY],
            kind=structure.kind,
            uscc=_SYMBOL[Parameter.AGENCY_USCC],
            region=(_SYMBOL[Parameter.REGION],),
            region_level=structure.region_level,
            purpose=structure.purpose,
            case_no=_SYMBOL[Parameter.CASE] if structure.has_case else None,
            scopes=structure.scopes,
            officer=structure.officer,
        )
        answer = cedarpy.is_authorized_partial(
            {
                "principal": 'Client::"client"',
                "action": 'Action::"read"',
                "context": asker_context(asker, data_class),
            },
            part.policies,
            cedarpy.Entities.from_json_str(json.dumps(asker_entities(asker)), self._cedar_schema),
            self._cedar_schema,
        )
        problems = [*answer.diagnostics.errors]
        problems += [f"an unknown entity: {entity}" for entity in answer.diagnostics.unknown_entities]
        found = {
            residual["annotations"]["id"]: Left(residual, orjson.dumps(residual["conditions"]))
            for residual in answer.residuals.values()
        }
        # An answer that does not account for every policy may have lost a forbid.
        if not problems and (found.keys() != part.names or len(answer.residuals) != len(found)):
            problems.append("the evaluation does not account for every policy")
        if problems:
            told = f"{structure.kind} / {structure.purpose} / {data_class}"
            raise PolicyError([f"{told}: {problem}" for problem in problems])
        return {name: found[name] for name in self.policies if name in found}

    def _check(self, folder: Path) -> None:
        """What must agree before anything is compiled."""
        problems = list(disagreements(self.schema, self._facts))
        text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cedar")))
        validation = cedarpy.validate_policies(text, self._cedar_schema)
        names = validation.id_annotations_by_policy_id
        for e in validation.errors:
            policy = self.policies[names[e.policy_id]]
            problems.append(f"{policy.place}: {policy.id}: {e.error.removeprefix(f'for policy `{e.policy_id}`, ')}")
        if not validation.validation_passed and not validation.errors:
            problems.append("the policies do not fit hub.cedarschema")
        if set(self.schema.enums.get("Purpose", ())) != self.purposes.keys():
            problems.append("hub.cedarschema and purposes.yaml do not name the same purposes")
        if self.schema.enums.get("DataClass", ()) != tuple(DataClass):
            problems.append("hub.cedarschema does not name the data classes of hub/policy/vocabulary.py")
        problems += [
            f"purposes.yaml: {purpose.name}: {kind} has no ceiling in scopes.yaml"
            for purpose in self.purposes.values()
            for kind in sorted(purpose.claimants - self.scopes.ceilings.keys())
        ]
        if problems:
            raise PolicyError(problems)
        for name in sorted(self.types):
            self._entities(record_entities(sample_record(self.schema, name), self.schema), name)

    def _entities(self, entities: list[Json], name: str) -> Any:
        """Parsed, and checked by Cedar against the schema."""
        return _parsed(lambda: cedarpy.Entities.from_json_str(json.dumps(entities), self._cedar_schema), name)

    def _names(self, scope: str) -> bool:
        return any(f'"{scope}"' in json.dumps(policy.body, ensure_ascii=False) for policy in self.policies.values())


class ConcretePolicies:
    """Policies that are decided on whole entities only, never on a record still to be found (`hub.policy.commanding`).

    Args:
        text, schema_text: Cedar; every policy has an `@id`.
        name: of the file, for messages.

    Raises:
        PolicyError: with all problems: no Cedar, an `@id` missing or given twice, policies that do not fit the schema.
    """

    def __init__(self, text: str, schema_text: str, name: str) -> None:
        self._schema = _parsed(lambda: cedarpy.Schema.from_str(schema_text), name)
        bodies = list(_parsed(lambda: _to_json(text), name)["staticPolicies"].values())
        names = [body.get("annotations", {}).get("id", "") for body in bodies]
        problems = [
            f"{name}: @id({one!r}) is missing or given twice" for one in names if not one or names.count(one) > 1
        ]
        validation = cedarpy.validate_policies(text, self._schema)
        problems += [f"{name}: {e.error}" for e in validation.errors]
        if problems or not validation.validation_passed:
            raise PolicyError(problems or [f"{name}: the policies do not fit the schema"])
        self.bodies: Mapping[str, Json] = dict(zip(names, bodies, strict=True))
        self._policies = _policy_set(self.bodies)

    def decide(self, request: dict[str, Any], entities: Sequence[Json]) -> Decision:
        """Cedar's decision.

        Raises:
            PolicyError: Cedar reports an error: refuse.
        """
        parsed = _parsed(lambda: cedarpy.Entities.from_json_str(json.dumps(entities), self._schema), "entities")
        answer = cedarpy.is_authorized(request, self._policies, parsed, self._schema)
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            raise PolicyError([str(error) for error in answer.diagnostics.errors] or ["no decision"])
        return Decision(answer.allowed, tuple(sorted(answer.diagnostics.reasons)))


def _verdicts(table: Table) -> Verdicts:
    return Verdicts(table, hashlib.sha256(repr(sorted(table.items())).encode()).hexdigest())


def _to_json(text: str) -> Json:
    document: Json = json.loads(cedarpy.policies_to_json_str(text))
    return document


def _policy_set(bodies: Mapping[str, Json]) -> Any:
    return cedarpy.PolicySet.from_json_str(
        json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": dict(bodies)})
    )


def _parsed(parse: Callable[[], Any], name: str) -> Any:
    try:
        return parse()
    except ValueError as error:
        raise PolicyError([f"{name}: {error}"]) from error
