#!/usr/bin/python3
"""Measures this machine and writes docs/benchmarks.md.

Starts a gateway with a fresh data directory below the build directory (a real disk, please), lets
the simulator load it in the shapes of the goals, asks it for history, and stops it again.
Everything runs on this machine over loopback, so generator and gateway share its cores.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import commands
import live
import page
import ranges
from figures import Report, document, number, renew_page_section

# a day ago: trackers whose clocks run fast while they flood stay out of the future
BEGIN = int(time.time()) - 86400
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Problem(Exception):
    """A figure cannot be taken; the text says why."""


# ---- the gateway ----

def raise_files(want):
    """The number of open files that this process and its children may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (want, max(want, hard)))
        return want
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Gateway:
    def __init__(self, bench, *options):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=bench.build))
        self.log = open(self.data / "log", "a+", encoding="utf-8")
        command = [bench.cantrack, "serve", "--data", self.data / "data", "--listen",
                   "127.0.0.1:0", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *options]
        bench.note_command(command)
        self.command = [str(c) for c in command]
        self.start()
        self.token = (self.data / "data" / "admin.token").read_text().strip()

    def start(self):
        """Also again, after stop_process, on the same data."""
        self.log.truncate(0)
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        try:
            ready = self.wait_for(r"event=ready .*listen=(\S+) http=http://(\S+)( .*mqtt=(\S+))?", 20)
        except Problem:
            self.stop()
            raise
        self.listen = ready[1].split("//")[-1].replace("0.0.0.0", "127.0.0.1")
        self.http, self.mqtt = ready[2], ready[4]

    def wait_for(self, pattern, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, (self.data / "log").read_text(errors="replace"))
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        tail = (self.data / "log").read_text(errors="replace").strip().splitlines()[-1:]
        raise Problem(f"the gateway did not say {pattern.split()[0]} ({' '.join(tail)})")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def connection(self):
        return http.client.HTTPConnection(self.http, timeout=30)

    def get(self, connection, path):
        connection.request("GET", path, headers={"Authorization": f"FlespiToken {self.token}"})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise Problem(f"GET {path}: {response.status} {body[:120]!r}")
        return body

    def metric(self, name):
        text = self.get(self.connection(), "/metrics").decode()
        found = re.search(rf"^\w*{name}(?:\{{[^}}]*\}})? (\d+)", text, re.M)
        if not found:
            raise Problem(f"/metrics has no {name}")
        return int(found[1])

    def disk_bytes(self, journals=False):
        """Of the files with messages; or of the journals, which have limits of their own."""
        return sum(f.stat().st_size for f in (self.data / "data").rglob("*") if f.is_file()
                   and f.name.startswith(("events.db", "packets.db")) == journals)

    def stop_process(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def stop(self):
        self.stop_process()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)


class Bench:
    def __init__(self, args):
        self.quick = args.quick
        self.build = pathlib.Path(args.build).resolve()
        self.cantrack = self.build / "cantrack"
        self.report = Report()
        self.files = raise_files(1048576)

    def note_command(self, command):
        words = [str(c) for c in command]
        words = [w.replace(str(self.build), "build") or '""' for w in words]
        if "--token" in words:
            words[words.index("--token") + 1] = "TOKEN"
        self.report.commands.append(re.sub(r"build/bench-\w+", "build/bench-data",
                                           " ".join(words)))

    @contextlib.contextmanager
    def gateway(self, *options):
        gateway = Gateway(self, *options)
        try:
            yield gateway
        finally:
            gateway.stop()

    def simulator(self, gateway, *options):
        command = [self.cantrack, "simulate", "--to", gateway.listen, *options]
        self.note_command(command)
        return [str(c) for c in command]

    def load(self, gateway, *options, seconds):
        """Runs the simulator to its end; the summary."""
        command = self.simulator(gateway, "--json", *options)
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90)
        if run.returncode == 2 or not run.stdout.strip():
            raise Problem(f"the simulator says: {run.stderr.strip()[-200:]}")
        summary = json.loads(run.stdout)
        if summary["wrong"] or summary["lost"] or summary["trackers"] < summary["devices"]:
            raise Problem("the load was not answered in full: %d of %d trackers, %d lost, "
                          "%d wrong" % (summary["trackers"], summary["devices"],
                                        summary["lost"], summary["wrong"]))
        return summary


# ---- the steps ----

def decode(bench):
    command = [bench.build / "tests/bench/bench_decode", "50" if bench.quick else "300"]
    bench.note_command(command)
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)
    if run.returncode:
        raise Problem(run.stderr.strip() or "bench_decode failed")
    table = {}
    for line in run.stdout.splitlines():
        name, value, _ = line.split()
        _, kind, form = name.split(".")
        table.setdefault(kind, {})[form] = float(value)
    bench.report.decode = table
    for form in ("message", "json"):
        bench.report.add(f"decode.v1.{form}", table["v1"][form])


def expression(bench):
    command = [bench.build / "tests/bench/bench_expression", "50" if bench.quick else "300"]
    bench.note_command(command)
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)
    if run.returncode:
        raise Problem(run.stderr.strip() or "bench_expression failed")
    rates = {name: float(value) for name, value, _ in map(str.split, run.stdout.splitlines())}
    bench.report.add("expression.moving", rates["expression.moving"],
                     f"a mask on the ident: {number(rates['expression.mask'])}")


def ingest(bench):
    seconds = 5 if bench.quick else 15
    shapes = {
        "single": ("--window", 16, "--batch", 1),
        "batch10": ("--window", 100, "--batch", 10),
    }
    for name, shape in shapes.items():
        with bench.gateway() as gateway:
            before = gateway.cpu_seconds()
            result = bench.load(gateway, "--mode", "flood", "--devices", 1000, "--seconds",
                                seconds, "--drain", 20, *shape, seconds=seconds)
            spent = gateway.cpu_seconds() - before
            note = "1,000 connections; generator beside it %.1f us CPU per message" % (
                result["cpu_seconds"] * 1e6 / max(result["sent"], 1))
            bench.report.add(f"ingest.{name}", result["answered_per_second"], note)
            bench.report.add(f"cpu.{name}", spent * 1e6 / max(result["answered"], 1))


def latency(bench):
    seconds = 5 if bench.quick else 20
    with bench.gateway() as gateway:
        result = bench.load(gateway, "--mode", "flood", "--devices", 10000, "--rate", 10000,
                            "--seconds", seconds, "--drain", 20, seconds=seconds)
    note = "10,000 connections, %s msg/s sent" % number(result["sent_per_second"])
    for mark in ("p50", "p99", "p99.9"):
        bench.report.add(f"latency.{mark}", result["latency_ms"][mark], note)


def kernel_bytes():
    """Socket buffers and slabs of the whole system."""
    sockets = pathlib.Path("/proc/net/sockstat").read_text()
    slabs = pathlib.Path("/proc/meminfo").read_text()
    return (int(re.search(r"^TCP:.* mem (\d+)", sockets, re.M)[1])
            * os.sysconf("SC_PAGE_SIZE")
            + int(re.search(r"^Slab:\s+(\d+)", slabs, re.M)[1]) * 1024)


def grown(bench, count):
    """What the gateway and the kernel take more with so many idle connections."""
    with bench.gateway() as gateway:
        rss, kernel = gateway.rss_bytes(), kernel_bytes()
        command = bench.simulator(gateway, "--idle", "--devices", count, "--seconds", 100000)
        run = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               text=True)
        try:
            line = run.stderr.readline()
            if f"trackers={count} " not in line:
                raise Problem(f"the simulator says: {line.strip()}")
            time.sleep(4)  # what was needed for the login may settle
            return gateway.rss_bytes() - rss, kernel_bytes() - kernel
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(60)


def idle(bench, name, wanted):
    count = min(wanted, bench.files - 500)
    if count < wanted / 2 and name != "memory.100k":
        raise Problem(f"a process may have only {bench.files:,} open files here")
    ours, kernel = grown(bench, count)
    note = f"beside it about {max(kernel / count, 0):,.0f} B in the kernel, both ends"
    if count < wanted:
        note = (f"**{count:,} connections only**: a process may have {bench.files:,} open files "
                f"here; {note}")
    return count, ours, note


def memory_10k(bench):
    count, ours, note = idle(bench, "memory.10k", 10000)
    more = min(2 * count, bench.files - 500)
    if not bench.quick and more > count:
        each = (grown(bench, more)[0] - ours) / (more - count)
        note = (f"each further one up to {more:,} {each:,.0f} B, the rest is fixed: "
                f"{(ours - each * count) / 1e6:,.1f} MB; {note}")
    bench.report.add("memory.10k", ours / count, note)


def memory_100k(bench):
    if bench.quick:
        raise Problem("left out by --quick")
    count, ours, note = idle(bench, "memory.100k", 100000)
    bench.report.add("memory.100k", ours / count, note)


def fill(bench, gateway, messages, seconds):
    """Messages of 10,000 devices that report every 30 s by their clocks, evenly spread."""
    # a login registers each, which is not what is measured
    bench.load(gateway, "--idle", "--devices", 10000, "--seconds", 1, seconds=60)
    result = bench.load(gateway, "--mode", "flood", "--devices", 10000, "--batch", 10, "--window",
                        20, "--rate", 1000000, "--step", 30, "--begin", BEGIN, "--messages",
                        messages, "--seconds", seconds, "--drain", 60, seconds=seconds + 60)
    return result["answered"]


def disk(bench):
    messages = 250000  # fewer than make the store settle by itself
    with bench.gateway("--auto-devices") as gateway:
        empty = gateway.disk_bytes()
        stored = fill(bench, gateway, messages, 60)
        if gateway.metric("store_settled_total"):
            raise Problem("messages were settled at once")
        gateway.stop_process()
        bench.report.add("disk.unsettled", (gateway.disk_bytes() - empty) / stored,
                         f"{stored:,} messages of 10,000 devices; all files after a stop but the "
                         "logs and the recorded traffic, which are limited by size: "
                         f"{gateway.disk_bytes(journals=True) / stored:.1f} B a message beside it")


def read_back(bench, gateway, count):
    """The last `count` messages of devices at random; the times in ms, sorted."""
    connection = gateway.connection()
    devices = json.loads(gateway.get(connection, "/gw/devices/all?fields=id"))["result"]
    data = urllib.parse.quote(json.dumps({"reverse": True, "count": count}))
    dice, times, short = random.Random(1), [], 0
    for i in range(100 if bench.quick else 1000):
        path = f"/gw/devices/{dice.choice(devices)['id']}/messages?data={data}"
        start = time.perf_counter()
        body = gateway.get(connection, path)
        times.append((time.perf_counter() - start) * 1000)
        if i % 20 == 0:
            short += len(json.loads(body)["result"]) < count
    if short > len(times) / 20 / 10:
        raise Problem(f"too many devices have less than {count} messages")
    return sorted(times)


def history(bench):
    wanted, seconds, count = (1100000, 30, 100) if bench.quick else (11000000, 180, 1000)
    with bench.gateway("--auto-devices") as gateway:
        stored = fill(bench, gateway, wanted, seconds)
        settled, tail = settle(bench, gateway)
        if stored < wanted * 0.95:
            raise Problem(f"only {stored:,} of {wanted:,} messages were stored in {seconds} s")
        times = read_back(bench, gateway, count)
        note = f"{stored:,} messages of 10,000 devices, the last {count:,} of one, over HTTP"
        bench.report.add("query.p50", times[len(times) // 2], note)
        bench.report.add("query.p99", times[len(times) * 99 // 100], note)
        gateway.stop_process()
        rest = tail * bench.report.values.get("disk.unsettled", 40)
        bench.report.add("disk.settled", (gateway.disk_bytes() - rest) / settled,
                         f"the same files, for {settled:,} settled messages; {tail:,} "
                         "that were not are taken off at the figure above")


def settle(bench, gateway):
    """Waits until the settler rests; messages settled and not settled."""
    end, before = time.monotonic() + (20 if bench.quick else 90), -1
    while time.monotonic() < end:
        settled = gateway.metric("store_settled_total")
        if settled == before:
            break
        before = settled
        time.sleep(5)
    if not settled:
        raise Problem("no message was settled")
    return settled, gateway.metric("store_tail_messages")


def ask(bench, gateway, clients, seconds, devices, path, body=None):
    """So many clients that ask, or post the body, without a pause; a dict of figures."""
    command = [bench.build / "tests/bench/bench_http", gateway.http.rsplit(":", 1)[1], clients,
               seconds, min(devices), max(devices), path, *([body] if body else [])]
    bench.note_command(command)
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                         timeout=seconds + 30, env={**os.environ, "TOKEN": gateway.token})
    if run.returncode:
        raise Problem(f"bench_http says: {run.stderr.strip()[-200:]}")
    return {name: float(value) for name, value, _ in map(str.split, run.stdout.splitlines())}


def beside(bench, gateway, seconds, work=None):
    """Ingest at 50,000 msg/s while work() goes on; the simulator's summary and what work gave."""
    command = bench.simulator(gateway, "--json", "--mode", "flood", "--devices", 1000, "--rate",
                              50000, "--seconds", seconds, "--drain", 20, "--begin",
                              int(time.time()))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as run:
        try:
            time.sleep(1)  # all have connected
            found = work() if work else None
            summary = json.loads(run.communicate(timeout=seconds + 60)[0])
        except BaseException:
            run.kill()
            raise
    if summary["wrong"] or summary["lost"]:
        raise Problem("%d messages were lost, %d wrong" % (summary["lost"], summary["wrong"]))
    return summary, found


def rest(bench):
    seconds = 4 if bench.quick else 10
    newest = urllib.parse.quote(json.dumps({"reverse": True, "count": 1000}))
    paths = {"telemetry": "/gw/devices/{}/telemetry/all",
             "messages": "/gw/devices/{}/messages?data=" + newest}
    with bench.gateway("--auto-devices") as gateway:
        bench.load(gateway, "--mode", "flood", "--devices", 1000, "--batch", 10, "--window", 20,
                   "--messages", 1100000, "--begin", BEGIN, "--drain", 60, seconds=60)
        answer = json.loads(gateway.get(gateway.connection(), "/gw/devices/all?fields=id"))
        devices = [d["id"] for d in answer["result"]]
        first, _ = beside(bench, gateway, seconds)
        runs = []
        for kind, path in paths.items():
            for clients in (1, 4, 16):
                summary, found = beside(bench, gateway, seconds, lambda: ask(
                    bench, gateway, clients, seconds - 2, devices, path))
                runs.append((f"rest.{kind}.{clients}", summary, found))
        last, _ = beside(bench, gateway, seconds)
    rest_figures(bench, (first, last), runs)


def rest_figures(bench, alone, runs):
    """Ingest is compared with the mean of before and after: neighbours come and go."""
    rate = sum(s["answered_per_second"] for s in alone) / len(alone)
    p99 = sum(s["latency_ms"]["p99"] for s in alone) / len(alone)
    bench.report.add("rest.alone", rate, f"1,000 connections; p99 {p99:.1f} ms to the answer")
    kept = [s["answered_per_second"] / rate for _, s, _ in runs]
    worse = [s["latency_ms"]["p99"] / p99 for _, s, _ in runs]
    for i, (name, _, found) in enumerate(runs):
        bench.report.add(name, found["requests"],
                         "p50 %.2f ms, p99 %.2f ms, %s B an answer; ingest %.0f %% of alone, its "
                         "p99 %.1f x" % (found["p50"], found["p99"], number(found["answer"]),
                                         kept[i] * 100, worse[i]))
    bench.report.add("rest.kept", min(kept) * 100)
    bench.report.add("rest.p99", max(worse), "clients, generator and gateway share the cores")


def long_ranges(bench):
    ranges.measure(bench, Problem)


def many_commands(bench):
    commands.measure(bench, ask, beside, Problem)


def web_page(bench):
    page.measure(bench, Problem)


STEPS = {
    "decode": (decode, ["decode.v1.message", "decode.v1.json"]),
    "expression": (expression, ["expression.moving"]),
    "ingest": (ingest, ["ingest.single", "cpu.single", "ingest.batch10", "cpu.batch10"]),
    "latency": (latency, ["latency.p50", "latency.p99", "latency.p99.9"]),
    "memory_10k": (memory_10k, ["memory.10k"]),
    "memory_100k": (memory_100k, ["memory.100k"]),
    "disk": (disk, ["disk.unsettled"]),
    "history": (history, ["disk.settled", "query.p50", "query.p99"]),
    "rest": (rest, ["rest.alone", "rest.telemetry.1", "rest.telemetry.4", "rest.telemetry.16",
                    "rest.messages.1", "rest.messages.4", "rest.messages.16", "rest.kept",
                    "rest.p99"]),
    "ranges": (long_ranges, ranges.FIGURES),
    "commands": (many_commands, commands.FIGURES),
}
STEPS["page"] = (web_page, page.FIGURES)
STEPS.update({name: (lambda bench, what=what: what(bench, Problem), figures)
              for name, (what, figures) in live.STEPS.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="about a minute, rough figures")
    parser.add_argument("--build", default=ROOT / "build", help="build directory [build]")
    parser.add_argument("--out", default=ROOT / "docs/benchmarks.md", help="the document to write")
    parser.add_argument("--only", default="", help="steps, separated by commas: "
                        + " ".join(STEPS) + " (writes no document; page: its section)")
    args = parser.parse_args()
    bench, load, start = Bench(args), os.getloadavg()[0], time.monotonic()
    chosen = [s for s in args.only.split(",") if s] or list(STEPS)
    for name in chosen:
        if name not in STEPS:
            parser.error(f"there is no step '{name}'")
        step, figures = STEPS[name]
        try:
            step(bench)
        except (Problem, OSError, subprocess.SubprocessError, http.client.HTTPException,
                ValueError) as why:
            bench.report.miss(figures, f"{why}" or type(why).__name__)
    out = pathlib.Path(args.out)
    if chosen == ["page"] and out.exists():
        out.write_text(renew_page_section(out.read_text(encoding="utf-8"), bench.report, load),
                       encoding="utf-8")
    if not args.only:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(document(bench, load, time.monotonic() - start), encoding="utf-8")
        print(f"written: {out}")
    return 0 if all(f in bench.report.values for s in chosen for f in STEPS[s][1]) else 1


if __name__ == "__main__":
    sys.exit(main())
