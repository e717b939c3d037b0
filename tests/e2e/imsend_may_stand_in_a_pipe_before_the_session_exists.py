# SPDX-License-Identifier: BSL-1.0
"""imsend opens its session at the first message, not at its start."""
from classic import Peer
from im import equal


def and_uses_the_session_made_meanwhile(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    with Peer() as peer:
        peer.login("bob", index.server)
        sender = alice.start("imsend", "bob", stdin="pipe")
        alice.login()
        peer.text()  # alice's login
        sender.write("hello\n")
        equal(peer.text().split(",")[2:], ["alice", "hello"])
        sender.close_stdin()
        equal(sender.ends(0).err, "")


def an_empty_stdin_needs_no_session(w):
    alice = w.person("alice", "127.0.0.1:9")
    equal(alice.send("bob", stdin=b"").err, "")
