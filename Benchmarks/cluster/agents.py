"""Three whole agents: fail-over, the way of a change to every node's answers, and rest."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import common

NODES = 3
FAILOVERS = 9
CHANGES = 300
REST_SECONDS = 60
CALM_SECONDS = 45
FEW_GUESTS = 30
MANY_GUESTS = 1000
# In milliseconds; a tenth and a fifth of the agent's own, so that a round takes no minute.
SHORT_TIMERS = (100, 1000)

CONFIGURATION = """\
data_dir = "{directory}/state"
[proxmox]
url = "{url}"
token_id = "{token}"
fingerprint = "{fingerprint}"
[cluster]
directory = "{shared}"
node = "pve{number}"
listen = ["127.0.0.1:{peer_port}"]
{timers}
[nameserver]
listen = ["127.0.0.1:{dns_port}"]
[control]
socket = "{directory}/s"
[metrics]
enabled = false
[brake]
count = 1000000
percent = 100
[mapping."lab.example"]
networks = ["10.20.0.0/16"]
[dns]
reverse_zones = ["10.20.0.0/16"]
"""


class LocalConnection(http.client.HTTPConnection):
    """To an agent's control socket."""

    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def address(number, generation=0):
    return '10.20.{0}.{1}'.format(number // 250 + 4 * generation, number % 250 + 1)


def network(number, generation=0):
    return 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:{0:02X}:{1:02X},ip={2}/16'.format(
        number >> 8, number & 255, address(number, generation))


def guest(number):
    """Half virtual machines with agent, half containers; a third on each node."""
    common_part = {'vmid': 1000 + number, 'name': 'g{0}'.format(number),
                   'node': 'pve{0}'.format(number % NODES + 1), 'status': 'running'}
    if number % 2:
        return dict(common_part, type='lxc', config={'net0': network(number)})
    mac = 'BC:24:11:00:{0:02X}:{1:02X}'.format(number >> 8, number & 255)
    return dict(common_part, config={
        'agent': '1', 'net0': 'virtio={0},bridge=vmbr0'.format(mac)}, agent={
            'get-host-name': {'host-name': 'g{0}'.format(number)}, 'interfaces': [
                {'name': 'eth0', 'hardware-address': mac.lower(), 'ip-addresses': [
                    {'ip-address': address(number), 'ip-address-type': 'ipv4', 'prefix': 16}]}]})


class Agents:
    """Three agents over one fake Proxmox."""

    def __init__(self, directory, guests, timers=None):
        directory.mkdir()
        self.directory, self.guests = directory, guests
        (directory / 'shared').mkdir(mode=0o700)
        path = directory / 'guests.json'
        path.write_text(json.dumps({'guests': [guest(number) for number in range(guests)]}))
        self.proxmox = subprocess.Popen(
            [common.PYTHON, common.ROOT / 'Tests/Servers/fakepve_cluster.py', path, '--nodes',
             str(NODES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = json.loads(self.proxmox.stdout.readline())
        self.timers = timers
        self.dns_ports = []
        self.environment = dict(os.environ, PIPAM_PROXMOX_TOKEN_UUID=self.facts['secret'])
        self.processes = {}

    def join(self):
        """One after the other; returns when all answer for all guests."""
        ports = common.free_ports(2 * NODES)
        self.dns_ports = ports[NODES:]
        text = '' if self.timers is None else (
            'heartbeat_interval = {0}\nelection_timeout = {1}'.format(*self.timers))
        for number in range(NODES):
            self.configure(number, ports[number], text)
            self.call('enroll', number)
            self.start(number)
            common.wait_for(lambda: self.status(number).get('leader'), 'an agent in the cluster')
        self.wait_for_all()

    def folder(self, number):
        return self.directory / 'n{0}'.format(number)

    def configure(self, number, peer_port, timers):
        folder = self.folder(number)
        folder.mkdir()
        path = folder / 'config.toml'
        path.touch(0o600)
        path.write_text(CONFIGURATION.format(
            directory=folder, shared=self.directory / 'shared', number=number + 1, timers=timers,
            peer_port=peer_port, dns_port=self.dns_ports[number], **self.facts))

    def words(self, verb, number):
        return [common.PIPAM, verb, '--config', self.folder(number) / 'config.toml']

    def call(self, verb, number):
        subprocess.run(self.words(verb, number), env=self.environment, check=True, timeout=60,
                       capture_output=True)

    def start(self, number):
        with open(self.folder(number) / 'log', 'ab') as log:
            self.processes[number] = subprocess.Popen(
                self.words('run', number), env=self.environment, stdout=log, stderr=log)

    def command(self, **command):
        self.proxmox.stdin.write(json.dumps(command) + '\n')
        self.proxmox.stdin.flush()
        return json.loads(self.proxmox.stdout.readline())

    def ask(self, number, method, path, body=None, timeout=60):
        """The answer; nothing if there is none, or a refusal."""
        connection = LocalConnection(self.folder(number) / 's', timeout)
        try:
            connection.request(method, path, json.dumps(body) if body else None,
                               {'Content-Type': 'application/json'} if body else {})
            answer = connection.getresponse()
            text = answer.read()
            return json.loads(text) if answer.status == 200 else {}
        except (OSError, http.client.HTTPException):
            return {}
        finally:
            connection.close()

    def status(self, number):
        return self.ask(number, 'GET', '/v1/cluster')

    def leader(self):
        """The one that all name."""
        names = [self.status(number).get('leader', {}).get('name') for number in range(NODES)]
        same = names[0] if len(set(names)) == 1 else None
        return [int(same.removeprefix('pve')) - 1] if same else None

    def is_settled(self):
        """All vote and have applied the same."""
        statuses = [self.status(number) for number in range(NODES)]
        return (len({item.get('applied_index') for item in statuses}) == 1 and self.leader()
                and all(item.get('role') in ('leader', 'follower') for item in statuses))

    def answers(self, number, name):
        """The address that a node's answer to dig's question carries; the question is written by
        hand, since dig takes longer to start than this takes."""
        query = b'\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00' + b''.join(
            bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0\0\x01\0\x01'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            client.connect(('127.0.0.1', self.dns_ports[number]))
            try:
                client.send(query)
                reply = client.recv(4096)
            except OSError:
                return None
        if reply[3] & 15 or reply[6:8] == b'\0\0':
            return None
        # A name in two octets, then type, class, TTL, length.
        return socket.inet_ntoa(reply[len(query) + 12:len(query) + 16])

    def wait_for_all(self):
        names = [(number, 'g{0}.lab.example'.format(item))
                 for number in range(NODES) for item in range(self.guests)]
        common.wait_for(lambda: all(self.answers(*pair) for pair in names), 'all names', 0.5)
        common.wait_for(self.is_settled, 'equal nodes')

    def close(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(timeout=60)
        self.proxmox.stdin.close()
        self.proxmox.wait(timeout=30)


def failover(agents):
    """Seconds from the kill of the leader to the next claim that another agent acknowledges."""
    times = []
    for attempt in range(FAILOVERS):
        common.wait_for(agents.is_settled, 'equal nodes')
        leader = agents.leader()[0]
        other = (leader + 1 + attempt % 2) % NODES
        claim = {'subnet': '10.9.0.0/24', 'key': 'failover-{0}'.format(attempt)}
        agents.processes[leader].kill()
        started = time.monotonic()
        common.wait_for(
            lambda: agents.ask(other, 'POST', '/v1/addresses/claim', claim).get('claim'),
            'a claim without the leader', 0.01)
        times.append(time.monotonic() - started)
        agents.processes[leader].wait()
        agents.start(leader)
    common.wait_for(agents.is_settled, 'equal nodes')
    return times


def change_to_answer(agents):
    """Seconds from a container's new address in Proxmox, with its node told to collect, until every
    node answers with it."""
    times = []
    containers = [number for number in range(agents.guests) if number % 2]
    for attempt in range(CHANGES):
        number = containers[attempt % len(containers)]
        generation = attempt // len(containers) + 1
        name = 'g{0}.lab.example'.format(number)
        agents.command(do='set', vmid=1000 + number,
                       config={'net0': network(number, generation)})
        started = time.monotonic()
        agents.ask(number % NODES, 'POST', '/v1/collect')
        for node in range(NODES):
            common.wait_for(
                lambda: agents.answers(node, name) == address(number, generation),
                'the new address of {0}'.format(name), 0.001)
        times.append(time.monotonic() - started)
    return times


def cpu_seconds(pid):
    """On a processor, from the scheduler, over all threads."""
    tasks = pathlib.Path('/proc/{0}/task'.format(pid)).iterdir()
    return sum(int((task / 'schedstat').read_text().split()[0]) for task in tasks) / 1e9


def memory(pid, key):
    for line in pathlib.Path('/proc/{0}/smaps_rollup'.format(pid)).read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def rest(agents):
    """RSS and PSS in MB, and the share of a processor in percent, of the node that takes most."""
    time.sleep(CALM_SECONDS)
    pids = [process.pid for process in agents.processes.values()]
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(REST_SECONDS)
    shares = [100 * (cpu_seconds(pid) - start) / REST_SECONDS for pid, start in zip(pids, before)]
    return (max(memory(pid, 'Rss:') for pid in pids), max(memory(pid, 'Pss:') for pid in pids),
            max(shares))


def measure_few(directory):
    agents = Agents(directory / 'few', FEW_GUESTS, SHORT_TIMERS)
    try:
        agents.join()
        changes = [1000 * seconds for seconds in change_to_answer(agents)]
        takeovers = [seconds * 1000 / SHORT_TIMERS[1] for seconds in failover(agents)]
    finally:
        agents.close()
    common.show('election_timeout_ms', SHORT_TIMERS[1], 0)
    common.show('heartbeat_ms', SHORT_TIMERS[0], 0)
    common.show('failover_longest_in_election_timeouts', max(takeovers))
    return {'change_to_dig_p50_ms': common.quantile(changes, 0.5),
            'change_to_dig_p99_ms': common.quantile(changes, 0.99),
            'failover_in_election_timeouts': common.median(takeovers)}


def measure_rest(directory):
    agents = Agents(directory / 'many', MANY_GUESTS)
    try:
        agents.join()
        rss, pss, share = rest(agents)
    finally:
        agents.close()
    common.show('agent_idle_pss_mb', pss, 1)
    return {'agent_idle_rss_mb': rss, 'agent_idle_cpu_percent': share}
