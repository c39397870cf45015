"""kill -9 between the steps of a command's way, and at random moments under load: what was accepted is
never lost, nothing is delivered more often than it may be - a fuel cut once -, and a result that was
seen stays and ends the sending. And when the disk is full nothing leaves that is not recorded."""
import json
import os
import random
import re
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from harness import Gateway  # noqa: E402
from command_books import (  # noqa: E402
    FIRST_IDENT, GONE, KINDS, Cruel, Sender, Tracker, Visible, check_books, items_of)
from test_disk_full import SmallDisk, SmallFiles, disk, metric, wait_until  # noqa: E402, F401

OPTIONS = ["--command-timeout", "1"]  # over REST 5 is the least
ROUNDS = 12


class House:
    """A gateway, its trackers and its sender, over all lives together."""

    def __init__(self, data, trackers):
        self.gateway = Gateway(data, OPTIONS)
        self.trackers = [Tracker(FIRST_IDENT + i) for i in range(trackers)]
        self.sender = Sender(self.gateway)
        self.visible = Visible()
        self.life = 0
        self.start()
        status, text = self.gateway.request("POST", "/gw/devices", body=[
            {"name": f"tracker {t.ident}", "device_type_id": 1,
             "configuration": {"ident": str(t.ident)}} for t in self.trackers])
        assert status == 200, text
        for tracker, device in zip(self.trackers, json.loads(text)["result"]):
            assert device["configuration"]["ident"] == str(tracker.ident)
            tracker.device = device["id"]

    def start(self):
        self.gateway.start()
        self.life += 1

    def restart(self):
        self.gateway.kill()
        self.start()

    def connect(self, tracker):
        tracker.connect(self.gateway.port, self.life)

    def check(self):
        return [check_books(self.gateway, self.sender, t, self.visible) for t in self.trackers]

    def item(self, sent):
        """A result or what waits, and whether it waits."""
        waiting, results = items_of(self.gateway, sent.tracker)
        self.visible.look(results, self.life)
        found = results.get(sent.id) or waiting.get(sent.id)
        assert found, f"accepted and lost: command {sent.number}"
        return found, sent.id not in results

    def result(self, sent, seconds=10):
        wait_until(lambda: not self.item(sent)[1], seconds)
        return self.item(sent)[0]

    def end(self):
        self.check()
        for tracker in self.trackers:
            tracker.close()
        assert self.gateway.stop() == 0


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path / "data", 2)
    yield made
    made.gateway.kill()


# ---- kills between two steps ----

def test_killed_after_it_was_accepted(house):
    tracker = house.trackers[0]
    low = house.sender.queue(tracker, "interval.set", max_attempts=1)
    high = house.sender.queue(tracker, "engine.stop.pulsed", priority=7, meta={"why": "unpaid"})
    house.restart()
    for sent in (low, high):
        item, waits = house.item(sent)
        assert waits and item["attempts"] == 0
    assert house.item(high)[0]["meta"] == {"why": "unpaid"}
    house.connect(tracker)
    for sent in (high, low):
        tracker.answer(tracker.expect(sent.number))
        assert house.result(sent)["executed"]
    house.end()


@pytest.mark.parametrize("name,more,times", [
    ("interval.set", {"max_attempts": 1}, 1), ("interval.set", {"max_attempts": 2}, 2),
    ("custom", {"max_attempts": 3}, 3),
    ("engine.stop.pulsed", {}, 1), ("engine.stop.pulsed", {"max_attempts": 2, "repeat": True}, 2)])
def test_killed_before_the_tracker_answers(house, name, more, times):
    """In each life once, as often as it may be; then it ends."""
    tracker = house.trackers[0]
    sent = house.sender.queue(tracker, name, **more)
    house.connect(tracker)
    payloads, attempts = set(), 0
    while attempts < times:
        payloads.add(tracker.expect(sent.number))
        house.gateway.kill()
        payloads |= tracker.drain()
        house.start()
        attempts = house.item(sent)[0]["attempts"]
        house.connect(tracker)
    result = house.result(sent)
    tracker.expect_nothing(1.3)
    assert len(payloads) == 1, "an answer to the one must be an answer to the other"
    assert (result["state"], result["executed"], result["response"]) == ("failed", False, None)
    assert result["attempts"] == times
    house.end()


def test_an_answer_in_the_next_life_is_taken(house):
    tracker = house.trackers[0]
    house.connect(tracker)
    for name in ("engine.stop.pulsed", "interval.set"):
        sent = house.sender.queue(tracker, name, timeout=60)
        payload = tracker.expect(sent.number)
        house.restart()
        house.connect(tracker)
        tracker.answer(payload)
        result = house.result(sent)
        assert result["executed"] and result["attempts"] == 1
        tracker.expect_nothing(0.2)
    house.end()


def test_killed_after_the_tracker_answered(house):
    """At once: the answer may have been read, or not; it is as if it was late, or had come."""
    tracker, ends = house.trackers[0], set()
    house.connect(tracker)
    for pause in (0, 0.0005, 0.001, 0.002, 0.004, 0.05, None):
        for name in ("engine.stop.pulsed", "interval.set"):
            # it is answered in time, whatever holds up the test
            more = {"timeout": 5} if name == "interval.set" else {}
            sent = house.sender.queue(tracker, name, max_attempts=2, **more)
            tracker.answer(tracker.expect(sent.number))
            if pause is None:
                assert house.result(sent)["executed"]
            else:
                time.sleep(pause)
            house.restart()
            house.connect(tracker)
            item, waits = house.item(sent)
            ends.add(waits)
            if waits and sent.most == 2:
                tracker.answer(tracker.expect(sent.number))
            assert house.result(sent)["executed"] or sent.most == 1
            tracker.expect_nothing(0.1)
            house.check()
    assert False in ends
    house.end()


def test_killed_after_the_result_was_seen(house):
    tracker = house.trackers[0]
    done = house.sender.queue(tracker, "engine.stop.pulsed", repeat=True)
    house.connect(tracker)
    tracker.answer(tracker.expect(done.number))
    assert house.result(done)["executed"]
    house.restart()
    house.connect(tracker)
    status, item = house.sender.post(house.trackers[1], "interval.set", instant=True)
    assert status == 400 and "is not connected" in item[0]["reason"], item
    asking = threading.Thread(target=lambda: house.sender.post(tracker, "fix.set", instant=True))
    number = max(house.sender.asked) + 1
    asking.start()
    tracker.answer(tracker.expect(number))
    asking.join(10)
    instant = [s for s in house.sender.accepted.values() if s.instant]
    assert len(instant) == 1
    house.restart()
    house.connect(tracker)
    tracker.expect_nothing(2.5)
    assert not house.item(instant[0])[1] and house.item(instant[0])[0]["executed"]
    house.end()


def test_killed_between_the_timeout_and_the_next_sending(house):
    tracker = house.trackers[0]
    sent = house.sender.queue(tracker, "interval.set", max_attempts=2, timeout=5)
    house.connect(tracker)
    tracker.expect(sent.number)
    tracker.close()
    wait_until(lambda: house.item(sent)[0]["state"] == "queued")  # it is to be sent again
    assert house.item(sent)[0]["attempts"] == 1
    house.restart()
    house.connect(tracker)
    tracker.answer(tracker.expect(sent.number))
    result = house.result(sent)
    assert result["executed"] and result["attempts"] == 2
    for offset in (-0.002, -0.0005, 0, 0.0005, 0.002):  # around the moment itself
        sent = house.sender.queue(tracker, "interval.set", max_attempts=2)
        tracker.expect(sent.number)
        came = tracker.received[sent.number][0].at
        time.sleep(max(0, came + 1 + offset - time.time()))
        house.gateway.kill()
        tracker.drain()
        house.start()
        item, waits = house.item(sent)  # before it comes: then the next attempt may go at any time
        house.connect(tracker)
        assert waits or item["attempts"] == 2
        assert item["attempts"] >= len(tracker.received[sent.number])
        if item["attempts"] == 1:
            tracker.answer(tracker.expect(sent.number))
        result = house.result(sent)
        assert result["executed"] == (item["attempts"] == 1)
        tracker.expect_nothing(0.1)
    house.end()


# ---- kills at any moment ----

class Load(threading.Thread):
    """Posts until the gateway is gone; looks at results now and then."""

    def __init__(self, house, chance):
        super().__init__(daemon=True)
        self.house, self.chance = house, chance
        self.trouble = None

    def run(self):
        try:
            while True:
                self._turn()
                time.sleep(self.chance.uniform(0, 0.03))
        except GONE:
            pass
        except AssertionError as wrong:
            self.trouble = wrong

    def _turn(self):
        chance, house = self.chance, self.house
        tracker = chance.choice(house.trackers)
        name = chance.choice(list(KINDS))
        more = {"max_attempts": chance.randint(1, 4), "priority": chance.randint(0, 3),
                "repeat": chance.random() < 0.3}
        kind = chance.random()
        if kind < 0.1:
            house.visible.look(items_of(house.gateway, tracker)[1], house.life)
        elif kind < 0.2:
            house.sender.post(tracker, name, instant=True)
        else:
            status, found = house.sender.post(tracker, name, **more)
            assert status == 200, found


def run_crowd(house, chance, cruelty):
    crowd = [Cruel(t, house.gateway, house.life, random.Random(chance.random()), cruelty)
             for t in house.trackers]
    for one in crowd:
        one.start()
    return crowd


def live_once(house, chance):
    """A life of the gateway, its end, and the next one's beginning."""
    crowd = run_crowd(house, chance, 1)
    loads = [Load(house, random.Random(chance.random())) for _ in range(4)]
    for load in loads:
        load.start()
    time.sleep(chance.uniform(0.05, 2.2))
    house.gateway.kill()
    for load in loads:
        load.join(40)
        assert not load.is_alive() and not load.trouble, load.trouble
    for one in crowd:
        one.halt()
    if chance.random() < 0.2:  # and sometimes while it starts
        starting = Gateway(house.gateway.data, OPTIONS)
        starting.spawn()
        time.sleep(chance.uniform(0, 0.05))
        starting.kill()
    house.start()
    house.check()


def test_kill_9_keeps_the_books(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("seed", seed)
    chance = random.Random(seed)
    house = House(tmp_path / "data", 6)
    for _ in range(ROUNDS):
        live_once(house, chance)
    crowd = run_crowd(house, chance, 0)
    wait_until(lambda: not house.gateway.get("/gw/devices/all/commands-queue/all"), 60)
    for one in crowd:
        one.halt()
    results = {n: item for _, found in house.check() for n, item in found.items()}
    accepted = house.sender.accepted
    assert set(accepted) <= set(results)
    done = sum(r["executed"] for r in results.values())
    again = sum(len(came) > 1 for t in house.trackers for came in t.received.values())
    cuts = [s for s in accepted.values() if s.most == 1 and not s.instant]
    print(f"{len(accepted)} accepted of {len(house.sender.asked)}, {done} executed, {again} sent "
          f"again, {len(house.visible.seen)} results seen before a kill")
    assert done > len(accepted) / 3 and again and cuts and house.visible.seen, "it proved nothing"
    assert any(s.instant for s in accepted.values()), "no instant command was answered"
    assert house.gateway.stop() == 0


# ---- a full disk ----

def fill(house, room):
    """No more room for a command, whatever room the other files have left."""
    if isinstance(room, SmallDisk):
        room.fill(house.gateway)
        return
    size = (house.gateway.data / "commands.db-wal").stat().st_size
    room.limit(house.gateway, size)


def refused(house, tracker, name, instant=False):
    """The POST is refused, soon, with a sentence that names the trouble."""
    start = time.monotonic()
    status, errors = house.sender.post(tracker, name, instant=instant)
    assert status == 503, (status, errors)
    assert re.search("store|disk|full|large|I/O", errors[0]["reason"]), errors
    assert time.monotonic() - start < 8


def test_a_full_disk_lets_no_command_out(disk):  # noqa: F811
    house = House(disk.folder / "data", 3)
    sending, idle, away = house.trackers
    house.connect(sending)
    house.connect(idle)
    unanswered = house.sender.queue(sending, "interval.set", max_attempts=3)
    queued = [house.sender.queue(away, name) for name in KINDS]
    sending.expect(unanswered.number)
    before = metric(house.gateway, "commands_added_total")
    fill(house, disk)
    refused(house, away, "fix.set")
    refused(house, idle, "engine.stop.pulsed")
    refused(house, idle, "interval.set", instant=True)
    house.connect(away)
    for tracker in house.trackers:
        tracker.expect_nothing(1.5)
    assert metric(house.gateway, "command_failures_total") > 0
    assert metric(house.gateway, "commands_added_total") == before
    house.check()
    failures = [line for line in house.gateway.log if "at=commands" in line and "<3>" in line]
    assert len(failures) == 1, failures
    disk.free(house.gateway)
    tracker_goes_on(house, sending, [unanswered])
    tracker_goes_on(house, away, queued)
    wait_until(lambda: house.sender.post(idle, "interval.set")[0] == 200)
    tracker_goes_on(house, idle, [s for s in house.sender.accepted.values() if s.tracker is idle])
    house.end()


def ask(house, tracker, told):
    """Of a gateway that may be killed meanwhile."""
    try:
        told.append(house.sender.post(tracker, "engine.stop.pulsed", instant=True))
    except GONE:
        pass


def test_an_instant_command_is_not_sent_unrecorded(disk):  # noqa: F811
    house = House(disk.folder / "data", 1)
    tracker, told = house.trackers[0], []
    house.connect(tracker)
    tracker_goes_on(house, tracker, [house.sender.queue(tracker, "interval.set")])
    fill(house, disk)
    asking = threading.Thread(target=ask, args=(house, tracker, told))
    asking.start()
    tracker.expect_nothing(6)  # so long that it is no more worth sending
    house.gateway.kill()
    asking.join(10)
    if told:  # a refusal, or that it was not carried out
        status, found = told[0]
        assert status != 200 or not found["executed"], found
    if isinstance(disk, SmallDisk):
        disk.free(house.gateway)
    house.start()
    house.connect(tracker)
    tracker.expect_nothing(0.5)
    house.end()


def tracker_goes_on(house, tracker, all_sent):
    for sent in all_sent:
        tracker.answer(tracker.expect(sent.number))
        assert house.result(sent)["executed"]
