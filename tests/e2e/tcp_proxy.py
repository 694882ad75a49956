# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on loopback that behaves as bad networks do: refuses, swallows everything, or is slow."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine


class Proxy:
    """Passes connections on to a port of loopback, from a thread of its own."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.delay_s = 0.0  # of what the far end answers
        self.port = 0
        self._flows = asyncio.Event()  # clear: nothing is passed on, nothing is refused
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._flows.set()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def refuse(self) -> None:
        """Ends every connection, and takes no new one."""
        self._do(self._close())

    def swallow(self) -> None:
        """Connections stay, and new ones are made, but no byte arrives."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def heal(self) -> None:
        """As good as new. What was swallowed is gone, and so are its connections, as after a change of routes."""
        self._do(self._close())
        self.delay_s = 0.0
        self._loop.call_soon_threadsafe(self._flows.set)
        self._do(self._listen())

    def _do(self, what: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self._writers.add(near_out)
        try:
            await self._flows.wait()
            far, far_out = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            near_out.transport.abort()
            self._writers.discard(near_out)
            return
        self._writers.add(far_out)
        await asyncio.gather(self._pass_on(near, far_out, False), self._pass_on(far, near_out, True))
        self._writers -= {near_out, far_out}

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if answers and self.delay_s > 0:
                    await asyncio.sleep(self.delay_s)
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
