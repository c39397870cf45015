"""The life of commands: queued, sent, answered or not, cancelled, expired; over restarts."""
import re
import time

import pytest

from commanding import (Device, Unit, ask, done, gateway, interval_answered,  # noqa: F401
                        patient)
from harness import Gateway
from trackers import metric, wait_for

# As the page of the protocol shows them.
PAYLOADS = ["CMD,130305,stop654321", "MD123456 1 3 8 1", "S2,130305,13812341234"]


# ---- the three of the page ----


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("vendor,zeros,hello", [
    (b"HQ", b"", b"V1"), (b"HQ", b"", b"V0"), (b"HQ", b"", b"HTBT"), (b"TH", b"", b"V0"),
    (b"hq", b"0", b"V0")], ids=["V1", "V0", "HTBT", "TH", "hq-0"])
def test_the_payload_arrives_byte_for_byte(patient, payload, vendor, zeros, hello):
    device = Device(patient)
    raw_id = zeros + device.raw_id
    unit = Unit(patient, raw_id, vendor, hello)
    status, answer = ask(patient, "POST", device.path + "/commands-queue",
                         {"name": "custom", "properties": {"payload": payload}})
    assert status == 200, answer
    wanted = b"*%s,%s,%s#" % (vendor, raw_id, payload.encode())
    assert unit.receive(len(wanted)) == wanted
    unit.quiet(0.1)  # no CR LF, nothing else
    [item] = answer["result"]
    assert device.find(item)["payload"] == payload


def test_a_typed_answer_becomes_the_result(patient):
    device = Device(patient)
    unit = device.unit()
    item = device.interval(60)
    answer = interval_answered(unit, 60)
    result = device.result(item)
    assert (result["executed"], result["state"], result["response"]) == (True, "done", answer)
    assert (result["attempts"], result["max_attempts"], result["name"]) == (1, 3, "interval.set")
    assert result["properties"] == {"seconds": 60}
    assert re.fullmatch(r"D1,\d{6},60", result["payload"])
    assert device.waiting() == []


def test_the_payload_of_the_page_is_answered(patient):
    device = Device(patient)
    unit = device.unit()
    item = device.custom(PAYLOADS[2])
    assert unit.frame() == PAYLOADS[2].encode()
    answer = unit.answer(b"S2", b"130305")
    assert device.result(item)["response"] == answer


# ---- when they go ----


def test_what_was_queued_goes_when_the_tracker_comes(patient):
    device = Device(patient)
    item = device.interval(7)
    [waits] = device.waiting()
    assert (waits["id"], waits["state"], waits["attempts"], waits["sent"]) == (
        item["id"], "queued", 0, None)
    assert waits["payload"] == "D1,000000,7"
    answer = interval_answered(device.unit(), 7)
    assert device.result(item)["response"] == answer


def test_what_is_queued_between_two_connections(patient):
    device = Device(patient)
    first = device.unit()
    first.close()
    wait_for(lambda: patient.get(device.path + "/connections/all") == [])
    item = device.interval(8)
    answer = interval_answered(device.unit(), 8)
    assert device.result(item)["response"] == answer


def test_an_answer_may_come_over_the_next_connection(patient):
    """The tracker comes again before the gateway has seen it go."""
    device = Device(patient)
    first = device.unit()
    item = device.interval(9)
    [when] = first.take(rb"D1,(\d{6}),9")
    second = device.unit()
    second.quiet(0.1)  # it was sent, and is not sent again
    answer = second.answer(b"D1", when)
    assert device.result(item)["response"] == answer
    item = device.interval(10)
    answer = interval_answered(second, 10)  # the newer connection gets what follows
    assert device.result(item)["response"] == answer


def test_one_goes_to_a_device_that_came_by_itself():
    with Gateway(args=["--auto-devices"]) as g:
        raw_id = b"0999900000123"
        unit = Unit(g, raw_id)
        [made] = g.get("/gw/devices/configuration.ident=999900000123")
        device = Device(g)
        device.path = f"/gw/devices/{made['id']}"
        for _ in range(2):  # over the connection that made it, and over the next
            item = device.custom("R1,130305")
            assert unit.frame() == b"R1,130305"
            answer = unit.answer(b"R1", b"130305")
            assert device.result(item)["response"] == answer
            unit.close()
            unit = Unit(g, raw_id)


def test_one_at_a_time_by_priority_then_age(patient):
    device = Device(patient)
    for seconds, priority in [(1, 0), (2, 5), (3, 5), (4, 1000), (5, 1)]:
        device.interval(seconds, priority=priority)
    order = [4, 2, 3, 5, 1]
    seen = patient.get(device.path + "/commands-queue/all?fields=properties,position")
    assert seen == [{"properties": {"seconds": s}, "position": n}
                    for n, s in enumerate(order, 1)]
    unit = device.unit()
    for seconds in order:
        [when] = unit.take(rb"D1,(\d{6}),%d" % seconds)
        assert [c["state"] for c in device.waiting()].count("sent") == 1
        unit.beat(b"HTBT,%d" % seconds)
        assert not unit.early  # the echo is all that comes
        unit.answer(b"D1", when)
    wait_for(lambda: not device.waiting())
    results = patient.get(device.path + "/commands-result")
    assert [r["properties"]["seconds"] for r in results] == order


def test_a_condition_that_begins_to_hold(patient):
    device = Device(patient)
    unit = device.unit()
    held = device.interval(1, condition="battery.level<20", priority=9)
    other = device.interval(2)
    assert device.result(other) if interval_answered(unit, 2) else None  # it blocks nobody
    unit.beat(b"HTBT,20")
    unit.quiet()
    unit.beat(b"HTBT,19")
    answer = interval_answered(unit, 1)
    result = device.result(held)
    assert (result["response"], result["condition"]) == (answer, "battery.level<20")


def test_a_condition_over_what_was_said_before(patient):
    device = Device(patient)
    unit = device.unit(hello=b"HTBT,50")
    wait_for(lambda: patient.get(device.path + "/telemetry/battery.level")[0]["telemetry"])
    item = device.interval(3, condition="battery.level>=50&&!exists(position.speed)")
    interval_answered(unit, 3)
    assert device.result(item)["executed"]


# ---- for how long ----


@pytest.mark.parametrize("members", [{"ttl": 60}, {"ttl": 2592000}, {}])
def test_ttl(patient, members):
    device = Device(patient)
    before = time.time()
    item = device.interval(1, **members)
    wanted = before + members.get("ttl", 86400)
    assert wanted - 2 < item["expires"] < wanted + 5
    assert item["id"] / 1e6 == pytest.approx(time.time(), abs=5)


def test_expiry_while_the_tracker_is_away(patient):
    device = Device(patient)
    item = device.brief(1)
    later = device.interval(2)
    result = device.result(item)
    assert (result["state"], result["executed"], result["response"]) == ("expired", False, None)
    assert result["timestamp"] >= item["expires"] and result["attempts"] == 0
    assert [c["id"] for c in device.waiting()] == [later["id"]]
    [log] = device.logged(333)
    assert (log["id"], log["executed"], log["state"]) == (item["id"], False, "expired")
    unit = device.unit()
    interval_answered(unit, 2)  # the other is the first that goes


def test_an_expired_one_is_not_sent_again(gateway):
    device = Device(gateway)
    unit = device.unit()
    item = device.brief(1, max_attempts=100)
    count = 0
    unit.socket.settimeout(0.2)
    is_over = False
    while True:  # what was sent before the end is read behind it
        try:
            unit.frame()
            count += 1
        except TimeoutError:
            if is_over:
                break
            is_over = device.find(item)["state"] not in ("queued", "sent")
    result = device.result(item)
    assert result["state"] in ("expired", "failed") and result["response"] is None
    assert result["attempts"] == count <= 4


# ---- sent again ----


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_sent_again_while_attempts_are_left(gateway, attempts):
    device = Device(gateway)
    unit = device.unit()
    item = device.interval(4, max_attempts=attempts)
    payloads = {unit.frame() for _ in range(attempts)}
    assert len(payloads) == 1  # with the time of the first sending, so any answer is told
    result = device.result(item)
    assert (result["state"], result["executed"], result["response"], result["attempts"]) == (
        "failed", False, None, attempts)
    assert [log["attempt"] for log in device.logged(334, attempts)] == [*range(1, attempts + 1)]
    unit.quiet()


def test_sent_again_after_its_own_timeout(patient):
    device = Device(patient)
    unit = device.unit()
    begin = time.monotonic()
    item = device.interval(5, timeout=5, max_attempts=2)
    unit.take(rb"D1,(\d{6}),5")
    [when] = unit.take(rb"D1,(\d{6}),5")
    assert 4.9 < time.monotonic() - begin < 15
    unit.answer(b"D1", when)
    assert device.result(item)["attempts"] == 2


def test_answers_in_the_wrong_order_are_told_apart(gateway):
    """Two of the same word: the older has no answer yet, its time is over, the newer is under way."""
    device = Device(gateway)
    unit = device.unit()
    older = device.interval(30, timeout=5)
    [first] = unit.take(rb"D1,(\d{6}),30")
    newer = device.interval(30, priority=1, timeout=60)
    [second] = unit.take(rb"D1,(\d{6}),30")
    assert first != second
    [behind, under_way] = sorted(device.waiting(), key=lambda c: c["id"])
    assert (behind["id"], behind["attempts"], behind["state"]) == (older["id"], 1, "queued")
    assert (under_way["id"], under_way["state"]) == (newer["id"], "sent")
    answers = [unit.answer(b"D1", second)]
    assert device.result(newer)["response"] == answers[0]
    unit.take(b"D1,%s,30" % first)  # its turn again, with the same time
    answers.append(unit.answer(b"D1", first))
    assert device.result(older)["response"] == answers[1]
    older = device.interval(31, timeout=5)
    [first] = unit.take(rb"D1,(\d{6}),31")
    newer = device.interval(31, priority=1, timeout=60)
    [second] = unit.take(rb"D1,(\d{6}),31")
    answers = [unit.answer(b"D1", first), unit.answer(b"D1", second)]
    assert device.result(older)["response"] == answers[0]
    assert device.result(newer)["response"] == answers[1]


def test_a_fuel_cut_goes_once(gateway):
    device = Device(gateway)
    unit = device.unit()
    item = device.queue("engine.stop", max_attempts=5)
    assert item["max_attempts"] == 1
    unit.take(rb"S20,(\d{6}),1,1")
    result = device.result(item)
    assert (result["state"], result["attempts"]) == ("failed", 1)
    unit.quiet()
    again = device.custom("CMD,130305,stop654321", max_attempts=3, repeat=True)
    assert [unit.frame() for _ in range(3)] == [b"CMD,130305,stop654321"] * 3
    assert device.result(again)["attempts"] == 3
    unit.quiet()


def test_one_without_a_documented_answer_is_done_unanswered(gateway):
    device = Device(gateway)
    unit = device.unit()
    item = device.custom("MD123456 1 3 8 1")
    unit.frame()
    result = device.result(item)
    assert (result["state"], result["executed"], result["attempts"]) == ("done", True, 1)
    assert result["response"] == ("command sent and marked as executed: it has no documented "
                                  "answer, and none came")
    assert result["reply"] is None
    unit.quiet()


# ---- taken out ----


def test_cancel_one(patient):
    device = Device(patient)
    items = [device.interval(n) for n in (1, 2, 3)]
    path = f"{device.path}/commands-queue/"
    assert done(ask(patient, "DELETE", path + str(items[1]["id"]))) == {"id": items[1]["id"]}
    assert [c["id"] for c in device.waiting()] == [items[0]["id"], items[2]["id"]]
    result = device.result(items[1])
    assert (result["state"], result["executed"], result["response"]) == ("canceled", False, None)
    gone = {"code": 3, "id": items[1]["id"],
            "reason": "access denied or unable to process the item"}
    assert ask(patient, "DELETE", path + str(items[1]["id"])) == (
        403, {"result": [], "errors": [gone]})
    assert ask(patient, "GET", path + str(items[1]["id"])) == (403, {"result": [], "errors": [gone]})
    both = f"{items[1]['id']},{items[2]['id']}"
    assert ask(patient, "DELETE", path + both) == (
        200, {"result": [{"id": items[2]["id"]}], "errors": [gone]})
    assert len(patient.get(f"{device.path}/commands-result")) == 2


def test_cancel_all_and_under_way(patient):
    devices = [Device(patient), Device(patient)]
    units = [device.unit() for device in devices]
    items = [device.interval(n) for device in devices for n in (1, 2)]
    times = [unit.take(rb"D1,(\d{6}),1")[0] for unit in units]
    status, answer = ask(patient, "DELETE", "/gw/devices/{}/commands-queue/all".format(
        ",".join(str(d.id) for d in devices)))
    assert status == 200
    assert sorted(i["id"] for i in answer["result"]) == sorted(i["id"] for i in items)
    assert all(d.waiting() == [] for d in devices)
    # an answer that comes all the same belongs to nothing
    before = metric(patient, "answers_unmatched_total")
    units[0].answer(b"D1", times[0])
    wait_for(lambda: metric(patient, "answers_unmatched_total") == before + 1)
    assert devices[0].result(items[0])["state"] == "canceled"
    assert devices[0].result(items[0])["attempts"] == 1
    after = devices[0].interval(3)
    interval_answered(units[0], 3)
    assert devices[0].result(after)["executed"]


def test_the_events_of_a_life(patient):
    device = Device(patient)
    unit = device.unit()
    first, second = device.interval(1), device.interval(2)
    answer = interval_answered(unit, 1)
    device.result(first)
    unit.take(rb"D1,(\d{6}),2")
    wait_for(lambda: len(device.logs(334)) == 2)
    ask(patient, "DELETE", f"{device.path}/commands-queue/all")
    wait_for(lambda: device.logs(331))
    logs = {n: device.logs(n) for n in (330, 331, 332, 334)}
    common = {"event_code", "origin_id", "origin_type", "timestamp", "id", "name", "properties",
              "address", "event_text", "event_origin"}
    for code, more in [(330, set()), (331, {"state", "executed", "response"}),
                       (332, {"state", "executed", "response"}), (334, {"attempt"})]:
        for log in logs[code]:
            assert set(log) - {"event_text", "event_origin"} == \
                (common | more) - {"event_text", "event_origin"}
            assert (log["name"], log["address"], log["origin_id"]) == (
                "interval.set", "connection", device.id)
    assert [log["id"] for log in logs[330]] == [first["id"], second["id"]]
    assert [(log["id"], log["attempt"]) for log in logs[334]] == [(first["id"], 1), (second["id"], 1)]
    [processed], [removed] = logs[332], logs[331]
    assert (processed["id"], processed["state"], processed["executed"], processed["response"]) == (
        first["id"], "done", True, answer)
    assert (removed["id"], removed["state"], removed["executed"], removed["response"]) == (
        second["id"], "canceled", False, None)
    assert processed["properties"] == {"seconds": 1}
    order = [log["event_code"] for log in device.logs(330, 334, 332, 331) if log["id"] == first["id"]]
    assert order == [330, 334, 332]
    stamps = [log["timestamp"] for log in device.logs(330, 331, 332, 334)]
    assert stamps == sorted(stamps)


# ---- what becomes of the device ----


def test_a_device_that_goes_takes_its_commands(patient):
    device, other = Device(patient), Device(patient)
    unit = device.unit()
    items = [device.interval(1), device.interval(2)]
    kept = other.interval(1)
    interval_answered(unit, 1)
    device.result(items[0])
    assert ask(patient, "DELETE", device.path)[0] == 200
    # its number is not known any more; selectors that reach all find nothing of it either
    for way in ("commands-queue", "commands-result"):
        assert ask(patient, "GET", f"{device.path}/{way}/all")[0] == 403

    def ids():
        return {c["id"] for way in ("commands-queue", "commands-result")
                for c in patient.get(f"/gw/devices/all/{way}/all")}
    wait_for(lambda: not {i["id"] for i in items} & ids())
    assert kept["id"] in ids()


def test_a_disabled_device_keeps_its_queue(patient):
    device = Device(patient)
    unit = device.unit()
    assert ask(patient, "PUT", device.path, {"enabled": False})[0] == 200
    assert unit.rest() == b""
    item = device.interval(1)
    assert [c["id"] for c in device.waiting()] == [item["id"]]
    status, answer = device.now("interval.set", {"seconds": 2})
    assert status == 400 and "is not connected" in answer["errors"][0]["reason"]
    assert ask(patient, "PUT", device.path, {"enabled": True})[0] == 200
    interval_answered(device.unit(), 1)
    assert device.result(item)["executed"]


def test_the_ident_changes(patient):
    """The queue is the device's: it goes to the tracker that has the ident then."""
    device = Device(patient)
    old = device.unit()
    changed = device.ident + 500000
    assert ask(patient, "PATCH", device.path,
               {"configuration": {"ident": str(changed)}})[0] == 200
    item = device.interval(1)
    assert old.rest() == b""  # it was closed
    again = device.unit()     # nobody's now
    unit = Unit(patient, b"%d" % changed)
    interval_answered(unit, 1)
    assert device.result(item)["executed"]
    again.quiet()


# ---- over restarts ----


def test_the_queue_outlives_a_restart():
    with Gateway(args=["--command-timeout", "60"]) as g:
        device = Device(g)
        unit = device.unit()
        items = [device.interval(1), device.interval(2, priority=0, meta={"by": "me"}),
                 device.interval(3, priority=7, condition="battery.level>5")]
        answer = interval_answered(unit, 1)
        first = device.result(items[0])
        unit.take(rb"D1,(\d{6}),2")
        wait_for(lambda: device.find(items[1])["state"] == "sent")
        before = [{**c, "state": ""} for c in device.waiting()]
        for how in (g.stop, g.kill):
            unit.close()
            how()
            g.start()
            assert [{**c, "state": ""} for c in device.waiting()] == before
            assert device.result(items[0]) == first and first["response"] == answer
            unit = device.unit()
            unit.quiet()  # it was sent: its answer may still come
        when = device.find(items[1])["payload"].split(",")[1].encode()
        unit.answer(b"D1", when)
        assert device.result(items[1])["attempts"] == 1
        unit.beat(b"HTBT,6")
        interval_answered(unit, 3)
        assert device.result(items[2])["executed"]
        results = g.get(device.path + "/commands-result?fields=id,meta")
        assert [r["id"] for r in results] == [i["id"] for i in items]
        assert results[1]["meta"] == {"by": "me"}


def test_attempts_are_counted_over_kills():
    with Gateway(args=["--command-timeout", "1"]) as g:
        device = Device(g)
        item = device.interval(1, max_attempts=3)
        cut = None
        seen = 0
        for _ in range(6):
            unit = device.unit()
            unit.socket.settimeout(2.5)
            try:
                unit.take(rb"D1,(\d{6}),1")
                seen += 1
            except (TimeoutError, AssertionError):
                pass
            unit.close()
            g.kill()
            g.start()
            if seen == 3:
                break
        result = device.result(item)
        assert seen <= result["attempts"] <= 3 and result["state"] == "failed"
        cut = device.queue("engine.stop")
        unit = device.unit()
        unit.take(rb"S20,(\d{6}),1,1")
        g.kill()
        g.start()
        unit = device.unit()
        assert device.result(cut)["attempts"] == 1
        unit.quiet()


# ---- figures ----


def test_metrics():
    with Gateway(args=["--command-timeout", "1"]) as g:
        device = Device(g)
        device.brief(1)
        wait_for(lambda: metric(g, "commands_expired_total") == 1)
        answered, silent = device.interval(2), device.interval(3, max_attempts=1)
        assert (metric(g, "commands_added_total"), metric(g, "commands_waiting")) == (3, 2)
        unit = device.unit()
        interval_answered(unit, 2)
        assert device.result(answered)["executed"]
        unit.take(rb"D1,(\d{6}),3")
        device.result(silent)
        device.interval(4, condition="battery.level<0")
        names = ["added_total", "sent_total", "answered_total", "expired_total", "waiting",
                 "under_way"]
        wait_for(lambda: [metric(g, "commands_" + n) for n in names] == [4, 2, 1, 1, 1, 0])
        unit.answer(b"D1", b"000000")
        wait_for(lambda: metric(g, "answers_unmatched_total") == 1)
