"""`feedDigest`: by which a consumer of a feed finds out whether its copy is what it may have, and where it is not."""

from typing import Annotated, Any

import strawberry

from hub.following.acknowledging import Feed
from hub.graph.declare import KEY, Declared, Digested

BLOCK: int = 1_000
"""Records of a block."""
BLOCKS_DEFAULT, BLOCKS_MAX = 10, 20


@strawberry.type(
    description="按键的顺序相连的一段记录 Records that follow each other by key (in the order of its bytes)"
)
class FeedBlock:
    after: str | None = strawberry.field(description="不含此键；首段为空 Keys behind this one; null in the first block")
    to: str | None = strawberry.field(
        description="至此键（含）；末段为空 Up to this key, included; null in the last block: all behind `after`"
    )
    count: int = strawberry.field(description="记录数 How many records")
    sha256: str = strawberry.field(
        description="逐行 SHA-256 按键的顺序连接后的 SHA-256 Of the SHA-256 of each line of /feed/export (NDJSON,"
        " without its line break), joined in the order of the keys; hex"
    )
    lines: list[str] = strawberry.field(
        description="该段的各行，与导出相同；仅在 first 为 1 时可取，计为读取 The lines themselves, to repair a copy:"
        " those of the export, in the order of their keys. With `first: 1` only; they are read, not counted"
    )


@strawberry.type(description="您应有的副本的摘要 A digest of the copy that is yours by law")
class FeedDigest:
    up_to_date: bool = strawberry.field(
        description="False: something has changed behind `after`: read on, then ask again 其后尚有变更，先读取再核对"
    )
    blocks: list[FeedBlock] = strawberry.field(description="各段 In the order of the keys")


def _digest(
    self: object,
    feed: Annotated[Feed, strawberry.argument(description="哪一变更流 Which feed")],
    after: Annotated[str, strawberry.argument(description="The cursor up to which your copy is 副本所到的游标")],
    behind: Annotated[
        str | None, strawberry.argument(description="The `to` of the last block before 上一页末段的 to；首页不填")
    ] = None,
    first: Annotated[int, strawberry.argument(description=f"1 to {BLOCKS_MAX} blocks 段数")] = BLOCKS_DEFAULT,
) -> FeedDigest | None:
    raise NotImplementedError("queries are compiled, never resolved")  # pragma: no cover


def feed_digest() -> Any:
    """The root field."""
    return strawberry.federation.field(
        resolver=_digest,
        description="核对副本 Verify a copy that is kept by a feed",
        metadata={KEY: Declared(Digested())},
        requires_scopes=[["feed:read"]],
    )
