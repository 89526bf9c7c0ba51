"""Commits of 1 KiB at three nodes: against what the disk and the network take at the least, and
against etcd."""

import os
import socket
import ssl
import subprocess
import time

import common

NODES = 3
OCTETS = 1024
ROUNDS = 5
SECONDS = 3
SAMPLES = 60
IN_FLIGHT = 256
SEGMENT_OCTETS = 8 << 20


class Floor:
    """One fdatasync and one round trip over TLS on the loopback, one after the other. Plain Python
    over OpenSSL on both sides, nothing of ours; the file is laid out ahead, as logs are."""

    def __init__(self, directory):
        self.file = os.open(directory / 'floor', os.O_RDWR | os.O_CREAT, 0o600)
        os.posix_fallocate(self.file, 0, SEGMENT_OCTETS)
        self.place = 0
        here, there = self.pair()
        self.child = os.fork()
        if self.child == 0:
            here.close()
            self.answer(there, directory)
        there.close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.connection = context.wrap_socket(here)

    @staticmethod
    def pair():
        with socket.create_server(('127.0.0.1', 0)) as listener:
            here = socket.create_connection(listener.getsockname())
            there = listener.accept()[0]
        for end in here, there:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return here, there

    @staticmethod
    def answer(there, directory):
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(directory / '1.chain', directory / '1.key')
            connection = context.wrap_socket(there, server_side=True)
            while connection.recv(OCTETS):
                connection.send(b'0123456789abcdef')
        finally:
            os._exit(0)

    def sample(self):
        """Microseconds."""
        started = time.perf_counter()
        os.pwrite(self.file, b'x' * OCTETS, self.place)
        os.fdatasync(self.file)
        self.connection.send(b'x' * OCTETS)
        self.connection.recv(OCTETS)
        self.place = (self.place + OCTETS) % (SEGMENT_OCTETS - OCTETS)
        return (time.perf_counter() - started) * 1e6

    def close(self):
        self.connection.close()
        os.waitpid(self.child, 0)
        os.close(self.file)


class Ours:
    """Three replicas in three processes, with the log, the TLS and the threads of the agent."""

    def __init__(self, directory):
        ports = common.free_ports(2 * NODES)
        peers, self.clients = ports[:NODES], ports[NODES:]
        self.nodes = [subprocess.Popen(
            [common.BENCH, 'replica', directory, str(number + 1), *map(str, peers),
             str(self.clients[number])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for number in range(NODES)]
        common.wait_for(self.leader, 'a leader of ours')

    @staticmethod
    def ask(node, line):
        node.stdin.write(line + '\n')
        node.stdin.flush()
        return node.stdout.readline()

    def leader(self):
        leaders = [number for number, node in enumerate(self.nodes)
                   if self.ask(node, 'lead').strip() == 'yes']
        return [leaders[0]] if leaders else None

    def commit(self, count):
        """Microseconds of commits, one after the other, within the leader."""
        node = self.nodes[self.leader()[0]]
        return [float(word) for word in self.ask(node, 'commit {0}'.format(count)).split()]

    def rate(self, in_flight):
        port = self.clients[self.leader()[0]]
        return float(common.output(common.BENCH, 'client', port, SECONDS, in_flight))

    def close(self):
        for node in self.nodes:
            node.stdin.close()
        for node in self.nodes:
            node.wait(timeout=10)


class Etcd:
    """Three servers of Debian's etcd: TLS between them, none to the client, defaults elsewhere."""

    def __init__(self, directory):
        self.client = build_client()
        self.certificates(directory)
        ports = common.free_ports(2 * NODES)
        members = ','.join('n{0}=https://127.0.0.1:{1}'.format(number, ports[number])
                           for number in range(NODES))
        self.endpoints = ['http://127.0.0.1:{0}'.format(port) for port in ports[NODES:]]
        self.nodes = []
        for number in range(NODES):
            own, client = 'https://127.0.0.1:{0}'.format(ports[number]), self.endpoints[number]
            self.nodes.append(subprocess.Popen(
                ['etcd', '--name', 'n{0}'.format(number), '--data-dir',
                 directory / 'etcd{0}'.format(number), '--initial-cluster', members,
                 '--initial-advertise-peer-urls', own, '--listen-peer-urls', own,
                 '--listen-client-urls', client, '--advertise-client-urls', client,
                 '--peer-cert-file', directory / 'etcd.pem', '--peer-key-file',
                 directory / 'etcd.key', '--peer-trusted-ca-file', directory / 'etcd.pem',
                 '--peer-client-cert-auth', '--log-level', 'error'],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        common.wait_for(self.leader, 'a leader of etcd')

    @staticmethod
    def certificates(directory):
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
             '-nodes', '-days', '2', '-subj', '/CN=etcd', '-addext', 'subjectAltName=IP:127.0.0.1',
             '-keyout', directory / 'etcd.key', '-out', directory / 'etcd.pem'],
            check=True, capture_output=True)

    def leader(self):
        answer = subprocess.run([self.client, 'lead', *self.endpoints], capture_output=True,
                                text=True, timeout=60, check=False)
        return answer.stdout.strip()

    def rate(self, in_flight):
        return float(common.output(self.client, 'put', self.leader(), SECONDS, in_flight))

    def close(self):
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.wait(timeout=30)


def build_client():
    """Offline, from Debian's packages, as the engine is."""
    folder = common.ROOT / '.build/cluster-bench'
    target = folder / 'src/etcd-client'
    target.mkdir(parents=True, exist_ok=True)
    source = common.ROOT / 'Benchmarks/cluster/etcd-client/main.go'
    (target / 'main.go').write_bytes(source.read_bytes())
    environment = dict(os.environ, GO111MODULE='off', GOPROXY='off', GOFLAGS='', CGO_ENABLED='0',
                       GOPATH='{0}:/usr/share/gocode'.format(folder), GOCACHE=str(folder / 'cache'))
    subprocess.run(['go', 'build', '-o', folder / 'etcd-client', 'etcd-client'], check=True,
                   env=environment, timeout=600)
    return folder / 'etcd-client'


def measure(directory):
    """Prints the figures, and returns the ratios."""
    common.output(common.BENCH, 'authority', directory)
    floor, ours, etcd = None, None, None
    rounds = []
    try:
        # Before any thread of ours, since it forks.
        floor, ours, etcd = Floor(directory), Ours(directory), Etcd(directory)
        for number in range(ROUNDS + 1):
            # A sample of each in turn, so that what else the disk does meets both.
            pairs = [(floor.sample(), ours.commit(1)[0]) for _ in range(SAMPLES)]
            figures = {
                'floor_us': common.median(pair[0] for pair in pairs),
                'commit_us': common.median(pair[1] for pair in pairs),
                'sequential': ours.rate(1), 'etcd_sequential': etcd.rate(1),
                'pipelined': ours.rate(IN_FLIGHT), 'etcd_pipelined': etcd.rate(IN_FLIGHT)}
            # The first round warms both up.
            if number:
                rounds.append(figures)
    finally:
        for part in etcd, ours, floor:
            if part:
                part.close()

    def ratio(one, other):
        return common.median(item[one] / item[other] for item in rounds)

    for name in rounds[0]:
        unit = '' if name.endswith('_us') else '_commits_per_second'
        common.show(name + unit, common.median(item[name] for item in rounds), 0)
    return {'commit_vs_floor': ratio('commit_us', 'floor_us'),
            'commits_vs_etcd_sequential': ratio('sequential', 'etcd_sequential'),
            'commits_vs_etcd_pipelined': ratio('pipelined', 'etcd_pipelined')}
