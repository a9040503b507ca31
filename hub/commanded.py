"""What a mutation came to, and how its answer tells it: commands, payloads and errors, in the order of the document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
from graphql import FieldNode

from hub.clues.commands_errors import UserError
from hub.graph.catalogue import FieldSpec
from hub.query.compile import Compiled
from hub.query.members import merged
from hub.query.report import Told

IDENTIFIERS = {"case": "CaseNumber.caseNo", "results": "RecordedItem.id"}
"""What a payload says beside its records that the ledger keeps: fields by name, as coordinates."""


class Carried(Protocol):
    """What a command came to, whichever slice carried it out.

    Attributes:
        affected: public ids of the records that the payload shows.
        told: what it says that is no record, in the names of the schema; `results` bear user errors of their own.
        user_errors: empty if and only if the command was carried out, now or (`replayed`) before.
    """

    @property
    def affected(self) -> Mapping[str, UUID | None]: ...
    @property
    def told(self) -> Mapping[str, Any]: ...
    @property
    def user_errors(self) -> tuple[UserError, ...]: ...
    @property
    def replayed(self) -> bool: ...


@dataclass(slots=True)
class Commanded:
    """What a mutation came to.

    Attributes:
        body: the GraphQL response.
        done: response keys of the commands that were carried out, now or before.
        given: (command, "done", "replayed" or the code of its refusal), for ledger, metrics and log.
        codes: of `errors` and of user errors, each once.
        read: the snapshot of the first payload: whatever another one saw beyond it, this one had not seen.
    """

    body: bytes
    done: tuple[str, ...]
    given: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]
    told: Told
    filtered: tuple[str, ...]
    counted: tuple[str, ...]
    ids: bytes
    read: str | None
    remembered: bool | None


@dataclass(slots=True)
class Root:
    """One root field. `compiled` None: it gives no command (`__typename`), or its scope is missing."""

    key: str
    nodes: list[FieldNode]
    spec: FieldSpec | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    compiled: Compiled | None = None
    remembered: bool = True
    # What it came to:
    data: bytes = b"null"
    result: Carried | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    told: Told | None = None
    ids: bytes = b""
    read: str | None = None
    also_shown: dict[str, None] = field(default_factory=dict)

    @property
    def command(self) -> str:
        return "" if self.spec is None else self.spec.name

    @property
    def done(self) -> bool:
        return self.result is not None and not self.result.user_errors

    @property
    def outcome(self) -> str:
        if self.result is None:
            return str(self.errors[0]["extensions"]["code"]) if self.errors else "SCOPE_MISSING"
        if self.result.user_errors:
            return str(self.result.user_errors[0].code)
        return "replayed" if self.result.replayed else "done"


def members_of(result: Carried) -> dict[str, Any]:
    def errors(told: Iterable[UserError]) -> list[dict[str, Any]]:
        return [_user_error(each) for each in told]

    items = [{**one, "userErrors": errors(one["userErrors"])} for one in result.told.get("results", ())]
    outcome = {"userErrors": errors(result.user_errors), "replayed": result.replayed}
    return {**result.told, **outcome, "results": items}


def _user_error(told: UserError) -> dict[str, Any]:
    return {
        "code": str(told.code),
        "clause": told.clause,
        "field": told.field,
        "zh": told.zh,
        "en": told.en,
        "doZh": told.do_zh,
        "doEn": told.do_en,
        "missing": list(told.missing),
    }


def told_of(roots: list[Root]) -> Commanded:
    tolds = [root.told for root in roots if root.told is not None]
    errors = [entry for root in roots for entry in root.errors]
    masked = merged(tolds)
    data = b",".join(b'"%b":%b' % (root.key.encode(), root.data) for root in roots)
    head = b'"errors":%b,' % orjson.dumps(errors) if errors else b""
    given = [root for root in roots if root.spec is not None]
    refused = [code for root in given if root.result for code in (str(one.code) for one in root.result.user_errors)]
    # The ledger's words for a command: its coordinate is shown where it was carried out, masked where it was refused.
    shown = dict.fromkeys(f"Mutation.{root.command}" for root in given if root.done)
    hidden = dict.fromkeys(f"Mutation.{root.command}" for root in given if not root.done)
    named = {coordinate: None for root in given for coordinate in root.also_shown}
    compiled = [root.compiled for root in given if root.compiled is not None]
    return Commanded(
        body=b'{%b"data":{%b},"extensions":{"masked":%b}}' % (head, data, masked),
        done=tuple(root.key for root in given if root.done),
        given=tuple((root.command, root.outcome) for root in given),
        codes=tuple(dict.fromkeys([*(entry["extensions"]["code"] for entry in errors), *refused])),
        told=Told(
            masked,
            tuple(hidden | dict.fromkeys(each for told in tolds for each in told.coordinates)),
            tuple(dict.fromkeys(each for told in tolds for each in told.policies)),
            tuple(shown | named | dict.fromkeys(each for told in tolds for each in told.shown)),
        ),
        filtered=tuple(dict.fromkeys(each for one in compiled for each in one.filtered)),
        counted=tuple(dict.fromkeys(each for one in compiled for each in one.counted)),
        ids=b"".join(root.ids for root in roots),
        read=next((root.read for root in roots if root.ids), None),
        remembered=all(root.remembered for root in given) if given else None,
    )
