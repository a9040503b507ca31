"""`authorization_details` of type `data_sharing` (RFC 9396): for which purpose, in which case, by which officer."""

import json
from dataclasses import dataclass
from typing import Any

from hub.oauth.caller import Officer
from hub.oauth.errors import DETAILS_ABSENT, DETAILS_MALFORMED, Refused
from hub.oauth.vocabulary import DETAILS_TYPE

MAX_TEXT = 8_192
"""Characters of the whole parameter; a rightful one has about 200."""
MAX_PURPOSE, MAX_CASE_NO, MAX_OFFICER = 64, 40, 100


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a token is asked for: well-formed, not yet permitted. The officer is recorded as stated."""

    purpose: str
    case_no: str | None
    officer: Officer | None

    def details(self) -> list[dict[str, Any]]:
        """As `authorization_details` again, for the answers of token and introspection."""
        stated: dict[str, Any] = {"type": DETAILS_TYPE, "purpose": self.purpose}
        if self.case_no is not None:
            stated["case"] = self.case_no
        if self.officer:
            stated["officer"] = {"name": self.officer.name, "certificateNo": self.officer.certificate_no}
        return [stated]


def parse_sharing(parameter: str | None) -> Sharing:
    """Reads the parameter of a token request; exactly one object, unknown and repeated keys refused.

    Raises:
        Refused: `insufficient_authorization_details` when absent, `invalid_authorization_details` when malformed.
    """
    if not parameter:
        raise Refused(DETAILS_ABSENT)
    if len(parameter) > MAX_TEXT:
        raise Refused(DETAILS_MALFORMED)
    try:
        given = json.loads(parameter, object_pairs_hook=_no_key_twice)
        return _sharing(given)
    except (ValueError, RecursionError) as error:
        raise Refused(DETAILS_MALFORMED) from error


def _sharing(given: object) -> Sharing:
    if given == []:
        raise Refused(DETAILS_ABSENT)
    if not isinstance(given, list) or len(given) != 1:
        raise ValueError
    stated = _members(given[0], required={"type", "purpose"}, optional={"case", "officer"})
    if stated["type"] != DETAILS_TYPE:
        raise ValueError
    officer = None
    if "officer" in stated:
        person = _members(stated["officer"], required={"name", "certificateNo"})
        officer = Officer(one_line(person["name"], MAX_OFFICER), one_line(person["certificateNo"], MAX_OFFICER))
    case_no = one_line(stated["case"], MAX_CASE_NO) if "case" in stated else None
    return Sharing(one_line(stated["purpose"], MAX_PURPOSE), case_no, officer)


def _members(value: object, required: set[str], optional: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(value, dict) or not required <= value.keys() or not value.keys() <= required | optional:
        raise ValueError
    return value


def one_line(value: object, limit: int) -> str:
    """One line of visible text: no NUL, no control or bidirectional marks, no lone surrogates.

    Raises:
        ValueError
    """
    # The ideographic space stands inside Chinese names and is not "printable" to Python.
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise ValueError
    if not value.replace("\u3000", " ").isprintable():
        raise ValueError
    return value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members
