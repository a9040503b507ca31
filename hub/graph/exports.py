"""Every feed that can be had in bulk, gathered from the slices."""

from collections.abc import Mapping
from typing import Final

from hub.credit.exports import CREDIT
from hub.graph.exporting import Export
from hub.penalties.exports import INSPECTIONS, PENALTIES

EXPORTS: Final[Mapping[str, Export]] = {each.name: each for each in (PENALTIES, INSPECTIONS, CREDIT)}
