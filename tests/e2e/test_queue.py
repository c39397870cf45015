"""Reading channels by key and posting messages, against a real gateway: what pullers rely on."""
import http.client
import json
import selectors
import socket
import threading
import urllib.parse

import pytest

from harness import Gateway
from trackers import PATIENCE, Tracker, heartbeat, wait_for


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as g:
        yield g


def target(path, **data):
    return path + "?data=" + urllib.parse.quote(json.dumps(data))


def ask(gateway, method, path, body=None, **data):
    """(status, parsed answer)."""
    status, text = gateway.request(method, path, body, data or None)
    return status, json.loads(text)


def head(gateway):
    """The key behind everything that is there."""
    return ask(gateway, "GET", "/gw/channels/1/messages", count=1, reverse=True)[1]["next_key"]


class Poller:
    """A request whose answer is not waited for."""

    def __init__(self, gateway, path):
        address = urllib.parse.urlsplit(gateway.url)
        self.socket = socket.create_connection((address.hostname, address.port), PATIENCE + 30)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {gateway.token}"
                            "\r\nConnection: close\r\n\r\n".encode())

    def answer(self):
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        text = response.read()
        self.socket.close()
        return response.status, json.loads(text)


# ---- waiting ----


def test_a_frame_wakes_who_waits(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(101, 1))
    key = head(gateway)
    poller = Poller(gateway, target("/gw/channels/1/messages", curr_key=key, timeout=30))
    with selectors.DefaultSelector() as selector:
        selector.register(poller.socket, selectors.EVENT_READ)
        assert not selector.select(0.3)  # it does wait
    tracker.ask(heartbeat(101, 2))
    status, answer = poller.answer()
    assert status == 200 and answer["next_key"] == key + 1
    assert [m["battery.level"] for m in answer["result"]] == [2]


def test_the_wait_ends_by_itself(gateway):
    status, answer = ask(gateway, "GET", "/gw/channels/1/messages", curr_key=head(gateway), timeout=1)
    assert status == 200 and answer == {"result": [], "next_key": head(gateway)}


def test_who_waits_takes_no_thread(gateway):
    """500 wait, and everything else is answered; one message then answers them all."""
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(102, 1))
    key = head(gateway)
    path = target("/gw/channels/all/messages", curr_key=key, timeout=30, fields="battery.level")
    pollers = [Poller(gateway, path) for _ in range(500)]
    for _ in range(50):
        assert gateway.get("/gw/devices/all/telemetry/all") == []
    with selectors.DefaultSelector() as selector:
        for poller in pollers:
            selector.register(poller.socket, selectors.EVENT_READ)
        assert not selector.select(0)
    tracker.ask(heartbeat(102, 2))
    expected = (200, {"result": [{"battery.level": 2}], "next_key": key + 1})
    assert all(poller.answer() == expected for poller in pollers)


def test_who_waits_does_not_hold_up_the_end():
    with Gateway() as g:
        path = target("/gw/channels/1/messages", curr_key=0, timeout=30)
        pollers = [Poller(g, path) for _ in range(200)]
        assert g.get("/gw/devices/all") == []
        gone = Poller(g, path)  # a client that lost its patience
        gone.socket.close()
        assert g.stop() == 0
        for poller in pollers:
            try:
                assert poller.answer() == (200, {"result": [], "next_key": 1})
            except (http.client.HTTPException, ConnectionError):
                poller.socket.close()


# ---- pulling ----


def test_a_puller_gets_each_message_once_over_a_restart():
    """Two trackers send while a puller reads; the gateway is killed in between."""
    with Gateway() as g:
        told, pulled, key = {201: 0, 202: 0}, [], 0

        def send(ident, count):
            tracker = Tracker(g)
            for _ in range(count):
                told[ident] += 1
                tracker.ask(heartbeat(ident, told[ident] % 101))
            tracker.close()

        for part in range(4):
            senders = [threading.Thread(target=send, args=(i, 150)) for i in told]
            for sender in senders:
                sender.start()
            while any(s.is_alive() for s in senders) or len(pulled) < 300 * (part + 1):
                _, answer = ask(g, "GET", "/gw/channels/all/messages", curr_key=key,
                                limit_count=37, timeout=1)
                assert answer["next_key"] >= key
                pulled += answer["result"]
                key = answer["next_key"]
            for sender in senders:
                sender.join()
            g.kill()
            g.start()
        for ident in told:
            levels = [m["battery.level"] for m in pulled if m["ident"] == str(ident)]
            assert levels == [n % 101 for n in range(1, 601)]
