"""Trackers that keep books of commands: each frame that came, on which connection, each answer given;
and the checks of these books against what the gateway tells.

Each command has a number of its own in its properties, so that every delivery can be told. Trackers
can be cruel: they leave answers out, give them late, twice, with another word, and connect anew."""
import collections
import json
import re
import select
import socket
import threading
import time
import urllib.error

FIRST_IDENT = 865205030340000
FRAME = re.compile(rb"\*HQ,(\d+),([^*#]*)#")
NUMBER = re.compile(r"(\d+)$")  # the last parameter of each command that is sent here
GONE = (OSError, urllib.error.URLError, ValueError)  # a request whose gateway was killed

Delivery = collections.namedtuple("Delivery", "at life payload")


def position(ident):
    """A car that stands, whose status word says that fuel runs."""
    when = time.strftime("%H%M%S,%d%m%y", time.gmtime()).split(",")
    return (f"*HQ,{ident},V1,{when[0]},A,2240.00010,N,11358.33462,E,000.00,090,{when[1]},"
            "FFFFFBFF#\r\n").encode()


def answer_to(ident, payload, word=None):
    parts = payload.split(",")
    now = time.strftime("%H%M%S", time.gmtime())
    return (f"*HQ,{ident},V4,{word or parts[0]},{parts[1]},{now},A,2240.00010,N,11358.33462,E,"
            f"000.00,090,{time.strftime('%d%m%y', time.gmtime())},FFFFFBFF#").encode()


def number_of(payload):
    return int(NUMBER.search(payload).group(1))


class Tracker:
    """`life` counts the gateway's starts: a delivery belongs to the start that its connection is of."""

    def __init__(self, ident):
        self.ident = ident
        self.device = None
        self.received = collections.defaultdict(list)  # {number: [Delivery]}
        self.given = collections.defaultdict(list)     # {number: [answer]}, of the right word
        self.socket = None
        self.life = 0
        self.into = b""

    def connect(self, port, life):
        self.close()
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.life, self.into = life, b""
        self.socket.sendall(position(self.ident))

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def read(self, seconds):
        """The payloads that came until then, or as soon as there is one. ConnectionError: it ended."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return []
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("closed by the gateway")
        self.into += part
        payloads, end = [], 0
        for frame in FRAME.finditer(self.into):
            assert frame.start() == end and int(frame.group(1)) == self.ident, self.into
            end = frame.end()
            payload = frame.group(2).decode()
            if payload.startswith("V4,"):
                continue  # the acknowledgement of a message
            self.received[number_of(payload)].append(Delivery(time.time(), self.life, payload))
            payloads.append(payload)
        self.into = self.into[end:]
        return payloads

    def drain(self):
        """The payloads that a gateway that was killed had sent."""
        payloads = set()
        try:
            while True:
                payloads.update(self.read(10))
        except OSError:
            return payloads

    def expect(self, number, seconds=10):
        """Waits for the command with this number, which must be the next one; its payload."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            payloads = self.read(end - time.monotonic())
            if payloads:
                assert [number_of(p) for p in payloads] == [number], payloads
                return payloads[0]
        raise AssertionError(f"command {number} did not come")

    def expect_nothing(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert not (came := self.read(max(0, end - time.monotonic()))), came

    def answer(self, payload):
        frame = answer_to(self.ident, payload)
        self.given[number_of(payload)].append(frame.decode())
        self.socket.sendall(frame)


class Cruel(threading.Thread):
    """Drives a tracker until halt(). `cruelty` 0: it answers everything at once."""

    def __init__(self, tracker, gateway, life, chance, cruelty):
        super().__init__(daemon=True)
        self.tracker, self.gateway, self.life = tracker, gateway, life
        self.chance, self.cruelty = chance, cruelty
        self.late = []  # (when, payload)
        self.trouble = None
        self._end = threading.Event()

    def run(self):
        try:
            self._connect()
            while not self._end.is_set():
                for payload in self.tracker.read(0.02):
                    self._obey(payload)
                self._say_late()
                if self.chance.random() < 0.01 * self.cruelty:
                    self._connect()
        except OSError:
            self._drain()
        except AssertionError as wrong:
            self.trouble = wrong
        finally:
            self.tracker.close()

    def _connect(self):
        if self.tracker.socket:
            self._drain()
        self.tracker.connect(self.gateway.port, self.life)

    def _drain(self):
        """What the gateway had sent is read before the connection goes: it counts as delivered."""
        try:
            while self.tracker.socket and self.tracker.read(0):
                pass
        except OSError:
            pass

    def _obey(self, payload):
        mood = self.chance.random() / self.cruelty if self.cruelty else 1
        tracker = self.tracker
        if mood < 0.15:
            return  # no answer
        if mood < 0.3:
            self.late.append((time.monotonic() + self.chance.uniform(0.05, 1.6), payload))
        elif mood < 0.4:
            tracker.socket.sendall(answer_to(tracker.ident, payload, "S98"))
        else:
            tracker.answer(payload)
            if mood < 0.5:
                tracker.answer(payload)

    def _say_late(self):
        now = time.monotonic()
        for due in [late for late in self.late if late[0] <= now]:
            self.late.remove(due)
            self.tracker.answer(due[1])

    def halt(self):
        self._end.set()
        self.join(10)
        assert not self.is_alive()
        if self.trouble:
            raise self.trouble


# ---- the sender ----

KINDS = {  # name: (properties of a number, is it a fuel cut)
    "interval.set": (lambda n: {"seconds": n}, False),
    "fix.set": (lambda n: {"seconds": n}, False),
    "engine.stop.pulsed": (lambda n: {"steps": [3, n]}, True),
    # with a time of its own, or the late answer to one could be that to another
    "custom": (lambda n: {"payload": f"S97,{n // 3600:02}{n // 60 % 60:02}{n % 60:02},{n}"}, False),
}


def command(name, number, **more):
    return {"name": name, "properties": KINDS[name][0](number), "confirm": True, **more}


Sent = collections.namedtuple("Sent", "number tracker most id instant")


class Sender:
    """Posts commands and remembers what was accepted."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.numbers = iter(range(1001, 65000))
        self.asked = {}     # {number: Sent}, also those whose answer never came
        self.accepted = {}  # {id: Sent}

    def post(self, tracker, name, instant=False, **more):
        """(status, items or errors); the one command is entered into the books."""
        number = next(self.numbers)
        body = command(name, number, **({"timeout": 5} if instant else {}), **more)
        most = more.get("max_attempts", 3)
        if instant or (KINDS[name][1] and not more.get("repeat")):
            most = 1
        sent = self.asked[number] = Sent(number, tracker, most, None, instant)
        status, text = self.gateway.request(
            "POST", f"/gw/devices/{tracker.device}/commands{'' if instant else '-queue'}", body=[body])
        found = json.loads(text)
        if status == 200 and found["result"]:
            item = found["result"][0]
            self.accepted[item["id"]] = sent._replace(id=item["id"])
            return status, item
        return status, found.get("errors")

    def queue(self, tracker, name, **more):
        """Must be accepted; its books."""
        status, item = self.post(tracker, name, **more)
        assert status == 200, item
        return self.accepted[item["id"]]


def items_of(gateway, tracker):
    """({id: item that waits}, {id: result}); first the queue, as commands go from there to the results."""
    path = f"/gw/devices/{tracker.device}/commands-"
    waiting = {i["id"]: i for i in gateway.get(path + "queue/all")}
    results = gateway.get(path + "result")
    assert len({i["id"] for i in results}) == len(results), "a result is there twice"
    return waiting, {i["id"]: i for i in results}


class Visible:
    """Results that were seen, and in which life of the gateway."""

    def __init__(self):
        self.seen = {}  # {id: (life, item)}

    def look(self, results, life):
        for number, item in results.items():
            self.seen.setdefault(number, (life, item))

    def check(self, results, tracker, accepted):
        for number, (life, before) in self.seen.items():
            if number not in accepted or accepted[number].tracker is not tracker:
                continue
            assert number in results, ("a result that was seen is gone", before)
            for member in ("executed", "response", "state", "attempts", "timestamp"):
                assert results[number][member] == before[member], (before, results[number])
            again = [d for d in tracker.received[accepted[number].number] if d.life > life]
            assert not again, ("sent again after its result was seen", before, again)


def check_item(item, sent, given):
    """What the gateway says of it agrees with what the tracker answered."""
    assert item["attempts"] <= sent.most, item
    if item["executed"] and item["response"] and item["response"].startswith("*"):
        assert item["response"] in given, ("not what the tracker answered", item, given)
    assert item["executed"] == (item["state"] == "done"), item


def check_books(gateway, sender, tracker, visible):
    """Nothing is lost, nothing is in two places, and nothing is delivered more often than it may be or
    than its attempts say."""
    deliveries = {n: list(came) for n, came in dict(tracker.received).items()}
    waiting, results = items_of(gateway, tracker)
    for number, came in deliveries.items():
        most = sender.asked[number].most
        assert len(came) <= most, (f"delivered {len(came)} times, {most} are allowed", came)
    for sent in [s for s in sender.accepted.values() if s.tracker is tracker]:
        item = waiting.get(sent.id) or results.get(sent.id)
        assert item, f"accepted and lost: {sent.id}, command {sent.number}"
        check_item(item, sent, tracker.given[sent.number])
        assert item["attempts"] >= len(deliveries.get(sent.number, [])), (item, deliveries)
    visible.check(results, tracker, sender.accepted)
    return waiting, results
