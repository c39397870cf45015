"""Commands: one to each of many trackers at once; one after the other, waited for; and beside ingest."""
import json
import signal
import subprocess
import threading
import time
import urllib.parse

from ranges import Peak, middle

FIGURES = ["commands.delivered", "commands.answered", "commands.p50", "commands.p99",
           "commands.memory", "commands.cpu", "commands.waiting", "commands.instant.1",
           "commands.instant.4", "commands.instant.16", "commands.ingest", "commands.ingest.p99"]
INTERVAL = [{"name": "interval.set", "properties": {"seconds": 60}}]
PATIENCE = 120  # seconds


def post(gateway, path, body, problem):
    connection = gateway.connection()
    connection.request("POST", path, body=json.dumps(body), headers={
        "Authorization": f"FlespiToken {gateway.token}"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise problem(f"POST {path}: {answer.status} {text[:120]!r}")
    return json.loads(text)["result"]


class Idle:
    """So many trackers that say nothing but their logins and the answers to commands."""

    def __init__(self, bench, gateway, count, problem):
        self.problem, self.count = problem, count
        self.run = subprocess.Popen(
            bench.simulator(gateway, "--idle", "--devices", count, "--seconds", 100000),
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def __enter__(self):
        line = self.run.stderr.readline()
        if f"trackers={self.count} " not in line:
            self.__exit__()
            raise self.problem(f"the simulator says: {line.strip()}")
        time.sleep(2)  # all are registered, what that needed may settle
        return self

    def __exit__(self, *_):
        self.run.send_signal(signal.SIGTERM)
        self.run.wait(60)
        self.run.stderr.close()


class Watch(threading.Thread):
    """When a counter has come so far."""

    def __init__(self, gateway, name, goal):
        super().__init__(daemon=True)
        self.gateway, self.name, self.goal = gateway, name, goal
        self.at = None
        self.start()

    def run(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.gateway.metric(self.name) >= self.goal:
                self.at = time.monotonic()
                return
            time.sleep(0.02)


def read_times(gateway, problem, since, least):
    """Seconds from each command's making to its end, sorted."""
    data = urllib.parse.quote(json.dumps({"fields": "id,timestamp,executed", "from": since}))
    body = gateway.get(gateway.connection(), f"/gw/devices/all/commands-result?data={data}")
    results = json.loads(body)["result"]
    times = sorted(r["timestamp"] - r["id"] / 1e6 for r in results if r["executed"])
    if len(times) < least:
        raise problem(f"{len(times):,} of {least:,} commands were executed")
    return times


def to_all(bench, gateway, count, note, problem):
    """One request that gives each a command."""
    first = Watch(gateway, "commands_answered_total", count)
    post(gateway, "/gw/devices/all/commands-queue?fields=id", INTERVAL, problem)
    first.join(PATIENCE)  # what a device takes with its first position is there already
    time.sleep(1)
    cpu, start, since = gateway.cpu_seconds(), time.monotonic(), time.time()
    sent = Watch(gateway, "commands_sent_total", 2 * count)
    answered = Watch(gateway, "commands_answered_total", 2 * count)
    with Peak(gateway) as peak:
        accepted = len(post(gateway, "/gw/devices/all/commands-queue?fields=id", INTERVAL, problem))
        posted = time.monotonic() - start
        answered.join(PATIENCE)
        sent.join(1)
        cpu = gateway.cpu_seconds() - cpu
    if accepted != count or not answered.at or not sent.at:
        raise problem(f"{accepted:,} of {count:,} were accepted, or not all were answered")
    after = gateway.rss_bytes() - peak.first
    times = read_times(gateway, problem, since, count)
    note = f"one POST to {note}, answered after {posted:.2f} s"
    bench.report.add("commands.delivered", count / (sent.at - start), note)
    bench.report.add("commands.answered", count / (answered.at - start), note)
    bench.report.add("commands.p50", times[len(times) // 2], "all begin with the POST")
    bench.report.add("commands.p99", times[len(times) * 99 // 100], "all begin with the POST")
    bench.report.add("commands.memory", peak.grown() * 1048576 / count,
                     "at most, the POST's answer included; "
                     f"{max(after, 0) / count:,.0f} B are left when all have ended")
    bench.report.add("commands.cpu", cpu * 1e6 / count, "all threads: POST, queue, gate")


def waiting(bench, gateway, count, problem):
    """What commands take that go when the tracker is fast, and no tracker is."""
    each = min(5, 200000 // count)  # of one request
    body = [{**INTERVAL[0], "condition": "position.speed>500"}] * each
    with Peak(gateway) as peak:
        accepted = len(post(gateway, "/gw/devices/all/commands-queue?fields=id", body, problem))
        time.sleep(1)
    if gateway.metric("commands_waiting") != accepted or accepted != each * count:
        raise problem(f"{accepted:,} commands were accepted, not all of them wait")
    grown = gateway.rss_bytes() - peak.first
    bench.report.add("commands.waiting", grown / accepted,
                     f"{accepted:,} of them with a condition, {each} of one request for each device; "
                     f"meanwhile {peak.grown() * 1048576 / accepted:,.0f} B")


def one_by_one(bench, gateway, ask, seconds, problem):
    ids = [d["id"] for d in json.loads(gateway.get(
        gateway.connection(), "/gw/devices/all?fields=id"))["result"]]
    body = json.dumps([{**INTERVAL[0], "timeout": 5}])
    for clients in (1, 4, 16):
        before = gateway.metric("commands_answered_total")
        found = ask(bench, gateway, clients, seconds, ids, "/gw/devices/{}/commands", body)
        answered = gateway.metric("commands_answered_total") - before
        if answered < found["requests"] * seconds * 0.99:
            raise problem(f"only {answered:,} instant commands were answered")
        bench.report.add(f"commands.instant.{clients}", found["requests"],
                         "p50 %.2f ms, p99 %.2f ms" % (found["p50"], found["p99"]))


def again_and_again(gateway, seconds, problem):
    """A command to each device in every second; how many were accepted."""
    end, accepted = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        next_one = time.monotonic() + 1
        accepted += len(post(gateway, "/gw/devices/all/commands-queue?fields=id", INTERVAL, problem))
        time.sleep(max(0, next_one - time.monotonic()))
    return accepted


def beside_ingest(bench, gateway, beside, seconds, rounds, problem):
    beside(bench, gateway, 2)  # so that the trackers are known
    before, accepted = gateway.metric("commands_answered_total"), 0
    alone, with_commands = [], []
    for _ in range(rounds):  # in turns: neighbours and the settler come and go
        alone.append(beside(bench, gateway, seconds)[0])
        summary, more = beside(bench, gateway, seconds,
                               lambda: again_and_again(gateway, seconds - 2, problem))
        with_commands.append(summary)
        accepted += more
    answered = gateway.metric("commands_answered_total") - before
    rate, rate_then = (middle([s["answered_per_second"] for s in runs])
                       for runs in (alone, with_commands))
    p99, p99_then = (middle([s["latency_ms"]["p99"] for s in runs])
                     for runs in (alone, with_commands))
    note = f"the middle one of {rounds} times {seconds} s"
    bench.report.add("commands.ingest", rate_then / rate * 100,
                     f"50,000 msg/s of 1,000 trackers; a command to each in every second, "
                     f"{answered:,} of {accepted:,} answered; {note}")
    bench.report.add("commands.ingest.p99", p99_then / p99,
                     f"{p99:.1f} ms alone, {p99_then:.1f} ms beside commands; {note}")


def measure(bench, ask, beside, problem):
    wanted, seconds, rounds = (10000, 3, 1) if bench.quick else (100000, 8, 3)
    count = min(wanted, bench.files - 500)
    note = f"{count:,} connected trackers"
    if count < wanted:
        note = (f"**{count:,} connected trackers only** (a process may have {bench.files:,} open "
                "files here)")
    with bench.gateway("--auto-devices") as gateway:
        with Idle(bench, gateway, count, problem):
            to_all(bench, gateway, count, note, problem)
            one_by_one(bench, gateway, ask, seconds, problem)
    with bench.gateway("--auto-devices") as gateway:
        with Idle(bench, gateway, count, problem):
            waiting(bench, gateway, count, problem)
    with bench.gateway("--auto-devices") as gateway:
        beside_ingest(bench, gateway, beside, seconds, rounds, problem)
