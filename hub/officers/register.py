"""The register of officers: who may act for an agency, in which role, from when to when.

Every function runs in the transaction of the connection it is given. Each raises `RegisterError` and changes nothing
when the change is not permitted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Executable, func, insert, or_, select, text, update

from hub.oauth.authority import OFFICER
from hub.oauth.caller import Officer as Stated
from hub.officers.tables import Officer, OfficerRole
from hub.parties.tables import Agency

CERTIFICATE_NO = re.compile(r"[0-9A-Za-z-]{4,40}")
MAX_NAME = 100
_IS_REGISTERED = text(
    f"SELECT EXISTS (SELECT {OFFICER.format(today=':today')}) FROM (SELECT CAST(:name AS text) AS officer_name,"
    " CAST(:number AS text) AS officer_certificate_no) t, (SELECT CAST(:agency AS text) AS code) a"
)


class RegisterError(ValueError):
    """The change is refused; the message (Chinese / English) says why and what to do."""


class AlreadyRegistered(RegisterError):
    """The certificate number is registered in that period, perhaps with another agency."""


class NotRegistered(RegisterError):
    """Nothing is registered beyond that day."""


class Executes(Protocol):
    """A SQLAlchemy connection, or a psycopg connection behind `hub.db.core.OnDriver`."""

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> Any:
        """As `sqlalchemy.Connection.execute`."""
        ...

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> Any:
        """As `sqlalchemy.Connection.scalar`."""
        ...


def register_officer(
    connection: Executes,
    agency: str,
    name: str,
    certificate_no: str,
    roles: Iterable[OfficerRole],
    *,
    valid_from: date,
    valid_to: date | None = None,
    by: str,
) -> None:
    """Adds an officer of an agency for a period.

    Args:
        certificate_no: 执法证号. In force in one agency at a time: periods of one number never overlap, whether it is
            written with hyphens or without, in small letters or capitals.
        valid_from, valid_to: Beijing dates, both included.
        by: who registered it, as kept on the row.
    """
    wanted = sorted(set(roles))
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise RegisterError("请填写姓名 / give the officer's name")
    if not CERTIFICATE_NO.fullmatch(certificate_no):
        raise RegisterError("执法证号应为 4 至 40 位字母、数字或连字符 / a certificate number has 4 to 40 characters")
    if not wanted:
        raise RegisterError("至少须有一个角色 / at least one role: CASE_OFFICER, PRINCIPAL_OFFICER")
    if valid_to is not None and valid_to < valid_from:
        raise RegisterError("截止日早于起始日 / the period ends before it begins")
    if not agency.isprintable() or not connection.scalar(select(Agency.code).where(Agency.code == agency)):
        raise RegisterError(f"没有此机关 / no such agency: {agency}")
    # One certificate is one person however its number is written, or its holder could approve what he drafted himself.
    number = certificate_no.replace("-", "").upper()
    # Two registrations of one number at a time would not see each other; registrations are rare.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:number, 310))"), {"number": number})
    overlapping = select(Officer.agency).where(
        func.upper(func.replace(Officer.certificate_no, "-", "")) == number,
        or_(Officer.valid_to.is_(None), Officer.valid_to >= valid_from),
        *(() if valid_to is None else (Officer.valid_from <= valid_to,)),
    )
    if found := connection.scalar(overlapping):
        raise AlreadyRegistered(
            f"此执法证号在该期间已登记于 {found}，请先终止 / registered with {found} in that period, end that first"
        )
    connection.execute(
        insert(Officer).values(
            agency=agency,
            name=name.strip(),
            certificate_no=certificate_no,
            roles=[str(role) for role in wanted],
            valid_from=valid_from,
            valid_to=valid_to,
            registered_by=by,
        )
    )


def end_officer(connection: Executes, agency: str, certificate_no: str, last_day: date, *, by: str) -> None:
    """Sets the last day of an officer's period, also of one not yet begun; it acts on the next request and command.

    Args:
        last_day: Beijing date, the last on which the officer may act. The day before the period began: never.
    """
    if not (agency + certificate_no).isprintable():  # no text that the database could compare with
        raise NotRegistered("没有在该日仍有效的登记 / nothing registered beyond that day")
    ended = (
        update(Officer)
        .where(
            Officer.agency == agency,
            Officer.certificate_no == certificate_no,
            Officer.valid_from <= last_day + timedelta(days=1),
            or_(Officer.valid_to.is_(None), Officer.valid_to > last_day),
        )
        .values(valid_to=last_day, ended_by=by)
        .returning(Officer.id)
    )
    if connection.scalar(ended) is None:
        raise NotRegistered(f"没有在该日仍有效的登记 / nothing registered beyond that day: {agency} {certificate_no}")


def is_registered(connection: Connection, agency: str, stated: Stated, on: date) -> bool:
    """Whether a token that states this officer would name one of the agency's register on that Beijing day."""
    named = {"name": stated.name, "number": stated.certificate_no, "agency": agency, "today": on}
    return bool(connection.scalar(_IS_REGISTERED, named))


def officers(connection: Connection, agency: str | None, on: date | None, limit: int) -> Iterator[dict[str, Any]]:
    """Rows by agency and name; of one agency, and valid on one day, where these are given."""
    statement = select(Officer).order_by(Officer.agency, Officer.name, Officer.valid_from).limit(limit)
    if agency is not None:
        statement = statement.where(Officer.agency == agency)
    if on is not None:
        statement = statement.where(Officer.valid_from <= on, or_(Officer.valid_to.is_(None), Officer.valid_to >= on))
    for row in connection.execute(statement.with_only_columns(*Officer.__table__.columns)).mappings():
        yield {
            "agency": row["agency"],
            "name": row["name"],
            "certificateNo": row["certificate_no"],
            "roles": list(row["roles"]),
            "validFrom": row["valid_from"].isoformat(),
            "validTo": None if row["valid_to"] is None else row["valid_to"].isoformat(),
            "registeredBy": row["registered_by"],
            "endedBy": row["ended_by"],
        }
