"""What the parts of this benchmark share."""

import math
import pathlib
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / '.build/servers/bin/python'
PIPAM = ROOT / '.build/release/pipam'
BENCH = ROOT / '.build/release/cluster-bench'
DEADLINE_SECONDS = 180


def free_ports(count):
    """Ports that nobody listens on; they are told apart by being held at once."""
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(('127.0.0.1', 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def wait_for(condition, what, pause=0.05):
    """What the condition gave, once it is something."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            sys.exit('cluster: {0}: nothing within {1} s'.format(what, DEADLINE_SECONDS))
        time.sleep(pause)


def output(*words):
    return subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True,
                          timeout=DEADLINE_SECONDS).stdout


def quantile(values, share):
    """The nearest rank: so large a share is not above it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def show(name, value, digits=2):
    print('{0}={1:.{2}f}'.format(name, value, digits), flush=True)


median = statistics.median
