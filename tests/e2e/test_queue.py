"""Reading channels by key and posting messages, against a real gateway: what pullers rely on."""
import http.client
import json
import resource
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

    def __init__(self, gateway, path, body=""):
        address = urllib.parse.urlsplit(gateway.url)
        self.socket = socket.create_connection((address.hostname, address.port), PATIENCE + 30)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {gateway.token}"
                            f"\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
                            .encode())

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


def test_the_data_object_may_be_a_body(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(103, 1))
    data = {"curr_key": head(gateway), "timeout": 30, "filter": "battery.level>5"}
    poller = Poller(gateway, "/gw/channels/1/messages", json.dumps(data))
    tracker.ask(heartbeat(103, 2))  # not wanted: the wait goes on
    tracker.ask(heartbeat(103, 7))
    status, answer = poller.answer()
    assert status == 200 and answer["next_key"] == data["curr_key"] + 2
    assert [m["battery.level"] for m in answer["result"]] == [7]


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


# ---- posting ----


def register(gateway, ident):
    status, answer = ask(gateway, "POST", "/gw/devices",
                         [{"name": str(ident), "configuration": {"ident": str(ident)}}])
    assert status == 200
    return answer["result"][0]["id"]


def test_posted_messages_are_the_devices(gateway):
    device = register(gateway, 301)
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(301, 50))
    posted = [{"timestamp": 1732262400 + n, "position.latitude": 22.5 + n / 100,
               "position.longitude": 114.05, "vendor.code": "HQ"} for n in range(3)]
    status, answer = ask(gateway, "POST", "/gw/devices/configuration.ident=301/messages", posted)
    assert (status, answer) == (200, {"result": [{"id": device, "count": 3}]})
    stored = gateway.get(f"/gw/devices/{device}/messages", {"to": 1732262500})
    assert len(stored) == 3
    for message, wanted in zip(stored, posted):
        assert {name: message[name] for name in wanted} == wanted
        assert (message["ident"], message["device.id"], message["channel.id"]) == ("301", device, 0)
        assert "peer" not in message
    # what was read can be given back as it is
    status, answer = ask(gateway, "POST", f"/gw/devices/{device}/messages", stored)
    assert status == 200
    [latest] = gateway.get(f"/gw/devices/{device}/telemetry/position,battery.level")
    assert latest["telemetry"]["position"] == {
        "ts": 1732262402, "value": {"latitude": 22.52, "longitude": 114.05}}
    assert latest["telemetry"]["battery.level"]["value"] == 50


def test_an_answered_post_outlives_a_kill():
    with Gateway() as g:
        device = register(g, 302)
        for n in range(1, 41):
            status, _ = ask(g, "POST", f"/gw/devices/{device}/messages",
                            [{"timestamp": n, "battery.level": n}, {"timestamp": n + 1000}])
            assert status == 200
            if n % 10 == 0:
                g.kill()
                g.start()
                times = [m["timestamp"] for m in g.get(f"/gw/devices/{device}/messages")]
                assert times == [*range(1, n + 1), *range(1001, n + 1001)]
        [latest] = g.get(f"/gw/devices/{device}/telemetry/battery")
        assert latest["telemetry"]["battery.level"] == {"ts": 40, "value": 40}


def test_many_post_at_once(gateway):
    device = register(gateway, 303)
    wrong = []

    def post(first):
        for n in range(first, first + 50):
            status, _ = ask(gateway, "POST", f"/gw/devices/{device}/messages", {"timestamp": n})
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=post, args=(first,)) for first in range(0, 500, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    stored = gateway.get(f"/gw/devices/{device}/messages", {"fields": "timestamp"})
    assert stored == [{"timestamp": n} for n in range(500)]


def test_a_full_disk_refuses_posts_until_there_is_room():
    with Gateway() as g:
        device = register(g, 304)
        path = f"/gw/devices/{device}/messages"
        assert ask(g, "POST", path, {"timestamp": 1})[0] == 200
        limit = resource.RLIMIT_FSIZE
        before = resource.prlimit(g.process.pid, limit, (1, resource.RLIM_INFINITY))
        status, answer = ask(g, "POST", path, {"timestamp": 2})
        assert status == 503 and "may be stored later or not" in answer["errors"][0]["reason"]
        status, answer = ask(g, "POST", path, {"timestamp": 3})
        assert status == 503 and "nothing was stored" in answer["errors"][0]["reason"]
        resource.prlimit(g.process.pid, limit, before)
        wait_for(lambda: ask(g, "POST", path, {"timestamp": 4})[0] == 200)
        times = [m["timestamp"] for m in g.get(path)]
        assert times[0] == 1 and 3 not in times and 4 in times
        # who posts while the gateway stops is answered, or knows nothing
        assert g.stop() == 0


# ---- telemetry ----


def test_forgotten_telemetry_stays_away():
    with Gateway() as g:
        device = register(g, 305)
        tracker = Tracker(g)
        tracker.ask(heartbeat(305, 50))
        path = f"/gw/devices/{device}/telemetry/"
        assert ask(g, "DELETE", path + "battery,message.type") == (200, {"result": [{"id": device}]})
        for _ in range(2):
            [latest] = g.get(path + "all")
            assert "ident" in latest["telemetry"]
            assert not {"battery.level", "message.type"} & set(latest["telemetry"])
            g.kill()
            g.start()
        Tracker(g).ask(heartbeat(305, 51))
        [latest] = g.get(path + "battery.level")
        assert latest["telemetry"]["battery.level"]["value"] == 51


# ---- freeing ----


def test_a_puller_frees_what_it_has():
    """Each message once, and nothing is left behind, over kills."""
    with Gateway() as g:
        device = register(g, 401)
        pulled, key = [], 0
        for part in range(3):
            tracker = Tracker(g)
            for n in range(100):
                tracker.ask(heartbeat(401, n))
            while True:
                _, answer = ask(g, "GET", "/gw/channels/1/messages", curr_key=key, delete=True,
                                limit_count=37)
                if not answer["result"]:
                    break
                pulled += answer["result"]
                key = answer["next_key"]
            assert g.get("/gw/channels/1/messages") == []
            g.kill()
            g.start()
            assert g.get("/gw/channels/1/messages") == []
        assert [m["battery.level"] for m in pulled] == [n for _ in range(3) for n in range(100)]
        assert len(g.get(f"/gw/devices/{device}/messages")) == 300  # the device keeps its own


def test_messages_of_a_channel_are_deleted(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(402, 1) + heartbeat(402, 2))
    key = head(gateway)
    assert ask(gateway, "DELETE", target("/gw/channels/1/messages", delete_key=key - 1)) == (
        200, {"result": [{"id": 1}]})
    assert [m["battery.level"] for m in gateway.get("/gw/channels/1/messages")] == [2]
    assert ask(gateway, "DELETE", "/gw/channels/all/messages")[0] == 200
    tracker.ask(heartbeat(402, 3))
    assert [m["battery.level"] for m in gateway.get("/gw/channels/1/messages")] == [3]
