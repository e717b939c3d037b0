# SPDX-License-Identifier: BSL-1.0
"""kill -9 of each tool: what stays behind (session, state, sockets) is good for the next start."""
from classic import Peer
from im import equal, free_port, until


def of_imlisten_at_any_moment(w):
    index = w.index("--rate=0")
    bob, = w.people(index, "bob")
    with Peer() as peer:
        for n in range(12):
            listener = bob.start("imlisten", "-q", "--classic")
            if n % 2:
                until(lambda: bob.sessions(), "it is up")
                for m in range(20):
                    peer.send(f"login,user{n}-{m},{peer.endpoint}", index.server)
            listener.kill9()
        last = bob.listen("-T", "talk")
        peer.send("talk,12:00:00,alice,well?", bob.local_endpoint())
        equal(last.fields()[4], "well?")
    equal(index.roster()["bob"], bob.local_endpoint())


def of_imlogin_at_any_moment(w):
    index = w.index("--rate=0")
    alice, = w.people(index, "alice")
    for _ in range(10):
        alice.start("imlogin", "-q", "--classic").kill9()
    alice.login()
    equal(index.roster()["alice"], alice.local_endpoint())


def of_imsend_at_any_moment(w):
    alice, = w.people(w.index(), "alice")
    alice.login()
    with Peer() as peer:
        for n in range(10):
            alice.start("imsend", f"bob@{peer.endpoint}", stdin="pipe").kill9()
        alice.send(f"bob@{peer.endpoint}", "done")
        equal(peer.text().split(",")[3], "done")


def of_imindex_and_its_port_is_free_at_once(w):
    port, state = free_port(), w.dir / "state.db"
    users = set()
    with Peer() as peer:
        for n in range(6):
            index = w.index(f"--state={state}", "--rate=0", port=port)
            for m in range(10):
                peer.login(f"user{n}-{m}", index.server)
                users.add(f"user{n}-{m}")
            for m in range(10):
                peer.send(f"login,maybe{n}-{m},{peer.endpoint}", index.server)
            index.kill9()
            while not peer.has_nothing():
                pass
        index = w.index(f"--state={state}", port=port)
        missing = users - set(index.roster())
        equal(missing, set(), "confirmed logins")
