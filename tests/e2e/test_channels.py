"""Channels that come, change and go over REST while trackers are connected, and what is told of it."""
import json
import socket

import pytest

from harness import Gateway
from trackers import OWN_ADDRESS, POSITION, Tracker, close_code, heartbeat, metric, options, wait_for

LOCAL = {"address": "127.0.0.1", "port": 0}
PORT = 20000  # of OWN_ADDRESS


def call(gateway, method, path, body=None, status=200):
    """The whole answer."""
    got, text = gateway.request(method, path, body)
    assert got == status, (method, path, got, text)
    return json.loads(text)


def new_channel(gateway, **configuration):
    """Creates one on a free port; its id and port."""
    body = [{"name": "second", "configuration": {**LOCAL, **configuration}}]
    [channel] = call(gateway, "POST", "/gw/channels", body)["result"]
    return channel["id"], port_of(gateway, channel["id"])


def port_of(gateway, channel):
    [item] = gateway.get(f"/gw/channels/{channel}")
    return int(item["uri"].rsplit(":", 1)[1]) if item["uri"] else None


def change(gateway, channel, **members):
    return call(gateway, "PATCH", f"/gw/channels/{channel}", members)["result"]


def new_device(gateway, ident, **members):
    body = [{"name": "truck", "configuration": {"ident": str(ident)}, **members}]
    return call(gateway, "POST", "/gw/devices", body)["result"][0]["id"]


def connections(gateway, of="channels/all", ids="all"):
    return gateway.get(f"/gw/{of}/connections/{ids}")


def logs(gateway, of, **wanted):
    """The entries with these members."""
    return [entry for entry in gateway.get(f"/gw/{of}/logs")
            if all(entry.get(name) == value for name, value in wanted.items())]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((OWN_ADDRESS, port)) == 0


def taken(port):
    """Another program that listens at OWN_ADDRESS."""
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind((OWN_ADDRESS, port))
    other.listen()
    return other


# ---- coming, changing, going ----


def test_a_new_channel_listens_when_it_is_answered(gateway):
    channel, port = new_channel(gateway)
    first, second = Tracker(gateway), Tracker(gateway, port=port)
    second.ask(heartbeat(10, 1))
    first.ask(heartbeat(10, 2))
    [message] = gateway.get(f"/gw/channels/{channel}/messages")
    assert message["channel.id"] == channel and message["battery.level"] == 1


def test_a_channel_moves_and_its_trackers_follow(gateway):
    channel, before = new_channel(gateway, address=OWN_ADDRESS, port=PORT)
    tracker, other = Tracker(gateway, port=before, host=OWN_ADDRESS), Tracker(gateway)
    tracker.ask(heartbeat(11, 1))
    other.ask(heartbeat(12, 1))
    assert listens(before)
    after = PORT + 1
    change(gateway, channel, configuration={"port": after})
    assert port_of(gateway, channel) == after
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 9
    assert not listens(before)
    Tracker(gateway, port=after, host=OWN_ADDRESS).ask(heartbeat(11, 2))
    other.ask(heartbeat(12, 2))


def test_other_settings_apply_without_an_end(gateway):
    tracker = Tracker(gateway)
    tracker.send(POSITION)
    answer = b"*HQ,865205030330012,V4,V1,"
    assert tracker.receive(len(answer) + 15).startswith(answer)
    change(gateway, 1, name="renamed", configuration={"ack_v1": False, "silence_s": 700})
    tracker.ask(POSITION + heartbeat(865205030330012, 5), heartbeat(865205030330012, 5))


def test_a_disabled_channel_closes_and_a_deleted_one_is_gone(gateway):
    channel, port = new_channel(gateway, address=OWN_ADDRESS, port=PORT)
    tracker = Tracker(gateway, port=port, host=OWN_ADDRESS)
    tracker.ask(heartbeat(13, 1))
    change(gateway, channel, enabled=False)
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 9
    assert port_of(gateway, channel) is None and not listens(port)
    change(gateway, channel, enabled=True)
    assert port_of(gateway, channel) == port
    tracker = Tracker(gateway, port=port, host=OWN_ADDRESS)
    tracker.ask(heartbeat(13, 2))
    call(gateway, "DELETE", f"/gw/channels/{channel}")
    assert tracker.rest() == b""
    assert not listens(port)
    call(gateway, "GET", f"/gw/channels/{channel}", status=403)


@pytest.mark.parametrize("configuration, word", [
    ({"address": "127.0.0.1", "port": "taken"}, "another program"),
    ({"address": "127.0.0.1", "port": "ours"}, "channel"),
    ({"address": "192.0.2.1", "port": 0}, "192.0.2.1"),
    ({"allowed_networks": ["10.0.0.0/64"]}, "10.0.0.0/64"),
    ({"blocked_idents": ["86x"]}, "86x"),
])
def test_what_cannot_be_bound_changes_nothing(gateway, configuration, word):
    channel, port = new_channel(gateway)
    tracker = Tracker(gateway, port=port)
    tracker.ask(heartbeat(14, 1))
    before = gateway.get(f"/gw/channels/{channel}")
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {"taken": other.getsockname()[1], "ours": gateway.port}
        wanted = {**configuration}
        if "port" in wanted:
            wanted["port"] = ports.get(wanted["port"], wanted["port"])
        for method, path, body in [("PATCH", f"/gw/channels/{channel}", {"configuration": wanted}),
                                   ("POST", "/gw/channels", [{"configuration": wanted}])]:
            answer = call(gateway, method, path, body, status=400)
            assert answer["result"] == []
            assert word in answer["errors"][0]["reason"]
    assert gateway.get(f"/gw/channels/{channel}") == before
    assert len(gateway.get("/gw/channels/all")) == 2
    tracker.ask(heartbeat(14, 2))


def test_channels_come_back_with_the_gateway(gateway):
    channel, _ = new_channel(gateway, allowed_idents=["15*"])
    gateway.stop()
    gateway.start()
    port = port_of(gateway, channel)
    Tracker(gateway, port=port).ask(heartbeat(151, 1))
    stranger = Tracker(gateway, port=port)
    stranger.send(heartbeat(16, 1))
    assert stranger.rest() == b""


def test_listen_means_the_channel_that_is_there(tmp_path):
    with Gateway(tmp_path / "data", listen=f"{OWN_ADDRESS}:{PORT}") as gateway:
        call(gateway, "DELETE", "/gw/channels/1")
        channel, _ = new_channel(gateway, address=OWN_ADDRESS, port=PORT)
        for _ in range(2):
            gateway.stop()
            gateway.start()
            assert [c["id"] for c in gateway.get("/gw/channels/all")] == [channel]
            assert gateway.port == PORT


def test_a_channel_that_cannot_listen_at_the_start_is_told(gateway):
    channel, port = new_channel(gateway, address=OWN_ADDRESS, port=PORT)
    gateway.stop()
    with taken(port):
        gateway.start()
    assert port_of(gateway, channel) is None
    Tracker(gateway).ask(heartbeat(17, 1))
    [entry] = logs(gateway, f"channels/{channel}", event_code=114)
    assert "another program" in entry["error_text"]


def test_no_channel_of_rest_keeps_the_gateway_from_starting(tmp_path):
    with Gateway(tmp_path / "data") as gateway:
        call(gateway, "DELETE", "/gw/channels/1")
        channel, port = new_channel(gateway, address=OWN_ADDRESS, port=PORT)
        gateway.stop()
        gateway.listen = None
        with taken(port):
            gateway.start()
        assert port_of(gateway, channel) is None


# ---- who may come in ----


def test_networks_are_turned_away_at_the_door(gateway):
    inside, outside = Tracker(gateway), Tracker(gateway, source="127.0.9.1")
    inside.ask(heartbeat(20, 1))
    outside.ask(heartbeat(21, 1))
    change(gateway, 1, configuration={"blocked_networks": ["127.0.9.0/24"]})
    assert outside.rest() == b""
    assert close_code(gateway, outside) == 16
    for _ in range(5):
        assert Tracker(gateway, source="127.0.9.2").rest() == b""
    inside.ask(heartbeat(20, 2))
    assert metric(gateway, "connections_refused_total") == 5
    # five of a kind are one line now, and another one later that counts them
    [entry] = [e for e in logs(gateway, "channels/1", event_code=102, close_code=16)
               if e["source"].startswith("127.0.9.2:")]
    assert "ident" not in entry


def test_idents_are_turned_away_when_they_are_told(gateway):
    change(gateway, 1, configuration={"allowed_idents": ["86*"], "blocked_idents": ["8699"]})
    good, bad = Tracker(gateway), Tracker(gateway)
    good.ask(heartbeat(861, 1))
    bad.send(heartbeat(8699, 1))
    assert bad.rest() == b""
    assert close_code(gateway, bad) == 16
    good.ask(heartbeat(8699, 2) + heartbeat(862, 3), heartbeat(862, 3))
    assert [m["ident"] for m in gateway.get("/gw/channels/1/messages")] == ["861", "862"]
    [entry] = logs(gateway, "channels/1", event_code=103)
    assert entry["ident"] == "8699" and "not_allowed" in entry["error_text"]


# ---- devices ----


def test_a_disabled_device_is_closed_and_not_heard(gateway):
    device = new_device(gateway, 30)
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(30, 1))
    call(gateway, "PATCH", f"/gw/devices/{device}", {"enabled": False})
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 23
    tracker = Tracker(gateway)
    tracker.send(heartbeat(30, 2))
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 23
    assert len(gateway.get(f"/gw/devices/{device}/messages")) == 1
    call(gateway, "PATCH", f"/gw/devices/{device}", {"enabled": True})
    Tracker(gateway).ask(heartbeat(30, 3))


def test_a_deleted_device_comes_back_as_a_stranger(gateway):
    device = new_device(gateway, 31)
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(31, 1))
    call(gateway, "DELETE", f"/gw/devices/{device}")
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 15
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(31, 2))
    assert connections(gateway)[0]["device_id"] is None
    device = new_device(gateway, 31)
    wait_for(lambda: logs(gateway, f"devices/{device}", event_code=300))
    assert connections(gateway)[0]["device_id"] == device
    [item] = gateway.get(f"/gw/devices/{device}?fields=connected")
    assert item == {"connected": True}


# ---- connections ----


def test_connections_are_listed_and_closed(gateway):
    channel, port = new_channel(gateway)
    device = new_device(gateway, 40)
    mine, other, third = Tracker(gateway), Tracker(gateway), Tracker(gateway, port=port)
    for tracker, ident in ((mine, 40), (other, 41), (third, 40)):
        tracker.ask(heartbeat(ident, 1))
    assert sorted(c["ident"] for c in connections(gateway)) == ["40", "40", "41"]
    [item] = connections(gateway, f"channels/{channel}")
    assert item["channel_id"] == channel and item["device_id"] == device
    assert item["source"] == third.name and item["transport"] == "tcp"
    assert item["secondary"] is False and item["meta"] is None
    assert item["id"] == round(item["established"] * 1e6)
    both = connections(gateway, f"devices/{device}")
    assert {c["source"] for c in both} == {mine.name, third.name}
    assert connections(gateway, f"devices/{device}", item["id"]) == [item]
    call(gateway, "GET", f"/gw/channels/1/connections/{item['id']}", status=403)
    call(gateway, "DELETE", f"/gw/channels/1/connections/{item['id']}", status=403)
    answer = call(gateway, "DELETE", f"/gw/channels/{channel}/connections/{item['id']}")
    assert answer == {"result": [{"id": item["id"]}]}
    assert third.rest() == b""
    assert close_code(gateway, third) == 10
    other.ask(heartbeat(41, 2))
    answer = call(gateway, "DELETE", "/gw/channels/all/connections/all")
    assert len(answer["result"]) == 2
    assert mine.rest() == b"" and other.rest() == b""
    assert connections(gateway) == []


# ---- what is told ----


def test_the_life_of_a_connection_is_logged(gateway):
    device = new_device(gateway, 50)
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(50, 1))
    tracker.send(b"*HQ,50,V1,1#")
    tracker.ask(heartbeat(50, 2))
    tracker.close()
    # the last that is told of it
    packets = wait_for(lambda: (found := gateway.get(f"/gw/devices/{device}/packets"))
                       and found[-1]["type"] == 1 and found)
    [closed] = logs(gateway, "channels/1", event_code=102)
    length = len(heartbeat(50, 1))
    assert closed["close_code"] == 2 and closed["msgs"] == 2 and closed["send"] == 2 * length
    assert closed["recv"] == 2 * length + len(b"*HQ,50,V1,1#")
    assert closed["ident"] == "50" and 0 <= closed["duration"] < 60
    [accepted] = logs(gateway, "channels/1", event_code=100)
    [identified] = logs(gateway, "channels/1", event_code=101)
    assert accepted["source"] == identified["source"] == tracker.name
    [connected] = logs(gateway, f"devices/{device}", event_code=300)
    [disconnected] = logs(gateway, f"devices/{device}", event_code=301)
    assert connected["ident"] == "50" and disconnected["close_code"] == 2
    [refused] = logs(gateway, f"devices/{device}", event_code=304)
    assert "too_short" in refused["error_text"] and "*HQ,50,V1,1#" in refused["error_text"]
    assert [p["type"] for p in packets] == [0, 2, 3, 2, 2, 3, 1] or \
        [p["type"] for p in packets] == [0, 2, 3, 2, 3, 1]  # two writes may be one read
    assert refused["traffic"]["timestamp"] in [p["timestamp"] for p in packets]


def test_a_flood_of_bad_frames_is_a_line_or_two(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(60, 1))
    tracker.send(b"*HQ,60,V1,1#" * 5000)
    tracker.ask(heartbeat(60, 2))
    assert len(logs(gateway, "channels/1", event_code=103)) <= 2


@options("--max-connections", "2")
def test_a_limit_can_be_raised_while_it_is_reached(gateway):
    trackers = [Tracker(gateway), Tracker(gateway)]
    for i, tracker in enumerate(trackers):
        tracker.ask(heartbeat(70 + i, 1))
    assert Tracker(gateway).rest() == b""
    change(gateway, 1, configuration={"max_connections": 3})
    Tracker(gateway).ask(heartbeat(73, 1))
    for i, tracker in enumerate(trackers):
        tracker.ask(heartbeat(70 + i, 2))
