"""Agents' network: one namespace per node, joined by a bridge, with nftables for partitions.

Everything is made inside of namespaces that whoever starts this has entered before (unshare --net
--mount --pid), so that nothing is left behind on the machine and nothing of it is touched.
"""

import os
import subprocess

HUB = '10.77.0.254'
NAMESPACES = '/run/netns'


def run(*words, text=None):
    """A program run to its end; its failure is ours."""
    done = subprocess.run(words, input=text, text=True, capture_output=True, timeout=20)
    if done.returncode != 0:
        raise RuntimeError('{0}: {1}'.format(' '.join(words), done.stderr.strip()))
    return done.stdout


def address(node):
    """Where a node is."""
    return '10.77.0.{0}'.format(node)


class Network:
    """The bridge with Proxmox's API at one end and a node at each other one."""

    def __init__(self, nodes):
        self.nodes = nodes
        os.makedirs(NAMESPACES, exist_ok=True)
        # Names of namespaces are the machine's otherwise, and two runs would meet.
        run('mount', '-t', 'tmpfs', 'tmpfs', NAMESPACES)
        run('ip', 'link', 'set', 'lo', 'up')
        run('ip', 'link', 'add', 'br0', 'type', 'bridge')
        run('ip', 'address', 'add', HUB + '/24', 'dev', 'br0')
        run('ip', 'link', 'set', 'br0', 'up')
        for node in nodes:
            self._join(node)

    def _join(self, node):
        name = 'n{0}'.format(node)
        run('ip', 'netns', 'add', name)
        run('ip', 'link', 'add', 'v{0}'.format(node), 'type', 'veth', 'peer', 'name', 'eth0',
            'netns', name)
        run('ip', 'link', 'set', 'v{0}'.format(node), 'master', 'br0', 'up')
        for words in (['address', 'add', address(node) + '/24', 'dev', 'eth0'],
                      ['link', 'set', 'lo', 'up'], ['link', 'set', 'eth0', 'up']):
            run('ip', '-n', name, *words)
        run(*self.inside(node), 'nft', '-f', '-', text=(
            'table inet faults {\n'
            '  set deaf { type ipv4_addr; }\n'
            '  chain input { type filter hook input priority 0; ip saddr @deaf drop; }\n'
            '}\n'))

    @staticmethod
    def inside(node):
        """What starts a program in a node's namespace."""
        return ['nsenter', '--net={0}/n{1}'.format(NAMESPACES, node), '--']

    def deafen(self, node, others):
        """The node hears nothing of these nodes from now on; they hear it."""
        elements = ', '.join(address(other) for other in others)
        run(*self.inside(node), 'nft', 'add element inet faults deaf {{ {0} }}'.format(elements))

    def part(self, one, other):
        """Neither side hears the other."""
        for node in one:
            self.deafen(node, other)
        for node in other:
            self.deafen(node, one)

    def unplug(self, node):
        """The node's cable, Proxmox's API included."""
        run('ip', 'link', 'set', 'v{0}'.format(node), 'down')

    def heal(self):
        """All of the above undone."""
        for node in self.nodes:
            run(*self.inside(node), 'nft', 'flush', 'set', 'inet', 'faults', 'deaf')
            run('ip', 'link', 'set', 'v{0}'.format(node), 'up')
