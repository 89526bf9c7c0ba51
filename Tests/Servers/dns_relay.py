"""A relay in front of a DNS server, over TCP, that fails as it is told to.

Faults, of which one holds at a time, concern answers to requests of one opcode or type ("only":
"update", "axfr", "ixfr", "query"; without it, to all):

    pass       relay
    silent     take the request and say nothing
    lost       relay the request and not the answer
    hangup     relay so many answers ("after"), then close the connection
    half       send the first half of an answer, then close the connection
    short      say half of an answer as a whole message
    garbage    answer octets that are no message
    empty      answer a message of no octets
    id         answer with another id
    strip      take the signature off
    flip       change an octet of the answer's last record before the signature
    shift      sign the request anew, some seconds earlier ("seconds")
"""

import argparse
import asyncio
import base64
import hashlib
import hmac

from serving import obey, say

OPCODES = {5: 'update'}
TYPES = {252: 'axfr', 251: 'ixfr'}


def kind_of(message):
    """What a request is for."""
    opcode = message[2] >> 3 & 15
    if opcode in OPCODES:
        return OPCODES[opcode]
    end = 12
    while message[end]:
        end += message[end] + 1
    return TYPES.get(int.from_bytes(message[end + 1:end + 3], 'big'), 'query')


class Relay:
    """Listens on a free port of 127.0.0.1."""

    def __init__(self, upstream, key_name, secret):
        self.upstream = upstream
        labels = key_name.encode().split(b'.')
        self.key_name = b''.join(bytes([len(label)]) + label for label in labels) + b'\0'
        self.secret = secret
        self.fault = {'kind': 'pass'}
        self.counts = {}

    async def start(self):
        """Returns the port."""
        server = await asyncio.start_server(self.serve, '127.0.0.1', 0)
        return server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        """One connection, relayed over one of its own."""
        upstream = None
        try:
            answers, upstream = await asyncio.open_connection('127.0.0.1', self.upstream)
            kinds = {}
            requests = asyncio.ensure_future(self.ask(reader, upstream, kinds))
            await self.answer(answers, writer, kinds)
            requests.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # one of the two left
        finally:
            if upstream is not None:
                upstream.close()
            writer.close()

    async def ask(self, reader, upstream, kinds):
        """Relays requests until there are no more."""
        try:
            while True:
                request = await self.frame(reader)
                kind = kind_of(request)
                kinds[request[:2]] = kind
                self.counts[kind] = self.counts.get(kind, 0) + 1
                if self.is_due(kind, 'silent'):
                    continue
                if self.is_due(kind, 'shift'):
                    request = self.shifted(request, self.fault['seconds'])
                upstream.write(len(request).to_bytes(2, 'big') + request)
                await upstream.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            upstream.close()

    async def answer(self, answers, writer, kinds):
        """Relays answers, or what is made of them."""
        relayed = 0
        while True:
            message = await self.frame(answers)
            kind = kinds.get(message[:2])
            frame = len(message).to_bytes(2, 'big') + message
            if self.is_due(kind, 'lost'):
                continue
            if self.is_due(kind, 'hangup'):
                if relayed >= self.fault.get('after', 0):
                    return
                relayed += 1
            if self.is_due(kind, 'half'):
                writer.write(frame[:len(frame) // 2])
                return
            writer.write(self.mangled(kind, message) or frame)
            await writer.drain()

    def mangled(self, kind, message):
        """Something else than the message, as a frame; None if the message goes as it is."""
        if self.is_due(kind, 'short'):
            message = message[:len(message) // 2]
        elif self.is_due(kind, 'garbage'):
            message = bytes(range(200, 240))
        elif self.is_due(kind, 'empty'):
            message = b''
        elif self.is_due(kind, 'id'):
            message = bytes([message[0] ^ 255]) + message[1:]
        elif self.is_due(kind, 'strip'):
            count = int.from_bytes(message[10:12], 'big') - 1
            at = message.rindex(self.key_name)
            message = message[:10] + count.to_bytes(2, 'big') + message[12:at]
        elif self.is_due(kind, 'flip'):
            at = message.rindex(self.key_name) - 1
            message = message[:at] + bytes([message[at] ^ 1]) + message[at + 1:]
        else:
            return None
        return len(message).to_bytes(2, 'big') + message

    def is_due(self, kind, name):
        """The fault is this one, and concerns this kind."""
        fault = self.fault
        return fault['kind'] == name and fault.get('only', kind) == kind

    def shifted(self, request, seconds):
        """A signed request, signed as if some seconds earlier (RFC 8945 section 4.3)."""
        at = request.rindex(self.key_name)
        count = int.from_bytes(request[10:12], 'big') - 1
        plain = request[:10] + count.to_bytes(2, 'big') + request[12:at]
        data = at + len(self.key_name) + 10
        algorithm_end = request.index(b'\0', data) + 1
        algorithm = request[data:algorithm_end]
        time = int.from_bytes(request[algorithm_end:algorithm_end + 6], 'big') - seconds
        stamp = time.to_bytes(6, 'big') + request[algorithm_end + 6:algorithm_end + 8]
        signed = plain + self.key_name + b'\0\xff\0\0\0\0' + algorithm + stamp + b'\0\0\0\0'
        code = hmac.new(self.secret, signed, hashlib.sha256).digest()
        code_at = algorithm_end + 10
        return (request[:algorithm_end] + stamp + request[code_at - 2:code_at] + code
                + request[code_at + len(code):])

    @staticmethod
    async def frame(reader):
        """The next message."""
        length = int.from_bytes(await reader.readexactly(2), 'big')
        return await reader.readexactly(length)

    async def command(self, words):
        """Obeys whoever started us."""
        if words['do'] == 'fault':
            self.fault = {name: value for name, value in words.items() if name != 'do'}
            return None
        if words['do'] == 'counts':
            taken, self.counts = self.counts, {}
            return taken
        raise ValueError(words['do'])


async def main():
    """Serves until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--upstream', type=int, required=True)
    parser.add_argument('--key', required=True)
    parser.add_argument('--secret', type=base64.b64decode, required=True)
    options = parser.parse_args()
    relay = Relay(options.upstream, options.key, options.secret)
    say(port=await relay.start())
    await obey(relay.command)


if __name__ == '__main__':
    asyncio.run(main())
