"""Commands to a simulated fleet that answers late, twice, wrongly, that it failed, or not at all: all
end, none is sent more often than it may be, and what is taken for an answer is one."""
import collections
import json
import re
import signal
import subprocess

from harness import PROGRAM, Gateway
from trackers import metric, wait_for

DEVICES = 60
ATTEMPTS = 3
CRUELTY = ["--late", 15, "--late-ms", 1300, "--missing", 15, "--doubled", 15, "--wrong", 15,
           "--failing", 10, "--plain", 50]
COMMANDS = [  # body, most sendings, payload without its time, what an answer begins with
    ({"name": "interval.set", "properties": {"seconds": 77}, "max_attempts": ATTEMPTS}, ATTEMPTS,
     "D1,,77", r"\*HQ,{ident},V4,D1,"),
    ({"name": "custom", "properties": {"payload": "CMD,130305,check123456"}}, ATTEMPTS,
     "CMD,130305,check123456", r"\*HQ,{ident},V4,CMD,,check,"),
    ({"name": "engine.stop", "force": True, "max_attempts": ATTEMPTS}, 1,
     "S20,,1,1", r"\*HQ,{ident},V4,S20,"),
    ({"name": "engine.stop.text", "force": True, "max_attempts": ATTEMPTS}, 1,
     "CMD,,stop654321", r"\*HQ,{ident},V4,CMD,,stop,|stop engine "),
]


def deliveries(log):
    """How often each payload, less the time that the gateway gave it, came to each ident."""
    found = collections.Counter()
    for line in log.read_text().splitlines():
        ident, payload = line.split(" ", 1)
        if payload != "CMD,130305,check123456":
            payload = re.sub(r",\d{6}", ",", payload, count=1)
        found[ident, payload] += 1
    return found


def check_result(item, ident, command, delivered):
    body, most, payload, answer = command
    assert item["name"] == body["name"]
    assert item["attempts"] == delivered[ident, payload] <= most, item
    if item["response"] is not None and item["response"].startswith("no answer came"):
        assert item["state"] == "done" and item["confirmed_by_status"] is True
    elif item["response"] is not None:
        assert re.match(answer.format(ident=ident), item["response"]), item
        assert item["executed"] is (item["state"] == "done")
    else:
        assert item["state"] == "failed" and item["executed"] is False


def test_a_cruel_fleet(tmp_path):
    log = tmp_path / "commands.log"
    with Gateway(args=["--auto-devices", "--command-timeout", "1", "--workers", "2"]) as gateway:
        fleet = subprocess.Popen(
            [PROGRAM, "simulate", "--to", f"127.0.0.1:{gateway.port}", "--devices", str(DEVICES),
             "--idle", "--seconds", "1000", "--json", "--log-commands", log, *map(str, CRUELTY)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            wait_for(lambda: len(gateway.get("/gw/devices/all?fields=id")) == DEVICES)
            for body, *_ in COMMANDS:
                status, text = gateway.request(
                    "POST", "/gw/devices/all/commands-queue?fields=id", body=[body])
                assert (status, len(json.loads(text)["result"])) == (200, DEVICES), text
            wait_for(lambda: metric(gateway, "commands_waiting") == 0)
        finally:
            fleet.send_signal(signal.SIGTERM)
            summary = json.loads(fleet.communicate(timeout=20)[0])
        idents = {d["id"]: d["configuration"]["ident"]
                  for d in gateway.get("/gw/devices/all?fields=id,configuration")}
        results = collections.defaultdict(list)
        for item in gateway.get("/gw/devices/all/commands-result/all"):
            results[item["device_id"]].append(item)
        delivered = deliveries(log)
        states = collections.Counter()
        for device, ident in idents.items():
            items = sorted(results[device], key=lambda item: item["id"])
            assert len(items) == len(COMMANDS)
            for item, command in zip(items, COMMANDS):
                check_result(item, ident, command, delivered)
                states[item["state"]] += 1
        assert sum(delivered.values()) == summary["commands"] == metric(gateway, "commands_sent_total")
        # it was as cruel as it was meant to be, and not all was in vain
        assert all(summary[f"answers_{how}"] for how in
                   ("late", "missing", "doubled", "wrong", "failing")), summary
        assert states["done"] > DEVICES and states["failed"] > DEVICES / 4, states
        assert metric(gateway, "answers_unmatched_total") > 0
