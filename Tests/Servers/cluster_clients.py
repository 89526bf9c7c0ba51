"""Clients that claim, confirm and release addresses on nodes that die, and what they were told."""

import http.client
import random
import threading
import time

from cluster_agents import NotSent

SUBNETS = ('10.200.1.0/24', '10.200.2.0/24', '10.200.4.0/23')
# Of those that a client has at a time; the subnets have room for those of all clients.
KEYS_HELD = 20


class Operation:
    """One request and its outcome: done, refused, conflict or unknown."""

    def __init__(self, kind, key, subnet, node):
        self.kind, self.key, self.subnet, self.node = kind, key, subnet, node
        self.begun = time.monotonic()
        self.ended = None
        self.outcome = None
        self.answer = None

    def end(self, outcome, answer=None):
        """What came of it."""
        self.ended, self.outcome, self.answer = time.monotonic(), outcome, answer

    def __str__(self):
        return '{0} {1} in {2} at node {3}: {4} {5} ({6:.3f}...{7:.3f})'.format(
            self.kind, self.key, self.subnet, self.node, self.outcome, self.answer, self.begun,
            self.ended)


def carry_out(agent, kind, key, subnet, body):
    """Asks one agent, and tells what is known of the outcome."""
    operation = Operation(kind, key, subnet, agent.node)
    try:
        status, answer = agent.ask(
            'POST', '/v1/addresses/' + kind, {'subnet': subnet, 'key': key, **body})
    except NotSent as error:
        operation.end('refused', str(error))
    except (OSError, ValueError, http.client.HTTPException) as error:
        operation.end('unknown', repr(error))
    else:
        outcomes = {200: 'done', 409: 'conflict', 503: 'refused', 504: 'unknown'}
        operation.end(outcomes.get(status, 'wrong status {0}'.format(status)), answer)
    return operation


class Client(threading.Thread):
    """One client: its keys are nobody else's, and it does one thing at a time."""

    def __init__(self, number, agents, seed):
        super().__init__(name='client{0}'.format(number), daemon=True)
        self.number = number
        self.agents = agents
        self.random = random.Random('{0}/{1}'.format(seed, number))
        self.operations = []
        self.reads = []
        self.findings = []
        self.held = {}
        self.unsettled = None
        self.made = 0
        self.may_run = threading.Event()
        self.may_run.set()
        self.is_resting = threading.Event()
        self.is_ended = False

    def run(self):
        while not self.is_ended:
            if not self.may_run.is_set():
                self.is_resting.set()
                self.may_run.wait()
                self.is_resting.clear()
            try:
                self._step()
            except Exception as error:  # a client that dies unseen proves nothing
                self.findings.append('{0} died: {1!r}'.format(self.name, error))
                return
            time.sleep(self.random.uniform(0.005, 0.05))

    def rest(self):
        """Ends what it does, and does nothing until it is told to go on."""
        self.is_resting.clear()
        self.may_run.clear()
        if not self.is_resting.wait(60) and self.is_alive():
            self.findings.append('{0} did not come to rest'.format(self.name))

    def resume(self):
        """Goes on."""
        self.may_run.set()

    def _step(self):
        agent = self.random.choice(self.agents)
        if self.unsettled:
            # Whoever does not know asks again until it does.
            self._do(agent, *self.unsettled)
        elif self.held and self.random.random() < 0.15:
            self._read(agent)
        elif len(self.held) < KEYS_HELD and self.random.random() < 0.5 or not self.held:
            self.made += 1
            key = 'c{0}-{1}'.format(self.number, self.made)
            strategy = self.random.choice(['sequential', 'random'])
            self._do(agent, 'claim', key, self.random.choice(SUBNETS), {'strategy': strategy})
        else:
            key, (subnet, _) = self.random.choice(sorted(self.held.items()))
            kind = self.random.choice(['claim', 'confirm', 'confirm', 'release', 'release'])
            self._do(agent, kind, key, subnet, {'strategy': 'random'} if kind == 'claim' else {})

    def _do(self, agent, kind, key, subnet, body):
        operation = carry_out(agent, kind, key, subnet, body)
        self.operations.append(operation)
        if operation.outcome == 'unknown':
            self.unsettled = (kind, key, subnet, body)
        elif operation.outcome != 'refused':
            self.unsettled = None
        if operation.outcome == 'conflict':
            self._judge_conflict(operation)
        elif operation.outcome == 'done':
            self._take(operation)
        elif operation.outcome not in ('refused', 'unknown'):
            self.findings.append('no such answer is known: {0}'.format(operation))

    def _take(self, operation):
        key = operation.key
        if operation.kind == 'release':
            self.held.pop(key, None)
            return
        claim = operation.answer['claim']
        known = self.held.get(key)
        if known and known[1] != (claim['address'], claim['fence']):
            self.findings.append('another address than {0}: {1}'.format(known[1], operation))
        self.held[key] = (operation.subnet, (claim['address'], claim['fence']))

    def _judge_conflict(self, operation):
        # The subnets are larger than what all hold, and a key that holds an address keeps it.
        self.findings.append('there is no such conflict: {0}'.format(operation))

    def _read(self, agent):
        """A linearizable read sees all that was acknowledged before it began."""
        subnet = self.random.choice(SUBNETS)
        read = Operation('list', None, subnet, agent.node)
        try:
            status, answer = agent.ask('GET', '/v1/addresses?subnet=' + subnet.replace('/', '%2F'))
        except (OSError, ValueError, http.client.HTTPException, NotSent) as error:
            read.end('unknown', repr(error))
        else:
            read.end('done' if status == 200 else 'refused', None)
            if status == 200:
                self._judge_read(read, answer['claims'])
        self.reads.append(read)

    def _judge_read(self, read, claims):
        mine = {claim['key']: (claim['address'], claim['fence']) for claim in claims
                if claim['key'].startswith('c{0}-'.format(self.number))}
        for key, (subnet, grant) in self.held.items():
            if subnet == read.subnet and mine.get(key) != grant:
                self.findings.append('a stale read, without {0} {1} but with {2}: {3}'.format(
                    key, grant, mine.get(key), read))
        addresses = [claim['address'] for claim in claims]
        if len(set(addresses)) != len(addresses):
            self.findings.append('an address is given twice: {0} {1}'.format(read, claims))
