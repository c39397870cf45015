"""HTTPS: the certificate that is made, one that is given, its exchange, what is refused."""
import hashlib
import http.client
import json
import re
import signal
import socket
import ssl
import stat
import subprocess
import time
import urllib.parse

import pytest

from harness import PROGRAM, Gateway, told_at_starts
from trackers import PATIENCE, Tracker, heartbeat

HTTPS = ["--https", "127.0.0.1:0"]


def https_port(gateway):
    """Of the last start."""
    for line in reversed(gateway.log):
        found = re.search(r"event=ready .* https=https://127\.0\.0\.1:(\d+) ", line)
        if found:
            return int(found.group(1))
    raise AssertionError("no https in the log:\n" + "\n".join(gateway.log))


def trusting(context=None):
    context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def handshake(port, context=None):
    """(the certificate's SHA-256 as AB:CD:..., the protocol's name)"""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
        with (context or trusting()).wrap_socket(plain, server_hostname="localhost") as s:
            digest = hashlib.sha256(s.getpeercert(binary_form=True)).hexdigest().upper()
            return ":".join(digest[i:i + 2] for i in range(0, 64, 2)), s.version()


def ask(gateway, method, path, body=None, context=None, host="127.0.0.1"):
    """`host` is the name that the certificate is asked for; nothing looks it up."""
    context = context or trusting()
    connection = http.client.HTTPSConnection(host, https_port(gateway), timeout=PATIENCE,
                                             context=context)
    connection.sock = context.wrap_socket(
        socket.create_connection(("127.0.0.1", connection.port), PATIENCE), server_hostname=host)
    try:
        connection.request(method, path, body, {"Authorization": f"FlespiToken {gateway.token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def make_pair(folder, name):
    """A certificate and a key of another kind than ours, made by OpenSSL."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True, timeout=PATIENCE)
    return cert, key


def logged(gateway, event, count=1):
    """Waits for so many lines of this event; the last one."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lines = [line for line in gateway.log if f"event={event} " in line]
        if len(lines) >= count:
            return lines[-1]
        time.sleep(0.01)
    raise AssertionError(f"no event={event}:\n" + "\n".join(gateway.log[-20:]))


def test_a_certificate_is_made_once_and_can_be_trusted():
    with Gateway(args=HTTPS) as g:
        cert, key = g.data / "https.crt", g.data / "https.key"
        assert stat.S_IMODE(cert.stat().st_mode) == 0o644
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert not list(g.data.glob("*.new"))
        # whoever takes the file for an authority checks names and all
        context = ssl.create_default_context(cafile=cert)
        for host in ("127.0.0.1", "localhost"):
            status, text = ask(g, "GET", "/gw/channels/all?fields=id", context=context, host=host)
            assert (status, json.loads(text)) == (200, {"result": [{"id": 1}]})
        first, _ = handshake(https_port(g))
        assert f"sha256={first}" in logged(g, "certificate")
        told = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-text", "-fingerprint",
                               "-sha256"], check=True, capture_output=True, text=True).stdout
        assert first in told
        for part in ("prime256v1", "DNS:localhost", "IP Address:127.0.0.1", "CA:FALSE",
                     "TLS Web Server Authentication", "Version: 3"):
            assert part in told
        dates = re.findall(r"Not (?:Before|After) ?: .* (\d{4}) GMT", told)
        assert int(dates[1]) - int(dates[0]) == 10
        assert g.stop() == 0
        g.start()
        assert handshake(https_port(g))[0] == first


def test_the_print_is_told_at_the_first_start_only(tmp_path):
    told = told_at_starts(tmp_path / "d", 2, args=HTTPS, seconds=PATIENCE)
    assert re.search(r"https\.crt\): SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\n", told[0])
    assert "SHA-256" not in told[1]
    assert [line.split("//")[0] for line in told[1].splitlines()] == ["web page: http:", "web page: https:"]


def test_both_doors_are_one_house():
    with Gateway(args=HTTPS) as g:
        status, text = ask(g, "POST", "/gw/devices", json.dumps({"configuration": {"ident": "7"}}))
        assert status == 200
        made = json.loads(text)["result"][0]["id"]
        assert g.get(f"/gw/devices/{made}")[0]["configuration"]["ident"] == "7"
        assert ask(g, "GET", "/gw/nothing")[0] == 404
        # a body at the limit and one beyond, in many pieces of TLS
        assert ask(g, "POST", "/gw/devices", "[" + " " * (1024 * 1024 - 2) + "]")[0] == 200
        assert ask(g, "POST", "/gw/devices", " " * (1024 * 1024 + 1))[0] == 413
        # a long answer, in pieces
        devices = [{"name": "x" * 200, "configuration": {"ident": str(1000 + i)}} for i in range(500)]
        assert ask(g, "POST", "/gw/devices?fields=id", json.dumps(devices))[0] == 200
        status, text = ask(g, "GET", "/gw/devices/all")
        assert status == 200 and len(text) > 150000 and len(json.loads(text)["result"]) == 501
        region = json.loads(ask(g, "GET", "/auth/regions")[1])["result"][0]
        assert region["rest"] == f"https://127.0.0.1:{https_port(g)}"
        assert region["mqtt-ws"] == f"127.0.0.1:{https_port(g)}"
        assert g.get("/auth/regions")[0]["rest"] == g.url


def test_who_waits_is_woken_through_tls():
    with Gateway(args=[*HTTPS, "--http-threads", "2"]) as g:
        key = json.loads(ask(g, "GET", "/gw/channels/1/messages")[1])["next_key"]
        data = urllib.parse.quote(json.dumps({"curr_key": key, "timeout": 30}))
        path = f"/gw/channels/1/messages?data={data}"
        connections = [http.client.HTTPSConnection("127.0.0.1", https_port(g), timeout=PATIENCE,
                                                   context=trusting()) for _ in range(8)]
        for c in connections:
            c.request("GET", path, headers={"Authorization": g.token})
        Tracker(g).ask(heartbeat(7, 1))
        answers = [json.loads(c.getresponse().read()) for c in connections]
        for answer in answers:
            assert [m["battery.level"] for m in answer["result"]] == [1]
        # who waits when the gateway stops is told so, or hung up on; nobody is waited for
        key = answers[0]["next_key"]
        data = urllib.parse.quote(json.dumps({"curr_key": key, "timeout": 30}))
        for c in connections:
            c.request("GET", f"/gw/channels/1/messages?data={data}",
                      headers={"Authorization": g.token})
        begin = time.monotonic()
        assert g.stop() == 0
        assert time.monotonic() - begin < 10
        for c in connections:
            c.close()


def test_many_ask_at_once():
    with Gateway(args=[*HTTPS, "--http-threads", "2"]) as g:
        connections = [http.client.HTTPSConnection("127.0.0.1", https_port(g), timeout=PATIENCE,
                                                   context=trusting()) for _ in range(20)]
        for _ in range(3):
            for c in connections:
                c.request("GET", "/gw/channel-protocols/all",
                          headers={"Authorization": f"FlespiToken {g.token}"})
            answers = [c.getresponse().read() for c in connections]
            assert len(set(answers)) == 1 and b'"id":441' in answers[0]
        for c in connections:
            c.close()
        # who says nothing, or says it without TLS, stands in nobody's way
        with socket.create_connection(("127.0.0.1", https_port(g)), PATIENCE), \
                socket.create_connection(("127.0.0.1", https_port(g)), PATIENCE) as rude:
            rude.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert ask(g, "GET", "/health")[0] == 200
        assert g.stop() == 0


def only(version):
    context = trusting()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_protocols_are_refused():
    with Gateway(args=HTTPS) as g:
        port = https_port(g)
        assert handshake(port, only(ssl.TLSVersion.TLSv1_3))[1] == "TLSv1.3"
        assert handshake(port, only(ssl.TLSVersion.TLSv1_2))[1] == "TLSv1.2"
        for old in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
            # hung up on: a client that refuses to ask ("no protocols available") proves nothing
            with pytest.raises((ssl.SSLError, ConnectionError), match="(?i)eof|alert|reset"):
                handshake(port, only(old))


def test_certificates_are_exchanged_while_running(tmp_path):
    cert, key = make_pair(tmp_path, "one")
    two, three = make_pair(tmp_path, "two"), make_pair(tmp_path, "three")
    args = [*HTTPS, "--https-cert", str(cert), "--https-key", str(key)]
    with Gateway(args=args) as g:
        port = https_port(g)
        assert not (g.data / "https.crt").exists()
        first, _ = handshake(port)
        kept = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=trusting())
        kept.request("GET", "/health")
        assert kept.getresponse().read()

        for file, other in zip((cert, key), two):
            file.write_bytes(other.read_bytes())
        assert handshake(port)[0] == first
        g.process.send_signal(signal.SIGHUP)
        line = logged(g, "certificate_reloaded")
        second, _ = handshake(port)
        assert second != first and second in line

        # the key of another certificate, and no certificate at all
        key.write_bytes(three[1].read_bytes())
        g.process.send_signal(signal.SIGHUP)
        assert f"'{key}' is not the key of the certificate in '{cert}'" in logged(g, "certificate_kept")
        cert.write_text("nonsense")
        g.process.send_signal(signal.SIGHUP)
        assert f"'{cert}' holds no certificate in PEM" in logged(g, "certificate_kept", 2)
        assert handshake(port)[0] == second

        kept.request("GET", "/health")  # who was connected stays connected
        assert kept.getresponse().status == 200
        kept.close()
        assert g.stop() == 0


def test_a_hangup_without_https_is_ignored(gateway):
    gateway.process.send_signal(signal.SIGHUP)
    assert "there is no https" in logged(gateway, "hup_ignored")
    assert gateway.get("/gw/channels/all?fields=id") == [{"id": 1}]
    assert gateway.stop() == 0


def refusal(tmp_path, *args):
    ended = subprocess.run([PROGRAM, "serve", "--data", tmp_path / "d", "--listen", "127.0.0.1:0",
                            "--http", "127.0.0.1:0", *HTTPS, *args],
                           capture_output=True, text=True, timeout=PATIENCE)
    return ended.returncode, ended.stderr


def test_wrong_files_are_named_at_the_start(tmp_path):
    cert, key = make_pair(tmp_path, "one")
    other = make_pair(tmp_path, "two")[1]
    for files, said in (
            (["--https-cert", cert], "https-key is missing"),
            (["--https-key", key], "https-cert is missing"),
            (["--https", "", "--https-cert", cert, "--https-key", key],
             "https-cert and https-key are for --https and --mqtts, which are missing"),
            (["--https-cert", tmp_path / "none", "--https-key", key],
             f"cannot open '{tmp_path / 'none'}': No such file"),
            (["--https-cert", cert, "--https-key", cert], f"'{cert}' holds no private key in PEM"),
            (["--https-cert", key, "--https-key", key], f"'{key}' holds no certificate in PEM"),
            (["--https-cert", cert, "--https-key", other],
             f"'{other}' is not the key of the certificate in '{cert}'")):
        status, text = refusal(tmp_path, *files)
        assert status == 1
        assert said in text
    (tmp_path / "d" / "https.crt").write_text("x")
    status, text = refusal(tmp_path)
    assert status == 1 and "https.key': No such file" in text


def test_a_port_in_use_is_named(tmp_path):
    with Gateway(args=HTTPS) as g:
        status, text = refusal(tmp_path, "--https", f"127.0.0.1:{https_port(g)}")
        assert status == 1
        assert f"cannot listen at 127.0.0.1:{https_port(g)}: Address already in use" in text
