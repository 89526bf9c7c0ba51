#!/usr/bin/env python3
"""One cluster of agents built with etcd 3.4 (Debian 12) and with etcd 3.5 (Debian 13).

    mixed_cluster.py --old '.build/debug/pipam' --new 'chroot /srv/trixie /usr/bin/pipam'

Both are commands, split at spaces, that become `pipam`; each has to see the directory given by
--directory (default /dev/shm) and loopback as this script does. The script says with which etcd
each was built, and refuses two of the same. It shows, and ends with 1 where it is not so:

    join        an agent of either kind joins under a leader of the other kind
    lead        either kind leads; every agent's claims are granted
    snapshot    a follower of either kind that lagged, and one that is new, are brought up by a
                snapshot of a leader of the other kind
    remove      a leader of either kind takes out a member of the other kind
    upgrade     3.5 goes on with the log directory of 3.4, also after kill -9
    downgrade   3.4 goes on with a log directory that 3.5 wrote to, and with one that 3.5 made

and that all agents hold the same claims and zones at the end. It takes some minutes: snapshots are
made after 10,000 entries. `make mixed-test` runs it; docs/UPGRADING.md has what it found.
"""

import argparse
import concurrent.futures
import http.client
import itertools
import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from children import free_port

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = HERE.parents[1] / '.build/servers/bin/python'
NODES = 6
GUESTS = 20
CLIENTS = 16
# More than HostSettings.snapshotEntries and keptEntries: what was there before is gone afterwards.
ENTRIES = 16_000
# Far below the defaults of 500 ms and 5 s, and above what a loaded machine needs.
HEARTBEAT_MILLISECONDS = 200
ELECTION_MILLISECONDS = 3000
PATIENCE_SECONDS = 120.0
OLD, NEW = '3.4', '3.5'
# How the engine's packages are called in the program.
PACKAGES = {OLD: b'go.etcd.io/etcd/wal.', NEW: b'go.etcd.io/etcd/server/v3/wal.'}
SUBNET = '10.64.0.0/10'

CONFIGURATION = '''
data_dir = "{directory}/state"
collect_interval = 5
[proxmox]
url = "{url}"
token_id = "{token}"
token_uuid_file = "{directory}/token"
fingerprint = "{fingerprint}"
timeout = 20
[cluster]
directory = "{common}"
listen = ["127.0.0.1:{peer_port}"]
node = "{name}"
heartbeat_interval = {heartbeat}
election_timeout = {election}
[nameserver]
listen = ["127.0.0.1:{port}"]
[control]
socket = "{directory}/s"
[metrics]
enabled = false
[mapping."example.com"]
networks = ["10.0.0.0/16"]
[dns]
reverse_zones = ["10.0.0.0/16"]
'''


class Connection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__('localhost', timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Refused(Exception):
    """An answer other than 200."""


class Agent:
    """An agent, whose program can change while it is stopped."""

    def __init__(self, name, lab):
        self.name = name
        self.lab = lab
        self.directory = lab.directory / name
        self.directory.mkdir()
        self.configuration = self.directory / 'pipam.toml'
        self.configuration.write_text(CONFIGURATION.format(
            directory=self.directory, common=lab.common, name=name, peer_port=free_port(),
            port=free_port(), heartbeat=HEARTBEAT_MILLISECONDS, election=ELECTION_MILLISECONDS,
            **lab.proxmox))
        (self.directory / 'token').write_text(lab.proxmox['secret'])
        for file in (self.configuration, self.directory / 'token'):
            file.chmod(0o600)
        self.process = None
        self.engine = None

    def __str__(self):
        return '{0} (etcd {1})'.format(self.name, self.engine)

    def start(self, engine):
        """Enrols it, as systemd does before each start, and runs it."""
        command = self.lab.programs[engine]
        arguments = ['--config', str(self.configuration)]
        subprocess.run(command + ['enroll'] + arguments, check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        with open(self.directory / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                command + ['run'] + arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.engine = engine
        self.lab.running.append(self)

    def stop(self, is_killed=False):
        self.lab.running.remove(self)
        self.process.kill() if is_killed else self.process.terminate()
        return self.process.wait(60)

    def ask(self, method, path, body=None, connection=None):
        connection = connection or Connection(str(self.directory / 's'))
        headers = {'Content-Type': 'application/json'} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        if response.status != 200:
            raise Refused('{0} {1}: {2} {3}'.format(self, path, response.status, data[:300]))
        if response.getheader('Content-Type', '').startswith('application/json'):
            return json.loads(data)
        return data.decode()

    def status(self):
        return self.ask('GET', '/v1/cluster')

    def is_caught_up(self, index):
        status = self.status()
        return status['standing'] == 'member' and status['applied_index'] >= index

    def snapshots(self):
        """Octets of the states on its disk, the newest last: their names begin with the term."""
        files = sorted(self.directory.glob('state/log/snapshots/*.state'))
        return [file.stat().st_size for file in files]

    def last_words(self):
        return '\n'.join((self.directory / 'log').read_text(errors='replace').splitlines()[-15:])


class Lab:
    """All that runs, and what was granted."""

    def __init__(self, options):
        self.programs = {OLD: shlex.split(options.old), NEW: shlex.split(options.new)}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='pipam-mixed-',
                                                       dir=options.directory))
        self.common = self.directory / 'shared'
        self.common.mkdir(mode=0o700)
        self.entries = options.entries
        self.running = []
        self.granted = {}
        self.numbers = itertools.count(1)
        self.started = time.monotonic()
        self.agents = {}
        self.server = None

    def begin(self):
        guests = self.directory / 'guests.json'
        guests.write_text(json.dumps({'guests': [guest(number) for number in range(GUESTS)]}))
        self.server = subprocess.Popen(
            [PYTHON, HERE / 'fakepve_cluster.py', guests, '--nodes', str(NODES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.proxmox = json.loads(self.server.stdout.readline())
        self.agents = {name: Agent(name, self) for name in
                       ('pve{0}'.format(number + 1) for number in range(NODES))}

    def end(self):
        for agent in list(self.running):
            agent.stop(is_killed=True)
        if self.server:
            self.server.kill()
            self.server.wait()

    def say(self, text):
        print('{0:6.1f} s  {1}'.format(time.monotonic() - self.started, text), flush=True)

    def wait(self, what, look):
        """Looks until there is something; what fails meanwhile is asked again."""
        started = time.monotonic()
        failure = None
        while time.monotonic() - started < PATIENCE_SECONDS:
            ended = [agent for agent in self.running if agent.process.poll() is not None]
            if ended:
                fail('{0} ended with {1}'.format(ended[0], ended[0].process.returncode), self)
            try:
                if seen := look():
                    return seen
            except (OSError, http.client.HTTPException, Refused) as error:
                failure = error
            time.sleep(0.1)
        fail('{0}: not within {1:.0f} s; {2}'.format(what, PATIENCE_SECONDS, failure), self)

    # What is done to the cluster.

    def members(self):
        return {member['name']: member for member in
                self.leader().ask('GET', '/v1/cluster/members')['members']}

    def find_leader(self):
        leaders = [agent for agent in self.running if agent.status().get('role') == 'leader']
        return leaders[0] if len(leaders) == 1 else None

    def leader(self):
        return self.wait('a leader', self.find_leader)

    def wait_for_member(self, name, is_voter):
        self.wait('{0} as a member'.format(name), lambda: (
            self.members().get(name, {}).get('is_voter') is is_voter))

    def join(self, name, engine, is_voter):
        """An agent that has no state yet."""
        leader = self.leader() if self.running else None
        started = time.monotonic()
        self.agents[name].start(engine)
        self.wait_for_member(name, is_voter)
        self.catch_up(name)
        self.say('join: {0} {1}as {2}, {3:.1f} s'.format(
            self.agents[name], 'under {0} '.format(leader) if leader else '',
            'voter' if is_voter else 'learner', time.monotonic() - started))

    def catch_up(self, name):
        def index():
            return self.leader().status()['commit_index']
        target = self.wait('the index', index)
        self.wait('{0} at index {1}'.format(name, target),
                  lambda: self.agents[name].is_caught_up(target))

    def lead(self, name):
        """Hands leadership over; it may take more than one attempt."""
        def transfer():
            if self.agents[name].status().get('role') == 'leader':
                return True
            self.running[0].ask('POST', '/v1/cluster/transfer', {'node': name})
            return False
        started = time.monotonic()
        self.wait('{0} as leader'.format(name), transfer)
        self.say('lead: {0}, {1:.1f} s'.format(self.agents[name], time.monotonic() - started))
        for agent in self.running:
            self.claim(agent, next(self.numbers))

    def claim(self, agent, number, connection=None):
        """One entry of the log. Asked again with the same key it gives the same address."""
        key = 'key-{0}'.format(number)
        octets = (64 + (number >> 16), number >> 8 & 255, number & 255)
        body = {'subnet': SUBNET, 'key': key, 'strategy': 'exact',
                'address': '10.{0}.{1}.{2}'.format(*octets), 'ttl_seconds': 2_592_000}

        def granted():
            return agent.ask('POST', '/v1/addresses/claim', body, connection)['claim']
        try:
            claim = granted()
        except (OSError, http.client.HTTPException, Refused):
            connection = None
            claim = self.wait('a claim by {0}'.format(agent), granted)
        self.granted[key] = claim['address']

    def fill(self):
        """Enough entries that what was there before is no longer in the log."""
        started = time.monotonic()
        before = self.leader().status()['commit_index']
        agents = list(self.running)

        def client(number):
            agent = agents[number % len(agents)]
            connection = Connection(str(agent.directory / 's'))
            for _ in range(self.entries // CLIENTS):
                self.claim(agent, next(self.numbers), connection)
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(client, number) for number in range(CLIENTS)]:
                done.result()
        leader = self.leader()
        self.wait('compaction', lambda: leader.status()['log']['first_index'] > before)
        seconds = time.monotonic() - started
        status = leader.status()
        self.say('fill: {0:,} claims in {1:.0f} s ({2:.0f}/s) led by {3}: commit {4:,}, '
                 'log from {5:,}, snapshots of {6} octets'.format(
                     self.entries, seconds, self.entries / seconds, leader,
                     status['commit_index'], status['log']['first_index'], leader.snapshots()))

    def bring_up(self, name, engine, is_voter):
        """Starts one that lagged behind the leader's log, or is new."""
        agent = self.agents[name]
        leader = self.leader()
        first = leader.status()['log']['first_index']
        started = time.monotonic()
        agent.start(engine)
        self.wait_for_member(name, is_voter)
        self.catch_up(name)
        own = agent.status()['log']['first_index']
        sizes = agent.snapshots()
        # Entries before the leader's first one cannot have come as entries.
        if own < first - 1 or not sizes:
            fail('{0} has a log from {1}, the leader from {2}'.format(agent, own, first), self)
        self.say('snapshot: {0} -> {1}: {2:,} octets, log from {3:,} (the leader\'s from {4:,}), '
                 '{5:.1f} s'.format(
                     leader, agent, sizes[-1], own, first, time.monotonic() - started))

    def remove(self, name):
        """The leader takes a member out that is stopped."""
        leader = self.leader()
        self.agents[name].stop()
        # Refused while it seems to be there.
        self.wait('{0} removed'.format(name), lambda: (
            leader.ask('POST', '/v1/cluster/remove', {'node': name, 'force': True})))
        self.wait('{0} gone'.format(name), lambda: name not in self.members())
        self.say('remove: {0} by {1}'.format(self.agents[name], leader))

    def replace_program(self, name, engine, word):
        """Another program on the same directory; killed and started once more."""
        agent = self.agents[name]
        before = agent.engine
        for is_killed in (False, True):
            agent.stop(is_killed)
            started = time.monotonic()
            agent.start(engine)
            self.catch_up(name)
            self.claim(agent, next(self.numbers))
            self.say('{0}: {1}, etcd {2} -> {3}, after {4}, {5:.1f} s, log from {6:,}'.format(
                word, name, before, engine, 'kill -9' if is_killed else 'a stop',
                time.monotonic() - started, agent.status()['log']['first_index']))
            before = engine

    def compare(self):
        """The same claims and zones everywhere, and all that was granted."""
        def seen():
            answers = [agent.ask('GET', '/v1/addresses?stale=true') for agent in self.running]
            return answers if len({answer['index'] for answer in answers}) == 1 else None
        answers = self.wait('one index on all nodes', seen)
        if any(answer['claims'] != answers[0]['claims'] for answer in answers):
            fail('claims differ at index {0}'.format(answers[0]['index']), self)
        held = {claim['key']: claim['address'] for claim in answers[0]['claims']}
        missing = [key for key, address in self.granted.items() if held.get(key) != address]
        if missing:
            fail('granted and not there: {0}'.format(missing[:5]), self)

        def zones():
            found = [agent.ask('GET', '/v1/zones') for agent in self.running]
            names = [zone['name'] for zone in found[0]['zones']]
            files = [[agent.ask('GET', '/v1/zones/{0}/file'.format(zone)) for zone in names]
                     for agent in self.running]
            # A zone can have changed between two questions.
            return files if all(file == files[0] for file in files) else None
        files = self.wait('equal zones', zones)
        if not any('vm100' in file for file in files[0]):
            fail('no guest in any zone', self)
        self.say('compare: {0} hold the same {1:,} claims at index {2:,} and the same {3} zones '
                 'of {4} lines'.format(
                     ', '.join(map(str, self.running)), len(held), answers[0]['index'],
                     len(files[0]), sum(file.count('\n') for file in files[0])))


def guest(number):
    vmid = 100 + number
    return {'vmid': vmid, 'type': 'lxc', 'name': 'vm{0}'.format(vmid), 'status': 'running',
            'node': 'pve{0}'.format(number % NODES + 1),
            'config': {'net0': 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:{0:02X},'
                               'ip=10.0.0.{1}/16'.format(number, vmid)}}


def fail(reason, lab):
    for agent in lab.agents.values():
        if agent.process:
            print('--- {0}\n{1}'.format(agent, agent.last_words()), flush=True)
    sys.exit('mixed_cluster: ' + reason)


def built_with(file):
    """Which etcd is in a program."""
    octets = file.read_bytes()
    return [engine for engine, package in PACKAGES.items() if package in octets]


def check_programs(lab):
    """What the running processes are, whatever the commands were called."""
    for engine, agent in ((OLD, lab.agents['pve1']), (NEW, lab.agents['pve3'])):
        program = pathlib.Path('/proc/{0}/exe'.format(agent.process.pid))
        if built_with(program) != [engine]:
            fail('{0} is built with {1}'.format(agent, built_with(program)), lab)
        libraries = sorted({
            line.split('/')[-1].strip() for line in
            pathlib.Path('/proc/{0}/maps'.format(agent.process.pid)).read_text().splitlines()
            if 'libc.so' in line or 'libssl' in line or 'libldns' in line or 'libcrypto' in line})
        root = '/proc/{0}/root'.format(agent.process.pid)
        release = pathlib.Path(root + '/etc/debian_version').read_text().strip()
        lab.say('program: {0} on Debian {1}: {2}'.format(agent, release, ' '.join(libraries)))


def run(lab):
    lab.begin()
    lab.join('pve1', OLD, is_voter=True)
    lab.join('pve2', OLD, is_voter=True)
    lab.join('pve3', NEW, is_voter=True)
    check_programs(lab)
    lab.lead('pve1')
    lab.lead('pve3')
    lab.join('pve4', OLD, is_voter=False)
    lab.compare()

    lab.agents['pve4'].stop()
    lab.fill()
    lab.bring_up('pve4', OLD, is_voter=False)
    lab.remove('pve4')
    lab.bring_up('pve6', OLD, is_voter=False)
    lab.remove('pve6')

    lab.lead('pve1')
    lab.agents['pve3'].stop()
    lab.fill()
    lab.bring_up('pve3', NEW, is_voter=True)
    lab.bring_up('pve5', NEW, is_voter=False)
    lab.compare()
    lab.remove('pve5')

    lab.replace_program('pve2', NEW, 'upgrade')
    lab.lead('pve2')
    lab.fill()
    lab.compare()
    lab.replace_program('pve2', OLD, 'downgrade')
    lab.replace_program('pve3', OLD, 'downgrade')
    lab.lead('pve3')
    for name in ('pve1', 'pve2', 'pve3'):
        lab.replace_program(name, NEW, 'upgrade')
    lab.compare()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--old', required=True, help='pipam built with etcd 3.4')
    parser.add_argument('--new', required=True, help='pipam built with etcd 3.5')
    parser.add_argument('--directory', default='/dev/shm')
    parser.add_argument('--entries', type=int, default=ENTRIES)
    lab = Lab(parser.parse_args())
    try:
        run(lab)
        lab.say('all of it is so')
    finally:
        lab.end()
        if os.environ.get('MIXED') != 'keep':
            shutil.rmtree(lab.directory, ignore_errors=True)


if __name__ == '__main__':
    main()
