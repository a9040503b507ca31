"""The page of a change feed, for every type of record alike."""

from typing import Any

import strawberry


def feed_page(entry: type, target: str, *, module: str) -> type:
    """Makes `<target>Changes` for a class of entries."""
    nodes: Any = list[entry]  # type: ignore[valid-type]
    made = type(
        f"{target}Changes",
        (),
        {
            "__annotations__": {"nodes": nodes, "cursor": str, "has_more": bool, "watermark": str},
            "__module__": module,
            "nodes": strawberry.field(
                description="In the order to be applied in; a change is told once, a record as it is now 按此顺序应用"
            ),
            "cursor": strawberry.field(
                description="Keep it with what you applied, give it as `after` next 不透明游标，与已应用的变更一并保存"
            ),
            "has_more": strawberry.field(description="More can be read at once 是否还可立即读取"),
            "watermark": strawberry.field(
                description="A cursor behind everything that has happened by now; also a way to skip to the end"
                " 指向当前末尾的游标"
            ),
        },
    )
    return strawberry.type(made, description=f"A page of changes of {target} 变更分页")
