"""Has Unbound, and delv for a few questions, check what zone-server answers about signed zones.

    python3 dns_validate.py PROGRAM [--queries N] [--seed N] [--signed nsec|nsec3|optout]

PROGRAM is zone-server. Unbound knows the zone's key and asks for signatures. Whatever it takes for
forged is a fault, and so is what it cannot prove in a zone where everything is signed. Ends with 1
if there is a fault.
"""

import argparse
import pathlib
import struct
import subprocess
import sys
import tempfile

import dns_differential
import dns_peers
import dns_signed
import dns_zones

WINDOW = 64
# Types that Unbound does not check: signatures themselves.
UNCHECKED = (46, 255)
AUTHENTIC = 0x0020
SHOWN = 10
# A set, none of the type, no name, an empty non-terminal, what a wildcard has and has not, an alias,
# one that a wildcard stands for, a renamed name, keys of a delegation, and none.
DELV = [('h1.', 'A'), ('h1.', 'LOC'), ('nothing.', 'A'), ('deep.', 'A'), ('q.wild.', 'TXT'),
        ('q.wild.', 'LOC'), ('c0.', 'A'), ('q.alias.', 'A'), ('q.renamed.', 'TXT'), ('cut.', 'DS'),
        ('far.', 'DS'), ('', 'DNSKEY'), ('huge.', 'TXT')]


class Unbound(dns_peers.Peer):
    """Unbound, which gets everything below the zone from us."""

    name = 'unbound'
    program = 'unbound'
    flags = 0x0100

    def __init__(self, directory, zone, port):
        super().__init__(directory, [])
        self.zone = zone
        self.server_port = port
        # For `wait_for_answer`.
        self.zones = [zone]

    def prepare(self):
        return self.configure()

    def configure(self):
        text = '''
server:
  interface: 127.0.0.1@{1}
  directory: "{0}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  val-log-level: 2
  num-threads: 1
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor: "{2}"
  local-zone: "test." nodefault
  aggressive-nsec: no
  minimal-responses: no
  qname-minimisation: no
  harden-below-nxdomain: no
  val-bogus-ttl: 0
  num-queries-per-thread: 1024
  outgoing-range: 2048
  incoming-num-tcp: 100
  outgoing-num-tcp: 100
stub-zone:
  name: {3}
  stub-addr: 127.0.0.1@{4}
remote-control:
  control-enable: no
'''.format(self.directory, self.port, self.zone.anchor(), self.zone.apex, self.server_port)
        return [self.program, '-c', str(self.write('unbound.conf', text))]


def is_alias(record):
    """Whether an NSEC record says that its owner has a CNAME record."""
    if record[1] != 47:
        return False
    _, end = dns_differential.name_at(record[4], 0)
    # The first window holds the types below 256 (RFC 4034 section 4.1.2).
    window, octets = record[4][end:end + 2]
    return window == 0 and octets > 0 and bool(record[4][end + 2] & 0x80 >> 5)


def is_checkable(message, answer):
    """The answer ends in our zone: others are not there for Unbound to ask."""
    mine = dns_differential.Answer(answer)
    question = dns_differential.Question(message)
    leaves = any(record[1] == 5 and not record[4].endswith(dns_zones.wire_name('example.test.'))
                 for record in mine.sections[0])
    # A referral, be it behind aliases.
    refers = any(record[1] == 2 for record in mine.sections[1])
    # The keys of the zone itself are the parent's business.
    is_parents = question.type == 43 and question.name == dns_zones.wire_name('example.test.')
    # Unbound looks for the signature of the alias that follows from a DNAME record.
    is_made_up = question.type in (5, 39) and any(record[1] == 39 for record in mine.sections[0])
    # It may follow an alias that it knows from another question instead of asking for its proof.
    is_aliass = question.type == 47 and any(is_alias(record) for record in mine.sections[0])
    if is_parents or is_made_up or is_aliass:
        return False
    return mine.full_code in (0, 3) and not leaves and not refers and \
        question.type not in UNCHECKED and not dns_differential.is_circle(mine)


def plain_question(message):
    """The same question as a client of Unbound asks it, which wants to see signatures."""
    _, end = dns_differential.name_at(message, 12)
    opt = b'\0' + struct.pack('!HHBBHH', 41, 4096, 0, 0, 0x8000, 0)
    return struct.pack('!6H', 0, 0x0100, 1, 0, 0, 1) + message[12:end + 4] + opt


def run(arguments, directory):
    zone = dns_signed.odd_zone(arguments.seed, directory, arguments.signed)
    ours = dns_peers.Ours(directory, [zone], program=arguments.program)
    unbound = None
    try:
        ours.start()
        unbound = Unbound(directory, zone, ours.port)
        unbound.start()
        return check(arguments, zone, ours, unbound) + delv(arguments, zone, ours)
    finally:
        for server in (ours, unbound):
            if server is not None:
                server.stop()


def check(arguments, zone, ours, unbound):
    queries = dns_zones.Queries(zone, arguments.seed, dns_signed.ASKED)
    server = dns_differential.Asker(ours.port)
    resolver = dns_differential.Asker(unbound.port)
    asked = checked = secure = 0
    faults = []
    while asked < arguments.queries:
        count = min(WINDOW, arguments.queries - asked)
        messages = [plain_question(queries.next()) for _ in range(count)]
        asked += count
        # Over UDP, what is cut off says nothing: Unbound will ask again over TCP.
        answers = server.ask(messages)
        messages = [message for index, message in enumerate(messages)
                    if index in answers and is_checkable(message, answers[index])]
        for index, answer in resolver.ask(messages).items():
            checked += 1
            code = answer[3] & 15
            is_secure = bool(answer[3] & AUTHENTIC)
            secure += is_secure
            if code not in (0, 3) or not (is_secure or arguments.signed == 'optout'):
                question = dns_differential.Question(messages[index])
                faults.append('{0} type {1}: rcode {2}{3}'.format(
                    dns_differential.text(question.name), question.type, code,
                    '' if is_secure else ', not secure'))
    print('{0} queries, {1} checked, {2} secure'.format(asked, checked, secure))
    for fault in faults[:SHOWN]:
        print(fault)
    if faults:
        print('{0} ANSWERS THAT DO NOT HOLD'.format(len(faults)))
        print((unbound.directory / 'log').read_text()[-3000:])
    return len(faults) + (checked == 0)


def delv(arguments, zone, ours):
    """What BIND's resolver says to some of each kind, asking us alone."""
    words = zone.anchor().split()
    flags = words.index('DNSKEY')
    anchors = pathlib.Path(ours.directory) / 'anchors'
    anchors.write_text('trust-anchors {{ {0} static-key {1} "{2}"; }};\n'.format(
        zone.apex, ' '.join(words[flags + 1:flags + 4]), ''.join(words[flags + 4:])))
    good = 'unsigned answer' if arguments.signed == 'optout' else 'fully validated'
    faults = 0
    for name, kind in DELV:
        done = subprocess.run(
            ['delv', '@127.0.0.1', '-p', str(ours.port), '-a', str(anchors),
             '+root=' + zone.apex, name + zone.apex, kind],
            capture_output=True, text=True, check=False, timeout=60)
        output = done.stdout + done.stderr
        if 'fully validated' not in output and good not in output:
            faults += 1
            print('delv: {0}{1} {2}: {3}'.format(name, zone.apex, kind, output[-500:]))
    print('delv: {0} of {1} validated'.format(len(DELV) - faults, len(DELV)))
    if faults:
        print('{0} ANSWERS THAT DO NOT HOLD'.format(faults))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('program')
    parser.add_argument('--queries', type=int, default=5_000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--signed', choices=('nsec', 'nsec3', 'optout'), default='nsec')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        sys.exit(1 if run(arguments, directory) else 0)


if __name__ == '__main__':
    main()
