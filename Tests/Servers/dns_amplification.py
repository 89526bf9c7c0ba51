"""The longest answers over UDP to a client that nobody knows, from zone-server and from Knot, for the
same signed zone: how many times as long as their questions.

    python3 dns_amplification.py PROGRAM [--queries N] [--seed N] [--signed nsec|nsec3]

PROGRAM is zone-server. Ends with 1 if ours is the longer one.
"""

import argparse
import struct
import sys
import tempfile

import dns_differential
import dns_peers
import dns_signed
import dns_zones

WINDOW = 64


class Questions(dns_zones.Queries):
    """The questions that serve an attacker: with DO and the largest size, every type."""

    def edns(self):
        return b'\0' + struct.pack('!HHBBHH', 41, 65535, 0, 0, 0x8000, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('program')
    parser.add_argument('--queries', type=int, default=5_000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--signed', choices=('nsec', 'nsec3'), default='nsec3')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        zone = dns_signed.odd_zone(arguments.seed, directory, arguments.signed)
        servers = [dns_peers.Ours(directory, [zone], program=arguments.program),
                   dns_peers.Knot(directory, [zone])]
        try:
            for server in servers:
                server.start()
            ours, knot = [measure(arguments, zone, server) for server in servers]
        finally:
            for server in servers:
                server.stop()
    print('amplification_vs_knot={0:.3f}'.format(ours / knot))
    sys.exit(1 if ours > knot else 0)


def measure(arguments, zone, server):
    questions = Questions(zone, arguments.seed, dns_signed.ASKED + [255])
    asker = dns_differential.Asker(server.port)
    largest, octets, asked, sent = (0, None), 0, 0, 0
    while asked < arguments.queries:
        messages = [questions.next() for _ in range(WINDOW)]
        asked += WINDOW
        for index, answer in asker.ask(messages).items():
            ratio = len(answer) / len(messages[index])
            largest = max(largest, (ratio, messages[index]))
            octets += len(answer)
            sent += len(messages[index])
    question = dns_differential.Question(largest[1])
    print('{0}: at most {1:.2f} ({2} type {3}), on the whole {4:.2f}'.format(
        server.name, largest[0], dns_differential.text(question.name), question.type,
        octets / sent))
    return largest[0]


if __name__ == '__main__':
    main()
