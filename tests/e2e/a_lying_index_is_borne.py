# SPDX-License-Identifier: BSL-1.0
"""An index that lies (rosters forged, endless, cut short, huge) cannot crash, fill or hang us."""
import time

from classic import Peer, ScriptedIndex, dotnet_string, prefix, roster_text
from im import SANITIZED, equal, rss, until


def _index(w):
    return w.closing(ScriptedIndex())


def a_roster_that_never_ends_is_given_up(w):
    index = _index(w)
    alice, = w.people(index, "alice")
    alice.login()

    def endless(conn):
        item = b"user,127.0.0.1:5000;" * 1000
        conn.sendall(b"\xff\xff\xff\xff\x07")
        while True:
            conn.sendall(item)

    index.roster = lambda: endless
    start = time.monotonic()
    run = alice.start("imlogin", "-l")
    peak = 0
    while run.running:
        try:
            peak = max(peak, rss(run.pid))
        except (OSError, TypeError):
            pass
        time.sleep(0.02)
        assert time.monotonic() - start < 60, run.story("hangs")
    assert run.wait() in (69, 76), run.story("gives up")
    assert peak < (1500 if SANITIZED else 600) << 20, f"{peak >> 20} MiB"


def a_roster_that_drips_is_given_up(w):
    index = _index(w)
    alice, = w.people(index, "alice")
    alice.login()

    def drip(conn):
        conn.sendall(b"\x7f")
        while True:
            conn.sendall(b"x")
            time.sleep(5)

    index.roster = lambda: drip
    start = time.monotonic()
    run = alice.start("imlogin", "-l", "-t", "1")
    assert run.wait(60) in (69, 76), run.story("gives up")
    assert time.monotonic() - start < 30


def a_broken_roster_is_said(w):
    index = _index(w)
    alice, = w.people(index, "alice")
    alice.login()
    for data in (b"", b"\x80", b"\xff" * 10, b"\x05en", prefix(2**35), b"\x03END", b"\x00", b"\x04\xff\xfe\xfd\xfc"):
        index.roster = lambda: data
        run = alice.start("imlogin", "-l")
        # An index that closes without a byte gives its roster to nobody at this address.
        assert run.wait() in ((69, 76) if data else (77,)), run.story(repr(data))
        equal(run.out, "")


def nonsense_in_a_roster_is_left_out(w):
    index = _index(w)
    alice, = w.people(index, "alice")
    alice.login()
    items = ("good,127.0.0.1:5000;" "evil\x1b[2J\n\t,127.0.0.1:5001;" "noport,127.0.0.1;" "port0,127.0.0.1:0;"
             "host,example.com:80;" "big,127.0.0.1:70000;" "neg,127.0.0.1:-1;" + "x" * 5000 + ",127.0.0.1:5002;"
             "extra,127.0.0.1:5003,more,k=v;" "good,127.0.0.1:5004;end")
    index.roster = lambda: dotnet_string(items)
    run = alice.run("imlogin", "-l")
    assert "\x1b" not in run.out
    names = [line.split("\t")[0] for line in run.out.splitlines()]
    assert "good" in names and "extra" in names and names.count("good") == 1, names
    for line in run.out.splitlines():
        equal(len(line.split("\t")), 5, line)


def a_huge_roster_is_taken_or_refused_in_bounds(w):
    index = _index(w)
    data = dotnet_string(roster_text([(f"user{n:06}", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}:5000")
                                      for n in range(200_000)]))
    alice, = w.people(index, "alice")
    alice.login()
    index.roster = lambda: data
    run = alice.run("imlogin", "-l")
    equal(run.out.count("\n"), 200_000)
    listener = alice.listen("-r", "-T", "roster,talk")
    until(lambda: listener.out.count("\n") >= 200_000, "the roster as records", 60)
    with Peer() as peer:
        peer.send("talk,12:00:00,x,hi", alice.local_endpoint())
        until(lambda: "\ttalk\tx\t" in listener.out, "and it still hears")
    assert rss(listener.pid) < (1500 if SANITIZED else 400) << 20


def presence_in_a_storm_is_borne(w):
    index = _index(w)
    bob, = w.people(index, "bob")
    listener = bob.listen("-T", "talk")
    for n in range(20000):
        index.send(f"login,user{n},10.0.0.1:5000", bob.local_endpoint())
    for n in range(200):
        index.send(f"login,user{n},10.0.0.2:{n + 1}", bob.local_endpoint())
    with Peer() as peer:
        def heard():
            peer.send("talk,12:00:00,x,hi", bob.local_endpoint())
            return "\ttalk\tx\t" in listener.out
        until(heard, "it still hears")
