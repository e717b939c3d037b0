# SPDX-License-Identifier: BSL-1.0
"""imlisten adopts the session of imlogin or logs in itself, owns the UDP port, writes the session,
logs out when it ends unless --keep; a second one is 71."""
import os
import signal

from classic import Peer, ScriptedIndex
from im import equal, until


def it_adopts_the_session(w):
    index = w.closing(ScriptedIndex())
    bob, = w.people(index, "bob")
    bob.login()
    endpoint = bob.local_endpoint()
    listener = bob.listen("-T", "talk")
    equal(bob.local_endpoint(), endpoint)
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,hi", endpoint)
        equal(listener.fields()[4], "hi")
    equal([text.split(",")[0] for text, _ in index.heard], ["login"], "no second login")


def it_logs_in_itself(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.listen()
    equal(index.roster(), {"bob": bob.local_endpoint()})


def it_logs_out_at_the_end(w):
    index = w.index()
    for args, status in ((["-t", "0.2"], 1), (["-c", "1", "-T", "login"], 0)):
        bob, = w.people(index, "bob")
        listener = bob.listen(*args)
        if status == 0:
            with Peer() as peer:
                peer.login("x", index.server)
        listener.ends(status)
        until(lambda: "bob" not in index.roster(), "logged out")
        equal(bob.sessions(), [])


def keep_keeps_the_login(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.listen("--keep", "-t", "0.2").ends(1)
    endpoint = bob.local_endpoint()
    with Peer() as fence:
        fence.login("fence", index.server)
    equal(index.roster()["bob"], endpoint)
    bob.listen("-T", "talk", "-t", "0.2").ends(1)
    until(lambda: "bob" not in index.roster(), "now logged out")


def a_second_one_is_71(w):
    index = w.index()
    bob, = w.people(index, "bob")
    first = bob.listen("-T", "talk")
    second = bob.run("imlisten", "-q", status=71)
    equal(second.err, f"imlisten: session bob@{index.server}: in use by another imlisten\n")
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,still yours", bob.local_endpoint())
    equal(first.fields()[4], "still yours")
    assert "bob" in index.roster()


def after_kill_9_the_next_one_takes_over(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.listen()
    endpoint = bob.local_endpoint()
    listener.kill9()
    again = bob.listen("-T", "talk")
    equal(bob.local_endpoint(), endpoint)
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,hi again", endpoint)
    equal(again.fields()[4], "hi again")


def with_a_session_it_listens_at_once_though_the_index_is_silent(w):
    index = w.closing(ScriptedIndex())
    bob, = w.people(index, "bob")
    bob.login()
    index.mute = True
    listener = bob.listen("-T", "talk")
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
    equal(listener.fields()[4], "hi")


def without_a_session_and_with_a_silent_index_it_is_69(w):
    silent = w.closing(Peer())
    bob = w.person("bob", silent.endpoint)
    import time
    start = time.monotonic()
    run = bob.run("imlisten", "-q", "--classic", status=69)
    took = time.monotonic() - start
    assert 4 < took < 15, took
    equal(run.out, "")
    equal(bob.sessions(), [])


def the_session_follows_who_comes_and_goes(w):
    index = w.index()
    bob, = w.people(index, "bob")
    bob.listen()
    with Peer() as peer:
        peer.login("carol", index.server)
        until(lambda: f"\ncarol\t{peer.endpoint}\n" in bob.session(), "carol in the session")
        peer.logout("carol", index.server)
        until(lambda: "\ncarol\t" not in bob.session(), "carol gone from the session")


def the_session_is_never_seen_half_written(w):
    index = w.index("--rate=0")
    bob, = w.people(index, "bob")
    bob.listen()
    path, = bob.sessions()
    with Peer() as peer:
        for n in range(150):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
            text = path.read_text()
            head, _, users = text.partition("\n\n")
            count = int([line for line in head.splitlines() if line.startswith("users ")][0].split()[1])
            equal(len(users.splitlines()), count, text)
        until(lambda: "\nuser149\t" in path.read_text(), "the last one")
    equal([p.name for p in path.parent.iterdir()], [path.name], "no temporary file is left")


def a_pipe_as_stdout_is_left_blocking(w):
    """O_NONBLOCK would reach other processes that share the description."""
    import fcntl
    bob, = w.people(w.index(), "bob")
    reader, writer = os.pipe()
    listener = bob.listen(stdout=writer)
    assert not fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK
    os.close(writer)
    listener.signal(signal.SIGTERM)
    listener.dies_by(signal.SIGTERM)
    os.close(reader)
