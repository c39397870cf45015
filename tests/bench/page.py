"""The web page: what it weighs, how soon it is usable, and how long it works for a frame while 5,000 devices
move on its map. Chromium is driven by page.mjs, without a GPU: it paints with the processor too."""
import json
import os
import pathlib
import shutil
import subprocess

FIGURES = ["page.first", "page.all", "page.usable", "page.script.p50", "page.script.p95", "page.script.p99",
           "page.task.p95", "page.frame.p50", "page.frame.p95"]
SCRIPT = pathlib.Path(__file__).with_name("page.mjs")


def kilobytes(sizes):
    return ", ".join(f"{name} {sizes[name] / 1000:,.1f}" for name in ("html", "js", "css", "json") if sizes[name])


def measure(bench, problem):
    node = shutil.which("node")
    if not node:
        raise problem("there is no Node.js here")
    command = [node, SCRIPT, *(["--quick"] if bench.quick else [])]
    bench.report.commands.append("node tests/bench/page.mjs" + (" --quick" if bench.quick else ""))
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600,
                         env={**os.environ, "CANTRACK": str(bench.cantrack)})
    if run.returncode:
        raise problem(f"page.mjs says: {' '.join(run.stderr.split())[-200:]}")
    report(bench, json.loads(run.stdout))


def report(bench, found):
    first, everything, frames = found["first"], found["all"], found["frames"]
    bench.report.add("page.first", first["all"] / 1000, f"gzip; {kilobytes(first)}")
    bench.report.add("page.all", everything["all"] / 1000,
                     f"gzip; {kilobytes(everything)}; the coasts and borders are the json")
    bench.report.add("page.usable", found["opening"]["p50"],
                     f"the middle one of {found['openings']}, with an empty cache; p95 {found['opening']['p95']:.0f} ms")
    note = (f"each moves once a second; processor time of the main thread, MQTT and JSON decoded with it; "
            f"{frames['frames']} frames in {frames['seconds']} s")
    for mark in ("p50", "p95", "p99"):
        bench.report.add(f"page.script.{mark}", frames["script"][mark], note)
    bench.report.add("page.task.p95", frames["task"]["p95"], "scripts, layout, painting without a GPU, garbage collection")
    for mark in ("p50", "p95"):
        bench.report.add(f"page.frame.{mark}", frames["interval"][mark],
                         "browser, gateway and 5,000 trackers share the cores")
