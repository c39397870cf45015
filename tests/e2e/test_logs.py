"""Logs and raw traffic of a running gateway: what Toolbox asks for, floods, restarts, limits."""
import base64
import json
import os
import re
import urllib.request

from harness import Gateway
from trackers import PATIENCE, Tracker, heartbeat, metric, options, wait_for

IDENT = 8168000008
NEWEST = {"reverse": True, "count": 1, "fields": "timestamp"}


def make_device(gateway, ident=IDENT):
    status, text = gateway.request(
        "POST", "/gw/devices", [{"name": "Truck", "configuration": {"ident": str(ident)}}])
    assert status == 200, text
    return json.loads(text)["result"][0]["id"]


def visit(gateway, ident=IDENT):
    """A tracker comes, says something and goes."""
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(ident, 50))
    tracker.close()
    wait_for(lambda: metric(gateway, "connections_open") == 0)


def visit_told(gateway, device):
    """A visit of which all is told: the last is the packet of its end."""
    count = len(gateway.get(f"/gw/devices/{device}/packets"))
    visit(gateway)
    wait_for(lambda: len(gateway.get(f"/gw/devices/{device}/packets")) == count + 4)


def codes(gateway, path, data=None):
    return [entry["event_code"] for entry in gateway.get(path + "/logs", data)]


def test_what_toolbox_asks_for(gateway):
    device = make_device(gateway)
    path = f"/gw/devices/{device}"
    visit_told(gateway, device)
    [newest] = gateway.get(path + "/logs", NEWEST)
    assert list(newest) == ["timestamp"]
    to = newest["timestamp"]
    wanted = {"count": 1000, "from": to - 60, "to": to, "reverse": True}
    assert codes(gateway, path, wanted) == [301, 300, 1]
    assert codes(gateway, path, {**wanted, "to": to - 0.000001}) == [300, 1]
    assert codes(gateway, path, {**wanted, "filter": "event_code==301&&close_code==2"}) == [301]
    assert codes(gateway, path, {**wanted, "filter": "event_code==301&&close_code==17"}) == []

    [last] = gateway.get(path + "/packets", {"count": 1, "reverse": True})
    assert last["type"] == 1 and "data" not in last
    packets = gateway.get(path + "/packets", {"count": 1000, "to": last["timestamp"], "from": 1})
    assert [packet["type"] for packet in packets] == [0, 2, 3, 1]
    assert {packet["conn"] for packet in packets} == {last["conn"]}
    for packet in packets[1:3]:
        assert base64.b64decode(packet["data"], validate=True) == heartbeat(IDENT, 50)
    same = gateway.get(f"/gw/channels/1/idents/{IDENT}/packets", {"filter": "type=2"})
    assert same == [packets[1]]

    # without a token, and the data as a body, as some of its clients send it
    with urllib.request.urlopen(gateway.url + "/const/values?names=toolbox%2Fcodes") as answer:
        [item] = json.load(answer)["result"]
    for code in codes(gateway, "/gw/channels/1") + codes(gateway, path):
        assert str(code) in item["toolbox/codes"]["codes"]
    assert "2" in item["toolbox/codes"]["codes"]["102"]["extra_codes"]
    status, text = gateway.request("GET", path + "/logs", wanted)
    assert (status, len(json.loads(text)["result"])) == (200, 3)


def test_what_is_deleted_has_logs(gateway):
    device = make_device(gateway)
    other = make_device(gateway, IDENT + 1)
    assert gateway.request("DELETE", f"/gw/devices/{device}")[0] == 200
    gone = f"/platform/deleted/origin%3Dgw%2Fdevices%2F{device}"
    wait_for(lambda: 3 in codes(gateway, gone))
    assert [(entry["event_code"], entry["origin_id"]) for entry in gateway.get(gone + "/logs")] == [
        (1, device), (3, device)]
    assert codes(gateway, gone, {"filter": "event_code==3"}) == [3]
    assert codes(gateway, f"/platform/deleted/origin=gw%2Fdevices%2F{other + 1}") == []
    for which in ["all", "type=11", "origin=gw%2Fdevices%2F", "origin=gw%2Fdevices%2Fall",
                  "origin=gw%2Fdevices%2F0", "origin=gw%2Fdevices%2F4294967296",
                  "origin=gw%2Fstreams%2F1"]:
        status, text = gateway.request("GET", f"/platform/deleted/{which}/logs")
        assert status == 400 and "origin=gw/devices/NUMBER" in text


def test_logs_and_packets_outlive_the_gateway():
    with Gateway() as gateway:
        device = make_device(gateway)
        visit_told(gateway, device)
        paths = [f"/gw/devices/{device}/logs", "/gw/channels/1/logs",
                 f"/gw/devices/{device}/packets"]
        before = [gateway.get(path) for path in paths]
        assert [len(entries) for entries in before] == [3, 3, 4]
        assert gateway.stop() == 0
        gateway.start()
        assert [gateway.get(path) for path in paths] == before
        visit_told(gateway, device)
        assert [len(gateway.get(path)) for path in paths] == [5, 6, 8]
        assert [gateway.get(path)[:len(old)] for path, old in zip(paths, before)] == before


def test_a_flood_of_bad_frames_is_counted():
    flood = 30000
    with Gateway() as gateway:
        device = make_device(gateway)
        tracker = Tracker(gateway)
        tracker.ask(heartbeat(IDENT, 50))
        bad = b"*HQ,%d,V1,1#" % IDENT
        for _ in range(flood // 1000):
            tracker.send(bad * 1000)
        tracker.ask(heartbeat(IDENT, 51))
        refused = {"filter": "event_code==304", "count": 100}
        lines = gateway.get(f"/gw/devices/{device}/logs", refused)
        assert 1 <= len(lines) < 10
        assert lines[0]["ident"] == str(IDENT) and "V1" in lines[0]["error_text"]
        assert metric(gateway, "events_folded_total") > flood - 100
        tracker.close()
        assert gateway.stop() == 0  # which tells what was counted
        gateway.start()
        lines = gateway.get(f"/gw/devices/{device}/logs", refused)
        assert sum(line.get("count", 1) for line in lines) == flood
        assert len(lines) < 20
        assert (gateway.data / "events.db").stat().st_size < 1000000


@options("--packets-bytes", "0")
def test_traffic_need_not_be_recorded(gateway):
    device = make_device(gateway)
    visit(gateway)
    wait_for(lambda: 301 in codes(gateway, f"/gw/devices/{device}"))
    assert gateway.get(f"/gw/devices/{device}/packets") == []
    assert not (gateway.data / "packets.db").exists()
    assert metric(gateway, "packets_disk_bytes") == 0


@options("--packets-bytes", "1000000")
def test_the_file_of_packets_has_a_limit(gateway):
    tracker = Tracker(gateway)
    for _ in range(800):
        # random, so that it cannot be packed; refused, so that it is not answered
        noise = base64.b32encode(os.urandom(6000))
        frames = [b"*HQ,%d,V1,%s#" % (IDENT, noise[i:i + 960]) for i in range(0, 9600, 960)]
        tracker.send(b"".join(frames) + heartbeat(IDENT, 1))
        assert tracker.receive(len(heartbeat(IDENT, 1))) == heartbeat(IDENT, 1)
    largest = 0

    def is_written():
        nonlocal largest
        largest = max(largest, metric(gateway, "packets_disk_bytes"))
        [newest] = gateway.get(f"/gw/channels/1/idents/{IDENT}/packets", NEWEST)
        oldest = gateway.get(f"/gw/channels/1/idents/{IDENT}/packets", {"count": 1})[0]
        return oldest["type"] != 0 and newest
    wait_for(is_written)
    assert largest < 4000000
    tracker.close()


def test_a_broken_file_is_told_at_the_start():
    gateway = Gateway()
    with gateway:
        assert gateway.stop() == 0
        (gateway.data / "events.db").write_bytes(b"this is no database " * 1000)
        gateway.spawn()
        assert gateway.process.wait(PATIENCE) == 1
        wait_for(lambda: any(re.search(r"cannot_start .*events\.db: file is not a database", line)
                             for line in gateway.log))
        (gateway.data / "events.db").unlink()
        gateway.kill()
        gateway.start()
