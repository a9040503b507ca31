"""Scalars with one strict form each, so that no value can fail inside the database (a cast error there is an oracle).

A refused value is named by its scalar only, never echoed: it may be the number of a resident.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

BigInt = NewType("BigInt", int)
_DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?\Z")
_BIG_INT = re.compile(r"-?[0-9]{1,18}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)


def _refuse(scalar: str) -> GraphQLError:
    return GraphQLError(f"Not a {scalar}.")


def _decimal(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _DECIMAL.match(value):
        raise _refuse("Decimal")
    return Decimal(value)


def _big_int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _BIG_INT.match(value):
        raise _refuse("BigInt")
    return int(value)


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.match(value):
        raise _refuse("Date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _refuse("Date") from None


def _date_time(value: Any) -> datetime:
    if not isinstance(value, str) or not _DATE_TIME.match(value):
        raise _refuse("DateTime")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse("DateTime") from None


SCALARS = StrawberryConfig(
    scalar_map={
        Decimal: strawberry.scalar(
            name="Decimal",
            description='An exact amount, as a string: "1234.50"; at most 16 digits and 6 decimals. 金额，十进制字符串',
            serialize=str,
            parse_value=_decimal,
        ),
        BigInt: strawberry.scalar(
            name="BigInt",
            description="A 64-bit number, as a string. 64 位整数，字符串",
            serialize=str,
            parse_value=_big_int,
        ),
        date: strawberry.scalar(
            name="Date",
            description="A date in Beijing, ISO 8601: 2026-10-31. 北京日期",
            serialize=date.isoformat,
            parse_value=_date,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description="A moment, ISO 8601 with offset: 2026-10-31T08:00:00+00:00. 带时区偏移的时刻",
            serialize=datetime.isoformat,
            parse_value=_date_time,
        ),
    },
)
"""The hub's scalars, as a Strawberry configuration."""


def is_uuid(value: object) -> bool:
    """Whether a public id has the only form that public ids have; anything else names no record."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False
