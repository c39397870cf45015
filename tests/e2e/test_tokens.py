"""Tokens against the real program: what lasts over a restart, what is on disk, what expires."""
import json
import time

from trackers import PATIENCE, wait_for


def ask(gateway, key, method, path, body=None):
    """(status, answer) with this key."""
    status, text = gateway.request(method, path, body, authorization=key)
    return status, json.loads(text)


def make(gateway, **members):
    status, answer = ask(gateway, gateway.token, "POST", "/platform/tokens", [members])
    assert status == 200, answer
    return answer["result"][0]


def test_a_token_outlives_a_restart_and_its_key_is_on_no_disk(gateway):
    token = make(gateway, info="Master", ttl=3600, access={"type": 1})
    for _ in range(2):
        status, answer = ask(gateway, "FlespiToken " + token["key"], "GET", "/auth/info")
        assert status == 200
        info = answer["result"][0]
        assert (info["id"], info["info"], info["access"]) == (token["id"], "Master", {"type": 1})
        assert gateway.stop() == 0
        for file in gateway.data.iterdir():
            assert token["key"].encode() not in file.read_bytes(), file
        gateway.start()
    # when it was used last was written at the stop
    accessed = gateway.get(f"/platform/tokens/{token['id']}")[0]["accessed"]
    assert abs(accessed - time.time()) < 600
    status, answer = gateway.request("DELETE", f"/platform/tokens/{token['id']}")
    assert status == 200
    assert ask(gateway, token["key"], "GET", "/auth/info")[0] == 401
    gateway.stop()
    gateway.start()
    assert ask(gateway, token["key"], "GET", "/auth/info")[0] == 401


def test_an_acl_of_the_examples(gateway):
    """Read devices, their messages and logs."""
    token = make(gateway, info="ro", ttl=31536000, access={"type": 2, "acl": [
        {"uri": "gw/devices", "methods": ["GET"], "submodules": [
            {"name": "messages", "methods": ["GET"]}, {"name": "logs", "methods": ["GET"]}]}]})
    device = {"name": "a", "configuration": {"ident": "11"}}
    assert ask(gateway, token["key"], "POST", "/gw/devices", [device])[0] == 403
    assert gateway.request("POST", "/gw/devices", [device])[0] == 200
    status, answer = ask(gateway, token["key"], "GET", "/gw/devices/all")
    assert status == 200 and answer["result"][0]["name"] == "a"
    assert ask(gateway, token["key"], "GET", "/gw/devices/all/messages")[0] == 200
    assert ask(gateway, token["key"], "GET", "/gw/devices/all/telemetry/all")[0] == 403
    assert ask(gateway, token["key"], "DELETE", "/gw/devices/all")[0] == 403
    status, answer = ask(gateway, token["key"], "GET", "/platform/tokens/all")
    assert status == 403
    assert answer["result"] == [] and answer["errors"][0]["code"] == 3


def test_what_has_expired_is_deleted_unasked(gateway):
    token = make(gateway, info="soon gone", ttl=1)
    until = time.monotonic() + PATIENCE
    while gateway.get("/platform/tokens/all"):
        assert time.monotonic() < until
        time.sleep(0.1)
    wait_for(lambda: any("at=tokens event=expired" in line and "soon gone" in line for line in gateway.log))
    assert ask(gateway, token["key"], "GET", "/auth/info")[0] == 401


def test_none_is_made_that_is_gone_at_once(gateway):
    status, answer = ask(gateway, gateway.token, "POST", "/platform/tokens", [{"expire": 1577836800}])
    assert status == 400
    assert answer["errors"][0]["reason"] == "expire is 1577836800, which is past"
    make(gateway, expire=1577836800, ttl=60)  # the later of the two counts


def test_addresses_are_checked(gateway):
    here = make(gateway, ttl=60, ips="127.0.0.0/8,::1")
    elsewhere = make(gateway, ttl=60, ips="192.0.2.0/24")
    assert ask(gateway, here["key"], "GET", "/auth/info")[0] == 200
    assert ask(gateway, elsewhere["key"], "GET", "/auth/info")[0] == 401
    assert ask(gateway, gateway.token, "PUT", f"/platform/tokens/{elsewhere['id']}", {"ips": ""})[0] == 200
    assert ask(gateway, elsewhere["key"], "GET", "/auth/info")[0] == 200
