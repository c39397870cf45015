"""Conversations of flespi's clients for JavaScript and Go with a gateway: the requests as these
programs send them, byte for byte where it matters (headers, escaping, bodies), and of the answers
what they rely on. Both address items by id, so a conversation is one test."""
import http.client
import json
import re
import urllib.parse

import pytest

from harness import Gateway
from trackers import Tracker, wait_for

PATIENCE = 30


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as g:
        yield g


class Client:
    """Speaks as a client does, over one connection that is kept."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.host = urllib.parse.urlsplit(gateway.url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)

    def send(self, method, target, headers, body):
        """(status, text) of one request; headers are a list, in the client's order."""
        self.connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            self.connection.putheader(name, value)
        self.connection.endheaders(body)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode()


class Go(Client):
    """net/http under Mixser/flespi-client: JSON without blanks, even where there is no body a
    content type."""

    def ask(self, method, path, body=None, cid=None):
        """`result` of an answer of 2xx; DELETE asks for nothing more than the status."""
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = [("Host", self.host), ("User-Agent", "Go-http-client/1.1")]
        if data is not None:
            headers.append(("Content-Length", str(len(data))))
        headers += [("Authorization", f"FlespiToken {self.gateway.token}"),
                    ("Content-Type", "application/json")]
        if cid:
            headers.append(("X-Flespi-Cid", str(cid)))
        headers.append(("Accept-Encoding", "gzip"))
        status, text = self.send(method, "/" + path, headers, data)
        assert 200 <= status < 300, (method, path, body, status, text)
        return json.loads(text)["result"]


class Js(Client):
    """axios 0.21 under flespi-io-js: escapes less than others do."""

    @staticmethod
    def escape(text):
        text = urllib.parse.quote(text, safe="!~*'()")
        for code, plain in [("%3A", ":"), ("%24", "$"), ("%2C", ","), ("%20", "+"), ("%5B", "["),
                            ("%5D", "]")]:
            text = text.replace(code, plain)
        return text

    def ask(self, method, path, query=None, body=None, expect=200):
        """The whole answer. Members of the query that are objects travel as JSON text."""
        pairs = [(k, json.dumps(v, separators=(",", ":")) if isinstance(v, dict) else v)
                 for k, v in (query or {}).items()]
        target = urllib.parse.quote(path, safe="/*=,.") + ("?" + "&".join(f"{k}={self.escape(v)}" for k, v in pairs) if pairs else "")
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = [("Accept", "application/json, text/plain, */*")]
        if data is not None:
            headers.append(("Content-Type", "application/json"))
        headers += [("Authorization", f"FlespiToken {self.gateway.token}"),
                    ("x-flespi-app", "test"), ("User-Agent", "axios/0.21.4")]
        if data is not None:
            headers.append(("Content-Length", str(len(data))))
        headers += [("Host", self.host), ("Connection", "keep-alive")]
        status, text = self.send(method, target, headers, data)
        assert status == expect, (method, target, body, status, text)
        return json.loads(text)


# ---- Go: it reads an answer into structs, and a member of another type fails ----

CHANNEL = {"id": int, "name": str, "protocol_id": int, "protocol_name": str, "enabled": bool,
           "messages_ttl": int, "configuration": dict, "metadata": dict, "cid": int}
DEVICE = {"id": int, "name": str, "enabled": bool, "configuration": dict, "device_type_id": int,
          "messages_ttl": int, "messages_rotate": int, "media_ttl": int, "media_rotate": int,
          "metadata": dict, "cid": int}
TOKEN = {"id": int, "key": str, "info": str, "enabled": bool, "expire": int, "ttl": int, "cid": int,
         "metadata": dict, "access": dict}


def go_reads(items, types):
    """As encoding/json would: what is there must fit, a null is as good as absent."""
    assert isinstance(items, list)
    for item in items:
        for name, kind in types.items():
            if item.get(name) is not None:
                assert type(item[name]) is kind, (name, item)
    return items


def go_sends(item, types, *without):
    """What it sends of a struct that was read: zero values of optional members are left out."""
    always = {"name", "enabled", "configuration", "device_type_id", "info", "expire", "ttl"}
    return {k: item[k] for k in types if k not in without and k in item
            and (k in always or item[k])}


def test_go_channels(gateway):
    go = Go(gateway)
    [made] = go_reads(go.ask("POST", "gw/channels", [{
        "name": "go", "protocol_name": "cantrack", "enabled": True, "messages_ttl": 86400,
        "metadata": {"a": "b"}}]), CHANNEL)
    assert made["name"] == "go" and made["enabled"] is True
    [second] = go_reads(go.ask("POST", "gw/channels", [{
        "configuration": {"silence_s": 300}, "name": "go2", "protocol_id": 441,
        "enabled": False}]), CHANNEL)
    assert second["configuration"]["silence_s"] == 300
    assert {1, made["id"], second["id"]} <= {
        c["id"] for c in go_reads(go.ask("GET", "gw/channels/all"), CHANNEL)}
    [read] = go_reads(go.ask("GET", f"gw/channels/{made['id']}?fields=id,name,protocol_id,"
                             "protocol_name,messages_ttl,enabled,configuration,metadata,cid"),
                      CHANNEL)
    assert read["metadata"] == {"a": "b"} and read["protocol_name"] == "cantrack"
    body = go_sends({**read, "name": "go3"}, CHANNEL, "id", "cid", "protocol_name")
    [changed] = go_reads(go.ask("PUT", f"gw/channels/{made['id']}", body, cid=read["cid"]), CHANNEL)
    assert changed["name"] == "go3" and changed["configuration"] == read["configuration"]
    for channel in (made, second):
        assert go.ask("DELETE", f"gw/channels/{channel['id']}") == [{"id": channel["id"]}]


def test_go_devices(gateway):
    go = Go(gateway)
    [made] = go_reads(go.ask("POST", "gw/devices", [{
        "name": "go truck", "enabled": True, "configuration": {"ident": "865205030330098",
                                                               "phone": "+4915"},
        "device_type_id": 1, "messages_ttl": 86400}]), DEVICE)
    assert all(isinstance(v, str) for v in made["configuration"].values())
    assert made in go_reads(go.ask("GET", "gw/devices/all"), DEVICE)
    [read] = go_reads(go.ask("GET", f"gw/devices/{made['id']}?fields=id,name,enabled,device_type_id,"
                             "messages_ttl,messages_rotate,media_ttl,media_rotate,configuration,"
                             "metadata,cid"), DEVICE)
    body = go_sends({**read, "enabled": False, "metadata": {"x": "y"}}, DEVICE, "id", "cid")
    [changed] = go_reads(go.ask("PUT", f"gw/devices/{made['id']}", body, cid=read["cid"]), DEVICE)
    assert changed["enabled"] is False and changed["configuration"] == read["configuration"]
    [read] = go.ask("GET", f"gw/devices/{made['id']}?fields=metadata")
    assert read == {"metadata": {"x": "y"}}
    [second] = go_reads(go.ask("POST", "gw/devices", [{
        "name": "go camera", "enabled": True, "configuration": {"ident": "865205030330097"},
        "device_type_id": 1, "media_ttl": 86400, "media_rotate": 1000}]), DEVICE)
    assert (second["media_ttl"], second["media_rotate"]) == (86400, 1000)
    for device in (made, second):
        assert go.ask("DELETE", f"gw/devices/{device['id']}") == [{"id": device["id"]}]


def test_go_tokens(gateway):
    go = Go(gateway)
    acl = [{"uri": "gw/devices", "methods": ["GET"], "ids": [1, 2],
            "submodules": [{"name": "messages", "methods": ["GET"]}]},
           {"uri": "gw/channels", "methods": ["GET"], "ids": "all"}]
    made = []
    for info, access in [("go", {"type": 2, "acl": acl}), ("go master", {"type": 1})]:
        [token] = go_reads(go.ask("POST", "platform/tokens", [{
            "info": info, "enabled": True, "expire": 0, "ttl": 86400, "access": access}]), TOKEN)
        assert re.fullmatch("[A-Za-z0-9]{64}", token["key"])
        assert token["access"] == access and token["ttl"] == 86400 and token["expire"] == 0
        made.append(token["id"])
    assert set(made) <= {t["id"] for t in go_reads(go.ask("GET", "platform/tokens/all"), TOKEN)}
    [read] = go_reads(go.ask("GET", f"platform/tokens/{made[0]}"), TOKEN)
    assert read["access"] == {"type": 2, "acl": acl}
    body = go_sends({**read, "info": "go2"}, TOKEN, "id", "key", "cid")
    [changed] = go_reads(go.ask("PUT", f"platform/tokens/{made[0]}", body), TOKEN)
    assert changed["info"] == "go2" and changed["access"] == read["access"]
    for token in made:
        go.ask("DELETE", f"platform/tokens/{token}")


@pytest.mark.parametrize("path", [
    "gw/streams/all", "platform/webhooks/all", "platform/subaccounts/all", "platform/limits/all",
    "gw/calcs/all", "gw/geofences/all?fields=id,name,enabled,priority,geometry,cid",
    "storage/cdns/all",
])
def test_go_lists_of_what_is_not_here(gateway, path):
    assert Go(gateway).ask("GET", path) == []


def test_go_shows_the_reason_of_a_refusal(gateway):
    go = Go(gateway)
    headers = [("Host", go.host), ("Authorization", f"FlespiToken {gateway.token}")]
    status, text = go.send("GET", "/gw/devices/98765", headers, None)
    assert status == 403
    [error] = json.loads(text)["errors"]
    assert type(error["reason"]) is str and type(error["id"]) is int


# ---- JavaScript ----


def ids(answer):
    return [item["id"] for item in answer["result"]]


def test_js_what_it_asks_first(gateway):
    js = Js(gateway)
    [region] = js.ask("GET", "/auth/regions")["result"]
    assert region["default"] is True
    [token] = js.ask("GET", "/auth/info")["result"]
    assert token["access"]["type"] in (0, 1)
    for protocol in js.ask("GET", "/gw/channel-protocols/all",
                           {"fields": "id,name,features"})["result"]:
        assert isinstance(protocol["features"], dict)
    [protocol] = js.ask("GET", "/gw/channel-protocols/441", {"fields": "message_parameters"})["result"]
    assert {"name", "type", "unit", "info"} <= set(protocol["message_parameters"][0])
    for kind in js.ask("GET", "/gw/channel-protocols/all/device-types/all",
                       {"fields": "id,name,title,protocol_id,commands"})["result"]:
        assert isinstance(kind["commands"], list)
    for parameter in js.ask("GET", "/gw/message-parameters/all")["result"]:
        assert {"id", "name", "type", "unit", "info"} <= set(parameter)


def test_js_channels(gateway):
    js = Js(gateway)
    made = js.ask("POST", "/gw/channels", body=[{"name": "js", "protocol_name": "cantrack",
                                                  "configuration": {}, "metadata": {"a": "b"}}])
    [channel] = ids(made)
    [other] = ids(js.ask("POST", "/gw/channels", body=[{"name": "js2", "protocol_id": 441,
                                                         "enabled": False}]))
    found = js.ask("GET", "/gw/channels/name=js*", {
        "fields": "id,name,protocol_name,blocked,messages_size,metadata,uri"})["result"]
    assert [c["name"] for c in found] == ["js", "js2"]
    [changed] = js.ask("PUT", f"/gw/channels/{channel}",
                       body={"name": "js3", "messages_ttl": 3600})["result"]
    assert (changed["name"], changed["messages_ttl"]) == ("js3", 3600)
    assert js.ask("GET", f"/gw/channels/{channel}/logs",
                  {"data": {"reverse": True, "count": 2, "fields": "timestamp"}})["result"]
    assert ids(js.ask("DELETE", f"/gw/channels/{channel}")) == [channel]
    assert ids(js.ask("DELETE", "/gw/channels/name=js2")) == [other]


def test_js_devices_and_what_they_say(gateway):
    js = Js(gateway)
    ident = "865205030330099"
    [device] = ids(js.ask("POST", "/gw/devices", {"fields": "id,name,configuration,device_type_id"}, [{
        "name": "Js truck", "device_type_id": 1, "configuration": {
            "ident": ident, "settings_polling": "once"}, "messages_ttl": 86400}]))
    [error] = js.ask("POST", "/gw/devices", body=[{
        "name": "Js truck", "device_type_id": 1, "configuration": {"ident": ident}}],
        expect=400)["errors"]
    assert ident in error["reason"]
    for selector in ['{name=="Js truck"||device_type_id==42}', "configuration.ident=" + ident,
                     "name=Js*", str(device)]:
        assert ids(js.ask("GET", "/gw/devices/" + selector, {
            "fields": "id,name,telemetry,connected,last_active"})) == [device]
    js.ask("GET", "/gw/devices/98765", expect=403)
    js.ask("GET", "/gw/devices/all", {"fields": "nosuch"}, expect=400)
    [read] = js.ask("PUT", f"/gw/devices/{device}", body={"name": "Js truck 2"})["result"]
    assert read["configuration"]["ident"] == ident
    [read] = js.ask("PATCH", f"/gw/devices/{device}", body={
        "configuration": {"phone": "+491511"}})["result"]
    assert (read["configuration"]["ident"], read["configuration"]["phone"]) == (ident, "+491511")

    tracker = Tracker(gateway)
    tracker.send(b"*HQ,%s,V1,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFBFF#" %
                 ident.encode())
    tracker.receive(len("*HQ,%s,V4,V1,YYYYMMDDHHMMSS#" % ident))
    tracker.ask(b"*HQ,%s,HTBT,88#" % ident.encode())
    path = f"/gw/devices/{device}"
    newest, oldest = js.ask("GET", path + "/messages", {"data": {
        "reverse": True, "count": 1000, "from": 1, "to": 4102444799.999999}})["result"]
    assert (newest["battery.level"], oldest["timestamp"]) == (88, 1439218492)
    assert js.ask("GET", path + "/messages", {"data": {
        "filter": "position.speed>10", "fields": "timestamp,position.*"}})["result"] == [
            {k: v for k, v in oldest.items() if k == "timestamp" or k.startswith("position.")}]
    answer = js.ask("GET", "/gw/channels/1/messages", {"data": {"limit_count": 10, "timeout": 0}})
    assert answer["result"] and isinstance(answer["next_key"], int)
    js.ask("DELETE", "/gw/channels/1/messages", {"data": {"delete_key": 1}})
    js.ask("POST", path + "/messages", body=[{"timestamp": 1700000000, "position.latitude": 1.5}])
    wait_for(lambda: len(gateway.get(path + "/messages")) == 3)
    [read] = js.ask("GET", path + "/telemetry/position,ident")["result"]
    assert read["telemetry"]["ident"]["value"] == ident
    js.ask("DELETE", path + "/telemetry/battery.level")
    [read] = js.ask("GET", path + "/telemetry/battery.level")["result"]
    assert not read["telemetry"]

    assert js.ask("GET", path + "/logs", {"data": {"reverse": True, "count": 1000}})["result"]
    wait_for(lambda: gateway.get(path + "/packets", {"count": 1, "reverse": True}))
    assert js.ask("GET", f"/gw/channels/1/idents/{ident}/packets", {"data": {"count": 10}})["result"]
    assert [i["ident"] for i in js.ask("GET", "/gw/channels/all/idents/*")["result"]] == [ident]
    [connection] = js.ask("GET", "/gw/channels/all/connections/all")["result"]
    assert js.ask("GET", path + "/connections/all")["result"] == [connection]
    js.ask("DELETE", path + "/connections/all")
    assert tracker.rest() == b""
    assert js.ask("GET", path + "/settings/all")["result"] == []
    assert ids(js.ask("DELETE", path)) == [device]


def test_js_tokens(gateway):
    js = Js(gateway)
    [token] = ids(js.ask("POST", "/platform/tokens", body=[{
        "info": "js", "ttl": 86400, "access": {"type": 2, "acl": [
            {"uri": "gw/devices", "methods": ["GET"]}]}}]))
    assert token in ids(js.ask("GET", "/platform/tokens/all"))
    [read] = js.ask("PUT", f"/platform/tokens/{token}", body={"info": "js4"})["result"]
    assert read["info"] == "js4" and read["access"]["type"] == 2
    js.ask("DELETE", f"/platform/tokens/{token}")
    js.ask("GET", f"/platform/tokens/{token}", expect=403)


def test_js_the_platform_around_it(gateway):
    js = Js(gateway)
    [customer] = js.ask("GET", "/platform/customer")["result"]
    assert {"id", "name"} <= set(customer)
    for path in ["/platform/customer/logs", "/platform/customer/statistics"]:
        assert isinstance(js.ask("GET", path, {"data": {"count": 1}})["result"], list)


@pytest.mark.parametrize("path", [
    "/gw/groups/all", "/gw/geofences/all", "/gw/calcs/all", "/gw/plugins/all", "/gw/modems/all",
    "/gw/assets/all", "/gw/streams/all", "/gw/stream-protocols/all", "/platform/subaccounts/all",
    "/platform/limits/all", "/platform/realms/all", "/platform/grants/all",
    "/platform/webhooks/all", "/mqtt/sessions/all",
])
def test_js_lists_of_what_is_not_here(gateway, path):
    assert Js(gateway).ask("GET", path)["result"] == []
