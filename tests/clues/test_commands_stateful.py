"""Several agencies at once, for a long time, on a network and a server that fail: nothing is lost, doubled or renumbered.

A machine of random moves. Each is one command in one of five manners: once; again with the same key; by several at the
same moment with one key; with the answer lost and asked for again; with the server gone just before the commit. Beside
the database stands a book of what the agencies were told; at the end both say the same.
"""

import os
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from commands_world import (
    CITY_HEALTH,
    CITY_POLICE,
    CITY_PROCURATORATE,
    DISCIPLINE,
    HEALTH,
    MARKET,
    MONDAY,
    POLICE,
    PROCURATORATE,
    RECEIPT,
    RESULT,
    RULES,
    SECURITY,
    ZONE_HEALTH,
    CommandWorld,
    Desk,
    first,
    head,
    item,
    papers,
    second,
)  # fmt: skip
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from hub.clues import commands
from hub.clues.commands import CommandResult
from hub.clues.lifecycle import Actor, Role, Status, possible
from hub.clues.lifecycle import Command as C  # noqa: N817 - the subject of every line

pytestmark = pytest.mark.property

SOAK = bool(os.environ.get("HUB_SOAK"))
SENDERS, RECEIVERS = (SECURITY, HEALTH, POLICE), (SECURITY, HEALTH, MARKET, POLICE, DISCIPLINE)
AGENCIES = (*dict.fromkeys((*SENDERS, *RECEIVERS)), PROCURATORATE, CITY_HEALTH, CITY_POLICE, ZONE_HEALTH)
DESKS = [of(agency) for agency in AGENCIES for of in (first, second, head)]
MANNERS = ("once", "again", "twins", "answer lost", "crash")
MOST = 5
"""Transfers of one machine: few, so that each gets far."""
REASON = {"reason": "理由如下"}
GIVEN: dict[C, dict[str, Any]] = {
    C.SUBMIT: {}, C.APPROVE: {}, C.SEND: {}, C.ACKNOWLEDGE_RESULT: {}, C.CLOSE: {},
    C.SEND_BACK: REASON, C.REFUSE_APPROVAL: REASON, C.RECALL: REASON, C.REQUEST_SUPPLEMENT: REASON,
    C.RETURN_NOT_COMPETENT: REASON, C.REQUEST_RECONSIDERATION: REASON, C.REOPEN: REASON, C.DECLINE_CASE: REASON,
    C.SIGN_RECEIPT: RECEIPT,
    C.SUPPLEMENT: {"note": "补交", "evidence": [item("OTHER", "费用清单.xlsx")]},
    C.FORWARD: {**REASON, "receiver": CITY_POLICE, "procuratorate": CITY_PROCURATORATE},
    C.DESIGNATE: {**REASON, "choice": "REASSIGN", "receiver": ZONE_HEALTH},
    C.FILE_CASE: {}, C.START_HANDLING: {},
    C.ANSWER_RECONSIDERATION: {**REASON, "choice": "UPHOLD"},
    C.REQUEST_FILING_SUPERVISION: REASON,
    C.ANSWER_FILING_SUPERVISION: {**REASON, "choice": "FILE"},
    C.HAND_OVER_ARTICLES: {"materials": ["案卷一册"]},
    C.HANDLE_AFTER_DECLINE: RESULT, C.REPORT_RESULT: RESULT,
    C.NOTIFY_AGENCY: {},
}  # fmt: skip


class Agencies(RuleBasedStateMachine):
    world: CommandWorld

    @initialize()
    def begin(self) -> None:
        self.world.now = MONDAY
        self.cases = [(self.world.opened(first(sender)), sender) for sender in SENDERS]
        self.transfers: list[Any] = []
        self.told: Counter[Any] = Counter()
        self.numbers = {row["sender"]: row["last"] for row in self._counters()}

    @rule(case=st.integers(0, 2), receiver=st.sampled_from(RECEIVERS), manner=st.sampled_from(MANNERS))
    def draft(self, case: int, receiver: str, manner: str) -> None:
        case_no, sender = self.cases[case]
        if sender == receiver or len(self.transfers) == MOST:
            return
        result = self._command(manner, first(sender), C.DRAFT, {"caseNo": case_no, **papers(receiver, by=sender)})
        if result is not None and not result.user_errors:
            self.transfers.append(result.transfer)
            self._count(result.transfer)

    @precondition(lambda self: self.transfers)
    @rule(data=st.data(), manner=st.sampled_from(MANNERS), lawful=st.integers(0, 5))
    def step(self, data: st.DataObject, manner: str, lawful: int) -> None:
        transfer = data.draw(st.sampled_from(self.transfers))
        moves = self._moves(transfer) if lawful else []
        if moves:  # mostly what the lifecycle allows now, so that lives get long; else anything by anybody
            desk, command = data.draw(st.sampled_from(moves))
        else:
            command, desk = data.draw(st.sampled_from(tuple(GIVEN))), data.draw(st.sampled_from(DESKS))
        result = self._command(manner, desk, command, {"id": str(transfer), **GIVEN[command]})
        if result is not None and not result.user_errors:
            self._count(transfer)
            self.world.check(transfer)

    @rule(hours=st.sampled_from((1, 26, 100)))
    def wait(self, hours: int) -> None:
        self.world.later(hours=hours)

    def _moves(self, transfer: Any) -> list[tuple[Desk, C]]:
        state, row = self.world.state(transfer), self.world.row(transfer)
        if state.status is Status.SENT:
            return [(first(row["receiver"]), C.SIGN_RECEIPT), (head(row["sender"]), C.RECALL)]
        desks = [
            (first(row["sender"]), Role.SENDER_CASE_OFFICER), (head(row["sender"]), Role.SENDER_PRINCIPAL),
            (first(row["receiver"]), Role.RECEIVER_CASE_OFFICER), (head(row["receiver"]), Role.RECEIVER_PRINCIPAL),
            (first(PROCURATORATE), Role.PROCURATORATE), (first(CITY_HEALTH), Role.COMMON_SUPERIOR),
        ]  # fmt: skip
        return sorted(
            {
                (desk, edge.command)
                for desk, role in desks
                for edge in possible(state, Actor(role, desk.agency, desk.certificate))
                if edge.command in GIVEN
            },
            key=str,
        )

    def _command(self, manner: str, desk: Desk, command: C, given: dict[str, Any]) -> CommandResult | None:
        """What the agency is told in the end; None: it was told nothing, and nothing may have happened."""
        world, key = self.world, secrets.token_hex(16)
        purpose = "case-oversight" if command is C.DESIGNATE else None
        caller = world.caller(desk, purpose)
        before = world.contents()
        if manner == "crash":
            self._crash(caller, command, given, key)
            assert world.contents() == before
            return None
        if manner == "twins":

            def run(_: int) -> CommandResult:
                with world.connect() as connection:
                    return world.give(caller, command, key, connection, **given)

            with ThreadPoolExecutor(3) as pool:
                results = list(pool.map(run, range(3)))
            carried = [result for result in results if not result.user_errors]
            assert len(carried) in (0, 3), "twins are told the same"
            assert sum(not result.replayed for result in carried) == bool(carried)
            result = results[0]
        else:
            result = world.give(caller, command, key, **given)
            if manner != "once" and not result.user_errors:
                after = world.contents()
                again = world.give(world.caller(desk, purpose), command, key, **given)
                assert again.replayed
                assert (again.transfer, again.case_no, again.child) == (
                    result.transfer, result.case_no, result.child,
                )  # fmt: skip
                assert world.contents() == after
                result = again if manner == "answer lost" else result
        if result.user_errors:
            assert world.contents() == before, "a refusal changes nothing"
        return result

    def _crash(self, caller: Any, command: C, given: dict[str, Any], key: str) -> None:
        connection = self.world.connect()
        order = commands._order(caller, command, given, key)

        def work() -> None:
            with connection.pipeline(), connection.transaction():
                commands._carried_out(connection, caller, order, self.world.now, RULES, None)
                connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises((psycopg.OperationalError, commands.Refused)):
            work()
        connection.close()

    def _count(self, transfer: Any) -> None:
        self.told[transfer] += 1

    def _counters(self) -> list[dict[str, Any]]:
        return self.world.rows("SELECT sender, max(last) AS last FROM doc_counter GROUP BY sender")

    def teardown(self) -> None:
        if not hasattr(self, "told"):
            return
        for transfer in self.transfers:
            # One event for each command that an agency was told was carried out; the hub's own step is arrival.
            own = [kind for kind in self.world.kinds(transfer) if kind != "ARRIVED"]
            assert len(own) == self.told[transfer], (own, self.told[transfer])
            self.world.check(transfer)
        for row in self._counters():
            numbers = self.world.rows(
                "SELECT doc_number FROM clue_transfer WHERE sender = %s AND doc_number > %s ORDER BY 1",
                row["sender"], self.numbers.get(row["sender"], 0),
            )  # fmt: skip
            begun = self.numbers.get(row["sender"], 0)
            assert [one["doc_number"] for one in numbers] == list(range(begun + 1, row["last"] + 1))


def test_agencies_on_a_failing_network(commanding: CommandWorld) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("Machine", (Agencies,), {"world": commanding}),
        settings=settings(
            max_examples=60 if SOAK else 6,
            stateful_step_count=80,
            deadline=None,
            derandomize=not SOAK,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
