# SPDX-License-Identifier: BSL-1.0
"""Every write is checked: with stdout on a full disk the client tools end with 74, and say so."""
from classic import Peer
from im import equal

REASON = r"{}: (stdout|standard output|write error): .*[Nn]o space left on device"


def _full(person, tool, *args, **kwargs):
    with open("/dev/full", "wb") as full:
        return person.start(tool, *args, stdout=full, **kwargs).fails(74, REASON.format(tool))


def imlogin(w):
    (alice,) = w.people(w.index(), "alice")
    _full(alice, "imlogin", "-q", "--classic", "-l") if alice.sessions() else None
    alice.login()
    _full(alice, "imlogin", "-l")
    _full(alice, "imlogin", "-i", "alice")
    _full(alice, "imlogin", "-w", "alice")


def imlisten(w):
    index = w.index()
    (bob,) = w.people(index, "bob")
    with open("/dev/full", "wb") as full, Peer() as peer:
        listener = bob.listen("-T", "talk", stdout=full)
        peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
        listener.fails(74, REASON.format("imlisten"))
    equal(bob.sessions(), [])
    assert "bob" not in index.roster(), "it has logged out"


def imsend(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        for option in ("-v", "-j", "-n"):
            _full(alice, "imsend", "--classic", option, f"bob@{peer.endpoint}", "hi")
        _full(alice, "imsend", "--classic", "-p", f"bob@{peer.endpoint}", stdin=b"hi\n")


def help_and_version(w):
    person = w.person("alice")
    for tool in ("imindex", "imlogin", "imlisten", "imsend"):
        for option in ("--help", "--version"):
            _full(person, tool, option)
