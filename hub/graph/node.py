"""The interface of records with a public id."""

import strawberry


@strawberry.interface(description="A record with a public id 有公开编号的记录")
class Node:
    id: strawberry.ID = strawberry.field(description="Random UUID; tells neither time nor order 公开编号")
