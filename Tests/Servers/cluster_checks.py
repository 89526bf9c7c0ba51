"""What clients were told, held against what the nodes say in the end."""


def histories(operations):
    """The operations on each key, in order."""
    found = {}
    for operation in operations:
        found.setdefault((operation.subnet, operation.key), []).append(operation)
    return found


def expected(history):
    """What must be held in the end: a grant, None for nothing, 'either' if nobody can tell.

    An operation whose outcome is unknown may take effect at any later time. One that was refused
    never does.
    """
    open_kinds = {operation.kind for operation in history if operation.outcome == 'unknown'}
    grant = None
    for operation in history:
        if operation.outcome == 'done':
            claim = operation.answer.get('claim')
            grant = (claim['address'], claim['fence']) if operation.kind != 'release' else None
    # A claim repeated with success is idempotent: what it left open changes nothing.
    if grant is None:
        return 'either' if 'claim' in open_kinds else None
    return 'either' if 'release' in open_kinds else grant


def lost_or_left(operations, claims):
    """Acknowledged claims that are missing, and claims that nobody made."""
    held = {(claim['subnet'], claim['key']): (claim['address'], claim['fence'])
            for claim in claims}
    findings = []
    for place, history in histories(operations).items():
        wanted, found = expected(history), held.pop(place, None)
        if wanted not in ('either', found):
            findings.append('{0} holds {1}, and should hold {2}: {3}'.format(
                place, found, wanted, '; '.join(map(str, history))))
    findings += ['nobody claimed {0} {1}'.format(*item) for item in held.items()]
    return findings


def given_twice(operations):
    """Addresses that two keys held at one time: from the answer until a release is asked for."""
    spans = {}
    for (subnet, key), history in histories(operations).items():
        begun = address = None
        for operation in history:
            if operation.kind == 'release':
                if begun is not None:
                    spans.setdefault((subnet, address), []).append((begun, operation.begun, key))
                    begun = None
            elif operation.outcome == 'done' and begun is None:
                begun, address = operation.ended, operation.answer['claim']['address']
        if begun is not None:
            spans.setdefault((subnet, address), []).append((begun, float('inf'), key))
    findings = []
    for place, held in spans.items():
        held.sort()
        findings += ['{0} was held twice: {1} and {2}'.format(place, *pair)
                     for pair in zip(held, held[1:]) if pair[1][0] < pair[0][1]]
    return findings


def out_of_order(operations):
    """An operation that began after another one's answer stands behind it in the log."""
    done = [item for item in operations if item.outcome == 'done']
    by_end = sorted(done, key=lambda item: item.ended)
    findings, highest, position = [], None, 0
    for operation in sorted(done, key=lambda item: item.begun):
        while position < len(by_end) and by_end[position].ended < operation.begun:
            ended = by_end[position]
            if highest is None or ended.answer['index'] > highest.answer['index']:
                highest = ended
            position += 1
        if highest and operation.answer['index'] <= highest.answer['index']:
            findings.append('{0} stands before {1}'.format(operation, highest))
    return findings


def snapshot(agent):
    """All of a node's state that must be equal, and the index it stands for; None while it
    moves."""
    def ask(path):
        status, answer = agent.ask('GET', path, timeout=10)
        if status != 200:
            raise ValueError('{0}: {1} {2}'.format(path, status, answer))
        return answer

    before = ask('/v1/cluster')
    zones = {zone['name']: ask('/v1/zones/{0}/file?stale=true'.format(zone['name']))
             for zone in ask('/v1/zones')['zones']}
    claims = ask('/v1/addresses?stale=true')['claims']
    members = [
        {name: member.get(name) for name in ('id', 'name', 'kind', 'addresses', 'is_voter')}
        for member in ask('/v1/cluster/members?stale=true')['members']]
    after = ask('/v1/cluster')
    if before['applied_index'] != after['applied_index']:
        return None
    return {'index': after['applied_index'], 'zones': zones, 'claims': claims, 'members': members,
            'leader': after.get('leader'), 'quorum': after['quorum']['is_held']}
