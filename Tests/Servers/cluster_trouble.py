"""What befalls nodes: one fault at a time, and its end."""

import signal


class Trouble:
    """Chooses whom a fault befalls, and heals it."""

    def __init__(self, agents, network, chance):
        self.agents = agents
        self.network = network
        self.random = chance
        self.what = ''
        self.findings = []
        self.healing = lambda: None

    def begin(self, fault, leader):
        """Starts a fault. Returns whether it took the leader away, and left a majority."""
        return getattr(self, '_' + fault)(leader)

    def end(self):
        """Undoes it."""
        self.healing()
        self.healing = lambda: None

    def _victims(self, leader, limit=None):
        """One node or more, up to a minority, the leader among them as often as not; sometimes
        one more than a minority."""
        minority = (len(self.agents) - 1) // 2
        count = self.random.randint(1, minority)
        if self.random.random() < 0.2:
            count = minority + 1
        victims = self.random.sample(self.agents, min(count, limit or count))
        if leader and leader not in victims and self.random.random() < 0.5:
            victims[0] = leader
        self.what = ' '.join(
            'node {0}{1}'.format(agent.node, ' (leader)' if agent is leader else '')
            for agent in victims)
        return victims, leader in victims, len(victims) <= minority

    def _kill(self, leader):
        victims, *result = self._victims(leader)
        for agent in victims:
            agent.kill()
        self.healing = lambda: [agent.start() for agent in victims]
        return result

    def _freeze(self, leader):
        victims, *result = self._victims(leader)
        for agent in victims:
            agent.signal(signal.SIGSTOP)
        self.healing = lambda: [agent.signal(signal.SIGCONT) for agent in victims]
        return result

    def _restart(self, leader):
        victims, _, keeps_quorum = self._victims(leader)
        for agent in victims:
            status = agent.stop()
            if status != 0:
                self.findings.append('node {0} stopped with {1}'.format(agent.node, status))
        self.healing = lambda: [agent.start() for agent in victims]
        # It hands over before it goes: no fail-over to be measured.
        return False, keeps_quorum

    def _partition(self, leader):
        victims, *result = self._victims(leader)
        inside = [agent.node for agent in victims]
        self.network.part(
            inside, [agent.node for agent in self.agents if agent.node not in inside])
        self.healing = self.network.heal
        return result

    def _alone(self, leader):
        """Whoever leads hears nobody, and nobody hears it."""
        victim = leader or self.random.choice(self.agents)
        self.what = 'node {0}'.format(victim.node)
        self.network.part(
            [victim.node], [agent.node for agent in self.agents if agent is not victim])
        self.healing = self.network.heal
        return leader is not None, True

    def _oneway(self, leader):
        """A node hears nothing, or is not heard."""
        (victim, *_), took_leader, _ = self._victims(leader, limit=1)
        others = [agent.node for agent in self.agents if agent is not victim]
        if self.random.random() < 0.5:
            self.what += ' hears nothing'
            self.network.deafen(victim.node, others)
        else:
            self.what += ' is not heard'
            for node in others:
                self.network.deafen(node, [victim.node])
        self.healing = self.network.heal
        return took_leader, True

    def _unplug(self, leader):
        victims, *result = self._victims(leader)
        for agent in victims:
            self.network.unplug(agent.node)
        self.healing = self.network.heal
        return result

    def _disk(self, leader):
        """No room on the disk, not for the log either; every other time from before a start."""
        (victim, *_), took_leader, _ = self._victims(leader, limit=1)
        is_restarted = self.random.random() < 0.5
        if is_restarted:
            victim.kill()
        victim.fill()
        if is_restarted:
            self.what += ' started on a full disk'
            victim.start()
        self.healing = victim.free
        return took_leader, True


FAULTS = ('kill', 'freeze', 'partition', 'alone', 'oneway', 'unplug', 'disk', 'restart')
