"""What all test servers have in common.

A server prints one line of JSON when it is ready, then obeys commands from standard input, one JSON
object per line, each answered with one line. It ends when standard input closes or its parent dies.
"""

import asyncio
import hashlib
import json
import os
import ssl
import sys
import tempfile

LINE_LIMIT = 1 << 20
PARENT_CHECK_SECONDS = 1.0


async def end_with_parent():
    """Stop this process when the one that started it has ended."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def make_certificate():
    """A self-signed certificate for 127.0.0.1 and localhost.

    Returns (directory object to keep alive, certificate file, key file, SHA-256 fingerprint).
    """
    from fakepve.certs import make_cert
    directory = tempfile.TemporaryDirectory(prefix='pipam-test-')
    certificate, key, der = make_cert(directory.name, hosts=('127.0.0.1',))
    digest = hashlib.sha256(der).hexdigest().upper()
    fingerprint = ':'.join(digest[n:n + 2] for n in range(0, len(digest), 2))
    return directory, certificate, key, fingerprint


def server_context(certificate, key):
    """TLS as a server with this certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def say(**fields):
    """One line to whoever started us."""
    print(json.dumps(fields), flush=True)


async def obey(handler):
    """Run handler(command) for each line of standard input until it closes."""
    loop = asyncio.get_running_loop()
    watch = loop.create_task(end_with_parent())
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            say(ok=True, result=await handler(json.loads(line)))
        except Exception as error:  # a test must see what it did wrong
            say(ok=False, error='{0}: {1}'.format(type(error).__name__, error))
    watch.cancel()
