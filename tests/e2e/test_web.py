"""The web page as the gateway serves it: complete, at home, behind a proxy too; and a build that has no
tools for it."""
import gzip
import http.client
import os
import pty
import re
import select
import shutil
import socket
import socketserver
import subprocess
import threading
import urllib.parse

import pytest

from harness import PROGRAM, ROOT, Gateway
from mqtt_transport import WebSocket

PATIENCE = 20
TILES = ["--web-tiles", "http://tiles.example:81/{z}/{x}/{y}.png", "--web-attribution", "© Example"]
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
         "json": "application/json", "png": "image/png", "woff2": "font/woff2"}
PART = re.compile(rf"[\w.]+(?:-[\w.]+)*-[\w-]{{8}}\.(?:{'|'.join(TYPES)})\b")  # a name with a sum in it
BELOW = "/some/path"


class BelowAPath(socketserver.BaseRequestHandler):
    """A reverse proxy as many are set up: what is asked for below a path is asked for here without it."""

    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(65536) or b"\r\n\r\n"
        method, target, rest = head.split(b" ", 2)
        if not target.startswith(BELOW.encode() + b"/"):
            self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(self.server.gateway, PATIENCE) as behind:
            behind.sendall(b" ".join([method, target[len(BELOW):], rest]))
            back = threading.Thread(target=self.pump, args=(behind, self.request), daemon=True)
            back.start()
            self.pump(self.request, behind)
            back.join(PATIENCE)

    @staticmethod
    def pump(source, to):
        try:
            while part := source.recv(65536):
                to.sendall(part)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one end has gone


@pytest.fixture(scope="module")
def gateway():
    with Gateway(args=TILES) as g:
        yield g


@pytest.fixture(scope="module")
def proxy(gateway):
    """host:port of it."""
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), BelowAPath) as server:
        place = urllib.parse.urlsplit(gateway.url)
        server.gateway = (place.hostname, place.port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module", params=["", BELOW], ids=["alone", "below a path"])
def base(request, gateway):
    """Where the page is: its own address, or one of a proxy."""
    place = request.getfixturevalue("proxy") if request.param else urllib.parse.urlsplit(gateway.url).netloc
    return f"http://{place}{request.param}/"


def ask(url, method="GET", **headers):
    """(status, headers, body)"""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=PATIENCE)
    try:
        connection.putrequest(method, place.path, skip_accept_encoding=True)
        for name, value in {"Accept-Encoding": "gzip, br", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_the_page_is_whole_and_stays_at_home(base):
    status, headers, body = ask(base)
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Encoding"] == "gzip" and int(headers["Content-Length"]) == len(body)
    assert headers["Cache-Control"] == "no-cache" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: "
        "http://tiles.example:81; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'")
    page = gzip.decompress(body).decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S)
    assert scripts and all("src=" in attributes and not text.strip() for attributes, text in scripts)
    assert not re.search(r"<style|\s(on\w+|style)=|https?:|//", page.replace("<!doctype html>", ""))
    named = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert not [name for name in named if name.startswith("/")]
    waiting = [name.split("assets/")[1] for name in named if "assets/" in name]
    assert len(waiting) >= 2  # the script and the icon at least
    seen = set()
    while waiting:  # also what is loaded later, by the names in what is loaded now
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += PART.findall(check_part(f"{base}assets/{name}").decode())
    assert len(seen) >= 6


def check_part(url):
    """Returns its text."""
    status, headers, body = ask(url)
    assert status == 200 and headers["Content-Type"] == TYPES[url.rsplit(".", 1)[1]], url
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["Content-Encoding"] == "gzip" and int(headers["Content-Length"]) == len(body)
    text = gzip.decompress(body)
    assert text and re.search(r"-[\w-]{8}\.\w+$", url)  # what is kept for good has a sum in its name
    if url.endswith(".css"):
        assert not re.search(rb"@import|url\([\"']?(https?:)?//", text)
    length = headers["Content-Length"]
    status, headers, body = ask(url, "HEAD")
    assert (status, headers["Content-Length"], body) == (200, length, b"")
    return text


def test_what_the_page_needs_is_beside_it(base, gateway):
    token = {"Authorization": f"FlespiToken {gateway.token}"}
    status, _, body = ask(base + "web.json", **token)
    assert status == 200 and "© Example".encode() in body and b'"addresses":[' in body
    assert ask(base + "gw/channels/all", **token)[0] == 200
    place = urllib.parse.urlsplit(base)
    for path in ("mqtt", ""):
        door = WebSocket(place.port, path=place.path + path)
        assert door.status == 101
        door.close()


def test_the_description_of_the_api_is_beside_it(base):
    status, headers, _ = ask(base + "docs/")
    assert status == 308
    there = urllib.parse.urljoin(base + "docs/", headers["Location"])
    assert there == base + "docs"
    status, headers, body = ask(there)
    assert status == 200 and headers["Cache-Control"] == "no-store"
    named = re.findall(r'(?:src|href)="([^"#]*)"', body.decode())
    for name in named:
        if name != "data:,":
            assert ask(urllib.parse.urljoin(there, name))[0] == 200, name
    assert len(named) >= 4


def test_a_copy_is_asked_about(base):
    _, headers, body = ask(base)
    status, again, nothing = ask(base, **{"If-None-Match": headers["ETag"]})
    assert (status, nothing) == (304, b"")
    for name in ("ETag", "Cache-Control", "Content-Security-Policy", "Vary"):
        assert again[name] == headers[name]
    status, again, other = ask(base, "HEAD")
    assert (status, other, again["Content-Length"]) == (200, b"", str(len(body)))
    status, again, text = ask(base, **{"Accept-Encoding": "identity"})
    assert status == 406 and b"gzip" in text and "Content-Encoding" not in again
    assert ask(base + "assets/nothing.js")[0] == 404


# ---- what is told at the start ----

def read_until(fd, pattern):
    """What a terminal shows, until this is in it."""
    shown = ""
    while not re.search(pattern, shown):
        assert select.select([fd], [], [], PATIENCE)[0], shown
        shown += os.read(fd, 4096).decode().replace("\r\n", "\n")
    return shown


def test_a_terminal_gets_the_address_with_the_token(tmp_path):
    """... and at the second start as well, when the token is no news any more."""
    for _ in range(2):
        ours, its = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, "serve", "--data", tmp_path / "d", "--listen", "127.0.0.1:0", "--mqtt", "", "--http",
             "0.0.0.0:0", "--https", "127.0.0.1:0"], stdout=its, stderr=subprocess.PIPE, text=True)
        os.close(its)
        shown = read_until(ours, r"https://.*\n")
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
        os.close(ours)
        token = (tmp_path / "d" / "admin.token").read_text().strip()
        port = re.search(r" http=http://0\.0\.0\.0:(\d+) ", log).group(1)
        secure = re.search(r" https=(https://127\.0\.0\.1:\d+)", log).group(1)
        assert f"web page: http://127.0.0.1:{port}/#token={token}\n" in shown
        assert f"web page: {secure}/#token={token}\n" in shown
        assert token not in log


# ---- building ----

@pytest.fixture
def tree(tmp_path):
    """A copy of what build-web needs, and a PATH that has no Node.js: (root, environment)."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(ROOT / "web", tmp_path / "web", ignore=shutil.ignore_patterns("node_modules", "dist"))
    (tmp_path / "bin").mkdir()
    return tmp_path, {**os.environ, "PATH": str(tmp_path / "bin")}


def pretend(root, name, text):
    program = root / "bin" / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def build(tree, mode):
    """(status, what was said, the page)"""
    root, environment = tree
    done = subprocess.run([root / "scripts" / "build-web", mode, root / "o.c", root / "o.d"], env=environment,
                          text=True, capture_output=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        return done.returncode, done.stderr, ""
    text = (root / "o.c").read_text()
    assert re.findall(r'^\t\{"([^"]*)"', text, re.M) == ["index.html"]
    packed = bytes(int(byte, 8) for byte in re.findall(r"\\(\d{3})", text))
    assert packed[4:8] == bytes(4)  # no time in it: the same sources give the same program
    return 0, done.stderr, gzip.decompress(packed).decode()


def test_without_node_a_page_says_so(tree):
    status, said, page = build(tree, "auto")
    assert status == 0
    assert said == ("build-web: the gateway is built without its web page, because Node.js is not installed; "
                    "to get it: apt-get install nodejs npm; make\n")
    assert "because Node.js is not installed" in page and "apt-get install nodejs npm; make" in page
    assert 'href="docs"' in page and not re.search(r"<script|style", page)
    # ninja asks again: Node.js may be there the next time
    files = (tree[0] / "o.d").read_text().replace("\\ ", "%").split()[1:]
    assert sum(not os.path.exists(name.replace("%", " ")) for name in files) == 1
    assert str(tree[0] / "web" / "src") in files and str(tree[0] / "web" / "package-lock.json") in files
    before = (tree[0] / "o.c").stat().st_mtime_ns
    assert build(tree, "auto")[0] == 0 and (tree[0] / "o.c").stat().st_mtime_ns == before


def test_a_build_that_must_have_the_page_fails_without(tree):
    status, said, _ = build(tree, "enabled")
    assert status == 1 and said.startswith("build-web: Node.js is not installed; to get it: apt-get")


def test_a_build_that_wants_no_page_is_quiet(tree):
    status, said, page = build(tree, "disabled")
    assert (status, said) == (0, "") and "because it was configured so" in page


def test_a_node_that_is_too_old_is_named(tree):
    pretend(tree[0], "npm", "exit 1")
    pretend(tree[0], "node", "echo v16.20.2")
    status, said, page = build(tree, "auto")
    assert status == 0 and "Node.js 18 or newer is needed, v16.20.2 is here" in said
    assert "v16.20.2 is here" in page


def test_npm_without_a_net_does_not_stop_the_build(tree):
    pretend(tree[0], "npm", "echo $* >>$0.calls; echo no net; exit 1")
    pretend(tree[0], "node", "echo v18.20.4")
    status, said, page = build(tree, "auto")
    assert status == 0 and "no net" in said and "npm could not install" in page
    calls = (tree[0] / "bin" / "npm.calls").read_text().splitlines()
    assert len(calls) == 2 and all(call.startswith("ci --ignore-scripts") and call.endswith("--omit=dev")
                                   for call in calls)
