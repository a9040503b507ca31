"""The register at five million transfers against 200,000: `python -m bench.register`.

The larger hub has so many transfers, with all that hangs on them, and of other tables what the smaller has. Pages of
50, as one client's first page and at its cursors; one connection, both databases in alternation, so that a neighbour's
noise falls on both. Large agency, small agency, and a superior by what its kind below sent and received.
"""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench import load
from bench.data import LARGE, SMALL, SUPERIOR, Client
from bench.hub_client import HubClient
from bench.large import SHARED_BUFFERS, TARGET, Side, open_side
from hub.demo.layout import Counts

PAGES = 20
FIELDS = (
    "id caseNo docNo status route overdue owedBy dueAt dueClock dueClause duePack remainingDays remainingWorkingDays"
    " sentAt receivedAt sender { name } receiver { name } institution { name }"
)
FILTERS = {"overdue": {"overdue": {"eq": True}}, "all": {}}
DOCUMENT = (
    "query($after: String, $filter: ClueTransferFilter) { register(first: 50, after: $after, filter: $filter)"
    f" {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
CLIENTS = ((LARGE, "large agency"), (SMALL, "small agency"), (SUPERIOR, "superior"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.register", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--large-rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parent / ".data")
    return parser.parse_args()


def bodies(side: Side, client: Client, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The first page and those that follow it, as requests."""
    asking = HubClient(side.server.url, side.folder, client)
    found: list[dict[str, Any]] = []
    after = None
    while len(found) < PAGES:
        variables = {"after": after, "filter": wanted}
        page = asking.ask(DOCUMENT, variables)["register"]["pageInfo"]
        found.append({"query": DOCUMENT, "variables": variables})
        if not page["hasNextPage"]:
            break
        after = page["endCursor"]
    return found


def main() -> None:
    given = arguments()
    load.require_wrk()
    lines = [
        "# The register",
        "",
        "Written by `python -m bench.register`: pages of 50, p50 in ms of one connection, databases in turn,",
        f"medians of {given.rounds} rounds of {given.seconds:g} s; buffers {SHARED_BUFFERS}. Target: ≤ {TARGET} ×.",
        "",
        f"| | {given.rows:,} | {given.large_rows:,} | × | |",
        "|---|--:|--:|--:|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as work, ExitStack() as stack:
        many = Counts(*[given.rows] * len(Counts._fields))._replace(transfers=given.large_rows)
        sides = [
            open_side(stack, given.data, given.rows, Path(work)),
            open_side(stack, given.data, given.large_rows, Path(work), many),
        ]
        for client, name in CLIENTS:
            for title, wanted in FILTERS.items():
                files = [
                    load.write_bodies(
                        Path(work) / f"{side.rows}-{client.client_id}-{title}.jsonl", bodies(side, client, wanted)
                    )
                    for side in sides
                ]
                found: list[list[float]] = [[] for _ in sides]
                for number in range(given.rounds + 1):  # the first warms up
                    for at, side in enumerate(sides):
                        token = HubClient(side.server.url, side.folder, client).token()
                        run = load.run(side.server, side.postgres, files[at], given.seconds, token, connections=1)
                        if number:
                            found[at].append(run.p50_ms)
                small, large = median(found[0]), median(found[1])
                verdict = "✓" if large / small <= TARGET else "✗"
                lines.append(f"| {name}: {title} | {small:.2f} | {large:.2f} | {large / small:.2f} | {verdict} |")
                print(lines[-1], flush=True)
    (Path(__file__).parent / "RESULTS-register.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
