"""A long range is streamed: what the gateway holds does not grow with it, and a reader who stops
reading holds up nothing."""
import json
import socket
import time

from test_retention import metric, wait_until
from trackers import options

IDENTS = 40
FIRST_IDENT = 865205030340000
FRAMES = 1100  # of each


def rss_bytes(gateway):
    with open(f"/proc/{gateway.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def is_shadowed(gateway):
    """ThreadSanitizer keeps several bytes beside each that the program touches."""
    with open(f"/proc/{gateway.process.pid}/maps", encoding="ascii") as maps:
        return "libtsan" in maps.read()


def send(gateway, count, first):
    """`count` frames of each ident at times that follow each other; returns when all are answered."""
    sockets = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(IDENTS)]
    for begin in range(0, count, 250):
        for number, tracker in enumerate(sockets):
            tracker.sendall(b"".join(frame(FIRST_IDENT + number, first + n) for n in
                                     range(begin, min(begin + 250, count))))
        for tracker in sockets:
            answers = 0
            while answers < min(250, count - begin):
                answers += tracker.recv(65536).count(b"#")
    for tracker in sockets:
        tracker.close()


def frame(ident, number):
    when = time.strftime("%H%M%S,%d%m%y", time.gmtime(1700000000 + number)).split(",")
    return (f"*HQ,{ident},V1,{when[0]},A,2240.{number % 100000:05d},N,11358.33462,E,12.50,090,"
            f"{when[1]},FFFFFBFF#").encode()


def ask(gateway, path):
    host, port = gateway.url.removeprefix("http://").split(":")
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    reader.connect((host, int(port)))
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
                   f"Authorization: FlespiToken {gateway.token}\r\n\r\n".encode())
    return reader


@options("--auto-devices", "--settle-seconds", "1", "--retention-seconds", "1")
def test_a_stalled_reader_pins_nothing(gateway):
    send(gateway, FRAMES, 0)
    total = IDENTS * FRAMES
    wait_until(lambda: metric(gateway, "store_settled") == total)
    text = gateway.request("GET", "/gw/channels/1/messages")[1]
    assert len(json.loads(text)["result"]) == total
    before = rss_bytes(gateway)

    # readers of everything, of which one sips and the others take no more than the head
    readers = [ask(gateway, path) for path in
               ("/gw/channels/1/messages", "/gw/devices/all/messages") for _ in range(6)]
    for reader in readers:
        assert reader.recv(12).startswith(b"HTTP/1.1 200")
    most = 8 if is_shadowed(gateway) else 4  # MiB for each, a fraction of the answers
    assert rss_bytes(gateway) - before < len(readers) * most << 20
    assert len(readers) * len(text) > 200 << 20

    received = [b""]

    def wait_sipping(what):
        def is_so():
            received.append(readers[0].recv(65536))  # else it would be closed after a while
            return what()
        wait_until(is_so)

    # meanwhile: settling, retention, and a write-ahead log that is emptied
    wal = gateway.data / "history.db-wal"
    for round_ in range(1, 4):
        send(gateway, 250, FRAMES + 250 * round_)
        wait_sipping(lambda: metric(gateway, "store_settled") == total + 250 * IDENTS * round_)
    status, answer = gateway.request("PUT", "/gw/devices/all", body={"messages_ttl": 1})
    assert status == 200, answer
    wait_sipping(lambda: metric(gateway, "records_deleted") == total + 750 * IDENTS)
    wait_sipping(lambda: wal.stat().st_size <= 5 << 20)
    assert metric(gateway, "retention_failures") == 0

    # the channel keeps its messages: that reader gets them all
    while piece := readers[0].recv(1 << 20):
        received.append(piece)
    received = b"".join(received)
    assert received.count(b'"channel.id"') >= total * 0.99  # those between two chunks aside
    assert received.endswith(b"\r\n0\r\n\r\n")
    for reader in readers:
        reader.close()
    assert gateway.stop() == 0
