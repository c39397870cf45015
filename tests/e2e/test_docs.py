"""The API's description of itself is valid, and docs/api.md is true: what it says to type is typed,
in the order of the document, against a real gateway."""
import http.client
import json
import os
import re
import subprocess
import urllib.parse

import pytest

from harness import PROGRAM, ROOT, Gateway

NODE = ROOT / "tests" / "node"
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
# (the heading above it, the lines) of each piece that a reader is told to type
BLOCKS = [(re.findall(r"^#+ (.*)$", TEXT[:m.start()], re.M)[-1], m.group(1))
          for m in re.finditer(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S)]
COMMAND = re.compile(r"^\s*(curl|printf|build/cantrack|for) ", re.M)
PATIENCE = 60
# Where the document gives the gateway a second, as a person does, the tests wait for what it is given for.
UNTIL = """
until_it_says() {
	for _ in {1..400}; do
		[[ $(curl -qs -H "Authorization: %s" "%s/gw/devices/1$1") != *"$2"* ]] || return 0
		sleep 0.05
	done
	return 1
}
"""
SECONDS = [(r"(HTBT#'\n\s*)sleep \d$", r"""\1until_it_says /commands-queue/all '"state":"sent"'"""),
           (r"(&\n)sleep \d$", r'\1until_it_says "?fields=connected" true'),
           (r"\bnc -q \d\b", "nc -N")]  # it ends when the gateway does, which has answered then


def environment(gateway):
    """curl tells the status and type of each answer on standard error, and nothing else there."""
    home = gateway.data.parent
    (home / ".curlrc").write_text('silent\nshow-error\nwrite-out = "%{stderr}<%{http_code} '
                                  '%{content_type}>\\n"\n')
    return {**os.environ, "CURL_HOME": str(home)}


def in_place(gateway, text):
    """The document's lines for this gateway."""
    for old, new in [("http://127.0.0.1:8080", gateway.url), ("127.0.0.1:5013",
                     f"127.0.0.1:{gateway.port}"), ("127.0.0.1 5013", f"127.0.0.1 {gateway.port}"),
                     ("build/cantrack", PROGRAM)]:
        text = text.replace(old, new)
    for old, new in SECONDS:
        text = re.sub(old, new, text, flags=re.M)
    return text


class Reader:
    """Somebody who follows the document; what is set in one piece is known in the next."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.known = UNTIL % (gateway.token, gateway.url)
        self.environment = environment(gateway)

    def type(self, text):
        """(status, type) of each answer, and what was printed."""
        if not COMMAND.search(text):
            self.known += in_place(self.gateway, text)
        text = in_place(self.gateway, text)
        done = subprocess.run(["bash", "-euc", self.known + text], cwd=self.gateway.data.parent,
                              env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return re.findall(r"^<(\d+) ([\w./+-]*).*>$", done.stderr, re.M), done.stdout


@pytest.fixture(scope="module")
def reader():
    with Gateway() as gateway:
        yield Reader(gateway)


def objects(text):
    """The JSON values in a text, one behind the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def expected_statuses(text):
    """Of each curl line: the status in the comment behind it, or 200."""
    joined = text.replace("\\\n", " ")
    return [(re.findall(r"  # (\d+)$", line) or ["200"])[0]
            for line in joined.split("\n") if re.match(r"\s*curl ", line)]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{n} {b[0]}" for n, b in enumerate(BLOCKS)])
def test_what_the_document_says_to_type(reader, block):
    _, text = block
    answers, printed = reader.type(text)
    expected = expected_statuses(text)
    assert len(answers) == len(expected)
    for (status, kind), wanted in zip(answers, expected):
        assert status == wanted and kind, (text, status, kind, printed)
    if answers and all(kind == "application/json" for _, kind in answers) and " -o " not in text:
        found = objects(printed)
        assert len(found) == len(answers)
        for value, wanted in zip(found, expected):
            assert ("errors" in value) == (wanted != "200"), printed
            assert isinstance(value.get("result", []), list)
    elif answers:
        assert printed or " -o " in text


def test_the_walk_through_leads_to_messages(reader):
    """It is no accident that every block above was answered: there is something behind it."""
    messages = reader.gateway.get("/gw/devices/1/messages")
    assert [m["timestamp"] % 60 for m in messages if m.get("message.type") == "V1"] == [10, 20, 30]


def test_the_walk_through_leads_to_a_track(reader):
    place = reader.gateway.data.parent
    head, *lines = (place / "track.csv").read_text().splitlines()
    assert head in TEXT and lines[0] in TEXT  # as the document shows it
    assert [line.split(",")[0] for line in lines[:3]] == ["1439218450", "1439218460", "1439218470"]
    assert (place / "track.gpx").read_text().count("<trkpt") == 3


def test_the_reference_is_fresh():
    done = subprocess.run(["scripts/api-doc", "--check"], cwd=ROOT, env={**os.environ,
                          "CANTRACK": PROGRAM}, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_description_is_valid(reader, tmp_path):
    """By the schema of OpenAPI 3.1, as somebody else wrote it down."""
    status, text = reader.gateway.request("GET", "/openapi.json")
    assert status == 200
    assert text == subprocess.run([PROGRAM, "openapi"], capture_output=True, text=True,
                                  check=True).stdout
    (tmp_path / "openapi.json").write_text(text)
    done = subprocess.run(["node", NODE / "validate-openapi.mjs", tmp_path / "openapi.json"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "3.1\n"), done.stdout + done.stderr
    broken = json.loads(text)
    broken["paths"]["/health"]["get"]["responses"]["200"].pop("description")
    (tmp_path / "openapi.json").write_text(json.dumps(broken))
    done = subprocess.run(["node", NODE / "validate-openapi.mjs", tmp_path / "openapi.json"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "description" in done.stdout


def test_the_page_stays_at_home(reader):
    """No script but the gateway's own can run in it, and nothing is loaded from elsewhere."""
    connection = http.client.HTTPConnection(
        urllib.parse.urlsplit(reader.gateway.url).netloc, timeout=PATIENCE)
    texts = {}
    for path, kind in [("/docs", "text/html"), ("/docs/docs.js", "text/javascript"),
                       ("/docs/docs.css", "text/css")]:
        connection.request("GET", path)
        answer = connection.getresponse()
        texts[path] = answer.read().decode()
        assert answer.status == 200 and answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if path == "/docs":
            policy = answer.headers["Content-Security-Policy"]
    connection.close()
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page = texts["/docs"]
    assert re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S) == \
        [(' src="docs/docs.js" defer', "")]
    assert not re.search(r"\son\w+=|\sstyle=|<style", page)
    assert not any(re.search(r"https?://", text) for text in texts.values())


def test_the_walk_through_leads_to_answers(reader):
    """Of the commands, those that the document's tracker answers are done, the others taken out."""
    results = reader.gateway.get("/gw/devices/1/commands-result?fields=payload,state,response")
    answers = [(r["payload"], r["response"].split(",")[3]) for r in results if r["state"] == "done"]
    assert answers == [("S2,130305,13812341234", "S2"), ("S26,130306,0", "S26")]
    assert {r["state"] for r in results} == {"done", "canceled"}
