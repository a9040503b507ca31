"""Migrations run as the owner role, in one transaction."""

import re

from alembic import context
from sqlalchemy import create_engine

import hub.clues.tables
import hub.clues.tables_events
import hub.credit.tables
import hub.feed.tables
import hub.files.tables
import hub.ledger.tables
import hub.oauth.tables
import hub.officers.tables
import hub.parties.tables
import hub.penalties.tables  # noqa: F401 - tables register themselves
from hub.db.base import Base


def _is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Months of the ledger are made by `hub.ledger.partitions`, not declared: a comparison leaves them alone."""
    return not (kind == "table" and name and re.fullmatch(r"disclosure_(default|\d{4}_\d\d)", name))


config = context.config
engine = config.attributes.get("engine") or create_engine(config.get_main_option("sqlalchemy.url", ""))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_type=True, include_name=_is_declared
    )
    with context.begin_transaction():
        context.run_migrations()
