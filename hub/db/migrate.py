"""`alembic upgrade head`, the only way a schema is made: in the demo, in tests and at a site."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parent.parent.parent


def migrate(engine: Engine, revision: str = "head") -> None:
    """Brings the database to a revision, as the owner."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["engine"] = engine
    command.upgrade(config, revision)
