"""Instant commands: sent at once, waited for, answered together."""
import http.client
import json
import time
import urllib.parse

import pytest

from commanding import (PATIENCE, Call, Device, ask, done, gateway,  # noqa: F401
                        interval_answered, patient)
from harness import Gateway
from test_queue import Poller, target
from trackers import metric, wait_for

INTERVAL = {"name": "interval.set", "properties": {"seconds": 5}}


def start(gateway, devices, commands, key=None):
    path = "/gw/devices/" + ",".join(str(d.id) for d in devices) + "/commands"
    return Call(ask, gateway, "POST", path, commands, key=key)


def not_connected(device, name="interval.set"):
    return {"code": 2, "id": device.id, "reason":
            f"failed to deliver command '{name}' with timeout pending, device with id {device.id} "
            "is not connected"}


# ---- one ----


def test_an_answer(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [INTERVAL])
    answer = interval_answered(unit, 5)
    item = done(call.answer())
    assert (item["executed"], item["response"], item["name"], item["device_id"]) == (
        True, answer, "interval.set", device.id)
    assert (item["expires"], item["position"], item["properties"]) == (0, 1, {"seconds": 5})
    assert item["timestamp"] == pytest.approx(time.time(), abs=30)
    assert item["attempts"] == item["max_attempts"] == 1
    # it is a result like any other, and was in no queue
    result = device.result(item)
    assert {**item, "position": None} == {**result, "position": None}
    [log] = device.logged(332)
    assert (log["id"], log["response"]) == (item["id"], answer)
    assert [log["attempt"] for log in device.logs(334)] == [1]
    assert device.logs(330) == []


@pytest.mark.parametrize("payload,frame", [
    ("CMD,130305,stop654321", b"V4,CMD,130305,stop654321,OK"),
    ("S2,130305,13812341234", b"V4,S2,130305,145452,A,2240.55181,N,11358.32389,E,0.00,180,100815,"
     b"FFFFFBFF"),
    ("MD123456 1 3 8 1", b"V4,CMD,MD123456 1 3 8 1,OK")])
def test_those_of_the_page(patient, payload, frame):
    """With the administrator's token nothing more is needed, also where fuel is cut."""
    device = Device(patient)
    unit = device.unit()
    call = Call(ask, patient, "POST", device.path + "/commands",
                {"name": "custom", "properties": {"payload": payload}})
    assert unit.frame() == payload.encode()
    unit.say(frame)
    item = done(call.answer())
    assert item["response"] == (unit.head + frame + b"#").decode() and item["executed"] is True


def test_members_of_queued_ones_are_passed_over(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [{**INTERVAL, "ttl": 86400, "max_attempts": 3, "priority": 1,
                                      "condition": "battery.level<0", "timeout": 10}])
    interval_answered(unit, 5)
    assert done(call.answer())["executed"]


def test_no_answer(patient):
    device = Device(patient)
    unit = device.unit()
    begin = time.monotonic()
    status, answer = device.now("interval.set", {"seconds": 5}, timeout=5)
    assert status == 200 and "errors" not in answer
    assert 4.9 < time.monotonic() - begin < 15
    [item] = answer["result"]
    assert (item["executed"], item["response"], item["state"]) == (False, None, "failed")
    unit.take(rb"D1,(\d{6}),5")
    unit.quiet()
    assert device.result(item)["attempts"] == 1


def test_no_answer_is_awaited_of_some(gateway):
    device = Device(gateway)
    unit = device.unit()
    status, answer = device.now("custom", {"payload": "MD123456 1 3 8 1"})
    assert unit.frame() == b"MD123456 1 3 8 1"
    [item] = answer["result"]
    assert (status, item["executed"], item["response"]) == (
        200, True, "command sent and marked as executed: it has no documented answer, and none came")


def test_a_tracker_that_refuses(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [INTERVAL])
    [when] = unit.take(rb"D1,(\d{6}),5")
    answer = unit.answer(b"D1", when, b"7F")
    item = done(call.answer())
    assert (item["executed"], item["response"], item["state"], item["reply"]) == (
        False, answer, "failed", "7F")


def test_offline(patient):
    device = Device(patient)
    assert device.now("interval.set", {"seconds": 5}) == (
        400, {"result": [], "errors": [not_connected(device)]})
    assert device.waiting() == []
    assert patient.get(device.path + "/commands-result") == []
    device.unit().close()
    wait_for(lambda: patient.get(device.path + "/connections/all") == [])
    status, answer = device.now("custom", {"payload": "R1,130305"})
    assert (status, answer["errors"]) == (400, [not_connected(device, "custom")])


@pytest.mark.parametrize("seconds", [4, 61, 0, -1, "5", 5.5])
def test_timeouts_that_cannot_be(patient, seconds):
    device = Device(patient)
    device.unit()
    status, answer = device.now("interval.set", {"seconds": 5}, timeout=seconds)
    assert (status, answer["errors"][0]["field"]) == (400, "timeout")


def test_the_connection_ends_meanwhile(gateway):
    device = Device(gateway)
    unit = device.unit()
    call = start(gateway, [device], [{**INTERVAL, "timeout": 5}])
    [when] = unit.take(rb"D1,(\d{6}),5")
    unit.close()
    again = device.unit()  # and comes again, with the answer
    again.answer(b"D1", when)
    assert done(call.answer())["executed"]


# ---- several ----


def test_several_devices_some_offline(patient):
    devices = [Device(patient) for _ in range(4)]
    units = {0: devices[0].unit(), 2: devices[2].unit()}
    call = start(patient, devices, [INTERVAL])
    answers = {n: interval_answered(unit, 5) for n, unit in units.items()}
    status, answer = call.answer()
    assert status == 200
    assert {i["device_id"]: i["response"] for i in answer["result"]} == {
        devices[n].id: answers[n] for n in units}
    assert answer["errors"] == [not_connected(devices[1]), not_connected(devices[3])]


def test_none_of_several(patient):
    devices = [Device(patient) for _ in range(2)]
    assert start(patient, devices, [INTERVAL]).answer() == (
        400, {"result": [], "errors": [not_connected(d) for d in devices]})


def test_two_at_once_to_one_device(patient):
    device = Device(patient)
    unit = device.unit()
    calls = [start(patient, [device], [INTERVAL]) for _ in range(2)]
    times = []
    for _ in calls:
        [when] = unit.take(rb"D1,(\d{6}),5")
        unit.beat()
        assert not unit.early and when not in times  # one at a time, told apart by the time
        times.append(when)
        unit.answer(b"D1", when)
    items = [done(call.answer()) for call in calls]
    assert {i["payload"].split(",")[1].encode() for i in items} == set(times)
    assert all(i["executed"] for i in items)
    assert items[0]["id"] != items[1]["id"]


def test_several_of_one_request(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [
        {"name": "interval.set", "properties": {"seconds": n}} for n in (1, 2, 3)])
    answers = [interval_answered(unit, n) for n in (1, 2, 3)]
    status, answer = call.answer()
    assert status == 200
    seen = sorted(answer["result"], key=lambda c: c["id"])
    assert [c["response"] for c in seen] == answers
    assert answer["result"] == seen, "the answers are not in the order of the commands"


def test_while_a_queued_one_is_under_way(patient):
    device = Device(patient)
    unit = device.unit()
    queued = [device.interval(n, priority=1000) for n in (1, 2)]
    [when] = unit.take(rb"D1,(\d{6}),1")
    call = start(patient, [device], [INTERVAL])
    wait_for(lambda: len(device.waiting()) == 3)
    unit.beat()
    assert not unit.early and call.is_open()  # it waits for the one that is under way
    unit.answer(b"D1", when)
    answer = interval_answered(unit, 5)  # and goes before what is queued, whatever its priority
    assert done(call.answer())["response"] == answer
    interval_answered(unit, 2)
    assert device.result(queued[0])["executed"] and device.result(queued[1])["executed"]


def test_cancelled_while_somebody_waits(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [INTERVAL])
    unit.take(rb"D1,(\d{6}),5")
    [item] = device.waiting()
    assert (item["state"], item["expires"]) == ("sent", 0)
    assert done(ask(patient, "DELETE", device.path + "/commands-queue/all")) == {"id": item["id"]}
    ended = done(call.answer())
    assert (ended["state"], ended["executed"], ended["response"]) == ("canceled", False, None)


def test_the_device_goes_while_somebody_waits(patient):
    device = Device(patient)
    unit = device.unit()
    call = start(patient, [device], [INTERVAL])
    unit.take(rb"D1,(\d{6}),5")
    assert ask(patient, "DELETE", device.path)[0] == 200
    status, answer = call.answer()
    assert status == 200 and answer["result"][0]["executed"] is False


# ---- who else there is ----


def test_who_waits_takes_no_thread():
    with Gateway(args=["--http-threads", "1", "--command-timeout", "60"]) as g:
        devices = [Device(g) for _ in range(20)]
        units = [device.unit() for device in devices]
        calls = [start(g, [device], [INTERVAL]) for device in devices]
        poller = Poller(g, target("/gw/channels/1/messages", curr_key=10000, timeout=30))
        times = [unit.take(rb"D1,(\d{6}),5")[0] for unit in units]
        begin = time.monotonic()
        for _ in range(20):
            assert len(g.get("/gw/devices/all/commands-queue/all")) == 20
        assert time.monotonic() - begin < PATIENCE
        assert all(call.is_open() for call in calls)
        answers = [unit.answer(b"D1", when) for unit, when in zip(units, times)]
        assert [done(call.answer())["response"] for call in calls] == answers
        poller.socket.close()


def test_a_client_that_goes_leaves_nothing_behind(patient):
    device = Device(patient)
    unit = device.unit()
    address = urllib.parse.urlsplit(patient.url).netloc
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    connection.request("POST", device.path + "/commands", json.dumps([INTERVAL]),
                       {"Authorization": patient.token})
    [when] = unit.take(rb"D1,(\d{6}),5")
    connection.close()
    answer = unit.answer(b"D1", when)
    [result] = wait_for(lambda: patient.get(device.path + "/commands-result"))
    assert result["response"] == answer  # it went on, unheard


def test_the_gateway_stops_while_somebody_waits():
    with Gateway(args=["--command-timeout", "60"]) as g:
        device, silent = Device(g), Device(g)
        unit = device.unit()
        other = silent.unit()
        calls = [start(g, [device], [{**INTERVAL, "timeout": 60}]) for _ in range(20)]
        calls.append(start(g, [device, silent], [{**INTERVAL, "timeout": 60}]))
        [when] = unit.take(rb"D1,(\d{6}),5")
        other.take(rb"D1,(\d{6}),5")
        wait_for(lambda: metric(g, "commands_waiting") == 22)
        begin = time.monotonic()
        assert g.stop() == 0
        told = [call.answer() for call in calls]
        assert time.monotonic() - begin < 10
        for status, answer in told:
            assert status == 500, told
            assert "have not ended" in answer["errors"][0]["reason"]
        g.start()
        # nothing is sent by the next start; an answer to what was sent still counts
        unit, other = device.unit(), silent.unit()
        unit.answer(b"D1", when)
        unit.quiet()
        other.quiet()
        [result] = wait_for(lambda: g.get(device.path + "/commands-result"))
        assert (result["executed"], result["attempts"]) == (True, 1)
        [waits] = g.get("/gw/devices/all/commands-queue/all")
        assert (waits["device_id"], waits["state"], waits["attempts"]) == (silent.id, "sent", 1)
