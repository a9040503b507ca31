"""Rule packs: one YAML file a document. How to read and change them: README.md."""

from pathlib import Path


def folder() -> Path:
    """Where the shipped packs lie."""
    return Path(__file__).parent
