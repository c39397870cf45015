"""Packets of MQTT 3.1.1 and 5.0, made and read, for tests.

What a server sends is read strictly: a packet that the standard does not allow raises Wrong. What is
made may be anything: bytes are taken where texts belong, and properties that make no sense.

Names of packets are those of the standard ("PUBLISH"), names of properties those of
src/mqtt/properties.def in small letters. Properties are a dict, or a list of (name, value); a value of
"user" is a list of pairs, one of "subscription_id" may be a list."""
import collections
import struct

TYPES = ("CONNECT CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK "
         "PINGREQ PINGRESP DISCONNECT AUTH").split()
NUMBERS = {name: number for number, name in enumerate(TYPES, 1)}

# name: number, kind, the packets of a server that may have it
PROPERTIES = {
    "payload_format": (1, "byte", "PUBLISH"),
    "message_expiry": (2, "four", "PUBLISH"),
    "content_type": (3, "text", "PUBLISH"),
    "response_topic": (8, "text", "PUBLISH"),
    "correlation_data": (9, "bytes", "PUBLISH"),
    "subscription_id": (11, "varint", "PUBLISH"),
    "session_expiry": (17, "four", "CONNACK"),
    "assigned_client_id": (18, "text", "CONNACK"),
    "server_keep_alive": (19, "two", "CONNACK"),
    "auth_method": (21, "text", "CONNACK AUTH"),
    "auth_data": (22, "bytes", "CONNACK AUTH"),
    "request_problem": (23, "byte", ""),
    "will_delay": (24, "four", ""),
    "request_response": (25, "byte", ""),
    "response_info": (26, "text", "CONNACK"),
    "server_reference": (28, "text", "CONNACK DISCONNECT"),
    "reason_string": (31, "text", "CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH"),
    "receive_maximum": (33, "two", "CONNACK"),
    "topic_alias_maximum": (34, "two", "CONNACK"),
    "topic_alias": (35, "two", "PUBLISH"),
    "maximum_qos": (36, "byte", "CONNACK"),
    "retain_available": (37, "byte", "CONNACK"),
    "user": (38, "user", "CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH"),
    "maximum_packet": (39, "four", "CONNACK"),
    "wildcards_available": (40, "byte", "CONNACK"),
    "subscription_ids_available": (41, "byte", "CONNACK"),
    "shared_available": (42, "byte", "CONNACK"),
}
BY_NUMBER = {number: (name, kind, where) for name, (number, kind, where) in PROPERTIES.items()}


class Wrong(AssertionError):
    """The server has sent what it must not."""


# ---- making packets ----

def varint(number):
    out = b""
    while True:
        number, byte = number >> 7, number & 127
        out += bytes([byte | (128 if number else 0)])
        if not number:
            return out


def text(value):
    """A length and the text; bytes are taken as they are."""
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(value)) + value


ENCODERS = {
    "byte": lambda v: struct.pack(">B", v),
    "two": lambda v: struct.pack(">H", v),
    "four": lambda v: struct.pack(">I", v),
    "varint": varint,
    "text": text,
    "bytes": text,
    "user": lambda v: text(v[0]) + text(v[1]),
}


def properties(given):
    """With the length before them. Bytes are taken as they are."""
    if isinstance(given, bytes):
        return varint(len(given)) + given
    out = b""
    for name, value in (given.items() if isinstance(given, dict) else given or []):
        number, kind, _ = PROPERTIES[name]
        for one in value if isinstance(value, list) else [value]:
            out += bytes([number]) + ENCODERS[kind](one)
    return varint(len(out)) + out


def packet(kind, body=b"", flags=None):
    """Any packet; the flags are those that the standard asks for, if no others are given."""
    if flags is None:
        flags = 2 if kind in ("PUBREL", "SUBSCRIBE", "UNSUBSCRIBE") else 0
    return bytes([NUMBERS[kind] << 4 | flags]) + varint(len(body)) + body


Will = collections.namedtuple("Will", "topic payload qos retain properties", defaults=(b"", 0, False, None))


def connect_packet(client_id="", version=5, clean=True, keep_alive=60, username=None, password=None,
                   will=None, props=None, name="MQTT", flags=None):
    if flags is None:
        flags = ((2 if clean else 0) | (128 if username is not None else 0)
                 | (64 if password is not None else 0))
        if will:
            flags |= 4 | will.qos << 3 | (32 if will.retain else 0)
    body = text(name) + bytes([version, flags]) + struct.pack(">H", keep_alive)
    if version == 5:
        body += properties(props)
    body += text(client_id)
    if will:
        body += properties(will.properties) if version == 5 else b""
        body += text(will.topic) + text(will.payload)
    for given in (username, password):
        body += text(given) if given is not None else b""
    return packet("CONNECT", body)


def publish_packet(topic, payload=b"", qos=0, retain=False, packet_id=0, version=5, props=None, dup=False):
    body = text(topic) + (struct.pack(">H", packet_id) if qos else b"")
    body += properties(props) if version == 5 else b""
    body += payload.encode() if isinstance(payload, str) else payload
    return packet("PUBLISH", body, qos << 1 | (1 if retain else 0) | (8 if dup else 0))


def subscribe_packet(packet_id, filters, version=5, props=None):
    """`filters` are pairs of a filter and its byte of options."""
    body = struct.pack(">H", packet_id) + (properties(props) if version == 5 else b"")
    return packet("SUBSCRIBE", body + b"".join(text(f) + bytes([options]) for f, options in filters))


def unsubscribe_packet(packet_id, filters, version=5, props=None):
    body = struct.pack(">H", packet_id) + (properties(props) if version == 5 else b"")
    return packet("UNSUBSCRIBE", body + b"".join(map(text, filters)))


def ack_packet(kind, packet_id, code=None, props=None):
    """PUBACK to PUBCOMP; without a code in the short form, which is that of 3.1.1 too."""
    body = struct.pack(">H", packet_id)
    if code is not None:
        body += bytes([code]) + properties(props)
    return packet(kind, body)


def disconnect_packet(code=None, props=None):
    """Without a code: two bytes, as in 3.1.1."""
    return packet("DISCONNECT", b"" if code is None else bytes([code]) + properties(props))


# ---- reading them ----

class Packet:
    """What came. Members by type:

    CONNACK     session_present, code
    PUBLISH     topic, payload, qos, retain, dup, packet_id (None with QoS 0)
    PUBACK ...  packet_id, code
    SUBACK      packet_id, codes; so has UNSUBACK, where 3.1.1 has none: []
    DISCONNECT  code

    and `properties`, {} where there are none: "user" is a list of pairs, "subscription_id" a list."""

    def __init__(self, kind, **members):
        self.type = kind
        self.properties = {}
        self.__dict__.update(members)

    def user(self, name):
        """The values of user properties of this name."""
        return [value for key, value in self.properties.get("user", []) if key == name]

    def __repr__(self):
        return "<%s>" % " ".join(str(v) if k == "type" else f"{k}={v!r}" for k, v in self.__dict__.items())


class Reader:
    """Takes the body of a packet apart."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Wrong(f"a packet is too short: {self.data!r}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def varint(self):
        number = 0
        for shift in (0, 7, 14, 21):
            byte = self.number(1)
            number |= (byte & 127) << shift
            if byte < 128:
                if shift and not byte:
                    raise Wrong("a number is longer than needed")
                return number
        raise Wrong("a number has more than four bytes")

    def text(self):
        value = self.take(self.number(2))
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise Wrong(f"not UTF-8: {value!r}") from None
        if "\0" in value:
            raise Wrong(f"a text holds NUL: {value!r}")
        return value

    def rest(self):
        return self.take(len(self.data) - self.at)

    def property(self, kind):
        if kind == "user":
            return self.text(), self.text()
        if kind == "bytes":
            return self.take(self.number(2))
        if kind in ("text", "varint"):
            return getattr(self, kind)()
        return self.number({"byte": 1, "two": 2, "four": 4}[kind])

    def properties(self, packet_type):
        out = {}
        inner = Reader(self.take(self.varint()))
        while inner.at < len(inner.data):
            number = inner.varint()
            if number not in BY_NUMBER:
                raise Wrong(f"there is no property {number}")
            name, kind, where = BY_NUMBER[number]
            if packet_type not in where.split():
                raise Wrong(f"{packet_type} must not have {name}")
            value = inner.property(kind)
            if name in ("user", "subscription_id"):
                out.setdefault(name, []).append(value)
            elif name in out:
                raise Wrong(f"{packet_type} has {name} twice")
            else:
                out[name] = value
            if (name in ("subscription_id", "receive_maximum", "topic_alias", "maximum_packet")
                    and value == 0) or (kind == "byte" and value > 1):
                raise Wrong(f"{name} is {value}")
        return out


CODES = {
    "CONNACK": [0, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 140, 144, 149, 151, 153, 154,
                155, 156, 157, 159],
    "PUBACK": [0, 16, 128, 131, 135, 144, 145, 151, 153],
    "PUBREC": [0, 16, 128, 131, 135, 144, 145, 151, 153],
    "PUBREL": [0, 146],
    "PUBCOMP": [0, 146],
    "SUBACK": [0, 1, 2, 128, 131, 135, 143, 145, 151, 158, 161, 162],
    "UNSUBACK": [0, 17, 128, 131, 135, 143, 145],
    "DISCONNECT": [0, 128, 129, 130, 131, 135, 137, 139, 141, 142, 143, 144, 147, 148, 149, 150, 151, 152,
                   153, 154, 155, 156, 157, 158, 159, 160, 161, 162],
    "AUTH": [0, 24, 25],
}


def read_packet(first, body, version):
    """The Packet of a first byte and a body."""
    kind, flags, reader = TYPES[(first >> 4) - 1] if first >> 4 else "0", first & 15, Reader(body)
    members = {}
    if kind not in PARSERS or (version < 5 and kind in ("DISCONNECT", "AUTH")):
        raise Wrong(f"a server does not send {kind}")
    if kind != "PUBLISH" and flags != (2 if kind == "PUBREL" else 0):
        raise Wrong(f"{kind} has the flags {flags}")
    members = PARSERS[kind](reader, flags, version)
    if reader.at != len(body):
        raise Wrong(f"{kind} is too long: {body!r}")
    allowed = CODES.get(kind) if version == 5 else {"CONNACK": range(6), "SUBACK": (0, 1, 2, 128)}.get(kind)
    codes = members.get("codes", [members["code"]] if "code" in members else [])
    if allowed and any(code not in allowed for code in codes):
        raise Wrong(f"{kind} has a code that it must not have: {codes}")
    if members.get("packet_id") == 0:
        raise Wrong(f"{kind} has the packet identifier 0")
    return Packet(kind, **members)


def read_connack(reader, _, version):
    flags, code = reader.number(1), reader.number(1)
    if flags > 1 or (flags and code):
        raise Wrong(f"CONNACK has the flags {flags} and the code {code}")
    return {"session_present": bool(flags), "code": code,
            "properties": reader.properties("CONNACK") if version == 5 else {}}


def read_publish(reader, flags, version):
    topic, qos = reader.text(), flags >> 1 & 3
    if qos == 3 or (not qos and flags & 8) or "+" in topic or "#" in topic:
        raise Wrong(f"PUBLISH of {topic!r} with the flags {flags}")
    packet_id = reader.number(2) if qos else None
    props = reader.properties("PUBLISH") if version == 5 else {}
    if not topic and "topic_alias" not in props:
        raise Wrong("PUBLISH has no topic")
    return {"topic": topic, "payload": reader.rest(), "qos": qos, "retain": bool(flags & 1),
            "dup": bool(flags & 8), "packet_id": packet_id, "properties": props}


def read_ack(kind):
    def read(reader, _, version):
        members = {"packet_id": reader.number(2), "code": 0}
        if version == 5 and reader.at < len(reader.data):
            members["code"] = reader.number(1)
            if reader.at < len(reader.data):
                members["properties"] = reader.properties(kind)
        return members
    return read


def read_suback(reader, _, version):
    members = {"packet_id": reader.number(2)}
    if version == 5:
        members["properties"] = reader.properties("SUBACK")
    codes = list(reader.rest())
    if not codes:
        raise Wrong("SUBACK has no codes")
    return {**members, "codes": codes}


def read_unsuback(reader, _, version):
    members = {"packet_id": reader.number(2), "codes": []}
    if version == 5:
        members["properties"] = reader.properties("UNSUBACK")
        members["codes"] = list(reader.rest())
        if not members["codes"]:
            raise Wrong("UNSUBACK has no codes")
    return members


def read_end(kind):
    def read(reader, *_):
        members = {"code": 0}
        if reader.data:
            members["code"] = reader.number(1)
            if reader.at < len(reader.data):
                members["properties"] = reader.properties(kind)
        return members
    return read


PARSERS = {
    "CONNACK": read_connack, "PUBLISH": read_publish, "SUBACK": read_suback, "UNSUBACK": read_unsuback,
    **{kind: read_ack(kind) for kind in ("PUBACK", "PUBREC", "PUBREL", "PUBCOMP")},
    "PINGRESP": lambda *_: {}, "DISCONNECT": read_end("DISCONNECT"), "AUTH": read_end("AUTH"),
}
