"""`alembic upgrade head`, the only way a schema is made: in the demo, in tests and at a site."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parent.parent.parent


def migrate(engine: Engine, revision: str = "head") -> None:
    """Brings the database to a revision, as the owner."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["engine"] = engine
    command.upgrade(config, revision)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the revision that this code was written for."""
    head = ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
