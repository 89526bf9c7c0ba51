"""Name servers of Debian and zone-server, each with the same zones on a port of 127.0.0.1, for
comparisons. `measured` asks for what suits a benchmark: cookies and statistics on or off.
"""

import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import time

from children import end_with_parent, free_port

START_SECONDS = 60
STOP_SECONDS = 20
COMMAND_SECONDS = 300
PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'


class Output:
    """What a program writes, line by line; no line is waited for without end."""

    def __init__(self, name, file):
        self.name = name
        self.descriptor = file.fileno()
        self.octets = b''

    def line(self, what, seconds):
        """The next line, which `what` leads to."""
        end = time.monotonic() + seconds
        while b'\n' not in self.octets:
            left = max(0, end - time.monotonic())
            if not select.select([self.descriptor], [], [], left)[0]:
                raise RuntimeError(
                    '{0}: nothing within {1} s of {2}'.format(self.name, seconds, what))
            octets = os.read(self.descriptor, 1 << 16)
            if not octets:
                raise RuntimeError('{0}: its output ended before {1}'.format(self.name, what))
            self.octets += octets
        line, self.octets = self.octets.split(b'\n', 1)
        return line.decode()


class Peer:
    """One server. `zones` are dns_zones.Zone; their files lie in `directory`."""

    name = None
    program = None
    # RD, which resolvers want.
    flags = 0

    def __init__(self, directory, zones, cookies=False, statistics=False):
        self.directory = pathlib.Path(directory) / self.name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.zones = zones
        self.cookies = cookies
        self.statistics = statistics
        self.port = None
        self.process = None
        self.log = None

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def prepare(self):
        """Writes the zones and the configuration, gives the command."""
        for zone in self.zones:
            self.write(zone.apex + 'zone', zone.zone_file())
        return self.configure()

    def files(self):
        return [(zone.apex, self.directory / (zone.apex + 'zone')) for zone in self.zones]

    def start(self, prefix=()):
        """Seconds from the start to the first answer."""
        self.port = free_port()
        command = self.prepare()
        self.log = open(self.directory / 'log', 'w')
        begin = time.monotonic()
        self.process = subprocess.Popen(
            list(prefix) + command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            preexec_fn=end_with_parent, env=dict(os.environ, PATH=PATH))
        self.wait_for_answer(begin)
        return time.monotonic() - begin

    def wait_for_answer(self, begin):
        question = struct.pack('!6H', 7, self.flags, 1, 0, 0, 0) + wire_apex(self.zones[-1].apex) + \
            struct.pack('!HH', 6, 1)
        with socket.socket(type=socket.SOCK_DGRAM) as asker:
            asker.settimeout(0.01)
            while time.monotonic() - begin < START_SECONDS:
                if self.process.poll() is not None:
                    break
                try:
                    asker.sendto(question, ('127.0.0.1', self.port))
                    answer = asker.recv(4096)
                    if answer[3] & 15 == 0 and answer[7] > 0:
                        return
                except OSError:
                    pass
                time.sleep(0.002)
        raise RuntimeError('{0} does not answer: {1}'.format(
            self.name, (self.directory / 'log').read_text()[-2000:]))

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def processes(self):
        """The server and its children."""
        found = [self.process.pid]
        for pid in found:
            for task in pathlib.Path('/proc/{0}/task'.format(pid)).glob('*/children'):
                found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_seconds(self):
        """Time on a processor over all threads, from the scheduler's own count."""
        total = 0
        for pid in self.processes():
            for path in pathlib.Path('/proc/{0}/task'.format(pid)).glob('*/schedstat'):
                total += int(path.read_text().split()[0])
        return total / 1e9

    def user_seconds(self):
        """Time in user space, by the clock's ticks."""
        ticks = 0
        for pid in self.processes():
            fields = pathlib.Path('/proc/{0}/stat'.format(pid)).read_text().rsplit(')', 1)[1]
            ticks += int(fields.split()[11])
        return ticks / os.sysconf('SC_CLK_TCK')

    def resident_kib(self):
        """Memory, shared pages by their share."""
        total = 0
        for pid in self.processes():
            for line in pathlib.Path('/proc/{0}/smaps_rollup'.format(pid)).read_text().split('\n'):
                if line.startswith('Pss:'):
                    total += int(line.split()[1])
        return total


def wire_apex(name):
    labels = [label for label in name.split('.') if label]
    return b''.join(bytes([len(label)]) + label.encode() for label in labels) + b'\0'


class Knot(Peer):
    """Knot DNS."""

    name = 'knot'
    program = 'knotd'

    def configure(self):
        modules = ['mod-cookies'] * self.cookies + ['mod-stats'] * self.statistics
        zones = ''.join('  - domain: {0}\n    file: {1}\n'.format(*file) for file in self.files())
        text = '''
server:
    rundir: {0}
    listen: 127.0.0.1@{1}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    udp-max-payload: 1232
    identity: ""
    nsid: ""
    version: ""
log:
  - target: stderr
    any: error
database:
    storage: {0}
{3}template:
  - id: default
    storage: {0}
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
{4}zone:
{2}'''.format(
            self.directory, self.port, zones,
            'mod-stats:\n  - id: all\n    request-protocol: on\n    response-code: on\n'
            '    query-type: on\n' if self.statistics else '',
            '    global-module: [{0}]\n'.format(', '.join(
                module + ('/all' if module == 'mod-stats' else '')
                for module in modules)) if modules else '')
        return [self.program, '-c', str(self.write('knot.conf', text))]


class NSD(Peer):
    """NSD."""

    name = 'nsd'
    program = 'nsd'

    def configure(self):
        zones = ''.join('zone:\n  name: {0}\n  zonefile: {1}\n'.format(*file)
                        for file in self.files())
        text = '''
server:
  ip-address: 127.0.0.1@{1}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: {0}
  pidfile: {0}/nsd.pid
  xfrdfile: {0}/xfrd.state
  zonelistfile: {0}/zone.list
  xfrdir: {0}
  ipv4-edns-size: 1232
  minimal-responses: yes
  refuse-any: yes
  reuseport: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  hide-version: yes
  hide-identity: yes
  answer-cookie: {3}
  round-robin: no
remote-control:
  control-enable: no
{2}'''.format(self.directory, self.port, zones, 'yes' if self.cookies else 'no')
        return [self.program, '-d', '-c', str(self.write('nsd.conf', text))]


class BIND(Peer):
    """BIND."""

    name = 'bind'
    program = 'named'
    # Additional records are compared, measured answers have none.
    responses = 'no-auth'

    def configure(self):
        zones = ''.join(
            'zone "{0}" {{ type primary; file "{1}"; check-names ignore; }};\n'.format(*file)
            for file in self.files())
        text = '''
options {{
    directory "{0}";
    pid-file "{0}/named.pid";
    session-keyfile "{0}/session.key";
    managed-keys-directory "{0}";
    listen-on port {1} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    allow-query {{ any; }};
    dnssec-validation no;
    empty-zones-enable no;
    minimal-responses {4};
    minimal-any yes;
    edns-udp-size 1232;
    max-udp-size 1232;
    nocookie-udp-size 1232;
    notify no;
    answer-cookie {3};
    rrset-order {{ order none; }};
    zero-no-soa-ttl no;
    zone-statistics {5};
    check-dup-records ignore;
    check-integrity no;
    version none;
}};
controls {{ }};
logging {{ category default {{ default_stderr; }}; channel default_stderr {{
    stderr; severity error; }}; }};
{2}'''.format(self.directory, self.port, zones, 'yes' if self.cookies else 'no',
              self.responses, 'yes' if self.statistics else 'no')
        return [self.program, '-f', '-n', '1', '-c', str(self.write('named.conf', text))]


class PowerDNS(Peer):
    """PowerDNS with its BIND backend, which keeps zones in memory."""

    name = 'pdns'
    program = 'pdns_server'

    def configure(self):
        zones = ''.join('zone "{0}" {{ type master; file "{1}"; }};\n'.format(*file)
                        for file in self.files())
        named = self.write('zones.conf', zones)
        text = '''
launch=bind
bind-config={0}
bind-check-interval=0
local-address=127.0.0.1
local-port={1}
socket-dir={2}
receiver-threads=1
distributor-threads=1
reuseport=yes
cache-ttl=60
query-cache-ttl=60
negquery-cache-ttl=60
loglevel=3
udp-truncation-threshold=1232
edns-cookie-secret={3}
version-string=anonymous
'''.format(named, self.port, self.directory, '0123456789abcdef' * 2 if self.cookies else '')
        if not self.cookies:
            text = text.replace('edns-cookie-secret=\n', '')
        if any(getattr(zone, 'is_signed', False) for zone in self.zones):
            text += 'bind-dnssec-db={0}/dnssec.db\n'.format(self.directory)
        self.write('pdns.conf', text)
        if 'bind-dnssec-db' in text:
            self.tell_of_signatures()
        return [self.program, '--config-dir={0}'.format(self.directory), '--guardian=no',
                '--daemon=no', '--write-pid=no']


    def tell_of_signatures(self):
        """The BIND backend keeps in a data base of its own that zones come signed."""
        tool = [shutil.which('pdnsutil', path=PATH), '--config-dir={0}'.format(self.directory)]
        (self.directory / 'dnssec.db').unlink(missing_ok=True)
        words = [['create-bind-db', str(self.directory / 'dnssec.db')]] + \
            [['set-presigned', zone.apex.rstrip('.')] for zone in self.zones]
        for arguments in words:
            subprocess.run(tool + arguments, check=True, capture_output=True,
                           timeout=COMMAND_SECONDS)


class Ours(Peer):
    """zone-server, which is the name server of the agent without the agent."""

    name = 'pipam'

    def __init__(self, directory, zones, cookies=False, statistics=False, program=None):
        super().__init__(directory, zones, cookies, statistics)
        self.program = program
        self.output = None

    def prepare(self):
        self.write('records', ''.join(zone.record_file() for zone in self.zones))

    def start(self, prefix=()):
        self.prepare()
        self.log = open(self.directory / 'log', 'w')
        begin = time.monotonic()
        mode = [] if self.cookies else ['plain']
        self.process = subprocess.Popen(
            list(prefix) + [str(self.program)] + mode + [str(self.directory / 'records')],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
            preexec_fn=end_with_parent)
        self.output = Output('zone-server', self.process.stdout)
        try:
            self.port = json.loads(self.output.line('the port', START_SECONDS))['port']
        except RuntimeError as error:
            raise RuntimeError('{0}: {1}'.format(error, (self.directory / 'log').read_text()))
        self.wait_for_answer(begin)
        return time.monotonic() - begin

    def command(self, line):
        """What zone-server says to a command."""
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        return json.loads(self.output.line('"{0}"'.format(line), COMMAND_SECONDS))

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
        super().stop()


def missing():
    """Programs that are not installed."""
    return [peer.program for peer in (Knot, NSD, BIND, PowerDNS)
            if shutil.which(peer.program, path=PATH) is None]
