"""What Toolbox and TrackIt ask, in their order and with their options."""
import json

import pytest

from flespi_app import App, component, toolbox, trackit
from harness import Gateway
from trackers import Tracker, heartbeat, wait_for

DEVICE_FIELDS = "id,name,deleted,configuration"
CHANNEL_FIELDS = "id,name,deleted,protocol_id,uri"
NEWEST = {"reverse": True, "count": 1, "fields": "timestamp"}
MADE, CHANGED, GONE, CLOSED = 1, 2, 3, 102


@pytest.fixture(scope="module")
def house():
    with Gateway(args=["--https", "127.0.0.1:0"]) as gateway:
        yield gateway


def change(gateway, method, path, body=None):
    status, text = gateway.request(method, path, body)
    assert status == 200, text
    return json.loads(text)["result"]


def make_device(gateway, ident, name):
    [device] = change(gateway, "POST", "/gw/devices", [
        {"name": name, "device_type_id": 1, "configuration": {"ident": str(ident)}}])
    return device["id"]


def position(ident, knots):
    return (b"*HQ,%d,V1,145452,A,2240.55181,N,11358.32389,E,%d.00,180,100815,FFFFFFFF#"
            % (ident, knots))


def say(tracker, *frames):
    """Each is answered, so that it is committed."""
    for frame in frames:
        tracker.send(frame)
        answer = b""
        while not answer.endswith(b"#"):
            answer += tracker.receive(1)


def test_toolbox_shows_a_device(house):
    device = make_device(house, 8168000001, "Truck 1")
    tracker = Tracker(house)
    say(tracker, heartbeat(8168000001, 50))
    path, state = f"/gw/devices/{device}", f"flespi/state/gw/devices/{device}/{DEVICE_FIELDS}"
    with toolbox(house) as app:
        assert app.subscribe(f"flespi/state/gw/calcs/+/devices/{device}/device_id,calc_id") == []
        before = app.subscribe(state)
        assert sorted(m.topic.rsplit("/")[-1] for m in before) == ["configuration", "id", "name"]
        assert all(m.retain for m in before)
        [item] = app.get(path)
        shown = app.state(before)[device]
        assert shown == {field: item[field] for field in shown} and shown["name"] == "Truck 1"

        answer, text = app.ask("GET", "/const/values?names=toolbox%2Fcodes", {})
        codes = json.loads(text)["result"][0]["toolbox/codes"]["codes"]
        kind = item["device_type_id"]
        [of] = app.get(f"/gw/channel-protocols/all/device-types/{kind}?fields=protocol_id")
        [of] = app.get(f"/gw/channel-protocols/{of['protocol_id']}?fields=message_parameters")
        assert "position.speed" in {p["name"] for p in of["message_parameters"]}

        for topic in ["flespi/message/gw/devices/undefined", "flespi/log///#", "flespi/message/gw/devices/"]:
            app.unsubscribe(topic)
        logs, messages = f"flespi/log{path}/#", f"flespi/message{path}"
        for kind, topic in [("logs", logs), ("messages", messages)]:
            [newest] = app.get(f"{path}/{kind}", NEWEST)
            assert list(newest) == ["timestamp"]
            wanted = {"count": 1000, "from": 1, "to": newest["timestamp"] + 1e6, "reverse": True}
            assert app.get(f"{path}/{kind}", wanted)[0]["timestamp"] == newest["timestamp"]
            assert app.subscribe(topic, rh=2) == []

        # rows are those of REST
        say(tracker, position(8168000001, 10))
        assert [app.row()] == app.get(path + "/messages", {"count": 1, "filter": "exists(position.speed)"})
        change(house, "PATCH", path, {"name": "Truck A"})
        lines = app.next(2)
        [named] = [m for m in lines if m.topic == f"flespi/state{path}/name"]
        [line] = [m for m in lines if m.topic == f"flespi/log{path}/updated"]
        assert json.loads(named.payload) == "Truck A"
        assert [json.loads(line.payload)] == app.get(path + "/logs", {"count": 1, "reverse": True})
        assert str(json.loads(line.payload)["event_code"]) in codes


def test_toolbox_filters_rows(house):
    ident = 8168000002
    device = make_device(house, ident, "Truck 2")
    path, tracker = f"/gw/devices/{device}", Tracker(house)
    say(tracker, position(ident, 1), position(ident, 20))
    with toolbox(house) as app:
        text = 'position.speed > 5 && (exists(ident) || message.type=="V?")'
        [old] = app.get(path + "/messages", {"count": 1000, "filter": text})
        assert old["position.speed"] > 5
        topic = f"$filter/payload={component(text)}/flespi/message{path}"
        assert app.subscribe(topic, rh=2) == []
        say(tracker, position(ident, 2), heartbeat(ident, 9), position(ident, 30), position(ident, 40))
        assert [app.row()["position.speed"] > 50 for _ in range(2)] == [True, True]
        app.unsubscribe(topic)

        # what cannot be read is refused, twice, and nothing more
        app.refused(path + "/messages", {"count": 1000, "filter": "position.speed >"})
        bad = f"$filter/payload={component('position.speed >')}/flespi/message{path}"
        assert app.mqtt.subscribe(bad, id=77, rh=2)[0] >= 0x80
        app.unsubscribe(bad)

        app.subscribe(f"$filter/payload={component('event_code==%d' % CHANGED)}/flespi/log{path}/#", rh=2)
        tracker.close()
        Tracker(house).ask(heartbeat(ident, 8))
        change(house, "PATCH", path, {"name": "Truck B"})
        assert app.row()["event_code"] == CHANGED


def test_toolbox_keeps_a_list_of_devices(house):
    first = make_device(house, 8168000003, "Truck 3")
    with toolbox(house) as app:
        single = f"flespi/state/gw/devices/{first}/{DEVICE_FIELDS}"
        assert len(app.subscribe(single)) == 3
        listed = app.state(app.subscribe(f"flespi/state/gw/devices/+/{DEVICE_FIELDS}"))
        app.unsubscribe(single)
        assert set(listed) == {item["id"] for item in app.get("/gw/devices/all")}
        assert listed[first]["configuration"]["ident"] == "8168000003"

        # one is made, changed and deleted while it looks
        second = make_device(house, 8168000004, "Truck 4")
        made = app.state(app.next(3))
        assert made == {second: {"id": second, "name": "Truck 4", "configuration": {
            **made[second]["configuration"], "ident": "8168000004"}}}
        change(house, "PUT", f"/gw/devices/{second}", {"name": "Truck IV"})
        [named] = app.next()
        assert app.state([named]) == {second: {"name": "Truck IV"}}
        change(house, "DELETE", f"/gw/devices/{second}")
        wait_for(lambda: app.next()[0].topic == f"flespi/state/gw/devices/{second}/deleted")
        assert all(not m.payload for m in app.mqtt.settle())

        # what is gone is told once, and looked up elsewhere
        assert app.subscribe(f"flespi/state/gw/devices/{second}/{DEVICE_FIELDS}") == []
        assert app.get("/platform/deleted/type%3D11?fields=data") == []
        gone = app.get(f"/platform/deleted/origin%3Dgw%2Fdevices%2F{second}/logs", {"count": 1000})
        assert [line["event_code"] for line in gone] == [MADE, CHANGED, GONE]

        # after a loss of the connection it asks the same again
        before = app.mqtt
        app.open()
        again = app.state(app.subscribe(f"flespi/state/gw/devices/+/{DEVICE_FIELDS}"))
        assert set(again) == set(listed) and again[first] == listed[first]
        before.close()


def test_toolbox_shows_a_channel(house):
    ident = 8168000005
    with toolbox(house) as app:
        protocols = app.get("/gw/channel-protocols/all?fields=name,id,features")
        assert all(isinstance(protocol["features"], dict) for protocol in protocols)
        [shown] = app.state(app.subscribe(f"flespi/state/gw/channels/1/{CHANNEL_FIELDS}")).values()
        [item] = app.get("/gw/channels/1")
        assert set(shown) == {"id", "name", "protocol_id", "uri"}
        assert shown == {field: item[field] for field in shown}
        assert shown["protocol_id"] in {protocol["id"] for protocol in protocols}

        messages, logs = "flespi/message/gw/channels/1/+", "flespi/log/gw/channels/1/#"
        app.get("/gw/channels/1/messages", {"reverse": True, "count": 1})
        assert app.subscribe(messages, rh=2) == []
        tracker = Tracker(house)
        say(tracker, heartbeat(ident, 60), position(ident, 3))
        rows = app.next(2)
        assert {m.topic for m in rows} == {f"flespi/message/gw/channels/1/{ident}"}
        assert [json.loads(m.payload) for m in rows] == app.get(
            "/gw/channels/1/messages", {"filter": f'ident=="{ident}"'})
        app.unsubscribe(messages)

        app.get("/gw/channels/1/logs", NEWEST)
        assert app.subscribe(logs, rh=2) == []
        tracker.close()
        # trackers of other tests may go as well
        line = wait_for(lambda: next((row for row in [app.row()] if row["event_code"] == CLOSED
                                      and row["ident"] == str(ident)), None))
        wanted = {"filter": f'event_code=={CLOSED}&&ident=="{ident}"', "reverse": True, "count": 1}
        assert [line] == app.get("/gw/channels/1/logs", wanted)

        # raw traffic
        [row] = app.get(f"/gw/channels/1/idents/*{ident}*")
        assert row["ident"] == str(ident) and row["size"] > 0
        packets = app.get(f"/gw/channels/1/idents/{ident}/packets", {"count": 1, "reverse": True})
        assert len(packets) == 1


def test_toolbox_looks_for_what_there_is_none_of(house):
    with toolbox(house) as app:
        for topic in ["gw/streams/+/id,name,deleted,configuration,protocol_id", "gw/groups/+/id,name,deleted",
                      "gw/calcs/+/id,name,deleted,counters,selectors,messages_source",
                      "platform/webhooks/+/id,name,deleted,configuration",
                      "storage/containers/+/id,name,deleted", "platform/subaccounts/+/id,name,deleted"]:
            assert app.subscribe("flespi/state/" + topic) == []
        app.get("/platform/customer/logs", {**NEWEST, "item_type": 33})
        assert app.subscribe("$filter/payload=origin_type%3D%3D33/flespi/log/platform/tokens/+/#", rh=2) == []
        [token] = change(house, "POST", "/platform/tokens", [{"info": "of a page", "ttl": 3600}])
        assert app.row()["event_code"] == MADE
        app.get("/mqtt/logs", NEWEST)
        assert app.subscribe("flespi/log/mqtt/+/#", rh=2, user=[("cid", "1")]) == []


def test_toolbox_with_tokens_of_all_kinds(house):
    device = make_device(house, 8168000006, "Truck 6")
    acl = [{"uri": "gw/devices", "methods": ["GET"], "ids": [device],
            "submodules": [{"name": "logs", "methods": ["GET"]}, {"name": "messages", "methods": ["GET"]}]}]
    keys = [change(house, "POST", "/platform/tokens", [{"ttl": 3600, "access": access}])[0]["key"]
            for access in [{"type": 0}, {"type": 2, "acl": acl}]]
    with toolbox(house, keys[0]) as app:
        assert device in app.state(app.subscribe(f"flespi/state/gw/devices/+/{DEVICE_FIELDS}"))
    with toolbox(house, keys[1]) as app:
        listed = app.state(app.subscribe(f"flespi/state/gw/devices/+/{DEVICE_FIELDS}"))
        assert set(listed) == {device}
    app = App(house, "toolbox-1.27.6", 60)
    assert app.open("x" * 64).code in (134, 135)
    app.mqtt.end()
    app.close()


def test_trackit_keeps_a_list_of_devices(house):
    with trackit(house) as app:
        before = {item["id"] for item in app.get("/gw/devices/all")}
        for event in ["created", "updated", "deleted"]:
            assert app.subscribe(f"flespi/log/gw/devices/+/{event}") == []
        device = make_device(house, 8168000007, "Truck 7")
        path = f"/gw/devices/{device}"
        assert device not in before
        made = app.row()
        assert [made["new"]] == app.get(path)
        change(house, "PATCH", path, {"name": "Truck VII"})
        changed = app.row()["new"]
        assert changed["id"] == device and changed["name"] == "Truck VII"
        change(house, "DELETE", path)
        gone = app.row()
        assert "new" not in gone and gone["old"]["id"] == device


def test_trackit_follows_a_device(house):
    ident = 8168000008
    device = make_device(house, ident, "Truck 8")
    path, tracker = f"/gw/devices/{device}", Tracker(house)
    say(tracker, heartbeat(ident, 70), position(ident, 10))
    with trackit(house) as app:
        [item] = app.get(f"{path}/telemetry/position,ident")
        spot = item["telemetry"]["position"]
        assert spot["value"]["valid"] is True and spot["value"]["speed"] > 18
        assert item["telemetry"]["ident"]["value"] == str(ident)
        [item] = app.get(f"{path}/telemetry/position.latitude,position.longitude")
        assert item["telemetry"]["position.latitude"]["ts"] == spot["ts"]
        rows = app.get(path + "/messages", {"from": 1, "to": spot["ts"] + 1e9})
        assert len(rows) == 2
        assert app.subscribe(f"flespi/message{path}", rh=2) == []
        say(tracker, position(ident, 20))
        assert 37 < app.row()["position.speed"] < 38

        # the panel: the texts as they are, and when they were true
        app.unsubscribe(f"flespi/message{path}")
        panel = {m.topic.rsplit("/")[-1]: m for m in app.subscribe(f"flespi/state{path}/telemetry/+")}
        [item] = app.get(path + "/telemetry/all")
        for name, value in item["telemetry"].items():
            message = panel.pop(name)
            assert json.loads(message.payload) == value["value"]
            assert [float(text) for text in message.user("timestamp")] == [value["ts"]]
        assert not panel
        say(tracker, heartbeat(ident, 71))
        news = {}
        while "battery.level" not in news:
            [message] = app.next()
            news[message.topic.rsplit("/")[-1]] = message.payload
        assert news["battery.level"] == b"71" and "position.speed" not in news
