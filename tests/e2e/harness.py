"""Starts and talks to a real gateway, for the tests that are written in Python.

The program is $CANTRACK, or build/cantrack."""
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("CANTRACK", str(ROOT / "build" / "cantrack"))
READY = re.compile(r"event=ready listen=(?:none|\S*:(\d+)) http=(\S+) data=")
DOOR = re.compile(r" (https|mqtts?)=\S*?([^/\s]*:(\d+))")  # the others of that line
# What the sanitizers say, and an assertion that trips.
BROKEN = re.compile(r"(Address|Leak|Memory|Thread)Sanitizer|: runtime error: | event=fatal ")


class Gateway:
    """One gateway on free ports of 127.0.0.1. The data directory outlives stop() and kill(), so
    start() again means: the same gateway, restarted."""

    def __init__(self, data=None, args=(), listen="127.0.0.1:0"):
        self._own = tempfile.TemporaryDirectory() if data is None else None
        self.data = Path(data or self._own.name) / ("" if data else "data")
        self.args = list(args)
        self.listen = listen  # None: the option is not given
        self.process = None
        self.log = []  # the lines of standard error, of all starts
        self._reader = None
        self.port = self.url = self.token = None
        self.https_url = self.mqtt_port = self.mqtts_port = None

    def spawn(self):
        """Starts it and does not wait; returns an event: it is ready, or it ended."""
        ready = threading.Event()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", self.data, "--http", "127.0.0.1:0",
             "--mqtt", "127.0.0.1:0", *(["--listen", self.listen] if self.listen else []), *self.args],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace")
        self._reader = threading.Thread(target=self._read, args=(self.process, ready), daemon=True)
        self._reader.start()
        return ready

    def start(self, seconds=30):
        """Returns when the gateway is ready; raises with its log when it does not get there."""
        ready = self.spawn()
        if not ready.wait(seconds) or self.url is None:
            self.kill()
            raise AssertionError("the gateway did not become ready:\n" + "\n".join(self.log[-30:]))
        self.token = (self.data / "admin.token").read_text().strip()
        return self

    def _read(self, process, ready):
        self.url = None
        for line in process.stderr:
            self.log.append(line.rstrip("\n"))
            found = READY.search(line)
            if found:
                self.port, self.url = int(found.group(1) or 0), found.group(2)
                doors = {name: (place, int(port)) for name, place, port in DOOR.findall(line)}
                self.mqtt_port = doors.get("mqtt", (None, None))[1]
                self.mqtts_port = doors.get("mqtts", (None, None))[1]
                self.https_url = "https://" + doors["https"][0] if "https" in doors else None
                ready.set()
        ready.set()  # it ended

    def stop(self):
        """Orderly; returns the exit status."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """As if the power went; returns the exit status."""
        return self._end(signal.SIGKILL)

    def _end(self, how):
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            status = process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)
            raise AssertionError("the gateway did not end:\n" + "\n".join(self.log[-30:])) from None
        finally:
            self._reader.join(5)
            process.stderr.close()
        self.check_log()
        return status

    def check_log(self):
        """Raises when a sanitizer, or an assertion of the program, has said something."""
        bad = next((i for i, line in enumerate(self.log) if BROKEN.search(line)), None)
        assert bad is None, "the gateway is broken:\n" + "\n".join(self.log[bad:bad + 80])

    def request(self, method, path, body=None, data=None, authorization=None):
        """(status, text). `data` becomes ?data={...}; a body is sent as JSON. The header says the
        master token if nothing else."""
        url = self.url + path
        if data is not None:
            url += "?data=" + urllib.parse.quote(json.dumps(data))
        if authorization is None:
            authorization = f"FlespiToken {self.token}"
        request = urllib.request.Request(
            url, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": authorization})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def get(self, path, data=None):
        """The `result` of an answer that must be 200."""
        status, text = self.request("GET", path, data=data)
        assert status == 200, (path, status, text)
        return json.loads(text)["result"]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            if self._own:
                self._own.cleanup()


def told_at_starts(data, count, args=(), seconds=30):
    """What each of `count` starts on one data directory writes to standard output."""
    command = [PROGRAM, "serve", "--data", data, "--listen", "127.0.0.1:0", "--http",
               "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *args]
    told = []
    for _ in range(count):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while "event=ready" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        told.append(process.communicate(timeout=seconds)[0])
    return told
