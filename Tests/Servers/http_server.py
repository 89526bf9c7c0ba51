#!/usr/bin/env python3
"""Canned answers over TCP, TLS or a unix socket.

    http_server.py [--tls] [--unix-socket PATH]

Prints {"url"} and with --tls {"fingerprint", "authority"}. Commands on standard input:

    {"do": "answer", "path": "/x", "status": 200, "reason": "OK", "body": "text", "repeat": 1,
     "headers": {}, "delay": 0, "cut": null}
    {"do": "forget", "path": "/x"}
    {"do": "requests"}        {"requests": [{"method", "target", "headers", "body"}], "connections"}
"""

import argparse
import asyncio

import canned

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument('--tls', action='store_true')
parser.add_argument('--unix-socket')
arguments = parser.parse_args()
asyncio.run(canned.CannedServer().run(tls=arguments.tls, unix_socket=arguments.unix_socket))
