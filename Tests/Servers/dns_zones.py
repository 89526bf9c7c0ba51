"""Zones for comparisons: the same records as a zone file, for other servers, and as a file of
zone-server (Tests/RecordFiles), and queries about them.

A zone is a list of records (owner, ttl, type, text, data): owner is a full name, text is what stands
in a zone file, data the wire form.
"""

import ipaddress
import random
import struct

TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28,
         'SRV': 33, 'DNAME': 39, 'DS': 43, 'RRSIG': 46, 'NSEC': 47, 'DNSKEY': 48, 'NSEC3': 50,
         'NSEC3PARAM': 51, 'SVCB': 64, 'HTTPS': 65, 'CAA': 257}
# Types that answers are compared for: those that zones hold, some they do not, and unknown ones.
ASKED = [1, 1, 1, 28, 28, 15, 16, 2, 6, 5, 12, 33, 64, 65, 257, 43, 39, 13, 65280, 48]


def wire_name(name):
    """A name of plain labels in wire form."""
    labels = [label for label in name.split('.') if label]
    return b''.join(bytes([len(label)]) + label.encode() for label in labels) + b'\0'


class Zone:
    """Records of one zone."""

    def __init__(self, apex, ttl=3600, servers=None):
        self.apex = apex
        self.ttl = ttl
        self.records = []
        self.add_soa(1)
        for server in (1, 2):
            self.add_name(apex, 'NS', 'ns{0}.{1}'.format(server, servers or apex))

    def add(self, owner, kind, text, data, ttl=None):
        self.records.append((owner, self.ttl if ttl is None else ttl, kind, text, data))

    def add_soa(self, serial):
        names = ('ns1.' + self.apex, 'hostmaster.' + self.apex)
        numbers = (serial, 7200, 900, 1209600, 300)
        self.add(self.apex, 'SOA', ' '.join(names) + ' ' + ' '.join(map(str, numbers)),
                 b''.join(map(wire_name, names)) + struct.pack('!5I', *numbers))

    def add_name(self, owner, kind, target):
        self.add(owner, kind, target, wire_name(target))

    def add_address(self, owner, address):
        address = ipaddress.ip_address(address)
        self.add(owner, 'A' if address.version == 4 else 'AAAA', str(address), address.packed)

    def add_mx(self, owner, preference, target):
        self.add(owner, 'MX', '{0} {1}'.format(preference, target),
                 struct.pack('!H', preference) + wire_name(target))

    def add_srv(self, owner, port, target):
        self.add(owner, 'SRV', '1 2 {0} {1}'.format(port, target),
                 struct.pack('!3H', 1, 2, port) + wire_name(target))

    def add_text(self, owner, text):
        data = text.encode()
        self.add(owner, 'TXT', '"{0}"'.format(text), bytes([len(data)]) + data)

    def add_service(self, owner, kind, priority, target):
        self.add(owner, kind, '{0} {1}'.format(priority, target),
                 struct.pack('!H', priority) + wire_name(target))

    def add_caa(self, owner, issuer):
        self.add(owner, 'CAA', '0 issue "{0}"'.format(issuer),
                 b'\0\5issue' + issuer.encode())

    def zone_file(self):
        """Text for other servers."""
        lines = ['$TTL {0}'.format(self.ttl)]
        for owner, ttl, kind, text, _ in self.records:
            lines.append('{0} {1} IN {2} {3}'.format(owner, ttl, kind, text))
        return '\n'.join(lines) + '\n'

    def record_file(self):
        """Text for zone-server: the records of a set stand together."""
        sets = {}
        for owner, ttl, kind, _, data in self.records:
            sets.setdefault((owner, TYPES[kind]), []).append((ttl, data))
        lines = ['$ZONE ' + self.apex]
        for (owner, number), records in sets.items():
            for ttl, data in records:
                lines.append('{0} {1} {2} {3}'.format(owner, number, ttl, data.hex()))
        return '\n'.join(lines) + '\n'


def plain_zone(apex, names):
    """What a cluster of that many guests has: an A record each, every second one an AAAA."""
    zone = Zone(apex)
    for server in (1, 2):
        zone.add_address('ns{0}.{1}'.format(server, apex), '192.0.2.{0}'.format(server))
    for index in range(names):
        owner = 'vm{0}.{1}'.format(index, apex)
        zone.add_address(owner, str(ipaddress.IPv4Address(0x0A000000 + index)))
        if index % 2:
            zone.add_address(owner, str(ipaddress.IPv6Address((0xFD00 << 112) + index)))
    return zone


def reverse_zone(names):
    """The PTR records of an IPv4 network."""
    zone = Zone('10.in-addr.arpa.', servers='example.test.')
    for index in range(names):
        address = ipaddress.IPv4Address(0x0A000000 + index)
        zone.add_name(address.reverse_pointer + '.', 'PTR', 'vm{0}.example.test.'.format(index))
    return zone


def reverse6_zone(names, seed=1):
    """The PTR records of random addresses of one /64."""
    chosen = random.Random(seed)
    zone = Zone('0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.', servers='example.test.')
    for index in range(names):
        address = ipaddress.IPv6Address((0x20010DB8 << 96) + chosen.getrandbits(64))
        zone.add_name(address.reverse_pointer + '.', 'PTR', 'vm{0}.example.test.'.format(index))
    return zone


def odd_zone(seed, names=300):
    """One of everything that makes answers differ: wildcards, empty non-terminals, delegations with
    and without glue, aliases in chains and circles, renamed trees, services, long sets."""
    chosen = random.Random(seed)
    apex = 'example.test.'
    zone = Zone(apex)
    zone.add_address('ns1.' + apex, '192.0.2.1')
    zone.add_address('ns1.' + apex, '2001:db8::1')
    zone.add_address('ns2.' + apex, '192.0.2.2')
    for index in range(names):
        owner = 'h{0}.{1}'.format(index, apex)
        for _ in range(chosen.choice((1, 1, 1, 2, 4))):
            zone.add_address(owner, str(ipaddress.IPv4Address(chosen.getrandbits(32))))
        if chosen.random() < 0.5:
            zone.add_address(owner, str(ipaddress.IPv6Address(chosen.getrandbits(128))))
        if chosen.random() < 0.1:
            zone.add_text(owner, 'text of {0}'.format(index))
        if chosen.random() < 0.05:
            zone.add_mx(owner, 10, 'h{0}.{1}'.format(chosen.randrange(names), apex))
    add_tree(zone, chosen, names)
    add_aliases(zone, chosen, names)
    add_delegations(zone, chosen)
    add_services(zone, chosen, names)
    return zone


def add_tree(zone, chosen, names):
    """Deep names, so that there are empty non-terminals, and wildcards."""
    apex = zone.apex
    for index in range(names // 10):
        labels = ['d{0}'.format(chosen.randrange(4)) for _ in range(chosen.randrange(2, 6))]
        owner = '.'.join(['leaf{0}'.format(index)] + labels + ['deep', apex])
        zone.add_address(owner, '192.0.2.{0}'.format(index % 250))
    zone.add_text('*.wild.' + apex, 'any')
    zone.add_address('*.wild.' + apex, '192.0.2.9')
    zone.add_address('real.wild.' + apex, '192.0.2.10')
    zone.add_address('deep.real.wild.' + apex, '192.0.2.11')
    zone.add_mx('*.wild.' + apex, 10, 'h1.' + apex)
    zone.add_name('*.alias.' + apex, 'CNAME', 'h2.' + apex)
    zone.add_name('*.chain.' + apex, 'CNAME', 'x.wild.' + apex)
    zone.add_text('sub.*.wild2.' + apex, 'no wildcard')
    zone.add_text('*.wild2.' + apex, 'a wildcard')
    zone.add_address('*.below.cut.' + apex, '192.0.2.66')


def add_aliases(zone, chosen, names):
    apex = zone.apex
    for index in range(20):
        zone.add_name('c{0}.{1}'.format(index, apex), 'CNAME',
                      'h{0}.{1}'.format(chosen.randrange(names), apex))
    for index in range(5):
        zone.add_name('chain{0}.{1}'.format(index, apex), 'CNAME',
                      'chain{0}.{1}'.format(index + 1, apex))
    zone.add_address('chain5.' + apex, '192.0.2.5')
    zone.add_name('outside.' + apex, 'CNAME', 'www.elsewhere.example.')
    zone.add_name('nowhere.' + apex, 'CNAME', 'missing.' + apex)
    zone.add_name('towild.' + apex, 'CNAME', 'made.up.wild.' + apex)
    zone.add_name('tocut.' + apex, 'CNAME', 'host.cut.' + apex)
    zone.add_name('toent.' + apex, 'CNAME', 'deep.' + apex)
    zone.add_name('ring1.' + apex, 'CNAME', 'ring2.' + apex)
    zone.add_name('ring2.' + apex, 'CNAME', 'ring1.' + apex)
    zone.add_name('renamed.' + apex, 'DNAME', 'wild.' + apex)
    zone.add_address('renamed.' + apex, '192.0.2.77')
    zone.add_name('away.' + apex, 'DNAME', 'elsewhere.example.')
    zone.add_name('torenamed.' + apex, 'CNAME', 'some.renamed.' + apex)


def add_delegations(zone, chosen):
    apex = zone.apex
    zone.add_name('cut.' + apex, 'NS', 'ns.cut.' + apex)
    zone.add_name('cut.' + apex, 'NS', 'ns1.' + apex)
    zone.add_address('ns.cut.' + apex, '198.51.100.1')
    zone.add_address('ns.cut.' + apex, '2001:db8:1::1')
    zone.add_name('far.' + apex, 'NS', 'ns.elsewhere.example.')
    zone.add_name('sibling.' + apex, 'NS', 'ns.cut.' + apex)
    zone.add_name('deep.cut2.' + apex, 'NS', 'a.deep.cut2.' + apex)
    zone.add_address('a.deep.cut2.' + apex, '198.51.100.2')
    for index in range(12):
        server = 'ns{0}.many.{1}'.format(index, apex)
        zone.add_name('many.' + apex, 'NS', server)
        zone.add_address(server, str(ipaddress.IPv6Address(chosen.getrandbits(128))))
        zone.add_address(server, str(ipaddress.IPv4Address(chosen.getrandbits(32))))


def add_services(zone, chosen, names):
    apex = zone.apex
    for index in range(10):
        target = 'h{0}.{1}'.format(chosen.randrange(names), apex)
        zone.add_srv('_s{0}._tcp.{1}'.format(index, apex), 80 + index, target)
        zone.add_service('s{0}.{1}'.format(index, apex), 'SVCB', 1, target)
        zone.add_service('h{0}.{1}'.format(index, apex), 'HTTPS', 1, '.')
    zone.add_srv('_far._tcp.' + apex, 80, 'host.elsewhere.example.')
    zone.add_service('svcalias.' + apex, 'SVCB', 0, 's1.' + apex)
    zone.add_service(apex, 'HTTPS', 0, 'h3.' + apex)
    zone.add_caa(apex, 'ca.example.net')
    zone.add_mx(apex, 10, 'h1.' + apex)
    zone.add_mx(apex, 20, 'mail.elsewhere.example.')
    zone.add_text(apex, 'v=spf1 -all')
    for index in range(70):
        zone.add_address('big.' + apex, '203.0.113.{0}'.format(index))
    for index in range(40):
        zone.add_text('huge.' + apex, '{0}'.format(index) * 40)


class Queries:
    """Questions about a zone, equal for equal seeds."""

    def __init__(self, zone, seed, asked=None):
        self.zone = zone
        self.asked = asked or ASKED
        self.random = random.Random(seed)
        self.owners = sorted({record[0] for record in zone.records})

    def name(self):
        """A name that exists, might have, or lies below or above one that does."""
        chosen = self.random
        owner = chosen.choice(self.owners)
        kind = chosen.random()
        if kind < 0.5:
            name = owner
        elif kind < 0.65:
            name = 'x{0}.{1}'.format(chosen.randrange(100), owner)
        elif kind < 0.75:
            name = 'a.b{0}.{1}'.format(chosen.randrange(100), owner)
        elif kind < 0.85:
            name = owner.split('.', 1)[1] or self.zone.apex
        elif kind < 0.95:
            name = 'x{0}.{1}'.format(chosen.randrange(1000), self.zone.apex)
        else:
            name = chosen.choice(('elsewhere.example.', 'test.', '.', 'www.example.org.',
                                  '*.' + self.zone.apex, 'made.up.wild.' + self.zone.apex))
        if chosen.random() < 0.3:
            name = ''.join(c.upper() if chosen.random() < 0.5 else c for c in name)
        return name

    def edns(self):
        """An OPT record or none: sizes, DO, options that nobody knows, versions nobody has."""
        chosen = self.random
        if chosen.random() < 0.3:
            return b''
        size = chosen.choice((0, 512, 600, 1232, 1232, 4096, 65535))
        flags = chosen.choice((0, 0x8000))
        version = 1 if chosen.random() < 0.02 else 0
        options = b''
        if chosen.random() < 0.1:
            options = struct.pack('!HH3s', 65001, 3, b'abc')
        return b'\0' + struct.pack('!HHBBHH', 41, size, 0, version, flags,
                                   len(options)) + options

    def next(self):
        """One message; its id is to be filled in."""
        chosen = self.random
        opt = self.edns()
        flags = chosen.choice((0, 0x0100, 0x0100, 0x0010, 0x0020))
        head = struct.pack('!6H', 0, flags, 1, 0, 0, 1 if opt else 0)
        return head + wire_name(self.name()) + struct.pack('!HH', chosen.choice(self.asked), 1) + opt
