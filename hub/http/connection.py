"""One connection: uvicorn's protocol with a bound on the head of a request, which it reads without end."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 64 * 1024
"""Bytes of request line and headers together. A token is 50, a large GET query a few thousand."""


class BoundedHead(HttpToolsProtocol):
    """Closes a connection whose request head grows beyond HEAD_LIMIT: otherwise anyone could fill the memory."""

    _head_bytes = 0
    _in_head = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            return
        if self._head_bytes + len(data) > HEAD_LIMIT and self._head_bytes:
            self._in_head = False
            if not self.transport.is_closing():
                self.send_400_response("The request head is too large.")
        # The first piece may begin with the rest of the request before: it counts as one full head at most.
        self._head_bytes = min(self._head_bytes + len(data), HEAD_LIMIT)

    def on_message_begin(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()
