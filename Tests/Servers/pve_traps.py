#!/usr/bin/env python3
"""Proxmox's API where fakepve is kinder than Proxmox: recorded answers as they stand.

    pve_traps.py FIXTURES

FIXTURES is a folder of recorded answers. A token other than the right one is answered 401 after
three seconds, with the text in the status line only. Prints {"url", "token", "secret"}. Commands on
standard input: those of http_server.py, and

    {"do": "file", "path": "/x", "name": "nodes.json", "status": 200, "reason": ""}
    {"do": "revoke"}
"""

import asyncio
import pathlib
import sys

import canned

TOKEN = 'pipam@pve!test'
SECRET = '00000000-1111-2222-3333-444444444444'
API = '/api2/json'
REFUSAL_DELAY = 3.0

FILES = {
    '/version': 'version_pve9.json',
    '/access/permissions': 'access_permissions_pveauditor_token.json',
    '/cluster/status': 'cluster_status.json',
    '/cluster/resources?type=vm': 'cluster_resources_type_vm.json',
    '/cluster/sdn/vnets?running=1': 'sdn_vnets.json',
    '/cluster/sdn/zones?running=1': 'sdn_zones.json',
    '/nodes/pve1/network': 'nodes_network.json',
    '/nodes/pve2/network': 'nodes_network.json',
    # Without current=1 Proxmox merges pending changes in.
    '/nodes/pve1/qemu/100/config': 'qemu_100_config_pending_default.json',
    '/nodes/pve1/qemu/100/config?current=1': 'qemu_100_config_current1.json',
    '/nodes/pve1/qemu/100/agent/get-host-name': 'agent_get_host_name.json',
    '/nodes/pve1/qemu/100/agent/network-get-interfaces': 'agent_network_get_interfaces.json',
    '/nodes/pve2/lxc/200/config?current=1': 'lxc_200_config.json',
    '/nodes/pve2/lxc/200/interfaces': 'lxc_interfaces_stopped.json',
}


class Traps(canned.CannedServer):
    """Recorded answers behind a token."""

    def __init__(self, folder):
        super().__init__()
        self.folder = pathlib.Path(folder)
        self.is_revoked = False
        for path, name in FILES.items():
            self.do_file(API + path, name)
        self.do_answer(API + '/nodes/pve3/qemu/101/config', status=595, reason='No route to host')

    def refusal(self, headers):
        right = 'PVEAPIToken={0}={1}'.format(TOKEN, SECRET)
        if headers.get('authorization') == right and not self.is_revoked:
            return None
        return canned.Answer(401, 'permission denied - invalid token', delay=REFUSAL_DELAY)

    def do_file(self, path, name, **rest):
        """Answer this path with a recorded answer."""
        self.answers[path] = canned.Answer(body=(self.folder / name).read_bytes(), **rest)

    def do_revoke(self):
        """The token is unknown from now on."""
        self.is_revoked = True


asyncio.run(Traps(sys.argv[1]).run(token=TOKEN, secret=SECRET))
