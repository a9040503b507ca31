"""A copy in SQLite or PostgreSQL: lines by feed and key, and how far it is. Changes and their cursor are one commit."""

import hashlib
from collections.abc import Iterator, Mapping

from sqlalchemy import LargeBinary, String, Text, create_engine, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Of the copy's tables."""


class Line(Base):
    """One record. The key is bytes, so that its order is that of the hub's digest in every database."""

    __tablename__ = "copied_line"

    feed: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(128), primary_key=True)
    line: Mapped[bytes] = mapped_column(LargeBinary)


class State(Base):
    """`place`: in an export that is not complete; `cursor`: of the feed, from then on; `acknowledged`: of these."""

    __tablename__ = "copied_state"

    feed: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[str | None] = mapped_column(Text)
    cursor: Mapped[str | None] = mapped_column(Text)
    acknowledged: Mapped[str | None] = mapped_column(Text)


class Copy:
    """Args:
    url: `sqlite:///copy.db`, `postgresql+psycopg://…`
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        Base.metadata.create_all(self._engine)

    def state(self, feed: str) -> State:
        with Session(self._engine) as session:
            return session.get(State, feed) or State(feed=feed)

    def apply(self, feed: str, lines: Mapping[str, bytes | None], *, empty: bool = False, **state: str | None) -> None:
        """Lines by key, None for those that go, and where the copy then is: all or nothing. `empty`: all others go."""
        keys = [key.encode() for key in lines]
        with Session(self._engine) as session, session.begin():
            gone = delete(Line).where(Line.feed == feed)
            if empty:
                session.execute(gone)
            for start in range(0, len(keys), 500):
                session.execute(gone.where(Line.key.in_(keys[start : start + 500])))
            if rows := [
                {"feed": feed, "key": key.encode(), "line": line} for key, line in lines.items() if line is not None
            ]:
                session.execute(insert(Line), rows)
            known = session.get(State, feed) or State(feed=feed)
            for name, value in state.items():
                setattr(known, name, value)
            session.add(known)

    def block(self, feed: str, after: str | None, to: str | None) -> Iterator[tuple[str, bytes]]:
        """Keys and lines behind one key up to another, in the order of the keys."""
        wanted = select(Line.key, Line.line).where(Line.feed == feed).order_by(Line.key)
        if after is not None:
            wanted = wanted.where(Line.key > after.encode())
        if to is not None:
            wanted = wanted.where(Line.key <= to.encode())
        with Session(self._engine) as session:
            for key, line in session.execute(wanted):
                yield key.decode(), line

    def digest(self, feed: str, after: str | None, to: str | None) -> tuple[int, str]:
        """Count and hash as `feedDigest` tells them."""
        hashes = [hashlib.sha256(line).digest() for _, line in self.block(feed, after, to)]
        return len(hashes), hashlib.sha256(b"".join(hashes)).hexdigest()
