"""START HERE: one load of the sample, in one transaction; the same bytes every time into a fresh database."""

import psycopg
from psycopg.rows import scalar_row
from rich.progress import Progress

from hub.demo import inspections, penalties, transfers
from hub.demo import institutions as parties
from hub.demo.bulk import Loader, text, without_indexes
from hub.demo.inspections import write_inspections
from hub.demo.institutions import Institutions, write_institutions, write_personnel
from hub.demo.layout import Counts, Layout
from hub.demo.penalties import Penalties
from hub.demo.places import AGENCIES
from hub.demo.scores import TABLES as SCORED
from hub.demo.scores import check_counts, write_scores
from hub.demo.transfers import Transfers
from hub.parties.data import read_regions

__all__ = ["AlreadyLoadedError", "Counts", "is_loaded", "load_sample"]

COLUMNS = {
    "region": "code, name, level, parent",
    "agency": "id, code, kind, region, level, name, short_name, uscc, document_word",
    **parties.COLUMNS,
    **transfers.COLUMNS,
    **penalties.COLUMNS,
    **inspections.COLUMNS,
}


class AlreadyLoadedError(Exception):
    """The database holds agencies, or regions of its own: the sample is only for one that was just migrated."""


def is_loaded(owner_url: str) -> bool:
    """Whether the sample (or anything else that needs agencies) is there. A load is there completely or not at all."""
    with psycopg.connect(owner_url, row_factory=scalar_row) as connection:
        return bool(connection.execute("SELECT EXISTS (SELECT FROM agency)").fetchone())


def load_sample(owner_url: str, scale: int = 1, progress: Progress | None = None, counts: Counts | None = None) -> None:
    """Fills an empty, migrated database; the regions of the reference data may be there, and are written anew.

    Args:
        owner_url: libpq URL of the owner role.
        scale: multiplies the default counts; at 1,000 a table has 5 to 10 million rows.
        progress: a started `rich` progress (see `bulk.sample_progress`); one task per kind of record is added.
        counts: exact numbers of rows instead of the scaled defaults.

    Raises:
        AlreadyLoadedError: there are records; nothing was changed.
        ValueError: counts that no sample can have.
    """
    wanted = counts or Counts().times(scale)
    if wanted.institutions < 1 or min(wanted) < 0:
        raise ValueError("at least one institution, and no negative number")
    check_counts(wanted)
    institutions = Institutions(Layout(wanted))
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET LOCAL timezone = 'UTC'")
        connection.execute("LOCK TABLE region, agency IN ACCESS EXCLUSIVE MODE")
        held = {code for (code,) in connection.execute("SELECT code FROM region")}
        if held - {region.code for region in read_regions()}:
            raise AlreadyLoadedError
        if connection.execute("SELECT 1 FROM agency LIMIT 1").fetchone():
            raise AlreadyLoadedError
        with without_indexes(connection, list(COLUMNS), progress):
            first_institution = _fill(connection, institutions, progress)
        write_scores(connection, wanted, first_institution, progress)
    # For the planner: statistics, and how many pages index-only scans may trust. Rows are frozen, none is read again.
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(text(f"VACUUM (ANALYZE) {', '.join((*COLUMNS, *SCORED))}"))


def _fill(connection: psycopg.Connection, institutions: Institutions, progress: Progress | None) -> int:
    """COPY of everything; the id of the first institution.

    Ids that other rows refer to are consecutive; all others follow in the order of writing.
    """
    connection.execute(text(f"TRUNCATE {', '.join(COLUMNS)}"))  # rows may be frozen only in a table of this transaction
    (first_agency,) = connection.execute("SELECT nextval('record_id_seq')").fetchall()[0]
    counts = institutions.layout.counts
    first_institution: int = first_agency + len(AGENCIES)
    first_transfer = first_institution + counts.institutions
    with Loader(connection, COLUMNS, first_transfer + counts.transfers - 1, progress) as loader:
        loader.lines("region").extend(
            f"{r.code}\t{r.name}\t{r.level}\t{r.parent or transfers.NULL}" for r in read_regions()
        )
        loader.lines("agency").extend(
            f"{first_agency + n}\t{a.code}\t{a.kind}\t{a.region}\t{a.level}\t{a.name}\t{a.short_name}\t{a.uscc}\t"
            f"{a.document}"
            for n, a in enumerate(AGENCIES.values())
        )
        write_institutions(loader, institutions, first_institution)
        write_personnel(loader, institutions, first_institution)
        Transfers(loader, institutions, first_transfer, first_institution).write()
        Penalties(loader, institutions, first_institution).write()
        write_inspections(loader, institutions, first_institution)
        connection.execute("SELECT setval('record_id_seq', %s)", [loader.last_id])
    return first_institution
