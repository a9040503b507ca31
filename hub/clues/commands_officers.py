"""An agency keeps its own part of the register of officers: by command of a registered principal officer."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from psycopg import Connection

from hub.clues.authority import Acting
from hub.clues.commands_draft import today
from hub.clues.commands_errors import GivenCode, Refused, UserError, of_input
from hub.clues.commands_inputs import EndOfficer, RegisterOfficer
from hub.clues.lifecycle_refusals import HUB, RefusalCode
from hub.clues.lifecycle_wordings import WORDINGS
from hub.db.core import OnDriver
from hub.officers import register
from hub.officers.tables import OfficerRole


def register_own(connection: Connection[Any], acting: Acting, given: RegisterOfficer) -> Mapping[str, Any]:
    """The officer as registered, in the names of the schema.

    Raises:
        Refused
    """
    _principal(acting)
    roles = sorted(set(given.roles))
    valid_from = given.valid_from or today(acting)
    try:
        register.register_officer(
            OnDriver(connection),
            acting.caller.agency,
            given.name,
            given.certificate_no,
            roles,
            valid_from=valid_from,
            valid_to=given.valid_to,
            by=_by(acting),
        )
    except register.AlreadyRegistered:  # with whom is not told: it may be another agency's officer
        raise Refused(of_input(GivenCode.OFFICER_ALREADY_REGISTERED, "certificateNo")) from None
    except register.RegisterError as error:
        raise Refused(of_input(GivenCode.INVALID_INPUT, detail=str(error))) from None
    return {
        "name": given.name,
        "certificateNo": given.certificate_no,
        "roles": [str(role) for role in roles],
        "validFrom": valid_from.isoformat(),
        "validTo": None if given.valid_to is None else given.valid_to.isoformat(),
    }


def end_own(connection: Connection[Any], acting: Acting, given: EndOfficer) -> Mapping[str, Any]:
    """The certificate number and its last day. Raises Refused."""
    _principal(acting)
    last = given.last_day or today(acting) - timedelta(days=1)
    try:
        register.end_officer(OnDriver(connection), acting.caller.agency, given.certificate_no, last, by=_by(acting))
    except register.NotRegistered:
        raise Refused(of_input(GivenCode.UNKNOWN_OFFICER, "certificateNo")) from None
    return {"certificateNo": given.certificate_no, "validTo": last.isoformat()}


def _by(acting: Acting) -> str:
    return f"{acting.caller.client_id}:{acting.officer}"


def _principal(acting: Acting) -> None:
    if OfficerRole.PRINCIPAL_OFFICER not in acting.roles:
        words = WORDINGS[RefusalCode.ROLE_NOT_ALLOWED]
        raise Refused(
            UserError(
                RefusalCode.ROLE_NOT_ALLOWED, words.clause or HUB, words.zh, words.en, words.do_zh, words.do_en, None
            )
        )
