"""The gate of a real gateway, seen from the sockets of trackers."""
import os
import re
import resource
import socket
import struct
import time

import pytest

from commanding import ask, done
from trackers import (PATIENCE, POSITION, Tracker, close_code, heartbeat, messages, metric, options,
                      wait_for)

# ---- answers ----


@pytest.mark.parametrize("frame, reply", [
    (b"*HQ,869731054158803,V0#", None),
    (b"*HQ,869731054158803,HTBT,87#", None),
    (b"*HQ,869731054158803,HTBT#", None),
    (b"*hq,0012345678,HTBT,87#", None),
])
def test_the_reply_is_exact(gateway, frame, reply):
    tracker = Tracker(gateway)
    tracker.ask(frame, reply)
    tracker.ask(frame, reply)


def test_a_position_is_acknowledged_with_the_time(gateway):
    tracker = Tracker(gateway)
    before = int(time.time())
    tracker.send(POSITION)
    reply = tracker.receive(len(b"*HQ,865205030330012,V4,V1,20150810145452#"))
    found = re.fullmatch(rb"\*HQ,865205030330012,V4,V1,(\d{14})#", reply)
    told = time.strptime(found.group(1).decode() + "UTC", "%Y%m%d%H%M%S%Z")
    assert before <= int(time.mktime(told) - time.timezone) <= time.time()


@options("--no-ack-v1")
def test_a_position_is_not_acknowledged_when_switched_off(gateway):
    tracker = Tracker(gateway)
    tracker.ask(POSITION + heartbeat(1, 5), heartbeat(1, 5))


def test_what_was_answered_can_be_read(gateway):
    tracker = Tracker(gateway)
    tracker.ask(b"*HQ,0012345678,HTBT,87#")
    [message] = messages(gateway)
    assert message["ident"] == "12345678"
    assert message["battery.level"] == 87
    assert message["channel.id"] == 1
    assert message["protocol.id"] == 441
    assert message["peer"] == tracker.name
    assert message["vendor.code"] == "HQ"
    assert abs(message["server.timestamp"] - time.time()) < PATIENCE
    assert message["timestamp"] == message["server.timestamp"]
    assert "device.id" not in message


# ---- devices that make themselves ----


@options("--auto-devices")
def test_unknown_idents_become_devices_together(gateway):
    trackers = [Tracker(gateway) for _ in range(300)]
    for i, tracker in enumerate(trackers):
        tracker.send(heartbeat(5000 + i, 1) + heartbeat(5000 + i, 2))
    for i, tracker in enumerate(trackers):
        expected = heartbeat(5000 + i, 1) + heartbeat(5000 + i, 2)
        assert tracker.receive(len(expected)) == expected
    devices = gateway.get("/gw/devices/all")
    idents = {d["configuration"]["ident"]: d["id"] for d in devices}
    assert len(devices) == len(idents) == 300
    assert all(d["name"] == d["configuration"]["ident"] for d in devices)
    stored = gateway.get("/gw/devices/all/messages")
    assert len(stored) == 600
    assert all(m["device.id"] == idents[m["ident"]] for m in stored)
    gateway.kill()
    gateway.start()
    assert gateway.get("/gw/devices/all") == devices


# ---- streams ----


def test_a_batch_in_one_write_is_answered_in_order(gateway):
    batch = b"\r\n".join(heartbeat(77, percent) for percent in range(100))
    tracker = Tracker(gateway)
    tracker.ask(batch, batch.replace(b"\r\n", b""))
    assert [m["battery.level"] for m in messages(gateway)] == list(range(100))


def test_bytes_may_come_one_by_one(gateway):
    tracker = Tracker(gateway)
    tracker.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    frames = heartbeat(78, 1) + heartbeat(78, 2)
    for i in range(len(frames)):
        tracker.send(frames[i:i + 1])
    assert tracker.receive(len(frames)) == frames


def test_more_than_one_read_holds(gateway):
    frames = b"".join(heartbeat(79, i % 101) for i in range(20000))
    tracker = Tracker(gateway)
    tracker.send(frames)
    assert tracker.receive(len(frames)) == frames


def test_a_connection_may_begin_in_the_middle_of_a_frame(gateway):
    tracker = Tracker(gateway)
    tracker.ask(b"00,E,0.00,0,FFFFF7FF#\r\n" + heartbeat(80, 3), heartbeat(80, 3))


def test_binary_frames_lie_between_text(gateway):
    jt808 = bytes.fromhex("7e000200000123456789010001187e")
    gt06 = bytes.fromhex("78780d01012345678901234500018cdd0d0a")
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(81, 1) + jt808 + gt06 + heartbeat(81, 2), heartbeat(81, 1) + heartbeat(81, 2))
    assert [m["battery.level"] for m in messages(gateway)] == [1, 2]


def test_another_ident_on_the_connection_keeps_its_own(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(82, 1) + heartbeat(83, 2) + heartbeat(82, 3))
    assert [m["ident"] for m in messages(gateway)] == ["82", "83", "82"]
    Tracker(gateway).ask(heartbeat(83, 4))  # the connection is 82's: it stays
    tracker.ask(heartbeat(82, 5))


def test_a_refused_frame_is_told_and_the_connection_lives(gateway):
    tracker = Tracker(gateway)
    tracker.ask(b"*HQ,abc,V1\x01#" + heartbeat(84, 1), heartbeat(84, 1))
    line = wait_for(lambda: next((l for l in gateway.log if "event=frame_refused" in l), None))
    assert r"bytes=" in line and "peer=" + tracker.name in line
    assert "\x01" not in line


# ---- the end of a connection ----


def test_a_half_closed_tracker_gets_its_replies(gateway):
    tracker = Tracker(gateway)
    tracker.send(heartbeat(90, 1) + heartbeat(90, 2))
    tracker.socket.shutdown(socket.SHUT_WR)
    assert tracker.rest() == heartbeat(90, 1) + heartbeat(90, 2)
    assert close_code(gateway, tracker) == 2


def test_an_unterminated_last_frame_is_kept_but_not_answered(gateway):
    tracker = Tracker(gateway)
    tracker.send(heartbeat(91, 1) + b"*HQ,91,HTBT,2")
    tracker.socket.shutdown(socket.SHUT_WR)
    assert tracker.rest() == heartbeat(91, 1)
    wait_for(lambda: len(messages(gateway)) == 2)


def test_a_reset_disturbs_nobody(gateway):
    steady = Tracker(gateway)
    steady.ask(heartbeat(92, 1))
    for i in range(50):
        rude = Tracker(gateway)
        rude.send(heartbeat(1000 + i, 1) * 20)
        rude.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.close()
    steady.ask(heartbeat(92, 2))
    wait_for(lambda: metric(gateway, "connections_open") == 1)


@options("--silence-timeout", "3")
def test_the_silent_are_closed_and_the_others_not(gateway):
    begin = time.monotonic()
    silent, talker = Tracker(gateway), Tracker(gateway)
    silent.socket.settimeout(0.2)
    while True:
        talker.ask(heartbeat(93, 1))
        try:
            assert silent.socket.recv(1) == b""
            break
        except socket.timeout:
            assert time.monotonic() - begin < PATIENCE
    assert time.monotonic() - begin >= 3
    assert close_code(gateway, silent) == 17
    talker.ask(heartbeat(93, 2))


def test_the_same_ident_again_closes_the_older(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(94, 0))
    for i in range(1, 30):  # so many that both workers have their turn
        older, tracker = tracker, Tracker(gateway)
        tracker.ask(heartbeat(94, i))
        assert older.rest() == b""
        assert close_code(gateway, older) == 12
    tracker.ask(heartbeat(94, 50))
    wait_for(lambda: metric(gateway, "connections_replaced_total") == 29)


# ---- limits ----


@options("--max-junk", "100")
def test_junk_closes_unless_a_good_frame_comes(gateway):
    tracker = Tracker(gateway)
    for _ in range(5):
        tracker.ask(b"j" * 90 + heartbeat(95, 1), heartbeat(95, 1))
    tracker.send(b"j" * 101)
    assert tracker.rest() == b""
    assert close_code(gateway, tracker) == 4


@options("--max-per-address", "2")
def test_an_address_has_a_limit(gateway):
    first, second = Tracker(gateway), Tracker(gateway)
    first.ask(heartbeat(96, 1))
    second.ask(heartbeat(97, 1))
    assert Tracker(gateway).rest() == b""
    Tracker(gateway, source="127.0.0.2").ask(heartbeat(98, 1))
    first.close()
    assert close_code(gateway, first) == 2
    Tracker(gateway).ask(heartbeat(99, 1))


@options("--max-connections", "3")
def test_the_channel_has_a_limit(gateway):
    trackers = [Tracker(gateway, source=f"127.0.0.{i + 2}") for i in range(3)]
    for i, tracker in enumerate(trackers):
        tracker.ask(heartbeat(100 + i, 1))
    assert Tracker(gateway).rest() == b""
    assert metric(gateway, "connections_refused_total") == 1
    trackers[0].close()
    assert close_code(gateway, trackers[0]) == 2
    Tracker(gateway).ask(heartbeat(104, 1))


def test_out_of_descriptors_the_connected_go_on(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(105, 1))
    used = len(os.listdir(f"/proc/{gateway.process.pid}/fd"))
    limit = resource.RLIMIT_NOFILE
    before = resource.prlimit(gateway.process.pid, limit)
    resource.prlimit(gateway.process.pid, limit, (used + 10, before[1]))
    crowd = [Tracker(gateway) for _ in range(40)]
    tracker.ask(heartbeat(105, 2))
    for member in crowd:
        member.close()
    resource.prlimit(gateway.process.pid, limit, before)
    wait_for(lambda: metric(gateway, "connections_open") == 1)
    Tracker(gateway).ask(heartbeat(106, 1))
    tracker.ask(heartbeat(105, 3))


def test_a_tracker_that_never_reads_costs_nobody_else(gateway):
    # on a channel of its own, which loses its patience when the tracker has stopped reading
    channel = done(ask(gateway, "POST", "/gw/channels", [{"configuration": {"address": "127.0.0.1", "port": 0}}]))
    slow = Tracker(gateway, receive_bytes=4096, port=int(channel["uri"].rsplit(":", 1)[1]))
    slow.socket.setblocking(False)
    other = Tracker(gateway)
    frames = heartbeat(110, 100) * 1000
    sent = 0
    blocked_since = None
    while not blocked_since or time.monotonic() - blocked_since < 0.5:
        other.ask(heartbeat(111, 1))
        try:  # in the middle of a frame or not: nobody will read the replies
            sent += slow.socket.send(frames)
            blocked_since = None
        except BlockingIOError:
            blocked_since = blocked_since or time.monotonic()
    assert sent > len(frames)
    done(ask(gateway, "PATCH", f"/gw/channels/{channel['id']}", {"configuration": {"silence_s": 2}}))
    while not any("close_code=5" in line and slow.name in line for line in gateway.log):
        other.ask(heartbeat(111, 2))
    wait_for(lambda: metric(gateway, "connections_slow_total") == 1)


# ---- a full disk ----


def test_a_full_disk_stops_the_answers_until_there_is_room(gateway):
    tracker = Tracker(gateway)
    tracker.ask(heartbeat(120, 1))
    limit = resource.RLIMIT_FSIZE
    before = resource.prlimit(gateway.process.pid, limit, (1, resource.RLIM_INFINITY))
    tracker.send(heartbeat(120, 2))
    wait_for(lambda: any("event=commit_failed" in line for line in gateway.log))
    assert gateway.request("GET", "/health")[0] == 503
    assert len(messages(gateway)) == 1  # reading goes on
    tracker.socket.settimeout(0.2)
    with pytest.raises(socket.timeout):
        tracker.receive(1)
    resource.prlimit(gateway.process.pid, limit, before)
    tracker.socket.settimeout(PATIENCE)
    assert tracker.receive(len(heartbeat(120, 2))) == heartbeat(120, 2)
    assert metric(gateway, "commit_failures_total") >= 1  # counted before it was logged
    assert [m["battery.level"] for m in messages(gateway)] == [1, 2]


def test_a_full_disk_stops_the_reading(gateway):
    before = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    trackers = [Tracker(gateway, receive_bytes=4096) for _ in range(16)]
    frame = b"*HQ,%d,V2,145452,A,2240.55181,N,11358.32389,E,10.00,180,100815,FFFFFFFF#"
    for tracker in trackers:
        tracker.socket.setblocking(False)
    sent = 0

    def is_full():
        nonlocal sent
        full_since = time.monotonic()
        while time.monotonic() - full_since < 0.5:
            for i, tracker in enumerate(trackers):
                try:
                    sent += tracker.socket.send(frame % (130 + i) * 500)
                    full_since = time.monotonic()
                except BlockingIOError:
                    pass
        return metric(gateway, "bytes_received_total") < sent
    wait_for(is_full)  # all else is read, be it late
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, before)
    wait_for(lambda: metric(gateway, "bytes_received_total") == sent)
