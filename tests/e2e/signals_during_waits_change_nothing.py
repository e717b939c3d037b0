# SPDX-License-Identifier: BSL-1.0
"""EINTR: signals that mean nothing (CONT, WINCH, a stop and go) during any wait lose nothing."""
import signal
import time

from classic import Peer, ScriptedIndex
from im import equal


def _pester(program, times=20):
    for n in range(times):
        program.signal((signal.SIGCONT, signal.SIGWINCH, signal.SIGSTOP, signal.SIGCONT)[n % 4])
        time.sleep(0.005)
    program.signal(signal.SIGCONT)


def of_imlisten(w):
    bob, = w.people(w.index(), "bob")
    listener = bob.listen("-T", "talk")
    with Peer() as peer:
        for n in range(5):
            _pester(listener)
            peer.send(f"talk,12:00:00,alice,{n}", bob.local_endpoint())
            equal(listener.fields()[4], str(n))


def of_imlisten_with_a_command(w):
    bob, = w.people(w.index(), "bob")
    listener = bob.listen("-T", "talk", "-c", "3", "-x", "sleep 0.1; cat; echo")
    with Peer() as peer:
        for n in range(3):
            peer.send(f"talk,12:00:00,alice,{n}", bob.local_endpoint())
    _pester(listener, 40)
    equal(listener.ends(0).out, "0\n1\n2\n")


def of_imlogin_that_waits_for_its_answer(w):
    index = w.closing(ScriptedIndex())
    index.mute = True
    alice, = w.people(index, "alice")
    login = alice.start("imlogin", "-q", "--classic")
    index.wait_for("login")
    _pester(login)
    index.mute = False
    login.ends(0)


def of_imlogin_that_waits_for_somebody(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    waiting = alice.start("imlogin", "-w", "-t", "1m", "bob")
    _pester(waiting)
    with Peer() as bob:
        bob.login("bob", index.server)
        waiting.ends(0)


def of_imsend_with_a_rate(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        sender = alice.start("imsend", "--classic", "--rate=50", f"bob@{peer.endpoint}", stdin=b"x\n" * 20)
        _pester(sender)
        sender.ends(0)
        equal([peer.text().split(",")[3] for _ in range(20)], ["x"] * 20)


def of_imsend_that_waits_for_stdin(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        sender = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", stdin="pipe")
        for n in range(4):
            _pester(sender)
            sender.write(f"{n}\n")
            equal(peer.text().split(",")[3], str(n))
        sender.close_stdin()
        sender.ends(0)
