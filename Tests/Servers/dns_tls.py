#!/usr/bin/env python3
"""A client of DNS over TLS that does not always behave.

    dns_tls.py PORT DEED [ARGUMENT...]

prints one line of JSON: what came of it. It believes any certificate.
"""

import json
import os
import socket
import ssl
import struct
import sys
import time

WAIT_SECONDS = 30
PADDING, KEEPALIVE = 12, 11


def query(number, name='www.example.com', kind=1, options=None):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'
    message = struct.pack('>6H', number, 0, 1, 0, 0, options is not None)
    message += labels + struct.pack('>2H', kind, 1)
    if options is not None:
        data = b''.join(struct.pack('>2H', code, len(value)) + value for code, value in options)
        message += b'\0' + struct.pack('>2HIH', 41, 1232, 0, len(data)) + data
    return message


def framed(message):
    return struct.pack('>H', len(message)) + message


def context(protocols=('dot',), version=None, certificate=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if protocols:
        made.set_alpn_protocols(list(protocols))
    if version:
        made.set_ciphers('ALL:@SECLEVEL=0')
        made.minimum_version = made.maximum_version = version
    if certificate:
        made.load_cert_chain(*certificate)
    return made


def plain(port, source=None):
    made = socket.socket()
    made.settimeout(WAIT_SECONDS)
    if source:
        made.bind((source, 0))
    made.connect(('127.0.0.1', port))
    return made


def secure(port, source=None, **words):
    return context(**words).wrap_socket(plain(port, source), suppress_ragged_eofs=False)


def exactly(connection, count):
    data = b''
    while len(data) < count:
        got = connection.recv(count - len(data))
        if not got:
            raise EOFError
        data += got
    return data


def receive(connection):
    return exactly(connection, struct.unpack('>H', exactly(connection, 2))[0])


def ends(connection):
    """How a connection ends on which nothing more is said."""
    try:
        return 'said' if connection.recv(1) else 'closed'
    except ssl.SSLEOFError:
        return 'cut'
    except (ConnectionError, ssl.SSLError) as error:
        return type(error).__name__
    except TimeoutError:
        return 'open'


def options(message):
    """The options of the OPT record, which is the last one and has no other behind it."""
    found = {}
    at = message.rindex(b'\0' + struct.pack('>H', 41) + struct.pack('>H', 1232))
    end = at + 11 + struct.unpack_from('>H', message, at + 9)[0]
    assert end == len(message)
    at += 11
    while at < end:
        code, size = struct.unpack_from('>2H', message, at)
        found[str(code)] = size
        assert code != PADDING or message[at + 4:at + 4 + size] == bytes(size)
        at += 4 + size
    return found


# Deeds

def shake(port, protocols='', version=''):
    """Shake hands with these protocols (dot,http/1.1) and this version (1.2)."""
    names = [name for name in protocols.split(',') if name]
    try:
        connection = secure(
            port, protocols=names,
            version={'1.1': ssl.TLSVersion.TLSv1_1, '1.2': ssl.TLSVersion.TLSv1_2}.get(version))
    except (ssl.SSLError, ConnectionError) as error:
        return {'refused': str(error)}
    connection.sendall(framed(query(7)))
    return {
        'version': connection.version(), 'protocol': connection.selected_alpn_protocol(),
        'octets': len(receive(connection)), 'ticket': bool(connection.session.has_ticket)}


def pipeline(port, count):
    """Many queries at once, then the end of what we say: all are answered, then it ends."""
    connection = secure(port)
    connection.sendall(b''.join(framed(query(number)) for number in range(int(count))))
    connection.sendall(framed(query(0xFFFF))[:5])
    numbers = [struct.unpack('>H', receive(connection)[:2])[0] for _ in range(int(count))]
    return {'in_order': numbers == list(range(int(count)))}


def goodbye(port, count):
    """As many queries and close_notify in one breath."""
    raw = plain(port)
    inner, outer = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(inner, outer)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            raw.sendall(outer.read())
            inner.write(raw.recv(65536))
    for number in range(int(count)):
        tls.write(framed(query(number, 'big.example.com', 16)))
    try:
        tls.unwrap()
    except ssl.SSLError:
        pass
    raw.sendall(outer.read())
    octets = 0
    # What is encrypted cannot be read any more through this library; its amount tells enough.
    while got := raw.recv(65536):
        octets += len(got)
    return {'octets': octets}


def pad(port):
    """The lengths of answers with padding and without, over TLS."""
    connection = secure(port)
    found = {}
    for name, asked in [('none', None), ('plain', []), ('padded', [(PADDING, b'')]),
                        ('both', [(PADDING, bytes(20)), (KEEPALIVE, b'')])]:
        connection.sendall(framed(query(1, options=asked)))
        message = receive(connection)
        found[name] = {
            'octets': len(message), 'options': options(message) if asked is not None else {}}
    for name, kind in [('big.example.com', 16), ('huge.example.com', 16), ('no.example.com', 1)]:
        connection.sendall(framed(query(1, name, kind, options=[(PADDING, b'')])))
        message = receive(connection)
        found[name] = {'octets': len(message), 'options': options(message)}
    return found


def garbage(port):
    """What is no TLS, cut TLS, and TLS that lies about lengths."""
    texts = {
        'query': framed(query(1)), 'http': b'GET / HTTP/1.1\r\n\r\n' * 20,
        'random': os.urandom(4096), 'zeros': bytes(4096), 'alert': b'\x15\3\3\0\2\2\x28',
        'long': b'\x16\3\1\0\xc8\1\2\0\0' + bytes(191),
        'pieces': b'\x16\3\1\0\1\1' + b'\x16\3\1\0\3\0\1\0' + bytes(600)}
    found = {}
    for name, text in texts.items():
        connection = plain(port)
        try:
            connection.sendall(text)
            while connection.recv(4096):
                pass
            found[name] = 'closed'
        except ConnectionError:
            found[name] = 'closed'
        except TimeoutError:
            found[name] = 'open'
    return found


def slow(port):
    """Halves of handshakes, octet by octet, and a handshake with nothing behind it."""
    began = time.monotonic()
    hello = ssl_hello()
    connection = plain(port)
    try:
        for octet in hello[:-1]:
            connection.sendall(bytes([octet]))
            time.sleep(0.02)
        slowly = ends(connection)
    except ConnectionError:
        slowly = 'closed'
    silent = ends(plain(port))
    idle = ends(secure(port))
    return {
        'slowly': slowly, 'silent': silent, 'idle': idle,
        'seconds': round(time.monotonic() - began, 1)}


def ssl_hello():
    inner, outer = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(inner, outer)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outer.read()


def flood(port, count, pid):
    """Half-open handshakes from many addresses, more than there is room for, while others ask."""
    settled = secure(port, '127.0.0.2')
    settled.sendall(framed(query(1)))
    receive(settled)
    hello = ssl_hello()
    def resident():
        with open(f'/proc/{pid}/status') as status:
            return int(next(line.split()[1] for line in status if line.startswith('VmRSS')))
    def wave():
        held = []
        for index in range(int(count)):
            made = plain(port, f'127.1.{index // 8 // 250}.{index // 8 % 250 + 1}')
            # A third says nothing, one announces much, one gets as far as it can without a key.
            made.sendall([b'', b'\x16\3\1\2\0\1\0\x3f\xff' + bytes(80), hello][index % 3])
            held.append(made)
            if index % 100 == 99:
                asks(port)
        return held
    held = wave()
    for made in held:
        made.close()
    first = resident()
    for _ in range(3):
        for made in wave():
            made.close()
    settled.sendall(framed(query(2)))
    receive(settled)
    return {'grown_kib': resident() - first, 'first_kib': first}


def asks(port):
    connection = secure(port, '127.0.0.3')
    connection.sendall(framed(query(3)))
    receive(connection)
    connection.close()


def unread(port, count):
    """Many long answers that nobody reads: how many octets of queries are taken."""
    connection = secure(port)
    connection.settimeout(3)
    text = b''.join(framed(query(1, 'huge.example.com', 16)) for _ in range(100))
    sent, end = 0, 'taken'
    try:
        for _ in range(int(count)):
            connection.sendall(text)
            sent += 100
    except (TimeoutError, ConnectionError, ssl.SSLError) as error:
        end = str(error)
    return {'queries': sent, 'end': end}


def transfer(port, protocols):
    """Ask for a zone, naming these protocols; the code and the octets of the first message."""
    connection = secure(port, protocols=[name for name in protocols.split(',') if name])
    connection.sendall(framed(query(1, 'example.com', 252, options=[(PADDING, b'')])))
    message = receive(connection)
    return {
        'code': message[3] & 15, 'records': struct.unpack('>H', message[6:8])[0],
        'octets': len(message), 'padded': len(message) % 468 == 0}


def stay(port):
    """A connection that is told by standard input when to ask again."""
    connection = secure(port)
    first = connection.getpeercert(True)
    for line in sys.stdin:
        connection.sendall(framed(query(1)))
        receive(connection)
        fresh = secure(port)
        print(json.dumps({
            'answered': True, 'changed': fresh.getpeercert(True) != first}), flush=True)
        fresh.close()
    return {}


if __name__ == '__main__':
    deeds = [shake, pipeline, goodbye, pad, garbage, slow, flood, unread, transfer, stay]
    deed = next(deed for deed in deeds if deed.__name__ == sys.argv[2])
    print(json.dumps(deed(int(sys.argv[1]), *sys.argv[3:])), flush=True)
