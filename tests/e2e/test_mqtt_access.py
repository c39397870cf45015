"""MQTT: what a token sees and may do is what REST would let it, while it is good and no longer."""
import json
import time

import pytest

from commanding import Device, ask, done
from harness import Gateway
from mqtt import Wrong, dial, join
from trackers import wait_for

GET = ["GET"]


def make(gateway, *acl, kind=2, **members):
    access = {"type": kind, **({"acl": list(acl)} if kind == 2 else {})}
    return done(ask(gateway, "POST", "/platform/tokens", [{"ttl": 3600, "access": access, **members}]))


def refusal(gateway, version, **options):
    with dial(gateway, version) as c:
        return c.connect("x", **options).code


# ---- reading what is the gateway's ----

@pytest.fixture(scope="module")
def world():
    """A gateway with two devices about which everything can be known."""
    with Gateway() as g:
        g.devices = [Device(g), Device(g)]
        units = [d.unit() for d in g.devices]  # they stay
        for d, unit in zip(g.devices, units):
            unit.place()
            d.queue("custom", {"payload": "x1"}, condition="position.speed>500")
        wait_for(lambda: len(g.get("/gw/devices/all/logs")) >= 6)
        yield g


def happen(world):
    """Something of every kind; the last of it is that a token is deleted, whose id is returned."""
    for d in world.devices:
        unit = d.unit()
        unit.place(speed=7)
        unit.close()
        wait_for(lambda d=d: world.get(d.path + "/connections/all") == [])
        item = d.queue("custom", {"payload": "x2"}, condition="position.speed>500")
        assert ask(world, "DELETE", f"{d.path}/commands-queue/{item['id']}")[0] == 200
        assert ask(world, "PUT", d.path, {"metadata": {"n": time.time()}})[0] == 200
    token = make(world, kind=0)
    assert ask(world, "DELETE", f"/platform/tokens/{token['id']}")[0] == 200
    return token["id"]


def told(client, topic):
    """Messages up to the one with this topic."""
    out = [client.message()]
    while out[-1].topic != topic:
        out.append(client.message())
    return out


def path_of(topic):
    """Where REST has what a topic tells."""
    _, kind, *levels = topic.split("/")
    item = "/" + "/".join(levels[:3])
    if kind == "message":
        return item + "/messages"
    if kind == "log":
        return "/mqtt/logs" if levels[0] == "mqtt" else "/platform/tokens/all" if levels[1] == "tokens" else item + "/logs"
    if levels[0] == "platform":
        return item
    if len(levels) > 4:
        return f"{item}/{levels[3]}/{'all' if levels[3] == 'telemetry' else '*' if levels[3] == 'idents' else 'all'}"
    return item


DEVICES = {"uri": "gw/devices", "methods": GET}
CASES = {
    "nothing": [{"uri": "gw/streams", "methods": GET}],
    "devices": [DEVICES],
    "items of devices": [{**DEVICES, "submodules": []}],
    "one device": [{**DEVICES, "ids": [2]}],
    "messages": [{**DEVICES, "methods": [], "submodules": [{"name": "messages", "methods": GET}]}],
    "telemetry of one": [{**DEVICES, "methods": [], "ids": [1], "submodules": [{"name": "telemetry", "methods": GET}]}],
    "logs and connections": [{**DEVICES, "submodules": [{"name": "logs", "methods": GET}, {"name": "connections", "methods": GET}]}],
    "commands": [{**DEVICES, "methods": ["POST"], "submodules": [{"name": "commands-queue", "methods": ["GET", "POST"]}]}],
    "one each": [{**DEVICES, "ids": [1], "submodules": [{"name": "messages", "methods": GET}]},
                 {**DEVICES, "ids": [2], "submodules": [{"name": "telemetry", "methods": GET}]}],
    "channels": [{"uri": "gw/channels", "methods": GET}],
    "idents": [{"uri": "gw/channels", "methods": [], "submodules": [{"name": "idents", "methods": GET}]}],
    "posting only": [{**DEVICES, "methods": ["POST", "PUT", "DELETE"]}],
}
EVERYWHERE = {"/gw/devices/1", "/gw/devices/2/messages", "/gw/devices/1/telemetry/all", "/gw/devices/2/connections/all",
              "/gw/devices/1/commands-queue/all", "/gw/channels/1/idents/*", "/gw/devices/1/logs", "/platform/customer",
              "/platform/tokens/all", "/mqtt/logs", "/gw/channels/1/messages"}  # where something happens


def test_a_token_sees_what_rest_would_give_it(world):
    """One who may all sees the topics; each of the others sees those of them whose REST it may ask."""
    readers = {name: (make(world, *acl), acl) for name, acl in CASES.items()}
    readers["standard"] = (make(world, kind=0), None)
    with join(world) as master:
        master.subscribe("flespi/#", qos=1)
        clients = {}
        for name, (token, _) in readers.items():
            clients[name] = join(world, username=token["key"])
            assert clients[name].subscribe("flespi/#", qos=1) == [1], name
        all_topics = {}
        came = told(master, f"flespi/log/platform/tokens/{happen(world)}/deleted")
        while came:  # messages have a way of their own, on which they may be later than what happened after them
            for m in came:
                all_topics.setdefault(path_of(m.topic), set()).add(m.topic)
            came = [] if EVERYWHERE <= set(all_topics) else [master.message()]
        for name, (token, _) in readers.items():
            seen = {m.topic for m in clients[name].settle()}
            clients[name].close()
            for path, topics in all_topics.items():
                status, answer = ask(world, "GET", path, key=token["key"])
                may = status == 200
                assert not (topics & seen) or may, (name, path, topics & seen)
                # what came for others before it subscribed, it has not seen; the rest must have come
                missed = {t for t in topics - seen if "/log/" not in t} if may else set()
                assert not missed, (name, path, missed)


def test_a_filter_of_nothing_one_may_read_is_refused(world):
    token = make(world, {**DEVICES, "ids": [1], "submodules": [{"name": "messages", "methods": GET}]})
    with join(world, username=token["key"]) as c:
        for topic, code in (("flespi/message/gw/devices/1", 1), ("flespi/message/gw/devices/2", 0x87),
                            ("flespi/message/gw/channels/1/+", 0x87), ("flespi/message/gw/devices/+", 1),
                            ("flespi/log/gw/devices/1/#", 0x87), ("own/#", 0x87), ("#", 1)):
            assert c.subscribe(topic, qos=1) == [code], topic
    with join(world, "", 4, username=token["key"]) as c:
        assert c.subscribe("flespi/message/gw/devices/2", "flespi/message/gw/devices/1", qos=1) == [0x80, 1]


def test_sharing_and_conditions_open_no_door(world):
    token = make(world, {**DEVICES, "ids": [1]})
    one, other = world.devices
    with join(world, username=token["key"]) as c, join(world) as master:
        for prefix in ("", "$share/g/", "$filter/payload=exists%28position.speed%29/", "$share/h/$filter/cid=1/"):
            c.subscribe(prefix + "flespi/message/gw/devices/+", qos=1)
            c.subscribe(prefix + "flespi/message/gw/devices/1,2", qos=1)
        master.subscribe("$share/g/flespi/message/gw/devices/+", qos=1)
        for d in (one, other):
            unit = d.unit()
            for speed in range(6):
                unit.place(speed)
            unit.close()
        # what the one may not read goes to another of the group
        others = 0
        while others < 7:
            others += master.message().topic.endswith("/2")
        seen = c.settle()
        assert seen and {m.topic for m in seen} == {"flespi/message/gw/devices/1"}
        assert not [m for m in master.settle() if m.topic.endswith("/2")]


# ---- topics of clients ----

def test_topics_of_clients_by_acl(door, own):
    reader = make(door, {"uri": "mqtt", "topic": own + "/r/#", "actions": ["subscribe"]})
    writer = make(door, {"uri": "mqtt", "topic": own + "/+/w", "actions": ["publish"]})
    with join(door) as master, join(door, username=reader["key"]) as r, join(door, username=writer["key"]) as w:
        master.publish(own + "/x", "secret", qos=1, retain=True)
        master.publish(own + "/r/kept", "kept", qos=1, retain=True)
        assert r.subscribe(own + "/r/+", own + "/r/#", own + "/#", own + "/x", "+/x", "#", qos=1)[:4] == [1, 1, 0x87, 0x87]
        assert {m.topic for m in r.settle() if not m.topic.startswith("flespi/")} == {own + "/r/kept"}
        assert r.publish(own + "/r/w", "x", qos=1).code == 0x87
        assert w.subscribe(own + "/r/w", qos=1) == [0x87]
        assert w.publish(own + "/r/w", "x", qos=1).code == 0
        assert w.publish(own + "/r/x", "x", qos=1).code == 0x87
        assert w.publish(own + "/a/b/w", "x", qos=1).code == 0x87
        master.publish(own + "/x", "x", qos=1)
        assert [m.topic for m in r.settle() if not m.topic.startswith("flespi/")] == [own + "/r/w"]
        for name in ("/x", "/r/kept"):
            master.publish(own + name, "", qos=1, retain=True)


def test_a_will_is_a_publication(door, own):
    from mqtt import Will
    token = make(door, {"uri": "mqtt", "topic": own + "/w", "actions": ["publish"]})
    assert refusal(door, 5, username=token["key"], will=Will(own + "/x", "x")) == 0x87
    assert refusal(door, 4, username=token["key"], will=Will(own + "/x", "x")) == 5
    assert refusal(door, 5, username=token["key"], will=Will(own + "/w", "x")) == 0


# ---- sessions and tokens ----

def test_a_session_is_its_token_s(door, own):
    one, other = make(door, kind=0), make(door, kind=0)
    options = {"clean": False, "props": {"session_expiry": 60}}
    with join(door, own, username=one["key"], **options) as a, join(door, own, username=other["key"], **options) as b:
        assert not b.connack.session_present
        a.subscribe(own, qos=1)
        b.publish(own, "x", qos=1)
        assert [m.payload for m in a.settle()] == [b"x"] and b.settle() == []
        # not the same connection, but the same token
        with join(door, own, username="FlespiToken " + one["key"], **options) as c:
            assert c.connack.session_present
            assert a.end() == 0x8E
        b.ping()


def test_the_id_and_the_head_of_the_key(door):
    token = make(door, kind=0)
    for version in (4, 5):
        with join(door, "", version, username=str(token["id"]), password=token["key"][:16]) as c:
            c.ping()
        refused = (4, 5) if version == 4 else (0x86, 0x87)
        for password in (token["key"][:15], token["key"][:15] + "!", token["key"], "", None):
            assert refusal(door, version, username=str(token["id"]), password=password) in refused


def test_where_it_may_be_used_from(door):
    token = make(door, kind=0, ips="192.0.2.0/24")
    assert refusal(door, 5, username=token["key"]) in (0x86, 0x87)
    assert refusal(door, 4, username=token["key"]) in (4, 5)


@pytest.mark.parametrize("end", ("deleted", "disabled", "expired", "moved"))
def test_a_token_that_is_no_longer_good(door, own, end):
    """Its connections end, its sessions are forgotten; nobody else notices."""
    token = make(door, kind=0)
    path = f"/platform/tokens/{token['id']}"
    options = {"username": token["key"], "clean": False, "props": {"session_expiry": 600}}
    with join(door, own + "away", **options) as away:
        away.subscribe(own, qos=1)
    with join(door, own, **options) as c, join(door, own) as other:
        c.subscribe(own, qos=1)
        if end == "deleted":
            assert ask(door, "DELETE", path)[0] == 200
        elif end == "expired":
            assert ask(door, "PUT", path, {"expire": int(time.time()) + 1, "ttl": 0})[0] == 200
        elif end == "disabled":
            assert ask(door, "PUT", path, {"enabled": False})[0] == 200
        elif end == "moved":
            assert ask(door, "PUT", path, {"ips": "192.0.2.1"})[0] == 200
        assert c.end() == 0x87
        other.ping()
        with pytest.raises(Wrong):
            join(door, own, **options)
        if end != "moved":
            wait_for(lambda: other.publish(own, "x", qos=1).code == 0x10)
            names = [s["client_id"] for s in door.get("/mqtt/sessions/all")]
            assert own + "away" not in names and own in names


def test_a_token_that_may_less_than_before(door, own):
    """At the latest when a second has passed, so some changes may still be seen; then none."""
    device = Device(door)
    token = make(door, DEVICES)
    topic = f"flespi/state/gw/devices/{device.id}/name"
    with join(door, username=token["key"]) as c, join(door) as master:
        for one in (c, master):
            one.subscribe(topic, qos=1)
            assert [json.loads(m.payload) for m in one.settle()] == [door.get(device.path)[0]["name"]]
        assert ask(door, "PUT", f"/platform/tokens/{token['id']}", {"access": {"type": 2, "acl": [
            {"uri": "gw/channels", "methods": GET}]}})[0] == 200
        seen = [True]
        for number in range(200):
            assert ask(door, "PUT", device.path, {"name": f"{own} {number}"})[0] == 200
            assert json.loads(master.message().payload) == f"{own} {number}"
            seen.append(bool(c.settle()))
            time.sleep(0 if not seen[-1] else 0.02)
        # once it may not, it stays so
        assert not seen[-1] and seen == sorted(seen, reverse=True)
        assert c.subscribe(topic) == [0x87] or not c.settle()
