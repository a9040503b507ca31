"""A cursor opens only where it was made."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.query.cursor import CursorKeys, cursor_text

KEYS = CursorKeys.of(b"k" * 32)


@pytest.fixture(scope="module")
def made(server) -> str:
    import psycopg

    text = cursor_text(
        ["'2026-01-01'::date", "NULL::numeric", "'号\"'::text"], "ClueTransfer:discovered_on-,public_id-", "%s", "%s"
    )
    # Each key is bound where the text names it.
    with psycopg.connect(server.url("postgres", "postgres")) as connection:
        order = [KEYS.outer, KEYS.inner]
        row = connection.execute(f"SELECT {text}", order).fetchone()
    assert row
    return row[0]


def test_what_sql_signs_python_reads(made: str) -> None:
    assert KEYS.read(made, "ClueTransfer:discovered_on-,public_id-") == ["2026-01-01", None, '号"']


def test_another_order_another_key_and_a_changed_byte_open_nothing(made: str) -> None:
    assert KEYS.read(made, "ClueTransfer:discovered_on+,public_id-") is None
    assert CursorKeys.of(b"x" * 32).read(made, "ClueTransfer:discovered_on-,public_id-") is None
    raw = bytearray(base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)))
    for index in range(len(raw)):
        changed = bytes(raw[:index]) + bytes([raw[index] ^ 1]) + bytes(raw[index + 1 :])
        forged = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        assert KEYS.read(forged, "ClueTransfer:discovered_on-,public_id-") is None


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_anything_else_opens_nothing(cursor: object) -> None:
    assert KEYS.read(cursor, "ClueTransfer:discovered_on-,public_id-") is None


def test_a_signature_is_made_of_names_only() -> None:
    with pytest.raises(ValueError, match="signature"):
        cursor_text(["1"], "x'; DROP", "$1", "$2")
