#!/usr/bin/env python3
"""Writes the words for the fuzzer: cantrack.dict of the protocol, from the tables of the decoder,
command_body.dict of commands that are posted, expression.dict of filters, live.dict of what clients of
MQTT say, mqtt.dict of its packets, posted.dict of posted messages, rest.dict of requests and topic.dict
of subscriptions.

usage: dict.py           writes the files beside this script
       dict.py --check   exit status 1 when one is not what would be written
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src" / "cantrack"
PROPERTIES = HERE.parent / "src" / "mqtt" / "properties.def"

# The fields of the frames, and the beginnings and ends of the binary families.
WORDS = ["*HQ,", "*hq,", "#", ",", "865205030330012", "0000000000", "2240.55841", "954.9490",
         "-23-29.0095", "11358.33462", "150421", "100815", "160716F7FFBBFF", "FFFFFBFF",
         ",A,", ",V,", ",B,", ",N,", ",S,", ",E,", ",W,", ",X,", "46000", "009350,004022,132,-88",
         "F09FC2AABB0177", ",02DD,0,X,", ",CMD,", ",S20,", ",DONE,", "check123456", "\r\n",
         "$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x26", "~\x02\x00\x00", "\x7d\x01", "\x7d\x02",
         "xx\x05", "yy\x00\x05"]

EXPRESSION = ["&&", "||", "==", "!=", "<=", ">=", "~", "?", ":", "!", "%", "exists(", "tonumber(",
              "true", "false", "null", "$", '"V*"', "'x'", "\\\"", "1e300", "0.5", "configuration.ident",
              "name=", ",", "event_code==301"]
POSTED = ['[{"', '"}]', '},{"', '":', '.1":', '.99":', "true", "false", "null", "1e15", "-0.5",
          "0.0000005", "1732262400.512345", '"0A:1B:2C:3D:4E:5F"', '"HQ"', '"FFFFFBFF"', "\\u0041"]
COMMAND_BODY = ['{"name":"', '","properties":{"', '":', '"},{"', "true", "null", "1e3", "[1,2]",
                '["8:00"]', '"192.0.2.1"', '"ttl":60', '"expires":1789080000', '"max_attempts":',
                '"priority":', '"condition":"', '"meta":{', '"timeout":5', '"confirm":', '"force":',
                '"repeat":', '"address":"connection"', "CMD,000000,", "S20,000000,", "\\u20ac"]
REST = ["GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "/gw/devices/", "/gw/channels/", "/messages",
        "/telemetry/", "all", "?data=", "&", "%22", "%7B", "%7D", "%26%26", "{name==", "{",
        "configuration.ident=", "fields=", "filter=", "method=average", "method=minimum",
        "method=maximum", "generalize=60", "format=csv", "format=geojson", "format=gpx",
        '"filter":"', '"generalize":60', '"method":"average"', '"from":', '"to":', '"count":',
        '"reverse":true', '"fields":"', '"curr_key":', '"limit_count":', '"limit_size":',
        '"delete":true', '"delete_key":', "delete_key=", "/commands", "/commands-queue/",
        "/commands-result/"]
TOPIC = ["$share/", "$filter/", "payload=", "message=", "cid=", "modified_since>", "1700000000.5", "&",
         "&&", "%26%26", "%3D%3D", "%22", "%2F", "%2B", "/", "/+/", "+/", "/#", "#", ",", ":", ":4:1/",
         "$SYS", "\x00", "a,b", "b,c", "flespi/message/gw/devices/", "flespi/state/"]
# The begins of packets and what stands in them; the properties are added.
MQTT = ["\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02id",
        "\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00", "\x00\x06MQIsdp\x03",
        "\x20\x02\x00\x00", "\x30\x03\x00\x01t", "\x32\x05\x00\x01t\x00\x01",
        "\x40\x02\x00\x01", "\x50\x02\x00\x01", "\x62\x02\x00\x01", "\x70\x02\x00\x01",
        "\x82\x06\x00\x01\x00\x01#\x00", "\x90\x03\x00\x01\x00", "\xa2\x05\x00\x01\x00\x01#",
        "\xb0\x02\x00\x01", "\xc0\x00", "\xd0\x00", "\xe0\x00", "\xe0\x01\x04", "\xf0\x00",
        "\xed\xa0\x80", "\xef\xbb\xbf", "\xc0\x80", "\xff\xff\xff\x7f", "\x80\x01", "\x80\x80\x01"]


def parameters():
    return re.findall(r'^PARAM\(\w+, "([^"]+)"', (SOURCE / "params.def").read_text(), re.M)


def command_words():
    text = (SOURCE / "commands.def").read_text()
    found = re.findall(r'^(?:COMMAND|PROPERTY)\(\w+, "([^"]+)"', text, re.M)
    return sorted(set(found))


def frame_types():
    types = re.findall(r'^\t\{ ?"(\w+)", \d+, decode_', (SOURCE / "frame.c").read_text(), re.M)
    if not types:
        sys.exit("dict.py: frame.c has no table of frame types where it was")
    return types


def properties():
    """Each with a value of its kind."""
    values = {"BYTE": "\x01", "TWO": "\x00\x01", "FOUR": "\x00\x00\x00\x01", "VARINT": "\x01",
              "TEXT": "\x00\x01a", "BYTES": "\x00\x01\xff", "USER": "\x00\x01a\x00\x01b"}
    rows = re.findall(r"^PROPERTY\(\w+, (\d+), (\w+),", PROPERTIES.read_text(), re.M)
    return [chr(int(number)) + values[kind] for number, kind in rows]


def payloads():
    """Of each command what stands before its first property."""
    templates = re.findall(r'^COMMAND\(\w+, "[^"]*", "[^"]*", \w+, \w+, \w+, "([^"]+)"',
                           (SOURCE / "commands.def").read_text(), re.M)
    words = [t.replace("{time}", "130305").split("{")[0] for t in templates]
    return sorted({word for word in words if word})


def record_lengths():
    row = re.search(r"record_lengths\[\] = \{([\d, ]+)\}", (SOURCE / "framer.c").read_text())
    return [int(number) for number in row.group(1).split(",")]


def quoted(word):
    return '"%s"' % "".join(c if " " <= c <= "~" and c not in '"\\' else "\\x%02x" % ord(c)
                            for c in word)


def protocol():
    return WORDS + [",%s" % name for name in frame_types()] + payloads() + \
        ["\x04" * (length - 12) for length in record_lengths()]


def text(words):
    return "# Words for the fuzzer. Written by dict.py.\n" + \
        "".join(quoted(word) + "\n" for word in words)


def main():
    expression = EXPRESSION + parameters()
    for name, words in {"cantrack": protocol(), "command_body": COMMAND_BODY + command_words(),
                        "expression": expression,
                        "live": MQTT + properties() + TOPIC,
                        "mqtt": MQTT + properties(),
                        "posted": POSTED + parameters(),
                        "rest": REST + COMMAND_BODY + command_words() + expression,
                        "topic": TOPIC}.items():
        path = HERE / (name + ".dict")
        if sys.argv[1:] != ["--check"]:
            path.write_text(text(words))
        elif not path.exists() or path.read_text() != text(words):
            sys.exit("%s is stale: run %s" % (path, Path(__file__).name))


main()
