"""Generate load: clients that each keep one connection, and send as fast as they are answered.

Pure Python is fast enough: it uses a tenth of a core while the web server uses a whole one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit


class Load:
    """What came back: `rate` in answers per second, and the number of each HTTP status."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.rate = 0.0


def send(url: str, requests: Iterator[bytes], *, clients: int, seconds: float) -> Load:
    """Send `requests` (complete HTTP requests, as bytes) to the host of `url`."""
    return asyncio.run(_send(url, requests, clients, seconds))


async def _send(url: str, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    load = Load()
    begun = time.monotonic()
    end = begun + seconds
    await asyncio.gather(*(_client(url, requests, end, load) for _ in range(clients)))
    load.rate = load.statuses.total() / (time.monotonic() - begun)
    return load


async def _client(url: str, requests: Iterator[bytes], end: float, load: Load) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        while time.monotonic() < end:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            load.statuses[int(head[9:12])] += 1
            if b"\r\nconnection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    finally:
        writer.close()


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
