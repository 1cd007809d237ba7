"""Stand in for a call service that takes some time: record which calls arrive, and when.

It runs on an event loop in its own thread, and does almost nothing for a call, so it does not slow
down what is measured.
"""

import asyncio
import json
import threading
import time
from types import TracebackType
from typing import Self

TOKEN = b'{"access_token": "%s", "expires_in": 300, "token_type": "Bearer"}' % (b"t" * 400)


class CallService:
    """A call service for a `with` statement; `arrivals` has the times of calls to each number.

    `seconds` is how long a call takes to be answered. Times are those of `time.monotonic`, in
    seconds; on Linux all processes share this clock.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.arrivals: dict[str, list[float]] = {}
        self.count = 0
        self.last = 0.0
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._ready = threading.Event()
        self._port = 0

    @property
    def token_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/token"

    @property
    def call_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/startcall"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def forget(self) -> None:
        """Forget all calls that arrived."""
        with self._arrived:
            self.arrivals.clear()
            self.count = 0

    def wait_for(self, count: int, patience: float) -> bool:
        """Wait up to `patience` seconds; return whether `count` calls have arrived."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self.count >= count, timeout=patience)

    def arrival_of(self, number: str, patience: float = 10.0) -> float:
        """Return when the call to `number` arrived, waiting up to `patience` seconds.

        Raises:
            TimeoutError: it did not arrive.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self.arrivals, timeout=patience):
                raise TimeoutError("a call did not arrive")
            return self.arrivals[number][0]

    async def _run(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = await reader.readexactly(length)
            if head.startswith(b"POST /token"):
                answer = TOKEN
            else:
                self._note(json.loads(body)["destination"])
                await asyncio.sleep(self.seconds)
                answer = b"{}"
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(answer), answer)
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has closed the connection
        finally:
            writer.close()

    def _note(self, number: str) -> None:
        now = time.monotonic()
        with self._arrived:
            self.arrivals.setdefault(number, []).append(now)
            self.count += 1
            self.last = now
            self._arrived.notify_all()
