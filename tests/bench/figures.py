"""The figures, their goals, and the document that names the distance."""

import datetime
import os
import pathlib
import platform
import re

# name: (what, unit, goal, which side of it is good, Traccar)
GOALS = {
    "decode.v1.message": ("V1 to message, one core", "frames/s", 5e6, "least", "220,000"),
    "decode.v1.json": ("V1 to JSON text, one core", "frames/s", 2.5e6, "least", ""),
    "expression.moving": ("`position.speed>60&&$engine.ignition.status` on a V1 message, one core",
                          "evaluations/s", None, "least", ""),
    "ingest.single": ("durable, then answered: one message per write", "msg/s", 1e5, "least",
                      "1,500 (answers first)"),
    "ingest.batch10": ("durable, then answered: batches of 10", "msg/s", 5e5, "least", ""),
    "cpu.single": ("CPU of the gateway per message, one per write", "us", 8, "most", "1,000"),
    "cpu.batch10": ("CPU of the gateway per message, batches of 10", "us", None, "most", ""),
    "latency.p50": ("socket to answered at 10,000 msg/s, p50", "ms", None, "most", ""),
    "latency.p99": ("the same, p99", "ms", 10, "most", "3,000"),
    "latency.p99.9": ("the same, p99.9", "ms", None, "most", ""),
    "memory.10k": ("memory per idle connection, 10,000 of them", "B", 512, "most", "18,000"),
    "memory.100k": ("memory per idle connection, 100,000 of them", "B", 512, "most", ""),
    "disk.unsettled": ("disk per message, not settled yet", "B", 40, "most", "548"),
    "disk.settled": ("disk per message, settled", "B", 20, "most", ""),
    "query.p50": ("last 1,000 messages of a device as JSON, p50", "ms", None, "most", ""),
    "query.p99": ("the same, p99", "ms", 3, "most", ""),
    "rest.alone": ("50,000 msg/s sent and nobody reads: answered", "msg/s", None, "least", ""),
    "rest.telemetry.1": ("telemetry of a device meanwhile, 1 client", "requests/s", None, "least",
                         ""),
    "rest.telemetry.4": ("the same, 4 clients", "requests/s", None, "least", ""),
    "rest.telemetry.16": ("the same, 16 clients", "requests/s", None, "least", ""),
    "rest.messages.1": ("last 1,000 messages of a device meanwhile, 1 client", "requests/s", None,
                        "least", ""),
    "rest.messages.4": ("the same, 4 clients", "requests/s", None, "least", ""),
    "rest.messages.16": ("the same, 16 clients", "requests/s", None, "least", ""),
    "rest.kept": ("ingest that remains beside the heaviest of these", "%", None, "least", ""),
    "rest.p99": ("its p99 then, times that of nobody reading", "x", None, "most", ""),
    "range.read": ("a range of 10 million messages as JSON, one reader", "msg/s", None, "least", ""),
    "range.memory": ("the same: memory of the gateway grows by", "MiB", 16, "most", ""),
    "range.ingest.alone": ("answered of 50,000 msg/s, no reader", "msg/s", None, "least", ""),
    "range.ingest.beside": ("the same, beside slow readers of that range", "msg/s", 45000,
                            "least", ""),
    "range.p99.alone": ("socket to answered meanwhile, p99, no reader", "ms", None, "most", ""),
    "range.p99.beside": ("the same, beside slow readers of that range", "ms", None, "most", ""),
    "range.memory.slow": ("memory grows by, with slow readers", "MiB", 128, "most", ""),
    "commands.delivered": ("a command to each of 100,000 connected trackers: delivered",
                           "commands/s", None, "least", ""),
    "commands.answered": ("the same: answered, and the result durable", "commands/s", None, "least",
                          ""),
    "commands.p50": ("the same: from the request to the result, p50", "s", None, "most", ""),
    "commands.p99": ("the same, p99", "s", None, "most", ""),
    "commands.memory": ("memory of the gateway per command", "B", None, "most", ""),
    "commands.cpu": ("CPU of the gateway per command", "us", None, "most", ""),
    "commands.waiting": ("memory of the gateway per command that waits", "B", None, "most", ""),
    "commands.instant.1": ("instant commands, each waited for, 1 client", "requests/s", None,
                           "least", ""),
    "commands.instant.4": ("the same, 4 clients", "requests/s", None, "least", ""),
    "commands.instant.16": ("the same, 16 clients", "requests/s", None, "least", ""),
    "commands.ingest": ("ingest that remains beside 1,000 commands a second", "%", None, "least",
                        ""),
    "commands.ingest.p99": ("its p99 then, times that without commands", "x", None, "most", ""),
    "live.out.one": ("messages out to 1 subscriber by MQTT", "msg/s", None, "least", ""),
    "live.out.hundred": ("the same, each to 100 subscribers", "msg/s", None, "least", ""),
    "live.out.10k": ("the same, each to 10,000 subscribers", "msg/s", None, "least", ""),
    "live.cpu.hundred": ("CPU of the gateway per message delivered to 100", "us", None, "most", ""),
    "live.p50.10k": ("socket to subscriber at 10,000 msg/s, p50", "ms", None, "most", ""),
    "live.p99.10k": ("the same, p99", "ms", None, "most", ""),
    "live.p50.100k": ("socket to subscriber at 100,000 msg/s, p50", "ms", None, "most", ""),
    "live.p99.100k": ("the same, p99", "ms", None, "most", ""),
    "live.memory": ("memory per idle subscriber, MQTT over TCP", "B", None, "most", ""),
    "live.memory.websocket": ("the same over WebSocket", "B", None, "most", ""),
    "live.beside.out.one": ("messages out to 1 subscriber, times those of mosquitto 2", "x", None,
                            "least", ""),
    "live.beside.cpu.one": ("CPU per message delivered, times that of mosquitto 2", "x", None, "most",
                            ""),
    "live.beside.out.hundred": ("messages out to 100 subscribers, times those of mosquitto 2", "x",
                                None, "least", ""),
    "live.beside.cpu.hundred": ("CPU per message delivered, times that of mosquitto 2", "x", None,
                                "most", ""),
    "page.first": ("web page: bytes until the list of devices is there", "KB", None, "most", ""),
    "page.all": ("the same, every view", "KB", None, "most", ""),
    "page.usable": ("from the navigation to a list of 100 devices", "ms", None, "most", ""),
    "page.script.p50": ("scripts for a frame of the map with 5,000 moving devices, p50", "ms", None, "most", ""),
    "page.script.p95": ("the same, p95", "ms", 16.7, "most", ""),
    "page.script.p99": ("the same, p99", "ms", None, "most", ""),
    "page.task.p95": ("all of the main thread's work for a frame, p95", "ms", None, "most", ""),
    "page.frame.p50": ("time from frame to frame meanwhile, p50", "ms", None, "most", ""),
    "page.frame.p95": ("the same, p95", "ms", None, "most", ""),
    "live.ingest": ("CPU per message of ingest with MQTT open and nobody there, of that without MQTT",
                    "%", None, "most", ""),
}


PAGE = "## The web page"


class Report:
    def __init__(self):
        self.values, self.notes, self.commands, self.decode = {}, {}, [], []

    def add(self, name, value, note=""):
        self.values[name] = value
        self.notes[name] = note
        print(f"{name} {value:.3f} {GOALS[name][1]}  {note}", flush=True)

    def miss(self, names, why):
        for name in names:
            if name not in self.values:
                self.notes[name] = f"not measured: {why}"
                print(f"{name} not measured: {why}", flush=True)


def distance(value, goal, side):
    if goal is None:
        return ""
    ratio = value / goal if side == "least" else goal / max(value, 1e-9)
    return f"reached, {ratio:.1f} x" if ratio >= 1 else f"**missed**, {ratio:.2f} of it"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return "%d cores (%s), %d GB memory, Linux %s" % (
        os.cpu_count(), cpu[1] if cpu else platform.machine(), int(total[1]) // 1048576,
        platform.release())


def table(report, names):
    lines = ["| what | figure | goal | distance | Traccar | remark |", "|---|---|---|---|---|---|"]
    for name in names:
        what, unit, goal, side, peer = GOALS[name]
        bound = f"{'≥' if side == 'least' else '≤'} {number(goal)}" if goal else ""
        value = report.values.get(name)
        figure = f"{number(value)} {unit}" if value is not None else "–"
        far = distance(value, goal, side) if value is not None else ""
        lines.append(f"| {what} | {figure} | {bound} | {far} | {peer} | "
                     f"{report.notes.get(name, '')} |")
    return lines


def is_of_page(name):
    return name.startswith("page.")


def page_section(report, load):
    """Of what runs in a browser; also written alone, by `make bench ARGS='--only page'`."""
    return [PAGE, "", f"By `make bench ARGS='--only page'`, {datetime.date.today().isoformat()}; load before the "
            f"start {load:.1f}. Browser, gateway and trackers share the machine, and there is no GPU.", "",
            *table(report, filter(is_of_page, GOALS)), ""]


def renew_page_section(text, report, load):
    """The document with this section in the place of its former one, or before the commands."""
    head, _, tail = text.partition(PAGE + "\n")
    if tail:
        tail = tail[tail.index("\n## ") + 1:]
    else:
        head, tail = text[:text.index("## Commands")], text[text.index("## Commands"):]
    return head + "\n".join(page_section(report, load)) + "\n" + tail


def document(bench, load, seconds):
    report = bench.report
    lines = [
        "# Benchmarks", "",
        "Written by `make bench` (`tests/bench/run.py`); do not edit.", "",
        f"- machine: {machine()}; load before the start {load:.1f}",
        f"- date: {datetime.date.today().isoformat()}; the run took {seconds:.0f} s"
        + (" (`--quick`: short runs, rough figures)" if bench.quick else ""),
        "- generator and gateway share the machine; figures of one run, and on a shared machine "
        "they drift by a factor of two",
        "- Traccar: measured once on a machine of the same kind, not in this run; "
        "an order of magnitude, no more", "",
        *table(report, (name for name in GOALS if not is_of_page(name))),
    ]
    lines += ["", "Not measured: 1,000,000 connections (a goal), which need as many open files "
              "in both processes.", ""]
    if report.decode:
        lines += ["## Decoding by frame type", "", "One core, frames per second of CPU, the best of seven slices: bytes through "
                  "the framer to a message; the same with its JSON text; the same with the packed "
                  "form that is stored. No allocation on that way (the run fails on the first).",
                  "", "| frame | bytes | message | JSON | packed |", "|---|---|---|---|---|"]
        for kind, row in report.decode.items():
            lines.append("| %s | %d | %s | %s | %s |" % (
                kind.replace("_", " "), row["bytes"], number(row["message"]), number(row["json"]),
                number(row["pack"])))
        lines.append("")
    lines += page_section(report, load)
    lines += ["## Commands", "", "Each gateway started with a fresh data directory.", "", "```"]
    lines += [re.sub(r"127\.0\.0\.1:[1-9]\d*", "127.0.0.1:PORT", c) for c in report.commands]
    return "\n".join(lines + ["```", ""])
