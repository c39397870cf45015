"""MQTT: how connections begin and end, and what a session is."""
import json
import struct

import pytest

from mqtt import (Client, Silence, Will, connect_packet, dial, disconnect_packet, join, packet, port_of,
                  publish_packet, subscribe_packet)

both = pytest.mark.parametrize("version", (4, 5))


def lost(client):
    """The connection is gone without a DISCONNECT, and the server knows it."""
    client.transport.socket.shutdown(1)
    client.end()


# ---- CONNECT and CONNACK ----

@both
def test_a_new_session_is_none_that_was_there(door, own, version):
    for clean in (True, False):
        with join(door, own, version, clean=clean) as c:
            assert not c.connack.session_present
            c.disconnect()
        with join(door, own, version, clean=True) as c:
            assert not c.connack.session_present


def test_connack_tells_the_token_and_what_the_server_can(door, own):
    with join(door, own) as c:
        told = json.loads(c.connack.user("token")[0])
        asked = door.get("/auth/info")[0]
        # when it was used last may have moved between the two
        assert {**told, "accessed": 0} == {**asked, "accessed": 0}
        assert c.connack.properties["maximum_qos"] == 1
        assert "assigned_client_id" not in c.connack.properties


@both
def test_an_absent_client_id(door, version):
    with join(door, "", version) as one, join(door, "", version) as other:
        if version == 5:
            assert one.connack.properties["assigned_client_id"] != other.connack.properties["assigned_client_id"]
        one.ping()  # the other has not taken it over
    if version == 4:
        with dial(door, version) as c:
            assert c.connect("", clean=False, username=door.token).code == 2
            assert c.end() is None


def test_an_assigned_client_id_is_one_to_come_back_with(door):
    with join(door, "", props={"session_expiry": 60}) as c:
        name = c.connack.properties["assigned_client_id"]
    with join(door, name, clean=False) as c:
        assert c.connack.session_present


@pytest.mark.parametrize("client_id", ("ü€😀", "a/b c", "#", "x" * 23))
@both
def test_client_ids_are_any_text(door, version, client_id):
    with join(door, client_id, version, clean=False, props={"session_expiry": 60}) as c:
        lost(c)
    with join(door, client_id, version, clean=False) as c:
        assert c.connack.session_present
    join(door, client_id, version, clean=True).close()


@pytest.mark.parametrize("name, version", (("MQTT", 6), ("MQTT", 3), ("MQIsdp", 3), ("MQXX", 5), ("mqtt", 4), ("", 5)))
def test_protocols_that_it_does_not_speak(door, name, version):
    with dial(door, 4) as c:  # an answer has no properties: the client may not know them
        c.send(connect_packet("x", version, name=name, username=door.token))
        answer = c.next()
        if answer is not None:
            assert answer.type == "CONNACK" and answer.code in (1, 0x84)
            assert c.end() is None


@both
def test_a_flag_that_is_reserved(door, version):
    with dial(door, version) as c:
        c.send(connect_packet("x", version, username=door.token, flags=0x83))
        answer = c.next()
        assert answer is None or (answer.type, answer.code) == ("CONNACK", 0x81)


@both
def test_a_second_connect_ends_it(door, own, version):
    with join(door, own, version) as c:
        c.send(connect_packet(own, version, username=door.token))
        assert c.end() == (0x82 if version == 5 else None)


@pytest.mark.parametrize("first", (
    packet("PINGREQ"), publish_packet("a", "b"), subscribe_packet(1, [("#", 0)]), packet("DISCONNECT"),
    packet("CONNACK", b"\0\0"), b"GET / HTTP/1.1\r\n\r\n", b"\0\0", b"\xff\xff\xff\xff\xff", b"\x16\x03\x01"))
def test_a_first_packet_that_is_no_connect(door, first):
    with dial(door) as c:
        c.send(first)
        assert c.end() is None
        assert not c.kept


@both
def test_a_client_need_not_wait_for_the_answer(door, own, version):
    with dial(door, version) as c:
        c.send(connect_packet(own, version, username=door.token) + subscribe_packet(1, [(own, 0)], version)
               + publish_packet(own, "early", version=version) + packet("PINGREQ"))
        types = [c.next().type for _ in range(4)]
        assert types[0] == "CONNACK" and sorted(types[1:]) == ["PINGRESP", "PUBLISH", "SUBACK"]


@both
def test_any_split_of_the_bytes_is_the_same(door, own, version):
    with dial(door, version) as c:
        for byte in (connect_packet(own, version, username=door.token) + subscribe_packet(1, [(own, 1)], version)
                     + publish_packet(own, "x" * 200, qos=1, packet_id=7, version=version)):
            c.send(bytes([byte]))
        assert sorted(c.next().type for _ in range(4)) == ["CONNACK", "PUBACK", "PUBLISH", "SUBACK"]


# ---- who may ----

def refusal(door, version, **options):
    with dial(door, version) as c:
        # what follows a refused CONNECT is not looked at
        c.send(connect_packet("x", version, **options) + publish_packet("refused", "x", version=version))
        answer = c.next()
        assert c.end() is None
        return answer.code


def test_bad_credentials(door):
    with join(door) as watcher:
        watcher.subscribe("refused")
        for key in ("x" * 64, door.token[:-1], door.token + "x", "FlespiToken ", "FlespiToken", "", None, "ü"):
            assert refusal(door, 5, username=key) in (0x86, 0x87), key
            assert refusal(door, 4, username=key) in (4, 5), key
        assert refusal(door, 5, username="", password=door.token) in (0x86, 0x87)
        assert watcher.settle() == []


@both
def test_a_token_is_given_with_its_word_or_without(door, version):
    for options in ({"username": door.token}, {"username": f"FlespiToken {door.token}"},
                    {"username": door.token, "password": ""}, {"username": door.token, "password": "whatever"}):
        join(door, "", version, **options).close()


def test_an_authentication_that_nobody_speaks(door):
    with dial(door) as c:
        assert c.connect("x", username=door.token, props={"auth_method": "SCRAM-SHA-1"}).code == 0x8C
        assert c.end() is None
    with join(door) as c:
        c.send(packet("AUTH", b"\x19\x00"))
        assert c.end() == 0x82


# ---- sessions ----

@both
def test_a_session_lives_on(door, own, version):
    with join(door, own, version, clean=False, props={"session_expiry": 60}) as c:
        c.subscribe(own + "/#", qos=1)
        lost(c)
    with join(door, own, version, clean=False, props={"session_expiry": 60}) as c:
        assert c.connack.session_present
        c.publish(own + "/a", "x")
        assert c.message().payload == b"x"
        c.disconnect()
    with join(door, own, version, clean=True) as c:
        assert not c.connack.session_present
        c.publish(own + "/a", "x")
        assert c.settle() == []
    with join(door, own, version, clean=False) as c:
        # the clean one has left none
        assert not c.connack.session_present


def test_a_session_of_no_time_ends_with_its_connection(door, own):
    for props in (None, {"session_expiry": 0}):
        with join(door, own, clean=False, props=props) as c:
            lost(c)
    with join(door, own, clean=False) as c:
        assert not c.connack.session_present


def test_a_session_may_pass_from_one_version_to_the_other(door, own):
    with join(door, own, 4, clean=False) as c:
        c.subscribe(own, qos=1)
        c.disconnect()
    with join(door, own, 5, clean=False, props={"session_expiry": 60}) as c:
        assert c.connack.session_present
        c.publish(own, "x", qos=1)
        assert c.message().qos == 1
        c.disconnect()
    with join(door, own, 4, clean=False) as c:
        assert c.connack.session_present
    join(door, own, 4, clean=True).close()


def test_disconnect_may_change_the_time(door, own):
    with join(door, own, clean=False, props={"session_expiry": 60}) as c:
        c.disconnect(0, {"session_expiry": 0})
    with join(door, own, clean=False, props={"session_expiry": 1}) as c:
        assert not c.connack.session_present
        c.disconnect(0, {"session_expiry": 60})
    with join(door, own, clean=False) as c:
        assert c.connack.session_present


def test_a_session_of_no_time_gets_none_at_the_end(door, own):
    with join(door, own) as c:
        c.send(disconnect_packet(0, {"session_expiry": 60}))
        assert c.end() == 0x82
    with join(door, own, clean=False) as c:
        assert not c.connack.session_present


def test_a_session_ends_with_its_time(door, own):
    """Its will is the sign: it does not wait longer than the session lives."""
    with join(door) as watcher:
        watcher.subscribe(own)
        with join(door, own, props={"session_expiry": 1}, will=Will(own, "over", properties={"will_delay": 600})) as c:
            lost(c)
        assert watcher.message().payload == b"over"
        with join(door, own, clean=False) as c:
            assert not c.connack.session_present


def test_a_session_that_never_ends(door, own):
    with join(door, own, props={"session_expiry": 0xFFFFFFFF}) as c:
        granted = c.connack.properties.get("session_expiry", 0xFFFFFFFF)
        assert granted > 3600
        lost(c)
    with join(door, own, clean=False) as c:
        assert c.connack.session_present


@pytest.mark.parametrize("second", (4, 5))
@pytest.mark.parametrize("first", (4, 5))
def test_who_comes_with_the_same_name_takes_over(door, own, first, second):
    with join(door, own, first, clean=False, props={"session_expiry": 60}) as old:
        old.subscribe(own, qos=1)
        with join(door, own, second, clean=False, props={"session_expiry": 60}) as new:
            assert new.connack.session_present
            assert old.end() == (0x8E if first == 5 else None)
            new.publish(own, "x", qos=1)
            assert new.message().payload == b"x"
            with join(door, own, second, clean=True) as third:
                assert not third.connack.session_present
                assert new.end() == (0x8E if second == 5 else None)


# ---- what a client asks to be spared ----

def test_no_more_is_unanswered_than_the_client_takes(door, own):
    with join(door, own, props={"receive_maximum": 3}, auto_ack=False) as c, join(door) as sender:
        c.subscribe(own, qos=1)
        for i in range(10):
            sender.publish(own, str(i), qos=1)
        came = c.settle()
        assert [m.payload for m in came] == [b"0", b"1", b"2"]
        for i in range(3, 10):
            c.ack(came.pop(0))
            came += c.settle()
            assert [m.payload for m in came] == [b"%d" % n for n in range(i - 2, i + 1)]
        # QoS 0 is none of it
        sender.publish(own, "now")
        assert [m.payload for m in c.settle()] == [b"now"]


def test_packets_are_no_larger_than_the_client_takes(door, own):
    with join(door, own, props={"maximum_packet": 300}) as c, join(door) as sender:
        c.subscribe(own, qos=1)
        for payload in ("x" * 400, "y" * 30, "z" * 400):
            sender.publish(own, payload, qos=1)
        assert [m.payload for m in c.settle()] == [b"y" * 30]
        sender.publish(own, "x" * 400, retain=True, qos=1)
        c.subscribe(own, qos=1)
        assert c.settle() == []
        sender.publish(own, "", retain=True)
    # one of little room does without the token; its answers are short ones
    with join(door, own, props={"maximum_packet": 40}) as c:
        assert c.connack.user("token") == []
        assert c.subscribe(own) == [0]
        c.disconnect()


def test_zero_is_no_maximum(door):
    for props in ({"receive_maximum": 0}, {"maximum_packet": 0}):
        with dial(door) as c:
            answer = c.connect("x", username=door.token, props=props)
            assert answer is None or answer.code == 0x82
            assert c.end() is None


def test_problems_are_not_told_to_who_does_not_ask(door, own):
    with join(door, own, props={"request_problem": 0}) as c:
        c.publish("flespi/x", "x", qos=1)
        packet_id = c.new_id()
        c.send(subscribe_packet(packet_id, [("a/#/b", 0)]))
        answer = c.next()
        assert (answer.type, answer.properties) == ("SUBACK", {})


# ---- keep alive ----

def test_who_is_silent_too_long_is_let_go(door, own):
    """In both versions; who pings, or sends anything, is not."""
    silent = [join(door, "", version, keep_alive=2, will=Will(own, "lost")) for version in (4, 5)]
    pinging, publishing = join(door, "", 4, keep_alive=2), join(door, "", 5, keep_alive=2)
    with join(door) as watcher:
        watcher.subscribe(own, qos=1)
        lost_ones = []
        while len(lost_ones) < 2:
            pinging.ping()
            publishing.publish("x/" + own, "x")
            try:
                lost_ones += watcher.messages(1, seconds=0.3)
            except Silence:
                pass
        assert [c.end() for c in silent] == [None, 0x8D]
        for c in (pinging, publishing):
            c.ping()
            c.close()


# ---- transports ----

@pytest.mark.parametrize("transport", ("tcp", "tls", "ws", "wss"))
@both
def test_every_transport(secure, own, version, transport):
    with join(secure, own, version, transport) as c:
        c.subscribe(own, qos=1)
        for payload in (b"", b"x", b"y" * 126, bytes(range(256)) * 260):
            c.publish(own, payload, qos=1)
            assert c.message().payload == payload
        c.disconnect()


@pytest.fixture(scope="module")
def secure():
    from harness import Gateway
    with Gateway(args=["--mqtts", "127.0.0.1:0", "--https", "127.0.0.1:0"]) as g:
        yield g


def test_who_says_nothing_is_let_go(door):
    """Before CONNECT the server's own patience counts; it is the operator's to set, and long."""
    with Client(port_of(door, "tcp")) as c:
        with pytest.raises(Silence):
            c.next(0.1)
        c.send(b"\x10")
        with pytest.raises(Silence):
            c.next(0.1)
        c.send(struct.pack(">B", 0))
        assert c.end() is None
