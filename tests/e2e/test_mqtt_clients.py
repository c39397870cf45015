"""MQTT with clients that others wrote: mosquitto's, Eclipse Paho's, MQTT.js."""
import json
import queue
import signal
import subprocess

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from commanding import Device
from harness import ROOT, Gateway
from mqtt import PATIENCE, join, port_of
from trackers import Tracker, heartbeat, wait_for

both = pytest.mark.parametrize("version", (4, 5))


@pytest.fixture(scope="module")
def door():
    with Gateway(args=["--mqtts", "127.0.0.1:0", "--https", "127.0.0.1:0"]) as g:
        yield g


@pytest.fixture
def device(door):
    return Device(door)


def sessions(door, client_id):
    return [s for s in door.get("/mqtt/sessions/all") if s["client_id"] == client_id and s["connected"]]


# ---- mosquitto_sub, mosquitto_pub, mosquitto_rr ----

def arguments(door, version, tls=False):
    out = ["-h", "127.0.0.1", "-p", str(port_of(door, "tls" if tls else "tcp")), "-u", door.token,
           "-V", "5" if version == 5 else "311"]
    return out + (["--cafile", str(door.data / "https.crt"), "--insecure"] if tls else [])


class Sub:
    """mosquitto_sub, which has subscribed when this returns."""

    def __init__(self, door, name, *args, version=5, tls=False):
        self.process = subprocess.Popen(
            ["mosquitto_sub", *arguments(door, version, tls), "-i", name, *args], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        wait_for(lambda: any(s["subscriptions"] for s in sessions(door, name)))

    def lines(self):
        """What it has printed, when it has ended."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert (self.process.returncode, err) == (0, ""), (out, err)
        return out.splitlines()


def pub(door, *args, version=5, tls=False, **options):
    done = subprocess.run(["mosquitto_pub", *arguments(door, version, tls), *args], capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    assert (done.returncode, done.stderr) == (0, ""), done


@pytest.mark.parametrize("tls", (False, True), ids=("tcp", "tls"))
@both
def test_mosquitto(door, own, device, version, tls):
    """What is retained, what a tracker says, what another publishes."""
    sub = Sub(door, own, "-t", f"flespi/state/gw/devices/{device.id}/name", "-t", f"flespi/message/gw/devices/{device.id}",
              "-t", own + "/#", "-q", "1", "-C", "5", "-F", "%r %q %t %p", version=version, tls=tls)
    tracker = Tracker(door)
    tracker.ask(heartbeat(device.ident, 42))
    pub(door, "-t", own + "/a", "-m", "hello", "-q", "1", version=version, tls=tls)
    pub(door, "-t", own + "/b", "-l", "-q", "1", input="one\ntwo\n", version=version, tls=tls)
    lines = sub.lines()
    assert lines[0] == f'1 1 flespi/state/gw/devices/{device.id}/name "{door.get(device.path)[0]["name"]}"'
    head, message = lines[1].split(" {", 1)
    assert head == f"0 1 flespi/message/gw/devices/{device.id}"
    assert json.loads("{" + message) == door.get(device.path + "/messages")[0]
    assert lines[2:] == [f"0 1 {own}/a hello", f"0 1 {own}/b one", f"0 1 {own}/b two"]
    tracker.close()


@both
def test_mosquitto_comes_back(door, own, version):
    """It subscribes and leaves; what comes meanwhile waits for it."""
    args = ["mosquitto_sub", *arguments(door, version), "-i", own, "-c", "-q", "1", "-t", own + "/#",
            *(["-x", "60"] if version == 5 else [])]
    subprocess.run([*args, "-E"], check=True, timeout=PATIENCE)
    pub(door, "-t", own + "/a", "-l", "-q", "1", input="".join(f"{i}\n" for i in range(50)), version=version)
    done = subprocess.run([*args, "-C", "50"], check=True, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.split() == [str(i) for i in range(50)]


@both
def test_mosquitto_leaves_a_will(door, own, version):
    with join(door) as c:
        c.subscribe(own)
        sub = Sub(door, own, "-t", "nothing", "--will-topic", own, "--will-payload", "killed", "--will-qos", "1", version=version)
        sub.process.send_signal(signal.SIGKILL)
        assert c.message().payload == b"killed"
        sub.process.communicate()


def test_mosquitto_asks_and_is_answered(door, own):
    """mosquitto_rr: a response topic and what is to be sent along."""
    with join(door) as c:
        c.subscribe(own + "/ask", qos=1)
        rr = subprocess.Popen(["mosquitto_rr", *arguments(door, 5), "-t", own + "/ask", "-e", own + "/answer", "-q", "1",
                               "-m", "how much?", "-D", "publish", "correlation-data", "x7"], stdout=subprocess.PIPE, text=True)
        asked = c.message()
        assert (asked.payload, asked.properties["correlation_data"]) == (b"how much?", b"x7")
        c.publish(asked.properties["response_topic"], "42", qos=1, props={"correlation_data": asked.properties["correlation_data"]})
        assert rr.communicate(timeout=PATIENCE)[0] == "42\n"
        assert rr.returncode == 0


@both
def test_mosquitto_shares(door, own, version):
    subs = [Sub(door, f"{own}{i}", "-t", f"$share/g/{own}", "-q", "1", "-C", "10", version=version) for i in range(2)]
    pub(door, "-t", own, "-l", "-q", "1", input="".join(f"{i}\n" for i in range(20)), version=version)
    lines = [sub.lines() for sub in subs]
    assert sorted(map(int, sum(lines, []))) == list(range(20))


@both
def test_mosquitto_is_refused(door, version):
    for extra, said in ((["-u", "wrong"], "bad user name or password"), ([], None)):
        done = subprocess.run(["mosquitto_pub", *arguments(door, version), *extra, "-t", "a", "-m", "x"], capture_output=True,
                              text=True, timeout=PATIENCE)
        assert (said is None) == (done.returncode == 0)
        assert not said or said in done.stderr.lower()


# ---- Paho ----

class Paho:
    """A paho client with its loop in a thread; what it is told comes out of queues."""

    def __init__(self, door, name, version, transport, clean=True, expiry=600):
        self.version = version
        words = {"clean_session": clean} if version == 4 else {}
        self.client = paho.Client(name, protocol=paho.MQTTv5 if version == 5 else paho.MQTTv311,
                                  transport="websockets" if transport in ("ws", "wss") else "tcp", **words)
        if transport in ("ws", "wss"):
            self.client.ws_set_options(path="/")
        if transport in ("tls", "wss"):
            self.client.tls_set(ca_certs=str(door.data / "https.crt"))
            self.client.tls_insecure_set(True)
        self.client.username_pw_set("FlespiToken " + door.token)
        self.connacks, self.messages, self.done = queue.Queue(), queue.Queue(), queue.Queue()
        self.client.on_connect = lambda client, data, flags, code, props=None: self.connacks.put((flags, code, props))
        self.client.on_message = lambda client, data, message: self.messages.put(message)
        self.client.on_subscribe = lambda client, data, mid, codes, props=None: self.done.put(codes)
        self.client.on_unsubscribe = lambda client, data, mid, *_: self.done.put(mid)
        options = {}
        if version == 5:
            props = Properties(PacketTypes.CONNECT)
            props.SessionExpiryInterval = expiry
            options = {"clean_start": clean, "properties": props}
        self.client.connect("127.0.0.1", port_of(door, transport), 60, **options)
        self.client.loop_start()
        self.flags, self.code, self.props = self.connacks.get(timeout=PATIENCE)

    def subscribe(self, *pairs):
        if self.version == 5:
            pairs = [(topic, paho.SubscribeOptions(qos=qos)) for topic, qos in pairs]
        self.client.subscribe(list(pairs))
        return [getattr(code, "value", code) for code in self.done.get(timeout=PATIENCE)]

    def publish(self, *args, **words):
        self.client.publish(*args, **words).wait_for_publish(PATIENCE)

    def receive(self, count):
        return [self.messages.get(timeout=PATIENCE) for _ in range(count)]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.mark.parametrize("transport", ("tcp", "tls", "ws", "wss"))
@both
def test_paho(door, own, device, version, transport):
    c = Paho(door, own, version, transport)
    assert c.code == 0 and not c.flags["session present"]
    if version == 5:
        assert json.loads(dict(c.props.UserProperty)["token"])["id"] == door.get("/auth/info")[0]["id"]
    assert c.subscribe((own + "/#", 1), (f"flespi/state/gw/devices/{device.id}/name", 0), (f"flespi/message/gw/devices/{device.id}", 1)) == [1, 0, 1]
    [name] = c.receive(1)
    assert name.retain and json.loads(name.payload) == door.get(device.path)[0]["name"]
    tracker = Tracker(door)
    tracker.ask(heartbeat(device.ident, 7))
    [message] = c.receive(1)
    assert json.loads(message.payload) == door.get(device.path + "/messages")[0]
    for qos, payload in ((0, b"x"), (1, b""), (1, bytes(range(256)) * 700)):
        c.publish(own + "/a", payload, qos)
        [message] = c.receive(1)
        assert (message.topic, message.payload, message.qos, message.retain) == (own + "/a", payload, qos, False)
        if version == 5:
            assert dict(message.properties.UserProperty)["cid"] == "1"
    c.client.unsubscribe([own + "/#", "never"])
    c.done.get(timeout=PATIENCE)
    c.publish(own + "/a", b"unheard", 1)
    c.close()
    assert c.messages.empty()
    tracker.close()


@pytest.mark.parametrize("transport", ("tcp", "ws"))
@both
def test_paho_comes_back(door, own, version, transport):
    c = Paho(door, own, version, transport, clean=False)
    assert c.subscribe((own + "/#", 1)) == [1]
    c.close()
    other = Paho(door, own + "other", version, transport)
    for i in range(30):
        other.publish(own + "/a", str(i), 1)
    other.close()
    c = Paho(door, own, version, transport, clean=False)
    assert c.flags["session present"]
    assert [m.payload for m in c.receive(30)] == [b"%d" % i for i in range(30)]
    c.close()


# ---- MQTT.js ----

TALKS = [(version, transport) for version in (4, 5) for transport in ("tcp", "tls", "ws", "wss")]


@pytest.fixture(scope="module")
def talks(door):
    """(device, what came in each of the conversations), which are held at once."""
    device = Device(door)
    schemes = {"tcp": "mqtt", "tls": "mqtts"}
    told = subprocess.run(
        ["node", ROOT / "tests" / "node" / "mqtt-talk.mjs", door.token, str(device.id), json.dumps([
            {"url": f"{schemes.get(transport, transport)}://127.0.0.1:{port_of(door, transport)}", "version": version,
             "own": f"js{version}{transport}"} for version, transport in TALKS])],
        capture_output=True, text=True, timeout=2 * PATIENCE)
    assert (told.returncode, told.stderr) == (0, ""), told
    return device, dict(zip(TALKS, json.loads(told.stdout)))


@pytest.mark.parametrize("version, transport", TALKS)
def test_mqtt_js(door, talks, version, transport):
    device, own = talks[0], f"js{version}{transport}"
    told = talks[1][version, transport]
    assert told["present"] is False and told["granted"] == [1, 1]
    ids = [5] if version == 5 else []
    assert sorted((m["topic"].split("/")[-1], m["payload"], m["retain"], m["ids"]) for m in told["state"]) == [
        ("id", str(device.id), True, ids), ("name", json.dumps(door.get(device.path)[0]["name"]), True, ids)]
    kept, quick, large = told["messages"]
    assert (kept["payload"], kept["qos"], kept["retain"], kept["ids"]) == ("ü", 1, version == 5, ids)
    assert (quick["payload"], quick["qos"]) == ("", 0) and (large["payload"], large["qos"]) == (200000, 1)
    if version == 5:
        assert json.loads(told["token"])["id"] == door.get("/auth/info")[0]["id"]
        assert (kept["type"], kept["answer"], kept["data"]) == ("text/plain", own + "/answer", "7")
        assert {k: v for k, v in kept["user"].items() if k in "ab"} == {"a": "1", "b": ["2", "3"]}
        assert set(kept["user"]) == {"a", "b", "timestamp", "cid"}
        assert told["again"] and told["away"] == [str(i) for i in range(25)]
    else:
        assert not told["again"]
