"""The writer: durable before it returns, in groups, and never a lost or a broken batch."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, date, datetime

import psycopg
import pytest

from hub.clock import BEIJING, SystemClock
from hub.db.engine import Database
from hub.ledger import writer as module
from hub.ledger.entry import Outcome
from hub.ledger.follower import index_next
from hub.ledger.writer import LedgerUnavailable, LedgerWriter

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'hub_app' AND pid <> pg_backend_pid()"


def test_an_entry_is_visible_to_others_when_append_returns(writing, database, make_entry):
    sent = make_entry([3, 5, 3], error_codes=("FILTER_NOT_ALLOWED", "TIMEOUT"), row_count=2)

    async def action(writer):
        await writer.append(sent)
        async with await psycopg.AsyncConnection.connect(database.reader_url) as other:
            cursor = await other.execute("SELECT * FROM disclosure_view")
            names = [column.name for column in cursor.description]
            return dict(zip(names, await cursor.fetchone(), strict=True))

    seen = writing(action)
    assert isinstance(seen.pop("id"), int)
    assert seen == {
        "public_id": sent.public_id,
        "at": sent.at,
        "client_id": sent.client_id,
        "agency": sent.agency,
        "officer_name": sent.officer_name,
        "officer_certificate_no": sent.officer_certificate_no,
        "purpose": sent.purpose,
        "legal_basis": sent.legal_basis,
        "case_no": sent.case_no,
        "outcome": "ANSWERED",
        "error_codes": list(sent.error_codes),
        "shown": list(sent.shown),
        "masked": list(sent.masked),
        "filtered": list(sent.filtered),
        "counted": [],
        "record_count": 2,
        "row_count": 2,
        "policy_version": sent.policy_version,
        "operation_hmac": sent.operation_hmac.hex(),
        "response_hmac": sent.response_hmac.hex(),
    }


def test_absent_values_and_empty_lists_stay_so(writing, app, make_entry):
    sent = make_entry(
        officer_name=None, officer_certificate_no=None, case_no=None, outcome=Outcome.REFUSED, row_count=0
    )
    writing(lambda writer: writer.append(sent))
    row = app.execute("SELECT officer_name, officer_certificate_no, case_no, error_codes, record_ids FROM disclosure")
    assert row.fetchone() == (None, None, None, [], b"")
    assert app.execute("SELECT count(*) FROM client_usage").fetchone() == (0,)


def test_the_commit_is_on_disk_even_where_the_server_defaults_otherwise(database, owner, make_entry):
    owner.execute(f"ALTER DATABASE {owner.info.dbname} SET synchronous_commit = off")

    async def body():
        async with LedgerWriter(database.app_url, SystemClock()) as writer:
            cursor = await writer._connection.execute("SHOW synchronous_commit")
            return await cursor.fetchone()

    assert asyncio.run(body()) == ("on",)


def test_entries_that_wait_go_in_one_transaction(writing, app, make_entry):
    entries = [make_entry([n]) for n in range(400)]

    async def action(writer):
        await asyncio.gather(*(writer.append(one) for one in entries))

    writing(action)
    count, transactions = app.execute("SELECT count(*), count(DISTINCT xid::text) FROM disclosure").fetchone()
    # The first alone or with all, and at most one more group behind it.
    assert (count, transactions <= 2) == (400, True)
    assert app.execute("SELECT count(*) FROM disclosure_shape").fetchone() == (1,)


def test_a_batch_has_limits(writing, app, make_entry, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ENTRIES", 10)
    monkeypatch.setattr(module, "BATCH_BYTES", 5_000)
    many = [make_entry() for _ in range(40)]
    large = [make_entry(range(n * 1_000, n * 1_000 + 800)) for n in range(4)]

    async def action(writer):
        await asyncio.gather(*(writer.append(one) for one in [*many, *large]))

    writing(action)
    sizes = app.execute("SELECT count(*), max(record_count) FROM disclosure GROUP BY xid").fetchall()
    assert sum(count for count, _ in sizes) == 44
    assert max(count for count, _ in sizes) == 10
    assert [count for count, ids in sizes if ids == 800] == [1, 1, 1, 1]


def test_usage_counts_rows_per_client_and_beijing_day(database, app, make_entry):
    class Evening:
        def now(self) -> datetime:
            return datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # 23 November, 01:00 in Beijing

    async def body():
        async with LedgerWriter(database.app_url, Evening()) as writer:
            await asyncio.gather(
                *(writer.append(make_entry(row_count=n)) for n in (1, 2, 3)),
                writer.append(make_entry(client_id="demo-admin", row_count=7)),
            )
            await writer.append(make_entry(row_count=10))

    asyncio.run(body())
    assert app.execute("SELECT * FROM client_usage ORDER BY 1").fetchall() == [
        ("demo-admin", date(2026, 11, 23), 7),
        ("demo-health", date(2026, 11, 23), 16),
    ]


def test_a_killed_backend_fails_its_batch_and_the_next_one_works(writing, app, owner, make_entry):
    """The batch is held in the database by a lock while its backend is terminated."""
    first, second = make_entry([1]), make_entry([2])

    async def action(writer):
        await writer.append(make_entry())
        with owner.transaction():
            owner.execute("LOCK disclosure IN SHARE MODE")
            waiting = asyncio.ensure_future(writer.append(first))
            while not app.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():  # noqa: ASYNC110 - the database says it
                await asyncio.sleep(0.01)
            [pid] = app.execute(f"{BACKENDS} AND wait_event_type = 'Lock'").fetchone()
            with psycopg.connect(owner.info.dsn.replace("hub_owner", "postgres"), autocommit=True) as superuser:
                superuser.execute("SELECT pg_terminate_backend(%s)", (pid,))
            with pytest.raises(LedgerUnavailable):
                await waiting
        await writer.append(second)

    writing(action)
    ids = {row[0] for row in app.execute("SELECT public_id FROM disclosure")}
    assert second.public_id in ids
    assert first.public_id not in ids


def test_no_server_no_answer(make_entry, tmp_path):
    async def body():
        with pytest.raises(LedgerUnavailable):
            await LedgerWriter(f"postgresql://hub_app@/hub?host={tmp_path}", SystemClock()).open()

    asyncio.run(body())


def test_a_cancelled_request_leaves_the_batch_whole(writing, app, owner, make_entry):
    entries = [make_entry([n]) for n in range(20)]

    async def action(writer):
        with owner.transaction():
            owner.execute("LOCK disclosure IN SHARE MODE")
            tasks = [asyncio.ensure_future(writer.append(one)) for one in entries]
            await asyncio.sleep(0.05)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.sleep(0.05)
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = writing(action)
    assert [type(result) for result in results] == [asyncio.CancelledError, type(None)] * 10
    # What was handed in is written: a row too many is fine.
    assert app.execute("SELECT count(*) FROM disclosure").fetchone() == (20,)


@pytest.mark.parametrize(
    "broken",
    [
        {"officer_name": "a\0b"},
        {"officer_name": "\ud800"},
        {"case_no": "9" * 5_000},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - naive on purpose
        {"record_ids": b"123"},
        {"row_count": -1},
        {"row_count": 2**31},
        {"operation_hmac": b""},
        {"shown": ("A.b\0",)},
        {"shown": ("\ud800",)},
    ],
)
def test_an_entry_that_cannot_be_stored_fails_alone(writing, app, make_entry, broken):
    good, bad = make_entry([1]), replace(make_entry([2]), **broken)

    async def action(writer):
        return await asyncio.gather(writer.append(bad), writer.append(good), return_exceptions=True)

    error, fine = writing(action)
    assert isinstance(error, Exception)
    assert not isinstance(error, LedgerUnavailable)
    assert fine is None
    assert app.execute("SELECT public_id FROM disclosure").fetchall() == [(good.public_id,)]


def test_too_many_waiting_entries_are_refused_at_once(writing, owner, make_entry, monkeypatch):
    monkeypatch.setattr(module, "PENDING_ENTRIES", 5)

    async def action(writer):
        with owner.transaction():
            owner.execute("LOCK disclosure IN SHARE MODE")
            tasks = [asyncio.ensure_future(writer.append(make_entry())) for _ in range(3)]
            await asyncio.sleep(0.05)
            tasks += [asyncio.ensure_future(writer.append(make_entry())) for _ in range(9)]
            done, _ = await asyncio.wait(tasks, timeout=0.2)
            refused = [task.exception() for task in done]
        await asyncio.gather(*tasks, return_exceptions=True)
        return refused, [task for task in tasks if not task.exception()]

    refused, kept = writing(action)
    assert {type(error) for error in refused} == {LedgerUnavailable}
    assert (len(refused), len(kept)) == (4, 8)


def test_a_database_that_hangs_fails_the_batch_in_time(writing, owner, make_entry, monkeypatch):
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.3)

    async def action(writer):
        with owner.transaction():
            owner.execute("LOCK disclosure IN SHARE MODE")
            with pytest.raises(LedgerUnavailable):
                await asyncio.wait_for(writer.append(make_entry()), 5)
        await writer.append(make_entry())

    writing(action)


def test_close_commits_what_waits_and_then_refuses(database, app, make_entry):
    async def body():
        writer = LedgerWriter(database.app_url, SystemClock())
        await writer.open()
        tasks = [asyncio.ensure_future(writer.append(make_entry())) for _ in range(10)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*tasks)
        with pytest.raises(LedgerUnavailable):
            await writer.append(make_entry())

    asyncio.run(body())
    assert app.execute("SELECT count(*) FROM disclosure").fetchone() == (10,)


def test_a_writer_task_that_is_cancelled_releases_every_waiter(database, owner, make_entry):
    async def body():
        writer = LedgerWriter(database.app_url, SystemClock())
        await writer.open()
        with owner.transaction():
            owner.execute("LOCK disclosure IN SHARE MODE")
            tasks = [asyncio.ensure_future(writer.append(make_entry())) for _ in range(3)]
            await asyncio.sleep(0.05)
            tasks.append(asyncio.ensure_future(writer.append(make_entry())))
            await asyncio.sleep(0.01)
            writer._task.cancel()
            results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        await writer.close()
        return results

    assert {type(result) for result in asyncio.run(body())} == {LedgerUnavailable}


def test_two_processes_worth_of_writers_never_deadlock(database, app, make_entry):
    """Same clients and same new shapes, in opposite orders, from two connections."""
    clients = [f"client-{n}" for n in range(12)]

    async def body():
        async with (
            LedgerWriter(database.app_url, SystemClock()) as one,
            LedgerWriter(database.app_url, SystemClock()) as two,
        ):
            for turn in range(30):
                shapes = [(f"Turn{turn}.field{n}",) for n in range(12)]
                pairs = list(zip(clients, shapes, strict=True))
                await asyncio.gather(
                    *(one.append(make_entry(client_id=c, shown=s)) for c, s in pairs),
                    *(two.append(make_entry(client_id=c, shown=s)) for c, s in reversed(pairs)),
                )

    asyncio.run(body())
    assert app.execute("SELECT count(*), sum(row_count) FROM disclosure").fetchone() == (720, 720)
    assert app.execute("SELECT sum(rows) FROM client_usage").fetchone() == (720,)
    assert app.execute("SELECT count(*) FROM disclosure_shape").fetchone() == (360,)


def test_an_acknowledged_entry_survives_the_end_of_this_process(database: Database, app, make_entry):
    """A child process writes, tells each acknowledged id over a pipe, and dies by SIGKILL in the middle."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:

            async def body():
                async with LedgerWriter(database.app_url, SystemClock()) as writer:

                    async def one(n):
                        for _ in range(1_000):
                            entry = make_entry([n])
                            await writer.append(entry)
                            os.write(write, entry.public_id.bytes)

                    await asyncio.gather(*(one(n) for n in range(8)))

            asyncio.run(body())
        finally:
            os._exit(1)
    os.close(write)
    told = b""
    with os.fdopen(read, "rb") as pipe:
        while len(told) < 16 * 200 and (chunk := pipe.read1(4096)):
            told += chunk
        os.kill(child, 9)
        os.waitpid(child, 0)
        told += pipe.read()
    acknowledged = {told[at : at + 16] for at in range(0, len(told) // 16 * 16, 16)}
    stored = {row[0].bytes for row in app.execute("SELECT public_id FROM disclosure")}
    assert len(acknowledged) >= 200
    assert acknowledged <= stored


def test_times_are_stored_to_the_microsecond_in_any_zone(writing, app, make_entry):
    at = datetime(2026, 11, 1, 0, 0, 0, 123456, tzinfo=BEIJING)
    writing(lambda writer: writer.append(make_entry(at=at)))
    assert app.execute("SELECT at FROM disclosure").fetchone() == (at,)


def test_an_entry_tells_which_state_was_read_and_the_follower_how_far_that_reaches_back(
    database, writing, app, make_entry
):
    (ran,) = app.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    many = f"{ran}:{ran + 9_000}:" + ",".join(str(number) for number in range(ran, ran + 400))
    sent = [
        make_entry([7], read=f"{ran + 1}:{ran + 5}:{ran + 2}"),
        make_entry([7], read=many),
        make_entry([], read=None),
    ]

    async def action(writer):
        for one in sent:
            await writer.append(one)

    writing(action)
    kept = dict(app.execute("SELECT public_id, read::text FROM disclosure").fetchall())
    # A snapshot too long for an entry is kept as an earlier one: it saw less, never more.
    assert [kept[one.public_id] for one in sent] == [sent[0].read, f"{ran}:{ran}:", None]
    epochs = app.execute("SELECT DISTINCT epoch FROM disclosure").fetchall()
    assert epochs == app.execute("SELECT number FROM feed_epoch").fetchall()
    while asyncio.run(_indexed(database.app_url)):
        pass
    assert app.execute("SELECT min(oldest_read::text::bigint) FROM disclosure_batch").fetchone() == (ran,)


def test_an_entry_with_records_and_no_state_may_have_read_any(database, writing, app, make_entry):
    writing(lambda writer: writer.append(make_entry([7])))
    assert asyncio.run(_indexed(database.app_url)) is not None
    assert app.execute("SELECT oldest_read::text FROM disclosure_batch").fetchone() == ("0",)


async def _indexed(url: str) -> object:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await index_next(connection)
