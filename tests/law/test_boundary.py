"""以上 and 以下 as each document reads them."""

from decimal import Decimal

import pytest

from hub.law.boundary import holds, reading
from hub.law.pack import NoRule


@pytest.mark.parametrize(
    ("document", "word", "at_the_number", "own"),
    [
        ("004", "以上", True, True),
        ("004", "以下", False, True),
        ("004", "以内", True, False),
        ("310号令", "以上", True, False),
        ("310号令", "以下", True, False),
        ("条例", "以下", True, False),
        ("000", "不满", False, False),
        ("000", "超过", False, False),
    ],
)
def test_the_number_itself(document: str, word: str, at_the_number: bool, own: bool) -> None:
    found = reading(word, document)
    assert (found.inclusive, found.own) == (at_the_number, own)
    assert holds(word, Decimal("2.0"), Decimal(2), document) is at_the_number


def test_beside_the_number_every_document_agrees() -> None:
    for document in ("004", "000", "条例"):
        assert holds("以上", Decimal("2.01"), Decimal(2), document)
        assert not holds("以上", Decimal("1.99"), Decimal(2), document)
        assert holds("以下", Decimal("1.99"), Decimal(2), document)
        assert not holds("以下", Decimal("2.01"), Decimal(2), document)


def test_other_words_and_documents_are_refused() -> None:
    with pytest.raises(NoRule):
        reading("大约", "004")
    with pytest.raises(NoRule):
        holds("大约", Decimal(1), Decimal(1), "004")
    with pytest.raises(NoRule):
        reading("以上", "no such document")
