#!/usr/bin/env python3
"""Floods of what strangers can send, against zone-server, and what its memory becomes by them.

    dns_floods.py --program .build/debug/zone-server [--queries 200000]

Prints name=value lines: rss_before_kb, then flood_NAME_kb, by how much the resident memory is
larger after each flood than after a first small one of its kind, which fills what is filled once:

    wildcard    distinct names below a wildcard
    random      distinct names that are not there
    cookies     distinct cookies of clients, from many addresses of loopback
    stream      queries over TCP, a connection each
    half_open   connections that send a part of a query and stay, more than are held
    overlong    connections that begin a query that is longer than any

Ends with 1 if one of them grew by more than --limit-kb, or if afterwards the server does not answer.
"""

import argparse
import pathlib
import random
import socket
import struct
import sys
import tempfile
import time

import dns_peers
import dns_zones

TIMEOUT_SECONDS = 60
# What is under way at a time: no more than the kernel's default socket buffers hold.
WINDOW = 64


def zone():
    made = dns_zones.plain_zone('example.test.', 1000)
    made.add_address('*.wild.example.test.', '192.0.2.9')
    return made


def query(name, number, kind='A', option=b''):
    """A query with EDNS."""
    opt = b'\0' + struct.pack('!HHIH', 41, 1232, 0, len(option)) + option
    return struct.pack('!6H', number & 0xFFFF, 0, 1, 0, 0, 1) + dns_zones.wire_name(name) + \
        struct.pack('!HH', dns_zones.TYPES[kind], 1) + opt


def cookie(chosen, server=False):
    """A client's cookie; with a part that no server gave, or that some other server did."""
    octets = chosen.randbytes(24 if server else 8)
    return struct.pack('!HH', 10, len(octets)) + octets


class Flood:
    """One kind of flood. What it sends differs from seed to seed and from number to number."""

    def __init__(self, port, count):
        self.port = port
        self.count = count

    def datagrams(self, make, addresses=1):
        """Sends messages and takes what comes back; what gets lost is lost."""
        sockets = []
        for number in range(addresses):
            sender = socket.socket(type=socket.SOCK_DGRAM)
            sender.bind(('127.0.{0}.{1}'.format(number >> 8, 1 + (number & 0xFF) % 250), 0))
            sender.settimeout(0.05)
            sender.connect(('127.0.0.1', self.port))
            sockets.append(sender)
        heard = 0
        for start in range(0, self.count, WINDOW):
            sender = sockets[start // WINDOW % addresses]
            asked = min(WINDOW, self.count - start)
            for number in range(start, start + asked):
                sender.send(make(number))
            for _ in range(asked):
                try:
                    sender.recv(4096)
                    heard += 1
                except OSError:
                    break
        for sender in sockets:
            sender.close()
        return heard

    def wildcard(self, seed):
        return self.datagrams(
            lambda number: query('x{0}-{1}.wild.example.test.'.format(seed, number), number))

    def random(self, seed):
        chosen = random.Random(seed)
        return self.datagrams(lambda number: query(
            '.'.join('{0:x}'.format(chosen.getrandbits(40)) for _ in range(chosen.randrange(1, 5)))
            + '.example.test.', number, chosen.choice(('A', 'AAAA', 'TXT', 'HTTPS'))))

    def cookies(self, seed):
        chosen = random.Random(seed)
        return self.datagrams(
            lambda number: query('vm1.example.test.', number,
                                 option=cookie(chosen, server=number % 2 == 1)), addresses=400)

    def connect(self):
        stream = socket.create_connection(('127.0.0.1', self.port), timeout=TIMEOUT_SECONDS)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        return stream

    def stream(self, seed):
        heard = 0
        for number in range(self.count // 100):
            message = query('vm{0}.example.test.'.format((seed + number) % 1000), number)
            with self.connect() as stream:
                try:
                    stream.sendall(struct.pack('!H', len(message)) + message)
                    heard += bool(stream.recv(4096))
                except OSError:
                    continue
        return heard

    def half_open(self, seed):
        held = []
        for number in range(max(500, self.count // 40)):
            try:
                stream = self.connect()
                stream.sendall(struct.pack('!H', 400) + bytes([seed & 0xFF]) * (number % 300))
                held.append(stream)
            except OSError:
                # Refused: more than a client may have.
                continue
            if len(held) > 800:
                held.pop(0).close()
        for stream in held:
            stream.close()
        return len(held)

    def overlong(self, seed):
        heard = 0
        for _ in range(self.count // 200):
            try:
                with self.connect() as stream:
                    stream.sendall(b'\xff\xff' + bytes([seed & 0xFF]) * 3000)
                    heard += 1
            except OSError:
                continue
        return heard


KINDS = ('wildcard', 'random', 'cookies', 'stream', 'half_open', 'overlong')


def rss(process):
    """Resident memory in kB."""
    for line in pathlib.Path('/proc/{0}/status'.format(process.pid)).read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1])
    raise RuntimeError('the server has ended')


def answers(port):
    """Whether the server answers over UDP and TCP, once what is left of a flood has passed."""
    message = query('vm1.example.test.', 7)
    end = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < end:
        try:
            with socket.socket(type=socket.SOCK_DGRAM) as asker:
                asker.settimeout(1)
                asker.sendto(message, ('127.0.0.1', port))
                if asker.recv(4096)[3] & 15:
                    continue
            with socket.create_connection(('127.0.0.1', port), timeout=1) as stream:
                stream.sendall(struct.pack('!H', len(message)) + message)
                if len(stream.recv(4096)) > 14:
                    return True
        except OSError:
            time.sleep(0.05)
    return False


def measure(server, arguments):
    """Which floods were too much."""
    failed = []
    for kind in KINDS:
        getattr(Flood(server.port, arguments.queries // 4), kind)(1)
        before = rss(server.process)
        heard = getattr(Flood(server.port, arguments.queries), kind)(2)
        if not heard or not answers(server.port):
            print('{0}: the server does not answer'.format(kind), file=sys.stderr)
            failed.append(kind)
        grown = rss(server.process) - before
        print('flood_{0}_kb={1}'.format(kind, grown), flush=True)
        print('flood_{0}_heard={1}'.format(kind, heard), flush=True)
        if grown > arguments.limit_kb:
            failed.append(kind)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', required=True)
    parser.add_argument('--queries', type=int, default=200_000)
    parser.add_argument('--limit-kb', type=int, default=1_024)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='pipam-floods-') as directory:
        server = dns_peers.Ours(directory, [zone()], cookies=True, statistics=True,
                                program=arguments.program)
        server.start()
        try:
            print('rss_before_kb={0}'.format(rss(server.process)), flush=True)
            failed = measure(server, arguments)
        finally:
            server.stop()
    if failed:
        print('more than {0} kB: {1}'.format(arguments.limit_kb, ' '.join(failed)),
              file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
