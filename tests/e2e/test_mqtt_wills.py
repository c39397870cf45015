"""MQTT: what a client leaves to be said when it goes without a word."""
import time

import pytest

from mqtt import Will, connect_packet, dial, join, packet, publish_packet

both = pytest.mark.parametrize("version", (4, 5))


@pytest.fixture
def watcher(door, own):
    """Sees all under `own`."""
    with join(door) as c:
        c.subscribe(own + "/#", qos=1, rap=True)
        yield c


def lost(client):
    """The connection is gone without a DISCONNECT, and the server knows it."""
    client.transport.socket.shutdown(1)
    client.end()


@both
def test_a_lost_connection_has_a_will(door, own, watcher, version):
    for qos, retain, payload in ((0, False, b"a"), (1, False, b""), (1, True, bytes(range(256))), (0, True, b"d")):
        will = Will(own + "/w", payload, qos, retain)
        with join(door, "", version, will=will) as c:
            assert watcher.settle() == []
            lost(c)
        came = watcher.message()
        assert (came.topic, came.payload, came.qos, came.retain) == (own + "/w", payload, qos, retain)
    with join(door) as c:
        c.subscribe(own + "/w")
        assert c.message().payload == b"d"
        c.publish(own + "/w", "", retain=True)


@both
def test_goodbye_drops_it(door, own, watcher, version):
    with join(door, own, version, clean=False, props={"session_expiry": 60}, will=Will(own + "/w", "x")) as c:
        c.disconnect()
    with join(door, own, version) as c:  # the session ends: there is no will any more
        c.disconnect()
    assert watcher.settle() == []


def test_goodbye_may_ask_for_it(door, own, watcher):
    for code, is_said in ((0, False), (4, True), (0x80, True), (0x81, True), (0x99, True)):
        with join(door, will=Will(own + "/w", str(code))) as c:
            c.disconnect(code)
        if is_said:
            assert watcher.message().payload == b"%d" % code
    assert watcher.settle() == []


def test_its_properties_pass(door, own, watcher):
    props = {"payload_format": 1, "message_expiry": 500, "content_type": "t", "response_topic": "r",
             "correlation_data": b"\0\1", "user": [("b", "1"), ("a", "2")]}
    with join(door, will=Will(own + "/w", "x", 1, False, {**props, "will_delay": 0})) as c:
        lost(c)
    came = watcher.message()
    assert 490 <= came.properties.pop("message_expiry") <= props.pop("message_expiry")
    user = came.properties.pop("user")
    assert user[:2] == props.pop("user")
    assert came.properties == props


def test_it_is_not_good_for_longer_than_it_said(door, own, watcher):
    """Also where it is delivered within the microsecond; so often that some are."""
    for _ in range(300):
        with join(door, will=Will(own + "/w", "x", properties={"message_expiry": 500})) as c:
            lost(c)
        assert watcher.message().properties["message_expiry"] <= 500


@both
def test_what_ends_a_connection_asks_for_it(door, own, watcher, version):
    def with_will(name, **options):
        return join(door, "", version, will=Will(f"{own}/{name}", "x"), **options)

    with with_will("malformed") as c:
        c.send(b"\0\0")
        c.end()
    assert watcher.message().topic == own + "/malformed"
    with with_will("protocol") as c:
        c.send(publish_packet("a", "x", 2, packet_id=1, version=version))
        c.end()
    assert watcher.message().topic == own + "/protocol"
    with with_will("within") as c:
        c.send(publish_packet(own, "x")[:-1])
        c.close()
    assert watcher.message().topic == own + "/within"


def test_a_delay_that_the_client_comes_back_in(door, own, watcher):
    """The second one, after it, shows that the first is not just late."""
    options = {"clean": False, "props": {"session_expiry": 60}}
    with join(door, own, will=Will(own + "/1", "x", properties={"will_delay": 3}), **options) as c:
        lost(c)
    with join(door, own, **options) as c:
        assert c.connack.session_present
        with join(door, will=Will(own + "/2", "x", properties={"will_delay": 3}), props={"session_expiry": 60}) as other:
            lost(other)
        assert watcher.message().topic == own + "/2"
        lost(c)
    assert watcher.settle() == []


def test_a_delay_that_it_does_not_come_back_in(door, own, watcher):
    options = {"clean": False, "props": {"session_expiry": 60}}
    with join(door, own, will=Will(own + "/w", "x", properties={"will_delay": 1}), **options) as c:
        begin = time.monotonic()
        lost(c)
    assert watcher.message().payload == b"x"
    assert time.monotonic() - begin >= 1
    with join(door, own, **options) as c:
        assert c.connack.session_present  # it lives longer
        lost(c)
    assert watcher.settle() == []  # its will was that of the connection before


def test_no_delay_is_longer_than_the_session(door, own, watcher):
    will = Will(own + "/w", "x", properties={"will_delay": 600})
    with join(door, own, will=will) as c:  # which ends with the connection
        lost(c)
    assert watcher.message().payload == b"x"
    with join(door, own, clean=False, props={"session_expiry": 60}, will=will) as c:
        lost(c)
    assert watcher.settle() == []
    join(door, own, clean=True).close()  # ends it
    assert watcher.message().payload == b"x"


@both
def test_taking_over_is_a_lost_connection(door, own, watcher, version):
    options = {"clean": False, "props": {"session_expiry": 60}}
    with join(door, own, version, will=Will(own + "/1", "x"), **options) as old:
        with join(door, own, version, will=Will(own + "/2", "x"), **options) as new:
            old.end()
            assert watcher.message().topic == own + "/1"
            with join(door, own, version) as third:
                new.end()
                assert watcher.message().topic == own + "/2"
                third.disconnect()
    assert watcher.settle() == []


def test_taking_over_within_the_delay_is_none(door, own, watcher):
    options = {"clean": False, "props": {"session_expiry": 60}}
    with join(door, own, will=Will(own + "/1", "x", properties={"will_delay": 600}), **options) as old:
        with join(door, own, **options) as new:
            old.end()
            new.disconnect()
    assert watcher.settle() == []


def test_where_no_will_may_go(door, own, watcher):
    """Topics of the gateway: it is refused with CONNECT, or never said."""
    watcher.subscribe("flespi/state/gw/devices/+", qos=1)
    for topic in ("flespi/state/gw/devices/1",):
        c = None
        try:
            c = join(door, will=Will(topic, "x"))
        except AssertionError:
            continue
        lost(c)
    assert watcher.settle() == []


@pytest.mark.parametrize("will, code", (
    (Will("a", "x", 2), 0x9B), (Will("a", "x", 3), 0x81), (Will("a/+", "x"), (0x81, 0x82, 0x90)),
    (Will("", "x"), (0x82, 0x90)), (Will(b"\xff", "x"), 0x81), (Will("a", "x", properties={"subscription_id": 1}), (0x81, 0x82)),
    (Will("a", "x", properties={"topic_alias": 1}), (0x81, 0x82)),
    (Will("a", "x", properties=[("will_delay", 1), ("will_delay", 2)]), 0x82)))
def test_wills_that_are_none(door, will, code):
    with dial(door) as c:
        answer = c.connect("x", username=door.token, will=will)
        assert answer is None or answer.code in (code if isinstance(code, tuple) else (code,))
        assert c.end() is None


@pytest.mark.parametrize("flags", (0x80 | 0x20, 0x80 | 0x08, 0x80 | 0x10))
@both
def test_flags_of_a_will_without_a_will(door, version, flags):
    with dial(door, version) as c:
        c.send(connect_packet("x", version, username=door.token, flags=flags | 2))
        answer = c.next()
        assert answer is None or (version == 5 and answer.code in (0x81, 0x82))
        assert c.end() is None


def test_a_client_that_was_refused_has_none(door, own, watcher):
    with dial(door) as c:
        c.connect("x", username="x" * 64, will=Will(own + "/w", "x"))
        assert c.end() is None
    assert watcher.settle() == []
    with join(door, will=Will(own + "/w", "x")) as c:
        c.send(packet("DISCONNECT", b"\0"))
        c.end()
    assert watcher.settle() == []
