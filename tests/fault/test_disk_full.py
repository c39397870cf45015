"""The disk fills up under load: trackers are no longer answered, readers are still served, the log
says so without flooding, and when space returns all goes on by itself with nothing lost."""
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from harness import Gateway  # noqa: E402
from books import FIRST_IDENT, Load, Tracker, answered, check_books, register  # noqa: E402


class SmallDisk:
    """A file system of 24 MiB; filled by a file that grows until nothing more fits."""

    def __init__(self, folder):
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self, gateway):
        del gateway
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (65536, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def free(self, gateway):
        del gateway
        self.ballast.unlink()


class SmallFiles:
    """Where no file system can be mounted: the gateway's files may not grow any more."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, gateway):
        self.limit(gateway, max(f.stat().st_size for f in gateway.data.iterdir()))

    def limit(self, gateway, size):
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE,
                         (size, resource.RLIM_INFINITY))

    def free(self, gateway):
        self.limit(gateway, resource.RLIM_INFINITY)


@pytest.fixture(params=["mounted", "limited"])
def disk(request, tmp_path):
    if request.param == "limited":
        yield SmallFiles(tmp_path)
        return
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "cantrack-test", folder],
        stderr=subprocess.DEVNULL, check=False).returncode == 0
    if not mounted:
        pytest.skip("mounting needs root")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def metric(gateway, name):
    text = gateway.request("GET", "/metrics")[1]
    return int(re.search(rf"^cantrack_{name} (\d+)$", text, re.MULTILINE).group(1))


def is_still(trackers, seconds=1.5):
    before = answered(trackers)
    time.sleep(seconds)
    return answered(trackers) == before


def test_a_full_disk_is_survived(disk):
    trackers = [Tracker(FIRST_IDENT + i) for i in range(4)]
    with Gateway(disk.folder / "data") as gateway:
        devices = register(gateway, trackers)
        load = Load(trackers, gateway.port)
        load.start()
        wait_until(lambda: answered(trackers) > 500)
        assert gateway.request("GET", "/health")[0] == 200

        disk.fill(gateway)
        wait_until(lambda: is_still(trackers))
        wait_until(lambda: gateway.request("GET", "/health")[0] == 503)
        assert is_still(trackers, 4), "answered although nothing can be stored"
        assert len(list(check_books(gateway, trackers, devices))) == 4  # readers are served
        failures = [line for line in gateway.log if "<3>" in line]
        assert len(failures) == 1, failures

        before = answered(trackers)
        disk.free(gateway)
        wait_until(lambda: gateway.request("GET", "/health")[0] == 200)
        wait_until(lambda: answered(trackers) > before + 500)
        load.finish()
        assert load.trouble is None
        assert answered(trackers) == sum(t.sent for t in trackers), "some are without an answer"
        for tracker, found in check_books(gateway, trackers, devices):
            assert len(found) == tracker.sent
        assert gateway.stop() == 0


def test_what_is_deleted_makes_room_on_a_full_disk(disk):
    trackers = [Tracker(FIRST_IDENT + i) for i in range(4)]
    with Gateway(disk.folder / "data", ["--settle-seconds", "1", "--retention-seconds", "1"]) as \
            gateway:
        register(gateway, trackers)
        assert gateway.request("PUT", "/gw/devices/all", body={"messages_ttl": 10})[0] == 200
        load = Load(trackers, gateway.port)
        load.start()
        wait_until(lambda: answered(trackers) > 3000)
        load.finish()
        sent = answered(trackers)
        wait_until(lambda: metric(gateway, "store_settled_total") == sent)
        assert metric(gateway, "records_deleted_total") < sent
        disk.fill(gateway)
        wait_until(lambda: metric(gateway, "records_deleted_total") == sent, 30)
        disk.free(gateway)
        assert gateway.get("/gw/devices/all/messages") == []
        assert len(gateway.get("/gw/channels/all/messages")) == sent
        load = Load(trackers, gateway.port)
        load.start()
        wait_until(lambda: answered(trackers) > sent + 500)
        load.finish()
        assert load.trouble is None
        assert gateway.stop() == 0
