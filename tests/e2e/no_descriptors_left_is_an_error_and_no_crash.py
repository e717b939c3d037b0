# SPDX-License-Identifier: BSL-1.0
"""With few descriptors the tools say so with 71 (or work); imindex and imlisten go on serving when
connections eat theirs."""
import socket

from classic import Peer
from im import SANITIZED, equal, until


def at_the_start(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    for tool, *rest in (("imindex", "-p", "0"), ("imlisten", "-q", "-t", "0.1"), ("imlogin", "-l"), ("imsend", "bob", "x"),
                        ("imsend", "alice", "x")):
        # The sanitizer asks by way of a pipe whether an object is one: without descriptors none
        # is, but imsend's, who has none.
        if SANITIZED and tool != "imsend":
            continue
        for limit in (3, 4, 5, 6, 7, 8):
            script = f'ulimit -n {limit}; exec {tool} {" ".join(rest)}'
            if tool == "imindex":
                script = f'ulimit -n {limit}; timeout -s TERM 1 {tool} {" ".join(rest)}'
            run = alice.sh(script)
            status = run.wait()
            if "error while loading shared libraries" in run.err or SANITIZED and status == 127:
                continue  # the loader needs one itself
            assert status in (0, 1, 67, 69, 71, 73, 66, 124), run.story(f"{limit} descriptors")
            assert status in (0, 1, 124) or run.err.startswith(f"{tool}: "), run.story("says so")


def connections_do_not_stop_the_index(w):
    person = w.person("index")
    shell = person.sh("ulimit -n 40; exec imindex -p 0 --print-env")
    server = shell.line().split("=")[1]
    host, port = server.split(":")
    held = []
    try:
        with Peer() as peer:
            tcp = peer.login("bob", server)
            for _ in range(100):
                held.append(socket.create_connection((host, tcp)))
            with Peer() as carol:
                carol.login("carol", server)  # datagrams are served all the while
            before = _cpu_during(shell.pid, 1)
            assert before < 0.8, f"it spins: {before} s of processor in a second"
    finally:
        for conn in held:
            conn.close()
    from classic import fetch_roster
    until(lambda: _try(lambda: dict(fetch_roster(host, tcp, 2)).keys() == {"bob", "carol"}), "rosters again", 60)


def _cpu_during(pid, seconds):
    import time
    from im import cpu
    before = cpu(pid)
    time.sleep(seconds)
    return cpu(pid) - before


def _try(function):
    try:
        return function()
    except (OSError, AssertionError):
        return False


def no_tool_leaks_descriptors(w):
    from im import descriptors
    index = w.index("--rate=0")
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.listen("-x", "true")
    alice.login()

    def counts():
        return descriptors(index.pid), descriptors(listener.pid)

    def busy():
        for _ in range(10):
            alice.run("imlogin", "-l")
            alice.send("bob", "x")

    busy()
    # The last roster's connection and the last command of -x may still be on their way out.
    until(lambda: not any(now > then for now, then in zip(counts(), (12, 9))), "all is quiet")
    quiet = counts()
    busy()
    busy()
    until(lambda: not any(now > then for now, then in zip(counts(), quiet)), f"no more than {quiet}")


def commands_of_x_inherit_only_the_standard_three(w):
    bob, = w.people(w.index(), "bob")
    listener = bob.listen("-T", "talk", "-c", "1", "-x", "ls -l /proc/self/fd | grep -c -E 'socket|anon_inode|session'")
    with Peer() as peer:
        peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
    equal(listener.ends(0).out, "0\n")
