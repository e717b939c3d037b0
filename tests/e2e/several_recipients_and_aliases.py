# SPDX-License-Identifier: BSL-1.0
"""RECIPIENT[,RECIPIENT]...: users, aliases of the aliases file, user@host:port."""
import time

from classic import Peer
from im import equal


def _setup(w, aliases):
    index = w.index()
    alice, = w.people(index, "alice")
    peers = {}
    for name in ("bob", "天涯", "carol"):
        peers[name] = w.closing(Peer())
        peers[name].send(f"login,{name},{peers[name].endpoint}", index.server)
        peers[name].text()
    alice.write_config("aliases", aliases)
    alice.login()
    return alice, peers


def _talk(peer):
    while True:
        fields = peer.text().split(",", 3)
        if fields[0] == "talk":
            return fields[3]


def several_get_it(w):
    alice, peers = _setup(w, "")
    alice.send("bob,天涯", "to both")
    equal(_talk(peers["bob"]), "to both")
    equal(_talk(peers["天涯"]), "to both")
    alice.send(f"bob,x@{peers['carol'].endpoint}", "mixed")
    equal(_talk(peers["bob"]), "mixed")
    equal(_talk(peers["carol"]), "mixed")


def an_alias_stands_for_its_users(w):
    alice, peers = _setup(w, "# who is on call\noncall: bob, 天涯\n\nsolo:carol\n  spaced  :  bob  \n")
    alice.send("oncall", "page")
    equal(_talk(peers["bob"]), "page")
    equal(_talk(peers["天涯"]), "page")
    alice.send("solo", "one")
    equal(_talk(peers["carol"]), "one")
    alice.send("spaced", "two")
    equal(_talk(peers["bob"]), "two")
    alice.send("oncall,carol", "all")
    for name in peers:
        equal(_talk(peers[name]), "all")


def an_alias_works_in_lines_too(w):
    alice, peers = _setup(w, "oncall: bob, 天涯\n")
    alice.send("-T", stdin=b"oncall\tpage\n")
    equal(_talk(peers["bob"]), "page")
    equal(_talk(peers["天涯"]), "page")


def an_alias_may_name_an_endpoint(w):
    alice, peers = _setup(w, "")
    alice.write_config("aliases", f"desk: x@{peers['carol'].endpoint}\n")
    alice.send("desk", "hi")
    equal(_talk(peers["carol"]), "hi")


def who_is_named_twice_gets_it_once_or_as_asked(w):
    alice, peers = _setup(w, "oncall: bob, bob\n")
    alice.send("oncall", "once?")
    equal(_talk(peers["bob"]), "once?")


def a_wrong_aliases_file_is_said(w):
    alice, peers = _setup(w, "no colon here\n")
    run = alice.start("imsend", "bob", "hi")
    assert run.wait() == 78, run.story("78")
    assert "aliases" in run.err, run.err


def an_unreadable_aliases_file_is_66(w):
    alice, peers = _setup(w, "")
    (alice.config_dir / "aliases").unlink()
    (alice.config_dir / "aliases").mkdir()
    alice.send("bob", "hi", status=66)


def user_at_host_needs_no_index(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer, Peer("::1") as six:
        alice.send("--classic", f"bob@{peer.endpoint}", "hi")
        equal(_talk(peer), "hi")
        alice.send("--classic", f"bob@localhost:{peer.address[1]}", "by name")
        equal(_talk(peer), "by name")
        alice.send("--classic", f"bob@{six.endpoint}", "six")
        equal(_talk(six), "six")

def a_wrong_alias_concerns_only_who_names_it(w):
    alice, peers = _setup(w, "a: b\nb: a\nbad: x@\ntwice: bob\ntwice: carol\n")
    alice.send("bob", "hi")
    equal(_talk(peers["bob"]), "hi")
    run = alice.run("imsend", "a", "hi", status=78)
    assert "aliases:1: a -> b -> a" in run.err, run.err
    alice.run("imsend", "bob,bad", "hi", status=78)
    alice.run("imsend", "twice", "hi", status=78)


def rate_counts_each_recipient(w):
    alice, peers = _setup(w, "all: bob, carol, 天涯\n")
    start = time.monotonic()
    alice.send("--rate=4", "all", "one by one")
    assert time.monotonic() - start >= 0.5, "two of the three wait a quarter of a second each"
    for peer in peers.values():
        equal(_talk(peer), "one by one")
