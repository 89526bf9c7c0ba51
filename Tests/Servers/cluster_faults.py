#!/usr/bin/env python3
"""Real agents in network namespaces of one machine, with faults, and clients throughout.

    unshare --net --mount --pid --fork --kill-child --mount-proc \\
        python cluster_faults.py --program .build/debug/pipam [--nodes 3] [--rounds 6] [--seed N]
        [--faults kill,freeze,...]

Needs root. Prints one JSON object with figures; the status is 1 if anything was found. The logs
and the guests lie in the directory that it prints then, and what happened in its `events`. The
seed decides which faults come when; what is lost in a race differs from run to run.
"""

import argparse
import collections
import itertools
import json
import random
import shutil
import subprocess
import sys
import threading
import time

import cluster_checks
import cluster_dns
from cluster_agents import RESTART_SECONDS
from cluster_clients import Client
from cluster_scenario import Cluster, new_directory, wait
from cluster_trouble import FAULTS, Trouble

CLIENTS = 4
START_SECONDS = 60
# From the end of a fault to the next acknowledged write, and to equal states.
HEAL_SECONDS = 30
CONVERGE_SECONDS = 60
# Until each agent has asked the others for their zones at rest: it does so every 15 s.
COMPARE_SECONDS = 120
# Rounds between two looks at whether all states are equal.
ROUNDS_PER_CHECK = 10


class Run:
    """One cluster from its first start to the last check."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.nodes = list(range(1, options.nodes + 1))
        self.directory = new_directory('pcf')
        self.begun = time.monotonic()
        self.findings = []
        self.failovers = []
        # The same where the leader was asked to stop, and hands over.
        self.handovers = []
        self.counts = collections.Counter()
        self.events = open(self.directory / 'events', 'w', encoding='utf-8', buffering=1)
        self.is_ended = threading.Event()

    def note(self, text):
        """A line of what happened, with both clocks."""
        self.events.write('{0:8.3f} {1} {2}\n'.format(
            time.monotonic() - self.begun, time.strftime('%H:%M:%S'), text))

    def find(self, text):
        """Something that must not be."""
        self.note('FOUND ' + text)
        self.findings.append(text)

    def set_up(self):
        """A cluster of members with a leader."""
        cluster = Cluster(self.options.program, self.nodes, self.directory, self.random)
        self.network, self.agents = cluster.network, cluster.agents
        self.guests, self.proxmox = cluster.guests, cluster.proxmox
        for agent in self.agents:
            agent.begun = self.begun
            agent.enroll()
            agent.start()
        threading.Thread(target=self._supervise, daemon=True).start()
        wait('the cluster forms', self._is_formed, START_SECONDS)
        self.note('the cluster is formed')
        self.trouble = Trouble(self.agents, self.network, self.random)
        self.clients = [Client(number, self.agents, self.options.seed)
                        for number in range(1, CLIENTS + 1)]
        for client in self.clients:
            client.start()

    def _supervise(self):
        while not self.is_ended.wait(RESTART_SECONDS):
            for agent in self.agents:
                agent.supervise()

    def _is_formed(self):
        answers = [agent.ask('GET', '/v1/cluster')[1] for agent in self.agents]
        wanted = 3 if len(self.nodes) < 5 else 5
        return all(answer['standing'] == 'member' and answer.get('leader')
                   and answer['quorum']['voters'] == min(wanted, len(self.nodes))
                   for answer in answers)

    def leader(self):
        """The agent that most believe to lead; None when nobody does."""
        votes = collections.Counter()
        for agent in self.agents:
            try:
                answer = agent.ask('GET', '/v1/cluster', timeout=1)[1]
                if answer.get('leader') and answer['quorum']['is_held']:
                    votes[answer['leader']['name']] += 1
            except Exception:  # it is down, and has no vote
                continue
        if not votes:
            return None
        name = votes.most_common(1)[0][0]
        return next(agent for agent in self.agents if 'pve{0}'.format(agent.node) == name)

    def operations(self):
        """What all clients did so far."""
        return list(itertools.chain.from_iterable(list(c.operations) for c in self.clients))

    def _first_done_after(self, moment):
        ends = [item.ended for client in self.clients for item in client.operations[-200:]
                if item.outcome == 'done' and item.begun > moment]
        return min(ends, default=None)

    def round(self, number, fault):
        """One fault, its end, and writes again."""
        # Mostly a fault befalls a cluster that is well, and else one that still mends.
        is_settled = False
        if self.random.random() < 0.7:
            is_settled = self._settles(number)
        leader = self.leader()
        self.counts[fault] += 1
        # An agent that is asked to stop answers until it does.
        begun = time.monotonic()
        is_leaders, keeps_quorum = self.trouble.begin(fault, leader)
        begun = begun if fault == 'restart' else time.monotonic()
        self.note('round {0}: {1} {2}'.format(number, fault, self.trouble.what))
        deadline = begun + self.random.uniform(1.0, 3.0)
        while time.monotonic() < deadline:
            self.guests.change(self.proxmox)
            time.sleep(0.2)
        if is_settled:
            self._expect_names(number)
        during = self._first_done_after(begun)
        healed = time.monotonic()
        self.trouble.end()
        self.note('round {0}: healed'.format(number))
        try:
            done = during or wait(
                'a write after {0}'.format(fault), lambda: self._first_done_after(healed),
                HEAL_SECONDS)
            if is_settled and is_leaders and keeps_quorum:
                times = self.handovers if fault == 'restart' else self.failovers
                times.append(done - begun)
                self.note('fail-over in {0:.3f} s'.format(done - begun))
        except TimeoutError as error:
            self.find('round {0}: {1}'.format(number, error))

    def _expect_names(self, number):
        """Names are served with quorum and without."""
        for agent in self.agents:
            if agent in self.trouble.dark:
                continue
            if cluster_dns.holds_zone(cluster_dns.ask(agent.node, 'example.com', 'SOA')):
                self.counts['names served'] += 1
            else:
                self.find('round {0}: no answer from node {1}'.format(number, agent.node))

    def _settles(self, number):
        try:
            wait('every node has a leader', self._is_formed, HEAL_SECONDS)
            return True
        except TimeoutError as error:
            self.find('before round {0}: {1}'.format(number, error))
            return False

    def check(self):
        """All states are equal, and hold what was acknowledged."""
        for client in self.clients:
            client.rest()
        begun = time.monotonic()
        try:
            states = wait('equal states', self._equal_states, CONVERGE_SECONDS)
            self.note('equal after {0:.1f} s at index {1}'.format(
                time.monotonic() - begun, states[0]['index']))
            self._judge(states[0])
        except TimeoutError as error:
            self.find('{0}: {1}'.format(error, self.difference))
        for client in self.clients:
            client.resume()

    def _equal_states(self):
        self.difference = 'an agent does not answer'
        states = []
        for agent in self.agents:
            try:
                states.append(cluster_checks.snapshot(agent))
            except Exception as error:
                self.difference = 'node {0} does not answer: {1!r}'.format(agent.node, error)
                return None
        if None in states:
            self.difference = 'the index still moves'
            return None
        for agent, state in zip(self.agents, states):
            for part in state:
                if state[part] != states[0][part]:
                    self.difference = '{0} of nodes 1 and {1} differ: {2} and {3}'.format(
                        part, agent.node, str(states[0][part])[:400], str(state[part])[:400])
                    if part not in ('index', 'leader', 'quorum') and \
                            state['index'] == states[0]['index']:
                        self.find('at one index: ' + self.difference)
                    return None
        missing = self.guests.missing(states[0]['zones'])
        if missing:
            self.difference = 'zones lack {0}'.format(missing)
            return None
        return states

    def _judge(self, state):
        operations = self.operations()
        for finding in (cluster_checks.lost_or_left(operations, state['claims'])
                        + cluster_checks.given_twice(operations)
                        + cluster_checks.out_of_order(operations)):
            if finding not in self.findings:
                self.find(finding)
        addresses = [(claim['subnet'], claim['address']) for claim in state['claims']]
        if len(set(addresses)) != len(addresses):
            self.find('an address is held twice in the end: {0}'.format(state['claims']))

    def _judge_ends(self):
        for agent in self.agents:
            for end in agent.ends:
                text = 'node {0} ended by itself at {1:.3f} with status {2}: {3}'.format(
                    agent.node, end.moment - self.begun, end.status, end.last_words)
                self.note(text + (' (full disk)' if end.was_full else ''))
                self.counts['ended on a full disk' if end.was_full else 'ended by itself'] += 1
                # A signal is a crash, on a full disk as well; and an operator must be told why.
                is_told = 'no space left' in end.last_words.lower()
                if not end.was_full or end.status < 0 or not is_told:
                    self.find(text)
        for text in self.trouble.findings:
            self.find(text)

    def faults(self):
        """The faults in order: each kind as often as any other, shuffled."""
        kinds = []
        while len(kinds) < self.options.rounds:
            kinds += self.random.sample(self.options.faults, len(self.options.faults))
        return kinds[:self.options.rounds]

    def carry_out(self):
        """All rounds."""
        for number, fault in enumerate(self.faults(), 1):
            self.round(number, fault)
            if number % ROUNDS_PER_CHECK == 0 and number < self.options.rounds:
                self.check()
        self.check()
        try:
            wait('equal zones by the agents\' own look', self._compared, COMPARE_SECONDS)
        except TimeoutError as error:
            self.find('{0}: {1}'.format(error, self.difference))

    def _compared(self):
        """Every agent has found that most have its zones. None may ever hold one back here."""
        is_done = True
        for agent in self.agents:
            try:
                metrics = agent.metrics()
            except OSError as error:
                self.difference = 'node {0} gives no metrics: {1!r}'.format(agent.node, error)
                return False
            names = ('pipam_zones', 'pipam_zones_confirmed', 'pipam_zones_withheld',
                     'pipam_zones_disputed')
            self.difference = 'node {0}: {1}'.format(
                agent.node, {name: metrics.get(name) for name in names})
            if metrics['pipam_zones_withheld'] or metrics['pipam_zones_disputed']:
                self.find('zones of equal states differ: ' + self.difference)
                return True
            if not metrics['pipam_zones_confirmed'] == metrics['pipam_zones'] > 0:
                is_done = False
                break
        return is_done

    def close(self):
        """Ends everything, and tells what came of it."""
        self.is_ended.set()
        for client in getattr(self, 'clients', []):
            client.is_ended = True
            for finding in client.findings:
                self.find(finding)
        for agent in getattr(self, 'agents', []):
            if agent.process:
                agent.kill()
        if hasattr(self, 'trouble'):
            self._judge_ends()
        operations = self.operations() if hasattr(self, 'clients') else []
        outcomes = collections.Counter(item.outcome for item in operations)
        reads = collections.Counter(
            read.outcome for client in getattr(self, 'clients', []) for read in client.reads)
        failovers, handovers = (sorted(round(seconds, 2) for seconds in times)
                                for times in (self.failovers, self.handovers))
        return {
            'nodes': self.options.nodes, 'rounds': self.options.rounds, 'seed': self.options.seed,
            'seconds': round(time.monotonic() - self.begun, 1), 'faults': dict(self.counts),
            'operations': dict(outcomes), 'reads': dict(reads),
            'guests_changed': self.guests.changes if hasattr(self, 'guests') else 0,
            'handovers': handovers,
            'failovers': {'count': len(failovers),
                          'median': failovers[len(failovers) // 2] if failovers else None,
                          'longest': failovers[-1] if failovers else None},
            'findings': self.findings[:50], 'directory': str(self.directory)}

    def keep_logs(self):
        """The log of each agent, with what the tmpfs below it would take along."""
        for agent in self.agents:
            subprocess.run(['cp', '-r', str(agent.state), str(agent.directory / 'kept')],
                           check=False)


def main():
    """Status 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', required=True)
    parser.add_argument('--nodes', type=int, default=3)
    parser.add_argument('--rounds', type=int, default=6)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument('--faults', default=','.join(FAULTS), type=lambda text: text.split(','))
    parser.add_argument('--keep', action='store_true', help='the logs also of a good run')
    options = parser.parse_args()
    run = Run(options)
    try:
        run.set_up()
        run.carry_out()
    except Exception as error:
        run.find(repr(error))
    figures = run.close()
    print(json.dumps(figures, indent=1), flush=True)
    if run.findings:
        run.keep_logs()
        print('seed {0}, logs in {1}'.format(options.seed, run.directory), file=sys.stderr)
    elif not options.keep:
        shutil.rmtree(run.directory, ignore_errors=True)
    sys.exit(1 if run.findings else 0)


main()
