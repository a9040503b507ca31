"""Secrets of one installation: 32 random bytes each, in files that only the operator's account can read."""

import os
import secrets
from pathlib import Path


def secret(folder: Path, name: str) -> bytes:
    """The secret `folder/secrets/<name>`, made at first use (mode 0600), 32 bytes.

    Two processes that start together agree: the file is written beside its place and linked there, and only the first
    link succeeds.
    """
    place = folder / "secrets" / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not place.exists():
        draft = place.with_name(f"{name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(32))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(draft, place)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return place.read_bytes()
