"""A chat server that costs next to nothing: every answer the same, each after a fixed time.

    python -m benchmarks.calls_server [SECONDS]

Prints its port, then serves `POST .../chat/completions` until it is ended. `GET /count` tells how
many requests were answered and forgets them, so that nobody's calls go uncounted.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_BRIEF = {
    "title": "A cat that drums better than you",
    "cover_prompt": "A bright close-up of a cat behind a small drum kit",
    "video_prompt": "A tabby cat drums in a sunny kitchen, slow zoom, warm light",
}
_ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "mock",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": json.dumps(_BRIEF)},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 200, "completion_tokens": 60, "total_tokens": 260},
}


def _reply(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


_REPLY = _reply(json.dumps(_ANSWER).encode())


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    answered = 0  # by all of them

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            if head.startswith(b"GET /count"):
                self._tell()
            else:
                asyncio.get_running_loop().call_later(self._seconds, self._answer)

    def _tell(self) -> None:
        self._write(_reply(json.dumps(Connection.answered).encode()))
        Connection.answered = 0

    def _answer(self) -> None:
        Connection.answered += 1
        self._write(_REPLY)

    def _write(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)


async def serve(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(seconds), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.2))
