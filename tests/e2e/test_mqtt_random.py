"""MQTT: clients that do anything in any order, and a model of what each must get.

The seed is printed; MQTT_SEED=N asks for the same again."""
import itertools
import os
import random


from mqtt import join

LEVELS = ("a", "b", "c")
STEPS = 700


def matches(filter_, topic):
    wanted, given = filter_.split("/"), topic.split("/")
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(given) or (level != "+" and given[i] not in level.split(",")):
            return False
    return len(wanted) == len(given)


class Session:
    """What the server has to know of a client, and its connection."""

    def __init__(self, world, name, version):
        self.world, self.name, self.version = world, name, version
        self.client = None
        self.filters = {}  # filter: options
        self.due = []      # what it must get, and has not yet
        self.owed = []     # what it has got with QoS 1 and not acknowledged
        self.expiry = 0

    def connect(self, clean, expiry):
        was_there = (self.client is not None and self.expiry) or (self.client is None and self.expiry)
        present = bool(was_there) and not clean
        old = self.client
        self.client = join(self.world.door, self.name, self.version, clean=clean,
                           auto_ack=self.world.rng.random() < 0.7,
                           props={"session_expiry": expiry} if expiry else None)
        assert self.client.connack.session_present == present, (clean, expiry)
        if old:
            assert old.end() == (0x8E if self.version == 5 else None)
        if old:
            self.lose()
        if not present:
            self.filters, self.due = {}, []
        # in 3.1.1 a session that is not clean outlives its connection
        self.expiry = expiry if self.version == 5 else (0 if clean else 600)
        self.check()

    def lose(self):
        """The connection is gone: what it owes comes again, marked, before all else."""
        self.due = [(*message[:-1], True) for message in self.owed] + self.due
        self.owed = []

    def leave(self, how):
        if how == "disconnect":
            self.client.disconnect()
        else:
            self.client.transport.socket.shutdown(1)
            self.client.end()
        self.client = None
        self.lose()
        if not self.expiry:
            self.filters, self.due = {}, []

    def offer(self, sender, topic, payload, qos, retain):
        fitting = [o for f, o in self.filters.items() if matches(f, topic)]
        heard = [o for o in fitting if not (o["nl"] and sender is self)]
        if not heard:
            return False
        level = min(qos, max(o["qos"] for o in heard))
        if self.client is None and not level:
            return True
        ids = sorted(o["id"] for o in heard if o["id"]) if self.version == 5 else []
        flag = retain and any(o["rap"] for o in heard)
        self.due.append((topic, payload, level, flag, ids, False))
        return True

    def subscribe(self, filter_, options):
        is_new = filter_ not in self.filters
        if self.version == 4:
            options = {"qos": options["qos"], "id": None, "nl": False, "rap": False, "rh": 0}
        self.filters[filter_] = options
        words = {"rh": options["rh"], "nl": options["nl"], "rap": options["rap"], "id": options["id"]} \
            if self.version == 5 else {}
        assert self.client.subscribe((filter_, options["qos"]), **words) == [options["qos"]]
        came = [p for p in self.client.kept if p.type == "PUBLISH"]
        self.client.kept.clear()
        expected = []
        if options["rh"] == 0 or (options["rh"] == 1 and is_new):
            expected = [(topic, payload, min(qos, options["qos"]), True, [options["id"]] if options["id"] else [], False)
                        for topic, (payload, qos) in self.world.retained.items() if matches(filter_, topic)]
        assert sorted(map(self.seen, came)) == sorted(expected), (filter_, options)
        self.remember(came)

    def unsubscribe(self, filter_):
        codes = self.client.unsubscribe(filter_)
        assert codes == ([] if self.version == 4 else [0 if filter_ in self.filters else 0x11])
        self.filters.pop(filter_, None)

    def seen(self, m):
        return (m.topic, m.payload.decode(), m.qos, m.retain, sorted(m.properties.get("subscription_id", [])),
                m.dup)

    def remember(self, messages):
        if not self.client.auto_ack:
            self.owed += [self.seen(m) for m in messages if m.qos]

    def check(self):
        """What has come is what was due, in its order."""
        if self.client:
            came = self.client.settle()
            assert [self.seen(m) for m in came] == self.due, self.name
            self.remember(came)
            self.due = []


class World:
    def __init__(self, door, own, rng):
        self.door, self.own, self.rng = door, own, rng
        self.retained = {}  # topic: (payload, qos)
        self.sessions = [Session(self, f"{own}-{i}", 4 + i % 2) for i in range(6)]
        self.numbers = itertools.count()

    def topic(self):
        return "/".join([self.own] + [self.rng.choice(LEVELS) for _ in range(self.rng.randint(1, 3))])

    def filter(self):
        levels = [self.rng.choice(LEVELS + ("+", "a,b", "b,c,a")) for _ in range(self.rng.randint(0, 3))]
        return "/".join([self.own] + levels + (["#"] if self.rng.random() < 0.3 or not levels else []))

    def publish(self, sender):
        topic, qos, retain = self.topic(), self.rng.randint(0, 1), self.rng.random() < 0.3
        payload = "" if retain and self.rng.random() < 0.3 else str(next(self.numbers))
        heard = [s.offer(sender, topic, payload, qos, retain) for s in self.sessions]
        if retain and payload:
            self.retained[topic] = (payload, qos)
        elif retain:
            self.retained.pop(topic, None)
        ack = sender.client.publish(topic, payload, qos, retain)
        if qos and sender.version == 5:
            assert ack.code == (0 if any(heard) else 0x10)
        sender.client.ping()

    def step(self):
        rng = self.rng
        s = rng.choice(self.sessions)
        act = rng.random()
        if s.client is None or act < 0.06:
            s.connect(rng.random() < 0.3, rng.choice((0, 600)))
        elif act < 0.14:
            s.leave(rng.choice(("disconnect", "lost")))
        elif act < 0.40:
            s.subscribe(self.filter(), {"qos": rng.randint(0, 1), "id": rng.choice((None, 1, 2, 268435455)),
                                        "nl": rng.random() < 0.2, "rap": rng.random() < 0.3, "rh": rng.randint(0, 2)})
        elif act < 0.52:
            known = list(s.filters) or [self.filter()]
            s.unsubscribe(rng.choice(known + [self.filter()]))
        else:
            self.publish(s)
        for session in self.sessions:
            session.check()


def test_whatever_they_do(door, own):
    seed = int(os.environ.get("MQTT_SEED") or random.randrange(1 << 32))
    print(f"MQTT_SEED={seed}")
    world = World(door, own, random.Random(seed))
    for _ in range(STEPS):
        world.step()
    for s in world.sessions:
        if s.client:
            s.client.close()
