#!/usr/bin/env python3
"""A member that was away while every other one was replaced comes back, and is brought up to date.

    unshare --net --mount --pid --fork --kill-child --mount-proc \\
        python cluster_return.py --program .build/debug/pipam

Nodes 1, 2 and 3 form a cluster and share a directory. Node 3 is killed; 4 and 5 join, 1 and 2
leave. Then node 3 starts: its own state names 1 and 2 only. Needs root. Prints one JSON object; the
status is 1 if node 3 is not where the others are in time, and the logs are kept then.
"""

import time

import cluster_scenario
from cluster_scenario import wait

NODES = [1, 2, 3, 4, 5]


def status(agent):
    """As it sees the cluster."""
    return agent.ask('GET', '/v1/cluster')[1]


def have_votes(agents):
    """Whether all of them vote, as each of them says."""
    for agent in agents:
        members = agent.ask('GET', '/v1/cluster/members?stale=true')[1]['members']
        voters = {member['name'] for member in members if member['is_voter']}
        if not {'pve{0}'.format(other.node) for other in agents} <= voters:
            return False
    return True


def leave(agent, others):
    """Has it leave, and ends it."""
    answer = wait('node {0} leaves'.format(agent.node), lambda: asked_to_leave(agent))
    agent.stop()
    name = 'pve{0}'.format(agent.node)
    wait('nobody counts node {0}'.format(agent.node), lambda: all(
        name not in [member['name'] for member in other.ask(
            'GET', '/v1/cluster/members?stale=true')[1]['members']] for other in others))
    return answer


def asked_to_leave(agent):
    """Whether it left."""
    code, answer = agent.ask('POST', '/v1/cluster/leave', {'force': False}, timeout=60.0)
    return code == 200 and answer


def carry_out(agents):
    """The whole of it; returns figures."""
    first, second, third, fourth, fifth = agents
    for agent in (first, second, third):
        agent.enroll()
        agent.start()
    wait('the cluster forms', lambda: have_votes([first, second, third]))
    third.kill()
    for agent in (fourth, fifth):
        agent.enroll()
        agent.start()
    wait('the new ones vote', lambda: have_votes([first, second, fourth, fifth]))
    leave(first, [second, fourth, fifth])
    leave(second, [fourth, fifth])
    wait('one of the new ones leads', lambda: status(fourth).get('leader'))
    begun = time.monotonic()
    # As systemd does before it starts the agent.
    third.enroll()
    third.start()

    def is_back():
        leader, own = status(fourth), status(third)
        return (own.get('leader') and own['leader'] == leader['leader']
                and own['applied_index'] >= leader['applied_index'])
    wait('node 3 is brought up to date', is_back)
    names = {member['name'] for member in third.ask(
        'GET', '/v1/cluster/members?stale=true')[1]['members']}
    if names != {'pve3', 'pve4', 'pve5'}:
        raise RuntimeError('node 3 counts {0}'.format(sorted(names)))
    return {'seconds': round(time.monotonic() - begun, 1), 'members': sorted(names)}


if __name__ == '__main__':
    cluster_scenario.main(__doc__, NODES, 'pcr', carry_out)
