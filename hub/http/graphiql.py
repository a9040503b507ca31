"""GraphiQL for a browser, in demo mode only (security.md L24): a page and its files, all from this host."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.staticfiles import StaticFiles
from starlette.types import Send

STATIC = Path(__file__).resolve().parent / "static"
# 'unsafe-inline' for styles only: CodeMirror and Radix position their parts by style elements.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page() -> Callable[[Send], Awaitable[None]]:
    """What sends the page."""
    body = (STATIC / "graphiql.html").read_bytes()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]

    async def send_page(send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return send_page


def files() -> StaticFiles:
    """The page's scripts and styles, mounted at `/graphiql`."""
    return StaticFiles(directory=STATIC)
