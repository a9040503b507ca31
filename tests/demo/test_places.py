"""Regions, zones and the agencies that sit there."""

from sqlalchemy import text

from hub.demo.places import AGENCIES, ASSISTS, FORWARDS, PLACES, seated
from hub.parties.data import read_regions, refresh_regions


def test_regions_form_a_tree_and_codes_start_with_their_parents_digits():
    regions = {}
    for region in read_regions():
        assert region.level == (regions[region.parent].level + 1 if region.parent else 1)
        digits = 2 * (region.level - 1)
        assert region.code[:digits] == region.parent[:digits]
        regions[region.code] = region
    assert regions["6401ND"].parent == "640100"
    assert len(regions) > 3_300


def test_every_place_is_a_region_at_its_level():
    levels = {region.code: region.level for region in read_regions()}
    assert all(levels[place.code] == place.level for place in PLACES.values())
    assert {*FORWARDS, *FORWARDS.values(), *ASSISTS, *ASSISTS.values()} <= PLACES.keys()


def test_the_five_kinds_sit_at_every_place_of_the_issue():
    places = "640000 640100 640104 6401ND 650000 650100 650102 510500 510502 510503 510504 220100 411300".split()  # noqa: SIM905
    five = ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION", "PUBLIC_SECURITY", "DISCIPLINE_INSPECTION")
    assert all(f"{place}-{kind}" in AGENCIES for place in places for kind in five)
    assert {"640000-CREDIT_PLATFORM", "640000-HUB_OPERATOR", "640104-PROCURATORATE", "640104-FUND_OPERATOR"} <= {
        *AGENCIES
    }


def test_where_a_kind_is_missing_the_superior_is_competent():
    assert seated("6401ND", "FUND_OPERATOR") == "640100-FUND_OPERATOR"
    assert seated("640104", "CREDIT_PLATFORM") == "640000-CREDIT_PLATFORM"
    assert seated("6401ND", "HEALTH") == "6401ND-HEALTH"


def test_names_are_not_shared():
    names = [agency.name for agency in AGENCIES.values()]
    assert len(set(names)) == len(names)


def test_regions_are_brought_into_a_database_and_kept_current(empty_database):
    engine = empty_database().owner_engine()
    with engine.begin() as connection:
        regions = {region.code: region for region in read_regions()}
        assert refresh_regions(connection) == len(regions)
        assert refresh_regions(connection) == 0
        connection.execute(text("UPDATE region SET name = '旧名' WHERE code = '640104'"))
        connection.execute(text("DELETE FROM region WHERE code = '6401ND'"))
        connection.execute(text("INSERT INTO region VALUES ('6401XX', '本地园区', 3, '640100')"))
        assert refresh_regions(connection) == 2
        rows = {row[0]: tuple(row) for row in connection.execute(text("SELECT code, name, level, parent FROM region"))}
    engine.dispose()
    assert rows.pop("6401XX") == ("6401XX", "本地园区", 3, "640100"), "a site's own zone stays"
    assert rows == {code: (*region[:3], region.parent or None) for code, region in regions.items()}
