"""MQTT: how much there may be of anything, and who pays for a client that is slow."""
import socket

import pytest

from harness import Gateway
from mqtt import (Will, Wrong, connect_packet, dial, join, packet, publish_packet, subscribe_packet, varint)

both = pytest.mark.parametrize("version", (4, 5))
PACKET_MAX = 256 * 1024
LEVELS_MAX = 32
TOPIC_MAX = 4096
SUBSCRIPTIONS_MAX = 2000


@pytest.fixture
def own_door():
    """For who fills something up."""
    with Gateway() as g:
        yield g


# ---- packets, topics ----

@both
def test_a_packet_that_is_too_large(door, own, version):
    for head in (b"\x30" + varint(PACKET_MAX + 1), b"\x32\xff\xff\xff\x7f", packet("SUBSCRIBE", b"x" * PACKET_MAX)[:9]):
        with join(door, "", version) as c:
            c.send(head)  # it need not come whole
            assert c.end() == (0x95 if version == 5 else None)


@both
def test_a_packet_of_just_the_size(door, own, version):
    with join(door, "", version) as c:
        c.subscribe(own, qos=1)
        room = PACKET_MAX - len(publish_packet(own, b"x" * 200000, 1, packet_id=1, version=version)) + 200000
        for size in (room - 2000, room):
            assert c.publish(own, b"y" * size, qos=1).code == 0
        # what comes carries more than what went (time, account): that much must fit too
        assert [len(m.payload) for m in c.messages(2)] == [room - 2000, room]


def test_before_connect_no_large_packet_is_awaited(door):
    with dial(door) as c:
        c.send(b"\x10\xff\xff\xff\x7f")
        assert c.end() is None


@both
def test_topics_of_many_levels(door, own, version):
    deep = "/".join([own] + ["l"] * (LEVELS_MAX - 1))
    with join(door, "", version) as c:
        assert c.subscribe(own + "/#", deep, deep + "/l", "+/" * LEVELS_MAX + "+", qos=1)[:2] == [1, 1]
        assert c.subscribe(deep + "/l", qos=1) == [0x8F if version == 5 else 0x80]
        assert c.publish(deep, "x", qos=1).code == 0
        assert [m.topic for m in c.settle()] == [deep]
        if version == 5:
            assert c.publish(deep + "/l", "x", qos=1).code == 0x90
            c.publish(deep + "/l", "x")
            assert c.settle() == []


@both
def test_topics_of_many_bytes(door, own, version):
    longest = own + "/" + "ü" * ((TOPIC_MAX - len(own) - 1) // 2)
    longest += "x" * (TOPIC_MAX - len(longest.encode()))
    with join(door, "", version) as c:
        assert c.subscribe(longest, qos=1) == [1]
        assert c.subscribe(longest + "x", qos=1) == [0x8F if version == 5 else 0x80]
        assert c.publish(longest, "x", qos=1).code == 0
        assert [m.topic for m in c.settle()] == [longest]
        if version == 5:
            assert c.publish(longest + "x", "x", qos=1).code == 0x90


@both
def test_client_ids_that_are_too_long(door, version):
    name = "x" * 256
    join(door, name, version).close()
    with dial(door, version) as c:
        assert c.connect(name + "x", username=door.token).code == (0x85 if version == 5 else 2)
        assert c.end() is None


# ---- subscriptions ----

@both
def test_too_many_subscriptions(door, own, version):
    with join(door, "", version) as c:
        for start in range(0, SUBSCRIPTIONS_MAX, 500):
            assert c.subscribe(*[f"{own}/{start + i}" for i in range(500)], qos=1) == [1] * 500
        assert c.subscribe(own, f"{own}/7", qos=1) == [0x97 if version == 5 else 0x80, 1]
        c.publish(f"{own}/1999", "x", qos=1)
        assert len(c.settle()) == 1
        c.unsubscribe(f"{own}/7")
        assert c.subscribe(own, qos=1) == [1]


def test_a_list_stands_for_so_many_filters_at_most(door, own):
    with join(door) as c:
        numbers = ",".join(str(i) for i in range(30))
        assert c.subscribe(f"{own}/{numbers}/{numbers}", qos=1) == [1]  # 900
        c.publish(f"{own}/29/29", "x", qos=1)
        assert len(c.settle()) == 1
        assert c.subscribe(f"{own}/{numbers}/{numbers}/a,b", qos=1)[0] in (0x8F, 0x97)
        assert c.unsubscribe(f"{own}/{numbers}/{numbers}") == [0]


def test_more_identifiers_than_a_message_names(door, own):
    with join(door) as c:
        for i in range(100):
            c.subscribe(f"{own}/#" if i == 0 else f"{own}/{','.join(['x'] + [str(i)])}", qos=1, id=i + 1)
        c.publish(own + "/x", "x", qos=1)
        [came] = c.settle()
        assert len(set(came.properties["subscription_id"])) == len(came.properties["subscription_id"]) >= 64


# ---- retained ----

def test_retained_messages_have_a_room(own_door):
    """What does not fit is refused, what is there stays, and room that is made can be used."""
    with join(own_door) as c:
        payload, codes = b"x" * 200000, []
        while not codes or codes[-1] == 0x10:
            codes.append(c.publish(f"a/{len(codes)}", payload, qos=1, retain=True).code)
            assert len(codes) < 1000
        assert codes[-1] == 0x97 and len(codes) > 50
        assert c.publish("small", "x" * 200000, qos=1, retain=True).code == 0x97
        assert c.publish("a/0", "", qos=1, retain=True).code == 0x10
        assert c.publish("small", "x" * 100000, qos=1, retain=True).code == 0x10
        c.subscribe("small", "a/1", "a/0", qos=1)
        assert sorted(m.topic for m in c.settle()) == ["a/1", "small"]


def test_retained_messages_are_so_many_at_most(own_door):
    with join(own_door) as c:
        codes, count = [], 12000
        for start in range(0, count, 1000):
            c.send(b"".join(publish_packet(f"b/{start + i}", "x", 1, True, i + 1) for i in range(1000)))
            codes += [c.next().code for _ in range(1000)]
        kept = codes.index(0x97)
        assert kept >= 5000 and codes == [0x10] * kept + [0x97] * (count - kept)
        c.subscribe("b/#", qos=0)
        assert len(c.settle()) == kept


# ---- slow ones ----

SMALL_QUEUES = ["--mqtt-queue-bytes", "1000000"]


@pytest.fixture(scope="module")
def small():
    """A gateway where little waits for a session."""
    with Gateway(args=SMALL_QUEUES) as g:
        yield g


@both
def test_who_reads_nothing_is_let_go_and_nobody_waits_for_it(small, own, version):
    """Everything reaches the others in time; the session of the slow one ends, and its will is said."""
    options = {"clean": False, "props": {"session_expiry": 600}}
    with join(small) as sender, join(small) as reader, join(small) as watcher:
        watcher.subscribe(own + "/will", qos=1)
        reader.subscribe(own + "/data", qos=1)
        slow = join(small, own, version, of_transport={"receive_bytes": 4096}, will=Will(own + "/will", "gone"), **options)
        slow.subscribe(own + "/data", qos=0)
        payload, gone = "x" * 50000, []
        for count in range(1, 2000):
            sender.publish(own + "/data", payload, qos=1)
            assert len(reader.message().payload) == len(payload)
            gone = gone or watcher.settle()
            if gone:
                break
        assert [m.payload for m in gone] == [b"gone"], "the slow one was waited for"
        # it finds what was sent before its end, and why
        try:
            code = slow.end()
            assert code in ((0x97, None) if version == 5 else (None,))
        except Wrong:
            pass  # cut within a packet: there was no room for more
        with join(small, own, version, **options) as c:
            assert not c.connack.session_present


@both
def test_a_session_that_is_away_has_so_much_room(small, own, version):
    options = {"clean": False, "props": {"session_expiry": 600}}
    with join(small, own, version, **options) as c:
        c.subscribe(own, qos=1)
        c.disconnect()
    with join(small) as sender:
        for _ in range(15):
            sender.publish(own, "x" * 50000, qos=1)
        with join(small, own, version, auto_ack=False, **options) as c:
            assert c.connack.session_present
            assert len(c.messages(15)) == 15
            c.disconnect()
        codes = [sender.publish(own, "x" * 50000, qos=1).code for _ in range(30)]
        assert codes[0] == 0 and codes[-1] == 0x10  # the session has ended with all that waited
    with join(small, own, version, **options) as c:
        assert not c.connack.session_present
        assert c.settle() == []


def test_who_asks_and_does_not_read_is_not_read(door):
    """Answers are kept for it up to a measure; then its questions wait in the network."""
    with join(door, of_transport={"receive_bytes": 4096}) as c:
        c.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        c.transport.socket.settimeout(0.3)
        pings, sent = packet("PINGREQ") * 32768, 0
        with pytest.raises(TimeoutError):
            while sent < 256 << 20:
                sent += c.transport.socket.send(pings[sent % 2:])
        # and goes on when it reads
        with join(door) as other:
            other.ping()
        answers, data = packet("PINGRESP") * 32768, b""
        while len(data) < min(sent - sent % 2, 200000):
            data += c.transport.receive(20)
        assert len(data) > 100 and data == (answers * (len(data) // len(answers) + 1))[:len(data)]
        rest = sent - sent % 2 - len(data)
        while rest:
            rest -= len(c.transport.receive(20))


def test_many_at_once(door, own):
    clients = [join(door, f"{own}/{i}", 4 + i % 2) for i in range(300)]
    for i, c in enumerate(clients):
        c.send(subscribe_packet(1, [(own, 1)], c.version))
    for c in clients:
        assert c.next().type == "SUBACK"
    clients[0].publish(own, "x", qos=1)
    for c in clients:
        assert c.message().payload == b"x"
        c.close()


def test_connecting_and_leaving_at_once(door):
    """Whatever a client does and does not say, the next one is served."""
    for version in (4, 5):
        for data in (b"", b"\x10", connect_packet("x", version, username=door.token),
                     connect_packet("x", version, username=door.token) + subscribe_packet(1, [("#", 1)], version)):
            for _ in range(20):
                with dial(door, version) as c:
                    if data:
                        c.send(data)
    with join(door) as c:
        c.ping()
