"""What a type declares whose records can be asked for as they were known at a moment."""

from dataclasses import dataclass

from sqlalchemy import FromClause

from hub.policy.vocabulary import DataClass


@dataclass(frozen=True, slots=True)
class Moments:
    """The records of a type as they stood, row by row from `known_from` to before `known_until`.

    Attributes:
        table: the columns of the type's own table, and those two.
        judged: to ask for a moment is to read this class of this resource; where that is denied, it is refused.
        argument: Python name.
    """

    table: FromClause
    judged: tuple[str, DataClass]
    argument: str = "as_of"
