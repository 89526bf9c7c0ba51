"""What the programs need that a script starts and ends."""

import ctypes
import signal
import socket

PR_SET_PDEATHSIG = 1


def free_port():
    """A port of 127.0.0.1 that nobody has, for UDP and TCP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(('127.0.0.1', 0))
            port = stream.getsockname()[1]
            try:
                datagram.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue


def end_with_parent():
    """Runs in the child: it is asked to end also when this process is killed (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def die_with_parent():
    """The same, and it is not asked."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
