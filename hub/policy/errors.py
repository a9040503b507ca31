"""Why the start is refused."""

from collections.abc import Iterable


class PolicyError(Exception):
    """The policies cannot be trusted: the hub does not start (G4).

    Attributes:
        problems: every problem found, one line each, with the file or policy it lies in.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
