"""Messages that were kept long enough: not read any more at once, then deleted."""
import re
import time

import pytest

from trackers import PATIENCE, Tracker, options

QUICK = ("--retention-seconds", "1", "--settle-seconds", "1")
IDENT = 865205030330012


def frame(number):
    when = time.strftime("%H%M%S,%d%m%y", time.gmtime(time.time() - 3600 + number)).split(",")
    return (f"*HQ,{IDENT},V1,{when[0]},A,2240.55181,N,11358.33462,E,12.50,090,{when[1]},"
            "FFFFFBFF#").encode()


def metric(gateway, name):
    text = gateway.request("GET", "/metrics")[1]
    return int(re.search(rf"^cantrack_{name}_total (\d+)$", text, re.MULTILINE).group(1))


def wait_until(what):
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def send(gateway, count):
    tracker = Tracker(gateway)
    for number in range(count):
        tracker.send(frame(number))
        assert b"V4,V1" in tracker.receive(41)
    tracker.close()


def messages(gateway, of):
    return gateway.get(f"/gw/{of}/all/messages")


def change_devices(gateway, **members):
    status, text = gateway.request("PUT", "/gw/devices/all", body=members)
    assert status == 200, text


@pytest.fixture
def device(gateway):
    status, text = gateway.request("POST", "/gw/devices", body=[
        {"name": "one", "device_type_id": 1, "configuration": {"ident": str(IDENT)}}])
    assert status == 200, text
    return gateway.get("/gw/devices/all")[0]["id"]


@options(*QUICK)
def test_what_was_kept_long_enough_goes(gateway, device):
    send(gateway, 20)
    wait_until(lambda: metric(gateway, "store_settled") == 20)
    assert len(messages(gateway, "devices")) == 20
    assert metric(gateway, "records_deleted") == 0
    change_devices(gateway, messages_ttl=1)
    time.sleep(1)  # so long they are kept
    assert messages(gateway, "devices") == []
    assert len(messages(gateway, "channels")) == 20
    wait_until(lambda: metric(gateway, "records_deleted") == 20)
    change_devices(gateway, messages_ttl=1000)
    assert messages(gateway, "devices") == []  # really deleted
    send(gateway, 5)
    assert len(messages(gateway, "devices")) == 5
    assert len(messages(gateway, "channels")) == 25
    assert gateway.request("DELETE", f"/gw/devices/{device}")[0] == 200
    wait_until(lambda: metric(gateway, "store_settled") == 25)
    wait_until(lambda: metric(gateway, "records_deleted") == 25)
    assert metric(gateway, "retention_failures") == 0
    assert gateway.stop() == 0
    gateway.start()
    assert len(messages(gateway, "channels")) == 25


@options("--retention-seconds", "0", "--settle-seconds", "1")
def test_without_retention_nothing_is_deleted_but_old_messages_are_not_read(gateway, device):
    send(gateway, 3)
    wait_until(lambda: metric(gateway, "store_settled") == 3)
    change_devices(gateway, messages_ttl=1)
    time.sleep(1.1)
    assert messages(gateway, "devices") == []
    assert device and metric(gateway, "records_deleted") == 0
    change_devices(gateway, messages_ttl=1000)
    assert len(messages(gateway, "devices")) == 3
