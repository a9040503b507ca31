"""Who gives the command, read again inside its transaction and held until it commits (security.md 28).

The officer is looked up in the register: a name and certificate number in a token are a claim, not yet an officer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.clock import BEIJING
from hub.clues.lifecycle_words import Role
from hub.oauth.authority import IN_FORCE, OFFICER
from hub.oauth.caller import Caller
from hub.officers.tables import OfficerRole
from hub.policy.commanded import CommandQuestion, Relation

HOLD: Final = "SELECT hold_authority(%(token)s)"
"""Before `READ`: a statement sees only what was committed when it began."""
HOLD_REGISTER: Final = "SELECT hold_register(%(token)s)"
"""The same before a change of the register of officers, which raises the agency's version."""
READ: Final = f"""
SELECT c.authority_version AS client_version, a.authority_version AS agency_version,
       coalesce(a.document_word, a.short_name) AS document_word,
       (SELECT o.roles {OFFICER.format(today="%(today)s")}) AS roles,
       (SELECT jsonb_build_object('command', p.command, 'hash', encode(p.input_hash, 'hex'), 'result', p.result)
        FROM command_receipt p
        WHERE p.client_id = t.client_id AND p.idempotency_key = %(key)s) AS receipt
{IN_FORCE.format(digest="%(token)s", now="%(now)s")}
"""


class AuthorityLost(Exception):
    """The token, client or agency is not in force any more, or not as the Caller says: read it again, or 401."""


@dataclass(frozen=True, slots=True)
class Acting:
    """The caller as it stands in this transaction.

    Attributes:
        roles: of the acting officer in the register, today; empty where there is none.
        document_word: stands before 案移字 in the agency's document numbers.
        receipt: of an earlier command with this key: `command`, `hash` (hex), `result`.
    """

    caller: Caller
    now: datetime
    roles: frozenset[OfficerRole]
    document_word: str
    receipt: Mapping[str, Any] | None

    @property
    def officer(self) -> str:
        """The certificate number; empty where the token names none."""
        return self.caller.officer.certificate_no if self.caller.officer else ""


def parameters(caller: Caller, key: str, now: datetime) -> dict[str, Any]:
    """Of `HOLD` and `READ`."""
    return {"token": caller.token_hash, "key": key, "now": now, "today": now.astimezone(BEIJING).date()}


def acting(caller: Caller, row: Mapping[str, Any] | None, now: datetime) -> Acting:
    """The caller as read.

    Raises:
        AuthorityLost
    """
    if row is None or (row["client_version"], row["agency_version"]) != (caller.client_version, caller.agency_version):
        raise AuthorityLost
    roles = frozenset(OfficerRole(role) for role in row["roles"] or ())
    return Acting(caller, now, roles, row["document_word"], row["receipt"])


def question(command: str, caller: Caller, relations: frozenset[Relation], case_no: str | None) -> CommandQuestion:
    """What the policies are asked; `case_no` is the record's, None where there is none."""
    return CommandQuestion(
        command=command,
        kind=caller.agency_kind,
        region_level=caller.region_level,
        purpose=caller.purpose,
        scopes=caller.scopes & {"clues:write"},
        relations=relations,
        case_named=caller.case_no is not None,
        in_that_case=caller.case_no is not None and caller.case_no == case_no,
    )


def roles_of(acting: Acting, relations: frozenset[Relation]) -> tuple[Role, ...]:
    """What the officer is to the transfer, case officer first: an officer of both roles is asked about both."""
    found = []
    case_officer = OfficerRole.CASE_OFFICER in acting.roles
    principal = OfficerRole.PRINCIPAL_OFFICER in acting.roles
    for relation, working, deciding in (
        (Relation.SENDER, Role.SENDER_CASE_OFFICER, Role.SENDER_PRINCIPAL),
        (Relation.RECEIVER, Role.RECEIVER_CASE_OFFICER, Role.RECEIVER_PRINCIPAL),
    ):
        if relation in relations:
            found += [working] * case_officer + [deciding] * principal
    if Relation.PROCURATORATE in relations and acting.roles:
        found.append(Role.PROCURATORATE)
    if Relation.COMMON_SUPERIOR in relations and acting.roles:
        found.append(Role.COMMON_SUPERIOR)
    return tuple(found)
