"""Guests that change while their cluster does."""

import json
import pathlib
import subprocess
import sys

import cluster_network

GUESTS_PER_NODE = 5


class Proxmox:
    """fakepve_cluster.py, where all nodes reach it."""

    def __init__(self, file, guests, nodes):
        file.write_text(json.dumps({'guests': guests.all()}))
        self.process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).parent / 'fakepve_cluster.py'), str(file),
             '--nodes', str(nodes), '--host', cluster_network.HUB],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def command(self, **fields):
        """One of its commands."""
        self.process.stdin.write(json.dumps(fields) + '\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not answer['ok']:
            raise RuntimeError('{0}: {1}'.format(fields, answer['error']))


class Guests:
    """Containers with addresses that nobody claims."""

    def __init__(self, nodes, chance):
        self.random = chance
        self.changes = 0
        # The container's number and its address's last two parts.
        self.numbers = {100 * node + n: (node, n + 1) for node in nodes
                        for n in range(GUESTS_PER_NODE)}
        self.nodes = {vmid: 'pve{0}'.format(place[0]) for vmid, place in self.numbers.items()}

    def _config(self, vmid):
        high, low = self.numbers[vmid]
        return {'net0': 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:{0:02X}:{1:02X},'
                        'ip=10.0.{2}.{3}/16'.format(vmid >> 8, vmid & 255, high, low)}

    def all(self):
        """As the guests file has them."""
        return [{'vmid': vmid, 'type': 'lxc', 'name': 'app{0}'.format(vmid), 'node': node,
                 'status': 'running', 'config': self._config(vmid)}
                for vmid, node in self.nodes.items()]

    def change(self, proxmox):
        """Another address for one of them."""
        vmid = self.random.choice(sorted(self.numbers))
        self.changes += 1
        self.numbers[vmid] = (10 + self.changes // 250 % 240, 1 + self.changes % 250)
        proxmox.command(do='set', vmid=vmid, config=self._config(vmid))

    def missing(self, zones):
        """Guests whose address is not the one in the zone."""
        text = zones.get('example.com.') or zones.get('example.com') or ''
        found = set()
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 4 and words[-2] == 'A':
                found.add((words[0].split('.')[0], words[-1]))
        return ['app{0} {1}'.format(vmid, '10.0.{0}.{1}'.format(*place))
                for vmid, place in self.numbers.items()
                if ('app{0}'.format(vmid), '10.0.{0}.{1}'.format(*place)) not in found]
