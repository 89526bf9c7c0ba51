"""Asks zone-server, Knot, NSD and BIND the same questions about the same zone, and compares what
they say: response code, flags, record sets, times to live, OPT, sizes.

    python3 dns_differential.py PROGRAM [--queries N] [--seed N] [--signed nsec|nsec3|optout]

PROGRAM is zone-server. Prints how often each allowed difference occurred, with the RFC that allows
it, and every other difference; ends with 1 if there is one.
"""

import argparse
import collections
import copy
import re
import select
import socket
import struct
import sys
import tempfile

import dns_peers
import dns_signed
import dns_zones

WINDOW = 64
CHECKING_DISABLED = 0x0010
# Looked at apart from the rest of an answer, unlike the rules below.
COPIED = ('CD is copied', 'RFC 4035 section 3.2.2: there is nothing to check in own data')
TIMEOUT_SECONDS = 5
SHOWN = 20
# The first label of an NSEC3 record's owner.
HASH_OWNER = re.compile(rb'\x20[0-9a-v]{32}')
NAMES = {1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 39: 'DNAME', 41: 'OPT'}
# Types whose data begin with names, and the octets in front of them.
WITH_NAMES = {2: (0, 1), 5: (0, 1), 6: (0, 2), 12: (0, 1), 15: (2, 1), 39: (0, 1), 33: (6, 1)}


class Answer:
    """A message taken apart, names in lower case."""

    def __init__(self, wire):
        self.size = len(wire)
        flags, questions, *counts = struct.unpack('!5H', wire[2:12])
        self.code = flags & 15
        self.authoritative = bool(flags & 0x0400)
        self.truncated = bool(flags & 0x0200)
        self.other_flags = flags & 0xF9F0
        self.opt = None
        offset = 12
        self.question = b''
        for _ in range(questions):
            _, end = name_at(wire, offset)
            self.question = wire[offset:end + 4]
            offset = end + 4
        self.sections = []
        for count in counts:
            records = []
            for _ in range(count):
                record, offset = self.record(wire, offset)
                if record is not None:
                    records.append(record)
            self.sections.append(frozenset(records))
            if len(records) != len(self.sections[-1]):
                raise ValueError('a record stands twice in a section')
        if offset != len(wire):
            raise ValueError('octets behind the end')

    def record(self, wire, offset):
        owner, offset = name_at(wire, offset)
        number, kind, ttl, length = struct.unpack('!HHIH', wire[offset:offset + 10])
        offset += 10
        end = offset + length
        if number == 41:
            self.opt = (ttl >> 24, ttl >> 16 & 255, ttl & 0xFFFF)
            return None, end
        data = wire[offset:end]
        if number in WITH_NAMES:
            fixed, names = WITH_NAMES[number]
            data = wire[offset:offset + fixed]
            place = offset + fixed
            for _ in range(names):
                name, place = name_at(wire, place)
                data += name
            data += wire[place:end]
        return (owner, number, kind, ttl, data), end

    @property
    def full_code(self):
        return self.code | (self.opt[0] << 4 if self.opt else 0)

    def __str__(self):
        lines = ['  rcode {0}{1}{2} flags {3:04x} opt {4} size {5}'.format(
            self.full_code, ' AA' * self.authoritative, ' TC' * self.truncated, self.other_flags,
            self.opt, self.size)]
        for title, section in zip(('answer', 'authority', 'additional'), self.sections):
            for owner, number, _, ttl, data in sorted(section):
                lines.append('  {0}: {1} {2} {3} {4}'.format(
                    title, text(owner), ttl, NAMES.get(number, number), data.hex()[:60]))
        return '\n'.join(lines)


def name_at(wire, offset):
    """A name in lower case and where it ends; pointers must lead forward to the front."""
    labels = []
    end = None
    bound = offset
    while True:
        length = wire[offset]
        if length >= 0xC0:
            end = end or offset + 2
            offset = (length & 0x3F) << 8 | wire[offset + 1]
            if offset >= bound:
                raise ValueError('a pointer that does not lead to the front')
            bound = offset
            continue
        if length == 0:
            labels.append(b'\0')
            return b''.join(labels), end or offset + 1
        labels.append(wire[offset:offset + 1 + length].lower())
        offset += 1 + length


def text(name):
    labels = []
    offset = 0
    while name[offset]:
        labels.append(name[offset + 1:offset + 1 + name[offset]].decode('latin1'))
        offset += 1 + name[offset]
    return '.'.join(labels) + '.'


class Question:
    """What was asked, for the rules below."""

    def __init__(self, wire):
        name, end = name_at(wire, 12)
        self.name = name
        self.type, = struct.unpack('!H', wire[end:end + 2])
        self.has_opt = wire[11] == 1
        self.size = 512
        self.version = 0
        if self.has_opt:
            opt = wire[end + 4:]
            self.size = max(512, struct.unpack('!H', opt[3:5])[0])
            self.version = opt[6]


# The differences that RFCs allow, each with what it is called in the report: a function of question,
# our answer and the other's that says whether this is one. Those in front are looked at first.
def is_additional(question, ours, other, peer):
    return same_but(ours, other, 'additional') and (
        not is_referral(ours) or glue(question, ours) == glue(question, other))


def is_negative_authority(question, ours, other, peer):
    """NSD and BIND say who serves the zone where we say nothing."""
    extra = other.sections[1] - ours.sections[1]
    return same_but(ours, other, 'authority', 'additional') and extra and not (
        ours.sections[1] - other.sections[1]) and all(
            record[1] == 2 for record in extra) and ours.code == 0


def is_compression(question, ours, other, peer):
    """The same records in another number of octets."""
    return same_but(ours, other) and ours.size != other.size


def is_earlier_truncation(question, ours, other, peer):
    """One of the two did not fit all into the datagram, or compressed less."""
    return ours.truncated != other.truncated and ours.code == other.code and max(
        ours.size, other.size) > min(question.size, 1232) - 400


def is_partial_truncation(question, ours, other, peer):
    """What stands in a truncated answer is the server's business."""
    return ours.truncated and other.truncated and ours.code == other.code


def is_missing_glue(question, ours, other, peer):
    """Glue that does not fit is left out without a word by servers older than RFC 9471."""
    return ours.truncated and not other.truncated and is_referral(ours) and is_referral(other) \
        and ours.sections[1] == other.sections[1]


def same_but(ours, other, *sections):
    names = ('answer', 'authority', 'additional')
    return (ours.full_code, ours.authoritative, ours.truncated, ours.other_flags, ours.opt) == (
        other.full_code, other.authoritative, other.truncated, other.other_flags, other.opt
    ) and all(mine == theirs for name, mine, theirs in zip(names, ours.sections, other.sections)
              if name not in sections)


def is_referral(answer):
    return not answer.authoritative and not answer.sections[0] and any(
        record[1] == 2 for record in answer.sections[1])


def glue(question, answer):
    """Addresses of servers below the delegated name."""
    cuts = [record[0] for record in answer.sections[1] if record[1] == 2]
    return frozenset(record for record in answer.sections[2]
                     if any(record[0].endswith(cut) for cut in cuts))


def is_chain_end(question, ours, other, peer):
    """How far aliases are followed, and what is said about where they end."""
    if not any(record[1] == 5 for record in ours.sections[0] | other.sections[0]):
        return False
    shared = ours.sections[0] <= other.sections[0] or other.sections[0] <= ours.sections[0]
    codes = (0, 2, 3) if is_circle(ours) else (0, 3)
    return shared and ours.full_code in (0, 3) and other.full_code in codes and (
        is_circle(ours) or leaves_zone(ours) or leads_to_cut(ours) or leads_to_cut(other))


def is_circle(answer):
    owners = {record[0] for record in answer.sections[0]}
    targets = [record[4] for record in answer.sections[0] if record[1] == 5]
    return bool(targets) and all(target in owners for target in targets)


def leaves_zone(answer):
    return any(record[1] == 5 and record[4].endswith(dns_zones.wire_name('elsewhere.example.'))
               for record in answer.sections[0])


def leads_to_cut(answer):
    return any(record[1] == 5 for record in answer.sections[0]) and any(
        record[1] == 2 for record in answer.sections[1])


def is_bad_version(question, ours, other, peer):
    """What besides BADVERS is said to an unknown version of EDNS."""
    return question.version > 0 and ours.full_code == other.full_code == 16


def is_signatures(question, ours, other, peer):
    """Signatures without their sets: some of a name's."""
    return question.type == 46 and ours.sections[0] and all(
        record[1] in (5, 39, 46) for record in ours.sections[0] ^ other.sections[0])


def is_hash_owner(question, ours, other, peer):
    """NSD has the owners of NSEC3 records for names, with names below them."""
    return peer == 'nsd' and HASH_OWNER.search(question.name) is not None and \
        ours.full_code == other.full_code == 3


def is_chain_beside_alias(question, ours, other, peer):
    """Others do not follow aliases to what chains are made of, even where there is none."""
    return question.type in (47, 50) and not other.sections[0] and any(
        record[1] == 5 for record in ours.sections[0])


def is_other_proof(question, ours, other, peer):
    """NSD proves more than it has to, or the wrong thing behind a DNAME; dns_validate.py has ours
    checked."""
    return peer == 'nsd' and same_but(ours, other, 'authority') and all(
        record[1] in (46, 47, 50) for record in ours.sections[1] ^ other.sections[1])


def is_chain_at_cut(question, ours, other, peer):
    """BIND answers for the parent's own NSEC record at a delegation."""
    return peer == 'bind' and question.type == 47 and is_referral(ours) and any(
        record[1] == 47 and record[0] == question.name for record in other.sections[0])


RULES = [
    ('other signatures where only signatures are asked for',
     'RFC 8482 section 4.1 for ANY: a subset', is_signatures),
    ('owners of hashes are taken for names', 'RFC 5155 section 7.2.8 has it otherwise',
     is_hash_owner),
    ('aliases are not followed to NSEC and NSEC3 records that are not there',
     'RFC 1034 section 4.3.2 step 3a; RFC 6840 section 4.3 has such a proof refused',
     is_chain_beside_alias),
    ('other records prove what is not there', 'RFC 4035 section 3.1.3: ours suffice',
     is_other_proof),
    ('NSEC records at delegations are answered for', 'RFC 4035 section 3.1.4.1: only DS is said '
     'to be', is_chain_at_cut),
    ('octets differ, records do not', 'RFC 1035 section 4.1.4: compression is optional',
     is_compression),
    ('additional records differ', 'RFC 1034 section 4.3.2 step 6: what is useful and at hand',
     is_additional),
    ('authority tells name servers of the zone', 'RFC 2181 section 6.1: need not be there',
     is_negative_authority),
    ('glue that does not fit is left out without TC', 'RFC 1034; forbidden since RFC 9471',
     is_missing_glue),
    ('truncated answers hold other records', 'RFC 2181 section 9: clients ignore them',
     is_partial_truncation),
    ('truncated by one, not by the other', 'RFC 2181 section 9, RFC 9471: it depends on octets',
     is_earlier_truncation),
    ('an alias out of the zone, into a delegation or a circle is followed less far',
     'RFC 1034 section 3.6.2, RFC 6604 section 3', is_chain_end),
    ('BADVERS without question or flags', 'RFC 6891 section 6.1.3', is_bad_version),
]


class Asker:
    """Sends to one server and gathers by id."""

    def __init__(self, port):
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.connect(('127.0.0.1', port))
        self.socket.setblocking(False)

    def ask(self, messages):
        """Answers by index; asks again for what got lost."""
        answers = {}
        for _ in range(3):
            for index, message in enumerate(messages):
                if index not in answers:
                    self.socket.send(struct.pack('!H', index) + message[2:])
            while len(answers) < len(messages):
                if not select.select([self.socket], [], [], TIMEOUT_SECONDS)[0]:
                    break
                answer = self.socket.recv(65535)
                answers[struct.unpack('!H', answer[:2])[0]] = answer
            if len(answers) == len(messages):
                return answers
        return answers


class Comparison:
    """What was found."""

    def __init__(self, peers):
        self.peers = peers
        self.allowed = {peer: collections.Counter() for peer in peers}
        self.equal = collections.Counter()
        self.faults = []
        self.fault_kinds = collections.Counter()
        self.parsed = {}
        self.examples = {}

    def parse(self, wire):
        key = wire[2:]
        if key not in self.parsed:
            if len(self.parsed) > 200_000:
                self.parsed.clear()
            self.parsed[key] = Answer(wire)
        return self.parsed[key]

    def compare(self, message, ours, others):
        mine = self.parse(ours)
        question = Question(message)
        limit = min(question.size, 1232)
        if mine.size > limit or mine.question != message[12:12 + len(mine.question)]:
            self.fault('ours', message, mine, None)
        for peer, wire in others.items():
            other = self.parse(wire)
            if other.other_flags == mine.other_flags | CHECKING_DISABLED:
                self.allowed[peer][COPIED[0]] += 1
                other = copy.copy(other)
                other.other_flags = mine.other_flags
            if same_but(mine, other) and mine.size == other.size and \
                    mine.question == other.question:
                self.equal[peer] += 1
                continue
            for name, _, rule in RULES:
                if rule(question, mine, other, peer):
                    self.allowed[peer][name] += 1
                    self.examples.setdefault((peer, name), describe(
                        peer, question, mine, other))
                    break
            else:
                self.fault(peer, message, mine, other)

    def fault(self, peer, message, mine, other):
        question = Question(message)
        self.fault_kinds[peer] += 1
        if len(self.faults) < SHOWN or self.fault_kinds[peer] <= 5:
            self.faults.append(describe(peer, question, mine, other))


def describe(peer, question, mine, other):
    return '{0}: {1} type {2} size {3} version {4}\n ours\n{5}\n {0}\n{6}'.format(
        peer, text(question.name), question.type, question.size, question.version, mine, other)


def run(arguments, directory):
    zone = dns_zones.odd_zone(arguments.seed)
    if arguments.signed:
        zone = dns_signed.odd_zone(arguments.seed, directory, arguments.signed)
    servers = [dns_peers.Ours(directory, [zone], program=arguments.program)]
    servers += [kind(directory, [zone]) for kind in
                (dns_peers.Knot, dns_peers.NSD, dns_peers.BIND)]
    try:
        for server in servers:
            server.start()
        askers = {server.name: Asker(server.port) for server in servers}
        return compare(arguments, zone, askers)
    finally:
        for server in servers:
            server.stop()


def compare(arguments, zone, askers):
    asked = dns_signed.ASKED if arguments.signed else None
    queries = dns_zones.Queries(zone, arguments.seed, asked)
    peers = [name for name in askers if name != 'pipam']
    comparison = Comparison(peers)
    asked = 0
    while asked < arguments.queries:
        messages = [queries.next() for _ in range(min(WINDOW, arguments.queries - asked))]
        answers = {name: asker.ask(messages) for name, asker in askers.items()}
        for index, message in enumerate(messages):
            ours = answers['pipam'].get(index)
            if ours is None:
                comparison.faults.append('no answer from us: ' + message.hex())
                comparison.fault_kinds['pipam'] += 1
                continue
            comparison.compare(message, ours, {
                name: answers[name][index] for name in peers if index in answers[name]})
        asked += len(messages)
    report(comparison, asked)
    if arguments.examples:
        for (_, name), example in comparison.examples.items():
            print('# {0}\n{1}'.format(name, example))
    return sum(comparison.fault_kinds.values())


def report(comparison, asked):
    print('{0} queries'.format(asked))
    for peer in comparison.peers:
        print('{0}: {1} equal'.format(peer, comparison.equal[peer]))
        for name, reason in [COPIED] + [rule[:2] for rule in RULES]:
            if comparison.allowed[peer][name]:
                print('{0}: {1} {2} ({3})'.format(
                    peer, comparison.allowed[peer][name], name, reason))
    for fault in comparison.faults:
        print(fault)
    for peer, count in comparison.fault_kinds.items():
        print('{0}: {1} DIFFERENCES THAT NO RFC ALLOWS'.format(peer, count))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('program')
    parser.add_argument('--queries', type=int, default=10_000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--signed', choices=('nsec', 'nsec3', 'optout'))
    parser.add_argument('--examples', action='store_true',
                        help='show one of each kind of difference')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(1 if run(arguments, directory) else 0)


if __name__ == '__main__':
    main()
