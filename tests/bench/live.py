"""The live door: what it delivers and how late, alone and beside mosquitto; what subscribers take who hear
nothing; and what ingest pays for it when nobody listens.

mosquitto gets the same messages, made already, from one publisher: it neither reads frames nor stores.
Both are watched by the same program. Rates are found without guessing: who sends waits while too many
messages are under way."""
import base64
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from ranges import middle

SHAPES = {1: ("one", 2000, 100), 100: ("hundred", 20000, 100), 10000: ("10k", 50000, 20)}  # name, lead, trackers


class Mosquitto:
    """A broker of its own on a free port, with nothing to limit it. Looks like a Gateway where it matters."""

    def __init__(self, bench, problem):
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise problem("there is no mosquitto here")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=bench.build))
        self.mqtt, self.token = f"127.0.0.1:{port}", "any"
        (self.home / "conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "max_queued_messages 0\nset_tcp_nodelay true\nlog_type error\n")
        self.process = subprocess.Popen([program, "-c", self.home / "conf"])
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                return
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise problem("mosquitto does not start")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


@contextlib.contextmanager
def mosquitto(bench, problem):
    broker = Mosquitto(bench, problem)
    try:
        yield broker
    finally:
        broker.stop()


def watched(server, command, seconds, problem):
    """Runs it to its end; the summary, with the server's CPU from the first message on as `cpu`."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            line = run.stderr.readline()  # all watch
            cpu = cpu_seconds(server.process)
            out, err = run.communicate(timeout=seconds + 90)
        except BaseException:
            run.kill()
            raise
    if not out.strip():
        raise problem(f"the watchers say: {(line + err).strip()[-200:]}")
    summary = json.loads(out)
    summary["cpu"] = cpu_seconds(server.process) - cpu
    seen = summary["watched"]
    bad = {k: seen[k] for k in ("missing", "doubled", "disordered", "strange", "closed") if seen[k]}
    if bad or seen["watchers"] != seen["wanted"]:
        raise problem(f"{seen['watchers']:,} of {seen['wanted']:,} watchers, {bad or 'nothing lost'}")
    return summary


def watch(bench, gateway, problem, *options, seconds):
    command = bench.simulator(gateway, "--json", "--mode", "flood", "--begin", int(time.time()) - 43200,
                              "--watch", gateway.mqtt, "--token", gateway.token, "--seconds",
                              seconds, "--drain", 20, *options)
    return watched(gateway, command, seconds, problem)


def publish(bench, broker, size, problem, *options, seconds):
    command = [bench.build / "tests/bench/bench_publish", size, "--to", broker.mqtt, "--watch",
               broker.mqtt, "--mode", "flood", "--seconds", seconds, "--drain", 20, *options]
    bench.note_command(command)
    return watched(broker, [str(c) for c in command], seconds, problem)


def payload(summary):
    return round(summary["watched"]["bytes"] / max(summary["watched"]["messages"], 1))


def cpu_each(summary):
    """Microseconds of a message that was delivered."""
    return summary["cpu"] * 1e6 / max(summary["watched"]["seen"], 1)


def shape(count):
    _, lead, devices = SHAPES[count]
    return ("--watchers", count, "--watch-lead", lead, "--devices", devices)


# ---- how much, how late ----

def fan_out(bench, problem):
    seconds = 2 if bench.quick else 6
    for count, (name, _, devices) in SHAPES.items():
        with bench.gateway() as gateway:
            result = watch(bench, gateway, problem, *shape(count), seconds=seconds)
        bench.report.add(f"live.out.{name}", result["watched"]["seen_per_second"],
                         "%s msg/s in, of %d trackers; %d B of JSON; %.2f us CPU of the gateway for each "
                         "delivered" % (f"{result['sent_per_second']:,.0f}", devices, payload(result),
                                        cpu_each(result)))
        if name == "hundred":
            bench.report.add("live.cpu.hundred", cpu_each(result), "ingest and storing included")


def latency(bench, problem):
    seconds = 2 if bench.quick else 8
    for rate, name, batch in ((10000, "10k", 1), (100000, "100k", 10)):
        with bench.gateway() as gateway:
            all_in_one = watch(bench, gateway, problem, "--devices", 1000, "--rate", rate, "--batch",
                               batch, "--window", 100, seconds=seconds)
        with bench.gateway() as gateway:
            each = watch(bench, gateway, problem, "--devices", 1000, "--rate", rate, "--batch", batch,
                         "--window", 100, "--watchers", 1000, "--watch-each", seconds=seconds)
        late = each["watched"]["latency_ms"]
        note = "one subscriber of all, %s msg/s came; 1,000 subscribers of a tracker each: " \
               "p50 %.2f ms, p99 %.2f ms, %s msg/s" % (
                   f"{all_in_one['watched']['seen_per_second']:,.0f}", late["p50"], late["p99"],
                   f"{each['watched']['seen_per_second']:,.0f}")
        for mark in ("p50", "p99"):
            bench.report.add(f"live.{mark}.{name}", all_in_one["watched"]["latency_ms"][mark], note)


# ---- subscribers who hear nothing ----

def idle(bench, server, count, problem):
    """What the server takes more with so many subscribers of a tracker each."""
    before = resident(server.process)
    command = [bench.cantrack, "simulate", "--watch", server.mqtt, "--token", server.token, "--watchers",
               count, "--watch-each"]
    bench.note_command(command)
    with subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as run:
        try:
            line = run.stderr.readline()
            if f"watchers={count} " not in line:
                raise problem(f"the watchers say: {line.strip()}")
            time.sleep(2)  # what was needed for the beginning may settle
            return resident(server.process) - before
        finally:
            run.send_signal(signal.SIGTERM)


def packet(first, body):
    size = len(body)
    return bytes([first]) + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + body


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def open_websocket(gateway, number, problem):
    """Subscribed to the messages of one tracker, by MQTT 3.1.1."""
    host, port = gateway.http.rsplit(":", 1)
    s = socket.create_connection((host, int(port)), timeout=20)
    key = base64.b64encode(os.urandom(16)).decode()
    s.sendall(f"GET / HTTP/1.1\r\nHost: {gateway.http}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Protocol: mqtt\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += (piece := s.recv(4096))
        if not piece:
            raise problem("a WebSocket was refused")
    if b" 101 " not in answer[:20]:
        raise problem(f"a WebSocket was answered with {answer[:60]!r}")
    said = packet(0x10, text("MQTT") + b"\x04\x82\0\0" + text(f"bench-{number}") + text(gateway.token))
    said += packet(0x82, b"\0\1" + text(f"flespi/message/gw/channels/+/{number}") + b"\0")
    size = bytes([len(said) | 128]) if len(said) < 126 else b"\xfe" + struct.pack(">H", len(said))
    s.sendall(b"\x82" + size + b"\0\0\0\0" + said)  # a binary frame; zeros are a mask too
    heard = b""
    while b"\x90\x03\0\1\0" not in heard:
        heard += (piece := s.recv(4096))
        if not piece:
            raise problem("a WebSocket was closed")
    return s


def idle_websockets(gateway, count, problem):
    before = resident(gateway.process)
    with contextlib.ExitStack() as stack:
        for number in range(1, count + 1):
            stack.enter_context(open_websocket(gateway, number, problem))
        time.sleep(2)
        return resident(gateway.process) - before


def memory(bench, problem):
    count = 2000 if bench.quick else min(20000, bench.files // 2)  # the other half is trackers'
    with bench.gateway() as gateway:
        ours = idle(bench, gateway, count, problem) / count
    with mosquitto(bench, problem) as broker:
        theirs = idle(bench, broker, count, problem) / count
    bench.report.add("live.memory", ours, f"{count:,} of them, each of one tracker; mosquitto 2: {theirs:,.0f} B")
    count = min(count, 5000)
    with bench.gateway() as gateway:
        bench.report.add("live.memory.websocket", idle_websockets(gateway, count, problem) / count,
                         f"{count:,} of them, each of one tracker")


# ---- beside others ----

def beside(bench, problem):
    seconds, rounds = (2, 1) if bench.quick else (5, 3)
    for count in (1, 100):
        name, ours, theirs = SHAPES[count][0], [], []
        options = (*shape(count), "--watch-version", 4)
        for _ in range(rounds):  # in turns: neighbours come and go
            with bench.gateway() as gateway:
                ours.append(watch(bench, gateway, problem, *options, seconds=seconds))
            with mosquitto(bench, problem) as broker:
                theirs.append(publish(bench, broker, payload(ours[-1]), problem, *options,
                                      seconds=seconds))
        rate, rate_then = (middle([r["watched"]["seen_per_second"] for r in runs])
                           for runs in (ours, theirs))
        cpu, cpu_then = (middle([cpu_each(r) for r in runs]) for runs in (ours, theirs))
        note = f"the middle one of {rounds} pairs of {seconds} s; {payload(ours[0])} B, QoS 0, MQTT 3.1.1"
        bench.report.add(f"live.beside.out.{name}", rate / rate_then,
                         f"{rate:,.0f} and {rate_then:,.0f} msg/s; {note}")
        bench.report.add(f"live.beside.cpu.{name}", cpu / cpu_then,
                         f"{cpu:.2f} and {cpu_then:.2f} us; frames are read, stored and answered with it")


def one_of_twins(bench, gateway, seconds):
    """CPU of the gateway for a message."""
    before = gateway.cpu_seconds()
    result = bench.load(gateway, "--mode", "flood", "--devices", 500, "--rate", 30000, "--batch", 10,
                        "--window", 100, "--seconds", seconds, "--drain", 20, "--begin",
                        int(time.time()) - 43200, seconds=seconds)
    return (gateway.cpu_seconds() - before) * 1e6 / result["answered"]


def unheard(bench, _):
    """Ingest with the door open and nobody there, and without a door: both at once, so that both have the
    same neighbours."""
    seconds, rounds = (2, 1) if bench.quick else (6, 5)
    found = {"127.0.0.1:0": [], "": []}
    for turn in range(rounds):
        with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(2) as pool:
            addresses = sorted(found, reverse=turn % 2)
            gateways = [stack.enter_context(bench.gateway("--mqtt", a)) for a in addresses]
            for address, cpu in zip(addresses, pool.map(
                    lambda gateway: one_of_twins(bench, gateway, seconds), gateways)):
                found[address].append(cpu)
    ratios = [ours / without * 100 for ours, without in zip(*found.values())]
    bench.report.add("live.ingest", middle(ratios),
                     f"the middle one of {rounds} pairs of {seconds} s at 30,000 msg/s, both at once: "
                     f"{middle(found['127.0.0.1:0']):.2f} and {middle(found['']):.2f} us; from "
                     f"{min(ratios):.0f} to {max(ratios):.0f} %")


# name: (what, figures); each takes bench and the class of its exceptions
STEPS = {
    "live_out": (fan_out, [f"live.out.{name}" for name, _, _ in SHAPES.values()] + ["live.cpu.hundred"]),
    "live_late": (latency, ["live.p50.10k", "live.p99.10k", "live.p50.100k", "live.p99.100k"]),
    "live_memory": (memory, ["live.memory", "live.memory.websocket"]),
    "live_beside": (beside, ["live.beside.out.one", "live.beside.cpu.one", "live.beside.out.hundred",
                             "live.beside.cpu.hundred"]),
    "live_unheard": (unheard, ["live.ingest"]),
}
