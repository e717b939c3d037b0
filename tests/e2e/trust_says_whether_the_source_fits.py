# SPDX-License-Identifier: BSL-1.0
"""imevents(5), TRUST in classic: self, none, and BAD for a talk whose source address is not that
of the user it names."""
from classic import Peer, ScriptedIndex
from im import equal
from records import rest


def _listener(w):
    index = w.closing(ScriptedIndex())
    index.users = [("near", "127.7.7.7:5000"), ("far", "192.0.2.77:5000")]
    (bob,) = w.people(index, "bob")
    listener = bob.listen("-r", "-T", "roster,talk")
    for _ in range(3):
        listener.line()
    return listener, bob.local_endpoint()


def a_talk_from_another_address_is_bad(w):
    listener, bob = _listener(w)
    with Peer() as liar:
        liar.send("talk,12:00:00,far,trust me", bob)
        equal(rest(listener.line()), ["talk", "far", "BAD", "trust me"])


def all_of_loopback_is_one_address(w):
    listener, bob = _listener(w)
    with Peer("127.9.9.9") as dotnet_client:
        dotnet_client.send("talk,12:00:00,near,hi", bob)
        equal(rest(listener.line()), ["talk", "near", "none", "hi"])


def a_talk_naming_nobody_known_is_none(w):
    listener, bob = _listener(w)
    with Peer() as stranger:
        stranger.send("talk,12:00:00,stranger,hi", bob)
        equal(rest(listener.line()), ["talk", "stranger", "none", "hi"])


def the_roster_marks_oneself(w):
    index = w.closing(ScriptedIndex())
    index.users = [("far", "192.0.2.77:5000")]
    (bob,) = w.people(index, "bob")
    listed = bob.run("imlogin", "--classic").out.splitlines()
    equal(listed, [f"bob\tonline\tself\t{bob.local_endpoint()}\t-",
                   "far\tonline\tnone\t192.0.2.77:5000\t-"])
