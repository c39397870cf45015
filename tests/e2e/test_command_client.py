"""`cantrack command` against the real gateway and a tracker's socket."""
import json
import os
import re
import signal
import subprocess

import pytest

from harness import PROGRAM
from test_https import HTTPS, https_port
from trackers import OWN_ADDRESS, PATIENCE, Tracker, heartbeat, options, wait_for

IDENT = 865205030330012


@pytest.fixture
def truck(gateway):
    """A device of the generic type, which has all commands."""
    status, text = gateway.request("POST", "/gw/devices", [
        {"name": "Truck / 1", "device_type_id": 1, "configuration": {"ident": str(IDENT)}}])
    assert status == 200, text
    return json.loads(text)["result"][0]["id"]


def start(gateway, *words):
    return subprocess.Popen(
        [PROGRAM, "command", *map(str, words), "--data", str(gateway.data)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "CANTRACK_URL": gateway.url, "CANTRACK_TOKEN": ""})


def run(gateway, *words):
    """(exit status, standard output, standard error)"""
    process = start(gateway, *words)
    out, err = process.communicate(timeout=2 * PATIENCE)
    return process.returncode, out, err


def waiting(gateway, truck):
    return gateway.get(f"/gw/devices/{truck}/commands-queue/all")


def connect(gateway):
    tracker = Tracker(gateway)
    tracker.send(heartbeat(IDENT, 50))
    return tracker


def frame(tracker):
    """The next frame that the gateway sends, but for the echo of the heartbeat."""
    data = b""
    while not data.endswith(b"#") or data == heartbeat(IDENT, 50):
        data = b"" if data.endswith(b"#") else data
        part = tracker.socket.recv(1)
        assert part, data
        data += part
    return data


def take_interval(tracker, seconds):
    """Receives the command, answers it; returns the answer."""
    asked = frame(tracker)
    found = re.fullmatch(rb"\*HQ,%d,D1,(\d{6}),%d#" % (IDENT, seconds), asked)
    assert found, asked
    answer = b"*HQ,%d,V4,D1,%s,20261129164234#" % (IDENT, found.group(1))
    tracker.send(answer)
    return answer.decode()


@pytest.mark.parametrize("word", [str(IDENT), "Truck / 1", "configuration.ident=8652*", None])
def test_it_is_sent_when_the_tracker_is_there(gateway, truck, word):
    tracker = connect(gateway)
    process = start(gateway, word or truck, "interval.set", "seconds=60")
    answer = take_interval(tracker, 60)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.splitlines()[0]) == (0, f"done: {answer}")
    assert re.match(r"queued \d{16}\n", err)
    assert "attempt 1 of 3" in err or len(err.splitlines()) == 1  # it may be answered between two looks


def test_it_waits_for_the_tracker(gateway, truck):
    process = start(gateway, truck, "interval.set", "seconds=30")
    lines = [process.stderr.readline() for _ in range(2)]
    assert lines[0].startswith("queued ")
    assert lines[1] == "waiting for the tracker to connect\n"
    answer = take_interval(connect(gateway), 30)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.splitlines()[0]) == (0, f"done: {answer}")


def test_a_payload_in_the_trackers_own_words(gateway, truck):
    tracker = connect(gateway)
    process = start(gateway, truck, "custom", "payload=R1,130305", "--json")
    assert frame(tracker) == b"*HQ,%d,R1,130305#" % IDENT
    answer = b"*HQ,%d,V4,R1,130305,20261129164234#" % IDENT
    tracker.send(answer)
    out, err = process.communicate(timeout=PATIENCE)
    result = json.loads(out)
    assert (process.returncode, err) == (0, "")
    assert (result["state"], result["executed"], result["response"]) == ("done", True, answer.decode())


def test_the_next_one_stands_behind_it(gateway, truck):
    status, first, _ = run(gateway, truck, "interval.set", "seconds=1", "--no-wait")
    assert status == 0
    status, _, err = run(gateway, truck, "interval.set", "seconds=2", "--wait", "1")
    assert status == 3
    assert re.match(r"queued \d{16}, 1 before it\n", err)
    assert len(waiting(gateway, truck)) == 2
    assert run(gateway, truck, "--cancel", first.strip())[:2] == (0, f"canceled {first}")
    assert [c["id"] for c in waiting(gateway, truck)] != [int(first)]
    assert run(gateway, truck, "--cancel", first.strip())[0] == 1


def test_it_is_taken_out_while_somebody_watches(gateway, truck):
    process = start(gateway, truck, "interval.set", "seconds=1")
    number = process.stderr.readline().split()[1]
    assert run(gateway, truck, "--cancel", number)[0] == 0
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert out.startswith("canceled: ")


def test_no_answer(gateway, truck):
    tracker = connect(gateway)
    process = start(gateway, truck, "interval.set", "seconds=9", "--attempts", 1, "--timeout", 5)
    frame(tracker)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert out.startswith("failed: ")
    assert "sent, attempt 1 of 1" in err


def test_ctrl_c_leaves_it_in_the_queue(gateway, truck):
    process = start(gateway, truck, "interval.set", "seconds=1")
    number = process.stderr.readline().split()[1]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert f"cantrack command {truck} --cancel {number}" in err
    assert [c["id"] for c in waiting(gateway, truck)] == [int(number)]


@options("--http", f"{OWN_ADDRESS}:20000")
def test_a_gateway_that_starts_again_goes_on(gateway, truck):
    process = start(gateway, truck, "interval.set", "seconds=7")
    process.stderr.readline()
    assert gateway.stop() == 0
    wait_for(lambda: "trying again" in process.stderr.readline())
    gateway.start()
    answer = take_interval(connect(gateway), 7)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.splitlines()[0]) == (0, f"done: {answer}")


def test_now(gateway, truck):
    status, out, err = run(gateway, truck, "interval.set", "seconds=5", "--now")
    assert (status, out) == (1, "")
    assert "not connected" in err
    tracker = connect(gateway)
    process = start(gateway, truck, "interval.set", "seconds=5", "--now", "--timeout", 20)
    answer = take_interval(tracker, 5)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.splitlines()[0]) == (0, f"done: {answer}")


def test_every_command_is_listed_with_its_properties(gateway, truck):
    commands = gateway.get(f"/gw/devices/{truck}?fields=commands")[0]["commands"]
    status, out, _ = run(gateway, truck)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [c["name"] for c in commands]
    for command in commands:
        status, out, _ = run(gateway, truck, "--list", command["name"])
        assert status == 0
        assert [line.split()[0] for line in out.splitlines()[1:]] == \
            list(command["schema"]["properties"])


@pytest.mark.parametrize("words,sentence", [
    (["interval.set", "seconds=many"], "seconds takes a"),
    (["interval.set", "second=1"], "interval.set has no property second, but: seconds"),
    (["interval.set"], "interval.set needs seconds=..."),
    (["alarm.mode.set", "mode=9"], "mode"),
    (["nonsense"], "the device has no command 'nonsense'")])
def test_wrong_words_are_not_sent(gateway, truck, words, sentence):
    status, out, err = run(gateway, truck, *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert not waiting(gateway, truck)


def test_the_gateway_refuses(gateway, truck):
    status, out, err = run(gateway, truck, "interval.set", "seconds=1", "--ttl", 1)
    assert (status, out) == (1, "")
    assert re.match("cantrack command: refused: .*ttl", err)
    assert run(gateway, truck, "interval.set", "seconds=1", "--token", "x" * 64)[0] == 1


@options(*HTTPS)
def test_tls(gateway, truck):
    url = f"https://127.0.0.1:{https_port(gateway)}"
    status, _, err = run(gateway, truck, "--url", url)
    assert status == 1
    assert "is not to be trusted" in err and "--insecure" in err
    assert run(gateway, truck, "--url", url, "--insecure")[0] == 0
