"""MQTT: what subscriptions match, what they ask for, and what they are answered."""
import pytest

from mqtt import Silence, join, packet, publish_packet, subscribe_packet, text, unsubscribe_packet

both = pytest.mark.parametrize("version", (4, 5))


def payloads(messages):
    return [m.payload.decode() for m in messages]


def ids(message):
    return sorted(message.properties.get("subscription_id", []))


@pytest.fixture
def clients(door, own):
    """(one who publishes, one who subscribes, a level of topics of their own)"""
    with join(door, own + "p") as sender, join(door, own + "s") as c:
        yield sender, c, own


# ---- which topics ----

NAMES = ("a", "a/b", "a/b/c", "/a", "a/", "a//c", "/", "a/B", "ab", "ü/€", "a b/c", "x/$x")

FILTERS = {
    "#": list(NAMES),
    "+": ["a", "ab"],
    "a": ["a"],
    "a/#": ["a", "a/b", "a/b/c", "a/", "a//c", "a/B"],
    "+/+": ["a/b", "/a", "a/", "/", "a/B", "ü/€", "a b/c", "x/$x"],
    "/+": ["/a", "/"],
    "/#": ["/a", "/"],
    "a/+": ["a/b", "a/", "a/B"],
    "a/+/c": ["a/b/c", "a//c"],
    "+/b/#": ["a/b", "a/b/c"],
    "a/+/#": ["a/b", "a/b/c", "a/", "a//c", "a/B"],
    "+//c": ["a//c"],
    "a/b/c/#": ["a/b/c"],
    "ü/+": ["ü/€"],
    "a b/c": ["a b/c"],
    "$x/#": [],
    "x/+": ["x/$x"],
}


def test_filters_match_as_the_standard_says(door):
    """Each filter has a client; by their identifiers, one client has them all at once as well."""
    with join(door) as sender, join(door) as all_at_once:
        alone = {}
        for number, name in enumerate(FILTERS, 1):
            alone[name] = join(door)
            assert alone[name].subscribe(name, qos=1) == [1], name
            assert all_at_once.subscribe(name, qos=1, id=number) == [1]
        for name in NAMES:
            assert sender.publish(name, name, qos=1).code == 0
        for name, expected in FILTERS.items():
            # topics of the gateway itself may come in between
            came = [m.topic for m in alone[name].settle() if m.topic in NAMES]
            assert came == expected, name
            alone[name].close()
        came = {m.topic: ids(m) for m in all_at_once.settle() if m.topic in NAMES}
        assert came == {name: [n for n, f in enumerate(FILTERS, 1) if name in FILTERS[f]]
                        for name in NAMES}


INVALID = ("a/#/b", "a#", "#/a", "a+", "+a/b", "a/b+", "a/+b", "##", "++", "")


@pytest.mark.parametrize("version", (4, 5))
def test_filters_that_are_none(door, own, version):
    """They are refused one by one; the others of the packet are not."""
    with join(door, "", version) as c:
        for bad in INVALID:
            codes = c.subscribe((f"{own}/1", 0), (bad, 1), (f"{own}/2", 1), qos=0)
            assert codes == [0, 0x8F if version == 5 else 0x80, 1], bad
        for name in ("1", "2"):
            c.publish(f"{own}/{name}", name, qos=1)
            assert c.message().payload == name.encode()


# ---- the quality ----

@both
def test_the_lower_quality_is_that_of_the_delivery(door, own, version):
    with join(door) as sender, join(door, "", version) as c:
        # what there is not is not granted
        assert c.subscribe((f"{own}/0", 0), (f"{own}/1", 1), (f"{own}/2", 2)) == [0, 1, 1]
        for level in range(3):
            for qos in range(2):
                sender.publish(f"{own}/{level}", "", qos=qos)
                assert c.message().qos == min(level, qos)


@both
def test_order_is_kept(door, own, version):
    with join(door, "", version) as sender, join(door, "", version) as c:
        c.subscribe(own + "/#", qos=1)
        sender.send(b"".join(publish_packet(f"{own}/{i % 3}", str(i), i // 3 % 2, packet_id=i + 1, version=version)
                             for i in range(1000)))
        came = c.messages(1000)
        for topic in range(3):
            for qos in range(2):  # one quality may overtake the other
                expected = [i for i in range(topic, 1000, 3) if i // 3 % 2 == qos]
                assert [int(m.payload) for m in came
                        if m.topic == f"{own}/{topic}" and m.qos == qos] == expected


# ---- subscribing again, overlapping, unsubscribing ----

def test_a_message_comes_once_with_all_identifiers_that_match(clients):
    sender, c, own = clients
    c.subscribe(own + "/#", qos=0, id=1)
    c.subscribe(own + "/+", qos=1, id=268435455)
    c.subscribe(own + "/a", qos=0)
    c.subscribe(own + "/b", qos=1, id=1)
    sender.publish(own + "/a", "a", qos=1)
    sender.publish(own + "/b", "b", qos=1)
    sender.publish(own + "/c/d", "c", qos=1)
    came = c.settle()
    assert [(m.payload, m.qos) for m in came] == [(b"a", 1), (b"b", 1), (b"c", 0)]
    assert set(ids(came[0])) == {1, 268435455}
    assert set(ids(came[1])) == {1, 268435455}
    assert ids(came[2]) == [1]


@both
def test_overlapping_filters_of_a_packet_give_one_message(door, own, version):
    with join(door, "", version) as c:
        c.subscribe((own + "/#", 0), (own + "/a", 1), (own + "/+", 0))
        c.publish(own + "/a", "x", qos=1)
        assert [(m.payload, m.qos) for m in c.settle()] == [(b"x", 1)]


def test_subscribing_again_replaces(clients):
    sender, c, own = clients
    assert c.subscribe(own, qos=1, id=5, nl=True) == [1]
    assert c.subscribe(own, qos=0, id=6) == [0]
    c.publish(own, "x", qos=1)
    assert [(m.qos, ids(m)) for m in c.settle()] == [(0, [6])]
    c.subscribe(own, qos=1)
    sender.publish(own, "x", qos=1)
    assert [(m.qos, ids(m)) for m in c.settle()] == [(1, [])]


@both
def test_unsubscribing(door, own, version):
    with join(door, "", version) as c:
        c.subscribe(own + "/#", qos=1)
        c.subscribe(own + "/a", qos=1)
        expected = [0, 0x11, 0x11] if version == 5 else []
        assert c.unsubscribe(own + "/#", own + "/undefined", own + "/+") == expected
        c.publish(own + "/b", "b", qos=1)
        c.publish(own + "/a", "a", qos=1)
        assert payloads(c.settle()) == ["a"]
        assert c.unsubscribe(own + "/a") == expected[:1]
        c.publish(own + "/a", "a", qos=1)
        assert c.settle() == []


@both
def test_unsubscribing_from_what_is_no_filter(door, version):
    """It was never subscribed to, which is no mistake."""
    with join(door, "", version) as c:
        for name in ("flespi/state/gw/devices/undefined", "a/#/b", "$share/x"):
            codes = c.unsubscribe(name)
            assert codes in ([], [0x11], [0x8F])
        c.ping()


# ---- options of a subscription ----

def test_no_local(clients):
    sender, c, own = clients
    c.subscribe(own, qos=1, nl=True)
    c.publish(own, "mine", qos=1)
    sender.publish(own, "another's", qos=1)
    assert payloads(c.settle()) == ["another's"]
    # of two subscriptions that match, one lets it through
    c.subscribe(own + "/#", qos=1)
    c.publish(own, "mine", qos=1)
    assert payloads(c.settle()) == ["mine"]


def test_no_local_is_of_the_client_not_of_the_connection(door, own):
    with join(door, own, clean=False, props={"session_expiry": 60}) as c:
        c.subscribe(own, qos=1, nl=True)
    with join(door, own, clean=False) as c:
        c.publish(own, "mine", qos=1)
        assert c.settle() == []


def test_retain_as_published(clients):
    sender, c, own = clients
    c.subscribe(own + "/1", qos=1, rap=True)
    c.subscribe(own + "/0", qos=1)
    for level in ("0", "1"):
        for retain in (False, True):
            sender.publish(f"{own}/{level}", "x", qos=1, retain=retain)
            assert c.message().retain == (retain and level == "1")
        sender.publish(f"{own}/{level}", "", qos=1, retain=True)
        c.message()


@both
def test_retained_messages_come_first_and_are_marked(door, own, version):
    with join(door) as sender, join(door, "", version) as c:
        for level in "abc":
            sender.publish(f"{own}/{level}", level, qos=1, retain=True)
        sender.publish(f"{own}/b", "", qos=1, retain=True)
        c.send(subscribe_packet(9, [(own + "/#", 1)], version))
        came = [c.next() for _ in range(3)]
        assert sorted((m.topic, m.payload, m.retain, m.qos) for m in came[:2]) == [
            (own + "/a", b"a", True, 1), (own + "/c", b"c", True, 1)]
        assert came[2].type == "SUBACK"


def test_retain_handling(clients):
    sender, c, own = clients
    sender.publish(own, "kept", qos=1, retain=True)

    def came(**options):
        c.subscribe(own, **options)
        return payloads(c.settle())

    assert came(rh=2) == []
    c.unsubscribe(own)
    assert came(rh=1) == ["kept"]
    assert came(rh=1) == []
    assert came(rh=0) == ["kept"]
    assert came(rh=0, id=3) == ["kept"]
    assert came(rh=2) == []
    c.unsubscribe(own)
    assert came(rh=1) == ["kept"]


def test_retained_messages_by_several_filters(clients):
    """Each subscription brings its own; with the identifier that it was made with."""
    sender, c, own = clients
    sender.publish(own + "/a", "kept", qos=1, retain=True)
    c.subscribe(own + "/#", own + "/a", qos=1, id=4)
    came = c.settle()
    assert {(m.payload, m.retain, tuple(set(ids(m)))) for m in came} == {(b"kept", True, (4,))}
    assert 1 <= len(came) <= 2
    c.subscribe(own + "/+", qos=0, id=5)
    came = c.settle()
    assert len(came) == 1 and 5 in ids(came[0]) and came[0].retain


def test_a_message_while_subscribing_is_neither_lost_nor_doubled(door, own):
    """One who publishes a rising number, retained, and one who joins meanwhile."""
    with join(door) as sender, join(door) as c:
        sender.send(b"".join(publish_packet(own, str(i), 1, True, i + 1) for i in range(500)))
        c.subscribe(own, qos=1)
        came = [int(m.payload) for m in c.messages(1)]
        while came[-1] < 499:
            came.append(int(c.message().payload))
        assert came == list(range(came[0], 500))


# ---- flespi's comma lists ----

def test_comma_lists(clients):
    sender, c, own = clients
    assert c.subscribe(f"{own}/a,b/+/c,d,c", f"{own}/x,y,z", qos=1, id=3) == [1, 1]
    names = ("a/1/c", "a/1/d", "b/2/c", "c/1/c", "a/1/e", "a,b/1/c", "x", "z", "x,y,z", "x,y")
    for name in names:
        sender.publish(f"{own}/{name}", "", qos=1)
    came = c.settle()
    # a comma is a letter like others in a name, so a list is also the name that it looks like
    assert [m.topic.split("/", 1)[1] for m in came] == [
        "a/1/c", "a/1/d", "b/2/c", "a,b/1/c", "x", "z", "x,y,z"]
    assert all(ids(m) == [3] for m in came)
    assert c.unsubscribe(f"{own}/a,b/+/c,d,c") == [0]
    sender.publish(f"{own}/a/1/c", "", qos=1)
    assert c.settle() == []


def test_comma_lists_and_what_is_retained(clients):
    sender, c, own = clients
    for name in ("a", "b", "c"):
        sender.publish(f"{own}/{name}", name, qos=1, retain=True)
    c.send(subscribe_packet(9, [(f"{own}/c,a,a,x", 1)], props={"subscription_id": 2}))
    came = [c.next() for _ in range(3)]
    assert sorted(payloads(came[:2])) == ["a", "c"] and came[2].type == "SUBACK"
    assert c.settle() == []


# ---- packets that are wrong ----

@pytest.mark.parametrize("wrong, code", (
    (packet("SUBSCRIBE", b"\0\1\0"), 0x82),  # no filter
    (packet("SUBSCRIBE", b"\0\1"), 0x81),
    (packet("SUBSCRIBE", b"\0\1\0" + text("a")), 0x81),  # no options
    (subscribe_packet(1, [("a", 3)]), (0x81, 0x82)),  # QoS 3
    (subscribe_packet(1, [("a", 0x30)]), (0x81, 0x82)),  # retain handling 3
    (subscribe_packet(1, [("a", 0x40)]), 0x81),
    (subscribe_packet(1, [("a", 0x80)]), 0x81),
    (subscribe_packet(0, [("a", 0)]), (0x81, 0x82)),
    (subscribe_packet(1, [("a", 0)], props={"subscription_id": 0}), 0x82),
    (subscribe_packet(1, [("a", 0)], props={"subscription_id": [1, 2]}), 0x82),
    (subscribe_packet(1, [("a", 0)], props={"message_expiry": 1}), (0x81, 0x82)),
    (subscribe_packet(1, [("a", 0)], props=b"\x0b\xff\xff\xff\xff"), 0x81),
    (subscribe_packet(1, [("a", 0)], props=b"\x7f\0"), 0x81),
    (subscribe_packet(1, [(b"\xc0\x80", 0)]), 0x81),
    (subscribe_packet(1, [(b"a\0b", 0)]), 0x81),
    (subscribe_packet(1, [(b"\xed\xa0\x80", 0)]), 0x81),
    (subscribe_packet(1, [("$share/x/y", 4)]), 0x82),  # no local
    (packet("SUBSCRIBE", b"\0\1\0" + text("a") + b"\0", flags=0), 0x81),
    (packet("UNSUBSCRIBE", b"\0\1\0" + text("a"), flags=0), 0x81),
    (packet("UNSUBSCRIBE", b"\0\1\0"), 0x82),
    (unsubscribe_packet(0, ["a"]), (0x81, 0x82)),
    (unsubscribe_packet(1, ["a"], props={"subscription_id": 1}), (0x81, 0x82)),
    (unsubscribe_packet(1, [b"\xff"]), 0x81),
))
def test_what_ends_the_connection(door, wrong, code):
    with join(door) as c:
        c.send(wrong)
        assert c.end() in (code if isinstance(code, tuple) else (code,))
        assert not c.kept


@pytest.mark.parametrize("wrong", (
    packet("SUBSCRIBE", b"\0\1"), packet("UNSUBSCRIBE", b"\0\1"), packet("SUBSCRIBE", b"\0\1" + text("a")),
    subscribe_packet(1, [("a", 3)], 4), subscribe_packet(1, [("a", 4)], 4), subscribe_packet(0, [("a", 0)], 4),
    packet("SUBSCRIBE", b"\0\1" + text("a") + b"\0", flags=0), subscribe_packet(1, [(b"\xff", 0)], 4)))
def test_what_ends_a_connection_of_3_1_1(door, wrong):
    with join(door, "", 4) as c:
        c.send(wrong)
        assert c.end() is None
        assert not c.kept


def test_topics_of_the_standard_are_not_for_clients(door):
    with join(door) as c:
        c.subscribe("$x/#", "+/y", "#", qos=1)
        assert c.publish("$x/y", "x", qos=1).code in (0x87, 0x90)
        assert [m for m in c.settle() if m.topic == "$x/y"] == []


def test_nothing_is_sent_unasked(door, own):
    with join(door, own) as c, join(door) as sender:
        c.subscribe(own + "/a")
        sender.publish(own + "/b", "x", qos=1)
        sender.publish(own, "x", qos=1, retain=True)
        sender.publish(own, "", qos=1, retain=True)
        assert c.settle() == []
        with pytest.raises(Silence):
            c.next(0.01)
