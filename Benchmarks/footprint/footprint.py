#!/usr/bin/env python3
"""What the agent takes when nothing happens: run by `make bench ONLY=footprint`.

The release binary runs against a fake cluster of 1,000 guests until all are published, then rests.
Prints name=value lines:

    guests                    how many
    agent_binary_mb           the binary, stripped
    agent_icu_symbols         symbols of ICU's data in it; must be 0
    agent_first_publication_s from the start without state until the last guest is answered for
    agent_start_ms            from the start with state until DNS answers, median of 5
    agent_idle_cpu_percent    of one processor, over 30 s of rest
    agent_idle_pss_mb         proportional share of memory at rest
    agent_idle_rss_mb         resident memory at rest, shared libraries included
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / '.build/servers/bin/python'
PIPAM = ROOT / '.build/release/pipam'
GUESTS = 1000
REST_SECONDS = 30
STARTS = 5
DEADLINE = 180

CONFIGURATION = """\
data_dir = "{directory}/state"
[proxmox]
url = "{url}"
token_id = "{token}"
token_uuid = "{secret}"
fingerprint = "{fingerprint}"
[nameserver]
listen = ["127.0.0.1:{port}"]
[mapping."lab.example"]
networks = ["10.20.0.0/16"]
"""


def guest(number):
    """Half virtual machines with agent, half containers."""
    node = 'pve{0}'.format(number % 10 + 1)
    address = '10.20.{0}.{1}'.format(number // 250, number % 250 + 1)
    mac = 'BC:24:11:00:{0:02X}:{1:02X}'.format(number >> 8, number & 255)
    if number % 2:
        return {'vmid': 1000 + number, 'type': 'lxc', 'name': 'ct{0}'.format(number), 'node': node,
                'status': 'running', 'config': {
                    'net0': 'name=eth0,bridge=vmbr0,hwaddr={0},ip={1}/16'.format(mac, address)}}
    return {'vmid': 1000 + number, 'name': 'vm{0}'.format(number), 'node': node,
            'status': 'running', 'config': {
                'agent': '1', 'net0': 'virtio={0},bridge=vmbr0'.format(mac)},
            'agent': {'get-host-name': {'host-name': 'vm{0}'.format(number)}, 'interfaces': [
                {'name': 'eth0', 'hardware-address': mac.lower(), 'ip-addresses': [
                    {'ip-address': address, 'ip-address-type': 'ipv4', 'prefix': 16}]}]}}


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def answers(port, name):
    """Whether a name has an address: one query by hand, since dig takes longer to start."""
    query = b'\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00' + b''.join(
        bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0\0\x01\0\x01'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect(('127.0.0.1', port))
        try:
            client.send(query)
            reply = client.recv(4096)
        except OSError:
            return False
    return reply[3] & 15 == 0 and reply[6:8] != b'\0\0'


def wait_for(condition, pause=0.002):
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > DEADLINE:
            sys.exit('footprint: nothing within {0} s'.format(DEADLINE))
        time.sleep(pause)
    return time.monotonic() - started


def memory(pid, key):
    with open('/proc/{0}/smaps_rollup'.format(pid), encoding='ascii') as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1]) / 1024
    raise KeyError(key)


def cpu_seconds(pid):
    """Nanoseconds on a processor, from the scheduler, over all threads."""
    total = 0
    for task in pathlib.Path('/proc/{0}/task'.format(pid)).iterdir():
        total += int((task / 'schedstat').read_text().split()[0])
    return total / 1e9


def measure(directory):
    guests = directory / 'guests.json'
    guests.write_text(json.dumps({'guests': [guest(number) for number in range(GUESTS)]}))
    cluster = subprocess.Popen(
        [PYTHON, ROOT / 'Tests/Servers/fakepve_cluster.py', guests, '--nodes', '10'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    facts = json.loads(cluster.stdout.readline())
    port = free_port()
    configuration = directory / 'config.toml'
    configuration.touch(0o600)
    configuration.write_text(CONFIGURATION.format(directory=directory, port=port, **facts))
    agent = None

    def start():
        return subprocess.Popen(
            [PIPAM, 'run', '--config', configuration], stderr=subprocess.DEVNULL)

    def stop(process):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)

    try:
        names = ['{0}{1}.lab.example'.format('ct' if n % 2 else 'vm', n) for n in range(GUESTS)]
        agent = start()
        published = wait_for(lambda: all(answers(port, name) for name in names), pause=0.05)
        stop(agent)
        starts = []
        for _ in range(STARTS):
            agent = start()
            starts.append(wait_for(lambda: answers(port, names[-1])) * 1000)
            if len(starts) < STARTS:
                stop(agent)
        time.sleep(REST_SECONDS)
        before = cpu_seconds(agent.pid)
        time.sleep(REST_SECONDS)
        used = cpu_seconds(agent.pid) - before
        print('agent_first_publication_s={0:.2f}'.format(published))
        print('agent_start_ms={0:.0f}'.format(statistics.median(starts)))
        print('agent_idle_cpu_percent={0:.2f}'.format(100 * used / REST_SECONDS))
        print('agent_idle_pss_mb={0:.1f}'.format(memory(agent.pid, 'Pss:')))
        print('agent_idle_rss_mb={0:.1f}'.format(memory(agent.pid, 'Rss:')))
    finally:
        if agent and agent.poll() is None:
            stop(agent)
        cluster.stdin.close()
        cluster.wait(timeout=30)


def binary():
    symbols = subprocess.run(
        ['nm', PIPAM], check=True, capture_output=True, text=True).stdout
    with tempfile.NamedTemporaryFile() as stripped:
        shutil.copyfile(PIPAM, stripped.name)
        subprocess.run(['strip', stripped.name], check=True)
        print('guests={0}'.format(GUESTS))
        print('agent_binary_mb={0:.1f}'.format(os.path.getsize(stripped.name) / 1e6))
    icu = sum('icudt' in line or 'uloc_' in line for line in symbols.splitlines())
    print('agent_icu_symbols={0}'.format(icu), flush=True)


with tempfile.TemporaryDirectory(prefix='pipam-footprint-') as folder:
    binary()
    measure(pathlib.Path(folder))
