"""What the other tests rely on: a gateway that a sanitizer complains about is no good one."""
import os
import sys

import pytest

import harness

PROGRAM = """#!%s
import os, signal, sys
data = sys.argv[sys.argv.index("--data") + 1]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.makedirs(data)
open(data + "/admin.token", "w").close()
print("event=ready listen=none http=http://nowhere data=x", file=sys.stderr, flush=True)
signal.sigwait([signal.SIGTERM])
print(%r, file=sys.stderr, flush=True)
os._exit(0)
"""
COMPLAINTS = [
    "WARNING: ThreadSanitizer: data race (pid=1)",
    "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
    "==1==ERROR: LeakSanitizer: detected memory leaks",
    "../src/a.c:1:2: runtime error: signed integer overflow",
    '<3>level=error at=die event=fatal reason="bug: ../src/a.c:1: x"',
]


def run(tmp_path, monkeypatch, last_words):
    program = tmp_path / "program"
    program.write_text(PROGRAM % (sys.executable, last_words))
    program.chmod(0o700)
    monkeypatch.setattr(harness, "PROGRAM", str(program))
    with harness.Gateway():
        pass


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_complaint_of_a_sanitizer_fails_the_test(tmp_path, monkeypatch, complaint):
    with pytest.raises(AssertionError, match="the gateway is broken"):
        run(tmp_path, monkeypatch, complaint)


def test_words_of_the_gateway_do_not(tmp_path, monkeypatch):
    run(tmp_path, monkeypatch, '<3>level=error at=store event=settle error="history.db: disk full"')


def test_the_error_of_a_test_is_not_hidden(tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.write_text(PROGRAM % (sys.executable, "stopped"))
    program.chmod(0o700)
    monkeypatch.setattr(harness, "PROGRAM", os.fspath(program))
    with pytest.raises(KeyError):
        with harness.Gateway():
            raise KeyError
