#!/usr/bin/env python3
"""A zone gets keys of another algorithm while those who sign it die.

    unshare --net --mount --pid --fork --kill-child --mount-proc \\
        python cluster_signing.py --program .build/debug/pipam

Three agents sign a zone. All its keys are changed to another algorithm; whoever leads is killed
when that begins, and the next one when the parent has the new key. What waits for a person is a
problem on every node, and gone from every node in the end. Needs root. Prints one JSON object; the
status is 1 if something is not so in time, and the logs are kept then.
"""

import subprocess
import time

import cluster_network
import cluster_scenario
from cluster_scenario import wait

NODES = [1, 2, 3]
ZONE = 'example.com.'
TASK = 'a new key waits for the parent zone'


def done(agent, path, body):
    """Whether a request was carried out; False to try again."""
    status, answer = agent.ask('POST', path, body, timeout=60.0)
    if status == 200:
        return answer
    if status in (503, 504):
        return False
    raise RuntimeError('{0} {1}: {2} {3}'.format(path, body, status, answer))


def standing(agent):
    """How the zone stands, as whoever signs says."""
    return agent.ask('GET', '/v1/signing?zone=' + ZONE)[1]['zones'][0]


def leader(agents):
    """Whoever leads, as all of them say."""
    names = {agent.ask('GET', '/v1/cluster')[1]['leader']['name'] for agent in agents}
    return next((a for a in agents if names == {'pve{0}'.format(a.node)}), None)


def tells(agent):
    """Whether a node says that somebody has to see to the parent."""
    problems = agent.ask('GET', '/v1/status')[1]['problems']
    return any(problem['message'] == TASK for problem in problems)


def algorithms(agent, kind):
    """The algorithms in the records of a type at the zone's name, or of the signatures."""
    outcome = subprocess.run(
        ['dig', '@' + cluster_network.address(agent.node), '-p', '5300', '+tcp', '+short',
         '+norrcomments', ZONE, kind], check=True, capture_output=True, text=True, timeout=30)
    place = {'DNSKEY': 2, 'RRSIG': 1}[kind]
    return {line.split()[place] for line in outcome.stdout.splitlines()}


def replace_leader(agents):
    """Kills whoever leads, and starts it again when another one does."""
    former = wait('somebody leads', lambda: leader(agents))
    former.kill()
    others = [agent for agent in agents if agent is not former]
    wait('another one leads', lambda: leader(others))
    former.start()
    return former.node


def carry_out(agents):
    """The whole of it; returns figures."""
    for agent in agents:
        text = agent.configuration.read_text()
        agent.configuration.write_text(text.replace(
            '[dns]\n', '[dns]\nttl_guest = 1\nttl_static = 1\nttl_ns = 1\nsoa_minimum = 1\n'))
        agent.enroll()
        agent.start()
    wait('the cluster forms', lambda: leader(agents))
    wait('there is the zone', lambda: agents[0].ask('GET', '/v1/zones/' + ZONE)[0] == 200)
    wait('it is to be signed', lambda: done(agents[1], '/v1/signing/enable', {
        'zone': ZONE, 'key_ttl': 1, 'propagation': 1, 'parent_ttl': 1}))
    wait('it is signed', lambda: standing(agents[1])['state'] == 'signed')
    begun = time.monotonic()
    wait('it gets another algorithm', lambda: done(agents[2], '/v1/signing/roll', {
        'zone': ZONE, 'algorithm': 'ed25519'}))
    killed = [replace_leader(agents)]
    for agent in agents:
        wait('node {0} tells of the parent'.format(agent.node), lambda: tells(agent))
    both = algorithms(agents[0], 'DNSKEY')
    if both != {'13', '15'}:
        raise RuntimeError('the keys have the algorithms {0}'.format(both))
    wait('the parent has it', lambda: done(agents[0], '/v1/signing/parent', {'zone': ZONE}))
    killed.append(replace_leader(agents))

    def is_over():
        keys = standing(agents[0])['keys']
        return [(key['algorithm'], key['stage']) for key in keys] == [('ed25519', 'active')]
    wait('the old key is gone', is_over)
    for agent in agents:
        wait('node {0} has the new algorithm alone'.format(agent.node), lambda: (
            algorithms(agent, 'DNSKEY') == algorithms(agent, 'RRSIG') == {'15'}))
        wait('node {0} has nothing to say'.format(agent.node), lambda: not tells(agent))
        metrics = wait('node {0} compares'.format(agent.node), lambda: compared(agent))
        if metrics['pipam_signed_zones'] != 1:
            raise RuntimeError('node {0}: {1}'.format(agent.node, metrics))
    return {'seconds': round(time.monotonic() - begun, 1), 'killed': killed}


def compared(agent):
    """Its metrics, once it has found that the others have the same zones."""
    metrics = agent.metrics()
    if metrics['pipam_zones_withheld'] or metrics['pipam_zones_disputed']:
        raise RuntimeError('node {0}: {1}'.format(agent.node, metrics))
    return metrics['pipam_zones_confirmed'] == metrics['pipam_zones'] and metrics


if __name__ == '__main__':
    cluster_scenario.main(__doc__, NODES, 'pcs', carry_out)
