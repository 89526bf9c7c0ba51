#!/usr/bin/env python3
"""PowerDNS Authoritative Server on free ports, behind a proxy that counts and fails.

    powerdns.py [--backend gsqlite3|lmdb] [--setting name=value ...]

The command in PIPAM_PDNS_SERVER is run instead of pdns_server if it is set. Prints {"url" of the
proxy, "direct" url of the API, "dns_port", "key", "version"}. Commands on standard input:

    {"do": "fault", "kind": "drop_after", "method": "PATCH", "count": 1, ...}  see powerdns_proxy.py
    {"do": "requests"}      {"requests": {method: count}, "octets": ..., "answered_octets": ...}
    {"do": "stop"}          end the server; the proxy finds nobody then
    {"do": "start"}         start it again on the same ports with the same data
                            (after "stop", also where it was killed)
"""

import argparse
import asyncio
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import powerdns_proxy
import serving
from children import die_with_parent, free_port

KEY = 'test-key'
SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql'
START_SECONDS = 20
STOP_SECONDS = 5
ATTEMPTS = 5


class PowerDNS:
    """One server and its data."""

    def __init__(self, directory, backend, settings):
        self.directory = pathlib.Path(directory)
        self.backend = backend
        self.settings = settings
        self.process = None
        self.command = shlex.split(os.environ.get('PIPAM_PDNS_SERVER', 'pdns_server'))
        if backend == 'gsqlite3':
            with open(SCHEMA) as schema:
                subprocess.run(['sqlite3', self.directory / 'pdns.sqlite3'], stdin=schema,
                               check=True)
        self.choose_ports()

    def choose_ports(self):
        self.dns_port, self.api_port = free_port(), free_port()

    def configuration(self):
        lines = {
            'launch': self.backend, 'local-address': '127.0.0.1', 'local-port': self.dns_port,
            'socket-dir': self.directory, 'api': 'yes', 'api-key': KEY, 'webserver': 'yes',
            'webserver-address': '127.0.0.1', 'webserver-port': self.api_port,
            'webserver-allow-from': '127.0.0.1', 'primary': 'yes', 'loglevel': 3,
        }
        if self.backend == 'gsqlite3':
            lines.update({'gsqlite3-database': self.directory / 'pdns.sqlite3',
                          'gsqlite3-dnssec': 'yes'})
        else:
            lines['lmdb-filename'] = self.directory / 'pdns.lmdb'
        lines.update(setting.split('=', 1) for setting in self.settings)
        return ''.join('{0}={1}\n'.format(*line) for line in lines.items())

    def start(self):
        """Returns the version once the API answers."""
        (self.directory / 'pdns.conf').write_text(self.configuration())
        log = open(self.directory / 'log', 'a')
        self.process = subprocess.Popen(
            self.command + ['--config-dir={0}'.format(self.directory), '--guardian=no',
                            '--daemon=no', '--write-pid=no'],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            version = self.version()
            if version:
                return version
            time.sleep(0.05)
        self.stop()
        return None

    def version(self):
        request = urllib.request.Request(
            self.url + '/api/v1/servers/localhost', headers={'X-API-Key': KEY})
        try:
            with urllib.request.urlopen(request, timeout=1) as answer:
                return json.load(answer)['version']
        except (urllib.error.URLError, OSError):
            return None

    @property
    def url(self):
        return 'http://127.0.0.1:{0}'.format(self.api_port)

    def kill(self):
        """As a crash does; nothing is waited for."""
        if self.process is not None:
            self.process.kill()

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


async def main(arguments, directory):
    server = PowerDNS(directory, arguments.backend, arguments.setting)
    try:
        version = None
        for _ in range(ATTEMPTS):
            version = server.start()
            if version:
                break
            server.choose_ports()  # another process took one
        if not version:
            raise SystemExit((server.directory / 'log').read_text())
        proxy = powerdns_proxy.Proxy(server.api_port, server.kill)
        port = await proxy.start()

        async def obey(command):
            action = command.pop('do')
            if action == 'fault':
                return proxy.set_fault(**command)
            if action == 'requests':
                return proxy.take_counts()
            if action == 'stop':
                return server.stop()
            return server.start()

        serving.say(url='http://127.0.0.1:{0}'.format(port), direct=server.url,
                    dns_port=server.dns_port, key=KEY, version=version)
        await serving.obey(obey)
    finally:
        server.stop()


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--backend', choices=['gsqlite3', 'lmdb'], default='gsqlite3')
    parser.add_argument('--setting', action='append', default=[])
    with tempfile.TemporaryDirectory(prefix='pipam-pdns-') as directory:
        asyncio.run(main(parser.parse_args(), directory))
