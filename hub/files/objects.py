"""Where the bytes of files are: one object a file under its id; while it is uploaded, its parts in a folder of its own.

A local folder, or a bucket of any store that `obstore` speaks to. Objects appear whole under their name or not at all,
and nothing of them has an address outside the hub.
"""

import asyncio
import errno
import io
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

FILES: Final = "files"
UPLOADS: Final = "uploads"
PIECE_BYTES: Final = 256 * 1024
"""Read at once."""
WRITE_BYTES: Final = 1024 * 1024
REMOTE_WRITE_BYTES: Final = 5 * 1024 * 1024
"""Of a piece of a multipart write, which waits in memory; S3 asks for 5 MiB at least."""
SCHEMES: Final = ("file", "s3", "gs", "az", "memory")


class StoreUnavailable(Exception):
    """The store cannot be reached, is full, or refuses the hub; the message says which, never a name or key."""


class ObjectMissing(Exception):
    """The row says that the bytes are there, and they are not."""


class Objects:
    """The store of one installation. Made by `open_objects`."""

    def __init__(self, store: ObjectStore, root: Path | None) -> None:
        self._store = store
        self._root = root

    # --- parts of an upload ---------------------------------------------------------------------------------------

    async def put_part(self, file_id: UUID, position: int, data: bytes) -> str:
        """Stores a part durably; its name. Two writers at one position do not disturb each other.

        Raises:
            StoreUnavailable
        """
        name = f"{position:012d}-{secrets.token_hex(4)}"
        with _failures(writing=True):
            await obstore.put_async(self._store, _part(file_id, name), data, use_multipart=False)
            await self._persist(_part(file_id, name))
        return name

    async def parts(self, file_id: UUID, names: Sequence[str]) -> AsyncIterator[bytes]:
        """The bytes of the parts, in pieces. Raises ObjectMissing, StoreUnavailable."""
        for name in names:
            async for piece in self._read(_part(file_id, name), None):
                yield piece

    async def drop_part(self, file_id: UUID, name: str) -> None:
        """A part that is not needed; what is gone already is no error. Raises StoreUnavailable."""
        with _failures(missing_is_well=True):
            await obstore.delete_async(self._store, _part(file_id, name))

    async def drop_upload(self, file_id: UUID) -> None:
        """All that an upload left behind. Raises StoreUnavailable."""
        with _failures(missing_is_well=True):
            listed = await obstore.list(self._store, f"{UPLOADS}/{file_id}").collect_async()
            await obstore.delete_async(self._store, [entry["path"] for entry in listed])
        if self._root is not None:
            with suppress(OSError):  # a folder from which the file was moved stays, empty; one in use is not removed
                (self._root / UPLOADS / str(file_id)).rmdir()

    async def uploads(self) -> list[str]:
        """Names of the folders that hold parts. Raises StoreUnavailable."""
        with _failures(missing_is_well=True):
            listed = await obstore.list_with_delimiter_async(self._store, UPLOADS)
            return [path.rpartition("/")[2] for path in listed["common_prefixes"]]
        return []

    # --- whole files ----------------------------------------------------------------------------------------------

    async def put(self, file_id: UUID, pieces: AsyncIterator[bytes]) -> str:
        """Writes a whole file beside its place; the name it has there. Where `pieces` raises, nothing is left.

        Raises:
            ObjectMissing: a twin completed the upload meanwhile, and took the folder away.
            StoreUnavailable
        """
        name = f"whole-{secrets.token_hex(4)}"
        with _failures(writing=self._root is None or not self._root.is_dir()):
            await obstore.put_async(
                self._store,
                _part(file_id, name),
                pieces,
                use_multipart=True,
                chunk_size=WRITE_BYTES if self._root is not None else REMOTE_WRITE_BYTES,
                max_concurrency=1,
            )
            await self._persist(_part(file_id, name))
        return name

    def open_staged(self, file_id: UUID, name: str, size: int) -> IO[bytes]:
        """The file that `put` wrote, seekable. Its methods block, and raise OSError."""
        return io.BufferedReader(_Seekable(self._store, _part(file_id, name), size), PIECE_BYTES)

    async def settle(self, file_id: UUID, name: str) -> None:
        """Moves the file that `put` wrote to its place, durably. Raises ObjectMissing, StoreUnavailable."""
        with _failures():
            await obstore.rename_async(self._store, _part(file_id, name), _whole(file_id), overwrite=True)
            await self._persist(_whole(file_id), name_only=True)

    async def size(self, file_id: UUID) -> int:
        """Bytes of a whole file. Raises ObjectMissing, StoreUnavailable."""
        with _failures():
            return int((await obstore.head_async(self._store, _whole(file_id)))["size"])

    def read(self, file_id: UUID, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end`, the last excluded. Raises ObjectMissing, StoreUnavailable."""
        return self._read(_whole(file_id), (start, end))

    async def drop(self, file_id: UUID) -> None:
        """Removes a whole file; one that is gone already is no error. Raises StoreUnavailable."""
        with _failures(missing_is_well=True):
            await obstore.delete_async(self._store, _whole(file_id))

    # ---------------------------------------------------------------------------------------------------------------

    async def _read(self, path: str, span: tuple[int, int] | None) -> AsyncIterator[bytes]:
        with _failures():
            found = await obstore.get_async(self._store, path, options={"range": span} if span else {})
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    async def _persist(self, path: str, *, name_only: bool = False) -> None:
        """A local object survives a power cut from here on; a remote store has promised so by its answer."""
        if self._root is not None:
            place = self._root / path
            await asyncio.to_thread(_sync, [place.parent] if name_only else [place, place.parent])


class _Seekable(io.RawIOBase):
    """An object as the standard library reads files (`zipfile`)."""

    def __init__(self, store: ObjectStore, path: str, size: int) -> None:
        self._store = store
        self._path = path
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, target: Any) -> int:
        end = min(self._at + len(target), self._size)
        if end <= self._at:
            return 0
        try:
            data = bytes(obstore.get_range(self._store, self._path, start=self._at, end=end))
        except BaseError as error:
            raise OSError(errno.EIO, type(error).__name__) from None
        target[: len(data)] = data
        self._at += len(data)
        return len(data)


def open_objects(url: str, folder: Path) -> Objects:
    """The store at `url`, or the local `folder` where it is empty. Credentials come from the store's own environment
    (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, …).

    Raises:
        ValueError: no such store; the message never holds the address.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "file":
        root = Path(parts.path) if url else folder
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Objects(LocalStore(root.resolve(), automatic_cleanup=True), root.resolve())
    if parts.scheme not in SCHEMES:
        raise ValueError("not one of file, s3, gs, az")
    try:
        return Objects(from_url(url), None)
    except BaseError as error:
        raise ValueError("the store cannot be opened with this address and environment") from error


def _part(file_id: UUID, name: str) -> str:
    return f"{UPLOADS}/{file_id}/{name}"


def _whole(file_id: UUID) -> str:
    return f"{FILES}/{file_id}"


@contextmanager
def _failures(*, missing_is_well: bool = False, writing: bool = False) -> Iterator[None]:
    """`writing`: nothing needs to be there, so what is missing is the store itself (its bucket, its disk)."""
    try:
        yield
    except FileNotFoundError:
        if writing:
            raise StoreUnavailable("FileNotFoundError") from None
        if not missing_is_well:
            raise ObjectMissing from None
    except (BaseError, OSError) as error:
        # What the store says may name a bucket, a key, a path.
        raise StoreUnavailable(type(error).__name__) from None


def _sync(places: Sequence[Path]) -> None:
    for place in places:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


__all__ = ["ObjectMissing", "Objects", "StoreUnavailable", "open_objects"]
