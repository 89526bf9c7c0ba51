"""Rounds of measurements and what comes of them: see run."""

import collections
import pathlib
import statistics

# A measurement does not count if more is lost, if answers are of other sizes than the others', or
# if the kernel had no room for a message.
LOST_SHARE = 0.001
SIZE_SHARE = 0.02


def dropped_messages():
    """UDP messages that the kernel had no room for."""
    lines = [line.split() for line in pathlib.Path('/proc/net/snmp').read_text().split('\n')
             if line.startswith('Udp:')]
    counts = dict(zip(*lines))
    return int(counts['RcvbufErrors']) + int(counts['SndbufErrors'])


def measure(peer, load):
    """What a load took of a server."""
    cpu, user, dropped = peer.cpu_seconds(), peer.user_seconds(), dropped_messages()
    figures = load()
    figures['cpu'] = peer.cpu_seconds() - cpu
    figures['user'] = peer.user_seconds() - user
    figures['dropped'] = dropped_messages() - dropped
    figures['rate'] = figures['received'] / max(figures['cpu'], 1e-9)
    return figures


def interval(values):
    """The median, and the least and the greatest of all."""
    return '{0:.2f} [{1:.2f} {2:.2f}]'.format(
        statistics.median(values), min(values), max(values))


class Figures:
    """Rounds of one load: of each server one measurement a round, or none if it was void."""

    def __init__(self):
        self.rounds = []
        self.void = collections.Counter()

    def add(self, found):
        """Takes a round: figures by server's name."""
        usual = statistics.median(figures['mean_octets'] for figures in found.values())
        kept = {}
        for name, figures in found.items():
            lost = 1 - figures['received'] / max(figures['sent'], 1)
            odd = abs(figures['mean_octets'] - usual) > SIZE_SHARE * usual
            if lost > LOST_SHARE or odd or figures['dropped'] > 0:
                self.void[name] += 1
            else:
                kept[name] = figures
        self.rounds.append(kept)

    def ratios(self, peer, name='rate', ours='pipam'):
        """Ours over theirs in each round that counts for both."""
        return [kept[ours][name] / kept[peer][name] for kept in self.rounds
                if ours in kept and peer in kept]

    def values(self, peer, name):
        return [kept[peer][name] for kept in self.rounds if peer in kept]

    def total(self, peer, name):
        return sum(self.values(peer, name))

    def user_per_query(self, peer):
        """User time in seconds; the clock's ticks are coarse, so rounds are summed up."""
        return self.total(peer, 'user') / max(1, self.total(peer, 'received'))

    def is_enough(self, peers, wanted):
        return all(len(self.ratios(peer)) >= wanted for peer in peers)
