# SPDX-License-Identifier: BSL-1.0
"""A tool that is started with stdin, stdout or stderr closed does not write records into its own
sockets: what is printed fails with 74, what prints nothing works."""
from classic import Peer
from im import equal, until


def imlisten(w):
    index = w.index()
    bob, = w.people(index, "bob")
    for streams, said in ((">&-", True), ("<&- >&- 2>&-", False)):
        shell = bob.sh(f"imlisten -q --classic -T talk {streams}; echo $? >status")
        until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
        with Peer() as peer:
            peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
        shell.ends(0)
        equal((bob.home / "status").read_text(), "74\n")
        equal("imlisten: stdout: bad file descriptor" in shell.err, said)
        until(lambda: "bob" not in index.roster(), "it has logged out")
        equal(bob.sessions(), [])


def imlisten_that_prints_nothing(w):
    index = w.index()
    bob, = w.people(index, "bob")
    shell = bob.sh("imlisten -q --classic -T talk -c 1 -x 'cat >text' <&- >&- 2>&-")
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
    shell.ends(0)
    equal((bob.home / "text").read_text(), "hi")


def imlogin(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.sh("imlogin -q --classic <&- >&- 2>&-").ends(0)
    assert "alice" in index.roster()
    shell = alice.sh("imlogin -l >&-").ends(74)
    equal(shell.err, "imlogin: stdout: bad file descriptor\n")
