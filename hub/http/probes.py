"""Health, readiness and metrics: for the machines that watch the hub. They say nothing about anyone's data."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.http import metrics

PATIENCE_S = 2.0
"""A check that takes longer has failed."""
KEPT_S = 1.0
"""Anyone may ask: the database is asked at most once in this time."""

Check = Callable[[], Awaitable[object]]


class Kept:
    """The outcome of a check, kept for KEPT_S; concurrent callers share one run."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._well = False

    async def well(self) -> bool:
        async with self._lock:
            if monotonic() >= self._until:
                try:
                    await asyncio.wait_for(self._check(), PATIENCE_S)
                    self._well = True
                except Exception:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
                    self._well = False
                self._until = monotonic() + KEPT_S
            return self._well


def probe_routes(ready: Check, refresh: Check) -> list[Route]:
    """Routes `/healthz` (the process runs), `/readyz` (it can answer queries) and `/metrics`.

    Args:
        ready: raises when the hub cannot answer.
        refresh: sets the gauges; a failure leaves the last figures.
    """
    readiness, gauges = Kept(ready), Kept(refresh)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        well = await readiness.well()
        return JSONResponse({"status": "ready" if well else "unavailable"}, 200 if well else 503)

    async def exposition(_: Request) -> Response:
        await gauges.well()
        return Response(await asyncio.to_thread(metrics.exposition), media_type=metrics.CONTENT_TYPE)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", exposition, methods=["GET"]),
    ]
