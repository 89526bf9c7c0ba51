"""Asks the nodes' name servers, as little of DNS as that takes."""

import socket
import struct

import cluster_network

PORT = 5300
TYPES = {'A': 1, 'SOA': 6, 'PTR': 12}
AUTHORITATIVE = 0x0400


def question(name, kind):
    """A query without EDNS, so that equal servers give equal answers."""
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    return (struct.pack('>6H', 1, 0, 1, 0, 0, 0) + labels
            + struct.pack('>BHH', 0, TYPES[kind], 1))


def ask(node, name, kind, seconds=1.0, tries=2):
    """A node's answer in octets; None if there is none. The first datagram may get lost: a busy
    machine drops some."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(seconds)
        channel.connect((cluster_network.address(node), PORT))
        for _ in range(tries):
            try:
                channel.send(question(name, kind))
                return channel.recv(4096)
            except OSError:
                continue
    return None


def holds_zone(answer):
    """With authority, without an error, and with an answer."""
    if answer is None or len(answer) < 12:
        return False
    flags, _, answers = struct.unpack('>3H', answer[2:8])
    return bool(flags & AUTHORITATIVE) and flags & 15 == 0 and answers > 0
