"""Long ranges: ten million messages of one device, read by who is in no hurry while trackers send."""
import pathlib
import re
import socket
import subprocess
import threading
import time

FIGURES = ["range.read", "range.memory", "range.ingest.alone", "range.ingest.beside",
           "range.p99.alone", "range.p99.beside", "range.memory.slow"]
SLOW_READERS = 4
SLOW_BYTES = 256 * 1024  # every tenth of a second
PATH = "/gw/devices/1/messages"


class Peak(threading.Thread):
    """The largest resident memory of the gateway while the block runs, in MiB above the start."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway = gateway
        self.end = threading.Event()

    def __enter__(self):
        self.first = self.most = self.gateway.rss_bytes()
        self.start()
        return self

    def run(self):
        while not self.end.wait(0.1):
            self.most = max(self.most, self.gateway.rss_bytes())

    def __exit__(self, *_):
        self.end.set()
        self.join()

    def grown(self):
        return (self.most - self.first) / 1048576


def ask(gateway, receive_bytes):
    """A socket on which the answer of PATH comes, with its head and in chunks."""
    host, port = gateway.http.rsplit(":", 1)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    reader.settimeout(60)
    reader.connect((host, int(port)))
    reader.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {gateway.http}\r\nConnection: close\r\n"
                   f"Authorization: FlespiToken {gateway.token}\r\n\r\n".encode())
    return reader


def read_all(gateway, problem):
    """Messages and bytes of the whole range, read as fast as they come."""
    mark, carry, count, size = b'"server.timestamp":', b"", 0, 0
    connection = gateway.connection()
    connection.request("GET", PATH, headers={"Authorization": f"FlespiToken {gateway.token}"})
    answer = connection.getresponse()
    while piece := answer.read(1 << 20):
        size += len(piece)
        text = carry + piece
        count += text.count(mark)
        carry = text[-(len(mark) - 1):]
    if b"]}" not in carry:
        raise problem("the answer ended before its end")
    return count, size


class Slow(threading.Thread):
    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.reader = ask(gateway, 65536)
        self.end = threading.Event()
        self.bytes = 0

    def run(self):
        while not self.end.is_set():
            due = SLOW_BYTES
            while due > 0 and (piece := self.reader.recv(min(due, 65536))):
                due -= len(piece)
                self.bytes += len(piece)
            self.end.wait(0.1)

    def stop(self):
        self.end.set()
        self.join()
        self.reader.close()


def fill(bench, gateway, messages, problem):
    """Stops the gateway, gives its device 1 a history, starts it again."""
    connection = gateway.connection()
    connection.request("POST", "/gw/devices", headers={
        "Authorization": f"FlespiToken {gateway.token}"},
        body='[{"name":"one","device_type_id":1,"messages_ttl":315360000,'
             '"configuration":{"ident":"1"}}]')
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200 or not re.search(r'"id":1\b', text):
        raise problem(f"POST /gw/devices: {answer.status} {text[:120]}")
    gateway.stop_process()
    command = [bench.build / "tests/bench/bench_store", gateway.data / "data", "--messages",
               messages, "--devices", 1, "--queries", 1]
    bench.note_command(command)
    run = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise problem(run.stderr.strip() or "bench_store failed")
    gateway.start()


def send(bench, gateway, seconds):
    result = bench.load(gateway, "--mode", "flood", "--devices", 1000, "--rate", 50000,
                        "--first-ident", 865205000000001, "--seconds", seconds, "--drain", 20,
                        seconds=seconds)
    return result["answered_per_second"], result["latency_ms"]["p99"]


def send_beside(bench, gateway, seconds):
    """The same beside slow readers; rate, p99, bytes that they took, MiB that memory grew."""
    slow = [Slow(gateway) for _ in range(SLOW_READERS)]
    with Peak(gateway) as peak:
        for reader in slow:
            reader.start()
        rate, p99 = send(bench, gateway, seconds)
    for reader in slow:
        reader.stop()
    return rate, p99, sum(r.bytes for r in slow), peak.grown()


def middle(values):
    return sorted(values)[len(values) // 2]


def measure(bench, problem):
    messages, seconds, rounds = (1000000, 4, 1) if bench.quick else (10000000, 8, 3)
    with bench.gateway("--auto-devices") as gateway:
        fill(bench, gateway, messages, problem)
        with Peak(gateway) as peak:
            start = time.monotonic()
            count, size = read_all(gateway, problem)
            spent = time.monotonic() - start
        if count != messages:
            raise problem(f"{count:,} of {messages:,} messages were read")
        note = f"{count:,} messages of one device, {size / 1e9:.1f} GB of JSON, nothing else to do"
        bench.report.add("range.read", count / spent, note)
        bench.report.add("range.memory", peak.grown(), note)
        send(bench, gateway, 2)  # so that the trackers are known
        alone, beside = [], []
        for _ in range(rounds):  # in turns: the settler works in some of them
            alone.append(send(bench, gateway, seconds))
            beside.append(send_beside(bench, gateway, seconds))
    note = f"1,000 trackers, 50,000 msg/s sent; the middle one of {rounds} times {seconds} s"
    bench.report.add("range.ingest.alone", middle([r[0] for r in alone]), note)
    bench.report.add("range.p99.alone", middle([r[1] for r in alone]), note)
    note = (f"{SLOW_READERS} readers who take "
            f"{sum(r[2] for r in beside) / 1e6 / seconds / rounds:.1f} MB/s in all")
    bench.report.add("range.ingest.beside", middle([r[0] for r in beside]), note)
    bench.report.add("range.p99.beside", middle([r[1] for r in beside]), note)
    bench.report.add("range.memory.slow", max(r[3] for r in beside),
                     note + "; with what the messages that come in take")
