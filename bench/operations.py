"""What is asked: three operations, each in the words of every peer, so that all answer with the same names and data.

The hub is asked for one field more than its peers, one that it must hide: the masked-field report is part of its work.
The peers are told the agency and its region, which the hub knows from the token, and are asked in the form that suits
their indexes best: PostGraphile by a bound on the ordered column, since its own cursors make no row-wise comparison.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.data import CREDIT_SCORE_ORDER, Client

HUB, BARE, POSTGRAPHILE, IDIOMATIC = "hub", "bare", "postgraphile", "idiomatic"
PEERS = (HUB, BARE, POSTGRAPHILE, IDIOMATIC)


@dataclass(frozen=True, slots=True)
class Key:
    """One position that is asked for: what identifies it, and the hub's cursor where it is one."""

    values: tuple[str, ...]
    cursor: str = ""


Variables = Callable[[Key, Client], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the results.

    Attributes:
        documents: by peer; the bare statement is compiled from the hub's.
        variables: by peer, for a key.
        targets: the hub's rate must reach so many times the rate of a peer (issue 2).
    """

    name: str
    title: str
    documents: Mapping[str, str]
    variables: Mapping[str, Variables]
    targets: Mapping[str, float]


_SCALARS = "caseNo docNo status catalogueCodes source discoveredOn sentAt dueAt receivedAt outcome"
_INSTITUTION = "nhsaCode name kind level address"
_PENALTY = "decisionNo violationType kinds fine decidedOn"
_SCORE = "period score grade modelVersion measures"

_TRANSFER = (
    f"id {_SCALARS} %s institution {{ {_INSTITUTION} penaltyRecords(first: 3) {{ nodes {{ id {_PENALTY} }} }} }}"
)
_HUB_TRANSFER, _PLAIN_TRANSFER = _TRANSFER % "summary", _TRANSFER % ""
# The second column of the hub's order of scores: its peers are asked in the same direction.
_DIRECTION, _BEHIND = ("DESC", "lessThan") if CREDIT_SCORE_ORDER[1][1] else ("ASC", "greaterThan")

_PG_TRANSFER = (
    f"id: publicId {_SCALARS} institution: institutionByInstitutionId {{ {_INSTITUTION} "
    "penaltyRecords: penaltyRecordsByInstitutionId(first: 3, orderBy: [DECIDED_ON_DESC, PUBLIC_ID_DESC]) "
    f"{{ nodes {{ id: publicId {_PENALTY} }} }} }}"
)


def _by_id(key: Key, _: Client) -> dict[str, Any]:
    return {"id": key.values[0]}


def _after_cursor(key: Key, _: Client) -> dict[str, Any]:
    return {"after": key.cursor}


def _after_values(key: Key, _: Client) -> dict[str, Any]:
    return {"after": key.values}


ONE = Operation(
    "one",
    "one transfer by id, its institution and 3 latest penalties",
    {
        HUB: f"query ($id: ID!) {{ clueTransfer(id: $id) {{ {_HUB_TRANSFER} }} }}",
        IDIOMATIC: f"query ($id: ID!) {{ clueTransfer(id: $id) {{ {_PLAIN_TRANSFER} }} }}",
        POSTGRAPHILE: (
            f"query ($id: UUID!) {{ clueTransfer: clueTransferByPublicId(publicId: $id) {{ {_PG_TRANSFER} }} }}"
        ),
    },
    {HUB: _by_id, BARE: lambda key, _: {"after": key.values}, IDIOMATIC: _by_id, POSTGRAPHILE: _by_id},
    {POSTGRAPHILE: 1.2, IDIOMATIC: 10, BARE: 0.5},
)

PAGE = Operation(
    "page",
    "a page of 50 of the same, at a random cursor",
    {
        HUB: f"query ($after: String!) {{ clueTransfers(first: 50, after: $after) {{ nodes {{ {_HUB_TRANSFER} }} }} }}",
        IDIOMATIC: (
            "query ($agency: String!, $after: [String!]!) { clueTransfers(first: 50, agency: $agency, after: $after) "
            f"{{ nodes {{ {_PLAIN_TRANSFER} }} }} }}"
        ),
        POSTGRAPHILE: (
            "query ($agency: String!, $before: Date!) { clueTransfers: allRecordParties(first: 50, "
            "condition: {agency: $agency}, filter: {discoveredOn: {lessThan: $before}}, "
            "orderBy: [DISCOVERED_ON_DESC, PUBLIC_ID_DESC]) "
            f"{{ nodes {{ transfer: clueTransferByTransferId {{ {_PG_TRANSFER} }} }} }} }}"
        ),
    },
    {
        HUB: _after_cursor,
        BARE: _after_values,
        IDIOMATIC: lambda key, client: {"agency": client.agency, "after": key.values},
        POSTGRAPHILE: lambda key, client: {"agency": client.agency, "before": key.values[0]},
    },
    {POSTGRAPHILE: 1.5, IDIOMATIC: 10, BARE: 0.7},
)

SYNC = Operation(
    "sync",
    "a page of 1,000 credit scores with institution, at a random cursor",
    {
        HUB: (
            "query ($after: String!) { creditScores(first: 1000, after: $after) "
            f"{{ nodes {{ {_SCORE} deductions {{ reason }} institution {{ {_INSTITUTION} }} }} }} }}"
        ),
        IDIOMATIC: (
            "query ($region: String!, $after: [String!]!) { creditScores(first: 1000, region: $region, after: $after) "
            f"{{ nodes {{ {_SCORE} institution {{ {_INSTITUTION} }} }} }} }}"
        ),
        POSTGRAPHILE: (
            "query ($region: String!, $period: String!, $code: String!) { creditScores: allCreditScores(first: 1000, "
            f"condition: {{prefecture: $region, period: $period}}, filter: {{nhsaCode: {{{_BEHIND}: $code}}}}, "
            f"orderBy: [NHSA_CODE_{_DIRECTION}]) "
            f"{{ nodes {{ {_SCORE} institution: institutionByInstitutionId {{ {_INSTITUTION} }} }} }} }}"
        ),
    },
    {
        HUB: _after_cursor,
        BARE: _after_values,
        IDIOMATIC: lambda key, client: {"region": client.region, "after": key.values},
        POSTGRAPHILE: lambda key, client: {"region": client.region, "period": key.values[0], "code": key.values[1]},
    },
    {POSTGRAPHILE: 3, IDIOMATIC: 10, BARE: 0.6},
)

OPERATIONS = (ONE, PAGE, SYNC)
HIDDEN = ("summary", "deductions")
"""What only the hub is asked for, and answers with null."""

CURSORS = {
    PAGE.name: "query ($after: String) { found: clueTransfers(first: 1000, after: $after) "
    "{ edges { cursor node { discoveredOn id } } pageInfo { hasNextPage endCursor } } }",
    SYNC.name: "query ($after: String) { found: creditScores(first: 1000, after: $after) "
    "{ edges { cursor node { period institution { nhsaCode } } } pageInfo { hasNextPage endCursor } } }",
}
"""How the hub's own cursors are gathered before the load."""


def payload(operation: Operation, peer: str, key: Key, client: Client) -> dict[str, Any]:
    """The JSON of one request."""
    variables = operation.variables[peer](key, client)
    if peer == BARE:
        return {"operation": operation.name, **variables}
    return {"query": operation.documents[peer], "variables": variables}
