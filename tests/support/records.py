# SPDX-License-Identifier: BSL-1.0
"""Records as imevents(5) promises them, written from its text and not from libim."""
import re

BIDI_CONTROL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ESCAPED_BYTEWISE = ([chr(c) for c in range(0x20) if c not in (9, 10, 13)] + ["\x7f"]
                    + [chr(c) for c in range(0x80, 0xa0)] + list(BIDI_CONTROL) + ["\u2028", "\u2029"])
SHORT = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def escape(text):
    return "".join(SHORT.get(c) or ("".join(f"\\0{b:03o}" for b in c.encode())
                                    if c in ESCAPED_BYTEWISE else c) for c in text)


def event(line):
    """The five fields of an event line; AssertionError when it is none."""
    fields = line.split("\t")
    assert len(fields) == 5, f"{len(fields)} fields: {line!r}"
    assert all(fields[:4]), f"an empty field: {line!r}"
    assert re.fullmatch(UTC, fields[0]), f"no time: {line!r}"
    assert fields[1] in ("talk", "login", "logout", "roster", "gap", "key", "server"), line
    assert fields[3] in ("self", "ok", "new", "verified", "BAD", "none", "-"), line
    assert not any(c in line for c in ESCAPED_BYTEWISE), f"drives a terminal: {line!r}"
    return fields


def rest(line):
    """The fields behind the time."""
    return event(line)[1:]
