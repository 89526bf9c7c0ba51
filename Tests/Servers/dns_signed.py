"""Signed zones for comparisons: Debian's dnssec-signzone signs what dns_zones makes, and every server
gets the same records. Answers are checked by Unbound, which is told the zone's key.
"""

import pathlib
import shutil
import subprocess

import dns_peers
import dns_zones

# What is asked for besides: RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS.
ASKED = dns_zones.ASKED + [46, 47, 48, 50, 51, 59, 43, 43]
DS_DIGEST = '07' * 32


class SignedZone(dns_zones.Zone):
    """A zone with its signatures. `denial` is nsec, nsec3 or optout."""

    def __init__(self, zone, directory, denial='nsec'):
        # The records of `zone` are there already.
        self.apex = zone.apex
        self.ttl = zone.ttl
        self.denial = denial
        self.directory = pathlib.Path(directory) / 'signing'
        self.directory.mkdir(parents=True, exist_ok=True)
        for path in self.directory.glob('K*'):
            path.unlink()
        self.records = zone.records
        self.text = self.sign(super().zone_file())
        self.lines = self.wire_lines()
        self.records = [(owner, ttl, kind, None, data) for owner, ttl, kind, data in self.lines]

    def sign(self, text):
        """The zone file with everything that signing adds."""
        plain = self.directory / 'plain'
        signed = self.directory / 'signed'
        plain.write_text(text)
        run(['dnssec-keygen', '-q', '-K', str(self.directory), '-a', 'ECDSAP256SHA256', '-f', 'KSK',
             self.apex])
        chain = {'nsec': [], 'nsec3': ['-3', '-', '-H', '0'],
                 'optout': ['-3', '-', '-H', '0', '-A']}[self.denial]
        run(['dnssec-signzone', '-q', '-S', '-z', '-K', str(self.directory), '-d',
             str(self.directory), '-o', self.apex, '-N', 'keep', '-O', 'full', '-f', str(signed)] +
            chain + [str(plain)])
        return signed.read_text()

    def wire_lines(self):
        """Owner, time to live, type number and data of each record, in the file's order."""
        output = run(['ldns-read-zone', '-U', 'WKS', str(self.directory / 'signed')])
        found = []
        for line in output.split('\n'):
            words = line.split()
            if len(words) < 6 or words[4] != '\\#':
                continue
            number = dns_zones.TYPES.get(words[3]) or int(words[3].removeprefix('TYPE'))
            found.append((words[0], int(words[1]), number, bytes.fromhex(''.join(words[6:]))))
        return found

    def zone_file(self):
        return self.text

    def record_file(self):
        sets = {}
        signatures = {}
        for owner, ttl, number, data in self.lines:
            if number == 46:
                covered = int.from_bytes(data[:2], 'big')
                signatures.setdefault((owner, covered), []).append(data)
            else:
                sets.setdefault((owner, number), []).append((ttl, data))
        lines = ['$ZONE ' + self.apex]
        for (owner, number), records in sets.items():
            for ttl, data in records:
                lines.append('{0} {1} {2} {3}'.format(owner, number, ttl, data.hex()))
            for data in signatures.pop((owner, number), []):
                lines.append('{0} 46 {1} {2}'.format(owner, records[0][0], data.hex()))
        if signatures:
            raise ValueError('signatures of nothing: {0}'.format(list(signatures)[:3]))
        return '\n'.join(lines) + '\n'

    def anchor(self):
        """The zone's key as a line of a zone file."""
        path = next(self.directory.glob('K*.key'))
        return [line for line in path.read_text().split('\n') if 'DNSKEY' in line][0]


def run(command):
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600,
        env={'PATH': dns_peers.PATH})
    if done.returncode != 0:
        raise RuntimeError('{0}: {1}'.format(' '.join(command), done.stderr[-2000:]))
    return done.stdout


def odd_zone(seed, directory, denial, names=300):
    """The zone with everything that makes answers differ, and delegations that are signed."""
    zone = dns_zones.odd_zone(seed, names)
    for owner in ('cut.', 'sibling.'):
        data = bytes.fromhex('12340d02' + DS_DIGEST)
        zone.add(owner + zone.apex, 'DS', '4660 13 2 ' + DS_DIGEST, data)
    return SignedZone(zone, directory, denial)


def missing():
    """Programs that are not installed."""
    return [program for program in
            ('dnssec-keygen', 'dnssec-signzone', 'ldns-read-zone', 'unbound')
            if shutil.which(program, path=dns_peers.PATH) is None]
