"""Penalties and inspection results in bulk. Penalties as the 30 fields of the form (R22): 万元 with six decimals.

What `dual_publicity.form` makes of one record, PostgreSQL makes here of many; a property test compares the two. The
four fields of identity documents are not even selected: a bulk copy carries none, whoever asks.
"""

from collections.abc import Callable, Mapping
from typing import Final

from hub.graph.exporting import KEY, Column, Export, Written
from hub.penalties.dual_publicity import BETWEEN, CATEGORIES, FIELDS, KINDS, PERSON, Field
from hub.penalties.words import CounterpartyCategory

_WAN: Final = ("fine", "confiscation")
_DAYS: Final = ("decidedOn", "validUntil", "publicityEndsOn")


def _literal(value: str) -> str:
    """A word of a closed list as SQL, in which JSON has nothing to escape either.

    Raises:
        ValueError: it would have to be escaped.
    """
    if any(each in value for each in "'\"\\"):
        raise ValueError("not a plain word")
    return f"'{value}'"


def _words(value: str, words: Mapping[str, str]) -> str:
    """A code as its word; what is no code stays as it is."""
    cases = " ".join(f"WHEN {_literal(str(code))} THEN {_literal(word)}" for code, word in words.items())
    return f"CASE {value} {cases} ELSE {value} END"


def _wan(value: str) -> str:
    """Yuan with two decimals times a ten-thousandth: 万元 with six, exactly."""
    return f"({value} * 0.0001)::text"


def _day(value: str) -> str:
    return f"replace({value}::text, '-', '/')"


def _category(value: str) -> str:
    return _words(value, CATEGORIES)


def _kinds(value: str) -> str:
    """Nearly always one to three, which are joined in place; more are looked up one by one."""
    words = [_words(f"({value})[{at}]", KINDS) for at in (1, 2, 3)]
    several = f" || {_literal(BETWEEN)} || "
    cases = " ".join(f"WHEN {count} THEN {several.join(words[:count])}" for count in (1, 2, 3))
    others = (
        f"(SELECT string_agg({_words('e.kind', KINDS)}, {_literal(BETWEEN)} ORDER BY e.n)"
        f" FROM unnest({value}) WITH ORDINALITY e(kind, n))"
    )
    return f"CASE cardinality({value}) {cases} ELSE {others} END"


def _name(category: str, name: str, person: str) -> str:
    return f"CASE WHEN {category} = {_literal(CounterpartyCategory.NATURAL_PERSON.value)} THEN {person} ELSE {name} END"


def _column(field: Field) -> Column:
    if field.identity:
        return Column(field.code, field.heading)
    sources: tuple[str, ...] = (field.source,)
    written = Written.TEXT
    sql: Callable[..., str] = "{}::text".format
    if field.source == "counterpartyName":
        sources, sql = ("counterpartyCategory", "counterpartyName", PERSON), _name
    elif field.source == "counterpartyCategory":
        sql = _category
    elif field.source == "kinds":
        sql = _kinds
    elif field.source in _WAN:
        sql, written = _wan, Written.PLAIN
    elif field.source in _DAYS:
        sql, written = _day, Written.PLAIN
    return Column(field.code, field.heading, sources, sql, written)


_OPEN: Final = " ".join(field.source for field in FIELDS if not field.identity and "." not in field.source)
PENALTIES: Final = Export(
    name="penalties",
    feed="penaltyChanges",
    of="PenaltyRecord",
    selection=f"{{ id {_OPEN} {PERSON} authority {{ name uscc }} }}",
    key=Column("", "", (KEY,), written=Written.PLAIN),
    columns=tuple(_column(field) for field in FIELDS),
    empty='""',
)


def _plain(name: str, heading: str, *sources: str) -> Column:
    return Column(name, heading, sources or (name,), written=Written.PLAIN)


def _text(name: str, heading: str, *sources: str) -> Column:
    return Column(name, heading, sources or (name,))


INSPECTIONS: Final = Export(
    name="inspections",
    feed="inspectionChanges",
    of="InspectionResult",
    selection=(
        "{ id institution { nhsaCode } authority { code } resultNo kind periodFrom periodTo inspectedOn findingsClass"
        " measures amountRecovered recordedAt }"
    ),
    key=Column("", "", (KEY,), written=Written.PLAIN),
    columns=(
        _text("nhsaCode", "国家医保编码", "institution.nhsaCode"),
        _text("authority", "检查机关", "authority.code"),
        _text("resultNo", "检查编号"),
        _text("kind", "检查方式"),
        _plain("periodFrom", "检查时段起"),
        _plain("periodTo", "检查时段止"),
        _plain("inspectedOn", "检查日期"),
        _text("findingsClass", "检查结果类别"),
        Column("measures", "处理措施", ("measures",), "array_to_json({})::text".format, Written.JSON),
        _plain("amountRecovered", "追回金额（元）"),
        Column("recordedAt", "报送时间", ("recordedAt",), "trim('\"' FROM to_json({})::text)".format, Written.PLAIN),
    ),
)
