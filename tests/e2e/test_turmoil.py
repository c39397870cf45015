"""Everything at once: channels and devices come, change and go while trackers connect and others
read, list and close. Nothing is wrong as long as the gateway answers, stores what it answered, ends
when it is told to, and no sanitizer complains (see harness.py)."""
import json
import os
import random
import subprocess
import threading
import time
import urllib.error

from harness import PROGRAM, Gateway

SECONDS = float(os.environ.get("TURMOIL_SECONDS", 8))
FIRST, IDENTS = 865205000000001, 300
OPTIONS = ["--workers", "3", "--auto-devices", "--settle-bytes", "65536", "--settle-seconds", "1",
           "--retention-seconds", "1", "--packets-bytes", "2000000", "--logs-bytes", "1000000"]
READ = ["channels/all/logs", "devices/all/logs", "devices/all/packets", "channels/all/messages",
        "channels/all/idents/*/packets", "devices/all/messages"]


class Turmoil:
    def __init__(self, gateway, seed):
        self.gateway, self.seed = gateway, seed
        self.ports = {}  # of the channels that were made here
        self.wrong = []
        self.stops = False
        self.answered = 0

    def ask(self, method, path, body=None, data=None):
        """The result; [] when it was refused, as what it is about may be gone."""
        try:
            status, text = self.gateway.request(method, "/gw/" + path, body, data)
        except (OSError, urllib.error.URLError, ValueError) as broken:
            if not self.stops:
                self.wrong.append((method, path, repr(broken)))
            return []
        if status not in (200, 400, 403):
            self.wrong.append((method, path, status, text))
        self.answered += status == 200
        return json.loads(text)["result"] if status == 200 else []

    def note_port(self, channel):
        for item in self.ask("GET", f"channels/{channel}"):
            if item["uri"]:
                self.ports[channel] = int(item["uri"].rsplit(":", 1)[1])

    def channels(self, chance):
        mine = []
        while not self.stops:
            what = chance.random()
            if what < 0.3 and len(mine) < 6:
                body = {"name": "c", "messages_ttl": chance.choice([0, 1, 86400]), "configuration": {
                    "address": "127.0.0.1", "port": 0, "auto_devices": chance.random() < 0.5}}
                for made in self.ask("POST", "channels", [body]):
                    mine.append(made["id"])
                    self.note_port(made["id"])
            elif what < 0.8 and mine:
                channel = chance.choice(mine)
                self.ask("PATCH", f"channels/{channel}", chance.choice([
                    {"enabled": chance.random() < 0.7}, {"messages_ttl": chance.choice([0, 1, 9])},
                    {"configuration": {"port": chance.choice([0, self.ports.get(channel, 0)])}},
                    {"configuration": {"max_per_address": chance.choice([0, 3])}},
                    {"configuration": {"blocked_idents": chance.choice(["", "8652050000001*"])}}]))
                self.note_port(channel)
            elif mine:
                channel = mine.pop(chance.randrange(len(mine)))
                self.ports.pop(channel, None)
                self.ask("DELETE", f"channels/{channel}")

    def devices(self, chance):
        while not self.stops:
            ids = [d["id"] for d in self.ask("GET", "devices/all?fields=id")]
            ident = {"ident": str(FIRST + chance.randrange(IDENTS))}
            some = ",".join(map(str, chance.sample(ids, min(len(ids), 3)))) or "0"
            what = chance.random()
            if what < 0.4:
                self.ask("POST", "devices", [{"name": "d", "configuration": ident}])
            elif what < 0.7:
                self.ask("PATCH", f"devices/{some.split(',')[0]}", chance.choice([
                    {"enabled": chance.random() < 0.7}, {"configuration": ident},
                    {"messages_ttl": chance.choice([1, 86400])}]))
            elif what < 0.8:
                self.ask("DELETE", f"devices/{some}/telemetry/*")
            else:
                self.ask("DELETE", f"devices/{some}")

    def connections(self, chance):
        while not self.stops:
            of = chance.choice(["channels/all", "devices/all"])
            found = self.ask("GET", f"{of}/connections/all?limit=50")
            for item in chance.sample(found, min(len(found), 3)):
                self.ask("DELETE", f"channels/all/connections/{item['id']}")

    def readers(self, chance):
        while not self.stops:
            self.ask("GET", chance.choice(READ), data=chance.choice(
                [{"count": 100}, {"count": 50, "reverse": True}, {"from": int(time.time()) - 3}]))
            if chance.random() < 0.05:
                self.ask("DELETE", "channels/all/messages")

    def trackers(self, chance):
        while not self.stops:
            port = chance.choice([self.gateway.port, *self.ports.values()])
            subprocess.run(
                [PROGRAM, "simulate", "--to", f"127.0.0.1:{port}", "--quiet", "--resend",
                 "--devices", str(chance.choice([5, 40])), "--seconds", str(chance.choice([1, 3])),
                 "--rate", "300", "--first-ident", str(FIRST + chance.randrange(IDENTS)),
                 "--reconnect", str(chance.choice([0, 10, 30])), "--patience", "2", "--drain", "1"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def run(self):
        """True when all ended orderly."""
        kinds = [self.channels, self.devices, self.connections, self.readers, self.trackers] * 2
        threads = [threading.Thread(target=kind, args=(random.Random(self.seed + i),))
                   for i, kind in enumerate(kinds)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        before, self.stops = len(self.wrong), True
        status = self.gateway.stop()
        for thread in threads:
            thread.join()
        assert self.wrong[:before] == []
        return status == 0


def test_everything_at_once(tmp_path):
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print("seed", seed)
    gateway = Gateway(tmp_path / "data", OPTIONS)
    gateway.start()
    turmoil = Turmoil(gateway, seed)
    assert turmoil.run()
    assert turmoil.answered > 100
    gateway.start()  # and what it left is in order
    assert gateway.get("/gw/channels/1")[0]["id"] == 1
    gateway.get("/gw/devices/all/messages", {"count": 10})
    assert gateway.stop() == 0
