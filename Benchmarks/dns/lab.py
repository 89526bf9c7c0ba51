"""Servers and loaders of the benchmark, and what is asked: see run."""

import json
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'Tests/Servers'))

import dns_peers  # noqa: E402
import dns_signed  # noqa: E402
import dns_zones  # noqa: E402

PROGRAM = ROOT / '.build/release/zone-server'
KEPT = ROOT / '.build/dns-bench'
QUERIES = 100_000
COOKIE = '0102030405060708'
TIMEOUT_SECONDS = 300
# Default sizes of socket buffers that bursts fit into, and how much is on its way with and without.
BUFFER_OCTETS = 4 << 20
WINDOW = 512
NARROW_WINDOW = 192
PEERS = (dns_peers.Knot, dns_peers.NSD, dns_peers.BIND, dns_peers.PowerDNS)


def questions(size, seed=1):
    """The mix: addresses, half of the IPv6 ones missing, service bindings that nobody has, reverse
    names and names that are not there; half of the names uniformly, half by popularity."""
    chosen = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(size)]
    popular = chosen.choices(range(size), weights, k=QUERIES)
    for number in range(QUERIES):
        index = popular[number] if number % 2 else chosen.randrange(size)
        name = 'vm{0}.example.test.'.format(index)
        kind = chosen.random()
        if kind < 0.40:
            yield name, 'A'
        elif kind < 0.65:
            yield name, 'AAAA'
        elif kind < 0.75:
            yield name, 'HTTPS'
        elif kind < 0.90:
            yield '{0}.{1}.{2}.10.in-addr.arpa.'.format(
                index & 255, index >> 8 & 255, index >> 16), 'PTR'
        else:
            yield 'missing{0}.example.test.'.format(index), 'A'


def learn_cookie(peer):
    """A cookie that the server takes, as a client learns it from its first answer; Knot and
    PowerDNS answer nothing else without one."""
    opt = b'\0' + struct.pack('!HHIHHH', 41, 1232, 0, 12, 10, 8) + bytes.fromhex(COOKIE)
    question = struct.pack('!6H', 7, 0, 1, 0, 0, 1) + dns_zones.wire_name(peer.zones[0].apex) + \
        struct.pack('!HH', dns_zones.TYPES['SOA'], 1) + opt
    with socket.socket(type=socket.SOCK_DGRAM) as asker:
        asker.settimeout(TIMEOUT_SECONDS)
        asker.sendto(question, ('127.0.0.1', peer.port))
        try:
            answer = asker.recv(4096)
        except socket.timeout as error:
            raise RuntimeError('{0} gave no cookie within {1} s'.format(
                peer.name, TIMEOUT_SECONDS)) from error
    place = answer.index(struct.pack('!HH', 10, 24) + bytes.fromhex(COOKIE)) + 4
    return answer[place:place + 24]


class Queries:
    """Questions of one size for one server, as the two loaders read them."""

    def __init__(self, directory, size, cookie=b'', signed=False):
        self.cookie = cookie
        self.signed = signed
        option = struct.pack('!HH', 10, len(cookie)) + cookie if cookie else b''
        flags = 0x8000 if signed else 0
        opt = b'\0' + struct.pack('!HHIH', 41, 1232, flags, len(option)) + option
        stem = '{0}-{1}-{2}'.format(size, cookie.hex(), flags)
        self.messages = directory / ('queries-' + stem)
        self.names = directory / ('names-' + stem)
        with open(self.messages, 'wb') as binary, open(self.names, 'w') as text:
            for name, kind in questions(size):
                message = struct.pack('!6H', 0, 0, 1, 0, 0, 1) + dns_zones.wire_name(name) + \
                    struct.pack('!HH', dns_zones.TYPES[kind], 1) + opt
                binary.write(struct.pack('!H', len(message)) + message)
                text.write('{0} {1}\n'.format(name.rstrip('.'), kind))


class QuicklySignedZone(dns_signed.SignedZone):
    """Signed by Knot's kzonesign, which takes seconds where others take minutes."""

    CONFIGURATION = '''
server:
    rundir: {0}
database:
    storage: {0}
policy:
  - id: single
    single-type-signing: on
    algorithm: ecdsap256sha256
template:
  - id: default
    storage: {0}
    dnssec-signing: on
    dnssec-policy: single
    zonefile-load: whole
    semantic-checks: off
zone:
  - domain: {1}
    file: {0}/{1}zone
'''

    def sign(self, text):
        (self.directory / (self.apex + 'zone')).write_text(text)
        configuration = self.directory / 'knot.conf'
        configuration.write_text(self.CONFIGURATION.format(self.directory, self.apex))
        made = self.directory / 'made'
        dns_signed.run(['kzonesign', '-c', str(configuration), '-o', str(made), self.apex])
        (made / (self.apex + 'zone')).rename(self.directory / 'signed')
        return (self.directory / 'signed').read_text()


class KeptZone:
    """A signed zone in files, for all servers and all runs within the signatures' life."""

    LIFE_SECONDS = 7 * 86_400

    is_signed = True

    def __init__(self, zone):
        self.apex = zone.apex
        stem = '{0}{1}'.format(zone.apex, len(zone.records))
        self.zone_path = KEPT / (stem + '.zone')
        self.record_path = KEPT / (stem + '.records')
        if not self.is_fresh():
            signed = QuicklySignedZone(zone, KEPT / stem)
            self.zone_path.write_text(signed.zone_file())
            partial = self.record_path.with_suffix('.partial')
            partial.write_text(signed.record_file())
            partial.rename(self.record_path)

    def is_fresh(self):
        try:
            return time.time() - self.record_path.stat().st_mtime < self.LIFE_SECONDS
        except FileNotFoundError:
            return False

    def zone_file(self):
        return self.zone_path.read_text()

    def record_file(self):
        return self.record_path.read_text()


def zones(size, signed=False):
    """A forward and a reverse zone; signed before any server sees them."""
    made = [dns_zones.plain_zone('example.test.', size), dns_zones.reverse_zone(size)]
    return [KeptZone(zone) for zone in made] if signed else made


class Buffers:
    """Equal and large socket buffers for all servers, where we may set them."""

    PATHS = [pathlib.Path('/proc/sys/net/core/' + name) for name in ('rmem_default', 'wmem_default')]

    def __init__(self):
        self.former = []

    def __enter__(self):
        try:
            for path in self.PATHS:
                self.former.append(path.read_text())
                path.write_text(str(BUFFER_OCTETS))
        except OSError:
            self.former.pop()
        return all(int(path.read_text()) >= BUFFER_OCTETS for path in self.PATHS)

    def __exit__(self, *_):
        for path, text in zip(self.PATHS, self.former):
            path.write_text(text)


class Lab:
    """Programs and how they are bound to processors."""

    def __init__(self, arguments, directory, window):
        self.arguments = arguments
        self.directory = directory
        self.window = window
        self.loader = directory / 'loader'
        subprocess.run(['cc', '-O2', '-o', self.loader, ROOT / 'Benchmarks/dns/loader.c', '-lm'],
                       check=True)
        processors = sorted(os.sched_getaffinity(0))
        self.server_processor, self.loader_processor = processors[0], processors[-1]

    def start(self, kind, zones, cookies=True):
        words = {'program': PROGRAM} if kind is dns_peers.Ours else {}
        peer = kind(self.directory / 'servers', zones, cookies=cookies, statistics=cookies,
                    **words)
        try:
            seconds = peer.start(['taskset', '-c', str(self.server_processor)])
        except BaseException:
            peer.stop()
            raise
        return peer, seconds

    def queries(self, peer, size, cookies=True, signed=False):
        cookie = learn_cookie(peer) if cookies else b''
        return Queries(self.directory, size, cookie, signed)

    def load(self, peer, queries, seconds, rate=0):
        """Our own loader: RATE queries a second, or as many as are answered."""
        output = self.run([str(self.loader), str(peer.port), str(queries.messages), str(seconds),
                           str(rate), str(self.window)])
        return json.loads(output)

    def dnsperf(self, peer, queries, seconds):
        cookie = ['-E', '10:' + queries.cookie.hex()] if queries.cookie else []
        output = self.run(
            ['dnsperf', '-s', '127.0.0.1', '-p', str(peer.port), '-d', str(queries.names), '-c',
             '64', '-T', '1', '-q', str(self.window), '-b', '4096', '-e', '-t', '1', '-l',
             str(seconds)] + ['-D'] * queries.signed + cookie)
        return {'received': int(re.search(r'Queries completed:\s+(\d+)', output).group(1)),
                'sent': int(re.search(r'Queries sent:\s+(\d+)', output).group(1)),
                'mean_octets': float(re.search(r'response (\d+)', output).group(1))}

    def run(self, command):
        return subprocess.run(
            ['taskset', '-c', str(self.loader_processor)] + command, check=True,
            capture_output=True, text=True, timeout=TIMEOUT_SECONDS).stdout
