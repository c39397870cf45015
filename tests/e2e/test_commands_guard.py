"""What is refused, and who may do what: bodies, dangerous commands, fast cars, tokens, limits."""
import http.client
import json
import time
import urllib.parse

import pytest

from commanding import (PATIENCE, STATUS_RUNS, Device, ask, done, gateway,  # noqa: F401
                        interval_answered, patient)
from harness import Gateway
from trackers import metric, wait_for

GENERIC, TK100, G06L, GF40 = 1, 2, 5, 7


def make_token(gateway, access, **members):
    status, answer = ask(gateway, "POST", "/platform/tokens",
                         [{"ttl": 3600, "access": access, **members}])
    assert status == 200, answer
    return answer["result"][0]["key"]


def acl(*entries):
    return {"type": 2, "acl": list(entries)}


def submodules(**names):
    return [{"name": name.replace("_", "-"), "methods": methods} for name, methods in names.items()]


def custom(payload, **members):
    return {"name": "custom", "properties": {"payload": payload}, **members}


def interval(seconds=60, **members):
    return {"name": "interval.set", "properties": {"seconds": seconds}, **members}


NOW = int(time.time())

# (body, member at fault, part of the sentence)
REFUSED = [
    ([], None, "0 commands in one request"),
    ([interval()] * 101, None, "101 commands in one request, 1 to 100 are possible"),
    ([7], None, "must be an object"),
    ("text", None, ""),
    ({}, "name", "name is missing"),
    ({"name": 5}, "name", "must be a string"),
    ({"name": "engine"}, "name", "there is no command 'engine'; there are custom"),
    ({"name": "\u0007"}, "name", "there is no command '\\x07'"),
    ({"name": "custom"}, "properties.payload", "is missing"),
    ({"name": "custom", "properties": None}, "properties.payload", "is missing"),
    ({"name": "custom", "properties": []}, "properties", ""),
    (custom(""), "properties.payload", ""),
    (custom("A#B"), "properties.payload", "#"),
    (custom("*HQ,1,S20"), "properties.payload", "'*'"),
    (custom("A\nB"), "properties.payload", "control character"),
    (custom("A\u0000B"), None, ""),
    (custom("A\u007fB"), "properties.payload", "control character"),
    (custom("A" * 491), "properties.payload", "490"),
    (custom("A" * 5000), "properties", "2048"),
    (custom(5.5), "properties.payload", "must be a string"),
    (custom(None), "properties.payload", "must be a string"),
    (custom({}), "properties.payload", "must be a string"),
    ({"name": "custom", "properties": {"payload": "A", "other": 1}}, "properties.other", "unknown"),
    (interval(0), "properties.seconds", "65535"),
    (interval(65536), "properties.seconds", "65535"),
    (interval("x"), "properties.seconds", "whole number"),
    (interval(1.5), "properties.seconds", "whole number"),
    (interval(True), "properties.seconds", "whole number"),
    (interval([1]), "properties.seconds", "whole number"),
    ({"name": "interval.set"}, "properties.seconds", "is missing"),
    ({"name": "server.set", "properties": {"address": "example.org", "port": 1}, "confirm": True},
     "properties.address", "address"),
    ({"name": "center.set", "properties": {"number": "12a"}}, "properties.number", "number"),
    ({"name": "admins.set", "properties": {"numbers": [str(n) for n in range(6)]}},
     "properties.numbers", "5"),
    ({"name": "admins.set", "properties": {"numbers": "1"}, "nonsense": 1}, "nonsense", "unknown"),
    ({"name": "alarm.mode.set", "properties": {"mode": 9}}, "properties.mode", ""),
    ({"name": "mode.md.times", "properties": {"times": ["25:00"]}}, "properties.times", ""),
    ({"name": "password.set", "properties": {"new": "1,1"}}, "properties.new", "without ','"),
    (interval(ttl=59), "ttl", "60"),
    (interval(ttl=2592001), "ttl", "2592000"),
    (interval(ttl="60"), "ttl", ""),
    (interval(expires=NOW - 10), "expires", "past"),
    (interval(expires=NOW + 2592000 + 1000), "expires", "2592000"),
    (interval(ttl=60, expires=NOW + 100), "expires", "both"),
    (interval(priority=-1), "priority", ""),
    (interval(priority=1001), "priority", "1000"),
    (interval(max_attempts=0), "max_attempts", ""),
    (interval(max_attempts=101), "max_attempts", "100"),
    (interval(timeout=4), "timeout", "5"),
    (interval(timeout=61), "timeout", "60"),
    (interval(condition="battery.level<"), "condition", ""),
    (interval(condition=5), "condition", ""),
    (interval(meta=[]), "meta", ""),
    (interval(meta={"a": "x" * 1100}), "meta", "1024"),
    (interval(confirm="yes"), "confirm", ""),
    (interval(id=5), "id", ""),
    (interval(address="sms"), "address", ""),
]


@pytest.mark.parametrize("body,member,part", REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_bodies_that_are_refused(patient, body, member, part):
    device = getattr(patient, "refuser", None) or Device(patient)
    patient.refuser = device
    for way in ("commands-queue", "commands"):
        if way == "commands" and member in ("ttl", "expires", "priority", "max_attempts", "condition"):
            continue  # passed over there
        status, answer = ask(patient, "POST", f"{device.path}/{way}", body)
        assert (status, answer["result"] if "result" in answer else []) == (400, []), answer
        [error] = answer["errors"]
        assert (error["code"], error.get("field")) == (2, member), error
        assert part in error["reason"] and len(error["reason"]) < 400
    assert device.waiting() == []


def test_one_that_is_refused_refuses_all(patient):
    device = Device(patient)
    status, answer = ask(patient, "POST", device.path + "/commands-queue",
                         [interval(1), interval(0), interval(3)])
    assert status == 400 and answer["result"] == []
    assert (answer["errors"][0]["id"], answer["errors"][0]["field"]) == (1, "properties.seconds")
    assert device.waiting() == []


def test_the_longest_payload(patient):
    device = Device(patient)
    unit = device.unit()
    device.custom("A" * 490)
    assert unit.frame() == b"A" * 490


def test_values_that_are_good(patient):
    device = Device(patient)
    for name, properties, payload in [
            ("interval.set", {"seconds": "65535"}, "D1,000000,65535"),
            ("admins.set", {"numbers": ["+49151", "112"]}, "S3,000000,+49151,112"),
            ("admins.set", {"numbers": "112"}, "S3,000000,112"),
            ("alarm.switch.set", {"alarm": 3, "enabled": True}, "S19,000000,3,1"),
            ("cells.set", {"count": 7}, "S80,000000,07"),
            ("fence.set", {"radius": 500}, "S21,000000,500,3"),
            ("server.set", {"address": "116.205.4.25", "port": 8800}, "S23,000000,116,205,4,25,8800"),
            ("apn.set", {"apn": "internet"}, "S24,000000,internet,,"),
            ("move.alarm.set", {}, "CMD,000000,move654321 0050"),
            ("mode.md.times", {"times": ["1:00", "2:00"]}, "MD123456 2 3 1:00 2:00"),
            ("engine.stop.pulsed", {}, "S20,000000,1,3,10,3,5,5,3,5,3,5")]:
        assert device.queue(name, properties)["payload"] == payload


@pytest.mark.parametrize("kind,name,properties,has", [
    (GF40, "interval.set", {"seconds": 5}, False), (GF40, "mode.md", {}, True),
    (TK100, "engine.stop.text", {}, False), (TK100, "engine.stop", {}, True),
    (G06L, "engine.stop.text", {}, True), (G06L, "mode.md", {}, False)])
def test_commands_of_other_types(patient, kind, name, properties, has):
    device, other = Device(patient, kind), Device(patient)
    if has:
        device.queue(name, properties)
        return
    both = f"/gw/devices/{device.id},{other.id}/commands-queue"
    status, answer = ask(patient, "POST", both, {"name": name, "properties": properties})
    assert status == 200 and [c["device_id"] for c in answer["result"]] == [other.id]
    [error] = answer["errors"]
    assert error["id"] == device.id and f"has no command '{name}'" in error["reason"]
    assert ask(patient, "POST", device.path + "/commands-queue",
               {"name": name, "properties": properties})[0] == 400
    assert device.waiting() == []
    device.custom("MD123456 1 3 8 1")  # its own words are never refused


# ---- bodies as bytes ----


def post(gateway, path, body, **headers):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(gateway.url).netloc,
                                            timeout=PATIENCE)
    try:
        connection.request("POST", path, body, {"Authorization": gateway.token, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("body,wanted", [
    (b"", 400), (b"{", 400), (b"nonsense", 400), (b"[{\"name\":\"custom\"", 400),
    (b"{\"name\":\"custom\",\"name\":\"custom\",\"properties\":{\"payload\":\"A\"}}", 400),
    (b"{\"name\":\"custom\",\"properties\":{\"payload\":\"\xff\"}}", 400),
    (b" " * 1048577, 413), (b"[" * 100000, 400)], ids=range(8))
def test_bytes_that_are_no_body(patient, body, wanted):
    device = Device(patient)
    for way in ("commands-queue", "commands"):
        status, text = post(patient, f"{device.path}/{way}", body)
        assert status == wanted, text
        assert json.loads(text)["errors"][0]["reason"]
    assert device.waiting() == []


# ---- dangerous ones ----

DANGEROUS = [custom("CMD,130305,stop654321"), custom("S20,130305,1,1"), custom("s20 , 130305,1,1"),
             custom("S23,130305,1,2,3,4,80"), {"name": "engine.stop"}, {"name": "engine.stop.text"},
             {"name": "engine.stop.pulsed"}, {"name": "factory.reset"},
             {"name": "apn.set", "properties": {"apn": "a"}},
             {"name": "server.set", "properties": {"address": "1.2.3.4", "port": 80}}]
HARMLESS = [custom("MD123456 1 3 8 1"), custom("S2,130305,13812341234"), interval(),
            {"name": "engine.resume"}]


@pytest.fixture(scope="module")
def keys(patient):
    queue = submodules(commands_queue=["POST"], commands=["POST"])
    return {
        "master": make_token(patient, {"type": 1}),
        "standard": make_token(patient, {"type": 0}),
        "acl": make_token(patient, acl({"uri": "gw/devices", "methods": ["GET"],
                                        "submodules": queue})),
        # all that lies below, but nothing by its name
        "broad": make_token(patient, acl({"uri": "gw/devices",
                                          "methods": ["GET", "POST", "PUT", "DELETE"]})),
        "get": make_token(patient, acl({"uri": "gw/devices", "methods": ["GET"], "submodules":
                                        queue + submodules(commands_dangerous=["GET"])})),
        "named": make_token(patient, acl({"uri": "gw/devices", "methods": ["GET"], "submodules":
                                          queue + submodules(commands_dangerous=["POST"])})),
    }


@pytest.mark.parametrize("who,may", [("master", True), ("standard", False), ("acl", False),
                                     ("broad", False), ("get", False), ("named", True), (None, True)])
def test_who_may_be_dangerous_without_saying_so(patient, keys, who, may):
    device = Device(patient)
    key = keys.get(who)
    for body in DANGEROUS:
        for way in ("commands-queue", "commands"):
            status, answer = ask(patient, "POST", f"{device.path}/{way}", body, key=key)
            if may and way == "commands":
                assert status == 400 and "is not connected" in answer["errors"][0]["reason"]
            elif may:
                assert status == 200, answer
            else:
                [error] = answer["errors"]
                assert (status, error["field"]) == (400, "confirm")
                assert "is dangerous" in error["reason"] and '"confirm": true' in error["reason"]
            for confirm, wanted in [(True, 200), (False, 200 if may else 400)]:
                if way == "commands-queue":
                    assert ask(patient, "POST", f"{device.path}/{way}",
                               {**body, "confirm": confirm}, key=key)[0] == wanted
    for body in HARMLESS:
        assert ask(patient, "POST", device.path + "/commands-queue", body, key=key)[0] == 200


def test_one_dangerous_of_several_refuses_all(patient, keys):
    device = Device(patient)
    status, answer = ask(patient, "POST", device.path + "/commands-queue",
                         [interval(), {"name": "engine.stop"}], key=keys["standard"])
    assert status == 400 and answer["errors"][0]["id"] == 1
    assert device.waiting() == []


def test_no_confirm():
    with Gateway(args=["--no-confirm"]) as g:
        device = Device(g)
        key = make_token(g, {"type": 0})
        for body in DANGEROUS:
            assert ask(g, "POST", device.path + "/commands-queue", body, key=key)[0] == 200


def test_dangerous_for_some_devices(patient):
    """The right is asked of each device."""
    devices = [Device(patient), Device(patient)]
    key = make_token(patient, acl(
        {"uri": "gw/devices", "methods": ["GET"], "submodules": submodules(commands_queue=["POST"])},
        {"uri": "gw/devices", "methods": [], "ids": [devices[0].id],
         "submodules": submodules(commands_dangerous=["POST"])}))
    for chosen, wanted in [([0], 200), ([1], 400), ([0, 1], 400)]:
        path = "/gw/devices/" + ",".join(str(devices[n].id) for n in chosen)
        assert ask(patient, "POST", path + "/commands-queue", {"name": "engine.stop"},
                   key=key)[0] == wanted
    assert len(devices[1].waiting()) == 0


# ---- tokens ----


def test_a_token_for_one_device(patient):
    devices = [Device(patient), Device(patient)]
    key = make_token(patient, acl({
        "uri": "gw/devices", "methods": ["GET"], "ids": [devices[0].id],
        "submodules": submodules(commands_queue=["POST"])}))
    status, answer = ask(patient, "POST", devices[0].path + "/commands-queue", interval(), key=key)
    assert status == 200
    status, answer = ask(patient, "POST", devices[1].path + "/commands-queue", interval(), key=key)
    assert (status, answer["errors"][0]["code"], answer["errors"][0]["id"]) == (
        403, 3, devices[1].id)
    both = f"/gw/devices/{devices[0].id},{devices[1].id}/commands-queue"
    status, answer = ask(patient, "POST", both, interval(), key=key)
    assert status == 200 and [c["device_id"] for c in answer["result"]] == [devices[0].id]
    assert [e["id"] for e in answer["errors"]] == [devices[1].id]
    status, answer = ask(patient, "POST", "/gw/devices/all/commands-queue", interval(), key=key)
    assert status == 200 and [c["device_id"] for c in answer["result"]] == [devices[0].id]
    assert len(devices[0].waiting()) == 3 and devices[1].waiting() == []
    # posting is all that it may
    for method, way in [("GET", "commands-queue/all"), ("DELETE", "commands-queue/all"),
                        ("GET", "commands-result"), ("POST", "commands")]:
        body = interval() if method == "POST" else None
        status, answer = ask(patient, method, f"{devices[0].path}/{way}", body, key=key)
        assert status == 403, (method, way, answer)
    assert len(devices[0].waiting()) == 3


def test_readers(patient):
    device = Device(patient)
    item = device.interval(1)
    key = make_token(patient, acl({"uri": "gw/devices", "methods": ["GET"], "submodules": submodules(
        commands_queue=["GET"], commands_result=["GET"])}))
    path = device.path + "/commands-"
    status, answer = ask(patient, "GET", path + "queue/all", key=key)
    assert status == 200 and [c["id"] for c in answer["result"]] == [item["id"]]
    assert ask(patient, "GET", path + "result", key=key)[0] == 200
    assert ask(patient, "POST", path + "queue", interval(), key=key)[0] == 403
    assert ask(patient, "DELETE", path + "queue/all", key=key)[0] == 403
    nobody = make_token(patient, acl({"uri": "gw/devices", "methods": ["GET"], "submodules": []}))
    status, answer = ask(patient, "GET", device.path + "?fields=commands_queue", key=nobody)
    assert status == 200 and not answer["result"][0]["commands_queue"]
    for way in ("queue/all", "result"):
        assert ask(patient, "GET", path + way, key=nobody)[0] == 403
    assert ask(patient, "GET", path + "queue/all", key="x" * 64)[0] == 401


# ---- fast cars ----


def test_a_fast_car_is_not_stopped(patient):
    device = Device(patient)
    unit = device.unit()
    unit.place(speed=50)
    for way in ("commands-queue", "commands"):
        status, answer = ask(patient, "POST", f"{device.path}/{way}", {"name": "engine.stop"})
        [error] = answer["errors"]
        assert (status, error["id"], error["code"]) == (400, device.id, 2)
        assert "km/h, above 20 km/h no fuel is cut; \"force\": true" in error["reason"]
        assert "50.0 km/h" in error["reason"]
    assert ask(patient, "POST", device.path + "/commands-queue",
               custom("CMD,130305,stop654321"))[0] == 400
    unit.quiet(0.1)
    # what stops nobody goes, and so does what was meant so
    resume = device.queue("engine.resume")
    [when] = unit.take(rb"S20,(\d{6}),1,0")
    unit.answer(b"S20", when)
    device.result(resume)
    forced = device.queue("engine.stop", force=True)
    [when] = unit.take(rb"S20,(\d{6}),1,1")
    unit.answer(b"S20", when)
    assert device.result(forced)["executed"]
    unit.place(speed=20)
    slow = device.queue("engine.stop")
    [when] = unit.take(rb"S20,(\d{6}),1,1")
    unit.answer(b"S20", when)
    assert device.result(slow)["executed"]


def test_a_queued_cut_waits_until_the_car_is_slow(patient):
    device = Device(patient)
    cut, other = device.queue("engine.stop", priority=9), device.interval(1)
    unit = device.unit(hello=b"V0")
    # it may go at once, as nothing is known of its speed; one that comes driving does not get it
    unit.take(rb"S20,(\d{6}),1,1")
    ask(patient, "DELETE", device.path + f"/commands-queue/{cut['id']}")
    interval_answered(unit, 1)
    device.result(other)
    unit.close()
    wait_for(lambda: patient.get(device.path + "/connections/all") == [])
    now = time.time()
    cut, other = device.queue("engine.stop", priority=9), device.interval(2)
    status, _ = ask(patient, "POST", device.path + "/messages",
                    [{"timestamp": int(now) + 5, "position.speed": 90, "position.latitude": 1,
                      "position.longitude": 1}])
    assert status == 200
    unit = device.unit(hello=b"V0")
    [when] = unit.take(rb"D1,(\d{6}),2")  # the cut blocks nobody
    unit.say(b"V4,D1,%s" % when)  # without a position, which would tell a speed
    device.result(other)
    unit.place(speed=21, when=now + 10)
    unit.quiet()
    unit.place(speed=19, when=now + 15)
    [when] = unit.take(rb"S20,(\d{6}),1,1")
    unit.answer(b"S20", when)
    assert device.result(cut)["attempts"] == 1


@pytest.mark.parametrize("limit,speed,may", [
    ("90", 80, True), ("90", 95, False), ("0", 200, True), ("5", 10, False), ("5", 4, True)])
def test_a_limit_of_its_own(patient, limit, speed, may):
    device = Device(patient, fuel_cut_max_speed=limit)
    unit = device.unit()
    unit.place(speed=speed)
    status, answer = ask(patient, "POST", device.path + "/commands-queue", {"name": "engine.stop"})
    assert status == (200 if may else 400), answer
    if not may:
        assert f"above {limit} km/h" in answer["errors"][0]["reason"]
        assert ask(patient, "PATCH", device.path,
                   {"configuration": {"fuel_cut_max_speed": "0"}})[0] == 200
        device.queue("engine.stop")
    unit.take(rb"S20,(\d{6}),1,1")


@pytest.mark.parametrize("option,speed,may", [(["--fuel-cut-max-speed", "60"], 55, True),
                                              (["--fuel-cut-max-speed", "60"], 65, False),
                                              (["--fuel-cut-max-speed", "0"], 250, True)])
def test_a_limit_of_the_gateway(option, speed, may):
    with Gateway(args=option) as g:
        device = Device(g)
        unit = device.unit()
        unit.place(speed=speed)
        assert ask(g, "POST", device.path + "/commands-queue",
                   {"name": "engine.stop"})[0] == (200 if may else 400)


# ---- how many ----


def test_a_thousand_for_one_device():
    with Gateway() as g:
        device = Device(g)
        path = device.path + "/commands-queue"
        for _ in range(10):
            status, answer = ask(g, "POST", path + "?fields=id",
                                 [interval(n + 1) for n in range(100)])
            assert status == 200 and len(answer["result"]) == 100
        assert metric(g, "commands_waiting") == 1000
        status, answer = ask(g, "POST", path, interval())
        assert status == 400
        [error] = answer["errors"]
        assert error["id"] == device.id
        assert f"1000 commands wait for device {device.id} already, the most is 1000" in error["reason"]
        assert device.now("custom", {"payload": "A"})[0] == 400
        unit = device.unit()
        interval_answered(unit, 1)  # there is room again
        wait_for(lambda: metric(g, "commands_waiting") == 999)
        done(ask(g, "POST", path, interval()))
        status, answer = ask(g, "DELETE", path + "/all")
        assert status == 200 and len(answer["result"]) == 1000
        assert device.waiting() == []
        assert len(g.get(device.path + "/commands-result?fields=id")) >= 1000
