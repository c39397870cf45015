"""The shapes of flespi's answers: which members an answer has, and of which JSON types they are.

A shape is a dict of member -> types; a nested dict is the shape of an object, [shape] of an array
whose items all have it. ANY stands for objects whose members are data."""
import base64
import json
import re
import threading
import urllib.parse

import pytest

from harness import Gateway
from trackers import Tracker, wait_for

ANY = object()
TEXT, NUMBER, WHOLE, FLAG, NONE = "text", "number", "whole", "flag", "none"

CHANNEL = {"id": WHOLE, "cid": WHOLE, "name": TEXT, "enabled": FLAG, "protocol_id": WHOLE,
           "messages_ttl": WHOLE, "configuration": ANY, "uri": TEXT, "secondary_uri": TEXT}
CHANNEL_MORE = {"protocol_name": TEXT, "blocked": WHOLE, "messages_size": WHOLE, "metadata": ANY}
DEVICE = {"id": WHOLE, "cid": WHOLE, "device_type_id": WHOLE, "protocol_id": WHOLE, "name": TEXT,
          "enabled": FLAG, "configuration": {"ident": TEXT, "settings_polling": TEXT},
          "messages_ttl": WHOLE, "messages_rotate": WHOLE, "media_ttl": WHOLE, "media_rotate": WHOLE}
DEVICE_MORE = {"device_type_name": TEXT, "protocol_name": TEXT, "commands": ANY, "settings": ANY,
               "messages_size": WHOLE, "blocked": WHOLE, "connected": FLAG, "last_active": NUMBER,
               "telemetry": ANY, "commands_queue": ANY, "groups": ANY, "plugins": ANY,
               "streams": ANY, "calcs": ANY, "metadata": ANY}
CONNECTION = {"channel_id": WHOLE, "device_id": WHOLE, "established": NUMBER, "id": WHOLE,
              "ident": TEXT, "meta": NONE, "secondary": FLAG, "source": TEXT, "transport": TEXT}
LOG = {"event_code": WHOLE, "origin_type": WHOLE, "origin_id": WHOLE, "timestamp": NUMBER}
LOG_REST = {**LOG, "host": TEXT, "token_id": WHOLE, "trace": TEXT, "http_data": ANY}
LOG_CONNECTION = {**LOG, "source": TEXT, "transport": TEXT}
LOG_IDENT = {**LOG_CONNECTION, "ident": TEXT}
LOG_END = {**LOG_IDENT, "close_code": WHOLE, "duration": NUMBER, "msgs": WHOLE, "recv": WHOLE,
           "send": WHOLE}
TOKEN = {"id": WHOLE, "cid": WHOLE, "key": TEXT, "info": TEXT, "enabled": FLAG, "created": WHOLE,
         "expire": WHOLE, "ttl": WHOLE, "ips": TEXT, "access": {"type": WHOLE}}
REGION = {"cdn": TEXT, "default": FLAG, "gw": TEXT, "gw-ftp": TEXT, "gw-ip": TEXT, "media": TEXT, "mqtt": TEXT,
          "mqtt-ws": TEXT, "name": TEXT, "registration-allowed": FLAG, "rest": TEXT}
VALUE = {"ts": NUMBER, "value": ANY}
COMMON = {"channel.id": WHOLE, "device.id": WHOLE, "device.name": TEXT, "device.type.id": WHOLE,
          "ident": TEXT, "message.type": TEXT, "peer": TEXT, "protocol.id": WHOLE,
          "server.timestamp": NUMBER, "timestamp": NUMBER, "vendor.code": TEXT}
STATUS = {"engine.ignition.status": FLAG, "vehicle.state": TEXT, "vehicle.state.bitmask": WHOLE}
POSITION = {"position.direction": NUMBER, "position.latitude": NUMBER,
            "position.longitude": NUMBER, "position.speed": NUMBER, "position.valid": FLAG}
# What is put into a queue, and what flespi shows of it; ours tells more of each.
COMMAND = {"id": WHOLE, "device_id": WHOLE, "name": TEXT, "properties": ANY, "timestamp": NUMBER,
           "expires": WHOLE, "executed": FLAG, "max_attempts": WHOLE, "priority": WHOLE,
           "condition": TEXT}
COMMAND_MORE = {"attempts": WHOLE, "state": TEXT, "payload": TEXT}
COMMAND_QUEUED = {**COMMAND, **COMMAND_MORE, "response": NONE, "meta": NONE, "reply": NONE, "sent": NONE,
                  "confirmed_by_status": NONE}
COMMAND_ANSWERED = {**COMMAND_QUEUED, "response": TEXT, "sent": NUMBER}
POINT = {"wifi.mac.address": TEXT, "wifi.signal.strength": NUMBER}
CELL = {"gsm.cellid": WHOLE, "gsm.lac": WHOLE, "gsm.signal.dbm": WHOLE}


def is_of(value, kind):
    if kind is ANY:
        return True
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {TEXT: isinstance(value, str), FLAG: isinstance(value, bool), NONE: value is None,
            NUMBER: is_number, WHOLE: is_number and value == int(value)}[kind]


def differences(value, shape, where="it"):
    """What is wrong with a value, as sentences; members that the shape does not know are wrong too."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where} is no array: {value!r}"]
        return [d for n, item in enumerate(value)
                for d in differences(item, shape[0], f"{where}[{n}]")]
    if not isinstance(shape, dict):
        return [] if is_of(value, shape) else [f"{where} is not of type {shape}: {value!r}"]
    if not isinstance(value, dict):
        return [f"{where} is no object: {value!r}"]
    return ([f"{where} has no {name}" for name in shape if name not in value]
            + [f"{where} has {name} as well" for name in value if name not in shape]
            + [d for name in shape if name in value
               for d in differences(value[name], shape[name], f"{where}.{name}")])


def assert_shape(value, shape, *optional):
    """Is the value of this shape? Members named in `optional` may be there beyond it."""
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k not in optional}
    assert not differences(value, shape), json.dumps(value)


IDENT = 865205030330012
FRAMES = [
    b"*HQ,%d,V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFBFF#",
    b"*HQ,%d,V3,145715,73210,02,009350,004022,132,-88,009350,004032,140,-80,0256,80,X,100815,FFFFFBFF#",
    b"*HQ,%d,V5,145725,2,F09FC2AABB0177,F09FC2AABB0263,0256,100815,FFFFEBFF#",
    b"*HQ,%d,HTBT,87#",
]


@pytest.fixture(scope="module")
def gateway():
    """A gateway that has met one tracker of one device, and seen it go."""
    with Gateway() as g:
        status, text = g.request("POST", "/gw/devices", [{
            "name": "Truck 1", "device_type_id": 1, "configuration": {"ident": str(IDENT)}}])
        assert status == 200, text
        g.created = json.loads(text)["result"]
        tracker = Tracker(g)
        for frame in FRAMES:
            tracker.send(frame % IDENT)
        wait_for(lambda: len(g.get("/gw/devices/1/messages")) == len(FRAMES))
        tracker.close()
        # the last that is told of it, and it was not the next one that ended it
        wait_for(lambda: 301 in by_code(g, "/gw/devices/1/logs"))
        g.tracker = Tracker(g)  # this one stays
        g.tracker.ask(b"*HQ,%d,HTBT,88#" % IDENT)
        yield g


def raw(gateway, method, path, body=None, data=None):
    status, text = gateway.request(method, path, body, data)
    return status, json.loads(text)


# ---- items ----


def test_channel(gateway):
    [channel] = gateway.get("/gw/channels/1")
    assert_shape(channel, CHANNEL)
    assert re.fullmatch(r"\S+:\d+", channel["uri"])
    [channel] = gateway.get("/gw/channels/1?fields=" + ",".join({**CHANNEL, **CHANNEL_MORE}))
    assert_shape(channel, {**CHANNEL, **CHANNEL_MORE})


def test_channel_that_is_created(gateway):
    status, answer = raw(gateway, "POST", "/gw/channels", [
        {"name": "new-channel-name", "protocol_name": "cantrack"}])
    assert status == 200
    assert_shape(answer, {"result": [CHANNEL]})
    [channel] = answer["result"]
    assert raw(gateway, "DELETE", f"/gw/channels/{channel['id']}") == \
        (200, {"result": [{"id": channel["id"]}]})


def test_device(gateway):
    for device in [gateway.created[0], *gateway.get("/gw/devices/all")]:
        assert_shape(device, DEVICE)
    for name, kind in DEVICE_MORE.items():
        [device] = gateway.get("/gw/devices/1?fields=" + name)
        assert_shape(device, {name: kind})


@pytest.mark.parametrize("polling", ["never", "once", "daily", "weekly", "monthly"])
def test_settings_polling(gateway, polling):
    status, answer = raw(gateway, "PATCH", "/gw/devices/1",
                         {"configuration": {"settings_polling": polling}})
    assert status == 200 and answer["result"][0]["configuration"]["settings_polling"] == polling


def test_connections(gateway):
    for path in ["/gw/channels/1/connections/all", "/gw/devices/1/connections/all"]:
        [connection] = gateway.get(path)
        assert_shape(connection, CONNECTION)
        assert connection["source"] == gateway.tracker.name
        assert (connection["ident"], connection["transport"]) == (str(IDENT), "tcp")
        assert (connection["channel_id"], connection["device_id"]) == (1, 1)


def test_idents(gateway):
    for ident in gateway.get("/gw/channels/1/idents/*"):
        assert_shape({k: ident[k] for k in ("ident", "size")}, {"ident": TEXT, "size": WHOLE})


def test_device_types_have_commands(gateway):
    for kind in gateway.get("/gw/channel-protocols/cantrack/device-types/all?fields=id,name,title,"
                            "protocol_id,protocol_name,commands,settings,configuration"):
        assert_shape(kind, {"id": WHOLE, "name": TEXT, "title": TEXT, "protocol_id": WHOLE,
                            "protocol_name": TEXT, "commands": ANY, "settings": ANY,
                            "configuration": ANY})
        [custom] = [c for c in kind["commands"] if c["name"] == "custom"]
        assert_shape(custom, {"name": TEXT, "address": [TEXT], "schema": {
            "type": TEXT, "title": TEXT, "description": TEXT, "additionalProperties": FLAG,
            "required": [TEXT], "properties": {"payload": {"type": TEXT, "title": TEXT}},
            "x-view-order": [TEXT]}, "examples": [{"description": TEXT, "properties": {
                "payload": TEXT}}], "tags": {"custom": WHOLE}})


def test_catalogue(gateway):
    """Each entry is a form that a page can be made of, and has an example."""
    [kind] = gateway.get("/gw/channel-protocols/cantrack/device-types/generic?fields=commands")
    [device] = gateway.get("/gw/devices/1?fields=commands")
    assert device["commands"] == kind["commands"]
    for entry in kind["commands"]:
        assert_shape(entry, {"name": TEXT, "address": [TEXT], "schema": ANY, "examples": [
            {"description": TEXT, "properties": ANY}], "tags": ANY})
        schema = entry["schema"]
        assert_shape(schema, {"type": TEXT, "title": TEXT, "description": TEXT,
                              "additionalProperties": FLAG, "required": [TEXT], "properties": ANY,
                              "x-view-order": [TEXT]}, "x-dangerous")
        assert entry["address"] == ["connection"] and schema["type"] == "object"
        assert set(schema["required"]) <= set(schema["properties"]) == set(schema["x-view-order"])
        assert all("title" in p and "type" in p for p in schema["properties"].values())
        assert all(number == 1 for number in entry["tags"].values())
        for example in entry["examples"]:
            assert set(schema["required"]) <= set(example["properties"]) <= set(schema["properties"])
    custom = kind["commands"][0]["examples"]
    assert [e["properties"]["payload"] for e in custom] == [
        "CMD,130305,stop654321", "MD123456 1 3 8 1", "S2,130305,13812341234"]


# ---- commands ----


def test_a_command_in_the_queue(gateway):
    """The bodies and answers of flespi's clients."""
    status, answer = raw(gateway, "POST", "/gw/devices", [
        {"name": "parked", "device_type_id": 1, "configuration": {"ident": "4712"}}])
    assert status == 200
    path = f"/gw/devices/{answer['result'][0]['id']}"
    body = {"name": "custom", "properties": {"payload": "CMD,130305,stop654321"}, "ttl": 86400,
            "max_attempts": 3, "priority": 0, "condition": ""}
    status, answer = raw(gateway, "POST", path + "/commands-queue", [body])
    assert status == 200
    assert_shape(answer, {"result": [COMMAND_QUEUED]})
    [item] = answer["result"]
    assert len(str(item["id"])) == 16  # microseconds, which JavaScript can count
    assert [gateway.get(f"{path}/commands-queue/{which}") for which in ("all", item["id"])] == [[item]] * 2
    assert raw(gateway, "POST", path + "/commands-queue", body)[0] == 200  # not in an array
    assert_shape(gateway.get(path + "?fields=commands_queue"), [{"commands_queue": [COMMAND_QUEUED]}])
    status, answer = raw(gateway, "DELETE", f"{path}/commands-queue/{item['id']}")
    assert (status, answer) == (200, {"result": [{"id": item["id"]}]})
    [result] = gateway.get(f"{path}/commands-result/{item['id']}")
    assert_shape(result, COMMAND_QUEUED)
    assert (result["state"], result["executed"], result["response"]) == ("canceled", False, None)
    assert gateway.request("DELETE", path)[0] == 200


def test_a_command_that_is_answered(gateway):
    """At once and by the queue; the tracker of this file is connected."""
    answers = []

    def answer_one():
        data = b""
        while b"S2,130305,13812341234#" not in data:
            data += gateway.tracker.socket.recv(1000)
        answers.append("*HQ,%d,V4,S2,130305#" % IDENT)
        gateway.tracker.send(answers[-1].encode())
    body = {"name": "custom", "properties": {"payload": "S2,130305,13812341234"}}
    thread = threading.Thread(target=answer_one)
    thread.start()
    status, answer = raw(gateway, "POST", "/gw/devices/1/commands", [{**body, "timeout": 10}])
    thread.join()
    assert status == 200
    assert_shape(answer, {"result": [{**COMMAND_ANSWERED, "position": WHOLE}]})
    [item] = answer["result"]
    assert (item["expires"], item["position"], item["executed"], item["response"]) == (
        0, 1, True, answers[0])
    status, answer = raw(gateway, "POST", "/gw/devices/1/commands-queue", [body])
    assert status == 200
    answer_one()
    path = f"/gw/devices/1/commands-result/{answer['result'][0]['id']}"
    wait_for(lambda: gateway.request("GET", path)[0] == 200)
    assert_shape(gateway.get(path), [COMMAND_ANSWERED])
    assert_shape(gateway.get("/gw/devices/1/commands-result", {"count": 1}), [COMMAND_ANSWERED])


def test_a_command_that_is_not_answered(gateway):
    status, answer = raw(gateway, "POST", "/gw/devices/1/commands", [
        {"name": "interval.set", "properties": {"seconds": 10}, "timeout": 5}])
    assert status == 200
    assert_shape(answer, {"result": [
        {**COMMAND_ANSWERED, "response": NONE, "position": WHOLE}]})
    assert answer["result"][0]["executed"] is False


def test_a_command_for_nobody(gateway):
    status, answer = raw(gateway, "POST", "/gw/devices", [
        {"name": "away", "device_type_id": 1, "configuration": {"ident": "4713"}}])
    number = answer["result"][0]["id"]
    assert raw(gateway, "POST", f"/gw/devices/{number}/commands", [
        {"name": "custom", "properties": {"payload": "R1,130305"}, "timeout": 10}]) == (
            400, {"result": [], "errors": [{"code": 2, "id": number, "reason":
                  "failed to deliver command 'custom' with timeout pending, "
                  f"device with id {number} is not connected"}]})
    assert gateway.request("DELETE", f"/gw/devices/{number}")[0] == 200


# ---- the envelope, errors ----


def test_envelope(gateway):
    assert_shape(raw(gateway, "GET", "/gw/channels/1?fields=id")[1], {"result": [{"id": WHOLE}]})
    assert raw(gateway, "GET", "/gw/devices/all?fields=id,name&limit=10&offset=0") == (200, {
        "result": [{"id": 1, "name": "Truck 1"}],
        "pagination": {"limit": 10, "offset": 0, "count": 1}})
    answer = raw(gateway, "GET", "/gw/channels/1/messages", data={"from": 1, "to": 2})[1]
    assert_shape(answer, {"result": [ANY], "next_key": WHOLE})
    assert answer["result"] == []


def test_partial_failure(gateway):
    status, answer = raw(gateway, "POST", "/gw/devices", [
        {"name": "a", "device_type_id": 1, "configuration": {"ident": "4711"}},
        {"name": "b", "device_type_id": 1, "configuration": {"ident": str(IDENT)}}])
    if status == 200:  # what can be done is done
        assert_shape(answer, {"result": [DEVICE], "errors": [ANY]})
        gateway.request("DELETE", f"/gw/devices/{answer['result'][0]['id']}")
    assert_shape(answer["errors"][0], {"code": WHOLE, "id": WHOLE, "reason": TEXT}, "field")
    status, answer = raw(gateway, "GET", "/gw/devices/1,98765?fields=id")
    assert status == 200
    assert_shape(answer, {"result": [{"id": WHOLE}],
                          "errors": [{"code": WHOLE, "id": WHOLE, "reason": TEXT}]})


def test_errors(gateway):
    assert raw(gateway, "GET", "/gw/devices/98765") == (403, {"result": [], "errors": [
        {"code": 3, "id": 98765, "reason": "access denied or unable to process the item"}]})
    assert raw(gateway, "GET", "/gw/devices/all?fields=title") == (400, {"result": [], "errors": [
        {"code": 2, "field": "title", "reason": "field is not allowed"}]})
    token, gateway.token = gateway.token, "x" * 64
    try:
        assert raw(gateway, "GET", "/gw/devices/all") == (401, {"errors": [
            {"code": 1, "reason": "unauthorized"}]})
    finally:
        gateway.token = token


# ---- what happened ----


def by_code(gateway, path):
    logs = {}
    for log in gateway.get(path):
        logs.setdefault(log["event_code"], log)
    return logs


def test_logs_of_rest(gateway):
    gateway.request("PUT", "/gw/devices/1", {"name": "Truck 1"})
    wait_for(lambda: {1, 2} <= set(by_code(gateway, "/gw/devices/1/logs")))
    logs = by_code(gateway, "/gw/devices/1/logs")
    for code, has_old in [(1, False), (2, True)]:
        assert_shape({k: v for k, v in logs[code].items() if k not in ("new", "old")}, LOG_REST,
                     "app", "event_text", "event_origin")
        assert logs[code]["origin_type"] == 11 and logs[code]["origin_id"] == 1
        assert isinstance(logs[code]["new"], dict) and logs[code]["new"]["name"] == "Truck 1"
        assert ("old" in logs[code]) == has_old


def test_logs_of_connections(gateway):
    wait_for(lambda: {100, 101, 102} <= set(by_code(gateway, "/gw/channels/1/logs")))
    logs = by_code(gateway, "/gw/channels/1/logs")
    for code, shape in [(100, LOG_CONNECTION), (101, LOG_IDENT), (102, LOG_END)]:
        assert_shape(logs[code], shape, "count", "event_text", "event_origin")
        assert (logs[code]["origin_type"], logs[code]["origin_id"]) == (9, 1)
    logs = by_code(gateway, "/gw/devices/1/logs")
    for code, shape in [(300, LOG_IDENT), (301, LOG_END)]:
        assert_shape(logs[code], shape, "count", "event_text", "event_origin")
        assert (logs[code]["origin_type"], logs[code]["origin_id"]) == (11, 1)
    assert (logs[301]["close_code"], logs[301]["msgs"], logs[301]["ident"]) == \
        (2, len(FRAMES), str(IDENT))


def test_packets(gateway):
    paths = ["/gw/devices/1/packets", f"/gw/channels/1/idents/{IDENT}/packets"]
    for path in paths:
        wait_for(lambda: {0, 1, 2, 3} <= {p["type"] for p in gateway.get(path)})
        seen = gateway.get(path)
        for packet in seen:
            shape = {"timestamp": NUMBER, "type": WHOLE, "conn": WHOLE}
            assert_shape(packet, {**shape, "data": TEXT} if packet["type"] in (2, 3) else shape)
        received = b"".join(base64.b64decode(p["data"]) for p in seen if p["type"] == 2)
        assert received.startswith(FRAMES[0] % IDENT)


def test_codes_of_logs(gateway):
    [value] = gateway.get("/const/values?names=toolbox%2Fcodes")
    codes, entities = value["toolbox/codes"]["codes"], value["toolbox/codes"]["entities"]
    assert {"1", "2", "3", "100", "101", "102", "300", "301", "304"} <= set(codes)
    for number, code in codes.items():
        assert_shape(code, {"code": WHOLE, "description": TEXT, "severity": TEXT}, "doc", "entity",
                     "extra_name", "extra_codes")
        assert str(code["code"]) == number
        assert code["severity"] in ("alert", "notice", "warning", "info")
    assert codes["102"]["extra_name"] == "close_code"
    assert_shape(codes["102"]["extra_codes"]["17"],
                 {"code": WHOLE, "description": TEXT, "severity": TEXT})
    assert {"base", "channels", "devices"} <= set(entities)
    for numbers in entities.values():
        assert_shape(numbers, [WHOLE])


def test_topics(gateway):
    [value] = gateway.get("/const/values?names=toolbox/topics")
    assert value["toolbox/topics"]["topics"]
    assert_shape(value, {"toolbox/topics": {"topics": ANY}})
    for topic in value["toolbox/topics"]["topics"].values():
        assert_shape(topic, {"description": TEXT})


# ---- who may ----


def test_regions(gateway):
    [region] = gateway.get("/auth/regions")
    assert_shape(region, REGION)
    assert region["default"] is True and re.match(r"https?://", region["rest"])
    assert re.fullmatch(r"[^/]+:\d+", region["mqtt-ws"])


def test_token(gateway):
    [token] = gateway.get("/auth/info")
    assert_shape({k: v for k, v in token.items() if k in ("id", "cid", "access")},
                 {"id": WHOLE, "cid": WHOLE, "access": ANY})
    acl = [{"uri": "gw/devices", "methods": ["GET"], "submodules": [
        {"name": "messages", "methods": ["GET"]}, {"name": "logs", "methods": ["GET"]}]}]
    for access in [{"type": 1}, {"type": 2, "acl": acl}]:
        status, answer = raw(gateway, "POST", "/platform/tokens", [
            {"info": "Master", "access": access, "ttl": 60}])
        assert status == 200
        [token] = answer["result"]
        assert token["access"]["type"] == access["type"]
        for sent, kept in zip(access.get("acl", []), token["access"].get("acl", [])):
            assert (kept["uri"], kept["methods"]) == (sent["uri"], sent["methods"])
            assert sorted(map(str, kept["submodules"])) == sorted(map(str, sent["submodules"]))
        assert_shape({**token, "access": {"type": token["access"]["type"]}}, TOKEN, "metadata",
                     "accessed")
        assert re.fullmatch("[A-Za-z0-9]{64}", token["key"])
        assert raw(gateway, "DELETE", f"/platform/tokens/{token['id']}")[0] == 200


# ---- messages, telemetry ----


def test_messages(gateway):
    position, cells, points, heartbeat = gateway.get("/gw/devices/1/messages", {"count": 4})
    assert_shape(position, {**COMMON, **STATUS, **POSITION})
    assert position["timestamp"] == 1439218492 and position["vehicle.state"] == "FFFFFBFF"
    assert position["vehicle.state.bitmask"] == 4294966271 and position["vendor.code"] == "HQ"
    assert_shape(cells, {**COMMON, **STATUS, **CELL, **{f"{name}.1": k for name, k in CELL.items()},
                         "gsm.mcc": WHOLE, "gsm.mnc": WHOLE, "gsm.signal.level": NUMBER,
                         "battery.voltage": NUMBER})
    assert_shape(points, {**COMMON, **STATUS, **POINT, **{f"{name}.1": k for name, k in POINT.items()},
                          "battery.voltage": NUMBER})
    assert_shape(heartbeat, {**COMMON, "battery.level": NUMBER})
    assert heartbeat["timestamp"] == heartbeat["server.timestamp"]
    for message in (position, cells, points, heartbeat):
        assert list(message) == sorted(message)
        assert message["protocol.id"] == 441
    for message in gateway.get("/gw/channels/1/messages"):
        assert not [name for name in message if name.startswith("device.")]


def test_telemetry(gateway):
    [device] = gateway.get("/gw/devices/1/telemetry/position,ident")
    assert_shape(device, {"id": WHOLE, "telemetry": ANY})
    for value in device["telemetry"].values():
        assert_shape(value, VALUE)
    assert set(device["telemetry"]) == {"ident", "position", *POSITION}
    inside = device["telemetry"]["position"]["value"]
    assert_shape(inside, {name.split(".")[1]: kind for name, kind in POSITION.items()})
    [device] = gateway.get("/gw/devices/1/telemetry/position.speed")
    assert device == {"id": 1, "telemetry": {"position.speed": {"ts": 1439218492, "value": 18.52}}}


def test_data_as_flespi_takes_it(gateway):
    """In the query, percent-encoded or not so strictly; and as the body of the GET."""
    data = json.dumps({"count": 1, "fields": "ident"})
    for target, body in [("?data=" + urllib.parse.quote(data), None), ("", json.loads(data))]:
        status, answer = raw(gateway, "GET", "/gw/devices/1/messages" + target, body)
        assert (status, answer) == (200, {"result": [{"ident": str(IDENT)}]})
