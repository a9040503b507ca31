"""Keeps a copy of feeds: takes it in bulk, follows, acknowledges, verifies, repairs. Killed anywhere, run it again.

python reconcile.py --url https://hub.example --client ID --key private.jwk --copy sqlite:///copy.db
"""

import argparse
import json
import sys
import uuid
from pathlib import Path

from copies import Copy
from hub_api import Hub, Refused
from lines import FEEDS, line

SCOPES = ["feed:read", "penalties:read", "inspections:read", "credit:read", "parties:read"]
FOLLOW = (
    "query F($after: String) {{ it: {root}(after: $after, first: 1000) {{"
    " nodes {{ key tombstone record {selection} }} cursor hasMore }} }}"
)
ACKNOWLEDGE = (
    "mutation A($input: AcknowledgeChangesInput!) { it: acknowledgeChanges(input: $input) {"
    " acknowledged userErrors { code zh en } } }"
)
DIGEST = (
    "query D($feed: Feed!, $after: String!, $behind: String) { it: feedDigest(feed: $feed, after: $after,"
    " behind: $behind, first: 20) { upToDate blocks { after to count sha256 } } }"
)
BLOCK = (
    "query B($feed: Feed!, $after: String!, $behind: String) { it: feedDigest(feed: $feed, after: $after,"
    " behind: $behind, first: 1) { blocks { to lines } } }"
)
ROUNDS = 5
"""Of following and verifying while the hub changes."""


def take(hub: Hub, copy: Copy, feed: str) -> None:
    """The whole feed in bulk, batch by batch; an export that broke off goes on from its last place."""
    while copy.state(feed).cursor is None:
        begun = place = copy.state(feed).place
        batch: dict[str, bytes | None] = {}
        for text in hub.export(feed, place):
            told = json.loads(text)
            if "key" in told:
                batch[told["key"]] = text
            elif "error" in told and told["error"]["code"] != "UNAUTHENTICATED":  # a token's end is no reason to stop
                raise Refused(told["error"]["code"], told["error"]["en"])
            elif "error" in told:
                break
            else:  # a place to go on from, or the end with the feed's cursor
                copy.apply(feed, batch, empty=place is None, place=told.get("after"), cursor=told.get("cursor"))
                place, batch = told.get("after"), {}
        if copy.state(feed).cursor is None and place == begun:
            raise Refused("INTERRUPTED", "the export broke off before its first place")


def follow(hub: Hub, copy: Copy, feed: str) -> int:
    """Everything that changed since; how many changes. What is applied and its cursor are one commit."""
    document = FOLLOW.format(root=FEEDS[feed].root, selection=FEEDS[feed].selection)
    count, more = 0, True
    while more:
        page = hub.ask(document, {"after": copy.state(feed).cursor})
        lines = {
            node["key"]: None if node["tombstone"] else line(feed, node["key"], node["record"])
            for node in page["nodes"]
        }
        copy.apply(feed, lines, cursor=page["cursor"])
        count, more = count + len(page["nodes"]), page["hasMore"]
    return count


def acknowledge(hub: Hub, copy: Copy, feed: str) -> None:
    """Only what is durable here; told twice, it is the same."""
    cursor = copy.state(feed).cursor
    given = {"idempotencyKey": uuid.uuid4().hex, "feed": FEEDS[feed].root, "cursor": cursor}
    told = hub.ask(ACKNOWLEDGE, {"input": given})
    if told["userErrors"]:
        raise Refused(told["userErrors"][0]["code"], told["userErrors"][0]["en"])
    copy.apply(feed, {}, acknowledged=cursor)


def verify(hub: Hub, copy: Copy, feed: str) -> tuple[bool, list[tuple[str | None, str | None]]]:
    """Whether the hub had told everything, and the blocks (behind a key, up to a key) in which the copy differs."""
    behind, wrong, settled = None, [], True
    while True:
        given = {"feed": FEEDS[feed].root, "after": copy.state(feed).cursor, "behind": behind}
        page = hub.ask(DIGEST, given)
        settled = settled and page["upToDate"]
        for block in page["blocks"]:
            place = block["after"], block["to"]
            if copy.digest(feed, *place) != (block["count"], block["sha256"]):
                wrong.append(place)
            behind = block["to"]
        if behind is None:
            return settled, wrong


def repair(hub: Hub, copy: Copy, feed: str, wrong: list[tuple[str | None, str | None]]) -> None:
    """Each block anew, and only these; the cursor stays, so what changed since comes again."""
    for after, _ in wrong:
        given = {"feed": FEEDS[feed].root, "after": copy.state(feed).cursor, "behind": after}
        (block,) = hub.ask(BLOCK, given)["blocks"]
        lines: dict[str, bytes | None] = {key: None for key, _ in copy.block(feed, after, block["to"])}
        copy.apply(feed, lines | {json.loads(line)["key"]: line.encode() for line in block["lines"]})


def reconcile(hub: Hub, copy: Copy, feed: str) -> dict[str, object]:
    """Brings the copy to where the hub is, and proves it; what was done."""
    done: dict[str, object] = {"feed": feed, "changes": 0, "repaired": 0, "verified": False}
    for _ in range(ROUNDS):
        try:
            take(hub, copy, feed)
            done["changes"] = int(str(done["changes"])) + follow(hub, copy, feed)
            acknowledge(hub, copy, feed)
            settled, wrong = verify(hub, copy, feed)
        except Refused as refused:
            if refused.code != "RESYNC_REQUIRED":
                raise
            copy.apply(feed, {}, empty=True, place=None, cursor=None)  # begin again
            continue
        if not wrong:
            done["verified"] = True
            break
        if settled:
            repair(hub, copy, feed, wrong)
            done["repaired"] = int(str(done["repaired"])) + len(wrong)
    done["records"], done["sha256"] = copy.digest(feed, None, None)
    return done


def main() -> int:
    """The command; 1 where a copy could not be verified."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--key", type=Path, required=True, help="private JWK")
    parser.add_argument("--purpose", default="credit-publication")
    parser.add_argument("--copy", required=True, help="sqlite:///… or postgresql+psycopg://…")
    parser.add_argument("--feed", choices=FEEDS, action="append")
    given = parser.parse_args()
    hub = Hub(given.url, given.client, json.loads(given.key.read_text()), given.purpose, SCOPES)
    verified = True
    for feed in given.feed or FEEDS:
        try:
            done = reconcile(hub, Copy(given.copy), feed)
        except Refused as refused:
            print(refused, file=sys.stderr)
            return 1
        print(json.dumps(done))
        verified = verified and bool(done["verified"])
    return 0 if verified else 1


if __name__ == "__main__":
    sys.exit(main())
