# SPDX-License-Identifier: BSL-1.0
"""imevents(5): RFC 3339 UTC with milliseconds, local, unix with three decimals, none."""
import datetime
import time

from classic import Peer
from im import equal, matches
from records import UTC


def _time(w, *args, tz="UTC0"):
    if not hasattr(w, "server"):
        w.server = w.index().server
    (bob,) = w.people(w.server, "bob")
    listener = bob.listen("-T", "talk", "-c", "1", *args, env={"TZ": tz})
    with Peer() as peer:
        peer.send("talk,18:25:01,mallory,hi", bob.local_endpoint())
        return listener.ends(0).out.split("\t")[0]


def _is_now(text):
    stamp = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    assert abs(stamp - time.time()) < 30, text


def utc_is_the_default(w):
    for args in ([], ["--time=utc"]):
        shown = _time(w, *args, tz="Asia/Shanghai")
        matches(UTC, shown)
        _is_now(shown)


def local_has_the_offset(w):
    shown = _time(w, "--time=local", tz="XXX-5:30")
    matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30", shown)
    _is_now(shown)


def unix_is_seconds_with_three_decimals(w):
    shown = _time(w, "--time=unix")
    matches(r"\d{10}\.\d{3}", shown)
    assert abs(float(shown) - time.time()) < 30


def none_is_a_dash(w):
    equal(_time(w, "--time=none"), "-")


def another_word_is_a_usage_error(w):
    (bob,) = w.people("127.0.0.1:9", "bob")
    bob.run("imlisten", "--time=swatch", status=64)
