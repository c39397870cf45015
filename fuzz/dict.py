#!/usr/bin/env python3
"""Writes cantrack.dict, the words of the protocol for the fuzzer, from the tables of the decoder.

usage: dict.py           writes the file beside this script
       dict.py --check   exit status 1 when it is not what would be written
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src" / "cantrack"

# The fields of the frames, and the beginnings and ends of the binary families.
WORDS = ["*HQ,", "*hq,", "#", ",", "865205030330012", "0000000000", "2240.55841", "954.9490",
         "-23-29.0095", "11358.33462", "150421", "100815", "160716F7FFBBFF", "FFFFFBFF",
         ",A,", ",V,", ",B,", ",N,", ",S,", ",E,", ",W,", ",X,", "46000", "009350,004022,132,-88",
         "F09FC2AABB0177", ",02DD,0,X,", ",CMD,", ",S20,", ",DONE,", "check123456", "\r\n",
         "$\x91\x71\x70\x10\x65\x12\x33\x50\x06\x10\x26", "~\x02\x00\x00", "\x7d\x01", "\x7d\x02",
         "xx\x05", "yy\x00\x05"]


def frame_types():
    types = re.findall(r'^\t\{ ?"(\w+)", \d+, decode_', (SOURCE / "frame.c").read_text(), re.M)
    if not types:
        sys.exit("dict.py: frame.c has no table of frame types where it was")
    return types


def record_lengths():
    row = re.search(r"record_lengths\[\] = \{([\d, ]+)\}", (SOURCE / "framer.c").read_text())
    return [int(number) for number in row.group(1).split(",")]


def quoted(word):
    return '"%s"' % "".join(c if " " <= c <= "~" and c not in '"\\' else "\\x%02x" % ord(c)
                            for c in word)


def text():
    words = WORDS + [",%s" % name for name in frame_types()]
    words += ["\x04" * (length - 12) for length in record_lengths()]
    return "# The words of the protocol. Written by dict.py.\n" + \
        "".join(quoted(word) + "\n" for word in words)


def main():
    path = HERE / "cantrack.dict"
    if sys.argv[1:] == ["--check"]:
        if path.read_text() != text():
            sys.exit("%s is stale: run %s" % (path, Path(__file__).name))
    else:
        path.write_text(text())


main()
