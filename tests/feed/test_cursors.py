"""Where a reader stands: paged without gap or double, good for one agency and purpose, and telling nobody anything."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from commands_world import HEALTH, MARKET, SECURITY
from feed_world import PAGE, FeedWorld

from hub.feed.cursor import KEPT, FeedCursors, Position

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_position_comes_back_for_what_it_was_sealed_for() -> None:
    cursors = FeedCursors(b"k" * 32)
    for at in (
        Position(snapshot=True, xid=7, id=3, since=NOW, epoch=1),
        Position(snapshot=False, xid=2**63, id=2**62, since=NOW, epoch=2**31 - 1),
    ):
        sealed = cursors.seal(at, "feed\nagency\npurpose")
        assert cursors.open(sealed, "feed\nagency\npurpose", NOW) == at
        assert cursors.open(sealed, "feed\nanother\npurpose", NOW) is None
        assert FeedCursors(b"j" * 32).open(sealed, "feed\nagency\npurpose", NOW) is None
        assert cursors.open(sealed, "feed\nagency\npurpose", NOW + KEPT + timedelta(seconds=1)) is None


def test_all_are_equally_long_and_no_two_alike() -> None:
    cursors = FeedCursors(b"k" * 32)
    at = [Position(snapshot=bool(n % 2), xid=10**n, id=9**n, since=NOW, epoch=n) for n in range(18)]
    sealed = [cursors.seal(one, "b") for one in at for _ in range(5)]
    assert len({len(one) for one in sealed}) == 1
    assert len({*sealed}) == len(sealed)


@pytest.mark.parametrize("flip", range(0, 71, 5))
def test_a_changed_bit_opens_nothing(flip: int) -> None:
    cursors = FeedCursors(b"k" * 32)
    sealed = cursors.seal(Position(snapshot=False, xid=7, id=3, since=NOW, epoch=1), "b")
    raw = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    raw[flip % len(raw)] ^= 1
    assert cursors.open(base64.urlsafe_b64encode(raw).decode().rstrip("="), "b", NOW) is None


def refused(feeds: FeedWorld, token: str, after: str) -> None:
    answered = feeds.ask(token, PAGE, {"after": after})
    assert answered["data"] == {"clueTransferChanges": None}
    (error,) = answered["errors"]
    assert error["extensions"]["code"] == "RESYNC_REQUIRED"
    assert error["path"] == ["clueTransferChanges"]
    assert "after" in error["extensions"]["next"]["en"]


def test_forged_foreign_and_stale_are_told_to_begin_again(feeds: FeedWorld) -> None:
    own = feeds.page(feeds.token(HEALTH))["cursor"]
    foreign = feeds.page(feeds.token(MARKET))["cursor"]
    token = feeds.token(HEALTH)
    for after in (
        "",
        "x",
        "游标",
        own[:-1],
        own + "A",
        own[::-1],
        foreign,
        "A" * 5_000,
        feeds.page(token)["cursor"][:40],
    ):
        refused(feeds, token, after)
    refused(feeds, feeds.token(HEALTH, "case-oversight"), own)
    assert feeds.page(token, own)["nodes"] == []
    feeds.commanding.later(days=KEPT.days + 1)
    refused(feeds, feeds.token(HEALTH), own)


def test_a_page_cursor_of_a_list_is_no_cursor_of_a_feed(feeds: FeedWorld) -> None:
    feeds.sent(SECURITY, HEALTH)
    token = feeds.token(HEALTH)
    listed = feeds.ask(token, "{ clueTransfers(first: 1) { pageInfo { endCursor } } }")
    refused(feeds, token, listed["data"]["clueTransfers"]["pageInfo"]["endCursor"])


def test_a_cursor_of_another_database_is_told_to_begin_again(feeds: FeedWorld) -> None:
    """Its transactions are counted otherwise: ahead of this one's, or in another epoch."""
    token = feeds.token(HEALTH)
    cursors, bound = feeds.hub.cursor_keys.feed, f"clueTransferChanges\n{HEALTH}\n640104\nmedical-practice-regulation"
    (epoch,) = feeds.owner.execute("SELECT number FROM feed_epoch").fetchone() or ()
    now = feeds.clock.now()
    own = Position(snapshot=False, xid=3, id=0, since=now, epoch=epoch)
    assert "nodes" in feeds.page(token, cursors.seal(own, bound))
    for other in (
        Position(snapshot=False, xid=2**40, id=0, since=now, epoch=epoch),
        Position(snapshot=False, xid=3, id=0, since=now, epoch=epoch + 1),
        Position(snapshot=True, xid=2**40, id=0, since=now, epoch=epoch),
    ):
        refused(feeds, token, cursors.seal(other, bound))


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("first: 0", "first"),
        ("first: 5000", "first"),
        ("first: -1", "first"),
        ("waitSeconds: 31", "waitSeconds"),
        ("waitSeconds: -1", "waitSeconds"),
    ],
)
def test_arguments_out_of_range(feeds: FeedWorld, arguments: str, wrong: str) -> None:
    answered = feeds.ask(feeds.token(HEALTH), f"{{ clueTransferChanges({arguments}) {{ cursor }} }}")
    (error,) = answered["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("INVALID_ARGUMENT", wrong)
    assert error["extensions"]["next"]["en"].startswith(f"{wrong} is"), "of this argument, and of no other"
    name, value = arguments.split(": ")
    document = f"query F($n: Int!) {{ clueTransferChanges({name}: $n) {{ cursor }} }}"
    assert feeds.ask(feeds.token(HEALTH), document, {"n": int(value)})["errors"][0]["extensions"]["argument"] == wrong
    assert "errors" not in feeds.ask(feeds.token(HEALTH), document, {"n": 1}), "a plan of one value is not another's"


def test_the_snapshot_then_the_changes_no_gap_and_no_double(feeds: FeedWorld) -> None:
    """What changes while the snapshot is read comes with the changes; all else once, in the snapshot."""
    before = [feeds.sent(SECURITY, HEALTH) for _ in range(5)]
    token, reader = feeds.token(HEALTH), feeds.reader(HEALTH, first=2)
    page = feeds.page(token, first=2)
    reader.apply(page)
    assert page["hasMore"]
    seen = {node["id"] for node in page["nodes"]}
    moved = next(one for one in reversed(before) if str(one) not in seen)
    feeds.closed(moved, SECURITY, HEALTH)
    new = feeds.sent(SECURITY, HEALTH)
    reader.read()
    present = [node["id"] for node in reader.told if node["change"] == "PRESENT"]
    assert len(present) == len({*present})
    assert str(moved) not in present
    assert str(new) not in present
    assert reader.kinds(new) == ["SENT"]
    assert reader.kinds(moved)[0] == "ARRIVED"
    entitled = feeds.ask(token, "{ clueTransfers(first: 1000) { nodes { id status } } }")["data"]["clueTransfers"][
        "nodes"
    ]
    assert {node["id"]: node["status"] for node in entitled} == {key: one["status"] for key, one in reader.copy.items()}
    kinds = [node["change"] for node in reader.told]
    assert kinds.index("SENT") > max(at for at, kind in enumerate(kinds) if kind == "PRESENT"), "the snapshot first"


def test_an_agency_without_transfers_reads_the_same_whatever_others_do(feeds: FeedWorld) -> None:
    token = feeds.token(MARKET)
    first = feeds.page(token)
    again = feeds.page(token, first["cursor"])
    for _ in range(3):
        feeds.closed(feeds.sent(SECURITY, HEALTH), SECURITY, HEALTH)
    later = feeds.page(token)
    after = feeds.page(token, first["cursor"])
    for one in (first, again, later, after):
        assert (one["nodes"], one["hasMore"]) == ([], False)
        assert {len(one["cursor"]), len(one["watermark"])} == {len(first["cursor"])}


def test_the_watermark_skips_to_the_end(feeds: FeedWorld) -> None:
    feeds.sent(SECURITY, HEALTH)
    token = feeds.token(HEALTH)
    mark = feeds.page(token, first=1)["watermark"]
    assert feeds.page(token, mark)["nodes"] == []
    new = feeds.sent(SECURITY, HEALTH)
    assert [node["id"] for node in feeds.page(token, mark)["nodes"]] == [str(new)]


def test_aliases_fragments_and_two_feeds_in_one_document(feeds: FeedWorld) -> None:
    feeds.sent(SECURITY, HEALTH)
    token = feeds.token(HEALTH)
    document = """query Q { a: clueTransferChanges(first: 1) { __typename more: hasMore nodes { ...E } all: nodes { id } }
        viewer { agencyCode } b: clueTransferChanges(first: 2) { nodes { record { id } } cursor } }
        fragment E on ClueTransferChange { __typename key: id record { __typename number: docNo } }"""
    answered = feeds.ask(token, document)["data"]
    assert list(answered) == ["a", "viewer", "b"]
    assert list(answered["a"]) == ["__typename", "more", "nodes", "all"]
    assert answered["a"]["__typename"] == "ClueTransferChanges"
    (node,) = answered["a"]["nodes"]
    assert list(node) == ["__typename", "key", "record"]
    assert answered["a"]["all"] == [{"id": node["key"]}]
    assert answered["b"]["nodes"][0]["record"]["id"] == node["key"]
