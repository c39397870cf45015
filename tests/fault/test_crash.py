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
from books import EPOCH, FIRST_IDENT, Load, Tracker, answered, check_books, register  # noqa: E402

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
    fruitful = 0
    for _ in range(ROUNDS):
        before = answered(trackers)
        load = Load(trackers, gateway.port)
        load.start()
        time.sleep(chance.uniform(0.02, 0.35))  # the moment itself is what is random
        gateway.kill()
        load.join(10)
        load.halt()
        fruitful += answered(trackers) > before
        if chance.random() < 0.2:  # and sometimes while it starts
            starting = Gateway(tmp_path / "data", OPTIONS)
            starting.spawn()
            time.sleep(chance.uniform(0, 0.05))
            starting.kill()
        gateway.start()
    assert fruitful > ROUNDS // 2, "the load was answered too seldom for this test to mean a thing"
    assert metric(gateway, "store_tail_messages") < answered(trackers) / 2, "little was settled"
    idents = {i["ident"]: i for i in gateway.get("/gw/channels/all/idents/*")}
    for tracker, found in check_books(gateway, trackers, devices):
        item = gateway.get(f"/gw/devices/{devices[tracker.ident]}/telemetry/all")[0]["telemetry"]
        assert item["timestamp"]["value"] == EPOCH + max(found)
        assert idents[str(tracker.ident)]["count"] == sum(found.values())
    assert gateway.stop() == 0
    print(answered(trackers), "answered,", sum(t.sent for t in trackers), "sent")
