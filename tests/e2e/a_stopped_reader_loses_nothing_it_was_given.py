# SPDX-License-Identifier: BSL-1.0
"""A reader that stops reading (a pager, SIGSTOP) stops imlisten's output and nothing else: no line
is torn, order holds, memory is bounded, signals still work."""
import os
import signal

from classic import Peer
from im import SANITIZED, equal, rss, until
from records import rest


def and_gets_it_all_when_it_goes_on(w):
    bob, = w.people(w.index(), "bob")
    reader = bob.start("cat", stdin="pipe")
    listener = bob.listen("-T", "talk", stdout=reader.process.stdin)
    reader.process.stdin.close()
    with Peer() as peer:
        reader.signal(signal.SIGSTOP)
        for n in range(30):
            peer.send(f"talk,12:00:00,alice,{n} " + "x" * 5000, bob.local_endpoint())
        reader.signal(signal.SIGCONT)
        for n in range(30):
            equal(rest(reader.line())[3], f"{n} " + "x" * 5000)
    assert listener.running


def and_imlisten_can_be_ended_meanwhile(w):
    index = w.index()
    bob, = w.people(index, "bob")
    reader, writer = os.pipe()
    listener = bob.listen("-T", "talk", stdout=writer)
    os.close(writer)
    with Peer() as peer:
        for n in range(30):
            peer.send(f"talk,12:00:00,alice,{n} " + "x" * 5000, bob.local_endpoint())
    listener.signal(signal.SIGTERM)
    listener.dies_by(signal.SIGTERM)
    until(lambda: "bob" not in index.roster(), "logged out")
    os.close(reader)


def and_memory_stays_bounded(w):
    bob, = w.people(w.index(), "bob")
    reader, writer = os.pipe()
    listener = bob.listen("-T", "talk", stdout=writer)
    os.close(writer)
    before = rss(listener.pid)
    with Peer() as peer:
        for n in range(4000):  # 160 MB in all
            peer.send("talk,12:00:00,alice," + "x" * 20000, bob.local_endpoint())
    grown = rss(listener.pid) - before
    assert grown < (400 if SANITIZED else 80) << 20, f"{grown >> 20} MiB"
    assert listener.running
    os.close(reader)
    listener.dies_by(signal.SIGPIPE)
