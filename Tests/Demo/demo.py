#!/usr/bin/env python3
"""The main job, shown: a Proxmox cluster of three nodes, one agent, a PowerDNS server, and dig.

Run by `make demo`. Everything listens on loopback; DEMO=keep leaves it running until Ctrl-C.
"""

import json
import os
import pathlib
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
# What an operator has prepared at PowerDNS: the zones, and a record of his own.
ZONES = ['lab.example.', '0.10.in-addr.arpa.', '2.0.192.in-addr.arpa.', '8.b.d.0.1.0.0.2.ip6.arpa.']
PRINTER = {'name': 'printer.lab.example.', 'type': 'A', 'ttl': 300, 'changetype': 'REPLACE',
           'records': [{'content': '10.0.5.200'}]}

CONFIGURATION = """\
data_dir = "{directory}/state"

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
socket = "{directory}/control.sock"

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


class ProxmoxAPI:
    """Just enough of a client to create a container as an administrator would."""

    def __init__(self, cluster):
        self.base = cluster['url'] + '/api2/json'
        self.context = ssl.create_default_context(cafile=cluster['authority'])
        session = self.post('/access/ticket', username='root@pam', password='secret')
        self.headers = {'Cookie': 'PVEAuthCookie=' + session['ticket'],
                        'CSRFPreventionToken': session['CSRFPreventionToken']}

    headers = {}

    def post(self, path, **fields):
        request = urllib.request.Request(
            self.base + path, urllib.parse.urlencode(fields).encode(), self.headers)
        with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
            return json.load(answer)['data']


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


class Demo:
    def __init__(self, directory):
        self.directory = directory
        self.processes = []
        self.port = free_port()

    def start(self, *command, **options):
        process = subprocess.Popen([str(word) for word in command], **options)
        self.processes.append(process)
        return process

    def start_cluster(self):
        server = self.start(
            PYTHON, ROOT / 'Tests/Servers/fakepve_cluster.py', HERE / 'guests.json', '--nodes', 3,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return json.loads(server.stdout.readline())

    def start_powerdns(self):
        server = self.start(
            PYTHON, ROOT / 'Tests/Servers/powerdns.py', stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        return PowerDNS(json.loads(server.stdout.readline()))

    def keep_secret(self, name, secret):
        path = self.directory / name
        path.touch(0o600)
        path.write_text(secret)

    def configure(self, cluster, powerdns):
        self.keep_secret('token', cluster['secret'])
        self.keep_secret('powerdns-key', powerdns.key)
        path = self.directory / 'config.toml'
        path.write_text(CONFIGURATION.format(
            directory=self.directory, url=cluster['url'], authority=cluster['authority'],
            port=self.port, powerdns=powerdns.url))
        return path

    def dig(self, *words, port=None):
        command = ['dig', '@127.0.0.1', '-p', str(port or self.port), '+noall', '+answer', '+time=1',
                   '+tries=1', *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout

    def wait_for(self, *words, port=None):
        """Asks until there is an answer; returns it and how long that took."""
        started = time.monotonic()
        while time.monotonic() - started < ANSWER_DEADLINE:
            if answer := self.dig(*words, port=port):
                if not answer.startswith(';'):
                    return answer, time.monotonic() - started
            time.sleep(0.02)
        sys.exit('demo: no answer to dig {0} within {1:.0f} s'.format(
            ' '.join(words), ANSWER_DEADLINE))

    def show(self, *words, port=None):
        answer, _ = self.wait_for(*words, port=port)
        print('$ dig @127.0.0.1 -p {0} +noall +answer {1}'.format(
            port or self.port, ' '.join(words)))
        print(answer, flush=True)

    def control(self, *words, shown=True):
        """Runs pipamctl and returns what it printed."""
        environment = dict(os.environ, PIPAM_SOCKET=str(self.directory / 'control.sock'))
        run = subprocess.run([PIPAMCTL, *words], env=environment, capture_output=True, text=True,
                             timeout=60, check=True)
        if shown:
            print('$ pipamctl ' + ' '.join(words))
            print(run.stdout, flush=True)
        return run.stdout

    def wait_for_plan(self):
        """Until the guests are known to PowerDNS's plan too."""
        end = time.monotonic() + ANSWER_DEADLINE
        while 'create' not in self.control('plan', 'show', shown=False):
            if time.monotonic() > end:
                sys.exit('demo: no plan within {0:.0f} s'.format(ANSWER_DEADLINE))
            time.sleep(0.1)

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def records(zone_file):
    """The lines of a zone that providers are told of, however they are aligned."""
    lines = (tuple(line.split()) for line in zone_file.splitlines() if line[:1] not in (';', ''))
    return {line for line in lines if line[3] in ('A', 'AAAA', 'CNAME', 'PTR')}


def show_powerdns(demo, powerdns):
    """First contact, approval, and both servers compared."""
    demo.wait_for_plan()
    print('PowerDNS {0} has the same zones; one has a record made by hand:\n'.format(
        powerdns.version))
    demo.show('lab.example', 'AXFR', port=powerdns.port)
    demo.control('plan', 'show', '--zone', 'lab.example.')
    demo.control('plan', 'apply')
    demo.show('lab.example', 'AXFR', port=powerdns.port)
    by_hand = set()
    for zone in ZONES:
        ours = records(demo.control('zone', 'show', zone, '--zonefile', shown=False))
        theirs = records(demo.dig(zone, 'AXFR', port=powerdns.port))
        if ours - theirs:
            sys.exit('demo: PowerDNS lacks {0}'.format(sorted(ours - theirs)))
        by_hand |= theirs - ours
    if {line[0] for line in by_hand} != {PRINTER['name']}:
        sys.exit('demo: PowerDNS has {0}'.format(sorted(by_hand)))
    print('All records of {0} zones are at both servers; only {1} is at PowerDNS alone.\n'.format(
        len(ZONES), PRINTER['name']), flush=True)


def run(demo):
    cluster = demo.start_cluster()
    powerdns = demo.start_powerdns()
    powerdns.prepare()
    configuration = demo.configure(cluster, powerdns)
    print('A Proxmox cluster of three nodes answers at {0}\n'.format(cluster['url']))
    print('$ pipam output', flush=True)
    subprocess.run([PIPAM, 'output', '--config', configuration], check=True, timeout=60)
    print('$ pipam run', flush=True)
    with open(demo.directory / 'agent.log', 'w', encoding='utf-8') as log:
        agent = demo.start(PIPAM, 'run', '--config', configuration, stderr=log)
    demo.wait_for('web1.lab.example', 'A')
    print((demo.directory / 'agent.log').read_text())
    demo.show('web1.lab.example', 'A')
    demo.show('web1.lab.example', 'AAAA')
    demo.show('-x', '10.0.5.11')
    demo.show('-x', '2001:db8:7::53')
    demo.show('www.lab.example', 'A')
    demo.show('shop.lab.example', 'A')
    show_powerdns(demo, powerdns)

    print('One more container is created through the Proxmox API ...', flush=True)
    api = ProxmoxAPI(cluster)
    started = time.monotonic()
    api.post('/nodes/pve2/lxc', vmid=300, hostname='fresh', start=1, rootfs='local-lvm:4',
             ostemplate='local:vztmpl/debian-13.tar.zst',
             net0='name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:03:00,ip=10.0.5.99/24,tag=5')
    answer, _ = demo.wait_for('fresh.lab.example', 'A')
    print('... and dig answered {0:.2f} s later:'.format(time.monotonic() - started))
    print(answer)
    answer, _ = demo.wait_for('fresh.lab.example', 'A', port=powerdns.port)
    print('... and PowerDNS {0:.2f} s later:'.format(time.monotonic() - started))
    print(answer)
    demo.control('status')

    if os.environ.get('DEMO') == 'keep':
        print('Running; dig @127.0.0.1 -p {0}; Ctrl-C ends it.'.format(demo.port), flush=True)
        try:
            agent.wait()
        except KeyboardInterrupt:
            pass
        return
    agent.send_signal(signal.SIGTERM)
    if agent.wait(timeout=15) != 0:
        sys.exit('demo: the agent ended with {0}'.format(agent.returncode))
    print('The agent stopped cleanly.')


def main():
    with tempfile.TemporaryDirectory(prefix='pipam-demo-') as directory:
        demo = Demo(pathlib.Path(directory))
        try:
            run(demo)
        except BaseException:
            log = demo.directory / 'agent.log'
            if log.exists():
                sys.stderr.write(log.read_text())
            raise
        finally:
            demo.stop()


main()
