"""The watchers of `cantrack simulate` against a broker that others wrote: mosquitto. Between the trackers
and mosquitto_pub stands a gateway of a few lines, which may also be made to lose and to repeat. And against
the gateway itself, which must deliver each message once."""
import calendar
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from harness import PROGRAM, Gateway
from trackers import OWN_ADDRESS

IDENT = 865205000000001
SBIN = os.environ["PATH"] + os.pathsep + "/usr/sbin"


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory):
    """A broker; its port of OWN_ADDRESS."""
    port, home = 1883, tmp_path_factory.mktemp("mosquitto")
    (home / "conf").write_text(f"listener {port} {OWN_ADDRESS}\nallow_anonymous true\n"
                               "persistence false\nmax_queued_messages 0\n")
    with open(home / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([shutil.which("mosquitto", path=SBIN), "-c", home / "conf"],
                                   stdout=log, stderr=log)
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((OWN_ADDRESS, port)).close()
            break
        except ConnectionRefusedError:
            assert process.poll() is None and time.monotonic() < end, (home / "log").read_text()
            time.sleep(0.02)
    yield port
    process.terminate()
    process.wait(10)


def message(frame):
    """*HQ,<id>,V1,HHMMSS,...,DDMMYY,<status>#  as JSON, as far as a watcher looks."""
    fields = frame.split(",")
    clock, date = fields[3], fields[11]
    second = calendar.timegm((2000 + int(date[4:]), int(date[2:4]), int(date[:2]), int(clock[:2]),
                              int(clock[2:4]), int(clock[4:])))
    return json.dumps({"ident": fields[1], "message.type": "V1", "server.timestamp": time.time(),
                       "timestamp": second}, separators=(",", ":"))


class Gate(threading.Thread):
    """Gives the reports of one tracker to mosquitto_pub."""

    def __init__(self, broker, qos, mischief):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.mischief, self.count = mischief, 0
        self.command = [shutil.which("mosquitto_pub"), "-h", OWN_ADDRESS, "-p", str(broker), "-l",
                        "-q", str(qos), "-t", f"flespi/message/gw/channels/1/{IDENT}"]
        self.start()

    def run(self):
        peer, _ = self.listener.accept()
        with subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True, bufsize=1) as out:
            rest = ""
            while data := peer.recv(65536):
                *frames, rest = (rest + data.decode()).split("#")
                for frame in frames:
                    self.count += 1
                    for line in self.mischief(self.count, message(frame)):
                        out.stdin.write(line + "\n")
        peer.close()
        self.listener.close()


def watch(broker, *options, qos=0, mischief=lambda count, line: [line]):
    """Runs 300 reports past the watchers; exit status and summary."""
    gate = Gate(broker, qos, mischief)
    run = subprocess.run(
        [PROGRAM, "simulate", "--to", f"127.0.0.1:{gate.port}", "--devices", "1", "--mode", "flood",
         "--acks", "none", "--rate", "3000", "--messages", "300", "--watch", f"{OWN_ADDRESS}:{broker}",
         "--token", "any", "--watch-qos", str(qos), "--json", *options],
        capture_output=True, text=True, timeout=60)
    gate.join(20)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)["watched"]


@pytest.mark.parametrize("version", ["4", "5"])
@pytest.mark.parametrize("qos", [0, 1])
def test_each_message_is_seen_once(mosquitto, version, qos):
    status, seen = watch(mosquitto, "--watch-version", version, "--watchers", "3", qos=qos)
    assert status == 0, seen
    assert seen["seen"] == seen["messages"] == 900
    assert seen["acknowledged"] == 900 * qos
    assert seen["latency_ms"]["max"] > 0


def test_one_tracker_each(mosquitto):
    status, seen = watch(mosquitto, "--watch-each", "--watchers", "4")
    assert status == 0, seen
    assert seen["seen"] == seen["messages"] == 1200


def test_losses_and_repetitions_are_told_apart(mosquitto):
    def mischief(count, line):
        return [] if count % 50 == 0 else [line, line] if count % 30 == 0 else [line]
    status, seen = watch(mosquitto, "--drain", "1", mischief=mischief)
    assert status == 1
    assert (seen["missing"], seen["doubled"]) == (6, 8)
    assert seen["seen"] == 294 and not seen["disordered"] and not seen["strange"]


def test_only_watching(mosquitto):
    """Without trackers: other ones are watched, nothing is due."""
    process = subprocess.Popen(
        [PROGRAM, "simulate", "--watch", f"{OWN_ADDRESS}:{mosquitto}", "--watchers", "20", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with contextlib.closing(process.stderr):
        while "event=watching watchers=20" not in (line := process.stderr.readline()):
            assert line
        process.terminate()
        text = process.stdout.read()
    assert process.wait(20) == 0
    assert json.loads(text)["watched"]["watchers"] == 20


@pytest.fixture(scope="module")
def gateway():
    with Gateway(args=["--mqtt", "127.0.0.1:0", "--workers", "2"]) as g:
        yield g


@pytest.mark.parametrize("options", [
    "--rate 3000 --irregular --split 30 --watchers 3 --threads 2",
    "--mode flood --watchers 30 --watch-each --watch-version 4 --watch-qos 1 --batch 5",
    "--mode flood --watchers 5 --watch-qos 1 --watch-lead 20 --reconnect 5"])
def test_the_gateway_delivers_each_message_once(gateway, options):
    mqtt = next(found[1] for line in gateway.log if (found := re.search(r" mqtt=(\S+)", line)))
    run = subprocess.run(
        [PROGRAM, "simulate", "--to", f"127.0.0.1:{gateway.port}", "--watch", mqtt, "--token",
         gateway.token, "--devices", "20", "--messages", "1500", "--json", *options.split()],
        capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout)["watched"]["seen"] >= 1500


def test_what_does_not_fit_into_memory_is_read_on_disk():
    with Gateway(args=["--mqtt", "127.0.0.1:0", "--mqtt-hub-bytes", "4096"]) as g:
        mqtt = next(found[1] for line in g.log if (found := re.search(r" mqtt=(\S+)", line)))
        run = subprocess.run(
            [PROGRAM, "simulate", "--to", f"127.0.0.1:{g.port}", "--watch", mqtt, "--token", g.token,
             "--devices", "20", "--messages", "20000", "--mode", "flood", "--batch", "10", "--json"],
            capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stdout + run.stderr
        watched = json.loads(run.stdout)["watched"]
        assert watched["seen"] >= 20000, watched
        figures = dict(line.split() for line in g.request("GET", "/metrics")[1].splitlines()
                       if line.startswith("cantrack_live_"))
        assert int(figures["cantrack_live_catchups_total"]) > 0
        assert int(figures["cantrack_live_skipped_total"]) == 0
