"""An HTTP/1.1 server that answers to the octet what it is told to, for clients that must cope.

No library stands between: reason phrases, broken bodies and odd status codes go out as given.
"""

import asyncio
import json

import serving

MAXIMUM_HEAD = 64 << 10
MAXIMUM_BODY = 1 << 20


class Answer:
    """What to say to one path."""

    def __init__(self, status=200, reason='', body=b'', headers=None, delay=0.0, cut=None,
                 repeat=1):
        self.status = status
        self.reason = reason
        self.body = body * repeat
        self.headers = headers or {}
        self.delay = delay
        # Octets of the body after which the connection is closed.
        self.cut = cut

    def octets(self):
        """Head and body as they go out."""
        lines = ['HTTP/1.1 {0} {1}'.format(self.status, self.reason).rstrip()]
        lines += ['{0}: {1}'.format(*header) for header in self.headers.items()]
        lines += ['Content-Length: {0}'.format(len(self.body)), '', '']
        body = self.body if self.cut is None else self.body[:self.cut]
        return '\r\n'.join(lines).encode() + body


class CannedServer:
    """Answers by path with its query; by path alone where the query is not told apart."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        self.connections = 0

    def refusal(self, headers):
        """An answer for whoever may not ask; None lets the request pass."""
        return None

    def answer(self, method, target, headers, body):
        """The answer to a request."""
        self.requests.append({'method': method, 'target': target, 'headers': headers,
                              'body': body.decode(errors='replace')})
        refusal = self.refusal(headers)
        if refusal:
            return refusal
        found = self.answers.get(target) or self.answers.get(target.split('?')[0])
        return found or Answer(501, "Method '{0} {1}' not implemented".format(method, target))

    async def serve(self, reader, writer):
        """One connection."""
        self.connections += 1
        try:
            while await self.exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server stops
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        """One request; False when the connection ends."""
        head = await reader.readuntil(b'\r\n\r\n')
        first, *lines = head.decode(errors='replace').split('\r\n')
        method, target, _ = first.split(' ', 2)
        headers = {}
        for line in filter(None, lines):
            name, _, value = line.partition(':')
            headers[name.strip().lower()] = value.strip()
        length = min(int(headers.get('content-length', 0)), MAXIMUM_BODY)
        answer = self.answer(method, target, headers, await reader.readexactly(length))
        await asyncio.sleep(answer.delay)
        writer.write(answer.octets())
        await writer.drain()
        return answer.cut is None

    async def obey(self, command):
        """A command from standard input."""
        return getattr(self, 'do_' + command.pop('do'))(**command)

    def do_answer(self, path, body='', json_body=None, **rest):
        """Answer this path so from now on."""
        octets = body.encode() if json_body is None else json.dumps(json_body).encode()
        self.answers[path] = Answer(body=octets, **rest)

    def do_forget(self, path):
        """This path is not implemented any more."""
        self.answers.pop(path, None)

    def do_requests(self):
        """What was asked since the last such command, and the connections so far."""
        requests, self.requests = self.requests, []
        return {'requests': requests, 'connections': self.connections}

    async def run(self, tls=False, unix_socket=None, **extra):
        """Serve until standard input closes."""
        context, keep = None, None
        if tls:
            keep, certificate, key, fingerprint = serving.make_certificate()
            context = serving.server_context(certificate, key)
            extra.update(authority=certificate, fingerprint=fingerprint)
        if unix_socket:
            server = await asyncio.start_unix_server(self.serve, unix_socket, limit=MAXIMUM_HEAD)
            extra.update(url='http://localhost')
        else:
            server = await asyncio.start_server(self.serve, '127.0.0.1', 0, ssl=context,
                                                limit=MAXIMUM_HEAD)
            port = server.sockets[0].getsockname()[1]
            extra.update(url='{0}://127.0.0.1:{1}'.format('https' if tls else 'http', port))
        serving.say(**extra)
        await serving.obey(self.obey)
        if keep:
            keep.cleanup()
