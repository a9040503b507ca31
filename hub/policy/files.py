"""Reads the YAML files of `policies/` into checked values; what is not exactly as declared is an error."""

import hashlib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.policy.errors import PolicyError

_DECIDING = ("hub.cedarschema", "purposes.yaml", "scopes.yaml")
"""Beside the policies, the files that decide; cases and matrix only prove."""


class Strict(BaseModel):
    """A part of a policy file: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


class _UniqueKeys(yaml.CSafeLoader):
    """PyYAML keeps the last of two equal keys silently; in a table of rights that is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"key given twice: {', '.join(twice)}", node.start_mark)
        return dict(super().construct_mapping(node, deep=deep))


def read_yaml(path: Path, model: type[Model]) -> Model:
    """The file as `model`.

    Raises:
        PolicyError: the file is absent, no YAML, or not of this form; every problem with its place.
    """
    try:
        # One line of PyYAML's safe loader with one rule more.
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506 - a safe loader
        return model.model_validate(document)
    except OSError as error:
        raise PolicyError([f"{path.name}: cannot be read ({error.strerror})"]) from error
    except yaml.YAMLError as error:
        raise PolicyError([f"{path.name}: {' '.join(str(error).split())}"]) from error
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise PolicyError([f"{path.name}: {place}" for place in places]) from error


def version_of(folder: Path) -> str:
    """Hex SHA-256 over all files that decide."""
    digest = hashlib.sha256()
    commands = sorted((folder / "commands").glob("*.cedar*"))
    for path in [*sorted(folder.glob("*.cedar")), *(folder / name for name in _DECIDING), *commands]:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
