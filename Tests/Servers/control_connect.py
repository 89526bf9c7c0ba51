"""Asks the control socket as another user: prints the status code and the body.

Usage: control_connect.py SOCKET PATH UID GID [GROUP ...]

Needs root. The user and the groups need not exist.
"""

import os
import socket
import sys

path, target = sys.argv[1:3]
uid, gid, *groups = map(int, sys.argv[3:])
os.setgroups(groups)
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)
connection = socket.socket(socket.AF_UNIX)
try:
    connection.connect(path)
except PermissionError:
    print('EACCES')
    sys.exit(0)
connection.sendall('GET {0} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.format(target).encode())
answer = b''
while part := connection.recv(65536):
    answer += part
head, _, body = answer.partition(b'\r\n\r\n')
print(head.split()[1].decode(), body.decode())
