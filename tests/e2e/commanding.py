"""What the tests of commands have in common: a tracker that takes frames and answers them, and what
REST says about commands."""
import json
import re
import threading
import time

import pytest

from harness import Gateway
from trackers import PATIENCE, Tracker, wait_for

STATUS_RUNS, STATUS_CUT = b"FFFFFBFF", b"F7FFFBFF"  # bit 27: 0 is the relay that cuts
QUIET_S = 0.3  # nothing comes for so long


@pytest.fixture(scope="module")
def gateway():
    """Trackers have a second for their answers, where a command does not say otherwise."""
    with Gateway(args=["--workers", "2", "--log-level", "debug", "--command-timeout", "1"]) as g:
        g.made = 0
        yield g


@pytest.fixture(scope="module")
def patient():
    """Trackers have longer than any test waits."""
    with Gateway(args=["--workers", "2", "--log-level", "debug", "--command-timeout", "60"]) as g:
        g.made = 0
        yield g


def ask(gateway, method, path, body=None, data=None, key=None):
    """(status, parsed answer), with another token's key if need be."""
    authorization = None if key is None else f"FlespiToken {key}"
    status, text = gateway.request(method, path, body, data, authorization)
    return status, json.loads(text)


def done(answer):
    """The only item of an answer that must be 200 and without errors."""
    status, parsed = answer
    assert status == 200 and "errors" not in parsed, answer
    [item] = parsed["result"]
    return item


class Device:
    """A device that nobody else has. The tracker's own id has leading zeros, its ident has not."""

    def __init__(self, gateway, kind=1, **configuration):
        gateway.made = getattr(gateway, "made", 0) + 1
        self.gateway = gateway
        self.ident = 865205030330000 + gateway.made
        self.raw_id = b"%d" % self.ident
        self.id = done(ask(gateway, "POST", "/gw/devices", [{
            "name": f"car {gateway.made}", "device_type_id": kind,
            "configuration": {"ident": str(self.ident), **configuration}}]))["id"]
        self.path = f"/gw/devices/{self.id}"

    def unit(self, **words):
        return Unit(self.gateway, self.raw_id, **words)

    def queue(self, name, properties=None, **members):
        """The item that was put into the queue."""
        return done(ask(self.gateway, "POST", self.path + "/commands-queue",
                        [{"name": name, "properties": properties or {}, **members}]))

    def custom(self, payload, **members):
        return self.queue("custom", {"payload": payload}, **members)

    def interval(self, seconds, **members):
        return self.queue("interval.set", {"seconds": seconds}, **members)

    def brief(self, seconds, **members):
        """interval.set that expires within two seconds; accepted before it has, however long that takes."""
        while True:
            answer = ask(self.gateway, "POST", self.path + "/commands-queue", [{
                "name": "interval.set", "properties": {"seconds": seconds},
                "expires": int(time.time()) + 2, **members}])
            if answer[0] == 200:
                return done(answer)
            assert "which is past" in answer[1]["errors"][0]["reason"], answer

    def now(self, name, properties=None, **members):
        """(status, answer) of an instant command."""
        return ask(self.gateway, "POST", self.path + "/commands",
                   [{"name": name, "properties": properties or {}, **members}])

    def waiting(self):
        return self.gateway.get(self.path + "/commands-queue/all")

    def find(self, item):
        """What has become of it so far: its result, else the item in the queue."""
        for way in ("commands-queue", "commands-result"):
            status, answer = ask(self.gateway, "GET", f"{self.path}/{way}/{item['id']}")
            if status == 200:
                return done((status, answer))
        return None

    def result(self, item):
        """Its result, as soon as it is there."""
        path = f"{self.path}/commands-result/{item['id']}"

        def look():
            status, answer = ask(self.gateway, "GET", path)
            return status == 200 and answer["result"]
        return wait_for(look)[0]

    def logs(self, *codes):
        """Entries of its log with these codes, in the order of time."""
        return [entry for entry in self.gateway.get(self.path + "/logs")
                if entry["event_code"] in codes]

    def logged(self, code, count=1):
        """The entries with this code, as soon as there are so many."""
        wait_for(lambda: len(self.logs(code)) >= count)
        return self.logs(code)

    def confirmed(self, item, value):
        """Waits until the result says so."""
        wait_for(lambda: self.result(item)["confirmed_by_status"] is value)


class Unit(Tracker):
    """A tracker that said who it is, by one frame."""

    def __init__(self, gateway, raw_id, vendor=b"HQ", hello=b"HTBT"):
        super().__init__(gateway)
        self.head = b"*" + vendor + b"," + raw_id + b","
        self.echoes = []  # of V0 and HTBT that are to come
        self.early = []   # frames that came before an echo that was waited for
        if hello == b"V1":
            self.place()
        else:
            self.beat(hello)

    def beat(self, text=b"HTBT"):
        """Sends a frame that is echoed when its message is durable, and waits for that. A command
        may come first."""
        self.say(text)
        self.echoes.append(text)
        while self.echoes:
            self.early.append(self.next())
            if self.early[-1] in self.echoes:
                self.echoes.remove(self.early.pop())

    def say(self, text):
        self.send(self.head + text + b"#")

    def place(self, speed=0, status=STATUS_RUNS, when=None):
        """A position of now, speed in km/h; returns when it is durable."""
        now = time.gmtime(when)
        self.say(b"V1,%s,A,2240.55181,N,11358.32389,E,%.2f,180,%s,%s" % (
            time.strftime("%H%M%S", now).encode(), speed / 1.852,
            time.strftime("%d%m%y", now).encode(), status))
        self.acknowledged()

    def acknowledged(self):
        """Waits for the reply to V1."""
        while not (payload := self.next()).startswith(b"V4,V1,"):
            self.early.append(payload)

    def frame(self):
        """The payload of the next frame."""
        return self.early.pop(0) if self.early else self.next()

    def next(self):
        """What comes next on the wire must be a frame to this tracker."""
        data = b""
        while not data.endswith(b"#"):
            part = self.socket.recv(1)
            assert part, data
            data += part
        assert data.startswith(self.head), data
        return data[len(self.head):-1]

    def quiet(self, seconds=QUIET_S):
        """Nothing comes."""
        assert not self.early, self.early
        self.socket.settimeout(seconds)
        try:
            assert self.socket.recv(1000) == b"", "something came, or the connection ended"
            raise AssertionError("the connection ended")
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(PATIENCE)

    def take(self, pattern):
        """The next frame's payload must be of this form; what the pattern's groups found, as bytes."""
        payload = self.frame()
        found = re.fullmatch(pattern, payload)
        assert found, payload
        return found.groups()

    def answer(self, word, when, between=b"", status=None, behind=b""):
        """Sends V4 with a position; returns the frame as text."""
        middle = between + b"," if between else b""
        tail = b"," + status if status else b",FFFFFBFF"
        text = (b"V4," + word + b"," + middle + when + b",145452,A,2240.55181,N,11358.32389,E,0.00,180,100815"
                + tail + behind)
        self.say(text)
        return (self.head + text + b"#").decode()


def interval_answered(unit, seconds):
    """Takes interval.set, answers it; returns the frame of the answer."""
    [when] = unit.take(rb"D1,(\d{6}),%d" % seconds)
    return unit.answer(b"D1", when)


class Call(threading.Thread):
    """A request whose answer is waited for in the background."""

    def __init__(self, call, *args, **words):
        super().__init__(daemon=True)
        self.call = lambda: call(*args, **words)
        self.told = self.failed = None
        self.start()

    def run(self):
        try:
            self.told = self.call()
        except Exception as problem:  # told where it is asked for
            self.failed = problem

    def answer(self):
        self.join(2 * PATIENCE)
        assert not self.is_alive(), "no answer came"
        if self.failed:
            raise self.failed
        return self.told

    def is_open(self):
        return self.is_alive()
