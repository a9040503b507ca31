"""Closed vocabularies of the policies: data classes (domain.md D) and the codes of a hidden field."""

from enum import StrEnum


class DataClass(StrEnum):
    """The class of an exposed field, from open to closed (domain.md D). Every field has exactly one."""

    PUBLIC = "PUBLIC"
    SUPERVISION = "SUPERVISION"
    PROCEDURE = "PROCEDURE"
    PARTY_IDENTITY = "PARTY_IDENTITY"
    INVESTIGATION = "INVESTIGATION"
    HEALTH_DATA = "HEALTH_DATA"
    PERSONAL = "PERSONAL"
    TRADE_SECRET = "TRADE_SECRET"  # noqa: S105 - a class, no password
    INFORMANT = "INFORMANT"
    ADMINISTRATION = "ADMINISTRATION"
    """The hub's own tenth class: the disclosure ledger and administration, opened by purpose and scope only. No record
    of an agency ever has it."""


PUBLISHED = (DataClass.PUBLIC, DataClass.SUPERVISION)
"""The one declared pair: PUBLIC while the penalty is published, else SUPERVISION."""


class MaskCode(StrEnum):
    """Why a field is hidden. Never tells a refused record from one that does not exist."""

    PURPOSE_NOT_ALLOWED = "PURPOSE_NOT_ALLOWED"
    """The purpose of the token does not open this class of this type, except what the agency supplied itself."""
    CASE_REQUIRED = "CASE_REQUIRED"
    """The purpose opens it for the case named in the token, and the token names none."""
    QUERY_UNDER_CASE = "QUERY_UNDER_CASE"
    """Only a case opens it, and that comes and goes: no feed or export tells of it, with or without a case."""
    OFFICER_REQUIRED = "OFFICER_REQUIRED"
    """The token would open it on some records, were its acting officer registered with the agency today."""
    CONDITION_NOT_MET = "CONDITION_NOT_MET"
    """Open on some records only (case, region, party): at least one shown record is not among them."""
    FORBIDDEN = "FORBIDDEN"
    """A prohibition that no purpose overrides."""
    SCOPE_MISSING = "SCOPE_MISSING"
    """The token lacks the scope of the type."""
