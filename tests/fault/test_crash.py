"""kill -9 at random moments under load, again and again on the same data: whatever was answered is
stored, once; and what the gateway derives from its log agrees with the log."""
import os
import random
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from harness import Gateway  # noqa: E402
from books import (  # noqa: E402
    EPOCH, FIRST_IDENT, Load, Tracker, answered, check_books, register, stored)
from test_disk_full import wait_until  # noqa: E402

ROUNDS = 50
TRACKERS = 8
OPTIONS = ["--settle-bytes", "200000"]  # so that moving into the history is interrupted as well


def metric(gateway, name):
    text = gateway.request("GET", "/metrics")[1]
    return int(re.search(rf"^cantrack_{name} (\d+)$", text, re.MULTILINE).group(1))


def test_kill_9_loses_nothing_that_was_answered(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("seed", seed)
    chance = random.Random(seed)
    trackers = [Tracker(FIRST_IDENT + i) for i in range(TRACKERS)]
    gateway = Gateway(tmp_path / "data", OPTIONS)
    gateway.start()
    devices = register(gateway, trackers)
    for _ in range(ROUNDS):
        before = answered(trackers)
        load = Load(trackers, gateway.port)
        load.start()
        if chance.random() < 0.7:  # else it may die before it has answered
            wait_until(lambda: answered(trackers) > before)
        time.sleep(chance.uniform(0.02, 0.35))  # the moment itself is what is random
        gateway.kill()
        load.join(10)
        load.halt()
        if chance.random() < 0.2:  # and sometimes while it starts
            starting = Gateway(tmp_path / "data", OPTIONS)
            starting.spawn()
            time.sleep(chance.uniform(0, 0.05))
            starting.kill()
        gateway.start()
    load = Load(trackers, gateway.port)  # until much is settled, however little the rounds have brought
    load.start()
    wait_until(lambda: metric(gateway, "store_tail_messages") < answered(trackers) / 2, 60)
    load.finish()
    idents = {i["ident"]: i for i in gateway.get("/gw/channels/all/idents/*")}
    for tracker, found in check_books(gateway, trackers, devices):
        item = gateway.get(f"/gw/devices/{devices[tracker.ident]}/telemetry/all")[0]["telemetry"]
        assert item["timestamp"]["value"] == EPOCH + max(found)
        assert idents[str(tracker.ident)]["messages"] == sum(found.values())
    assert gateway.stop() == 0
    print(answered(trackers), "answered,", sum(t.sent for t in trackers), "sent")


class Times(dict):
    """In place of a tracker's set of answered frames: when each was answered."""

    def add(self, number):
        self[number] = time.time()


def check_kept(gateway, tracker, device, ttl):
    """What is younger than the ttl is there once; what is older is not given."""
    start = time.time()
    found = stored(gateway, device, tracker.sent)
    end = time.time()
    # the gateway had it between the two times, whoever was late
    young = {n for n in tracker.answered if tracker.sent_at[n] > end - ttl}
    old = {n for n, when in tracker.answered.items() if when < start - ttl}
    assert not young - set(found), "younger than its time, answered, and gone"
    assert not old & set(found), "past its time and read"
    assert max(found.values(), default=1) == 1, "stored more than once"
    return len(young), len(old)


def test_kill_9_while_old_messages_are_deleted(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("seed", seed)
    chance = random.Random(seed)
    ttl = 4
    trackers = [Tracker(FIRST_IDENT + i) for i in range(4)]
    for tracker in trackers:
        tracker.answered = Times()
    gateway = Gateway(tmp_path / "data", [*OPTIONS, "--settle-seconds", "1",
                                          "--retention-seconds", "1"])
    gateway.start()
    devices = register(gateway, trackers)
    assert gateway.request("PUT", "/gw/devices/all", body={"messages_ttl": ttl})[0] == 200
    young = old = deleted = 0
    for _ in range(10):
        load = Load(trackers, gateway.port)
        load.start()
        time.sleep(chance.uniform(0.8, 2.8))
        deleted += metric(gateway, "records_deleted_total")
        assert metric(gateway, "retention_failures_total") == 0
        gateway.kill()
        load.join(10)
        load.halt()
        gateway.start()
        for tracker in trackers:
            counts = check_kept(gateway, tracker, devices[tracker.ident], ttl)
            young, old = young + counts[0], old + counts[1]
    assert young and old, "this test proved nothing"
    if not deleted:
        wait_until(lambda: metric(gateway, "records_deleted_total"))
    assert gateway.stop() == 0
