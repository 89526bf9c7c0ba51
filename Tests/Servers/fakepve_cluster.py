#!/usr/bin/env python3
"""A Proxmox cluster made of fakepve, with the faults that tests need.

    fakepve_cluster.py guests.json [--nodes 3] [--host 127.0.0.1] [--port 0] [--latency 0.02]

The guests file is fakepve's: {"guests": [{"vmid", "name", "type", "node", "status", "config",
"agent"}]}. Prints {"url", "fingerprint", "authority", "token", "secret"}; "authority" is the path
of the certificate. Commands on standard input:

    {"do": "answer595", "node": "pve2"}       every call for the node is answered 595
    {"do": "empty", "node": "pve2"}           the node's guests are in no list
    {"do": "down"} / {"do": "up"}             the API listens no more / again, on the same port
    {"do": "down_after", "requests": 20}      the same, by itself, after so many requests
    {"do": "revoke"}                          the token is unknown
    {"do": "latency", "seconds": 0.02}
    {"do": "filter", "vmids": [100]}          only these guests may be seen
    {"do": "clock", "seconds": 3600}          its clock is so much ahead
    {"do": "heal"}                            all of the above undone
    {"do": "set", "vmid": 100, "config": {}, "status": "running", "node": "pve2", "lock": null,
     "agent": {}, "hangs": true}              what is given is changed
    {"do": "destroy", "vmid": 100}
    {"do": "add", "guest": {}}
    {"do": "offline", "node": "pve2"}         as a node that lost power
    {"do": "quorum", "quorate": false}
    {"do": "requests"}                        {"count", "paths"} since the last such command
    {"do": "cpu"}                             seconds of processor time used so far
"""

import argparse
import asyncio
import email.utils
import json
import logging
import time

from aiohttp import web

import serving
from fakepve import FakePve, PveError

TOKEN = 'pipam@pve!test'
SECRET = '00000000-1111-2222-3333-444444444444'
PRIVILEGES = ('VM.Audit', 'VM.GuestAgent.Audit', 'Sys.Audit', 'SDN.Audit', 'Pool.Audit')


class Cluster(FakePve):
    """fakepve with nodes that answer 595 or nothing."""

    def __init__(self, host, port):
        super().__init__(host=host, port=port)
        # fakepve sleeps for latency in scaled time.
        self.time_scale = 1.0
        self.apitokens[TOKEN] = SECRET
        self.grant(TOKEN, '/', *PRIVILEGES)
        self.silent = set()
        self.emptied = set()
        self.networks = {}
        self.paths = []
        self.answers_left = None
        self.seconds_ahead = 0

    @web.middleware
    async def _middleware(self, request, handler):
        self.paths.append(request.path)
        if self.answers_left is not None:
            self.answers_left -= 1
            if self.answers_left <= 0:
                request.transport.close()
                raise ConnectionResetError('the API is down')
        response = await super()._middleware(request, handler)
        if self.seconds_ahead:
            response.headers['Date'] = email.utils.formatdate(
                time.time() + self.seconds_ahead, usegmt=True)
        return response

    async def _answer(self, request, handler, generic, path_node):
        if path_node in self.silent:
            return web.json_response({'data': None}, status=595, reason='No route to host')
        if request.path.endswith('/network') and path_node in self.networks:
            return web.json_response({'data': self.networks[path_node]})
        if '/cluster/sdn/' in request.path:
            return web.json_response({'data': []})
        response = await super()._answer(request, handler, generic, path_node)
        if self.emptied and request.path.endswith('/cluster/resources'):
            data = json.loads(response.text)['data']
            data = [item for item in data if item.get('node') not in self.emptied]
            return web.json_response({'data': data})
        return response

    def _authenticate(self, request):
        if self.answers_left is not None and self.answers_left <= 0:
            raise PveError(503, 'down')
        return super()._authenticate(request)


def add_guest(pve, guest):
    """One guest of the guests file."""
    node = guest.get('node', 'pve1')
    status = guest.get('status', 'running')
    if guest.get('type', 'qemu') == 'lxc':
        pve.add_ct(guest['vmid'], guest.get('name'), node=node, status=status,
                   config=guest.get('config', {}), template=guest.get('template', False),
                   lock=guest.get('lock'))
        return
    config = dict(guest.get('config', {}))
    vm = pve.add_vm(guest['vmid'], guest.get('name') or 'VM {0}'.format(guest['vmid']), node=node,
                    status=status, config=config, template=guest.get('template', False),
                    lock=guest.get('lock'))
    vm.agent = guest.get('agent')


def cpu_seconds():
    """Processor time of this process."""
    return time.process_time()


class Driver:
    """The commands."""

    def __init__(self, pve, certificate, key):
        self.pve = pve
        self.files = (certificate, key)

    async def __call__(self, command):
        return await getattr(self, 'do_' + command.pop('do'))(**command)

    async def do_answer595(self, node):
        self.pve.silent.add(node)

    async def do_empty(self, node):
        self.pve.emptied.add(node)

    async def do_down(self):
        await self.pve.stop()

    async def do_up(self):
        if self.pve.runner is None:
            await self.pve.start(*self.files)

    async def do_down_after(self, requests):
        self.pve.answers_left = requests

    async def do_revoke(self):
        self.pve.apitokens.clear()

    async def do_latency(self, seconds):
        self.pve.slow_network(seconds)

    async def do_filter(self, vmids):
        self.pve.acl = {}
        self.pve.grant(TOKEN, '/nodes', *PRIVILEGES)
        for vmid in vmids:
            self.pve.grant(TOKEN, '/vms/{0}'.format(vmid), *PRIVILEGES)

    async def do_clock(self, seconds):
        self.pve.seconds_ahead = seconds

    async def do_heal(self):
        self.pve.seconds_ahead = 0
        self.pve.silent.clear()
        self.pve.emptied.clear()
        self.pve.answers_left = None
        self.pve.apitokens[TOKEN] = SECRET
        self.pve.acl = None
        self.pve.grant(TOKEN, '/', *PRIVILEGES)
        self.pve.slow_network(0)
        self.pve.regain_quorum()
        for node in self.pve.nodes:
            self.pve.set_node_offline(node, False)
        await self.do_up()

    def guest(self, vmid):
        return self.pve.vm(vmid) or self.pve.ct(vmid)

    async def do_set(self, vmid, config=None, status=None, node=None, hangs=None, **rest):
        guest = self.guest(vmid)
        for key, value in (config or {}).items():
            if value is None:
                guest.config.pop(key, None)
            else:
                guest.config[key] = value
        if config and 'name' in config:
            guest.name = config['name']
        if status:
            guest.status = status
            guest.started_at = time.time() if status == 'running' else None
            if hasattr(guest, 'qmpstatus'):
                guest.qmpstatus = status
        if node:
            guest.node = node
        if hangs is not None:
            guest.agent_hangs = hangs
        for key, value in rest.items():
            setattr(guest, key, value)

    async def do_destroy(self, vmid):
        guest = self.guest(vmid)
        (self.pve.vms if guest in self.pve.vms else self.pve.cts).remove(guest)

    async def do_add(self, guest):
        add_guest(self.pve, guest)

    async def do_offline(self, node):
        self.pve.set_node_offline(node)

    async def do_quorum(self, quorate):
        self.pve.quorate = quorate

    async def do_network(self, node, interfaces):
        self.pve.networks[node] = interfaces

    async def do_requests(self):
        paths, self.pve.paths = self.pve.paths, []
        return {'count': len(paths), 'paths': paths}

    async def do_cpu(self):
        return cpu_seconds()


async def main():
    # The faults that tests ask for are no news.
    logging.getLogger('aiohttp.server').setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('guests')
    parser.add_argument('--nodes', type=int, default=3)
    parser.add_argument('--host', default='127.0.0.1', help='the address that it listens at')
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--latency', type=float, default=0.0, help='seconds before each answer')
    arguments = parser.parse_args()
    keep, certificate, key, fingerprint = serving.make_certificate()
    with keep:
        pve = Cluster(arguments.host, arguments.port)
        for number in range(2, arguments.nodes + 1):
            pve.add_node('pve{0}'.format(number))
        with open(arguments.guests, encoding='utf-8') as file:
            for guest in json.load(file)['guests']:
                add_guest(pve, guest)
        pve.slow_network(arguments.latency)
        await pve.start(certificate, key)
        serving.say(url=pve.url, fingerprint=fingerprint, authority=certificate, token=TOKEN,
                    secret=SECRET)
        await serving.obey(Driver(pve, certificate, key))
        await pve.stop()


asyncio.run(main())
