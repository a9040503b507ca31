"""Why a field is open, hidden, or open on some records: the verdict on a coordinate, told with policy and clause."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.graph.catalogue import Catalogue, FieldSpec, TypeSpec
from hub.policy.engine import PolicyEngine, Structure
from hub.policy.predicate import And, Not, Or, Parameter, Predicate, RecordOperand, Test
from hub.policy.verdict import ALIASES, Allow, Deny, Reason, Verdict, When
from hub.policy.vocabulary import PUBLISHED, DataClass, MaskCode
from hub.policy.wording import words

_DECISIONS = {"allow": ("允许", "allowed"), "deny": ("拒绝", "denied"), "condition": ("附条件", "on a condition")}
_OWN_SUPPLY = ("仅自行提供", "only what the agency supplied itself")
"""A condition under a purpose that does not itself open the class."""
_CODES = {
    MaskCode.PURPOSE_NOT_ALLOWED: ("该目的不打开该类数据", "the purpose does not open this class of this type"),
    MaskCode.CASE_REQUIRED: ("须在令牌中载明案件", "the token must name a case"),
    MaskCode.QUERY_UNDER_CASE: (
        "仅凭案件可见，不进入变更流和导出；以载明案件的令牌查询",
        "a case alone opens it: no feed or export tells of it; query it with a token that names the case",
    ),
    MaskCode.OFFICER_REQUIRED: (
        "令牌须载明本机关当日在册的执法人员",
        "the token must name an officer who is registered with the agency today",
    ),
    MaskCode.CONDITION_NOT_MET: ("不符合条件的记录上不可见", "hidden on records that do not meet the condition"),
    MaskCode.FORBIDDEN: ("任何目的均不打开", "no purpose opens it"),
    MaskCode.SCOPE_MISSING: ("令牌缺少操作范围", "the token lacks the scope"),
}
_REGISTERED = ("当日在册", "registered today")
_NOT_REGISTERED = ("当日不在本机关名册", "not in the agency's register today")
_BY_OFFICER = ("由在册的执法人员读取", "read by a registered officer")
_BY_NAMING = {
    False: "载明该记录所属案件 / naming the record's own case",
    True: "载明在册的执法人员 / naming a registered officer",
}
_ITEM_CLASSES = tuple(data_class for data_class in DataClass if data_class is not DataClass.ADMINISTRATION)


@dataclass(frozen=True, slots=True)
class Place:
    """What a coordinate is judged as.

    Attributes:
        judged_as: type in `hub.cedarschema`; None: structure that shows no record.
        scope: that a token needs for it.
        classes: what is asked of the policies: one class, or the declared pair, or those of listed items.
        note: (Chinese, English), where the classes are not the field's own.
        whole: class of the list as a whole, where `classes` are those of its items.
    """

    judged_as: str | None
    scope: str | None
    classes: tuple[DataClass, ...]
    note: tuple[str, str] | None = None
    whole: DataClass | None = None


def place(catalogue: Catalogue, spec: FieldSpec) -> Place:
    """Where a field stands: its own class, that of the records it lists, or none."""
    owner = catalogue.types.get(spec.type_name)
    target = catalogue.types.get(_record_name(catalogue, spec.target))
    if owner is not None and spec.classes and target is not None and target.declared.row_class is not None:
        note = ("每一件材料按其自身的类别", "each item by its own class")
        return Place(owner.judged_as, owner.declared.scope, _ITEM_CLASSES, note, spec.classes[0])
    if owner is not None and spec.classes:
        judged = owner if owner.judged_as else _parent(catalogue, owner)
        if judged is not None:
            return Place(judged.judged_as, judged.declared.scope, spec.classes, _pair_note(spec.classes))
    if owner is not None and owner.declared.row_class is not None:
        parent = _parent(catalogue, owner)
        if parent is not None:
            note = ("每一件材料按其自身的类别", "each item by its own class")
            return Place(parent.judged_as, parent.declared.scope, _ITEM_CLASSES, note)
    if target is not None and target.judged_as and target.identifying:
        classes = target.identifying if isinstance(target.identifying, tuple) else (target.identifying,)
        note = (
            f"结构字段：按 {target.name} 的标识字段列出记录",
            f"structure: lists {target.name} by its identifying field",
        )
        return Place(target.judged_as, target.declared.scope, classes, note)
    if owner is not None and owner.name in ALIASES:
        return Place(ALIASES[owner.name], None, (DataClass.PUBLIC,))
    return Place(None, None, (), ("结构字段，没有数据类别", "structure, without a data class"))


def _record_name(catalogue: Catalogue, target: str) -> str:
    name = target.removesuffix("Connection").removesuffix("Changes")
    return name if name in catalogue.types else target


def _parent(catalogue: Catalogue, item: TypeSpec) -> TypeSpec | None:
    """The record type that holds the items, or that an entry of a feed tells of; they are judged on its row."""
    if item.declared.entry_of:
        return catalogue.types[item.declared.entry_of]
    for candidate in catalogue.types.values():
        if candidate.judged_as and any(field.target == item.name for field in candidate.fields.values()):
            return candidate
    return None


def _pair_note(classes: tuple[DataClass, ...]) -> tuple[str, str] | None:
    if classes != PUBLISHED:
        return None
    return ("公示期内按 PUBLIC，否则按 SUPERVISION", "PUBLIC while published, else SUPERVISION")


def explanation(
    engine: PolicyEngine, catalogue: Catalogue, coordinate: str, structure: Structure, who: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole explanation, in the names that `--json` prints.

    Args:
        engine: the policies.
        catalogue: the fields.
        coordinate: `Type.field`.
        structure: of the caller, with its scopes.
        who: client, agency, purpose, case and officer, as printed.

    Raises:
        KeyError: no such coordinate; the message names near ones.
    """
    where = place(catalogue, catalogue.field(coordinate))
    told: dict[str, Any] = {"coordinate": coordinate, **who, "type": where.judged_as}
    told["note"] = {"zh": where.note[0], "en": where.note[1]} if where.note else None
    told["scope"] = {"required": where.scope, "granted": where.scope is None or where.scope in structure.scopes}
    told["verdicts"] = []
    if where.judged_as is not None:
        if where.whole is not None:
            told["list"] = _one(engine, structure, where.judged_as, where.whole)
        told["verdicts"] = [_one(engine, structure, where.judged_as, data_class) for data_class in where.classes]
    return told


def _one(engine: PolicyEngine, structure: Structure, judged_as: str, data_class: DataClass) -> dict[str, Any]:
    """The verdict on one class, as printed."""
    verdict = engine.verdict(structure, judged_as, data_class)
    one: dict[str, Any] = {"dataClass": data_class.value}
    without = engine.verdict(structure._replace(officer=False), judged_as, data_class)
    one["officerRequired"] = verdict != without or _needs_officer(verdict)
    match verdict:
        case Allow():
            return one | {"decision": "allow", **_permit(engine, structure.purpose)}
        case Deny(reason):
            one |= {"decision": "deny"}
        case When(predicate, reason):
            one |= {"decision": "condition", "condition": words(predicate)._asdict()}
    policy = engine.policies[reason.policy]
    one |= {"code": reason.code.value, "policy": policy.id, "basis": policy.basis}
    return one | {"reason": {"zh": policy.zh, "en": policy.en}, "opens": _opens(verdict, reason, structure.purpose)}


def _needs_officer(verdict: Verdict) -> bool:
    return isinstance(verdict, Deny) and verdict.reason.code is MaskCode.OFFICER_REQUIRED


def _opens(verdict: Verdict, reason: Reason, own: str) -> list[str]:
    """What would help: the purpose that one has only where case or officer is missing, or another case opens more."""
    by_case = reason.code in (MaskCode.CASE_REQUIRED, MaskCode.OFFICER_REQUIRED)
    if reason.code is MaskCode.CONDITION_NOT_MET and isinstance(verdict, When):
        by_case = _asks_for_the_case(verdict.predicate)
    return [purpose for purpose in reason.opens if purpose != own or by_case]


def _asks_for_the_case(predicate: Predicate) -> bool:
    match predicate:
        case And(parts) | Or(parts):
            return any(map(_asks_for_the_case, parts))
        case Not(part):
            return _asks_for_the_case(part)
        case Test(operand=RecordOperand(fields)):
            return any(value == Parameter.CASE for _, value in fields)
        case Test(operand=operand):
            return operand == Parameter.CASE
        case _:
            return False


def _permit(engine: PolicyEngine, purpose: str) -> dict[str, Any]:
    policy = engine.policies.get(purpose)
    if policy is None:
        return {}
    return {"policy": policy.id, "basis": policy.basis, "reason": {"zh": policy.zh, "en": policy.en}}


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The explanation for a reader, Chinese and English."""
    yield f"{told['coordinate']}" + (f"  ({told['type']})" if told["type"] else "")
    yield f"{told['client']}  {told['agency']}  {told['purpose']}" + (f"  {told['case']}" if told["case"] else "")
    if (officer := told["officer"]) is None:
        yield "  承办人未载明 / no officer named"
    else:
        zh, en = _REGISTERED if officer["registered"] else _NOT_REGISTERED
        yield f"  承办人 / officer {officer['name']} {officer['certificateNo']}: {zh} / {en}"
    if told["note"]:
        yield f"  {told['note']['zh']} / {told['note']['en']}"
    if not told["scope"]["granted"]:
        code = _CODES[MaskCode.SCOPE_MISSING]
        yield f"  SCOPE_MISSING {told['scope']['required']}: {code[0]} / {code[1]}"
    if "list" in told:
        yield "清单本身 / the list as a whole"
        yield from _lines(told["list"], told["list"]["dataClass"], told["purpose"])
        yield "每一件材料按其自身的类别 / each item by its own class"
    for classes, one in _alike(told["verdicts"]):
        yield from _lines(one, classes, told["purpose"])


def _alike(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Classes of equal verdicts together."""
    groups: list[tuple[list[str], Mapping[str, Any]]] = []
    for one in verdicts:
        rest = {key: value for key, value in one.items() if key != "dataClass"}
        same = next((classes for classes, told in groups if told == rest), None)
        if same is None:
            groups.append(([one["dataClass"]], rest))
        else:
            same.append(one["dataClass"])
    return ((", ".join(classes), one) for classes, one in groups)


def _lines(one: Mapping[str, Any], classes: str, own: str) -> Iterator[str]:
    code = MaskCode(one["code"]) if "code" in one else None
    own_supply = one["decision"] == "condition" and code is MaskCode.PURPOSE_NOT_ALLOWED
    zh, en = _OWN_SUPPLY if own_supply else _DECISIONS[one["decision"]]
    yield f"{classes}: {zh} {one['decision'].upper()} / {en}"
    if "condition" in one:
        yield f"  条件: {one['condition']['zh']}"
        yield f"  condition: {one['condition']['en']}"
    if one["officerRequired"] and one["decision"] != "deny":
        yield f"  officer: {' / '.join(_BY_OFFICER)}"
    if code is not None:
        yield f"  {code}: {' / '.join(_CODES[code])}"
    if "policy" in one:
        yield f"  policy {one['policy']}: {one['reason']['zh']} / {one['reason']['en']}"
        yield f"  basis {one['basis']}"
    if own in one.get("opens", ()):
        how = _BY_NAMING[code is MaskCode.OFFICER_REQUIRED]
        yield f"  opens {own}: {how}"
    if others := [purpose for purpose in one.get("opens", ()) if purpose != own]:
        yield f"  opens {', '.join(others)}: 限可以主张该目的的机关 / for agencies that may claim it"
