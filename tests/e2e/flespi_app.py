"""A page of flespi's web applications Toolbox and TrackIt, as the gateway sees it: REST over HTTPS, MQTT
5.0 over a WebSocket on the same port. Neither matches topics: they give a message to whom its
subscription identifier names, and take what comes before a SUBACK for all that there is."""
import contextlib
import http.client
import json
import re
import ssl
import urllib.parse

import pytest

from mqtt import Client
from trackers import PATIENCE

ORIGIN = "https://toolbox.example"


def component(text):
    """encodeURIComponent() of a browser."""
    return urllib.parse.quote(text, safe="!~*'()")


class App:
    """A page of one of the applications."""

    def __init__(self, gateway, name, keep_alive):
        self.gateway, self.name, self.keep_alive = gateway, f"{name}-1f2e3d4c", keep_alive
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        port = urllib.parse.urlsplit(gateway.https_url).port
        self.rest = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
        self.token, self.region, self.mqtt = "", None, None
        self.filters = {}  # of subscriptions, by identifier
        self.last_id = 0

    def ask(self, method, path, headers):
        self.rest.request(method, path, headers={"Origin": ORIGIN, **headers})
        answer = self.rest.getresponse()
        text = answer.read().decode()
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN), (path, text)
        return answer, text

    def get(self, path, data=None):
        """As axios writes it: a blank as +, and some signs as they are. The result."""
        if data is not None:
            text = urllib.parse.quote(json.dumps(data, separators=(",", ":")), safe=":$,[]!~*'() ")
            path += "?data=" + text.replace(" ", "+")
        answer, _ = self.ask("OPTIONS", path, {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,x-flespi-app"})
        assert answer.status in (200, 204)
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]
        assert {"authorization", "x-flespi-app"} <= set(
            re.split(", *", answer.headers["Access-Control-Allow-Headers"].lower()))
        answer, text = self.ask("GET", path, {"Authorization": self.token, "x-flespi-app": self.name})
        assert answer.status == 200, (path, text)
        return json.loads(text)["result"]

    def refused(self, path, data):
        with pytest.raises(AssertionError, match="errors"):
            self.get(path, data)

    def open(self, token=None):
        """Finds its way to the gateway, and in. Returns the CONNACK."""
        [self.region] = self.get("/auth/regions")
        assert self.region["default"] and self.region["rest"] == self.gateway.https_url
        host, port = self.region["mqtt-ws"].split(":")
        assert host == "127.0.0.1"
        self.token = f"FlespiToken {token or self.gateway.token}"
        self.mqtt = Client(int(port), transport="wss",
                           headers=[f"Origin: {ORIGIN}",
                                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
        return self.mqtt.connect(self.name, username=self.token, keep_alive=self.keep_alive)

    def subscribe(self, topic, rh=0, **options):
        """The messages that came before the SUBACK."""
        self.last_id += 1
        self.filters[self.last_id] = topic
        [code] = self.mqtt.subscribe(topic, id=self.last_id, rh=rh, **options)
        assert code == 0
        before = list(self.mqtt.kept)
        self.mqtt.kept.clear()
        return [self.checked(message) for message in before]

    def unsubscribe(self, topic):
        assert self.mqtt.unsubscribe(topic)[0] in (0, 0x11)
        self.filters = {i: text for i, text in self.filters.items() if text != topic}

    def checked(self, message):
        """What all messages must have: identifiers of the application, and one time."""
        ids = message.properties["subscription_id"]
        assert ids and all(i in self.filters for i in ids), message
        [stamp] = message.user("timestamp")
        # it is compared as a text
        assert re.fullmatch(r"\d{10}(\.\d{1,6})?", stamp), message
        assert message.qos == 0 and "topic_alias" not in message.properties
        return message

    def next(self, count=1):
        return [self.checked(message) for message in self.mqtt.messages(count)]

    def row(self):
        [message] = self.next()
        return json.loads(message.payload)

    def state(self, messages):
        """{id: {field: value}}, as the list of items is made of it."""
        items = {}
        for message in messages:
            *_, item, field = message.topic.split("/")
            if field == "deleted":
                items[int(item)]["deleted"] = True
            elif message.payload:
                items.setdefault(int(item), {})[field] = json.loads(message.payload)
        return items

    def close(self):
        self.rest.close()
        if self.mqtt:
            self.mqtt.close()


@contextlib.contextmanager
def toolbox(gateway, token=None):
    app = App(gateway, "toolbox-1.27.6", 60)
    connack = app.open(token)
    assert connack.code == 0 and not connack.session_present
    # limits what it would read
    assert "maximum_packet" not in connack.properties
    [text] = connack.user("token")
    [info] = app.get("/auth/info")
    assert {**json.loads(text), "accessed": 0} == {**info, "accessed": 0}
    assert info["access"]["type"] in (0, 1, 2)
    yield app
    app.close()


@contextlib.contextmanager
def trackit(gateway):
    app = App(gateway, "track-it-3.1.1", 240)
    assert app.open().code == 0
    yield app
    app.close()
