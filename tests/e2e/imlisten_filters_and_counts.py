# SPDX-License-Identifier: BSL-1.0
"""imlisten -f, -T, -c, -t."""
import time

from classic import Peer
from im import equal, until


def _bob(w):
    index = w.index()
    bob, = w.people(index, "bob")
    return index, bob


def from_takes_only_these_users(w):
    index, bob = _bob(w)
    for args, wanted in ((["-f", "alice"], ["alice"]), (["-f", "alice", "--from=天涯"], ["alice", "天涯"]),
                         (["-f", "!carol"], ["alice", "bob2", "天涯"]),
                         (["-f", "!carol", "-f", "!alice"], ["bob2", "天涯"])):
        listener = bob.listen("-T", "talk", "-c", str(len(wanted)), *args)
        endpoint = bob.local_endpoint()
        with Peer() as peer:
            for name in ("carol", "alice", "bob2", "天涯"):
                peer.send(f"talk,12:00:00,{name},hi", endpoint)
        listener.ends(0)
        equal([line.split("\t")[2] for line in listener.out.splitlines()], wanted, args)


def type_takes_only_these_types(w):
    index, bob = _bob(w)
    for args, wanted in ((["-T", "talk"], ["talk"]), (["-T", "login,logout"], ["login", "logout"]),
                         (["--type=logout,talk"], ["logout", "talk"]), ([], ["login", "logout", "talk"])):
        listener = bob.listen("-c", str(len(wanted)), *args)
        endpoint = bob.local_endpoint()
        with Peer() as peer:
            peer.login("carol", index.server)
            peer.logout("carol", index.server)
            until(lambda: "carol" not in index.roster(), "carol left")
            until(lambda: "logout" not in wanted or "\tlogout\tcarol\t" in listener.out, "the logout")
            peer.send("talk,12:00:00,carol,hi", endpoint)
        listener.ends(0)
        equal([line.split("\t")[1] for line in listener.out.splitlines()], wanted, args)


def the_default_is_all_but_roster(w):
    index, bob = _bob(w)
    for args, kind in (([], "talk"), (["-r"], "roster")):  # -r asks for roster records
        listener = bob.listen("-c", "1", *args)
        if not args:
            with Peer() as peer:
                peer.send("talk,12:00:00,carol,hi", bob.local_endpoint())
        equal([line.split("\t")[1] for line in listener.ends(0).out.splitlines()], [kind])


def own_login_is_not_told(w):
    index, bob = _bob(w)
    listener = bob.listen()
    with Peer() as peer:
        peer.login("fence", index.server)
    equal(listener.fields()[2], "fence")


def count_ends_with_0_after_n(w):
    index, bob = _bob(w)
    for n in (1, 3):
        listener = bob.listen("-T", "talk", "-c", str(n))
        endpoint = bob.local_endpoint()
        with Peer() as peer:
            for i in range(n + 2):
                peer.send(f"talk,12:00:00,alice,{i}", endpoint)
        listener.ends(0)
        equal([line.split("\t")[4] for line in listener.out.splitlines()], [str(i) for i in range(n)])


def timeout_ends_with_1_or_0(w):
    index, bob = _bob(w)
    for args, talks, status in ((["-t", "0.3"], 0, 1), (["-t", "1s"], 1, 0), (["-t", "1", "-c", "2"], 1, 1),
                                (["--timeout=1m", "-c", "2"], 2, 0)):
        listener = bob.listen("-T", "talk", *args)
        endpoint = bob.local_endpoint()
        with Peer() as peer:
            for _ in range(talks):
                peer.send("talk,12:00:00,alice,hi", endpoint)
        listener.ends(status)
        equal(len(listener.out.splitlines()), talks)


def only_matching_records_count(w):
    index, bob = _bob(w)
    listener = bob.listen("-T", "talk", "-f", "alice", "-t", "0.5")
    with Peer() as peer:
        peer.send("talk,12:00:00,carol,hi", bob.local_endpoint())
    listener.ends(1)
    equal(listener.out, "")


def durations_are_those_of_sleep(w):
    index, bob = _bob(w)
    for form, least in (("0.2", 0.2), (".2s", 0.2), ("0.2s", 0.2), ("1", 1), ("0.005m", 0.3), ("0.0001h", 0.36)):
        start = time.monotonic()
        bob.listen("-t", form).ends(1)
        took = time.monotonic() - start
        assert least <= took < least + 10, (form, took)
