#!/usr/bin/env python3
"""Replays the golden files through `cantrack decode` and compares, block by block.

usage: run.py CANTRACK [FILE.golden]...      GOLDEN=write rewrites the answers (review the diff!)
       run.py --coverage CANTRACK            which parameters and frame types no block covers

See README.md beside this file for the form of a block.
"""
import calendar
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "..", "src", "cantrack")
NOW = 1790000000


def unescape(text):
    names = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    out, i = b"", 0
    while i < len(text):
        if text[i] != "\\":
            out += text[i].encode("latin1")
            i += 1
        elif text[i + 1] == "x":
            out += bytes([int(text[i + 2:i + 4], 16)])
            i += 4
        else:
            out += names[text[i + 1]]
            i += 2
    return out


class Block:
    def __init__(self, text):
        self.head, self.reads, self.options, self.answer = [], [], [], []
        for line in text.split("\n"):
            if line.startswith("#") and not self.reads:
                self.head.append(line)
            elif line.startswith("@ "):
                self.options += line[2:].split()
            elif line.startswith("% ") or line == "%":
                self.reads.append(line[2:])
            elif line:
                self.answer.append(line)
        words = self.head[0][2:].split() if self.head else ["?"]
        self.name = words[0].rstrip(":")

    def replay(self, cantrack):
        hex_lines = "\n".join(unescape(read).hex() for read in self.reads) + "\n"
        command = [cantrack, "decode", "--hex", "--explain", "--now", str(NOW)] + self.options
        done = subprocess.run(command, input=hex_lines, capture_output=True, text=True)
        if done.returncode not in (0, 1) or done.stderr:
            return ["? exit status %d: %s" % (done.returncode, done.stderr.strip())]
        lines = [line for line in done.stdout.split("\n") if line]
        refused = any(line.startswith("!") for line in lines)
        if (done.returncode == 1) != refused:
            lines.append("? exit status %d" % done.returncode)
        return lines

    def text(self):
        options = ["@ " + " ".join(self.options)] if self.options else []
        reads = ["% " + read for read in self.reads]
        return "\n".join(self.head + options + reads + self.answer)


def load(path):
    parts = re.split(r"\n\n+", open(path, encoding="utf-8").read().strip())
    title, blocks = [], []
    for part in parts:
        if "% " in part:
            blocks.append(Block(part))
        else:
            title.append(part)
    return title, blocks


# ---- what the source of a sample asserts, checked apart from the golden text ----

def seconds(text):
    text = re.match(r"(\d+-\d+-\d+)[T ](\d+:\d+:\d+)", text).expand(r"\1 \2")
    return calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S"))


def close(member, allowed=1e-4, factor=1.0):
    return lambda m, v: abs(m[member] - float(v) * factor) <= allowed


CHECKS = {
    "type": lambda m, v: m["message.type"] == v,
    "lat": close("position.latitude"),
    "lon": close("position.longitude"),
    "speed_kmh": close("position.speed", 0.01),
    "speed_knots": close("position.speed", 0.01, 1.852),
    "direction": close("position.direction"),
    "valid": lambda m, v: m["position.valid"] == (v in ("true", "A")),
    "acc": lambda m, v: m["engine.ignition.status"] == (v.split()[0] in ("on", "true")),
    "ts": lambda m, v: m["timestamp"] == seconds(v),
    "timestamp": lambda m, v: m["timestamp"] == seconds(v),
    "iccid": lambda m, v: m["gsm.sim.iccid"] == v,
}
FRAME_CHECKS = {
    "battery": ("HTBT", lambda m, v: m["battery.level"] == int(v)),
    "mcc": ("V3", lambda m, v: m["gsm.mcc"] == int(v)),
    "mnc": ("V3", lambda m, v: m["gsm.mnc"] == int(v)),
    "mac1": ("V5", lambda m, v: m["wifi.mac.address"].replace(":", "") == v),
    "rssi1": ("V5", lambda m, v: m["wifi.signal.strength"] == -int(v)),
}
POSITION = {"lat", "lon", "speed_kmh", "speed_knots", "direction", "valid"}
TIMED = {"V1", "V2", "V3", "V5"}


def assertions(block, lines):
    """Sentences for each expectation of the sample's source that the answer contradicts."""
    said = [h[12:] for h in block.head if h.startswith("# expected: ")]
    waived = {w for h in block.head if h.startswith("# differs: ")
              for w in h[11:].split(":")[0].split(",")}
    messages = [json.loads(line[2:]) for line in lines if line.startswith("= ")]
    if not said or not messages:
        return []
    message, wrong = messages[0], []
    replies = [line[2:] for line in lines if line.startswith("< ")]
    kind = message["message.type"]
    for pair in said[0].split(";"):
        key, _, value = pair.partition("=")
        if key in waived:
            continue
        check = CHECKS.get(key)
        if key in FRAME_CHECKS and FRAME_CHECKS[key][0] == kind:
            check = FRAME_CHECKS[key][1]
        if key in POSITION and kind not in ("V1", "V2", "V4", "V5"):
            continue
        if key in ("ts", "timestamp", "acc") and kind not in TIMED:
            continue
        if key == "iccid" and "--extended" not in block.options:
            continue
        if key == "reply":
            check = lambda m, v: (value == "echo" and replies == [lines[0][2:]]) or replies == [v]
        try:
            if check and not check(message, value):
                wrong.append("the source says %s" % pair)
        except KeyError as missing:
            wrong.append("the source says %s, the message has no %s" % (pair, missing))
    return wrong


# ---- coverage ----

def declared():
    names, rows = set(), open(os.path.join(SOURCE, "params.def")).read()
    for row in re.findall(r"^PARAM\(.*\)$", rows, re.M):
        name = row.split('"')[1]
        if not row.rstrip(")").endswith("SERVICE"):
            names.add(name)
    table = open(os.path.join(SOURCE, "frame.c")).read()
    types = set(re.findall(r'^\t\{ ?"(\w+)", \d+, decode_', table, re.M))
    assert len(names) > 20 and len(types) > 5, "the tables are not where they were"
    return names, types


def coverage(lines):
    names, types = declared()
    for line in lines:
        if line.startswith("= "):
            message = json.loads(line[2:])
            names -= {re.sub(r"\.\d+$", "", key) for key in message}
            types.discard(message["message.type"])
    return sorted(names), sorted(types)


def tells_of_a_full_disk(cantrack):
    with open("/dev/full", "w") as full:
        done = subprocess.run([cantrack, "decode"], input="*HQ,1,V0#", stdout=full,
                              stderr=subprocess.PIPE, text=True)
    return done.returncode != 0 and "cannot write" in done.stderr


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    cantrack, paths = arguments[0], arguments[1:]
    paths = paths or sorted(os.path.join(HERE, f) for f in os.listdir(HERE) if f.endswith(".golden"))
    write = os.environ.get("GOLDEN") == "write"
    number, failed, everything = 0, 0, []
    for path in paths:
        title, blocks = load(path)
        for block in blocks:
            lines = block.replay(cantrack)
            everything += lines
            wrong = [] if write else ["expected %s\n#      got %s" % pair for pair in
                                      zip_longest(block.answer, lines) if pair[0] != pair[1]]
            wrong += assertions(block, lines)
            number += 1
            failed += bool(wrong)
            name = "%s %s" % (os.path.basename(path), block.name)
            print("%s %d - %s" % ("not ok" if wrong else "ok", number, name))
            for sentence in wrong:
                print("# %s" % sentence)
            block.answer = lines
        if write:
            text = "\n\n".join(title + [block.text() for block in blocks]) + "\n"
            open(path, "w", encoding="utf-8").write(text)
    names, types = coverage(everything)
    for kind, missing in (("parameter", names), ("frame type", types)):
        number += 1
        failed += bool(missing)
        print("%s %d - every %s is covered" % ("not ok" if missing else "ok", number, kind))
        for name in missing:
            print("# no golden block yields %s %s" % (kind, name))
    number += 1
    full = tells_of_a_full_disk(cantrack)
    failed += not full
    print("%s %d - output that cannot be written is an error" % ("ok" if full else "not ok", number))
    print("1..%d" % number)
    return 1 if failed else 0


def zip_longest(a, b):
    length = max(len(a), len(b))
    a, b = a + ["nothing"] * (length - len(a)), b + ["nothing"] * (length - len(b))
    return zip(a, b)


if __name__ == "__main__":
    sys.exit(main())
