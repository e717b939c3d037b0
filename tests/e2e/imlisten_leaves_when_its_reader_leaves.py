# SPDX-License-Identifier: BSL-1.0
"""When the reader of stdout leaves, imlisten leaves at once, by SIGPIPE, as tail -f does, and
logs out on the way."""
import os
import signal

from classic import Peer
from im import equal, until


def with_head(w):
    index = w.index()
    (bob,) = w.people(index, "bob")
    shell = bob.sh('imlisten -T talk | head -1; echo "${PIPESTATUS[*]}"', shell="bash")
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,first", bob.local_endpoint())
    shell.ends(0)
    first, statuses = shell.out.splitlines()
    assert first.endswith("\tfirst"), first
    equal(statuses, f"{128 + signal.SIGPIPE} 0")
    until(lambda: "bob" not in index.roster(), "bob has logged out")


def also_while_nothing_happens(w):
    index = w.index()
    (bob,) = w.people(index, "bob")
    reader, writer = os.pipe()
    listener = bob.listen(stdout=writer)
    os.close(writer)
    os.close(reader)
    listener.dies_by(signal.SIGPIPE)
    until(lambda: "bob" not in index.roster(), "bob has logged out")
    equal(bob.sessions(), [])


def with_an_unread_pipe_full_of_records(w):
    index = w.index("--rate=0")
    (bob,) = w.people(index, "bob")
    reader, writer = os.pipe()
    listener = bob.listen(stdout=writer)
    os.close(writer)
    with Peer() as peer:
        for n in range(40):
            peer.send("talk,12:00:00,alice," + "x" * 20000, bob.local_endpoint())
    os.close(reader)
    listener.dies_by(signal.SIGPIPE)


def also_where_sigpipe_is_ignored(w):
    """Under such a parent it cannot die by the signal; it ends all the same."""
    index = w.index()
    (bob,) = w.people(index, "bob")
    reader, writer = os.pipe()
    listener = bob.start("sh", "-c", "trap '' PIPE; exec imlisten -q --classic", stdout=writer)
    os.close(writer)
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
    os.close(reader)
    listener.wait()
    until(lambda: "bob" not in index.roster(), "bob has logged out")
