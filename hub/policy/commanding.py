"""May they do it: the policies on commands (`policies/commands/`), decided on the whole record before anything is done.

The record is described by what the caller's agency is to it, never by name: few questions exist, each is asked of Cedar
once. A question that cannot be decided is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from hub.policy.commanded import CommandCode, CommandQuestion, Forbidden, Relation
from hub.policy.concrete import Asker, asker_entities
from hub.policy.engine import ConcretePolicies
from hub.policy.errors import PolicyError

FOLDER: Final = "commands"
_AGENCY, _USCC, _REGION, _CASE, _OTHER = "the agency", "the uscc", "the region", "the case", "another case"
_ATTRIBUTE: Final = {
    Relation.SENDER: "senders",
    Relation.RECEIVER: "receivers",
    Relation.PROCURATORATE: "procuratorates",
    Relation.COMMON_SUPERIOR: "superiors",
    Relation.OPENER: "openers",
    Relation.MEMBER: "members",
    Relation.AUTHORITY: "authorities",
    Relation.TERRITORY: "territories",
}
_DEFAULT: Final = Forbidden(
    "purpose-limitation-default",
    CommandCode.PURPOSE_NOT_ALLOWED,
    "条例第三十二条",
    "该机关不得为该目的办理",
    "The agency may not command for this purpose",
)


@dataclass(frozen=True, slots=True)
class CommandRule:
    """One policy on commands, as annotated; `code` and `order` are a forbid's."""

    id: str
    effect: str
    basis: str
    zh: str
    en: str
    order: int = 0
    code: CommandCode | None = None


class CommandRules:
    """The policies on commands, checked and ready. Make it with `load`.

    Attributes:
        rules: by `@id`, forbids in the order in which they are told.
    """

    def __init__(self, cedar: ConcretePolicies) -> None:
        self._cedar = cedar
        self.rules: Mapping[str, CommandRule] = _rules(cedar.bodies)
        self.judge = lru_cache(maxsize=8_192)(self._judge)

    @classmethod
    def load(cls, folder: Path) -> "CommandRules":
        """The policies in `folder/commands`.

        Raises:
            PolicyError: with all problems. The hub does not start.
        """
        place = folder / FOLDER
        schema = "\n".join(
            path.read_text(encoding="utf-8") for path in (folder / "hub.cedarschema", place / "commands.cedarschema")
        )
        text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(place.glob("*.cedar")))
        return cls(ConcretePolicies(text, schema, FOLDER))

    def _judge(self, question: CommandQuestion) -> Forbidden | None:
        """None: permitted. Raises PolicyError where Cedar cannot decide."""
        case_no = _CASE if question.case_named else None
        asker = Asker(
            agency=_AGENCY,
            kind=question.kind,
            uscc=_USCC,
            region=(_REGION,),
            region_level=question.region_level,
            purpose=question.purpose,
            case_no=case_no,
            scopes=question.scopes,
        )
        decision = self._cedar.decide(
            {
                "principal": {"type": "Client", "id": "client"},
                "action": {"type": "Action", "id": question.command},
                "resource": {"type": "Commanded", "id": "record"},
                "context": {
                    "purpose": _entity("Purpose", question.purpose),
                    "hasCase": question.case_named,
                    "case": _entity("Case", case_no or "none"),
                    "scopes": sorted(question.scopes),
                },
            },
            [*asker_entities(asker), _record(question)],
        )
        if decision.allowed:
            return None
        forbids = [rule for rule in self.rules.values() if rule.effect == "forbid" and rule.id in decision.policies]
        if not forbids:
            return _DEFAULT
        told = forbids[0]
        if told.code is None:
            raise PolicyError([f"{told.id}: no @code"])
        return Forbidden(told.id, told.code, told.basis, told.zh, told.en, tuple(rule.id for rule in forbids))


def _record(question: CommandQuestion) -> dict[str, Any]:
    """The record by the agency's own relations to it: everybody else is left out, no policy names anybody else."""
    sets: dict[str, Any] = {
        attribute: [_entity("Agency", _AGENCY)] if relation in question.relations else []
        for relation, attribute in _ATTRIBUTE.items()
    }
    sets["subjects"] = [_USCC] if Relation.SUBJECT in question.relations else []
    sets["case"] = _entity("Case", _CASE if question.in_that_case else _OTHER)
    return {"uid": {"type": "Commanded", "id": "record"}, "attrs": sets, "parents": []}


def _entity(kind: str, name: str) -> dict[str, Any]:
    return {"__entity": {"type": kind, "id": name}}


def _rules(bodies: Mapping[str, Any]) -> dict[str, CommandRule]:
    problems, rules = [], []
    for name, body in bodies.items():
        notes = body["annotations"]
        wanted = {"id", "basis", "zh", "en"} | ({"order", "code"} if body["effect"] == "forbid" else set())
        problems += [f"{FOLDER}: {name}: @{one} is missing or not known" for one in sorted(wanted ^ notes.keys())]
        if wanted ^ notes.keys():
            continue
        if body["effect"] == "permit" and _looks_at_the_record(body):
            problems.append(f"{FOLDER}: {name}: a permit looks at the record; limits are forbids")
        if "code" in notes and notes["code"] not in set(CommandCode):
            problems.append(f"{FOLDER}: {name}: no such code: {notes['code']}")
            continue
        rules.append(
            CommandRule(
                name,
                body["effect"],
                notes["basis"],
                notes["zh"],
                notes["en"],
                int(notes.get("order", "0")),
                CommandCode(notes["code"]) if "code" in notes else None,
            )
        )
    orders = [rule.order for rule in rules if rule.effect == "forbid"]
    problems += [f"{FOLDER}: @order {order} stands twice" for order in sorted(set(orders)) if orders.count(order) > 1]
    if problems:
        raise PolicyError(problems)
    return {rule.id: rule for rule in sorted(rules, key=lambda rule: (rule.effect, rule.order))}


def _looks_at_the_record(body: Mapping[str, Any]) -> bool:
    return '"Var": "resource"' in str(body["conditions"]).replace("'", '"')
