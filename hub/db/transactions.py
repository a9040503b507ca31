"""Short transactions of the app role for what is not a GraphQL command, on the threads of the command pool."""

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection

from hub.db.pool import DatabaseUnavailable
from hub.db.writing import CommandPool, OutcomeUnknown

T = TypeVar("T")


class Transactions:
    """Runs functions of a connection, each as one transaction.

    One that broke is run once more, so a function either changes a row only from the state that it expects, or may do
    its work twice without harm.
    """

    def __init__(self, pool: CommandPool) -> None:
        self._pool = pool

    async def run(self, work: Callable[[Connection[Any]], T]) -> T:
        """What `work` returns, committed; whatever it raises rolls back.

        Raises:
            DatabaseUnavailable: whether it was committed is then told by the state of its rows.
            StatementTimeout: nothing was done.
        """

        def within(connection: Connection[Any]) -> T:
            with connection.transaction():
                return work(connection)

        try:
            return await self._pool.run(within)
        except OutcomeUnknown as error:
            raise DatabaseUnavailable from error
