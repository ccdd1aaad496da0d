#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""asyncio_echo.py - the echo of `make bench` on asyncio, or on uvloop.

    asyncio_echo.py [--uvloop] PORT     (on 127.0.0.1; 0: a free port, printed)

Transports and a protocol, no streams: the quick way of both.  TCP_NODELAY is
their default.  While the peer does not take what is written nothing is read."""
import asyncio
import sys

BACKLOG = 511


class Echo(asyncio.Protocol):
    __slots__ = ("transport",)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def serve(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main():
    if "--uvloop" in sys.argv:
        import uvloop  # pylint: disable=import-outside-toplevel

        uvloop.install()
    asyncio.run(serve(int(sys.argv[-1])))


if __name__ == "__main__":
    main()
