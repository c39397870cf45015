"""What MQTT travels over, for tests: TCP, TLS (no certificate is checked) and WebSocket. A transport has
send(bytes), receive(seconds) -> some bytes, b"" at the end, and close()."""
import base64
import hashlib
import os
import socket
import ssl
import struct
import time

from mqtt_packets import Wrong

PATIENCE = 20  # seconds until a test gives up; nothing waits so long when all is well


class Silence(AssertionError):
    """Nothing came in time."""


class Plain:
    """TCP, or TLS over it."""

    def __init__(self, port, tls=False, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:  # before connecting: it decides the window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, data):
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(data)

    def receive(self, seconds):
        self.socket.settimeout(max(seconds, 0.001))
        try:
            return self.socket.recv(65536)
        except (socket.timeout, ssl.SSLWantReadError):
            raise Silence("nothing came") from None
        except (ConnectionError, ssl.SSLError):
            return b""

    def close(self):
        self.socket.close()


class WebSocket(Plain):
    """The frames of RFC 6455 on top; `early` are bytes of MQTT that go out together with the request.
    `status` and `headers` (small letters) are of the server's answer; where it is not 101, `refusal` is
    what followed."""

    def __init__(self, port, tls=False, receive_bytes=None, path="/", subprotocol="mqtt", early=b"",
                 headers=()):
        super().__init__(port, tls, receive_bytes)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                 *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []), *headers]
        super().send("\r\n".join([*lines, "", ""]).encode() + (self.frame(early) if early else b""))
        self.raw, self.closed = b"", None  # closed: the code in the server's close frame
        while b"\r\n\r\n" not in self.raw:
            part = super().receive(PATIENCE)
            if not part:
                raise Wrong(f"the server closed: {self.raw!r}")
            self.raw += part
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        first, *rest = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in rest)}
        if self.status == 101:
            self._check(key, subprotocol)

    def _check(self, key, subprotocol):
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        expected = base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()
        if (self.headers.get("sec-websocket-accept") != expected
                or self.headers.get("sec-websocket-protocol") != subprotocol
                or "sec-websocket-extensions" in self.headers):
            raise Wrong(f"a wrong answer to the upgrade: {self.headers}")

    @staticmethod
    def frame(data, opcode=2, final=True, masked=True):
        size = (bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
                if len(data) < 65536 else b"\x7f" + struct.pack(">Q", len(data)))
        mask = os.urandom(4) if masked else b""
        if masked:
            size = bytes([size[0] | 128]) + size[1:]
            long_mask = int.from_bytes((mask * (len(data) // 4 + 1))[:len(data)], "big")
            data = (int.from_bytes(data, "big") ^ long_mask).to_bytes(len(data), "big")
        return bytes([opcode | (128 if final else 0)]) + size + mask + data

    def send(self, data):
        super().send(self.frame(data))

    def send_raw(self, data):
        """Bytes as they are: frames that frame() made, or nonsense."""
        super().send(data)

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            found = self.cut()
            if found is None:
                part = super().receive(end - time.monotonic())
                if not part:
                    return b""
                self.raw += part
                continue
            opcode, data = found
            if opcode in (0, 2):
                if data:
                    return data
            elif opcode == 8:
                self.closed = int.from_bytes(data[:2], "big") if data else 1005
                return b""
            elif opcode == 9:
                super().send(self.frame(data, opcode=10))
            elif opcode == 10:
                self.pongs = getattr(self, "pongs", []) + [data]
            else:
                raise Wrong(f"a frame with the opcode {opcode}")

    def cut(self):
        """The next (opcode, data), or None: there is no whole one."""
        raw = self.raw
        if len(raw) < 2:
            return None
        if raw[0] & 0x70 or raw[1] & 128:
            raise Wrong("a frame is masked, or has flags that were not agreed on")
        size, head = raw[1], 2
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(raw[2:head], "big")
        if len(raw) < head + size:
            return None
        self.raw = raw[head + size:]
        return raw[0] & 15, raw[head:head + size]
