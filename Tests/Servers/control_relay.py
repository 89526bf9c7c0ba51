"""Carries HTTP from a port of 127.0.0.1 to the control socket, for programs that speak TCP only.

Usage: control_relay.py SOCKET
"""

import asyncio
import sys

import serving

CHUNK = 64 << 10


async def carry(reader, writer):
    """Copy octets until one side ends."""
    try:
        while part := await reader.read(CHUNK):
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass  # the other side left
    finally:
        writer.close()


async def main(path):
    """Serve until standard input closes."""
    async def serve(reader, writer):
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, inner_writer), carry(inner_reader, writer))

    async def refuse(command):
        raise ValueError('a relay takes no commands')

    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    serving.say(url='http://127.0.0.1:{0}'.format(server.sockets[0].getsockname()[1]))
    await serving.obey(refuse)


asyncio.run(main(sys.argv[1]))
