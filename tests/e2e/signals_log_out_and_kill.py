# SPDX-License-Identifier: BSL-1.0
"""INT, TERM and HUP: log out where a login is held, then die by the same signal."""
import signal

from classic import Peer
from im import equal, until

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def of_imlisten(w):
    index = w.index()
    for number in ALL:
        bob, = w.people(index, "bob")
        listener = bob.listen()
        assert "bob" in index.roster()
        listener.signal(number)
        listener.dies_by(number)
        until(lambda: "bob" not in index.roster(), f"logged out after {number}")
        equal(bob.sessions(), [])
        equal(listener.err, "")


def of_imlisten_that_adopted_a_session(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.login()
    listener = bob.listen()
    listener.signal(signal.SIGTERM)
    listener.dies_by(signal.SIGTERM)
    until(lambda: "bob" not in index.roster(), "logged out")
    equal(bob.sessions(), [])


def of_imlisten_that_keeps(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.listen("--keep")
    listener.signal(signal.SIGTERM)
    listener.dies_by(signal.SIGTERM)
    with Peer() as fence:
        fence.login("fence", index.server)
    equal(index.roster()["bob"], bob.local_endpoint())


def of_imlogin_that_waits(w):
    index = w.index()
    for number in ALL:
        alice, = w.people(index, "alice")
        alice.login()
        waiting = alice.start("imlogin", "-q", "-w", "-t", "1m", "nobody")
        until(lambda: _sleeps(waiting), "it waits")
        waiting.signal(number)
        waiting.dies_by(number)
        # This login is the session's, not imlogin's own: it stays.
        assert "alice" in index.roster()
        alice.run("imlogin", "-o")


def _sleeps(program):
    """It catches signals by now, or has left them to the kernel and waits in one of its calls."""
    from pathlib import Path
    return Path(f"/proc/{program.pid}/wchan").exists() and program.running and \
        Path(f"/proc/{program.pid}/comm").read_text().strip() == "imlogin"


def of_imsend_that_reads_stdin(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        for number in ALL:
            sender = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", stdin="pipe")
            sender.write("hi\n")
            peer.text()
            sender.signal(number)
            sender.dies_by(number)


def imindex_ends_with_0(w):
    for number in (signal.SIGTERM, signal.SIGINT):
        index = w.index()
        index.signal(number)
        equal(index.ends(0).err, "")


def a_shell_sees_128_plus_the_number(w):
    bob, = w.people(w.index(), "bob")
    shell = bob.sh('imlisten -q --classic & pid=$!; while ! ls "$XDG_RUNTIME_DIR"/im/*.session; do :; done '
                   '>/dev/null 2>&1; kill -TERM $pid; wait $pid; echo $?')
    shell.ends(0)
    equal(shell.out, "143\n")


def an_ignored_hangup_stays_ignored(w):
    """nohup(1) works: a signal that was ignored at the start is not taken."""
    index = w.index()
    bob, = w.people(index, "bob")
    shell = bob.sh('trap "" HUP; exec imlisten -q --classic -T talk')
    until(lambda: "bob" in index.roster() and bob.sessions(), "bob listens")
    shell.signal(signal.SIGHUP)
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,still here", bob.local_endpoint())
        assert shell.line().endswith("still here")
