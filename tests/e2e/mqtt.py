"""A client of MQTT 3.1.1 and 5.0 for tests, over any transport of mqtt_transport.py. It reads strictly
and sends what it is told to; see mqtt_packets.py for names, properties and the members of packets."""
import collections
import time
import urllib.parse

from mqtt_packets import (Reader, Will, Wrong, ack_packet, connect_packet, disconnect_packet, packet,  # noqa: F401
                          properties, publish_packet, read_packet, subscribe_packet, text,
                          unsubscribe_packet, varint)
from mqtt_transport import PATIENCE, Plain, Silence, WebSocket


class Client:
    """One connection. `auto_ack`: what comes with QoS 1 is acknowledged as it is read."""

    def __init__(self, port, version=5, transport="tcp", auto_ack=True, **of_transport):
        tls = transport in ("tls", "wss")
        kind = WebSocket if transport in ("ws", "wss") else Plain
        self.version, self.auto_ack = version, auto_ack
        self.transport = kind(port, tls=tls, **of_transport)
        self.raw = b""  # read, not yet a packet
        self.kept = collections.deque()  # packets that a method has read and that were not for it
        self.is_ended = False  # the server has closed
        self.connack = None
        self.packet_max = None  # what the server was told with CONNECT
        self.last_id = 0

    def send(self, data):
        self.transport.send(data)

    def _read(self, seconds):
        """The next packet off the connection, or None at its end."""
        end = time.monotonic() + seconds
        while True:
            found = self._cut()
            if found:
                return found
            part = b"" if self.is_ended else self.transport.receive(end - time.monotonic())
            if not part:
                self.is_ended = True
                if self.raw:
                    raise Wrong(f"the connection ended within a packet: {self.raw!r}")
                return None
            self.raw += part

    def _cut(self):
        for size in (1, 2, 3, 4):
            if len(self.raw) <= size:
                return None
            if self.raw[size] < 128:
                break
        length, head = Reader(self.raw[1:]).varint(), 1 + size
        if self.packet_max and head + length > self.packet_max:
            raise Wrong(f"a packet of {head + length} bytes, and {self.packet_max} was said to be the most")
        if len(self.raw) < head + length:
            return None
        first, body, self.raw = self.raw[0], self.raw[head:head + length], self.raw[head + length:]
        return read_packet(first, body, self.version)

    def _receive(self, seconds):
        found = self._read(seconds)
        if found and found.type == "PUBLISH" and found.qos and self.auto_ack:
            self.ack(found)
        return found

    def next(self, seconds=PATIENCE):
        """The next packet, whatever it is; None: the server has closed. Raises Silence."""
        return self.kept.popleft() if self.kept else self._receive(seconds)

    def _await(self, is_it, seconds=PATIENCE):
        """The next packet that is_it(); others are kept for next(). Raises when the server closes."""
        end = time.monotonic() + seconds
        for found in list(self.kept):
            if is_it(found):
                self.kept.remove(found)
                return found
        while True:
            found = self._receive(end - time.monotonic())
            if found is None or found.type == "DISCONNECT":
                raise Wrong(f"the server ended the connection: {found}; before: {list(self.kept)}")
            if is_it(found):
                return found
            self.kept.append(found)

    def _answer(self, kind, packet_id):
        return self._await(lambda p: p.type == kind and p.packet_id == packet_id)

    def new_id(self):
        self.last_id = self.last_id % 65535 + 1
        return self.last_id

    def connect(self, client_id="", **options):
        """Options are those of connect_packet(). Returns the CONNACK, or None: the server closed."""
        if self.version == 5:
            self.packet_max = dict(options.get("props") or {}).get("maximum_packet")
        self.send(connect_packet(client_id, **{"version": self.version, **options}))
        self.connack = self.next()
        if self.connack and self.connack.type != "CONNACK":
            raise Wrong(f"the first packet of a server is {self.connack}")
        return self.connack

    def subscribe(self, *filters, qos=0, nl=False, rap=False, rh=0, id=None, user=(), props=None):
        """Filters are texts, or pairs of a text and a QoS; the rest is the same for all. Returns the
        codes. Packets that came before them are kept."""
        options = rh << 4 | (8 if rap else 0) | (4 if nl else 0)
        pairs = [(f, options | qos) if isinstance(f, (str, bytes)) else (f[0], options | f[1]) for f in filters]
        props = list((props or {}).items()) + [("user", list(user))]
        if id is not None:
            props.append(("subscription_id", id))
        packet_id = self.new_id()
        self.send(subscribe_packet(packet_id, pairs, self.version, props))
        codes = self._answer("SUBACK", packet_id).codes
        if len(codes) != len(pairs):
            raise Wrong(f"{len(pairs)} filters, {len(codes)} codes")
        return codes

    def unsubscribe(self, *filters, props=None):
        packet_id = self.new_id()
        self.send(unsubscribe_packet(packet_id, filters, self.version, props))
        codes = self._answer("UNSUBACK", packet_id).codes
        if len(codes) != (len(filters) if self.version == 5 else 0):
            raise Wrong(f"{len(filters)} filters, {len(codes)} codes")
        return codes

    def publish(self, topic, payload=b"", qos=0, retain=False, props=None, dup=False, wait=True):
        """With QoS 1 the PUBACK, or, not to wait for it, the packet identifier."""
        packet_id = self.new_id() if qos else 0
        self.send(publish_packet(topic, payload, qos, retain, packet_id, self.version, props, dup))
        if not qos or not wait:
            return packet_id or None
        return self._answer("PUBACK", packet_id)

    def ack(self, message, code=None):
        self.send(ack_packet("PUBACK", message.packet_id, code))

    def ping(self):
        """Waits for the answer."""
        self.send(packet("PINGREQ"))
        self._await(lambda p: p.type == "PINGRESP")

    def messages(self, count, seconds=PATIENCE):
        """The next `count` messages; nothing else may come before them."""
        out, end = [], time.monotonic() + seconds
        while len(out) < count:
            try:
                found = self.next(end - time.monotonic())
            except Silence:
                raise Silence(f"{count} messages expected, in time came {out}") from None
            if found is None or found.type != "PUBLISH":
                raise Wrong(f"{count} messages expected, but {found} came after {out}")
            out.append(found)
        return out

    def message(self, seconds=PATIENCE):
        return self.messages(1, seconds)[0]

    def settle(self):
        """The messages that the server has sent to us up to now: it answers a ping behind them."""
        self.ping()
        out = [p for p in self.kept if p.type == "PUBLISH"]
        self.kept = collections.deque(p for p in self.kept if p.type != "PUBLISH")
        return out

    def end(self, seconds=PATIENCE):
        """Waits until the server closes. The code of its DISCONNECT, or None: it sent none. What came
        before is in `kept`."""
        until, code = time.monotonic() + seconds, None
        for found in self.kept:
            code = found.code if found.type == "DISCONNECT" else code
        while (found := self._receive(until - time.monotonic())) is not None:
            if code is not None:
                raise Wrong(f"{found} after DISCONNECT")
            if found.type == "DISCONNECT":
                code = found.code
            else:
                self.kept.append(found)
        self.close()
        return code

    def disconnect(self, code=None, props=None):
        """Says so, and waits until the server closes."""
        self.send(disconnect_packet(code, props))
        try:
            return self.end()
        finally:
            self.close()

    def close(self):
        """As if the connection were lost."""
        self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def port_of(gateway, transport):
    """Of a harness.Gateway."""
    if transport in ("ws", "wss"):
        return urllib.parse.urlsplit(gateway.url if transport == "ws" else gateway.https_url).port
    return gateway.mqtt_port if transport == "tcp" else gateway.mqtts_port


def dial(gateway, version=5, transport="tcp", **options):
    """A Client of the gateway that has said nothing yet."""
    return Client(port_of(gateway, transport), version, transport, **options)


def join(gateway, client_id="", version=5, transport="tcp", auto_ack=True, of_transport=None, **options):
    """A Client that is connected, by the master token if no `username` says otherwise."""
    client = dial(gateway, version, transport, auto_ack=auto_ack, **(of_transport or {}))
    options.setdefault("username", gateway.token)
    connack = client.connect(client_id, **options)
    if connack is None or connack.code:
        client.close()
        raise Wrong(f"the server refused: {connack}")
    return client
