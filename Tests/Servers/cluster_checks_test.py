#!/usr/bin/env python3
"""Whether cluster_checks finds what it is there to find: histories with a fault in them."""

import unittest

import cluster_checks
from cluster_clients import Operation

SUBNET = '10.200.1.0/24'


def operation(kind, key, begun, ended, outcome='done', address=None, index=0):
    """What a client would have noted; the fence is the address's last part."""
    found = Operation(kind, key, SUBNET, 1)
    found.begun, found.ended, found.outcome = begun, ended, outcome
    found.answer = {'index': index}
    if address:
        found.answer['claim'] = {'address': address, 'fence': int(address.split('.')[-1])}
    return found


def held(key, address):
    """What a node would list."""
    return {'subnet': SUBNET, 'key': key, 'address': address,
            'fence': int(address.split('.')[-1])}


class ChecksTest(unittest.TestCase):
    """Each check, with and without its fault."""

    def test_an_acknowledged_claim_is_missed(self):
        history = [operation('claim', 'a', 0, 1, address='10.200.1.5')]
        self.assertEqual(cluster_checks.lost_or_left(history, [held('a', '10.200.1.5')]), [])
        self.assertEqual(len(cluster_checks.lost_or_left(history, [])), 1)
        self.assertEqual(len(cluster_checks.lost_or_left(history, [held('a', '10.200.1.6')])), 1)

    def test_a_claim_that_nobody_made_is_found(self):
        self.assertEqual(len(cluster_checks.lost_or_left([], [held('a', '10.200.1.5')])), 1)

    def test_a_refused_claim_was_not_made(self):
        history = [operation('claim', 'a', 0, 1, outcome='refused')]
        self.assertEqual(cluster_checks.lost_or_left(history, []), [])
        self.assertEqual(len(cluster_checks.lost_or_left(history, [held('a', '10.200.1.5')])), 1)

    def test_an_unknown_outcome_may_be_either(self):
        history = [operation('claim', 'a', 0, 1, outcome='unknown')]
        self.assertEqual(cluster_checks.lost_or_left(history, []), [])
        self.assertEqual(cluster_checks.lost_or_left(history, [held('a', '10.200.1.5')]), [])

    def test_an_acknowledged_release_is_missed(self):
        history = [operation('claim', 'a', 0, 1, address='10.200.1.5'),
                   operation('release', 'a', 2, 3)]
        self.assertEqual(cluster_checks.lost_or_left(history, []), [])
        self.assertEqual(len(cluster_checks.lost_or_left(history, [held('a', '10.200.1.5')])), 1)

    def test_an_address_given_twice_is_found(self):
        first = operation('claim', 'a', 0, 1, address='10.200.1.5')
        second = operation('claim', 'b', 4, 5, address='10.200.1.5')
        self.assertEqual(len(cluster_checks.given_twice([first, second])), 1)
        # Whoever asks for a release may have lost it at once.
        between = operation('release', 'a', 2, 9)
        self.assertEqual(cluster_checks.given_twice([first, between, second]), [])
        late = operation('release', 'a', 6, 9)
        self.assertEqual(len(cluster_checks.given_twice([first, late, second])), 1)

    def test_an_answer_from_before_is_found(self):
        first = operation('claim', 'a', 0, 1, address='10.200.1.5', index=7)
        second = operation('claim', 'b', 2, 3, address='10.200.1.6', index=6)
        self.assertEqual(len(cluster_checks.out_of_order([first, second])), 1)
        at_once = operation('claim', 'b', 0.5, 3, address='10.200.1.6', index=6)
        self.assertEqual(cluster_checks.out_of_order([first, at_once]), [])


unittest.main()
