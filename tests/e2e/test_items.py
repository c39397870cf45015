"""Channels and devices of the real program: made, changed and deleted while trackers are connected,
in the shapes that flespi's clients know."""
import concurrent.futures
import json
import socket

import pytest

from harness import Gateway

PATIENCE = 20  # seconds until a test gives up

# Members of flespi's answers.
CHANNEL = {"id", "cid", "name", "enabled", "protocol_id", "messages_ttl", "configuration", "uri",
           "secondary_uri"}
DEVICE = {"id", "cid", "name", "enabled", "device_type_id", "protocol_id", "configuration",
          "messages_ttl", "messages_rotate", "media_ttl", "media_rotate"}
DEVICE_TYPES = {  # of all members that ?fields= may ask for
    "id": int, "cid": int, "name": str, "enabled": bool, "device_type_id": int,
    "device_type_name": str, "protocol_id": int, "protocol_name": str, "configuration": dict,
    "commands": list, "settings": list, "messages_size": int, "messages_ttl": int,
    "messages_rotate": int, "media_size": int, "media_ttl": int, "media_rotate": int,
    "media_traffic": int, "blocked": int, "media_blocked": int, "connected": bool,
    "last_active": (int, float), "telemetry": dict, "commands_queue": list, "groups": list,
    "plugins": list, "streams": list, "calcs": list, "metadata": dict, "deleted": bool}
DENIED = {"code": 3, "id": 98765, "reason": "access denied or unable to process the item"}


@pytest.fixture(scope="module")
def gateway():
    """One gateway for all tests here; each test uses idents and channels of its own."""
    with Gateway() as g:
        yield g


def ask(gateway, method, path, body=None):
    """(status, parsed answer)."""
    status, text = gateway.request(method, path, body)
    return status, json.loads(text)


def done(gateway, method, path, body=None):
    """The `result` of an answer without errors."""
    status, answer = ask(gateway, method, path, body)
    assert status == 200 and "errors" not in answer, (status, answer)
    return answer["result"]


def send(port, frame):
    """The answer of a tracker's frame."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as s:
        s.sendall(frame)
        return s.recv(1000)


def heartbeat(ident, percent=50):
    return b"*HQ,%d,HTBT,%d#" % (ident, percent)


# ---- shapes ----


def test_a_channel_has_flespis_members(gateway):
    [channel] = done(gateway, "POST", "/gw/channels",
                     [{"name": "new-channel-name", "protocol_name": "cantrack",
                       "configuration": {"address": "127.0.0.1"}}])
    assert set(channel) == CHANNEL
    assert channel["protocol_id"] == 441 and channel["name"] == "new-channel-name"
    assert channel["messages_ttl"] == 86400 and channel["secondary_uri"] == ""
    [more] = gateway.get("/gw/channels/%d?fields=protocol_name,blocked,messages_size,metadata,deleted"
                         % channel["id"])
    assert more == {"protocol_name": "cantrack", "blocked": 0, "messages_size": 0, "metadata": {},
                    "deleted": False}
    assert done(gateway, "DELETE", "/gw/channels/%d" % channel["id"]) == [{"id": channel["id"]}]


def test_a_device_has_flespis_members(gateway):
    [device] = done(gateway, "POST", "/gw/devices", [
        {"name": "Vehicle", "device_type_id": 5, "configuration": {"ident": "864356060535359"}}])
    assert set(device) == DEVICE
    assert device["configuration"] == {"ident": "864356060535359", "settings_polling": "once"}
    assert device["messages_ttl"] == 31536000 and device["messages_rotate"] == 0
    send(gateway.port, heartbeat(864356060535359))
    [whole] = gateway.get("/gw/devices/%d?fields=%s" % (device["id"], "%2C".join(DEVICE_TYPES)))
    assert set(whole) == set(DEVICE_TYPES)
    for name, kind in DEVICE_TYPES.items():
        assert isinstance(whole[name], kind), name
    assert whole["telemetry"]["battery.level"]["value"] == 50
    assert set(whole["telemetry"]["battery.level"]) == {"ts", "value"}
    for command in whole["commands"]:
        assert set(command) == {"name", "address", "schema", "examples", "tags"}
    assert whole["commands"][0]["schema"]["required"] == ["payload"]


def test_envelopes(gateway):
    done(gateway, "POST", "/gw/devices", [{"configuration": {"ident": "801"}}])
    status, answer = ask(gateway, "POST", "/gw/devices", [
        {"configuration": {"ident": "802"}}, {"configuration": {"ident": "0801"}}])
    assert status == 200 and set(answer) == {"result", "errors"}
    [error] = answer["errors"]
    assert set(error) == {"code", "id", "reason"} and (error["code"], error["id"]) == (2, 1)
    status, answer = ask(gateway, "GET", "/gw/devices/all?limit=1")
    assert set(answer) == {"result", "pagination"}
    assert set(answer["pagination"]) == {"limit", "offset", "count"}
    for kind in ("devices", "channels"):
        for method, body in (("GET", None), ("PUT", {}), ("PATCH", {}), ("DELETE", None)):
            assert ask(gateway, method, "/gw/%s/98765" % kind, body) == (
                403, {"result": [], "errors": [DENIED]})
        assert ask(gateway, "GET", "/gw/%s/all?fields=nom" % kind) == (
            400, {"result": [], "errors": [
                {"code": 2, "field": "nom", "reason": "field is not allowed"}]})


def test_types_and_parameters(gateway):
    models = gateway.get("/gw/channel-protocols/cantrack/device-types/all")
    assert [(m["id"], m["name"]) for m in models] == list(enumerate(
        "generic tk100 tk100b g05 g06l g07 gf40 gf50 gf60 gf70l g20ls".split(), 1))
    assert set(models[0]) == {"id", "name", "title", "protocol_id"}
    [protocol] = gateway.get("/gw/protocols/441?fields=id,name,features,message_parameters")
    assert protocol["features"]["raw_packets"] is True
    listed = gateway.get("/gw/message-parameters/all")
    assert [p["name"] for p in listed] == [p["name"] for p in protocol["message_parameters"]]
    assert set(listed[0]) == {"id", "name", "type", "unit", "info"}


# ---- changes ----


def test_concurrent_changes_lose_nothing(gateway):
    [device] = done(gateway, "POST", "/gw/devices", {"configuration": {"ident": "1000"}})
    path = "/gw/devices/%d" % device["id"]
    bodies = [{"name": "together"}, {"messages_ttl": 7}, {"messages_rotate": 8},
              {"configuration": {"phone": "9"}}, {"metadata": {"a": 1}}, {"device_type_id": 3}]
    with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
        list(pool.map(lambda body: done(gateway, "PATCH", path, body), bodies * 5))
    [device] = gateway.get(path + "?fields=name,messages_ttl,messages_rotate,configuration,"
                           "metadata,device_type_id")
    assert device == {"name": "together", "messages_ttl": 7, "messages_rotate": 8,
                      "configuration": {"ident": "1000", "phone": "9", "settings_polling": "once"},
                      "metadata": {"a": 1}, "device_type_id": 3}


def test_an_ident_goes_to_one_of_many(gateway):
    """Many clients create the same devices: each ident belongs to one in the end."""
    bodies = [[{"configuration": {"ident": str(2000 + i)}} for i in range(50)] for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda b: ask(gateway, "POST", "/gw/devices", b), bodies))
    made = [d["configuration"]["ident"] for _, answer in answers for d in answer["result"]]
    assert sorted(made) == [str(2000 + i) for i in range(50)]
    assert sum(len(answer.get("errors", [])) for _, answer in answers) == 7 * 50


def fleet(gateway, first, count):
    """Creates devices; the ids of them."""
    return [d["id"] for d in done(gateway, "POST", "/gw/devices?fields=id", [
        {"configuration": {"ident": str(10**9 + first + i)}} for i in range(count)])]


def count_of(gateway, selector):
    status, answer = ask(gateway, "GET", "/gw/devices/%s?fields=id&limit=1" % selector)
    assert status == 200
    return answer["pagination"]["count"]


def test_thousands_at_once():
    lot = 20000
    with Gateway() as g:
        made = fleet(g, 0, lot)
        assert len(made) == lot
        assert len(done(g, "PATCH", "/gw/devices/all?fields=id", {"name": "fleet"})) == lot
        assert len(done(g, "DELETE", "/gw/devices/" + ",".join(map(str, made[:50])))) == 50
        assert g.stop() == 0
        g.start()
        assert count_of(g, "name=fleet") == lot - 50
        for first in range(lot, 5 * lot + 1, lot):
            fleet(g, first, lot if first < 5 * lot else 51)
        assert count_of(g, "all") == 100001
        for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
            status, answer = ask(g, method, "/gw/devices/all", body)
            assert (status, answer["errors"][0]["reason"]) == (
                400, "100001 items are meant, at most 100000 can be changed by one request")
        assert len(done(g, "DELETE", "/gw/devices/name=fleet")) == lot - 50
        assert len(done(g, "DELETE", "/gw/devices/all")) == 4 * lot + 51
        assert g.get("/gw/devices/all") == []


def test_what_is_kept_outlives_a_restart():
    with Gateway() as g:
        wanted = {"name": "kept", "enabled": False, "messages_ttl": 77, "metadata": {"k": [1, 0.1]},
                  "configuration": {"address": "127.0.0.1", "allowed_idents": ["12*", "7"],
                                    "blocked_networks": ["10.0.0.0/8", "::1"], "silence_s": 9}}
        [channel] = done(g, "POST", "/gw/channels", wanted)
        fields = "?fields=name,enabled,messages_ttl,metadata,configuration"
        [before] = g.get("/gw/channels/%d%s" % (channel["id"], fields))
        assert g.stop() == 0
        g.start()
        [after] = g.get("/gw/channels/%d%s" % (channel["id"], fields))
        assert after == before
        for name, value in wanted.items():
            if name == "configuration":
                assert value.items() <= after[name].items()
            else:
                assert after[name] == value


# ---- the channel of the command line ----


def test_a_deleted_channel_stays_deleted_until_listen_asks():
    with Gateway() as g:
        done(g, "DELETE", "/gw/channels/1")
        assert g.stop() == 0
        g.listen = None
        g.start()
        assert g.port == 0 and g.get("/gw/channels/all") == []
        [other] = done(g, "POST", "/gw/channels", {"configuration": {"address": "127.0.0.1"}})
        assert g.stop() == 0
        g.args = ["--silence-timeout", "33"]
        g.start()
        [channel] = g.get("/gw/channels/all")
        assert channel["id"] == other["id"] and channel["configuration"]["silence_s"] == 600
        assert g.stop() == 0
        g.listen = "127.0.0.1:0"
        g.start()
        first, second = g.get("/gw/channels/all")
        assert first["id"] == other["id"] and second["configuration"]["silence_s"] == 33
        assert second["uri"] == "127.0.0.1:%d" % g.port


def test_options_leave_other_channels_alone():
    with Gateway() as g:
        [other] = done(g, "POST", "/gw/channels", {"configuration": {"address": "127.0.0.1"}})
        assert g.stop() == 0
        g.args = ["--max-junk", "55"]
        g.start()
        junk = {c["id"]: c["configuration"]["max_junk_bytes"] for c in g.get("/gw/channels/all")}
        assert junk == {1: 55, other["id"]: 8192}
