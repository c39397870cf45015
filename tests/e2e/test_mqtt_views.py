"""MQTT: the gateway's own topics say what REST says, at once and as it changes."""
import itertools
import json
import threading
import time

import pytest

from commanding import Device, ask, done, interval_answered
from harness import Gateway
from mqtt import PATIENCE, join
from trackers import Tracker, heartbeat, wait_for

PLACE = b"*HQ,%d,V1,%s,A,2240.55181,N,11358.32389,E,%.2f,180,%s,FFFFFFFF#"


@pytest.fixture
def device(door):
    return Device(door)


@pytest.fixture
def c(door):
    with join(door) as client:
        yield client


def value(message):
    return json.loads(message.payload)


def stamp(message):
    [text] = message.user("timestamp")
    return float(text)


def state_of(gateway, *filters):
    """{topic: message} of what is retained."""
    with join(gateway) as client:
        assert all(code < 2 for code in client.subscribe(*filters, qos=1))
        out = {}
        for message in client.settle():
            assert message.topic not in out or not message.retain
            if message.retain:  # else something happens meanwhile
                out[message.topic] = message
        return out


def until(client, is_it):
    """Messages up to the first that is_it(), which is the last of the list."""
    out = []
    while not out or not is_it(out[-1]):
        out.append(client.message())
    return out


def place(ident, when, speed=10.0):
    at = time.gmtime(when)
    return PLACE % (ident, time.strftime("%H%M%S", at).encode(), speed, time.strftime("%d%m%y", at).encode())


# ---- messages ----

def test_messages_are_those_of_rest(c, door, device):
    c.subscribe("flespi/message/gw/devices/" + str(device.id), qos=1, id=1)
    c.subscribe("flespi/message/gw/channels/+/" + str(device.ident), qos=1, id=2)
    now = int(time.time())
    tracker = Tracker(door)
    for percent in (10, 20):
        tracker.ask(heartbeat(device.ident, percent))
    for i in range(3):
        tracker.send(place(device.ident, now + i))
        assert tracker.receive(1)
    came = c.messages(10)
    assert all(m.qos == 1 and not m.retain for m in came)
    mine = [m for m in came if m.properties["subscription_id"] == [1]]
    channels = [m for m in came if m.properties["subscription_id"] == [2]]
    # REST sorts by the time of the device, here they come as they came in
    kept = door.get(device.path + "/messages")
    assert sorted(map(value, mine), key=lambda v: v["timestamp"]) == sorted(kept, key=lambda v: v["timestamp"])
    status, text = door.request("GET", device.path + "/messages")
    assert status == 200 and all(m.payload.decode() in text for m in mine), "the same text too"
    of_channel = [m for m in door.get("/gw/channels/1/messages") if m["ident"] == str(device.ident)]
    assert [value(m) for m in channels] == of_channel
    assert {m.topic for m in channels} == {f"flespi/message/gw/channels/1/{device.ident}"}
    for m in came:
        assert abs(stamp(m) - value(m)["server.timestamp"]) < 0.000002
        assert m.user("cid") == ["1"]
    tracker.close()


def test_nothing_is_missed_and_nothing_comes_twice(c, door):
    """Several trackers at once; each channel message is one of REST's, in its order."""
    trackers, each = 8, 50
    devices = [Device(door) for _ in range(trackers)]
    c.subscribe("flespi/message/gw/channels/1/" + ",".join(str(d.ident) for d in devices), qos=1)

    def drive(d):
        t = Tracker(door)
        for i in range(each):
            t.ask(heartbeat(d.ident, i))
        t.close()
    threads = [threading.Thread(target=drive, args=(d,)) for d in devices]
    for t in threads:
        t.start()
    came = [value(m) for m in c.messages(trackers * each)]
    for t in threads:
        t.join(PATIENCE)
    assert c.settle() == []
    idents = {str(d.ident) for d in devices}
    assert came == [m for m in door.get("/gw/channels/1/messages", {"count": 1000000}) if m["ident"] in idents]
    for d in devices:
        assert [m["battery.level"] for m in came if m["ident"] == str(d.ident)] == list(range(each))


def test_conditions_on_messages(c, door, device):
    c.subscribe(f"$filter/payload=battery.level%3E50/flespi/message/gw/devices/{device.id}", qos=1)
    c.subscribe(f"$filter/message=topic~%22*devices*%22/flespi/message/gw/+/+/{device.ident}", qos=1)
    tracker = Tracker(door)
    for percent in (10, 60, 50, 70):
        tracker.ask(heartbeat(device.ident, percent))
    tracker.close()
    assert [value(m)["battery.level"] for m in c.messages(2)] == [60, 70]
    assert c.settle() == []


def test_messages_that_are_posted(c, door, device):
    c.subscribe(f"flespi/message/gw/devices/{device.id}", qos=1)
    assert ask(door, "POST", device.path + "/messages", [{"timestamp": 1700000000, "battery.level": 5}])[0] == 200
    [kept] = door.get(device.path + "/messages")
    assert value(c.message()) == kept


def test_sessions_wait_for_messages(door, device, own):
    """Committed while the client is away."""
    options = {"clean": False, "props": {"session_expiry": 600}}
    with join(door, own, **options) as c:
        c.subscribe(f"flespi/message/gw/devices/{device.id}", qos=1)
        c.disconnect()
    tracker = Tracker(door)
    for percent in range(20):
        tracker.ask(heartbeat(device.ident, percent))
    tracker.close()
    with join(door, own, **options) as c:
        assert [value(m)["battery.level"] for m in c.messages(20)] == list(range(20))


# ---- state ----

def test_state_is_what_rest_says(door, device):
    tracker = device.unit()
    tracker.place()
    device.interval(60, max_attempts=1)
    wait_for(lambda: device.waiting()[0]["state"] == "sent")
    # who came in other tests has gone
    wait_for(lambda: len(door.get("/gw/channels/1/connections/all")) == 1)
    for kind, item in (("devices", device.id), ("channels", 1)):
        path = f"/gw/{kind}/{item}"
        state = {topic.split("/", 5)[5] if topic.count("/") > 4 else "": m
                 for topic, m in state_of(door, f"flespi/state/gw/{kind}/{item}/#").items()}
        assert value(state.pop("")) == door.get(path)[0]
        members = {name: value(m) for name, m in state.items() if "/" not in name}
        assert {"id", "name", "enabled", "configuration", "protocol_id", "messages_ttl", "cid", "blocked"} <= set(members)
        assert members == {**door.get(f"{path}?fields={','.join(members)}")[0]}
        below = {name: m for name, m in state.items() if "/" in name}
        connections = {str(item["id"]): item for item in door.get(path + "/connections/all")}
        assert {n.split("/")[1]: value(m) for n, m in below.items() if n.startswith("connections/")} == connections
        assert connections
    commands = {str(item["id"]): item for item in door.get(device.path + "/commands-queue/all")}
    state = state_of(door, f"flespi/state/gw/devices/{device.id}/commands-queue/+")
    assert {topic.split("/")[-1]: value(m) for topic, m in state.items()} == commands != {}
    idents = {item["ident"]: item for item in door.get("/gw/channels/1/idents/*")}
    state = state_of(door, "flespi/state/gw/channels/1/idents/+")
    told = {topic.split("/")[-1]: value(m) for topic, m in state.items()}
    assert {name: {k: item[k] for k in told[name]} for name, item in idents.items()} == told != {}
    tracker.close()


def test_telemetry_is_what_rest_says(c, door, device):
    c.subscribe(f"flespi/state/gw/devices/{device.id}/telemetry/+", qos=1, rap=True)
    assert c.settle() == []
    now = int(time.time())
    tracker = Tracker(door)
    tracker.ask(heartbeat(device.ident, 77))
    tracker.send(place(device.ident, now - 10))
    assert tracker.receive(1)
    tracker.send(place(device.ident, now - 100, speed=99.0))  # older: changes nothing that is there
    assert tracker.receive(1)
    [item] = door.get(device.path + "/telemetry/all")
    expected = {name: (v["value"], v["ts"]) for name, v in item["telemetry"].items()}
    state = state_of(door, f"flespi/state/gw/devices/{device.id}/telemetry/+")
    assert {t.split("/")[-1]: (value(m), stamp(m)) for t, m in state.items()} == expected
    assert value(state[f"flespi/state/gw/devices/{device.id}/telemetry/position"])["direction"] == 180
    # who was there before has been told the same
    told = {}
    for m in c.settle():
        assert m.retain
        told[m.topic.split("/")[-1]] = (value(m), stamp(m))
    assert told == expected
    one = state_of(door, f"flespi/state/gw/devices/{device.id}/telemetry/battery.level,position.speed,nothing")
    assert {t.split("/")[-1] for t in one} == {"battery.level", "position.speed"}
    tracker.close()


def test_values_that_are_forgotten_are_told_empty(c, door, device):
    tracker = Tracker(door)
    tracker.ask(heartbeat(device.ident, 77))
    tracker.send(place(device.ident, int(time.time()) - 10))
    assert tracker.receive(1)
    c.subscribe(f"flespi/state/gw/devices/{device.id}/telemetry/+", qos=1, rh=2)
    door.request("DELETE", device.path + "/telemetry/battery.level,position.speed")
    assert {(m.topic.split("/")[-1], m.payload) for m in c.settle()} == {
        ("battery.level", b""), ("position.speed", b"")}
    door.request("DELETE", device.path + "/telemetry/position.*")
    gone = {m.topic.split("/")[-1]: m.payload for m in c.settle()}
    assert {"position", "position.latitude"} <= gone.keys() and not any(gone.values())
    assert "position.speed" not in gone
    tracker.close()


def test_connections_come_and_go(c, door, device):
    c.subscribe(f"flespi/state/gw/devices/{device.id}/connections/+", qos=1, id=1)
    c.subscribe(f"flespi/state/gw/devices/{device.id}/connected", qos=1, id=2)
    [before] = c.settle()
    assert value(before) is False
    tracker = Tracker(door)
    tracker.ask(heartbeat(device.ident, 1))
    came = {m.properties["subscription_id"][0]: m for m in c.messages(2)}
    [item] = door.get(device.path + "/connections/all")
    assert value(came[1]) == item and came[1].topic.endswith(f"/{item['id']}")
    assert value(came[2]) is True
    assert state_of(door, f"flespi/state/gw/channels/1/connections/{item['id']}")
    tracker.close()
    came = {m.properties["subscription_id"][0]: m for m in c.messages(2)}
    assert came[1].payload == b"" and came[1].topic.endswith(f"/{item['id']}")
    assert value(came[2]) is False
    assert not state_of(door, f"flespi/state/gw/channels/1/connections/{item['id']}")


def test_values_never_go_back(door, device):
    """Who subscribes while a value rises sees it rise, from wherever it begins."""
    unit, stop, now = device.unit(), threading.Event(), int(time.time()) - 86400

    def drive():
        for speed in itertools.count():
            if stop.is_set():
                break
            unit.place(speed, when=now + speed)
    thread = threading.Thread(target=drive)
    thread.start()
    try:
        for _ in range(20):
            with join(door) as c:
                c.subscribe(f"flespi/state/gw/devices/{device.id}/telemetry/position.speed", qos=1)
                speeds = [value(m) for m in c.messages(5)]
                assert speeds == sorted(speeds)
    finally:
        stop.set()
        thread.join(PATIENCE)
        unit.close()


# ---- changes over REST ----

def test_a_device_s_life(c, door):
    c.subscribe("flespi/state/gw/devices/+/id,name,deleted,configuration", qos=1, rh=2, id=1)
    c.subscribe("flespi/state/gw/devices/+", qos=1, rh=2, id=2)
    c.subscribe("flespi/log/gw/devices/+/created,updated,deleted", qos=1, id=3)
    item = done(ask(door, "POST", "/gw/devices", [{"name": "new", "configuration": {"ident": "4711"}}]))
    path, topic = f"/gw/devices/{item['id']}", f"flespi/state/gw/devices/{item['id']}"

    def changes(count):
        out = {}
        for m in c.messages(count):
            assert m.topic not in out
            out[m.topic.removeprefix(topic)] = value(m) if m.payload else None
        return out

    log = f"flespi/log/gw/devices/{item['id']}/"
    came = changes(5)
    assert came.pop(log + "created") == door.get(path + "/logs")[0]
    assert came == {"": item, "/id": item["id"], "/name": "new", "/configuration": item["configuration"]}
    assert ask(door, "PUT", path, {"name": "renamed"})[0] == 200
    came = changes(3)
    entry = came.pop(log + "updated")
    assert entry["new"]["name"] == "renamed" and entry["old"]["name"] == "new"
    assert came == {"": door.get(path)[0], "/name": "renamed"}
    assert ask(door, "PUT", path, {"name": "renamed"})[0] == 200
    assert set(changes(1)) == {log + "updated"}, "nothing has changed"
    assert ask(door, "PATCH", path, {"configuration": {"phone": "+123"}})[0] == 200
    came = changes(3)
    assert came["/configuration"]["phone"] == "+123" and came[""] == door.get(path)[0]
    assert ask(door, "DELETE", path)[0] == 200
    came = changes(6)
    assert came.pop(log + "deleted")["old"]["id"] == item["id"]
    assert came == {"": None, "/id": None, "/name": None, "/configuration": None, "/deleted": True}
    assert not state_of(door, topic + "/#")


def test_a_channel_s_life(c, door):
    c.subscribe("flespi/state/gw/channels/+/name,uri,enabled,deleted", qos=1, rh=2)
    c.subscribe("flespi/log/gw/channels/+/created,updated,deleted", qos=1)
    item = done(ask(door, "POST", "/gw/channels", [{"name": "second", "protocol_name": "cantrack", "configuration": {}}]))
    came = {m.topic.split("/")[-1]: value(m) for m in c.messages(4)}
    assert (came["name"], came["enabled"]) == ("second", True) and "created" in came
    assert came["uri"] == door.get(f"/gw/channels/{item['id']}")[0]["uri"]
    assert ask(door, "PUT", f"/gw/channels/{item['id']}", {"enabled": False})[0] == 200
    came = [(m.topic.split("/")[-1], value(m)) for m in c.messages(2)]
    assert ("enabled", False) in came
    assert ask(door, "DELETE", f"/gw/channels/{item['id']}")[0] == 200
    came = {m.topic.split("/")[-1]: m.payload for m in until(c, lambda m: not m.payload) + c.messages(2)}
    assert came["deleted"] and came["uri"] == came["name"] == came["enabled"] == b""


def test_a_stranger_becomes_a_device(c):
    with Gateway(args=["--auto-devices"]) as g, join(g) as c:
        c.subscribe("flespi/state/gw/devices/+/configuration", "flespi/message/gw/devices/+", qos=1)
        tracker = Tracker(g)
        tracker.ask(heartbeat(8168000008, 42))
        came = {m.topic.split("/")[1]: value(m) for m in c.messages(2)}
        assert came["state"]["ident"] == "8168000008"
        assert came["message"]["battery.level"] == 42
        tracker.close()


# ---- commands and logs ----

def test_a_command_s_life(c, door, device):
    c.subscribe(f"flespi/state/gw/devices/{device.id}/commands-queue/+", qos=1)
    c.subscribe(f"flespi/log/gw/devices/{device.id}/commands-queue/#", qos=1)
    item = device.interval(60)
    topic = f"flespi/state/gw/devices/{device.id}/commands-queue/{item['id']}"
    log = f"flespi/log/gw/devices/{device.id}/commands-queue/interval.set/"
    came = {m.topic: value(m) for m in c.messages(2)}
    assert set(came) == {topic, log + "queued"}
    assert came[topic] == device.waiting()[0] and came[log + "queued"]["id"] == item["id"]
    unit = device.unit()
    came = {m.topic: value(m) for m in c.messages(2)}
    assert set(came) == {topic, log + "sent"} and came[topic]["attempts"] == 1
    answer = interval_answered(unit, 60)
    came = {m.topic: m.payload for m in c.messages(2)}
    assert set(came) == {topic, log + "processed"} and came[topic] == b""
    assert json.loads(came[log + "processed"])["response"] == answer
    unit.close()
    wait_for(lambda: door.get(device.path + "/connections/all") == [])
    item = device.interval(70)
    c.messages(2)
    assert ask(door, "DELETE", device.path + "/commands-queue/all")[0] == 200
    came = {m.topic: m.payload for m in c.messages(2)}
    assert came[topic.replace(str(topic.split('/')[-1]), str(item["id"]))] == b"" and log + "canceled" in came


def test_logs_are_those_of_rest():
    """On a gateway of its own: elsewhere, what comes often is told as one."""
    with Gateway() as g, join(g) as c:
        device = Device(g)
        c.subscribe(f"flespi/log/gw/devices/{device.id}/#", qos=1, id=1)
        c.subscribe("flespi/log/gw/channels/1/#", qos=1, id=2)
        unit = device.unit()
        unit.send(b"*HQ,%d,V1,nonsense#" % device.ident)
        unit.beat()
        unit.close()
        came = {1: [], 2: []}
        while len(came[1]) < 3 or len(came[2]) < 3:
            m = c.message()
            assert not m.retain and stamp(m) == value(m)["timestamp"]
            came[m.properties["subscription_id"][0]].append(m)
        assert [m.topic.split("/")[-1] for m in came[1]] == ["connected", "error", "disconnected"]
        [connection] = {m.topic.split("/")[6] for m in came[2]}
        assert [m.topic for m in came[2]] == [f"flespi/log/gw/channels/1/connections/{connection}/{event}"
                                              for event in ("accepted", "identified", "closed")]
        for number, path in ((1, device.path), (2, "/gw/channels/1")):
            kept = wait_for(lambda: len(g.get(path + "/logs")) >= 3 and g.get(path + "/logs"))
            assert [value(m) for m in came[number]] == kept[-3:]


def test_sessions_of_mqtt_are_logged_too(c, door, own):
    c.subscribe("flespi/log/mqtt/sessions/+/+", qos=1)
    c.settle()
    with join(door, own, 4) as other:
        other.subscribe("x/" + own)
        other.disconnect()
    came = [m for m in until(c, lambda m: m.topic.endswith("/disconnected") and value(m)["client_id"] == own)
            if value(m).get("client_id") == own]
    assert [m.topic.split("/")[-1] for m in came] == ["connected", "subscribed", "disconnected"]
    assert len({m.topic.split("/")[4] for m in came}) == 1


def test_the_account(door):
    [m] = state_of(door, "flespi/state/platform/customer").values()
    customer = door.get("/platform/customer")[0]
    assert value(m) == {name: customer[name] for name in value(m)} and value(m)["id"]


def test_a_device_that_is_deleted_leaves_nothing(door):
    """What anybody may have kept of it is emptied."""
    device = Device(door)
    unit = device.unit()
    unit.place()
    device.interval(60)
    wait_for(lambda: device.waiting()[0]["state"] == "sent")
    with join(door) as c:
        c.subscribe(f"flespi/state/gw/devices/{device.id}/#", qos=1)
        kept = {m.topic for m in c.settle() if m.payload}
        assert any("/telemetry/" in t for t in kept) and any("/commands-queue/" in t for t in kept)
        assert ask(door, "DELETE", device.path)[0] == 200
        while kept:
            m = c.message()
            kept -= set() if m.payload else {m.topic}
        assert state_of(door, f"flespi/state/gw/devices/{device.id}/#") == {}
    unit.close()


# ---- REST about MQTT ----

def test_rest_publishes(c, door, own):
    c.subscribe(own + "/#", qos=1)
    status, answer = ask(door, "POST", "/mqtt/messages", [
        {"topic": own + "/a", "payload": "one", "retain": True}, {"topic": "flespi/x", "payload": "no"},
        {"topic": own + "/b", "payload": "two"}])
    assert status == 200 and [e["id"] for e in answer["errors"]] == [1]
    assert [(m.topic, m.payload, m.retain) for m in c.messages(2)] == [
        (own + "/a", b"one", False), (own + "/b", b"two", False)]
    assert {t: m.payload for t, m in state_of(door, own + "/#").items()} == {own + "/a": b"one"}
    c.publish(own + "/a", "", qos=1, retain=True)


def test_rest_ends_a_session(door, own):
    options = {"clean": False, "props": {"session_expiry": 600}}
    with join(door, own, **options) as c, join(door, own + "x", 4, clean=False) as old:
        told = {s["client_id"]: s["id"] for s in door.get("/mqtt/sessions/all")}
        for name in (own, own + "x"):
            assert ask(door, "DELETE", f"/mqtt/sessions/{told[name]}")[0] == 200
        assert (c.end(), old.end()) == (0x98, None)
        assert not {own, own + "x"} & {s["client_id"] for s in door.get("/mqtt/sessions/all")}
    with join(door, own, **options) as c:
        assert not c.connack.session_present


# ---- restarts ----

def everything(gateway):
    """What is retained, but for what a restart may change."""
    passing = ("connected", "uri", "secondary_uri", "messages_size")
    return {topic: m.payload for topic, m in state_of(gateway, "flespi/state/#").items()
            if "/connections/" not in topic and topic.split("/")[-1] not in passing and topic.count("/") > 4}


def test_a_restart_brings_all_of_it_again():
    with Gateway() as g:
        devices = [Device(g) for _ in range(3)]
        for d in devices:
            unit = d.unit()
            unit.place()
            unit.close()
            wait_for(lambda: not g.get(d.path + "/connections/all"))
            d.interval(60)
        before = everything(g)
        assert len(before) > 100
        for end in (g.stop, g.kill):
            end()
            g.start()
            assert everything(g) == before


def test_an_orderly_restart_keeps_sessions_and_what_clients_retain(own):
    options = {"clean": False, "props": {"session_expiry": 600}}
    with Gateway() as g:
        device = Device(g)
        with join(g, own, **options) as c:
            c.subscribe(f"flespi/message/gw/devices/{device.id}", qos=1, id=7)
            c.subscribe("mine/+", qos=1)
            c.publish("mine/a", "kept", qos=1, retain=True, props={"content_type": "t"})
            c.settle()
        with join(g) as other:
            other.publish("mine/b", "waits", qos=1)
        tracker = Tracker(g)
        tracker.ask(heartbeat(device.ident, 42))
        tracker.close()
        connected = join(g, own + "x", **options)
        assert g.stop() == 0
        assert connected.end() == 0x8B
        g.start()
        tracker = Tracker(g)
        tracker.ask(heartbeat(device.ident, 43))
        tracker.close()
        with join(g, own, **options) as c:
            assert c.connack.session_present
            came = c.settle()
            levels = [value(m)["battery.level"] for m in came if m.topic.startswith("flespi")]
            assert levels == [42, 43]
            assert [m.payload for m in came if m.topic == "mine/b"] == [b"waits"]
            assert all(m.properties["subscription_id"] == [7] for m in came if m.topic.startswith("flespi"))
            c.subscribe("mine/a")
            [kept] = c.settle()
            assert (kept.payload, kept.properties["content_type"]) == (b"kept", "t")
        with join(g, own + "x", **options) as c:
            assert c.connack.session_present
        g.kill()
        g.start()
        with join(g, own, **options) as c:
            assert not c.connack.session_present  # a crash: the client is told so
