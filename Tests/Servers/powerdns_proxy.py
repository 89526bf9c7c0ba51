"""A reverse proxy in front of PowerDNS's API that counts, and fails as it is told to.

Faults concern requests of one method, PATCH unless told otherwise:

    pass         forward
    refuse_some  answer 500 to every second one without forwarding it
    drop_before  close the connection without forwarding
    drop_after   forward, then close the connection instead of answering
    delay        forward, answer after some seconds
    no_comments  answer 422 to a body with comments, as a backend without them does
    limit        answer 400 to a body of more than so many octets
    answer       answer with a given status and body without forwarding
    refuse_name  answer 422 to a body with a given owner, as to a record set that cannot be
    kill_server  forward some requests ("after"), kill the server in the middle of the next
    hold         forward some requests ("after"), keep the others waiting until another fault
"""

import asyncio
import json

MAXIMUM_HEAD = 64 << 10
NO_COMMENTS = {'error': 'Hosting backend does not support editing comments.'}


class Proxy:
    """Listens on a free port of 127.0.0.1."""

    def __init__(self, upstream_port, kill=None):
        self.upstream_port = upstream_port
        self.kill = kill
        self.changed = asyncio.Event()
        self.fault = {'kind': 'pass'}
        self.seen = 0
        self.counts = {}
        self.octets = {}
        self.answered_octets = 0

    async def start(self):
        """Returns the port."""
        server = await asyncio.start_server(self.serve, '127.0.0.1', 0, limit=MAXIMUM_HEAD)
        return server.sockets[0].getsockname()[1]

    def set_fault(self, kind, method='PATCH', count=None, **details):
        """From now on, or for the next `count` requests, do this to requests of the method."""
        self.fault = {'kind': kind, 'method': method, 'count': count, **details}
        self.seen = 0
        self.changed.set()
        self.changed = asyncio.Event()

    def take_counts(self):
        """What was asked since the last such call."""
        taken = {'requests': self.counts, 'octets': self.octets,
                 'answered_octets': self.answered_octets}
        self.counts, self.octets, self.answered_octets = {}, {}, 0
        return taken

    async def serve(self, reader, writer):
        """One connection with one request, as PowerDNS has it."""
        try:
            head = await reader.readuntil(b'\r\n\r\n')
            method = head.split(b' ', 1)[0].decode()
            length = 0
            for line in head.split(b'\r\n')[1:]:
                name, _, value = line.partition(b':')
                if name.strip().lower() == b'content-length':
                    length = int(value)
                if name.strip().lower() == b'expect':
                    writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
            body = await reader.readexactly(length)
            self.counts[method] = self.counts.get(method, 0) + 1
            self.octets[method] = self.octets.get(method, 0) + len(head) + length
            answer = await self.answer(method, head, body)
            self.answered_octets += len(answer or b'')
            if answer is not None:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left
        finally:
            writer.close()

    def takes(self, method):
        """The fault concerns this request."""
        fault = self.fault
        if fault['kind'] == 'pass' or fault.get('method') != method:
            return False
        self.seen += 1
        return fault.get('count') is None or self.seen <= fault['count']

    async def answer(self, method, head, body):
        """The octets of the answer; None to close the connection."""
        if not self.takes(method):
            return await self.forward(head, body)
        return await getattr(self, 'do_' + self.fault['kind'])(head, body)

    async def do_refuse_some(self, head, body):
        if self.seen % 2 == 0:
            return await self.forward(head, body)
        return self.canned(500, b'Internal Server Error', 'text/plain')

    async def do_drop_before(self, head, body):
        return None

    async def do_drop_after(self, head, body):
        await self.forward(head, body)
        return None

    async def do_delay(self, head, body):
        answer = await self.forward(head, body)
        await asyncio.sleep(self.fault['seconds'])
        return answer

    async def do_no_comments(self, head, body):
        if b'"comments":[{' in body:
            return self.canned(422, json.dumps(NO_COMMENTS).encode())
        return await self.forward(head, body)

    async def do_limit(self, head, body):
        if len(body) > self.fault['octets']:
            return self.canned(400, b'Bad Request', 'text/plain')
        return await self.forward(head, body)

    async def do_answer(self, head, body):
        return self.canned(self.fault['status'], self.fault['body'].encode())

    async def do_refuse_name(self, head, body):
        name = self.fault['name']
        if '"name":"{0}"'.format(name).encode() not in body:
            return await self.forward(head, body)
        text = "Record {0}/A 'x': Parsing record content".format(name)
        return self.canned(422, json.dumps({'error': text}).encode())

    async def do_kill_server(self, head, body):
        if self.seen <= self.fault['after']:
            return await self.forward(head, body)
        asyncio.get_running_loop().call_later(self.fault.get('seconds', 0), self.kill)
        return await self.forward(head, body)

    async def do_hold(self, head, body):
        if self.seen <= self.fault['after']:
            return await self.forward(head, body)
        await self.changed.wait()
        return None

    @staticmethod
    def canned(status, body, kind='application/json'):
        """An answer of our own."""
        return 'HTTP/1.1 {0} Canned\r\nContent-Type: {1}\r\nContent-Length: {2}\r\n{3}'.format(
            status, kind, len(body), 'Connection: close\r\n\r\n').encode() + body

    async def forward(self, head, body):
        """Asks PowerDNS on a connection of its own."""
        lines = [line for line in head.split(b'\r\n')
                 if not line.lower().startswith((b'expect:', b'connection:'))]
        head = b'\r\n'.join(lines[:-2] + [b'Connection: close', b'', b''])
        reader, writer = await asyncio.open_connection('127.0.0.1', self.upstream_port)
        try:
            writer.write(head + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()
