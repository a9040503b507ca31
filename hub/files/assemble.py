"""From parts to the file: read back as stored, hashed and checked on the way, then put in its place.

Hashing and decoding run in threads, a piece at a time: neither the event loop nor the memory feels the size of a file.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from hub.files.kinds import (
    HEAD_BYTES,
    KINDS,
    OLE,
    Form,
    MacroCheck,
    NotOfItsKind,
    TextCheck,
    check_container,
    check_head,
)
from hub.files.objects import Objects, StoreUnavailable
from hub.files.uploads import Upload


class WrongHash(Exception):
    """The content is not that of the declared SHA-256."""


async def assemble(objects: Objects, upload: Upload, last: bytes) -> None:
    """Makes the file of an upload whose parts and `last` bytes are all of it. Nobody reads it before the row says so.

    Raises:
        WrongHash, NotOfItsKind: the content is refused; nothing is left of it but its parts.
        ObjectMissing, StoreUnavailable
    """
    reading = _Reading(upload)
    name = await objects.put(upload.file_id, _checked(objects, upload, last, reading))
    try:
        if KINDS[upload.media_type].form is Form.CONTAINER:
            await asyncio.to_thread(_check_container, objects, upload, name)
    except BaseException:
        await objects.drop_part(upload.file_id, name)
        raise
    await objects.settle(upload.file_id, name)


class _Reading:
    """What is learned of the content while it passes."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._digest = hashlib.sha256()
        self._check: TextCheck | MacroCheck | None = None
        if KINDS[upload.media_type].form is Form.TEXT:
            self._check = TextCheck()
        elif upload.media_type in OLE:
            self._check = MacroCheck()
        self._head = b""

    def feed(self, piece: bytes) -> None:
        self._digest.update(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        if self._check is not None:
            self._check.feed(piece)

    def end(self) -> None:
        """Raises:
        WrongHash, NotOfItsKind
        """
        if self._digest.hexdigest() != self._upload.sha256:
            raise WrongHash
        check_head(self._upload.media_type, self._head)
        if self._check is not None:
            self._check.feed(b"", last=True)


async def _checked(objects: Objects, upload: Upload, last: bytes, reading: _Reading) -> AsyncIterator[bytes]:
    async for piece in objects.parts(upload.file_id, upload.parts):
        await asyncio.to_thread(reading.feed, piece)
        yield piece
    if last:
        await asyncio.to_thread(reading.feed, last)
        yield last
    reading.end()


def _check_container(objects: Objects, upload: Upload, name: str) -> None:
    try:
        with objects.open_staged(upload.file_id, name, upload.size) as file:
            check_container(upload.media_type, file, upload.size)
    except OSError as error:
        raise StoreUnavailable(type(error).__name__) from None


__all__ = ["NotOfItsKind", "WrongHash", "assemble"]
