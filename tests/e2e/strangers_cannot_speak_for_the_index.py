# SPDX-License-Identifier: BSL-1.0
"""Accept, login and logout are believed from the index's address only; on a network of our own,
since on loopback alone all are one host (there the unit tests of the listener hold it)."""
import own_network

INDEX, OURS, STRANGER = "10.1.2.3", "10.4.5.6", "10.7.8.9"
HAVE_NETWORK = own_network.enter(INDEX, OURS, STRANGER)

import socket  # noqa: E402  (the network first)

from classic import Peer, ScriptedIndex  # noqa: E402
from im import equal, needs  # noqa: E402
from records import rest  # noqa: E402


def presence_of_a_stranger_is_not_believed(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.closing(ScriptedIndex(INDEX))
    bob, = w.people(index, "bob")
    listener = bob.listen("-b", f"{OURS}:0", "-T", "login,logout,talk")
    with Peer(STRANGER) as liar:
        for lie in ("login,eve,10.7.8.9:5000", f"logout,bob,{bob.local_endpoint()}", "talk,12:00:00,eve,fence"):
            liar.send(lie, bob.local_endpoint())
        equal(rest(listener.line()), ["talk", "eve", "none", "fence"])
    index.send("login,carol,10.7.8.9:5000", bob.local_endpoint())
    equal(rest(listener.line()), ["login", "carol", "none", "10.7.8.9:5000"])


def an_accept_of_a_stranger_is_not_obeyed(w):
    """The login is under way and the index silent."""
    needs(HAVE_NETWORK, "no network namespace of our own")
    with Peer(INDEX) as index, Peer(STRANGER) as liar, socket.create_server((STRANGER, 0)) as trap, \
            socket.create_server((INDEX, trap.getsockname()[1])) as other_trap:
        alice = w.person("alice", index.endpoint)
        login = alice.start("imlogin", "--classic", "-q", "-t", "1.5", "-b", f"{OURS}:0")
        claim = index.text().split(",")[2]
        liar.send(f"Accept,{trap.getsockname()[1]}", claim)
        login.ends(69)
        for each in (trap, other_trap):
            each.settimeout(0)
            try:
                each.accept()
                assert False, "it connected where a stranger said"
            except BlockingIOError:
                pass


def a_reject_of_a_stranger_is_not_believed(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.closing(ScriptedIndex(INDEX))
    index.mute = True
    alice, = w.people(index, "alice")
    with Peer(STRANGER) as liar:
        login = alice.start("imlogin", "--classic", "-q", "-b", f"{OURS}:0")
        claim = index.wait_for("login").split(",")[2]
        liar.send("reject,taken,go away", claim)
        index.mute = False
        login.ends(0)
