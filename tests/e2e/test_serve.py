"""Starting and stopping the real program, seen from its supervisor."""
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from harness import PROGRAM, Gateway, told_at_starts
from trackers import PATIENCE, Tracker, heartbeat, messages


def test_a_stop_commits_answers_and_is_quick(gateway):
    trackers = [Tracker(gateway) for _ in range(20)]
    for i, tracker in enumerate(trackers):
        tracker.send(b"".join(heartbeat(200 + i, k) for k in range(100)))
    begin = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begin < 5
    answered = sum(tracker.rest().count(b"#") for tracker in trackers)
    assert "stored=all" in gateway.log[-1]
    gateway.start()
    assert len(messages(gateway)) >= answered
    assert len({(m["ident"], m["battery.level"]) for m in messages(gateway)}) == len(messages(gateway))


def test_a_signal_in_two_copies_is_one_request(gateway):
    Tracker(gateway).ask(heartbeat(250, 1))
    for _ in range(3):
        gateway.process.send_signal(signal.SIGTERM)
    assert gateway.stop() == 0
    assert "stored=all" in gateway.log[-1]


def test_a_restart_keeps_what_was_answered(gateway):
    Tracker(gateway).ask(heartbeat(300, 1) + heartbeat(300, 2))
    token = gateway.token
    assert gateway.stop() == 0
    gateway.start()
    assert gateway.token == token
    Tracker(gateway).ask(heartbeat(300, 3))
    assert [m["battery.level"] for m in messages(gateway)] == [1, 2, 3]


def test_options_of_a_later_start_change_the_channel():
    with Gateway(args=["--silence-timeout", "77"]) as g:
        assert g.get("/gw/channels/1")[0]["configuration"]["silence_s"] == 77
        assert g.stop() == 0
        g.args = ["--max-junk", "55"]
        g.start()
        configuration = g.get("/gw/channels/1")[0]["configuration"]
        assert configuration["silence_s"] == 77
        assert configuration["max_junk_bytes"] == 55


def refusal(*args):
    """(exit status, what it said) of a gateway that cannot start."""
    ended = subprocess.run([PROGRAM, "serve", *args], capture_output=True, text=True, timeout=PATIENCE)
    return ended.returncode, ended.stderr


def test_a_port_in_use_is_named(gateway, tmp_path):
    address = f"127.0.0.1:{gateway.port}"
    status, said = refusal("--data", tmp_path, "--listen", address, "--http", "127.0.0.1:0")
    assert status == 1
    assert f"cannot listen on {address}: another program does" in said


def test_a_rest_port_in_use_is_named(gateway, tmp_path):
    address = gateway.url.removeprefix("http://")
    status, said = refusal("--data", tmp_path, "--listen", "127.0.0.1:0", "--http", address)
    assert status == 1
    assert "cannot listen" in said and gateway.url.rpartition(":")[2] in said


def test_a_data_directory_has_one_gateway(gateway):
    status, said = refusal("--data", gateway.data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert status == 1
    assert f"{gateway.data} is in use" in said


def test_a_data_directory_must_be_one(tmp_path):
    (tmp_path / "file").touch()
    status, said = refusal("--data", tmp_path / "file")
    assert status == 1
    assert "is not a directory" in said
    status, said = refusal("--data", tmp_path / "no" / "where")
    assert status == 1
    assert "No such file or directory" in said


def test_a_damaged_token_is_not_used(tmp_path):
    (tmp_path / "admin.token").write_text("short\n")
    status, said = refusal("--data", tmp_path)
    assert status == 1
    assert "admin.token' is damaged" in said


@pytest.mark.parametrize("args", [["--lisen", ":1"], ["--listen", "5013"], ["--workers", "x"],
                                  ["extra"], ["--config", "/nonexistent"]])
def test_wrong_options_are_usage(args):
    status, said = refusal(*args)
    assert status == 2
    assert said.startswith("cantrack serve: ")


def test_the_token_is_told_once_and_kept_secret(tmp_path):
    told = told_at_starts(tmp_path / "d", 2, seconds=PATIENCE)
    token = (tmp_path / "d" / "admin.token").read_text().strip()
    assert re.fullmatch(r"[A-Za-z0-9]{64}", token)
    assert token in told[0]
    assert re.fullmatch(r"web page: http://127\.0\.0\.1:\d+/ \(token: in \S*/d/admin\.token\)\n", told[1])
    assert told[0].endswith(re.sub(r":\d+/", re.search(r":\d+/", told[0]).group(), told[1]))
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o700
    for file in (tmp_path / "d").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


@pytest.mark.parametrize("abstract", [False, True])
def test_the_supervisor_is_told(tmp_path, monkeypatch, abstract):
    name = f"@cantrack-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.settimeout(PATIENCE)
        supervisor.bind("\0" + name[1:] if abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        with Gateway() as g:
            assert supervisor.recv(100) == b"READY=1"
            Tracker(g).ask(heartbeat(1, 1))
            assert g.stop() == 0
            assert supervisor.recv(100) == b"STOPPING=1"
