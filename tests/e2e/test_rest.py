"""The REST API of a real gateway: what a first user does with curl, and what clients rely on."""
import json
import socket
import threading
import time
import urllib.parse

import http.client

import pytest

from harness import Gateway

PATIENCE = 20  # seconds until a test gives up


@pytest.fixture(scope="module")
def gateway():
    """One gateway for all tests here; each test uses idents of its own."""
    with Gateway() as g:
        yield g


class Session:
    """A tracker that sends frames and waits until each is answered, so that it is stored."""

    def __init__(self, gateway, ident):
        self.ident = ident
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE)
        self.name = "%s:%d" % self.socket.getsockname()

    def ask(self, frame, count):
        self.socket.sendall(frame)
        data = b""
        while len(data) < count:
            part = self.socket.recv(65536)
            assert part, "the gateway closed the connection"
            data += part
        return data

    def heartbeats(self, percents):
        frames = b"".join(b"*HQ,%d,HTBT,%d#" % (self.ident, p) for p in percents)
        assert self.ask(frames, len(frames)) == frames

    def position(self, clock, date, knots):
        self.ask(b"*HQ,%d,V1,%s,A,2240.55181,N,11358.32389,E,%s,180,%s,FFFFFBFF#" %
                 (self.ident, clock, knots, date), len(b"*HQ,%d,V4,V1,20150810145452#" % self.ident))

    def close(self):
        self.socket.close()


def connection(gateway):
    return http.client.HTTPConnection(urllib.parse.urlsplit(gateway.url).netloc, timeout=PATIENCE)


def ask(gateway, method, path, body=None, headers=None):
    """(status, headers, parsed JSON or None)."""
    c = connection(gateway)
    headers = {"Authorization": "FlespiToken " + gateway.token} if headers is None else headers
    c.request(method, path, body, headers)
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer.status, answer.headers, json.loads(text) if text else None


def register(gateway, ident, name="Truck"):
    status, _, answer = ask(gateway, "POST", "/gw/devices", json.dumps(
        [{"name": name, "device_type_id": 1, "configuration": {"ident": "%015d" % ident}}]))
    assert status == 200
    return answer["result"][0]["id"]


# ---- the token ----


@pytest.mark.parametrize("method, path", [
    ("GET", "/gw/channels/all"), ("GET", "/gw/channels/all/messages"),
    ("GET", "/gw/channels/all/idents/*"), ("GET", "/gw/devices/all"), ("POST", "/gw/devices"),
    ("DELETE", "/gw/devices/all"), ("GET", "/gw/devices/all/messages"),
    ("GET", "/gw/devices/all/telemetry/all"), ("GET", "/gw/channel-protocols/all"),
])
@pytest.mark.parametrize("token", [None, "", "FlespiToken ", "FlespiToken " + "x" * 64])
def test_nothing_without_the_token(gateway, method, path, token):
    headers = {} if token is None else {"Authorization": token}
    status, _, answer = ask(gateway, method, path, "{}", headers)
    assert status == 401
    assert answer == {"errors": [{"code": 1, "reason": "unauthorized"}]}


def test_the_bare_token_is_enough(gateway):
    assert ask(gateway, "GET", "/gw/channels/all", headers={"Authorization": gateway.token})[0] == 200


def test_health_and_metrics_give_nothing_away(gateway):
    tracker = Session(gateway, 7001)
    tracker.heartbeats([50])
    status, _, answer = ask(gateway, "GET", "/health", headers={})
    assert (status, answer) == (200, {"status": "ok"})
    c = connection(gateway)
    c.request("GET", "/metrics")
    answer = c.getresponse()
    text = answer.read().decode()
    c.close()
    assert answer.status == 200
    assert "cantrack_frames_decoded_total" in text and "cantrack_store_commits_total" in text
    assert "7001" not in text.replace("_", " ").split() and "127.0.0.1" not in text
    tracker.close()


# ---- channels ----


def test_the_channel_says_where_it_listens(gateway):
    [channel] = gateway.get("/gw/channels/all")
    assert channel["id"] == 1 and channel["protocol_id"] == 441 and channel["enabled"] is True
    assert channel["uri"].endswith(":%d" % gateway.port)
    assert set(channel) == {"id", "cid", "name", "enabled", "protocol_id", "messages_ttl",
                            "configuration", "uri", "secondary_uri"}


def test_idents_are_listed_with_or_without_a_device(gateway):
    tracker = Session(gateway, 7101)
    tracker.heartbeats([50, 51, 52])
    [seen] = gateway.get("/gw/channels/1/idents/7101")
    assert seen["messages"] == 3 and seen["size"] > 0 and seen["device_id"] is None
    assert seen["peer"] == tracker.name
    assert seen["reason"] == "no device has configuration.ident 7101"
    assert abs(seen["last"] - time.time()) < PATIENCE
    device = register(gateway, 7101)
    [seen] = gateway.get("/gw/channels/1/idents/*710*")
    assert seen["device_id"] == device and seen["reason"] is None
    assert gateway.get("/gw/channels/1/idents/no*") == []
    tracker.close()


# ---- devices, messages, telemetry ----


def test_from_the_first_device_to_its_track(gateway):
    device = register(gateway, 7201, "Truck 1")
    tracker = Session(gateway, 7201)
    for second, knots in ((b"145452", b"10.00"), (b"145502", b"20.00"), (b"145457", b"15.00")):
        tracker.position(second, b"100815", knots)
    path = "/gw/devices/%d/messages" % device
    track = gateway.get(path)
    assert [m["position.speed"] for m in track] == [18.52, 27.78, 37.04]  # by the device's time
    assert track == sorted(track, key=lambda m: m["timestamp"])
    first = track[0]
    assert first["timestamp"] == 1439218492 and first["ident"] == "7201"
    assert (first["device.id"], first["device.name"], first["device.type.id"]) == (
        device, "Truck 1", 1)
    assert list(first) == sorted(first)
    assert gateway.get(path, {"from": 1439218497, "to": 1439218497}) == track[1:2]
    assert gateway.get(path, {"reverse": True, "count": 1}) == track[2:]
    assert gateway.get(path, {"fields": "timestamp"})[0] == {"timestamp": 1439218492}
    # the same as the body of a GET
    status, _, answer = ask(gateway, "GET", path, json.dumps({"from": 1439218492.000001}))
    assert status == 200 and answer["result"] == track[1:]
    [latest] = gateway.get("/gw/devices/%d/telemetry/position" % device)
    assert latest["id"] == device
    position = latest["telemetry"]["position"]
    assert position["ts"] == 1439218502 and position["value"]["speed"] == 37.04
    assert latest["telemetry"]["position.speed"] == {"ts": 1439218502, "value": 37.04}
    assert "ident" not in latest["telemetry"]
    tracker.close()


def test_a_device_without_messages_has_no_telemetry(gateway):
    device = register(gateway, 7301)
    assert gateway.get("/gw/devices/%d/telemetry/all" % device) == [
        {"id": device, "telemetry": None}]
    assert gateway.get("/gw/devices/%d/messages" % device) == []


def test_a_device_that_is_registered_while_its_tracker_is_connected(gateway):
    tracker = Session(gateway, 7401)
    tracker.heartbeats([10])
    device = register(gateway, 7401)
    tracker.heartbeats([11])
    [message] = gateway.get("/gw/devices/%d/messages" % device)
    assert message["battery.level"] == 11
    status, _, answer = ask(gateway, "DELETE", "/gw/devices/%d" % device)
    assert (status, answer) == (200, {"result": [{"id": device}]})
    tracker.close()  # the gateway ends the connection of a device that is deleted
    tracker = Session(gateway, 7401)
    tracker.heartbeats([12])
    last = gateway.get("/gw/channels/1/messages", {"reverse": True, "count": 1})
    assert last[0]["battery.level"] == 12 and "device.id" not in last[0]
    tracker.close()


def test_several_devices_are_one_stream(gateway):
    ids, trackers = [], []
    for ident in (7501, 7502, 7503):
        ids.append(register(gateway, ident))
        trackers.append(Session(gateway, ident))
    for percent in range(30):
        trackers[percent % 3].heartbeats([percent])
    path = "/gw/devices/%s/messages" % ",".join(map(str, ids))
    assert [m["battery.level"] for m in gateway.get(path)] == list(range(30))
    assert [m["battery.level"] for m in gateway.get(path, {"reverse": True, "count": 4})] == [
        29, 28, 27, 26]
    for tracker in trackers:
        tracker.close()


def test_duplicates_and_partial_failure(gateway):
    device = register(gateway, 7601)
    status, _, answer = ask(gateway, "POST", "/gw/devices", json.dumps(
        [{"configuration": {"ident": "07601"}}, {"configuration": {"ident": "7602"}}]))
    assert status == 200 and len(answer["result"]) == 1
    assert answer["errors"] == [{"code": 2, "id": 0,
                                 "reason": "ident 7601 belongs to device %d already" % device}]


@pytest.mark.parametrize("method, path, body, status, error", [
    ("GET", "/gw/devices/98765", None, 403,
     {"code": 3, "id": 98765, "reason": "access denied or unable to process the item"}),
    ("GET", "/gw/channels/1?fields=title", None, 400,
     {"code": 2, "field": "title", "reason": "field is not allowed"}),
    ("GET", "/gw/nothing", None, 404, {"code": 2, "reason": "there is nothing at /gw/nothing; see /docs for what there is"}),
    ("POST", "/gw/channels/1", "{}", 405,
     {"code": 2, "reason": "POST is not possible here, only GET, HEAD, PUT, PATCH, DELETE"}),
    ("POST", "/gw/devices", '{"colour":1}', 400,
     {"code": 2, "id": 0, "field": "colour", "reason": "unknown property colour"}),
    ("GET", "/gw/channels/1/messages?data=%7B%22form%22%3A1%7D", None, 400,
     {"code": 2, "field": "form", "reason": "unknown property form"}),
])
def test_refusals_are_told(gateway, method, path, body, status, error):
    got, _, answer = ask(gateway, method, path, body)
    assert (got, answer) == (status, {"result": [], "errors": [error]})


def test_what_rest_made_outlives_a_restart():
    with Gateway() as g:
        device = register(g, 7701, "stays")
        g.stop()
        g.start()
        [again] = g.get("/gw/devices/configuration.ident=7701")
        assert (again["id"], again["name"]) == (device, "stays")
        assert register(g, 7702) > device


# ---- long answers ----


def test_a_slow_reader_gets_everything_and_hinders_nobody(gateway):
    """While one reader pauses in the middle of a long answer, messages go on being stored and read;
    in the end it has every message of its range."""
    count = 20000
    device = register(gateway, 7801)
    tracker = Session(gateway, 7801)
    for start in range(0, count, 1000):
        tracker.heartbeats([p % 100 for p in range(start, start + 1000)])
    slow = connection(gateway)
    slow.request("GET", "/gw/devices/%d/messages" % device, headers={
        "Authorization": gateway.token})
    answer = slow.getresponse()
    assert answer.headers["Transfer-Encoding"] == "chunked"
    text = answer.read(1)
    tracker.heartbeats(range(100))
    assert len(gateway.get("/gw/devices/%d/messages" % device, {"count": 10})) == 10
    messages = json.loads(text + answer.read())["result"]
    slow.close()
    assert len(messages) >= count
    assert [m["battery.level"] for m in messages[:count]] == [p % 100 for p in range(count)]
    tracker.close()


def test_many_clients_at_once(gateway):
    device = register(gateway, 7901)
    tracker = Session(gateway, 7901)
    tracker.heartbeats(range(50))
    wrong = []

    def client():
        c = connection(gateway)
        for _ in range(50):
            c.request("GET", "/gw/devices/%d/messages" % device,
                      headers={"Authorization": gateway.token})
            answer = c.getresponse()
            if len(json.loads(answer.read())["result"]) != 50 or answer.status != 200:
                wrong.append(answer.status)
        c.close()

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    tracker.close()
