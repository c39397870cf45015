"""MQTT over WebSocket: frames of all sorts, and the door of HTTP that it comes through."""
import http.client
import socket
import ssl
import urllib.parse

import pytest

from harness import Gateway
from mqtt import (Will, WebSocket, connect_packet, dial, join, packet, port_of, publish_packet, subscribe_packet)

both = pytest.mark.parametrize("transport", ("ws", "wss"))


@pytest.fixture(scope="module")
def door():
    with Gateway(args=["--https", "127.0.0.1:0"]) as g:
        yield g


def knock(door, **options):
    """A WebSocket whose answer may be any."""
    return WebSocket(port_of(door, "ws"), **options)


# ---- the request ----

def test_places_and_protocols(door):
    for options in ({"path": "/"}, {"path": "/mqtt"}, {"path": "/?x=y"}, {"path": "/", "headers": [
            "Origin: https://elsewhere.example", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]}):
        socket_of = knock(door, **options)
        assert socket_of.status == 101
        socket_of.close()
    for options in ({"path": "/gw/devices/all"}, {"subprotocol": "chat"}, {"subprotocol": None}):
        socket_of = knock(door, **options)
        assert 400 <= socket_of.status < 500
        socket_of.close()
    assert door.get("/auth/info")


def test_one_of_several_protocols_is_chosen(door):
    with socket.create_connection(("127.0.0.1", port_of(door, "ws")), 20) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  b"Sec-WebSocket-Protocol: mqttv3.1, mqtt\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += s.recv(1000)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        assert b"sec-websocket-protocol: mqtt\r\n" in answer.lower()


def test_what_comes_with_the_request_is_not_lost(door, own):
    """A client that does not wait for the answer (it should, so this is a courtesy, and not one of TLS)."""
    early = connect_packet(own, 5, username=door.token) + subscribe_packet(1, [(own, 1)]) + publish_packet(own, "early")
    with dial(door, 5, "ws", early=early) as c:
        assert c.next().type == "CONNACK"
        assert {c.next().type, c.next().type} == {"SUBACK", "PUBLISH"}


# ---- frames ----

@both
def test_frames_and_packets_are_divided_independently(door, own, transport):
    with join(door, own, 5, transport) as c:
        c.subscribe(own, qos=1)
        frame, raw = c.transport.frame, c.transport.send_raw
        data = publish_packet(own, "x" * 300, qos=1, packet_id=9)
        # a frame for each byte
        raw(b"".join(frame(bytes([byte])) for byte in data))
        # several packets in one, one of them cut
        c.send(data + data + data[:100])
        c.send(data[100:])
        # one message in parts, with a ping between and empty ones
        raw(frame(data[:10], opcode=2, final=False) + frame(b"", opcode=0, final=False) + frame(b"in between", opcode=9)
            + frame(data[10:], opcode=0, final=True) + frame(b""))
        came = [c.next() for _ in range(10)]
        assert [m.payload for m in came if m.type == "PUBLISH"] == [b"x" * 300] * 5
        assert [m.packet_id for m in came if m.type == "PUBACK"] == [9] * 5
        c.ping()
        assert c.transport.pongs == [b"in between"]


@both
def test_every_length_of_a_frame(door, own, transport):
    with join(door, own, 5, transport) as c:
        c.subscribe(own, qos=1)
        for size in (0, 1, 100, 125, 126, 127, 65000, 65535, 65536, 65537, 200000):
            payload = bytes(i % 251 for i in range(size))
            c.publish(own, payload, qos=1)
            assert c.message().payload == payload


@pytest.mark.parametrize("wrong", (
    lambda frame: frame(b"\xc0\0", opcode=1),  # text
    lambda frame: frame(b"\xc0\0", masked=False),
    lambda frame: frame(b"\xc0\0", opcode=3),
    lambda frame: frame(b"\xc0\0", opcode=0),  # goes on with nothing
    lambda frame: frame(b"x" * 126, opcode=9),  # too long for a ping
    lambda frame: frame(b"x", opcode=9, final=False),
    lambda frame: bytes([frame(b"\xc0\0")[0] | 0x40]) + frame(b"\xc0\0")[1:],  # a flag of no extension
    lambda frame: b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0x",
    lambda frame: frame(b"\0\0"),  # no MQTT
), ids=("text", "unmasked", "opcode", "continuation", "long-ping", "cut-ping", "flag", "length", "packet"))
def test_frames_that_are_none(door, own, wrong):
    with join(door) as watcher:
        watcher.subscribe(own)
        with join(door, "", 4, "ws", will=Will(own, "lost")) as c:
            c.transport.send_raw(wrong(c.transport.frame))
            assert c.end() is None
            assert watcher.message().payload == b"lost"


@both
def test_goodbyes(door, own, transport):
    """Of MQTT, then the server closes; of the WebSocket alone, which is a lost connection; of neither."""
    with join(door) as watcher:
        watcher.subscribe(own)
        for qos, end in enumerate(("disconnect", "close", "lost")):
            c = join(door, "", 5, transport, will=Will(own, end))
            if end == "disconnect":
                assert c.disconnect() is None
                assert c.transport.closed in (1000, None)
            elif end == "close":
                c.transport.send_raw(c.transport.frame(b"\x03\xe8", opcode=8))
                assert c.end() is None
                assert c.transport.closed == 1000
            else:
                c.close()
            if end != "disconnect":
                assert watcher.message().payload == end.encode()
        assert watcher.settle() == []


def test_a_reason_comes_before_the_end(door, own):
    with join(door, own, 5, "ws") as old, join(door, own, 5, "wss") as new:
        assert old.end() == 0x8E
        new.send(publish_packet("a", "x", 2, packet_id=1))
        assert new.end() == 0x9B


@both
def test_a_slow_reader_gets_all_in_the_end(door, own, transport):
    """More than the buffers on the way hold; as it reads, all comes, in order."""
    with join(door, own, 5, transport, of_transport={"receive_bytes": 4096}) as c, join(door) as sender:
        c.subscribe(own, qos=0)
        payload = b"y" * 40000
        for i in range(300):
            sender.send(publish_packet(own, str(i).encode() + b" " + payload))
        sender.ping()
        came = c.messages(300)
        assert [int(m.payload.split()[0]) for m in came] == list(range(300))
        assert all(m.payload.endswith(payload) for m in came)


# ---- and HTTP beside it ----

@both
def test_rest_goes_on_beside_them(door, own, transport):
    clients = [join(door, f"{own}/{i}", 4 + i % 2, transport) for i in range(40)]
    assert door.get("/auth/info")
    place = urllib.parse.urlsplit(door.https_url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    https = http.client.HTTPSConnection(place.netloc, timeout=20, context=context)
    for _ in range(3):
        https.request("GET", "/auth/info", headers={"Authorization": f"FlespiToken {door.token}"})
        answer = https.getresponse()
        assert answer.status == 200 and answer.read()
    https.close()
    told = {s["client_id"]: s for s in door.get("/mqtt/sessions/all")}
    for i, c in enumerate(clients):
        assert told[f"{own}/{i}"]["transport"] == transport
        c.publish("x/" + own, "x", qos=1)
        c.send(packet("DISCONNECT", b"\0" if c.version == 5 else b""))
        c.end()


def test_a_connection_that_was_used_for_rest_before(door, own):
    """A browser may keep one open and upgrade it."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(door, "ws"), timeout=20)
    connection.request("GET", "/auth/info", headers={"Authorization": f"FlespiToken {door.token}"})
    assert connection.getresponse().read()
    connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                            b"Sec-WebSocket-Protocol: mqtt\r\n\r\n" + WebSocket.frame(connect_packet(own, username=door.token)))
    data = b""
    while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < 2:
        data += connection.sock.recv(1000)
    assert data.startswith(b"HTTP/1.1 101 ")
    assert data.split(b"\r\n\r\n", 1)[1][0] == 0x82
    connection.close()


def test_a_stop_tells_them_all():
    with Gateway(args=["--https", "127.0.0.1:0"]) as g:
        clients = [join(g, "", 5, transport) for transport in ("tcp", "ws", "wss")]
        assert g.stop() == 0
        assert [c.end() for c in clients] == [0x8B] * 3
