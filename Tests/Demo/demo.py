#!/usr/bin/env python3
"""The main job, shown: a Proxmox cluster of three nodes with an agent on each, a PowerDNS server,
and dig; then the agent that leads is killed.

Run by `make demo`. Everything listens on loopback; DEMO=keep leaves it running until Ctrl-C.
"""

import json
import os
import pathlib
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PIPAM = pathlib.Path(os.environ.get('PIPAM', ROOT / '.build/debug/pipam'))
PIPAMCTL = PIPAM.with_name('pipamctl')
PYTHON = ROOT / '.build/servers/bin/python'
ANSWER_DEADLINE = 30.0
NODES = ['pve1', 'pve2', 'pve3']
# What an operator has prepared at PowerDNS: the zones, and a record of his own.
ZONES = ['lab.example.', '0.10.in-addr.arpa.', '2.0.192.in-addr.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.']
PRINTER = {'name': 'printer.lab.example.', 'type': 'A', 'ttl': 300, 'changetype': 'REPLACE',
           'records': [{'content': '10.0.5.200'}]}
# Shorter than the defaults of 500 ms and 5 s, so that nobody has to wait; said in the output.
HEARTBEAT_MILLISECONDS = 100
ELECTION_MILLISECONDS = 1000

CONFIGURATION = """\
data_dir = "{directory}/{node}"

[cluster]
directory = "{directory}/shared"
listen = ["127.0.0.1:{peer_port}"]
node = "{node}"
heartbeat_interval = {heartbeat}
election_timeout = {election}

[proxmox]
url = "{url}"
user = "pipam"
realm = "pve"
token_id = "test"
token_uuid_file = "{directory}/token"
ca_file = "{authority}"

[nameserver]
listen = ["127.0.0.1:{port}"]

[mapping."lab.example"]
networks = [{{ cidr = "10.0.5.0/24" }}, {{ cidr = "2001:db8:5::/64" }}]
services = ["www"]
trusted_tags = ["web"]

[mapping."infra.lab.example"]
networks = [{{ cidr = "10.0.7.0/24" }}, {{ cidr = "192.0.2.0/24" }}]

[dns]
zones = ["lab.example."]
reverse_zones = ["10.0.0.0/16", "2001:db8::/32", "192.0.2.0/24"]

[dns.powerdns]
url = "{powerdns}"
api_key_file = "{directory}/powerdns-key"
delay = 1

[control]
socket = "{directory}/{node}.sock"

[metrics]
enabled = false
"""


def free_port():
    """A port that UDP and TCP can both have."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(('127.0.0.1', 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


def wait_until(what, look):
    """Looks until there is something; returns it and how long that took."""
    started = time.monotonic()
    while time.monotonic() - started < ANSWER_DEADLINE:
        if seen := look():
            return seen, time.monotonic() - started
        time.sleep(0.02)
    sys.exit('demo: {0}: not within {1:.0f} s'.format(what, ANSWER_DEADLINE))


# What is asked with dig.


def dig(port, *words):
    """The answer, or nothing where there is none."""
    command = ['dig', '@127.0.0.1', '-p', str(port), '+noall', '+answer', '+time=1', '+tries=1',
               *words]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout
    return '' if answer.startswith(';') else answer


def wait_for(port, *words):
    return wait_until('an answer to dig ' + ' '.join(words), lambda: dig(port, *words))


def show(port, *words):
    answer, _ = wait_for(port, *words)
    print('$ dig @127.0.0.1 -p {0} +noall +answer {1}'.format(port, ' '.join(words)))
    print(answer, flush=True)


# The servers around the agents.


class ProxmoxAPI:
    """Just enough of a client to create a container as an administrator would."""

    headers = {}

    def __init__(self, cluster):
        self.base = cluster['url'] + '/api2/json'
        self.context = ssl.create_default_context(cafile=cluster['authority'])
        session = self.post('/access/ticket', username='root@pam', password='secret')
        self.headers = {'Cookie': 'PVEAuthCookie=' + session['ticket'],
                        'CSRFPreventionToken': session['CSRFPreventionToken']}

    def post(self, path, **fields):
        request = urllib.request.Request(
            self.base + path, urllib.parse.urlencode(fields).encode(), self.headers)
        with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
            return json.load(answer)['data']

    def create_container(self, node, vmid, name, address):
        self.post('/nodes/{0}/lxc'.format(node), vmid=vmid, hostname=name, start=1,
                  rootfs='local-lvm:4', ostemplate='local:vztmpl/debian-13.tar.zst',
                  net0='name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:03:{0:02X},ip={1}/24,tag=5'.format(
                      vmid - 300, address))


class PowerDNS:
    """What an operator does there by hand."""

    def __init__(self, server):
        self.url = server['direct']
        self.key = server['key']
        self.port = server['dns_port']
        self.version = server['version']

    def call(self, method, path, body):
        request = urllib.request.Request(
            self.url + '/api/v1/servers/localhost/zones' + path, json.dumps(body).encode(),
            {'X-API-Key': self.key, 'Content-Type': 'application/json'}, method=method)
        urllib.request.urlopen(request, timeout=30).close()

    def prepare(self):
        for zone in ZONES:
            self.call('POST', '', {'name': zone, 'kind': 'Native',
                                   'nameservers': ['ns1.lab.example.']})
        self.call('PATCH', '/lab.example.', {'rrsets': [PRINTER]})


class Processes:
    """Everything that was started, to be stopped at the end."""

    def __init__(self):
        self.running = []

    def start(self, *command, **options):
        process = subprocess.Popen([str(word) for word in command], **options)
        self.running.append(process)
        return process

    def start_server(self, script, *words):
        """One of Tests/Servers; returns what it says of itself."""
        server = self.start(PYTHON, ROOT / 'Tests/Servers' / script, *words,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return json.loads(server.stdout.readline())

    def stop(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.running):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


class Node:
    """A Proxmox node with an agent on it."""

    def __init__(self, name, directory, processes):
        self.name = name
        self.directory = directory
        self.processes = processes
        self.port = free_port()
        self.configuration = directory / (name + '.toml')
        self.log = directory / (name + '.log')
        self.agent = None

    def configure(self, cluster, powerdns):
        self.configuration.touch(0o600)
        self.configuration.write_text(CONFIGURATION.format(
            directory=self.directory, node=self.name, url=cluster['url'],
            authority=cluster['authority'], port=self.port, peer_port=free_port(),
            powerdns=powerdns.url, heartbeat=HEARTBEAT_MILLISECONDS,
            election=ELECTION_MILLISECONDS))

    def run(self, verb):
        """Runs a verb of pipam that ends by itself."""
        print('{0}$ pipam {1}'.format(self.name, verb), flush=True)
        subprocess.run([PIPAM, verb, '--config', self.configuration], check=True, timeout=60)

    def start(self):
        print('{0}$ pipam run'.format(self.name), flush=True)
        with open(self.log, 'a', encoding='utf-8') as log:
            self.agent = self.processes.start(
                PIPAM, 'run', '--config', self.configuration, stderr=log)

    def kill(self):
        self.agent.kill()
        self.agent.wait()

    def stop(self):
        self.agent.send_signal(signal.SIGTERM)
        if self.agent.wait(timeout=15) != 0:
            sys.exit('demo: the agent of {0} ended with {1}'.format(
                self.name, self.agent.returncode))

    def call(self, *words):
        environment = dict(os.environ, PIPAM_SOCKET=str(self.directory / (self.name + '.sock')))
        return subprocess.run([PIPAMCTL, *words], env=environment, capture_output=True, text=True,
                              timeout=60)

    def control(self, *words):
        """Runs pipamctl and shows what it printed."""
        run = self.call(*words)
        print('{0}$ pipamctl {1}'.format(self.name, shlex.join(words)))
        print(run.stdout + run.stderr, flush=True)
        if run.returncode != 0:
            sys.exit('demo: pipamctl ended with {0}'.format(run.returncode))
        return run.stdout

    def ask(self, *words):
        """What pipamctl tells a script; nothing while the agent does not listen."""
        run = self.call(*words, '--json')
        return json.loads(run.stdout) if run.returncode == 0 else {}

    def role(self):
        return self.ask('cluster', 'status').get('role')

    def voters(self):
        members = self.ask('cluster', 'members').get('members', [])
        return sum(member['is_voter'] for member in members)

    def serials(self):
        return [dig(self.port, zone, 'SOA') for zone in ZONES]


def leader_of(nodes):
    leader, _ = wait_until(
        'a leader', lambda: next((node for node in nodes if node.role() == 'leader'), None))
    return leader


def wait_until_equal(nodes):
    """Until every node answers the same, serials and all."""
    wait_until('equal zones everywhere', lambda: all(
        all(node.serials()) and node.serials() == nodes[0].serials() for node in nodes))


def records(zone_file):
    """The lines of a zone that providers are told of, however they are aligned."""
    lines = (tuple(line.split()) for line in zone_file.splitlines() if line[:1] not in (';', ''))
    return {line for line in lines if line[3] in ('A', 'AAAA', 'CNAME', 'PTR')}


def compare_with_powerdns(node, powerdns):
    """All that a node says stands at PowerDNS too, where only the printer is somebody else's."""
    by_hand = set()
    for zone in ZONES:
        ours = records(node.call('zone', 'show', zone, '--zonefile').stdout)
        theirs = records(dig(powerdns.port, zone, 'AXFR'))
        if ours - theirs:
            sys.exit('demo: PowerDNS lacks {0}'.format(sorted(ours - theirs)))
        by_hand |= theirs - ours
    if {line[0] for line in by_hand} != {PRINTER['name']}:
        sys.exit('demo: PowerDNS has {0}'.format(sorted(by_hand)))
    print('All records of {0} zones are at both servers; only {1} is at PowerDNS alone.\n'.format(
        len(ZONES), PRINTER['name']), flush=True)


# The acts.


def start_agents(nodes):
    print('Three agents, one per node, with short timers: heartbeat {0} ms, election {1} s\n'.format(
        HEARTBEAT_MILLISECONDS, ELECTION_MILLISECONDS // 1000))
    (nodes[0].directory / 'shared').mkdir(0o700)
    for node in nodes:
        node.run('enroll')
        print()
    for node in nodes:
        node.start()
    print()
    # Each node brings its own guests; all of them are answered for everywhere.
    for node in nodes:
        for guest in ('web1.lab.example', 'web2.lab.example', 'db1.infra.lab.example'):
            wait_for(node.port, guest, 'A')
    wait_until('three voters', lambda: nodes[0].voters() == len(nodes))
    wait_until_equal(nodes)
    print(nodes[0].log.read_text())
    nodes[0].control('cluster', 'members')


def ask_for_names(nodes):
    first, second, third = nodes
    show(first.port, 'web1.lab.example', 'A')
    show(second.port, 'web1.lab.example', 'AAAA')
    show(third.port, '-x', '10.0.5.11')
    show(first.port, '-x', '2001:db8:7::53')
    show(second.port, 'www.lab.example', 'A')
    show(third.port, 'shop.lab.example', 'A')


def show_powerdns(node, powerdns):
    """First contact, approval, and both servers compared."""
    wait_until('a plan', lambda: 'create' in node.call('plan', 'show').stdout)
    print('PowerDNS {0} has the same zones; one has a record made by hand:\n'.format(
        powerdns.version))
    show(powerdns.port, 'lab.example', 'AXFR')
    node.control('plan', 'show', '--zone', 'lab.example.')
    node.control('plan', 'apply')
    show(powerdns.port, 'lab.example', 'AXFR')
    compare_with_powerdns(node, powerdns)


def create_container(api, node, vmid, name, address, nodes, powerdns):
    print('A container is created on {0} through the Proxmox API ...'.format(node.name), flush=True)
    domain = name + '.lab.example'
    started = time.monotonic()
    api.create_container(node.name, vmid, name, address)
    for other in nodes:
        answer, _ = wait_for(other.port, domain, 'A')
        print('... and {0} answered dig {1:.2f} s later'.format(
            other.name, time.monotonic() - started))
    wait_for(powerdns.port, domain, 'A')
    print('... and PowerDNS {0:.2f} s later:'.format(time.monotonic() - started))
    print(answer, flush=True)


def claim(node, key):
    node.control('address', 'claim', '10.0.5.0/24', '--key', key, '--range', '10.0.5.100-10.0.5.150')


def lose_the_leader(nodes, api, powerdns):
    """Returns who led."""
    leader = leader_of(nodes)
    left = [node for node in nodes if node is not leader]
    claim(left[0], 'bc:24:11:00:09:01')
    print('$ kill -9 {0}    # the agent of {1}, which leads'.format(leader.agent.pid, leader.name))
    leader.kill()
    killed = time.monotonic()
    for node in left:
        show(node.port, 'web1.lab.example', 'A')
    print('Both answered within {0:.2f} s of the kill. Addresses are claimed on:\n'.format(
        time.monotonic() - killed))
    claim(left[1], 'bc:24:11:00:09:02')
    print('The claim was there {0:.2f} s after the kill, which includes the election.\n'.format(
        time.monotonic() - killed))
    leader_of(left).control('cluster', 'status')
    create_container(api, left[0], 301, 'later', '10.0.5.98', left, powerdns)
    compare_with_powerdns(left[0], powerdns)
    return leader


def bring_back(lost, nodes):
    print('{0} comes back ...'.format(lost.name))
    started = time.monotonic()
    lost.start()
    answer, _ = wait_for(lost.port, 'later.lab.example', 'A')
    wait_until_equal(nodes)
    print('... and {0:.2f} s later answers like the others, at the same serials:'.format(
        time.monotonic() - started))
    print(answer)
    lost.control('address', 'list')
    lost.control('cluster', 'members')


def run(directory, processes):
    cluster = processes.start_server('fakepve_cluster.py', HERE / 'guests.json', '--nodes',
                                     len(NODES))
    powerdns = PowerDNS(processes.start_server('powerdns.py'))
    powerdns.prepare()
    for name, secret in (('token', cluster['secret']), ('powerdns-key', powerdns.key)):
        (directory / name).touch(0o600)
        (directory / name).write_text(secret)
    nodes = [Node(name, directory, processes) for name in NODES]
    for node in nodes:
        node.configure(cluster, powerdns)
    print('A Proxmox cluster of three nodes answers at {0}\n'.format(cluster['url']))
    nodes[0].run('output')
    start_agents(nodes)
    ask_for_names(nodes)
    show_powerdns(nodes[0], powerdns)
    api = ProxmoxAPI(cluster)
    create_container(api, nodes[1], 300, 'fresh', '10.0.5.99', nodes, powerdns)
    lost = lose_the_leader(nodes, api, powerdns)
    bring_back(lost, nodes)
    lost.control('status')

    if os.environ.get('DEMO') == 'keep':
        for node in nodes:
            print('{0}: dig @127.0.0.1 -p {1}; pipamctl --socket {2}/{0}.sock'.format(
                node.name, node.port, directory))
        print('Running; Ctrl-C ends it.', flush=True)
        try:
            nodes[0].agent.wait()
        except KeyboardInterrupt:
            pass
        return
    for node in nodes:
        node.stop()
    print('The agents stopped cleanly.')


def main():
    with tempfile.TemporaryDirectory(prefix='pipam-demo-') as name:
        directory = pathlib.Path(name)
        processes = Processes()
        try:
            run(directory, processes)
        except BaseException:
            for log in sorted(directory.glob('*.log')):
                sys.stderr.write('{0}:\n{1}'.format(log.name, log.read_text()))
            raise
        finally:
            processes.stop()


main()
