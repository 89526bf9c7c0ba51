"""`pipam run` as processes that are killed, frozen, starved of disk and started again."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
import typing
import urllib.request

import cluster_network

# Far below the defaults of 500 ms and 5 s, so that a round takes seconds.
HEARTBEAT_MILLISECONDS = 100
ELECTION_MILLISECONDS = 1000
# Five of the log's segments, and whatever else there is.
DISK_OCTETS = 64 << 20
PAGE_OCTETS = 4096
# As long as systemd waits at the least.
RESTART_SECONDS = 0.3
# So long after there is room again an agent may still be ending for want of it.
FULL_SECONDS = 2.0

CONFIGURATION = '''
data_dir = "{directory}/state"
collect_interval = 5
quick_interval = 1
log.level = "debug"
brake = {{ count = 1000000, percent = 100 }}
[proxmox]
url = "{url}"
token_id = "{token}"
fingerprint = "{fingerprint}"
timeout = 5
[cluster]
directory = "{common}"
listen = ["{address}:4553"]
node = "pve{node}"
heartbeat_interval = {heartbeat}
election_timeout = {election}
[nameserver]
listen = ["{address}:5300"]
[control]
socket = "{directory}/s"
[metrics]
listen = "{address}:9553"
[mapping."example.com"]
networks = ["10.0.0.0/16"]
[dns]
reverse_zones = ["10.0.0.0/16"]
'''


class NotSent(Exception):
    """Nobody took the request: it was not done."""


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self.path)
        except OSError as error:
            raise NotSent(str(error)) from error


class End(typing.NamedTuple):
    """An end that nobody asked for."""

    moment: float
    status: int
    was_full: bool
    last_words: str


class Agent:
    """One node's agent, and what systemd would do for it."""

    def __init__(self, node, program, directory, proxmox, common):
        self.node = node
        self.begun = time.monotonic()
        self.program = program
        self.directory = directory / 'n{0}'.format(node)
        self.state = self.directory / 'state'
        self.state.mkdir(parents=True)
        cluster_network.run(
            'mount', '-t', 'tmpfs', '-o', 'mode=700,size={0}'.format(DISK_OCTETS), 'tmpfs',
            str(self.state))
        self.configuration = self.directory / 'c.toml'
        self.configuration.write_text(CONFIGURATION.format(
            directory=self.directory, common=common, node=node,
            address=cluster_network.address(node), heartbeat=HEARTBEAT_MILLISECONDS,
            election=ELECTION_MILLISECONDS, **{
                name: proxmox[name] for name in ('url', 'token', 'fingerprint')}))
        self.configuration.chmod(0o600)
        self.environment = {**os.environ, 'PIPAM_PROXMOX_TOKEN_UUID': proxmox['secret']}
        self.lock = threading.RLock()
        self.process = None
        self.is_wanted = False
        self.is_disk_full = False
        self.freed = float('-inf')
        self.last_words = ''
        self.ends = []

    def metrics(self):
        """The numbers that it gives to Prometheus, by name; those with labels are left out."""
        url = 'http://{0}:9553/metrics'.format(cluster_network.address(self.node))
        with urllib.request.urlopen(url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        words = [line.split() for line in lines if line[:1] not in ('', '#') and '{' not in line]
        return {name: float(value) for name, value in words}

    def enroll(self):
        """Its place in the cluster's directory."""
        subprocess.run([self.program, 'enroll', '--config', str(self.configuration)], check=True,
                       env=self.environment, capture_output=True, text=True, timeout=60)

    def start(self):
        """Starts it unless it runs."""
        with self.lock:
            self.is_wanted = True
            if self.process and self.process.poll() is None:
                return
            self.process = subprocess.Popen(
                cluster_network.Network.inside(self.node)
                + [self.program, 'run', '--config', str(self.configuration)],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
            self.logging = threading.Thread(
                target=self._log, args=[self.process.stdout], daemon=True)
            self.logging.start()

    def _log(self, output):
        """What it says, with the run's clock in front: the journal's part."""
        with output, open(self.directory / 'log', 'ab', buffering=0) as log:
            for line in output:
                self.last_words = line.decode(errors='replace').strip()
                log.write('{0:8.3f} '.format(time.monotonic() - self.begun).encode() + line)

    def supervise(self):
        """Starts it again if it ended by itself."""
        with self.lock:
            if self.is_wanted and self._has_ended():
                self.start()

    def _has_ended(self):
        """Whether nobody asked for it, which is noted."""
        if not self.process or self.process.poll() is None:
            return False
        # What is seen now may have come of what was before.
        was_full = self.is_disk_full or time.monotonic() - self.freed < FULL_SECONDS
        self.logging.join(RESTART_SECONDS)
        self.ends.append(
            End(time.monotonic(), self.process.returncode, was_full, self.last_words))
        return True

    def _want_no_more(self):
        """From now on its end is ours; returns whether it came before."""
        is_over = self.is_wanted and self._has_ended()
        self.is_wanted = False
        return is_over

    def signal(self, number):
        """A signal to the program itself: nsenter becomes it."""
        with self.lock:
            if self.process and self.process.poll() is None:
                self.process.send_signal(number)

    def kill(self):
        """kill -9; it stays down until it is started."""
        with self.lock:
            self._want_no_more()
            self.signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        """As systemd stops it; returns its exit status."""
        with self.lock:
            if self._want_no_more():
                return 0
            self.signal(signal.SIGTERM)
            try:
                return self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self.process.wait()
                return 'no end within 30 s'

    def shrink_log(self):
        """Takes back the room that the log has reserved, as a thin volume has none: the next page
        that it writes needs a free one. The files hold what they held."""
        for path in self.state.glob('log/wal/*'):
            content = path.read_bytes()
            used = -(-len(content.rstrip(b'\0')) // PAGE_OCTETS) * PAGE_OCTETS
            if used < len(content):
                cluster_network.run('fallocate', '--punch-hole', '--offset', str(used), '--length',
                                    str(len(content) - used), str(path))

    def fill(self):
        """Not an octet is left on its disk."""
        self.is_disk_full = True
        # Nothing must be written between the two looks at a file.
        self.signal(signal.SIGSTOP)
        self.shrink_log()
        self._fill()
        self.signal(signal.SIGCONT)

    def _fill(self):
        with open(self.state / 'ballast', 'ab', buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b'\0' * size)
                except OSError:
                    continue

    def free(self):
        """There is room again."""
        (self.state / 'ballast').unlink(missing_ok=True)
        self.freed = time.monotonic()
        self.is_disk_full = False

    def ask(self, method, path, body=None, timeout=5.0):
        """(status, answer) of its control socket. Raises NotSent, or another error when nobody
        can tell what came of it."""
        connection = SocketConnection(str(self.directory / 's'), timeout)
        try:
            headers = {'Content-Type': 'application/json'} if body is not None else {}
            connection.request(
                method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if response.getheader('Content-Type', '').startswith('application/json'):
            return response.status, json.loads(data)
        return response.status, data.decode()
