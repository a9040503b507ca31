"""Stored beside the logs of changes."""

from sqlalchemy import Boolean, CheckConstraint, Integer, true
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base


class FeedEpoch(Base):
    """One row: which counting of transactions the logs are in. A cursor of another one says nothing here."""

    __tablename__ = "feed_epoch"

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=true())
    number: Mapped[int] = mapped_column(Integer)

    __table_args__ = (CheckConstraint("single", name="single"),)
