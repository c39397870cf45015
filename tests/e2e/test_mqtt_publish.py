"""MQTT: messages from client to client, what is retained, what waits for who is away."""
import time

import pytest

from mqtt import (PATIENCE, Wrong, ack_packet, disconnect_packet, join, packet, publish_packet, text)

both = pytest.mark.parametrize("version", (4, 5))
PERSISTENT = {"clean": False, "props": {"session_expiry": 600}}


def payloads(messages):
    return [m.payload.decode() for m in messages]


def lost(client):
    """The connection is gone without a DISCONNECT, and the server knows it."""
    client.transport.socket.shutdown(1)
    client.end()


# ---- what a message keeps ----

def test_properties_pass_as_they_are(door, own):
    props = {"payload_format": 1, "content_type": "text/ü", "response_topic": own + "/answer",
             "correlation_data": bytes(range(256)), "user": [("b", "1"), ("a", "2"), ("b", "3"), ("", "")]}
    with join(door) as sender, join(door) as c:
        c.subscribe(own, qos=1, id=7)
        for retain in (False, True):
            sender.publish(own, "ü", qos=1, retain=retain, props=props)
            came = c.message()
            if retain:
                c.unsubscribe(own)
                c.subscribe(own, qos=1, id=7)
                came = c.message()
            assert {**came.properties, "user": 0} == {**props, "user": 0, "subscription_id": [7]}
            assert came.properties["user"][:4] == props["user"]
        sender.publish(own, "", retain=True)


@both
def test_when_and_from_whom_is_told(door, own, version):
    """Also of what a client of 3.1.1 has published; a retained one keeps its time."""
    with join(door, "", version) as sender, join(door) as c:
        c.subscribe(own)
        before = time.time()
        sender.publish(own, "x", retain=True)
        came = c.message()
        [stamp], [cid] = came.user("timestamp"), came.user("cid")
        assert before - 1 <= float(stamp) <= time.time() + 1
        assert int(cid) == door.get("/auth/info")[0]["cid"]
        c.unsubscribe(own)
        c.subscribe(own)
        assert c.message().user("timestamp") == [stamp]
        sender.publish(own, "", retain=True)


@both
def test_a_message_reaches_both_versions(door, own, version):
    with join(door, "", version) as sender, join(door, "", 4) as old, join(door, "", 5) as new:
        for c in (old, new):
            c.subscribe(own, qos=1)
        for payload in ("", "x", bytes(range(256)), "y" * 200000):
            sender.publish(own, payload, qos=1)
            payload = payload.encode() if isinstance(payload, str) else payload
            assert old.message().payload == new.message().payload == payload


@both
def test_nobody_is_there(door, own, version):
    with join(door, "", version) as c:
        assert c.publish(own, "x", qos=1).code == (0x10 if version == 5 else 0)
        c.subscribe(own + "/#")
        assert c.publish(own, "x", qos=1).code == 0


def test_topic_aliases(door, own):
    with join(door) as c:
        c.subscribe(own + "/#", qos=1)
        most = c.connack.properties.get("topic_alias_maximum", 0)
        if most:
            c.publish(own + "/a", "1", props={"topic_alias": 1})
            c.publish(own + "/b", "2", props={"topic_alias": most})
            c.publish("", "3", props={"topic_alias": 1})
            c.publish(own + "/c", "4", props={"topic_alias": 1})
            c.publish("", "5", props={"topic_alias": 1})
            assert [m.topic[-1] + m.payload.decode() for m in c.messages(5)] == ["a1", "b2", "a3", "c4", "c5"]
            assert all("topic_alias" not in m.properties for m in c.kept)
        c.send(publish_packet(own, "x", props={"topic_alias": most + 1}))
        assert c.end() == 0x94


# ---- what is refused ----

@pytest.mark.parametrize("wrong, code", (
    (publish_packet("a", "x", 2, packet_id=1), 0x9B),
    (packet("PUBLISH", text("a") + b"\0\1\0", flags=6), 0x81),  # QoS 3
    (packet("PUBLISH", text("a") + b"\0", flags=8), (0x81, 0x82)),  # DUP with QoS 0
    (publish_packet("a", "x", 1, packet_id=0), (0x81, 0x82)),
    (publish_packet("a/+", "x"), (0x81, 0x82, 0x90)),
    (publish_packet("a/#", "x"), (0x81, 0x82, 0x90)),
    (publish_packet("", "x"), (0x82, 0x90)),
    (publish_packet("", "x", props={"topic_alias": 1}), (0x82, 0x94)),
    (publish_packet("a", "x", props={"topic_alias": 0}), (0x82, 0x94)),
    (publish_packet(b"\xff", "x"), 0x81),
    (publish_packet(b"a\0", "x"), 0x81),
    (publish_packet("a", "x", props={"subscription_id": 1}), 0x82),
    (publish_packet("a", "x", props={"session_expiry": 1}), (0x81, 0x82)),
    (publish_packet("a", "x", props={"response_topic": "a/+"}), 0x82),
    (publish_packet("a", "x", props=[("content_type", "a"), ("content_type", "a")]), 0x82),
    (publish_packet("a", "x", props={"payload_format": 2}), 0x82),
    (publish_packet("a", "x", props={"content_type": b"\xff"}), 0x81),
    (publish_packet("a", "x", props={"user": (b"\xff", "")}), 0x81),
    (packet("PUBLISH", text("a") + b"\x05"), 0x81),
    (packet("PUBLISH", b"\0\5a"), 0x81),
    (packet("PUBLISH", b""), 0x81),
))
def test_what_ends_the_connection(door, wrong, code):
    with join(door) as c:
        c.send(wrong)
        assert c.end() in (code if isinstance(code, tuple) else (code,))
        assert not c.kept


@pytest.mark.parametrize("wrong", (
    publish_packet("a", "x", 2, packet_id=1, version=4), packet("PUBLISH", text("a") + b"\0\1", flags=6),
    publish_packet("a", "x", 1, packet_id=0, version=4), publish_packet("a/+", "x", version=4),
    publish_packet("", "x", version=4), publish_packet(b"\xff", "x", version=4), packet("PUBLISH", b"\0\5a")))
def test_what_ends_a_connection_of_3_1_1(door, wrong):
    with join(door, "", 4) as c:
        c.send(wrong)
        assert c.end() is None
        assert not c.kept


def test_the_gateway_s_own_topics_are_its_own(door, own):
    with join(door) as c, join(door, "", 4) as old, join(door) as watcher:
        watcher.subscribe("flespi/+", "flespi/message/#", qos=1)
        watcher.settle()
        for topic in ("flespi/x", "flespi/message/gw/devices/1", "flespi/state/gw/devices/1/name"):
            assert c.publish(topic, "x", qos=1).code in (0x87, 0x90)
            c.publish(topic, "x")
            c.publish(topic, "x", retain=True)
            assert old.publish(topic, "x", qos=1).code == 0
            old.publish(topic, "x")
        assert watcher.settle() == []
        # a name that only begins the same is another's
        watcher.subscribe("flespix/#", "flespi", qos=1)
        assert c.publish("flespix/x", "x", qos=1).code == 0
        assert payloads(watcher.settle()) == ["x"]


# ---- retained ----

@both
def test_the_last_retained_message_stands(door, own, version):
    def stands():
        with join(door, "", version) as c:
            c.subscribe(own, qos=1)
            return payloads(c.settle())

    with join(door, "", version) as sender:
        for payload in ("one", "two"):
            sender.publish(own, payload, qos=1, retain=True)
            sender.publish(own, "not kept", qos=1)
            assert stands() == [payload]
        sender.publish(own, "", qos=1, retain=True)
        assert stands() == []


def test_what_clears_is_a_message_to_who_is_there(door, own):
    with join(door) as c:
        c.publish(own, "x", qos=1, retain=True)
        c.subscribe(own, qos=1, rh=2)
        c.publish(own, "", qos=1, retain=True)
        assert [(m.payload, m.retain) for m in c.settle()] == [(b"", False)]


def test_a_retained_message_expires(door, own):
    with join(door) as c:
        c.publish(own, "long", qos=1, retain=True, props={"message_expiry": 600})
        c.subscribe(own)
        left = c.message().properties["message_expiry"]
        assert 590 <= left <= 600
        c.publish(own, "short", qos=1, retain=True, props={"message_expiry": 1})
        assert c.message().properties["message_expiry"] == 1
        until = time.monotonic() + PATIENCE
        while True:
            c.subscribe(own)
            came = c.settle()
            if not came:
                break
            assert came[0].properties["message_expiry"] <= 1 and time.monotonic() < until
            time.sleep(0.05)


# ---- away and back ----

@both
def test_what_comes_while_away_waits_in_order(door, own, version):
    with join(door, own, version, **PERSISTENT) as c:
        c.subscribe(own + "/#", qos=1)
        c.disconnect()
    with join(door) as sender:
        for i in range(100):
            sender.publish(f"{own}/{i % 7}", str(i), qos=1)
    with join(door, own, version, **PERSISTENT) as c:
        assert payloads(c.messages(100)) == [str(i) for i in range(100)]
        sender = join(door)
        sender.publish(own + "/x", "now", qos=1)
        assert payloads(c.settle()) == ["now"]
        sender.close()
    with join(door, own, version, **PERSISTENT) as c:
        assert c.settle() == []


@both
def test_what_was_not_acknowledged_comes_again(door, own, version):
    """Marked, in order and before anything new, with the identifiers that it had."""
    with join(door) as sender:
        with join(door, own, version, auto_ack=False, **PERSISTENT) as c:
            c.subscribe(own, qos=1)
            for i in range(5):
                sender.publish(own, str(i), qos=1)
            first = c.messages(5)
            assert not any(m.dup for m in first)
            c.ack(first[0])
            c.ack(first[2])
            c.ping()
            lost(c)
        sender.publish(own, "5", qos=1)
        for _ in range(2):
            with join(door, own, version, auto_ack=False, **PERSISTENT) as c:
                came = c.messages(4)
                assert payloads(came) == ["1", "3", "4", "5"]
                assert all(m.dup for m in came[:3])
                assert [m.packet_id for m in came[:3]] == [first[i].packet_id for i in (1, 3, 4)]
                lost(c)


def test_a_take_over_brings_it_again_too(door, own):
    with join(door) as sender, join(door, own, auto_ack=False, **PERSISTENT) as old:
        old.subscribe(own, qos=1)
        sender.publish(own, "x", qos=1)
        old.message()
        with join(door, own, auto_ack=False, **PERSISTENT) as new:
            came = new.message()
            assert came.payload == b"x" and came.dup
            new.ack(came)
            new.ping()
            new.disconnect()
    with join(door, own, **PERSISTENT) as c:
        assert c.settle() == []


def test_what_waits_expires(door, own):
    with join(door, own, **PERSISTENT) as c:
        c.subscribe(own, qos=1)
        c.disconnect()
    with join(door) as sender, join(door) as watcher:
        watcher.subscribe(own + "/gone", qos=1)
        sender.publish(own, "short", qos=1, props={"message_expiry": 1})
        sender.publish(own, "long", qos=1, props={"message_expiry": 600})
        sender.publish(own + "/gone", "x", qos=1, retain=True, props={"message_expiry": 1})
        until = time.monotonic() + PATIENCE
        while watcher.settle() or watcher.kept:  # published later: when it has expired, so has the other
            watcher.subscribe(own + "/gone", qos=1)
            assert time.monotonic() < until
            time.sleep(0.05)
    with join(door, own, **PERSISTENT) as c:
        came = c.settle()
        assert payloads(came) == ["long"]
        assert 580 <= came[0].properties["message_expiry"] <= 600


def test_a_refusal_is_an_acknowledgement(door, own):
    with join(door) as sender, join(door, own, auto_ack=False, **PERSISTENT) as c:
        c.subscribe(own, qos=1)
        sender.publish(own, "x", qos=1)
        c.ack(c.message(), 0x83)
        c.ping()
        lost(c)
    with join(door, own, **PERSISTENT) as c:
        assert c.settle() == []


def test_unsubscribing_while_something_waits(door, own):
    """What is on its way may come; nothing new is added."""
    with join(door) as sender, join(door, own, auto_ack=False, props={"receive_maximum": 1}) as c:
        c.subscribe(own, qos=1)
        sender.publish(own, "1", qos=1)
        c.unsubscribe(own)
        sender.publish(own, "2", qos=1)
        assert payloads(c.settle()) == ["1"]


@both
def test_an_acknowledgement_of_nothing(door, own, version):
    with join(door, own, version) as c:
        c.subscribe(own, qos=1)
        c.send(ack_packet("PUBACK", 4711))
        c.publish(own, "x", qos=1)
        assert payloads(c.settle()) == ["x"]


@pytest.mark.parametrize("wrong", (
    packet("PUBACK", b"\0"), packet("PUBACK", b"\0\0"), packet("PUBACK", b"\0\1\x80\5"), packet("PUBACK", b"\0\1", flags=2),
    packet("PUBREL", b"\0\1", flags=0), packet("PINGREQ", b"x"), packet("PINGREQ", flags=1), packet("PINGRESP"),
    packet("SUBACK", b"\0\1\0\0"), packet("CONNACK", b"\0\0\0"), packet("UNSUBACK", b"\0\1\0\0"), b"\x00\x00",
    b"\xc0\xff\xff\xff\xff\x7f", disconnect_packet(1), disconnect_packet(0, {"will_delay": 1}),
    disconnect_packet(0, b"\x11\0"), packet("DISCONNECT", flags=1)))
def test_packets_that_a_client_does_not_send(door, wrong):
    with join(door) as c:
        c.send(wrong)
        assert c.end() in (0x81, 0x82)


@both
def test_packet_identifiers_are_each_side_s_own(door, own, version):
    with join(door, "", version, auto_ack=False) as c:
        c.subscribe(own, qos=1)
        c.send(publish_packet(own, "a", 1, packet_id=1, version=version))
        c.send(publish_packet(own, "b", 1, packet_id=1, version=version))
        c.send(publish_packet(own, "c", 1, packet_id=65535, version=version, dup=True))
        came = [c.next() for _ in range(6)]
        assert [p.packet_id for p in came if p.type == "PUBACK"] == [1, 1, 65535]
        messages = [p for p in came if p.type == "PUBLISH"]
        assert payloads(messages) == ["a", "b", "c"] and not any(m.dup for m in messages)
        assert len({m.packet_id for m in messages}) == 3


def test_identifiers_go_round(door, own):
    """More messages than there are identifiers, in the short and equal packets of 3.1.1."""
    size = 6 + len(own)  # a first byte, a length, the topic with its own, an identifier

    def receive(c, count):
        while len(c.raw) < count:
            c.raw += c.transport.receive(PATIENCE)
        data, c.raw = c.raw[:count], c.raw[count:]
        return data

    with join(door, "", 4) as c, join(door, "", 4) as sender:
        c.subscribe(own, qos=1)
        thousand = b"".join(publish_packet(own, "", 1, packet_id=1 + i, version=4) for i in range(1000))
        last = 0
        for _ in range(67):
            sender.send(thousand)
            data = receive(c, 1000 * size)
            ids = [int.from_bytes(data[at + size - 2:at + size], "big") for at in range(0, len(data), size)]
            expected = [(last + i) % 65535 + 1 for i in range(1000)]
            assert ids == expected
            last = ids[-1]
            c.send(b"".join(ack_packet("PUBACK", i) for i in ids))
            receive(sender, 4000)
        c.ping()


def test_who_breaks_off_within_a_packet(door, own):
    with join(door) as watcher:
        watcher.subscribe(own, qos=1)
        with join(door) as c:
            c.send(publish_packet(own, "x" * 100, qos=1, packet_id=1)[:-1])
        with join(door) as c:
            with pytest.raises(Wrong):
                c.send(publish_packet("a\0", "x") + publish_packet(own, "after what was wrong"))
                c.ping()
        assert watcher.settle() == []
