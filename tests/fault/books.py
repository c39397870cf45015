"""Trackers that keep books: what they sent, and what of it the gateway answered.

Every frame is sent once only, also when its connection broke before the answer, and is told from
all others by the ident and its time. So each answered frame must be stored exactly once, and each
other one once or never."""
import collections
import re
import selectors
import socket
import threading
import time

FIRST_IDENT = 865205030330000
EPOCH = 1420070400  # 2015-01-01: the n-th frame of a tracker is n seconds later
WINDOW = 4  # unanswered frames that a tracker allows itself
ANSWER = re.compile(rb"\*HQ,(\d+),V4,V1,\d{14}#")


def frame(ident, number):
    when = time.strftime("%H%M%S,%d%m%y", time.gmtime(EPOCH + number)).split(",")
    return (f"*HQ,{ident},V1,{when[0]},A,2240.{number % 100000:05d},N,11358.33462,E,"
            f"12.50,090,{when[1]},FFFFFBFF#\r\n").encode()


class Tracker:
    def __init__(self, ident):
        self.ident = ident
        self.sent = 0        # frames 0..sent-1 were handed to some connection
        self.answered = set()
        self.sent_at = {}    # when each frame was handed over, at the earliest
        self.socket = None

    def connect(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setblocking(False)
        self.waiting = collections.deque()  # frames of this connection without an answer, in order
        self.out = b""
        self.into = b""

    def turn(self, room):
        """Sends and receives what can be; `room` allows new frames. OSError: the connection ended."""
        if room and not self.out:
            burst = range(self.sent, self.sent + WINDOW - len(self.waiting))
            self.out = b"".join(frame(self.ident, n) for n in burst)
            self.waiting.extend(burst)
            self.sent_at.update(dict.fromkeys(burst, time.time()))
            self.sent += len(burst)
        try:
            if self.out:
                self.out = self.out[self.socket.send(self.out):]
        except BlockingIOError:
            pass
        try:
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError("closed by the gateway")
            self.into += received
        except BlockingIOError:
            pass
        end = 0
        for answer in ANSWER.finditer(self.into):
            assert answer.start() == end and int(answer.group(1)) == self.ident, self.into
            self.answered.add(self.waiting.popleft())
            end = answer.end()
        self.into = self.into[end:]


class Load(threading.Thread):
    """Drives trackers until halt(), or until their connections end."""

    def __init__(self, trackers, port):
        super().__init__(daemon=True)
        self.trackers = trackers
        self.port = port
        self._end = threading.Event()
        self._finish = threading.Event()
        self.trouble = None

    def run(self):
        with selectors.DefaultSelector() as selector:
            try:
                for tracker in self.trackers:
                    tracker.connect(self.port)
                    selector.register(tracker.socket, selectors.EVENT_READ, tracker)
                self._drive(selector)
            except OSError as ended:
                self.trouble = ended
            finally:
                for tracker in self.trackers:
                    if tracker.socket:
                        tracker.socket.close()

    def _drive(self, selector):
        alive = set(self.trackers)
        while alive and not self._end.is_set():
            ready = {key.data for key, _ in selector.select(0.02)}
            for tracker in list(alive):
                idle = len(tracker.waiting) < WINDOW
                if tracker in ready or tracker.out or (idle and not self._finish.is_set()):
                    try:
                        tracker.turn(idle and not self._finish.is_set())
                    except OSError:  # what the gateway had sent was read before this
                        selector.unregister(tracker.socket)
                        alive.discard(tracker)
            if self._finish.is_set() and not any(t.waiting for t in alive):
                return

    def halt(self, seconds=10):
        """Ends at once, answers or not."""
        self._end.set()
        self.join(seconds)
        assert not self.is_alive()

    def finish(self, seconds=20):
        """Sends nothing new and waits for all answers that are due."""
        self._finish.set()
        self.join(seconds)
        self.halt()


def answered(trackers):
    return sum(len(t.answered) for t in trackers)


def register(gateway, trackers):
    """Makes each tracker a device; returns {ident: device id}."""
    status, text = gateway.request("POST", "/gw/devices", body=[
        {"name": f"tracker {t.ident}", "device_type_id": 1,
         "configuration": {"ident": str(t.ident)}} for t in trackers])
    assert status == 200, (status, text)
    return {int(d["configuration"]["ident"]): d["id"]
            for d in gateway.get("/gw/devices/all") if d["configuration"].get("ident")}


def stored(gateway, device, sent):
    """How often each frame of a device is stored: a Counter of numbers, read in windows of time."""
    found = collections.Counter()
    step = 500
    for first in range(0, sent, step):
        for message in gateway.get(f"/gw/devices/{device}/messages", data={
                "from": EPOCH + first, "to": EPOCH + first + step - 1, "count": 4 * step}):
            number = round(message["timestamp"]) - EPOCH
            assert message["position.latitude"] == round(22 + (40 + number % 100000 / 1e5) / 60, 7)
            found[number] += 1
    return found


def check_books(gateway, trackers, devices):
    """Answered is stored exactly once; what is stored at all was sent, and is there only once."""
    for tracker in trackers:
        found = stored(gateway, devices[tracker.ident], tracker.sent)
        lost = sorted(tracker.answered - set(found))
        assert not lost, f"{tracker.ident}: answered but not stored: {lost[:10]} of {len(lost)}"
        twice = [n for n, times in found.items() if times > 1]
        assert not twice, f"{tracker.ident}: stored more than once: {twice[:10]} of {len(twice)}"
        yield tracker, found
