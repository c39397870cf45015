"""What the tests of the gate have in common: a tracker's socket, and ways to look at the gateway."""
import os
import re
import socket
import time

import pytest

PATIENCE = 20  # seconds until a test gives up; nothing waits so long when all is well
# An address that no other program of this machine uses, so that any port of it stays free for who comes
# back to it. One below 32768 is not taken by who listens at all addresses and takes any port either.
OWN_ADDRESS = "127.%d.%d.%d" % (64 + (os.getpid() >> 16 & 63), os.getpid() >> 8 & 255, os.getpid() & 255)


def options(*args):
    return pytest.mark.parametrize("gateway", [args], indirect=True, ids=[args[0]])


class Tracker:
    """One connection."""

    def __init__(self, gateway, source=None, receive_bytes=None, port=None, host="127.0.0.1"):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, receive_bytes)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port or gateway.port))
        self.name = "%s:%d" % self.socket.getsockname()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, count):
        """So many bytes, or what came before the connection ended."""
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                break
            data += part
        return data

    def ask(self, frame, reply=None):
        """Sends a frame and expects its reply (default: the echo)."""
        reply = reply or frame
        self.send(frame)
        assert self.receive(len(reply)) == reply

    def rest(self):
        """All that comes until the gateway closes; a reset ends it too."""
        data = b""
        try:
            while part := self.socket.recv(65536):
                data += part
        except ConnectionResetError:
            pass
        return data

    def close(self):
        self.socket.close()


def wait_for(condition):
    """The value of condition() as soon as it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def close_code(gateway, tracker):
    """What the gateway's log says about the end of a connection."""
    pattern = re.compile(r"event=closed .*peer=%s .*close_code=(\d+)" % re.escape(tracker.name))
    return int(wait_for(lambda: next(filter(None, map(pattern.search, gateway.log)), None)).group(1))


def messages(gateway):
    return gateway.get("/gw/channels/1/messages")


def metric(gateway, name):
    status, text = gateway.request("GET", "/metrics")
    assert status == 200
    return int(re.search(r"^cantrack_%s (\d+)$" % name, text, re.M).group(1))


def heartbeat(ident, percent):
    return b"*HQ,%d,HTBT,%d#" % (ident, percent)


POSITION = b"*HQ,865205030330012,V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFFFF#"
