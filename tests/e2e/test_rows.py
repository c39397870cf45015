"""What flespi's paper says point by point, asked of a running gateway as its clients ask."""
import base64
import json

import pytest

from harness import Gateway
from trackers import Tracker, wait_for


@pytest.fixture(scope="module")
def gateway():
    """One gateway for all tests here; each test uses idents of its own."""
    with Gateway(args=["--workers", "1"]) as g:
        yield g


def ask(gateway, method, path, body=None, data=None):
    status, text = gateway.request(method, path, body, data)
    return status, json.loads(text)


def register(gateway, ident, **more):
    status, answer = ask(gateway, "POST", "/gw/devices", [
        {"name": f"Truck {ident}", "device_type_id": 1, "configuration": {"ident": str(ident)},
         **more}])
    assert status == 200, answer
    return answer["result"][0]["id"]


# ---- logs ----


def test_a_log_tells_where_a_channel_listens_since_then(gateway):
    [channel] = ask(gateway, "POST", "/gw/channels", [
        {"name": "c", "configuration": {"address": "127.0.0.1"}}])[1]["result"]
    path = f"/gw/channels/{channel['id']}"
    assert channel["uri"].startswith("127.0.0.1:")
    [disabled] = ask(gateway, "PUT", path, {"enabled": False})[1]["result"]
    [enabled] = ask(gateway, "PUT", path, {"enabled": True})[1]["result"]
    wait_for(lambda: len(gateway.get(path + "/logs")) == 3)
    uris = [(log["old"]["uri"] if "old" in log else None, log["new"]["uri"])
            for log in gateway.get(path + "/logs")]
    assert uris == [(None, channel["uri"]), (channel["uri"], disabled["uri"]),
                    (disabled["uri"], enabled["uri"])]
    ask(gateway, "DELETE", path)


@pytest.mark.parametrize("registered", [True, False])
def test_the_packet_of_the_first_frame_is_found_when_that_is_refused(gateway, registered):
    ident = 3101 + registered
    frame = b"*HQ,%d,V1,250301,123045,A#" % ident
    logs, packets = "/gw/channels/1/logs", f"/gw/channels/1/idents/{ident}/packets"
    if registered:
        device = register(gateway, ident)
        logs, packets = f"/gw/devices/{device}/logs", f"/gw/devices/{device}/packets"
    tracker = Tracker(gateway)
    tracker.send(frame)
    refused = {"filter": f'exists(error_text)&&ident=="{ident}"'}
    [log] = wait_for(lambda: gateway.get(logs, refused))
    assert log["event_code"] == (304 if registered else 103)
    when = log["traffic"]["timestamp"]
    [packet] = wait_for(lambda: gateway.get(packets, {"from": when, "to": when}))
    assert base64.b64decode(packet["data"]) == frame
    tracker.close()


def test_logs_of_the_account_by_type_of_item(gateway):
    ask(gateway, "POST", "/platform/tokens", [{"info": "t", "ttl": 60, "access": {"type": 0}}])
    path = "/platform/customer/logs"
    wait_for(lambda: gateway.get(path))
    assert gateway.get(path, {"item_type": 33}) == gateway.get(path)
    assert gateway.get(path, {"item_type": 11}) == []
    assert ask(gateway, "GET", "/gw/devices/all/logs", data={"item_type": 11}) == (
        400, {"result": [], "errors": [
            {"code": 2, "field": "item_type", "reason": "unknown property item_type"}]})


# ---- lists ----


def test_telemetry_is_a_list_with_fields(gateway):
    device = register(gateway, 3201)
    path = f"/gw/devices/{device}/telemetry/ident"
    whole = {"id": device, "telemetry": None}
    assert gateway.get(path + "?fields=") == gateway.get(path + "?fields=id%2Ctelemetry") == [whole]
    assert gateway.get(path + "?fields=id") == [{"id": device}]
    assert ask(gateway, "GET", path + "?fields=ident") == (400, {"result": [], "errors": [
        {"code": 2, "field": "ident", "reason": "field is not allowed"}]})


def test_regions_have_all_members_of_flespis(gateway):
    [region] = gateway.get("/auth/regions")
    assert set(region) == {"cdn", "default", "gw", "gw-ftp", "gw-ip", "media", "mqtt", "mqtt-ws",
                           "name", "registration-allowed", "rest"}


def ids(gateway, path):
    return [item["id"] for item in gateway.get(path)]


def test_selectors_of_names_with_commas_of_metadata_and_of_several_names(gateway):
    smith = register(gateway, 3301, metadata={"plate": "B 1", "owner": {"name": "S"}})
    jones = register(gateway, 3302, metadata={"plate": "12"})
    ask(gateway, "PUT", f"/gw/devices/{smith}", {"name": "Smith, John"})
    for selector, found in [
            ("name=Smith%2C%20John", [smith]), ("name=Smith,%20J*", [smith]),
            (f"name=Smith,%20John,id={smith}", [smith]), (f"name=Smith,%20John,id={jones}", []),
            ("metadata.plate=B%201", [smith]), ("metadata.plate=12", [jones]),
            ("metadata.owner.name=S", [smith]), ("metadata.nothing=x", [])]:
        assert ids(gateway, f"/gw/devices/{selector}?fields=id") == found, selector
    assert ids(gateway, "/gw/channel-protocols/cantrack,http") == [441]
    assert [kind["name"] for kind in gateway.get(
        "/gw/channel-protocols/441/device-types/g05%2Ctk100?fields=name")] == ["tk100", "g05"]


@pytest.mark.parametrize("method, path", [
    ("PUT", "/platform/webhooks"), ("PATCH", "/platform/webhooks"),
    ("DELETE", "/platform/webhooks"), ("POST", "/platform/deleted")])
def test_what_there_is_none_of_is_answered_politely(gateway, method, path):
    rest = "/restore" if method == "POST" else ""
    body = None if method == "DELETE" else {}
    assert ask(gateway, method, f"{path}/all{rest}", body) == (200, {"result": []})
    assert ask(gateway, method, f"{path}/7{rest}", body) == (403, {"result": [], "errors": [
        {"code": 3, "id": 7, "reason": "access denied or unable to process the item"}]})


@pytest.mark.parametrize("path", ["settings/all", "commands-queue/all", "snapshots"])
def test_empty_lists_of_a_device_have_pages_too(gateway, path):
    path = f"/gw/devices/{register(gateway, 3501)}/{path}"
    assert ask(gateway, "GET", path) == (200, {"result": []})
    assert ask(gateway, "GET", path + "?limit=5&offset=2") == (200, {
        "result": [], "pagination": {"limit": 5, "offset": 2, "count": 0}})
    assert ask(gateway, "GET", path + "?limit=x")[0] == 400
    ask(gateway, "DELETE", "/gw/devices/configuration.ident=3501")


# ---- messages ----


@pytest.mark.parametrize("name, good, bad", [("latitude", -90, 90.0000001),
                                             ("longitude", 180, -180.5)])
def test_places_beyond_the_earth_are_not_stored(gateway, name, good, bad):
    path = f"/gw/devices/{register(gateway, 3601)}/messages"
    member = f"position.{name}"
    most = 90 if name == "latitude" else 180
    status, answer = ask(gateway, "POST", path, [{member: bad}])
    assert (status, answer["errors"][0]["field"]) == (400, member)
    assert answer["errors"][0]["reason"].endswith(f"the limits are -{most} and {most}")
    assert ask(gateway, "POST", path, [{member: good}])[0] == 200
    assert gateway.get(path, {"fields": member}) == [{member: good}]
    ask(gateway, "DELETE", "/gw/devices/configuration.ident=3601")


@pytest.mark.parametrize("old, found", [
    ("message.type=HTBT", 1), ("message.type=V*", 0), ("ident=34*", 1), ("battery.level=50", 1),
    ("battery.level=5*", 0), ("battery.level,message.type=HT*", 1)])
def test_old_filters_of_one_condition_mean_what_lists_of_them_do(gateway, old, found):
    path = "/gw/devices/configuration.ident=3401/messages"
    if not gateway.get("/gw/devices/configuration.ident=3401"):
        register(gateway, 3401)
        tracker = Tracker(gateway)
        tracker.ask(b"*HQ,3401,HTBT,50#")
        tracker.close()
    assert len(gateway.get(path, {"filter": old})) == found
