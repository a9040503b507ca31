"""`clueTransferChanges` as a party reads it: a snapshot, then every change once, the record as it is now."""

from commands_world import HEALTH, SECURITY
from feed_world import FeedWorld


def test_a_party_learns_what_arrived_and_every_step(feeds: FeedWorld) -> None:
    sender, receiver = feeds.reader(SECURITY), feeds.reader(HEALTH)
    sender.read()
    receiver.read()
    public_id = feeds.sent(SECURITY, HEALTH)
    arrived = receiver.read()
    assert [node["change"] for node in arrived] == ["SENT"]
    assert arrived[0]["record"]["status"] == "SENT"
    feeds.closed(public_id, SECURITY, HEALTH)
    assert [node["change"] for node in receiver.read()] == [
        "ARRIVED", "RECEIPT_SIGNED", "HANDLING_STARTED", "RESULT_REPORTED", "RESULT_ACKNOWLEDGED", "CLOSED",
    ]  # fmt: skip
    sender.read()
    assert sender.kinds(public_id) == ["DRAFTED", "SUBMITTED", "APPROVED", *receiver.kinds(public_id)]
    assert sender.copy[str(public_id)] == receiver.copy[str(public_id)]
    assert sender.read() == receiver.read() == []
