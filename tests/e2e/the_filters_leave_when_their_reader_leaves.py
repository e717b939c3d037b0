# SPDX-License-Identifier: BSL-1.0
"""imlogin and imsend, too, end by SIGPIPE when the reader of stdout leaves, while they wait."""
import os
import signal

from classic import Peer, ScriptedIndex
from im import equal


def _gone(w, person, *argv, **kwargs):
    reader, writer = os.pipe()
    program = person.start(*argv, stdout=writer, **kwargs)
    os.close(writer)
    return program, reader


def imlogin_that_waits_for_somebody(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    alice.login()
    program, reader = _gone(w, alice, "imlogin", "-q", "-w", "-t", "1m", "nobody")
    os.close(reader)
    program.dies_by(signal.SIGPIPE)


def imsend_that_waits_for_stdin(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    alice.login()
    program, reader = _gone(w, alice, "imsend", "-p", "alice", stdin="pipe")
    os.close(reader)
    program.dies_by(signal.SIGPIPE)


def imsend_that_waits_for_its_rate(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    alice.login()
    with Peer() as peer:
        program, reader = _gone(w, alice, "imsend", "-p", "--rate=1", f"bob@{peer.endpoint}",
                                stdin=b"line\n" * 100)
        equal(peer.text().split(",")[3], "line")
        os.close(reader)
        program.dies_by(signal.SIGPIPE)


def imsend_with_head(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    alice.login()
    with Peer() as peer:
        shell = alice.sh(f'yes | imsend -p bob@{peer.endpoint} | head -2; echo "${{PIPESTATUS[1]}}"',
                         shell="bash")
        shell.ends(0)
        equal(shell.out, f"y\ny\n{128 + signal.SIGPIPE}\n")


def a_roster_longer_than_head(w):
    index = w.closing(ScriptedIndex())
    index.users = [(f"user{n:05}", "127.0.0.1:5000") for n in range(5000)]
    (alice,) = w.people(index, "alice")
    shell = alice.sh('imlogin -q --classic; imlogin -l | head -1; echo "${PIPESTATUS[0]}"', shell="bash")
    shell.ends(0)
    equal(shell.out.splitlines()[0].split("\t")[:3], ["alice", "online", "self"])
    equal(shell.out.splitlines()[1], str(128 + signal.SIGPIPE))
