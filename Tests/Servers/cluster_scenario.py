"""What the scenarios of a cluster have in common: how it is made, waited for and told of."""

import argparse
import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

import cluster_network
from cluster_agents import Agent
from cluster_guests import Guests, Proxmox

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.05


def wait(what, condition, seconds=PATIENCE_SECONDS):
    """What `condition` gives, once that is something."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            if result := condition():
                return result
        except Exception as error:  # an agent that is not up yet answers in many ways
            last = error
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError('{0}: not within {1} s; {2!r}'.format(what, seconds, last))


class Cluster:
    """A network with a host for each node, Proxmox's API, and agents that nobody has started."""

    def __init__(self, program, nodes, directory, chance):
        self.network = cluster_network.Network(nodes)
        self.guests = Guests(nodes, chance)
        self.proxmox = Proxmox(directory / 'guests.json', self.guests, len(nodes))
        common = directory / 'common'
        common.mkdir(mode=0o700)
        self.agents = [Agent(node, program, directory, self.proxmox.ready, common)
                       for node in nodes]


def new_directory(prefix):
    """A directory for a run. Its path is short: a socket's has little room."""
    return pathlib.Path(tempfile.mkdtemp(prefix=prefix))


def main(description, nodes, prefix, carry_out):
    """Has a scenario carried out and prints the figures it returns; status 0 if all of it came
    about."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument('--program', required=True)
    options = parser.parse_args()
    directory = new_directory(prefix)
    cluster = Cluster(options.program, nodes, directory, random.Random(1))
    try:
        figures = carry_out(cluster.agents)
    except Exception as error:
        print(json.dumps({'finding': repr(error)}), flush=True)
        print('logs in {0}'.format(directory), file=sys.stderr)
        sys.exit(1)
    finally:
        for agent in cluster.agents:
            if agent.process:
                agent.kill()
    print(json.dumps(figures), flush=True)
    shutil.rmtree(directory, ignore_errors=True)
