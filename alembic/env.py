"""Migrations run as the owner role, in one transaction."""

from alembic import context
from sqlalchemy import create_engine

import hub.clues.tables
import hub.credit.tables
import hub.oauth.tables
import hub.parties.tables
import hub.penalties.tables  # noqa: F401 - tables register themselves
from hub.db.base import Base

config = context.config
engine = config.attributes.get("engine") or create_engine(config.get_main_option("sqlalchemy.url", ""))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
