"""The 30-field form against a schema written by hand from R22; the hub's own answers as records; round trip."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.penalties.dual_publicity import FIELDS, HEADINGS, RECORD, FormError, NaturalPerson, form, record_of
from hub.penalties.words import CounterpartyCategory, IdType, PenaltyKind
from tests.world import World

SCHEMA = yaml.safe_load((Path(__file__).parent / "dual_publicity.yaml").read_text(encoding="utf-8"))
FIRM = {
    "counterpartyName": "虚构医药有限公司",
    "counterpartyCategory": "LEGAL_PERSON",
    "counterpartyUscc": "91640104MA00000000",
    "legalRepresentative": "虚构人",
    "legalRepresentativeIdType": "RESIDENT_ID",
    "legalRepresentativeId": "640121199001010000",
    "counterpartyIdType": None,
    "counterpartyResidentId": None,
    "counterpartyPersonName": None,
    "decisionNo": "银兴医保罚决〔2026〕12号",
    "violationType": "重复收费",
    "publishedFacts": "违法事实：重复收费。",
    "basis": "《医疗保障基金使用监督管理条例》第三十八条",
    "kinds": ["FINE", "WARNING"],
    "content": "责令改正，罚款2000元。",
    "fine": "2000.00",
    "confiscation": None,
    "decidedOn": "2026-09-08",
    "validUntil": "2099-12-31",
    "publicityEndsOn": "2027-09-08",
    "authority": {"name": "银川市兴庆区医疗保障局", "uscc": "11640104MB00000000"},
    "dataSource": "银川市兴庆区医疗保障局",
    "dataSourceUscc": "11640104MB00000000",
    "remark": None,
}
PERSON = FIRM | {
    "counterpartyName": None,
    "counterpartyUscc": None,
    "counterpartyCategory": "NATURAL_PERSON",
    "counterpartyPersonName": "虚构甲",
    "counterpartyIdType": "PASSPORT",
    "counterpartyResidentId": "E1234567",
}


def problems(row: tuple[str, ...], *, credit_platform: bool) -> list[str]:
    """What the schema by hand objects to."""
    assert len(row) == len(SCHEMA) == 30
    told = []
    for field, value in zip(SCHEMA, row, strict=True):
        if field.get("must") and not value:
            told.append(f"{field['name']} empty")
        if len(value) > field["most"]:
            told.append(f"{field['name']} long")
        if value and "form" in field and not re.fullmatch(field["form"], value):
            told.append(f"{field['name']} form")
        if field.get("identity") and credit_platform and value:
            told.append(f"{field['name']} shown")
    return told


def test_the_headings_are_those_of_the_form_in_their_order() -> None:
    assert list(HEADINGS) == [field["name"] for field in SCHEMA]
    assert [field.identity for field in FIELDS] == [bool(field.get("identity")) for field in SCHEMA]
    assert len({field.code for field in FIELDS}) == 30


def test_two_thousand_yuan_are_a_fifth_of_ten_thousand() -> None:
    row = dict(zip(HEADINGS, form(FIRM, credit_platform=True), strict=True))
    assert row["罚款金额（万元）"] == "0.200000"
    assert row["没收违法所得、没收非法财物的金额（万元）"] == ""
    assert row["行政相对人类别"] == "法人及非法人组织"
    assert row["处罚类别"] == "罚款；警告"
    assert (row["处罚决定日期"], row["处罚有效期"]) == ("2026/09/08", "2099/12/31")
    assert problems(form(FIRM, credit_platform=True), credit_platform=True) == []


def test_the_four_identity_fields_are_empty_towards_the_credit_platform_only() -> None:
    given_, kept = form(FIRM, credit_platform=True), form(FIRM, credit_platform=False)
    assert given_[9:13] == ("", "", "", "")
    assert kept[9:13] == ("身份证", "640121199001010000", "", "")
    assert given_[:9] + given_[13:] == kept[:9] + kept[13:]


def test_a_natural_person_never_goes_to_the_credit_platform() -> None:
    with pytest.raises(NaturalPerson):
        form(PERSON, credit_platform=True)
    row = form(PERSON, credit_platform=False)
    assert (row[0], row[1], row[2], row[11], row[12]) == ("虚构甲", "自然人", "", "护照号", "E1234567")


@pytest.mark.parametrize(
    "row",
    [(), ("",) * 29, ("",) * 31, ("",) * 19 + ("eins",) + ("",) * 10, ("",) * 22 + ("2026-02-30",) + ("",) * 7],
)
def test_what_is_no_row_of_the_form(row: tuple[str, ...]) -> None:
    with pytest.raises(FormError):
        record_of(row)


yuan = st.decimals(min_value=0, max_value=Decimal("9999999999999999.99"), places=2).map(lambda value: f"{value:.2f}")
text = st.text(st.characters(codec="utf-8", exclude_characters="；"), min_size=1, max_size=40)
records = st.fixed_dictionaries(
    {
        "counterpartyCategory": st.sampled_from([str(one) for one in CounterpartyCategory]),
        "kinds": st.lists(st.sampled_from([str(one) for one in PenaltyKind]), min_size=1, unique=True),
        "fine": st.none() | yuan,
        "confiscation": st.none() | yuan,
        "decidedOn": st.dates().map(lambda day: day.isoformat()),
        "legalRepresentativeIdType": st.none() | st.sampled_from([str(one) for one in IdType]),
        "remark": st.none() | text,
        "content": text,
    }
)


@settings(max_examples=300, deadline=None)
@given(records)
def test_round_trip(drawn: dict[str, Any]) -> None:
    """What is written is read back as it was, to the fen."""
    base = PERSON if drawn["counterpartyCategory"] == "NATURAL_PERSON" else FIRM
    record = base | drawn
    again = record_of(form(record, credit_platform=False))
    assert {name: again[name] for name in record} == record
    assert form(again, credit_platform=False) == form(record, credit_platform=False)


def test_what_the_credit_platform_reads_of_the_sample_makes_good_rows(world_of_the_sample: World) -> None:
    """Through the read path of the hub: every penalty that the credit platform may see, in the form."""
    world = world_of_the_sample
    token = world.token("640000-CREDIT_PLATFORM")
    rows, after = [], None
    for _ in range(4):
        asked = f"query ($after: String) {{ penaltyRecords(first: 500, after: $after) {{ nodes {{ {RECORD} }} pageInfo {{ hasNextPage endCursor }} }} }}"  # fmt: skip
        page = world.ask(token, asked, {"after": after})["data"]["penaltyRecords"]
        rows += [form(node, credit_platform=True) for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(rows) > 1_000
    assert [row for row in rows if problems(row, credit_platform=True)] == []
    assert any(row[19] for row in rows)
    assert any(row[20] for row in rows)


@pytest.fixture(scope="module")
def world_of_the_sample(sample_copy, tmp_path_factory):
    from datetime import UTC, datetime

    from tests.world import FixedClock

    world = World(
        sample_copy(), tmp_path_factory.mktemp("hub"), clock=FixedClock(datetime(2026, 10, 31, 4, tzinfo=UTC))
    )
    yield world
    world.close()
