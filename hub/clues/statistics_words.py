"""The closed words of statistics, with their titles in Chinese and English."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Title(NamedTuple):
    zh: str
    en: str


class Side(StrEnum):
    """On which side alone a transfer is counted."""

    SENT = "SENT"
    RECEIVED = "RECEIVED"


class Difference(StrEnum):
    """Why a transfer is counted as sent and not as received, or the other way round."""

    RECALLED = "RECALLED"
    NOT_ARRIVED = "NOT_ARRIVED"
    RECEIPT_NOT_SIGNED = "RECEIPT_NOT_SIGNED"
    RECEIPT_NOT_SIGNED_AFTER_FORWARDING = "RECEIPT_NOT_SIGNED_AFTER_FORWARDING"
    FORWARDED_TO_ANOTHER_REGION = "FORWARDED_TO_ANOTHER_REGION"
    RECEIVED_IN_ANOTHER_REGION = "RECEIVED_IN_ANOTHER_REGION"
    RECEIVED_IN_ANOTHER_YEAR = "RECEIVED_IN_ANOTHER_YEAR"
    SENT_FROM_ANOTHER_REGION = "SENT_FROM_ANOTHER_REGION"
    SENT_IN_ANOTHER_YEAR = "SENT_IN_ANOTHER_YEAR"


class Suppression(StrEnum):
    """Why a count of others' transfers is not given."""

    SMALL_COUNT = "SMALL_COUNT"
    YEAR_NOT_ENDED = "YEAR_NOT_ENDED"
    REGION_TOO_SMALL = "REGION_TOO_SMALL"


DIFFERENCES: Final[Mapping[Difference, Title]] = MappingProxyType(
    {
        Difference.RECALLED: Title("已撤回", "recalled before receipt"),
        Difference.NOT_ARRIVED: Title("尚未送达", "not yet arrived"),
        Difference.RECEIPT_NOT_SIGNED: Title("回执未签", "arrived, receipt not signed"),
        Difference.RECEIPT_NOT_SIGNED_AFTER_FORWARDING: Title(
            "转送后回执未签", "forwarded or reassigned, receipt not signed there"
        ),
        Difference.FORWARDED_TO_ANOTHER_REGION: Title("转送其他行政区域", "forwarded to another region"),
        Difference.RECEIVED_IN_ANOTHER_REGION: Title("接收机关在其他行政区域", "the receiver is of another region"),
        Difference.RECEIVED_IN_ANOTHER_YEAR: Title("在其他年度签收", "receipt signed in another year"),
        Difference.SENT_FROM_ANOTHER_REGION: Title("移送机关在其他行政区域", "the sender is of another region"),
        Difference.SENT_IN_ANOTHER_YEAR: Title("在其他年度发出", "sent in another year"),
    }
)
SUPPRESSIONS: Final[Mapping[Suppression, Title]] = MappingProxyType(
    {
        Suppression.SMALL_COUNT: Title(
            "各地市均小于阈值（包括零）", "below the threshold in every prefecture, or none at all"
        ),
        Suppression.YEAR_NOT_ENDED: Title("年度尚未结束", "the year has not ended"),
        Suppression.REGION_TOO_SMALL: Title("不按县级提供", "whole prefectures only, no county"),
    }
)
SIDES: Final[Mapping[Side, Title]] = MappingProxyType(
    {Side.SENT: Title("仅计入发出", "counted as sent only"), Side.RECEIVED: Title("仅计入签收", "as received only")}
)
