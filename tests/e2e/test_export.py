"""Tracks as files from a real gateway, read by what other programs read them with; filters and
intervals in between."""
import csv
import io
import json
import socket
import urllib.parse
import xml.etree.ElementTree

import http.client

import pytest

from harness import Gateway
from trackers import PATIENCE, Tracker

GPX = {"gpx": "http://www.topografix.com/GPX/1/1",
       "tpx": "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"}
IDENTS = (7001, 7002)
POINTS = 4000  # of each device: more than one page of the store, more than one piece of an answer
NAMES = ('Truck <1> & "Sons", ü', "")


def frame(ident, n):
    """One a minute from 2026-07-01 00:00 on; every tenth without a fix."""
    clock = "%02d%02d00" % (n // 60 % 24, n % 60)
    day = "%02d0726" % (1 + n // 1440)
    return b"*HQ,%d,V1,%s,%s,%04d.%04d,N,11358.32389,E,%d.00,180,%s,FFFFFBFF#" % (
        ident, clock.encode(), b"V" if n % 10 == 9 else b"A", 2240 + n // 1000, n % 1000,
        n % 50, day.encode())


def feed(tracker, ident, frames):
    """Sends frames and then a heartbeat, whose echo says that all before it is stored."""
    heartbeat = b"*HQ,%d,HTBT,77#" % ident
    tracker.send(b"".join(frames) + heartbeat)
    answers = b""
    while not answers.endswith(heartbeat):
        part = tracker.socket.recv(65536)
        assert part, "the gateway closed the connection"
        answers += part


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as g:
        for ident, name in zip(IDENTS, NAMES):
            status, _ = g.request("POST", "/gw/devices", [
                {"name": name, "configuration": {"ident": str(ident)}}])
            assert status == 200
            tracker = Tracker(g)
            feed(tracker, ident, [frame(ident, n) for n in range(POINTS)])
            tracker.close()
        yield g


def fetch(gateway, path, **query):
    """(status, headers, text)"""
    c = http.client.HTTPConnection(urllib.parse.urlsplit(gateway.url).netloc, timeout=PATIENCE)
    c.request("GET", path + "?" + urllib.parse.urlencode(query),
              headers={"Authorization": "FlespiToken " + gateway.token})
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer.status, answer.headers, text


def ids(gateway):
    return [d["id"] for d in gateway.get("/gw/devices/all?fields=id")]


def table(text):
    assert text.endswith(b"\r\n") and text.count(b"\n") == text.count(b"\r\n")
    return list(csv.DictReader(io.StringIO(text.decode(), newline=""), strict=True))


def said(value):
    """A JSON value as CSV says it."""
    return value if isinstance(value, str) else json.dumps(value)


def test_csv_says_what_json_says(gateway):
    device = ids(gateway)[0]
    status, headers, text = fetch(gateway, "/gw/devices/%d/messages" % device, format="csv")
    assert status == 200
    assert headers["Content-Type"].startswith("text/csv")
    assert headers["Content-Disposition"] == 'attachment; filename="device-%d.csv"' % device
    rows = table(text)
    messages = gateway.get("/gw/devices/%d/messages" % device)
    assert len(rows) == len(messages) == POINTS + 1
    parameters = gateway.get("/gw/channel-protocols/441?fields=message_parameters")
    names = [p["name"] for p in parameters[0]["message_parameters"]]
    assert list(rows[0]) == names
    for row, message in zip(rows, messages):
        assert {k: v for k, v in row.items() if v != ""} == {
            k: said(v) for k, v in message.items()}


def test_csv_columns_are_the_fields(gateway):
    _, headers, text = fetch(gateway, "/gw/devices/all/messages", format="csv",
                             fields="timestamp,device.name,position.l*", count=10,
                             filter="position.valid")
    assert headers["Content-Disposition"] == 'attachment; filename="devices.csv"'
    rows = table(text)
    assert len(rows) == 10
    assert list(rows[0]) == ["timestamp", "device.name", "position.latitude",
                             "position.longitude"]
    assert {row["device.name"] for row in rows} == set(NAMES)


def test_csv_runs_no_formula(gateway):
    """The name of a device, and a text that was posted."""
    _, made = gateway.request("POST", "/gw/devices", [
        {"name": "=1+1", "configuration": {"ident": "7003"}}])
    device = json.loads(made)["result"][0]["id"]
    gateway.request("POST", "/gw/devices/%d/messages" % device, [
        {"timestamp": 1782864000, "vehicle.state": "@SUM(A1)", "position.latitude": -5}])
    _, _, text = fetch(gateway, "/gw/devices/%d/messages" % device, format="csv",
                       fields="device.name,vehicle.state,position.latitude")
    assert table(text) == [{"device.name": "'=1+1", "vehicle.state": "'@SUM(A1)",
                            "position.latitude": "-5"}]
    gateway.request("DELETE", "/gw/devices/%d" % device)


def test_geojson_has_a_point_for_each_position(gateway):
    status, headers, text = fetch(gateway, "/gw/devices/all/messages", format="geojson")
    assert (status, headers["Content-Type"]) == (200, "application/geo+json")
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    assert len(collection["features"]) == 2 * POINTS
    for feature in collection["features"]:
        longitude, latitude = feature["geometry"]["coordinates"]
        properties = feature["properties"]
        assert feature["type"] == "Feature" and feature["geometry"]["type"] == "Point"
        assert (latitude, longitude) == (properties["position.latitude"],
                                         properties["position.longitude"])


def test_gpx_has_a_track_for_each_device(gateway):
    status, headers, text = fetch(gateway, "/gw/devices/all/messages", format="gpx")
    assert (status, headers["Content-Type"]) == (200, "application/gpx+xml")
    root = xml.etree.ElementTree.fromstring(text)
    assert root.tag == "{%s}gpx" % GPX["gpx"] and root.get("version") == "1.1"
    tracks = root.findall("gpx:trk", GPX)
    assert [t.find("gpx:name", GPX).text for t in tracks] == [
        NAMES[0], "Device %d" % ids(gateway)[1]]
    for track in tracks:
        [segment] = track.findall("gpx:trkseg", GPX)
        points = segment.findall("gpx:trkpt", GPX)
        assert len(points) == POINTS * 9 // 10  # valid ones
        times = [p.find("gpx:time", GPX).text for p in points]
        assert times == sorted(times) and times[0] == "2026-07-01T00:00:00Z"
        assert 22 < float(points[0].get("lat")) < 28 and 113 < float(points[0].get("lon")) < 114
        speed = points[10].find(".//tpx:speed", GPX)
        assert float(speed.text) == pytest.approx(11 * 1.852 / 3.6, abs=0.001)


def test_an_unknown_format_is_refused(gateway):
    status, _, text = fetch(gateway, "/gw/devices/all/messages", format="kml")
    assert status == 400
    assert json.loads(text)["errors"][0]["field"] == "format"


def test_filters_and_selectors_are_expressions(gateway):
    device = ids(gateway)[0]
    path = "/gw/devices/{id==%d&&name~%%22Truck*%%22}/messages" % device
    fast = gateway.get(path, {"filter": "position.speed>80&&position.valid"})
    everything = gateway.get("/gw/devices/%d/messages" % device)
    assert fast == [m for m in everything if m.get("position.speed", 0) > 80
                    and m.get("position.valid")]
    assert fast
    assert gateway.get("/gw/devices/{name==%22none%22}/messages") == []
    status, text = gateway.request("GET", "/gw/devices/{colour==5}/messages")
    assert status == 400 and "no member 'colour'" in text


def test_intervals(gateway):
    device = ids(gateway)[0]
    path = "/gw/devices/%d/messages" % device
    options = {"filter": "message.type=='V1'", "generalize": 3600, "method": "maximum"}
    hours = gateway.get(path, options)
    messages = gateway.get(path, {"filter": "message.type=='V1'"})
    assert [m["timestamp"] for m in hours] == [
        m["timestamp"] for m in messages if m["timestamp"] % 3600 == 0]
    for hour in hours:
        inside = [m for m in messages
                  if m["timestamp"] // 3600 == hour["timestamp"] // 3600]
        assert hour["position.speed"] == max(m["position.speed"] for m in inside)
        assert hour["vehicle.state"] == inside[0]["vehicle.state"]
    averages = gateway.get(path, {**options, "method": "average", "reverse": True})
    assert [m["timestamp"] for m in averages] == [m["timestamp"] for m in hours][::-1]
    inside = [m["position.speed"] for m in messages[:60]]
    assert averages[-1]["position.speed"] == pytest.approx(sum(inside) / 60, abs=0.001)


@pytest.mark.parametrize("form", ["json", "csv", "geojson", "gpx"])
def test_a_reader_that_finds_nothing_gets_an_empty_file(gateway, form):
    """Thousands of messages are read in vain: what keeps the connection alive does no harm."""
    status, _, text = fetch(gateway, "/gw/devices/all/messages", format=form, fields="timestamp",
                            filter="battery.level>90")
    assert status == 200
    if form == "csv":
        assert text == b"timestamp\r\n"
    elif form == "gpx":
        assert len(xml.etree.ElementTree.fromstring(text)) == 0
    else:
        assert list(json.loads(text).values())[-1] == []


@pytest.mark.parametrize("form", ["csv", "geojson", "gpx"])
def test_a_file_that_breaks_off_is_not_complete(gateway, form):
    """A gateway that dies while it sends: no client takes what it got for the whole."""
    with Gateway(args=["--auto-devices"]) as other:
        tracker = Tracker(other)
        # more than the system would take for a reader who does not read
        with open("/proc/sys/net/ipv4/tcp_wmem", encoding="ascii") as most:
            room = int(most.read().split()[2]) + (1 << 20)
        while len(fetch(other, "/gw/devices/all/messages", format=form)[2]) < room:
            feed(tracker, 7001, [frame(7001, n) for n in range(POINTS)])
        url = urllib.parse.urlsplit(other.url)
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        reader.settimeout(PATIENCE)
        reader.connect((url.hostname, url.port))
        reader.sendall(b"GET /gw/devices/all/messages?format=%s HTTP/1.1\r\nHost: x\r\n"
                       b"Authorization: %s\r\n\r\n" % (form.encode(), other.token.encode()))
        answer = http.client.HTTPResponse(reader)
        answer.begin()
        assert answer.status == 200 and answer.read(1000)
        other.kill()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        reader.close()
