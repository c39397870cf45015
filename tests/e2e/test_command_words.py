"""`cantrack command` against a stand-in that answers as it is told: what the real gateway does seldom,
late or never. Against the real one: test_command_client.py."""
import json
import re
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import PROGRAM
from trackers import PATIENCE

ID = 1789070047258876
STOP = {"name": "engine.stop", "schema": {
    "type": "object", "title": "Stop", "description": "Cut fuel", "properties": {}, "required": []}}
FENCE = {"name": "fence.set", "schema": {
    "type": "object", "title": "Round fence", "required": ["radius", "mode", "phones"],
    "properties": {
        "radius": {"type": "integer", "minimum": 0, "maximum": 1000000, "title": "Radius, metres"},
        "mode": {"type": "integer", "default": 3, "title": "When", "oneOf": [
            {"const": 1, "title": "out"}, {"const": 2, "title": "in"}, {"const": 3, "title": "both"}]},
        "phones": {"type": "array", "items": {"type": "string"}, "title": "Who"},
        "loud": {"type": "boolean"}}}}
DEVICE = {"id": 7, "name": "Truck 7", "commands": [STOP, FENCE]}


def seen(state="queued", attempts=0, position=1, most=3):
    return {"id": ID, "name": "engine.stop", "state": state, "attempts": attempts, "max_attempts": most,
            "position": position, "sent": None, "expires": 1789156447}


class StandIn:
    """The first look at the queue is the answer of the POST; the last one stays. None: it is gone."""

    def __init__(self):
        self.looks = [seen(), None]
        self.result = {"id": ID, "state": "done", "executed": True, "response": "*HQ,7,V4,S20#",
                       "reply": None, "confirmed_by_status": None, "attempts": 1}
        self.devices = {"7": [DEVICE]}
        self.connected = False
        self.refusal = None  # (status, errors) of the POST
        self.raw = None      # (status, bytes) of everything
        self.asked = []      # (method, path, body)
        self.headers = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stand_in.asked.append((self.command, self.path, body.decode()))
                stand_in.headers.append(dict(self.headers))
                status, data = stand_in.answer(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, method, path):
        if self.raw:
            return self.raw
        bare = path.split("?")[0]
        if method == "POST":
            if self.refusal:
                return self.refusal[0], json.dumps({"result": [], "errors": self.refusal[1]}).encode()
            found = [self.result if bare.endswith("/commands") else self.looks[0]]
        elif "/commands-queue/" in bare:
            if len(self.looks) > 1:
                self.looks.pop(0)
            found = [self.looks[0]] if self.looks[0] else []
        elif "/commands-result/" in bare:
            found = [self.result] if self.result else []
        elif path.endswith("fields=connected"):
            found = [{"connected": self.connected}]
        else:
            found = self.devices.get(bare.removeprefix("/gw/devices/"), [])
        if not found:
            return 403, b'{"result":[],"errors":[{"code":3,"id":1,"reason":"access denied"}]}'
        return 200, json.dumps({"result": found}).encode()

    def start(self, *args, env=None):
        return subprocess.Popen(
            [PROGRAM, "command", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"CANTRACK_URL": self.url, "CANTRACK_TOKEN": "key", **(env or {})})

    def run(self, *args, env=None):
        """(exit status, standard output, standard error)"""
        process = self.start(*args, env=env)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def posted(self):
        return [json.loads(body) for method, _, body in self.asked if method == "POST"]


@pytest.fixture
def there():
    stand_in = StandIn()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


def test_each_change_is_a_line(there):
    there.looks = [seen(position=3), seen(position=2), seen(position=2), seen(position=1),
                   seen("sent", 1), seen("sent", 1), seen("queued", 1), seen("sent", 2), None]
    there.result.update(attempts=2, reply="DONE", confirmed_by_status=True)
    status, out, err = there.run("7", "engine.stop")
    assert err.splitlines() == [
        f"queued {ID}, 2 before it", "1 before it", "first in the queue", "sent, attempt 1 of 3",
        "no answer, to be sent again", "no answer, sent again, attempt 2 of 3"]
    assert out == "done: *HQ,7,V4,S20#\nreply: DONE\nconfirmed by the status word\n"
    assert status == 0


@pytest.mark.parametrize("connected,more,words", [
    (False, [], "waiting for the tracker to connect"),
    (True, ["--condition", "position.speed<5"], "waiting for its condition"),
    (True, [], "waiting for its turn")])
def test_what_is_waited_for_is_told_once(there, connected, more, words):
    there.connected = connected
    there.looks = [seen()] * 8 + [seen("sent", 1), None]
    status, _, err = there.run("7", "engine.stop", *more)
    assert err.splitlines() == [f"queued {ID}", words, "sent, attempt 1 of 3"]
    assert status == 0


@pytest.mark.parametrize("result,out", [
    ({"state": "failed", "response": None, "attempts": 3},
     "failed: the tracker did not answer (sent 3 times)\n"),
    ({"state": "failed", "response": "the car is too fast", "attempts": 0},
     "failed: the car is too fast\n"),
    ({"state": "expired", "attempts": 0}, "expired: its time was over before it could be sent\n"),
    ({"state": "canceled", "attempts": 0}, "canceled: it was taken out of the queue\n"),
    ({"state": "failed", "response": "a\x1b[2J\r\nb\x9b\x7f", "attempts": 1}, "failed: a.[2J  b..\n")])
def test_other_ends(there, result, out):
    there.result = result
    assert there.run("7", "engine.stop")[:2] == (1, out)


def test_more_patience_than_there_is_time(there):
    assert there.run("7", "engine.stop", "--wait", "9999999999999999999")[0] == 0


def test_one_line_of_json(there):
    there.looks = [seen(), seen("sent", 1), None]
    status, out, err = there.run("7", "engine.stop", "--json")
    assert (status, json.loads(out), err) == (0, there.result, "")
    assert out.count("\n") == 1


def test_properties_have_the_types_of_the_schema(there):
    status, _, err = there.run(
        "--ttl=3600", "7", "--attempts", "5", "fence.set", "mode=out", "phones=+1, 2", "--priority=9",
        "radius=500", "loud=on", "--condition", 'a=="ü"', "--confirm", "--force", "--repeat",
        "--timeout", "20", "--no-wait")
    assert (status, err) == (0, "")
    assert there.posted() == [[{
        "name": "fence.set", "ttl": 3600, "max_attempts": 5, "priority": 9, "condition": 'a=="ü"',
        "timeout": 20, "confirm": True, "force": True, "repeat": True,
        "properties": {"radius": 500, "mode": 1, "phones": ["+1", "2"], "loud": True}}]]
    assert there.headers[-1]["Authorization"] == "FlespiToken key"


def test_what_is_not_given_is_left_to_the_gateway(there):
    assert there.run("7", "engine.stop", "--no-wait")[:2] == (0, f"{ID}\n")
    assert there.posted() == [[{"name": "engine.stop", "properties": {}}]]


@pytest.mark.parametrize("words,sentence", [
    (["engine.start"], "the device has no command 'engine.start'"),
    (["engine.stop", "a=1"], "engine.stop takes no properties, not even a"),
    (["fence.set", "radios=1"], "fence.set has no property radios, but: radius, mode, phones, loud"),
    (["fence.set", "phones=1"], "fence.set needs radius=...: Radius, metres"),
    (["fence.set", "phones=1", "radius=1e3"], "radius takes a number from 0 to 1000000, not '1e3'"),
    (["fence.set", "phones=1", "radius=1", "mode=4"], "mode is one of 1 (out), 2 (in), 3 (both), not '4'")])
def test_nothing_is_sent_when_the_words_are_wrong(there, words, sentence):
    status, out, err = there.run("7", *words)
    assert (status, out) == (2, "")
    assert sentence in err
    assert not there.posted()


def test_a_device_is_found_by_id_ident_name_and_selector(there):
    there.devices = {"configuration.ident%3D865205030330012": [DEVICE], "name%3DMy%2F%C3%BC%3F": [DEVICE],
                     "configuration.ident%3D86%2A": [DEVICE], "name%3Dtwo": [DEVICE, DEVICE]}
    for word in ["865205030330012", "My/ü?", "configuration.ident=86*"]:
        assert there.run(word, "engine.stop", "--no-wait")[0] == 0
    assert [p for _, p, _ in there.asked][:2] == [
        "/gw/devices/865205030330012?fields=id,name,commands",
        "/gw/devices/configuration.ident%3D865205030330012?fields=id,name,commands"]
    assert there.run("two")[::2] == (
        1, "cantrack command: 'two' means 2 devices; a command goes to one\n")
    assert there.run("none")[::2] == (
        1, "cantrack command: there is no device 'none' that this token may see\n")


def test_the_list(there):
    usage = "radius=<integer> [mode=3] phones=<list of string> [loud=<boolean>]"
    for words in [["7"], ["7", "--list"]]:
        status, out, _ = there.run(*words)
        assert (status, out.splitlines()) == (
            0, ["engine.stop    Cut fuel", f"fence.set    {usage}  Round fence"])
    assert not there.posted()
    status, out, _ = there.run("7", "--list", "fence.set")
    assert (status, out.splitlines()) == (0, [
        "fence.set: Round fence",
        "  radius  integer from 0 to 1000000, required: Radius, metres",
        "  mode    integer, default 3: When: 1 (out), 2 (in), 3 (both)",
        "  phones  list of string, required: Who",
        "  loud    boolean"])


def test_refusals_are_in_the_gateways_words(there):
    there.refusal = (400, [{"code": 2, "field": "ttl", "reason": "must be 60..2592000"}])
    assert there.run("7", "engine.stop", "--ttl", "1")[::2] == (
        1, "cantrack command: refused: ttl: must be 60..2592000\n")
    there.refusal = (403, [{"code": 3, "reason": "access denied"}])
    status, _, err = there.run("7", "engine.stop")
    assert status == 1 and "access denied" in err


@pytest.mark.parametrize("raw,part", [
    ((200, b"<html>"), "(HTTP 200) is no JSON object"),
    ((502, b""), "(HTTP 502) is no JSON object"),
    ((200, b"[]"), "is no JSON object"),
    ((302, b'{"result":[]}'), "HTTP 302"),
    ((500, b'{"errors":[{"reason":"the disk is full"}]}'), "refused: the disk is full"),
    ((200, b'{"result":[{"id":7}]}'), "does not tell the commands"),
    ((200, b'"' + b"x" * 9000000 + b'"'), "is longer than 8388608 bytes")])
def test_answers_that_are_none(there, raw, part):
    there.raw = raw
    status, out, err = there.run("7", "engine.stop")
    assert (status, out) == (1, "")
    assert part in err


def test_a_result_that_is_nowhere(there):
    there.result = None
    status, out, err = there.run("7", "engine.stop")
    assert (status, out) == (1, "")
    assert f"command {ID} is neither in the queue nor among the results" in err


def test_now(there):
    there.result.update(state="failed", executed=False, response=None)
    status, out, _ = there.run("7", "engine.stop", "--now", "--timeout", "9")
    assert (status, out) == (1, "failed: the tracker did not answer\n")
    assert there.posted() == [[{"name": "engine.stop", "properties": {}, "timeout": 9}]]
    assert there.asked[-1][1] == "/gw/devices/7/commands"


@pytest.mark.parametrize("seconds", ["0", "1"])
def test_watching_ends_the_command_stays(there, seconds):
    there.looks = [seen("sent", 1)]
    status, out, err = there.run("7", "engine.stop", "--wait", seconds)
    assert (status, out) == (3, "")
    assert f"cantrack command: no end within {seconds} s\n" in err
    assert f"command {ID} stays in the queue; to take it out: cantrack command 7 --cancel {ID}" in err


def lines_until(process, words):
    lines = []
    for line in process.stderr:
        lines.append(line.rstrip())
        if words in line:
            return lines
    raise AssertionError(lines)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_watching(there, how):
    there.looks = [seen("sent", 1)]
    process = there.start("7", "engine.stop", "--json")
    begin = time.monotonic()
    while not any("commands-queue/" in path for _, path, _ in there.asked):
        assert time.monotonic() - begin < PATIENCE
        time.sleep(0.01)
    process.send_signal(how)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert f"--cancel {ID}" in err
    assert json.loads(out) == seen("sent", 1)


def test_a_gateway_that_is_away_for_a_moment(there):
    there.looks = [seen()]
    process = there.start("7", "engine.stop")
    lines_until(process, "queued")
    there.raw = (503, b'{"result":[],"errors":[{"code":4,"reason":"the gateway stops"}]}')
    lines_until(process, "refused: the gateway stops; trying again")
    there.raw, there.looks = None, [seen("sent", 1), seen("sent", 1), None]
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "done: *HQ,7,V4,S20#\n")
    assert err == "sent, attempt 1 of 3\n"


def test_a_token_that_is_taken_away_while_watching(there):
    there.looks = [seen()]
    process = there.start("7", "engine.stop")
    lines_until(process, "queued")
    there.raw = (401, b'{"result":[],"errors":[{"code":1,"reason":"unauthorized"}]}')
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert "does not take the token" in err


def test_taking_out(there):
    there.looks = [seen()]
    status, out, _ = there.run("7", "--cancel", str(ID))
    assert (status, out) == (0, f"canceled {ID}\n")
    assert there.asked[-1][:2] == ("DELETE", f"/gw/devices/7/commands-queue/{ID}")
    there.looks = [None]
    assert there.run("7", "--cancel", "5")[::2] == (
        1, "cantrack command: command 5 does not wait (any more)\n")


def test_which_token(there, tmp_path):
    (tmp_path / "admin.token").write_text("kept\n")
    environment = {"CANTRACK_TOKEN": ""}
    assert there.run("7", "--data", str(tmp_path), env=environment)[0] == 0
    assert there.headers[-1]["Authorization"] == "FlespiToken kept"
    assert there.run("7", "--token", "given", "--data", str(tmp_path))[0] == 0
    assert there.headers[-1]["Authorization"] == "FlespiToken given"
    count = len(there.asked)
    for bad in ["", "a b", "a\nX-Y: 1"]:
        status, _, err = there.run("7", "--token", bad)
        assert status == 2 and "--token holds no token" in err
    assert there.run("7", "--data", str(tmp_path / "no"), env=environment)[0] == 2
    assert len(there.asked) == count


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % taken.getsockname()[1]
        done = subprocess.run([PROGRAM, "command", "7", "--url", url, "--token", "x"], text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert re.match(f"cantrack command: cannot connect to {url}: ", done.stderr)
