"""The hub beside its peers: `python -m bench [--rows 200000] [--rounds 3] [--seconds 4] [--large]`.

Everything runs on 127.0.0.1 over one embedded database in `bench/.data/<rows>`, which is kept for the next run. Rounds
of the peers alternate, and medians are taken, so that a neighbour's noise falls on all of them.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import commands, equality, files, load, node, penalties, results
from bench.cold import cold
from bench.data import LARGE, database, days, transfers
from bench.feed import feed
from bench.hub_client import HubClient
from bench.large import compare
from bench.operations import HUB, ONE, OPERATIONS, PAGE, PEERS, SYNC, Key, payload
from bench.peers import packages, start
from bench.results import Measured
from bench.servers import Postgres, Server

FOLDER = Path(__file__).resolve().parent / ".data"
EQUAL_KEYS = 25


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows a table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of one round of one peer")
    parser.add_argument("--operations", nargs="+", choices=[operation.name for operation in OPERATIONS])
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--data", type=Path, default=FOLDER, help="where databases are kept")
    parser.add_argument("--large", action="store_true", help="instead: latency at --large-rows against --rows")
    parser.add_argument("--feed", action="store_true", help="instead: the change feed")
    parser.add_argument("--large-rows", type=int, default=5_000_000, help="loading them takes half an hour and 35 GB")
    parser.add_argument("--commands", action="store_true", help="instead: durable state changes a second, and pgbench")
    parser.add_argument("--penalties", action="store_true", help="instead: recording penalties in batches")
    parser.add_argument("--files", action="store_true", help="instead: 200 MB up and down, and the memory it takes")
    parser.add_argument("--no-write", action="store_true", help="leave bench/RESULTS.md as it is")
    return parser.parse_args()


def keys_of(client: HubClient, owner_url: str) -> tuple[dict[str, list[Key]], dict[str, list[Key]]]:
    """By operation: what is asked for, in random order; and of it what every peer must answer alike."""
    whole = days(owner_url, LARGE, 50)
    keys = {
        ONE.name: [Key((found,)) for found in transfers(owner_url, LARGE)],
        PAGE.name: client.keys(PAGE.name, 50, whole),
        SYNC.name: client.keys(SYNC.name, 1_000),
    }
    alike = {**keys, PAGE.name: [key for key in keys[PAGE.name] if whole[key.values]]}
    return keys, alike


def measure(given: argparse.Namespace, work: Path) -> Measured:
    """All peers, all operations, in one run."""
    folder = (given.data / str(given.rows)).resolve()
    with ExitStack() as stack:
        opened = stack.enter_context(database(folder, given.rows))
        postgres = Postgres(folder / "pgdata")
        hub = stack.enter_context(start.hub(folder, opened, work / "hub.log"))
        client = HubClient(hub.url, folder, LARGE)
        keys, alike = keys_of(client, opened.owner_url)
        servers: dict[str, Server] = {HUB: hub}
        if "bare" in given.peers:
            servers["bare"] = stack.enter_context(start.bare(folder, client.token(), keys, work / "bare.log"))
        if "postgraphile" in given.peers:
            node.install()
            servers["postgraphile"] = stack.enter_context(start.postgraphile(opened, work / "postgraphile.log"))
        if "idiomatic" in given.peers:
            installed = packages.install(given.data.resolve() / "packages")
            servers["idiomatic"] = stack.enter_context(start.idiomatic(opened, installed, work / "idiomatic.log"))
        measured = Measured(given.rows, given.rounds, given.seconds)
        for operation in OPERATIONS:
            if given.operations and operation.name not in given.operations:
                continue
            asked = keys[operation.name]
            urls = {peer: server.url for peer, server in servers.items()}
            equality.check(operation, urls, alike[operation.name][:EQUAL_KEYS], LARGE, client.token())
            files = {
                peer: load.write_bodies(
                    work / f"{operation.name}-{peer}.jsonl", [payload(operation, peer, key, LARGE) for key in asked]
                )
                for peer in servers
            }
            for number in range(given.rounds + 1):  # the first warms up: plans, pages, just-in-time compilers
                for peer, server in servers.items():
                    token = client.token() if peer == HUB else None
                    run = load.run(server, postgres, files[peer], given.seconds, token)
                    if number:
                        measured.add(operation, peer, run)
                    print(f"{operation.name:>5} {peer:<13} {run.rate:>8,.0f}/s  p50 {run.p50_ms:>8.2f} ms", flush=True)
        measured.keys = {name: len(asked) for name, asked in keys.items()}
        measured.cold = cold(folder, opened, client.token())
    return measured


def main() -> None:
    given = arguments()
    try:
        if not given.feed and not given.files:
            load.require_wrk()
        with tempfile.TemporaryDirectory(prefix="bench-") as work:
            if given.penalties:
                report, name = (
                    penalties.measure((given.data / str(given.rows)).resolve(), given.rows),
                    "RESULTS-penalties.md",
                )
            elif given.large:
                report = compare(given, Path(work))
                name = "LARGE.md"
            elif given.commands:
                folder = (given.data / f"commands-{given.rows}").resolve()
                report = commands.timed(folder, given.rows, given.seconds, Path(work))
                name = "RESULTS-commands.md"
            elif given.feed:
                report, name = feed(Path(work)), "RESULTS-feed.md"
            elif given.files:
                report = files.run(given.rounds)
                name = "RESULTS-files.md"
            else:
                report = results.report(measure(given, Path(work)))
                name = "RESULTS.md"
    except (load.LoadFailed, equality.Unequal) as error:
        sys.exit(str(error))
    print(f"\n{report}")
    if not given.no_write:
        (Path(__file__).parent / name).write_text(report)


main()
