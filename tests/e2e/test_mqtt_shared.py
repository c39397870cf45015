"""MQTT: subscriptions that are shared, and what flespi adds to them: stickiness, conditions."""
import json
import time
import urllib.parse

import pytest

from mqtt import join

both = pytest.mark.parametrize("version", (4, 5))
REFUSED = {4: 0x80, 5: 0x8F}


def payloads(messages):
    return [m.payload.decode() for m in messages]


@pytest.fixture
def sender(door):
    with join(door) as c:
        yield c


@pytest.fixture
def members(door):
    """Three clients."""
    with join(door) as a, join(door) as b, join(door, "", 4) as c:
        yield a, b, c


def publish_all(sender, topic, count):
    for i in range(count):
        sender.publish(topic, str(i), qos=1)


# ---- shared ----

def test_each_message_goes_to_one(sender, members, own):
    for c in members:
        assert c.subscribe(f"$share/g/{own}/#", qos=1) == [1]
    publish_all(sender, own + "/a", 60)
    came = [payloads(c.settle()) for c in members]
    assert sorted(sum(came, []), key=int) == [str(i) for i in range(60)]
    for part in came:
        assert part, "all have a part in it"
        assert part == sorted(part, key=int)


def test_groups_and_others_do_not_touch_each_other(sender, members, own, door):
    a, b, c = members
    a.subscribe(f"$share/g/{own}", qos=1)
    b.subscribe(f"$share/h/{own}", qos=1)
    c.subscribe(own, qos=1)
    with join(door) as both_at_once:
        both_at_once.subscribe(own, id=1)
        both_at_once.subscribe(f"$share/own/{own}", id=2)
        publish_all(sender, own, 5)
        for one in members:
            assert payloads(one.settle()) == ["0", "1", "2", "3", "4"]
        # its two subscriptions are each due a copy, in one packet or in two
        came = [i for m in both_at_once.settle() for i in m.properties["subscription_id"]]
        assert sorted(came) == [1] * 5 + [2] * 5


def test_one_group_two_filters(sender, members, own):
    """The group is the name and the filter."""
    a, b, _ = members
    a.subscribe(f"$share/g/{own}/a", qos=1)
    b.subscribe(f"$share/g/{own}/+", qos=1)
    publish_all(sender, own + "/a", 4)
    publish_all(sender, own + "/b", 2)
    assert payloads(a.settle()) == ["0", "1", "2", "3"]
    assert payloads(b.settle()) == ["0", "1", "2", "3", "0", "1"]


def test_who_leaves_gets_nothing_more(sender, members, own):
    a, b, c = members
    for one in members:
        one.subscribe(f"$share/g/{own}", qos=1)
    assert a.unsubscribe(own) == [0x11]
    assert a.unsubscribe(f"$share/g/{own}") == [0]
    b.disconnect()
    publish_all(sender, own, 10)
    assert a.settle() == []
    assert payloads(c.settle()) == [str(i) for i in range(10)]


def test_nothing_is_retained_for_who_shares(sender, members, own):
    sender.publish(own, "kept", qos=1, retain=True)
    a, _, c = members
    for one in (a, c):
        one.subscribe(f"$share/g/{own}", qos=1)
        assert one.settle() == []
    sender.publish(own, "", retain=True)


@both
def test_shares_that_are_none(door, own, version):
    with join(door, "", version) as c:
        for text in ("$share/", "$share/g", "$share/g/", f"$share//{own}", f"$share/g+/{own}", f"$share/#/{own}",
                     f"$share/g/{own}/#/a", f"$share/g:x/{own}", f"$share/g:1:2:3/{own}", f"$share/:1/{own}"):
            assert c.subscribe(text, qos=1) == [REFUSED[version]], text
        c.publish(own, "x", qos=1)
        assert c.settle() == []


def test_what_is_unanswered_is_not_lost_with_a_member(door, sender, own):
    """Of a session that comes back: to the same one; the rest goes on."""
    with join(door, own, clean=False, props={"session_expiry": 60}, auto_ack=False) as a:
        a.subscribe(f"$share/g/{own}", qos=1)
        publish_all(sender, own, 3)
        assert payloads(a.settle()) == ["0", "1", "2"]
    with join(door, own, clean=False) as a:
        came = a.settle()
        assert payloads(came) == ["0", "1", "2"] and all(m.dup for m in came)


# ---- sticky ----

def came_to(members):
    """Of each member the topics it got, as sets of second levels and third ones."""
    return [[tuple(m.topic.split("/")[1:]) for m in c.settle()] for c in members]


@pytest.mark.parametrize("share, levels", (("g:2", (0, 1)), ("g:1:1", (1,)), ("g:2:1", (2,)), ("g:1:2", (1, 2))))
def test_equal_levels_go_to_the_same_one(sender, members, own, share, levels):
    for c in members:
        assert c.subscribe(f"$share/{share}/{own}/#", qos=1) == [1]
    # so many different ones that chance leaves none of three without a part
    topics = [(own, str(i % 48), str(i // 3)) for i in range(144)]
    for _ in range(2):
        for topic in topics:
            sender.publish("/".join(topic), "", qos=1)
    who, count = {}, 0
    for number, part in enumerate(came_to(members)):
        assert part, "all have a part in it"
        for rest in part:
            key = tuple(((own,) + rest)[level] for level in levels)
            assert who.setdefault(key, number) == number
            count += 1
    assert count == 2 * len(topics)


def test_a_sticky_group_with_other_numbers_is_another(sender, members, own):
    a, b, _ = members
    a.subscribe(f"$share/g:1/{own}", qos=1)
    b.subscribe(f"$share/g:2/{own}", qos=1)
    publish_all(sender, own, 3)
    assert payloads(a.settle()) == payloads(b.settle()) == ["0", "1", "2"]


# ---- conditions ----

def condition(expression, encode=lambda e: urllib.parse.quote(e, safe="")):
    return "$filter/payload=" + encode(expression)


MESSAGES = [{"a": 1, "name": "one", "x.y": True}, {"a": 2, "name": "two"}, {"b": 3}, {"a": 10, "name": "ten/eleven"}]


@pytest.mark.parametrize("expression, expected", (
    ("a>1", [1, 3]), ("a==1", [0]), ("a<5&&name==\"two\"", [1]), ("name~\"t*\"", [1, 3]), ("x.y", [0]), ("x.y==true", [0]),
    ("exists(b)", [2]), ("!exists(b)", [0, 1, 3]), ("name==\"ten/eleven\"", [3]), ("a>0||b>0", [0, 1, 2, 3]), ("nothing==1", [])))
@both
def test_payload(door, sender, own, version, expression, expected):
    with join(door, "", version) as c:
        assert c.subscribe(f"{condition(expression)}/{own}/+", qos=1) == [1]
        for i, message in enumerate(MESSAGES):
            sender.publish(f"{own}/{i}", json.dumps(message), qos=1)
        for other in ("", "text", "[1]", "7", "{", '{"a":2'):
            sender.publish(f"{own}/other", other, qos=1)
        assert [int(m.topic[-1]) for m in c.settle() if not m.topic.endswith("other")] == expected


def test_conditions_are_of_one_subscription(sender, members, own, door):
    with join(door) as c:
        c.subscribe(f"{condition('a>1')}/{own}/+", qos=1, id=1)
        c.subscribe(f"{condition('a<3')}/{own}/+", qos=0, id=2)
        c.subscribe(f"$filter/cid={door.get('/auth/info')[0]['cid']}/{own}/+", qos=0, id=3)
        c.subscribe(f"$filter/cid=999999/{own}/+", qos=0, id=4)
        for i, message in enumerate(MESSAGES):
            sender.publish(f"{own}/{i}", json.dumps(message), qos=1)
        came = {m.topic[-1]: (m.qos, sorted(m.properties["subscription_id"])) for m in c.settle()}
        assert came == {"0": (0, [2, 3]), "1": (1, [1, 2, 3]), "2": (0, [3]), "3": (1, [1, 3])}
        assert c.unsubscribe(f"{condition('a>1')}/{own}/+", f"{condition('a>2')}/{own}/+") == [0, 0x11]


def test_another_account_is_asked_for(sender, door, own):
    """As a property of SUBSCRIBE; there is only one."""
    cid = door.get("/auth/info")[0]["cid"]
    with join(door) as c:
        assert c.subscribe(own + "/a", qos=1, user=[("cid", str(cid + 1))]) == [1]
        assert c.subscribe(own + "/b", qos=1, user=[("cid", str(cid))]) == [1]
        for name in "ab":
            sender.publish(f"{own}/{name}", name, qos=1)
        assert payloads(c.settle()) == ["b"]


def test_conditions_hold_for_what_is_retained_too(sender, door, own):
    for i, message in enumerate(MESSAGES):
        sender.publish(f"{own}/{i}", json.dumps(message), qos=1, retain=True)
    with join(door) as c:
        c.subscribe(f"{condition('a>1')}/{own}/#", qos=1)
        assert sorted(m.topic[-1] for m in c.settle()) == ["1", "3"]
    for i in range(len(MESSAGES)):
        sender.publish(f"{own}/{i}", "", qos=1, retain=True)


def test_modified_since(sender, door, own):
    sender.publish(own + "/old", "x", qos=1, retain=True)
    with join(door) as c:
        c.subscribe(own + "/old")
        stamp = float(c.message().user("timestamp")[0])
        while time.time() <= stamp + 0.02:
            time.sleep(0.005)
        sender.publish(own + "/new", "x", qos=1, retain=True)
        for since, expected in ((stamp - 1, ["new", "old"]), (stamp + 0.01, ["new"]), (stamp + 1000, [])):
            assert c.subscribe(f"$filter/modified_since>{since:.6f}/{own}/+", qos=1) == [1]
            assert sorted(m.topic.split("/")[-1] for m in c.settle()) == expected
    for name in ("old", "new"):
        sender.publish(f"{own}/{name}", "", qos=1, retain=True)


def test_several_conditions_and_lists_and_shares(sender, door, own):
    cid = door.get("/auth/info")[0]["cid"]
    two = f"$filter/cid={cid}&payload={urllib.parse.quote('a>1')}"
    with join(door) as c, join(door) as other:
        assert c.subscribe(f"{two}/{own}/1,2,3", qos=1) == [1]
        for one in (c, other):
            assert one.subscribe(f"$share/g/{two}/{own}/+", qos=1, id=9) == [1]
        for i, message in enumerate(MESSAGES):
            sender.publish(f"{own}/{i}", json.dumps(message), qos=1)
        mine, others = c.settle(), other.settle()
        assert [m.topic[-1] for m in mine if "subscription_id" not in m.properties
                or m.properties["subscription_id"] != [9]] in (["1", "3"],)
        shared = [m.topic[-1] for m in mine + others if 9 in m.properties.get("subscription_id", [])]
        assert sorted(shared) == ["1", "3"]


@both
def test_conditions_that_are_none(door, own, version):
    with join(door, "", version) as c:
        for text in ("$filter/", f"$filter/{own}", "$filter/payload=a%3E1", "$filter/payload=a%3E1/",
                     f"$filter/payload=/{own}", f"$filter/payload=a%3E/{own}", f"$filter/payload=%28a/{own}",
                     f"$filter/payload=a%3/{own}", f"$filter/nothing=1/{own}", f"$filter/cid=x/{own}",
                     f"$filter/modified_since>x/{own}", f"$filter/payload=a%3E1/{own}/#/x",
                     f"$filter/payload=a%3E1/$share/g/{own}"):
            assert c.subscribe(text, qos=1) == [REFUSED[version]], text
        c.publish(own, '{"a":2}', qos=1)
        assert c.settle() == []
