"""Credit scores in bulk."""

from typing import Final

from hub.graph.exporting import KEY, Column, Export, Written


def _own(name: str, heading: str) -> Column:
    return Column(name, heading, (name,))


CREDIT: Final = Export(
    name="credit",
    feed="creditChanges",
    of="CreditScore",
    selection=(
        "{ institution { nhsaCode } period score grade modelVersion dimensions { name score weight } measures }"
    ),
    key=Column("", "", (KEY,)),
    order=("nhsa_code", "period"),
    columns=(
        Column("nhsaCode", "国家医保编码", ("institution.nhsaCode",)),
        _own("period", "期间"),
        Column("score", "得分", ("score",), written=Written.PLAIN),
        _own("grade", "等级"),
        _own("modelVersion", "模型版本"),
        Column("dimensions", "维度", ("dimensions",), written=Written.JSON),
        Column("measures", "信用措施", ("measures",), "array_to_json({})::text".format, Written.JSON),
    ),
)
