# SPDX-License-Identifier: BSL-1.0
"""imlisten -r: first who is online now as roster records, then the stream, and nothing is lost or
told twice between the two, however fast people come and go."""
import threading

from classic import Peer
from im import PATIENCE, equal
from records import rest


def who_is_online_stands_first(w):
    index = w.index()
    bob, = w.people(index, "bob")
    with Peer() as one, Peer() as two:
        one.login("zoe", index.server)
        two.login("天涯", index.server)
        listener = bob.listen("-r", "-T", "roster,login")
        got = sorted(rest(listener.line()) for _ in range(3))
        equal(got, sorted([["roster", "zoe", "none", one.endpoint], ["roster", "天涯", "none", two.endpoint],
                           ["roster", "bob", "self", bob.local_endpoint()]]))
        with Peer() as late:
            late.login("late", index.server)
            equal(rest(listener.line()), ["login", "late", "none", late.endpoint])


def also_with_an_adopted_session(w):
    index = w.index()
    bob, = w.people(index, "bob")
    with Peer() as gone, Peer() as came:
        gone.login("gone", index.server)
        bob.login()
        gone.logout("gone", index.server)
        came.login("came", index.server)
        listener = bob.listen("-r", "-T", "roster,login,logout")
        equal(sorted(rest(listener.line())[1] for _ in range(2)), ["bob", "came"])


def adding_up_the_stream_gives_the_roster(w):
    index = w.index("--rate=0")
    stop = threading.Event()

    def churn(number):
        with Peer() as peer:
            n = 0
            while not stop.is_set():
                n += 1
                peer.login(f"user{number}-{n % 7}", index.server)
                if n % 3:
                    peer.logout(f"user{number}-{n % 7}", index.server)
                stop.wait(0.002)

    threads = [threading.Thread(target=churn, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    try:
        listeners = [person.listen("-r", "-T", "roster,login,logout")
                     for person in w.people(index, *(f"listener{i}" for i in range(4)))]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    with Peer() as fence:
        fence.login("fence", index.server)
    for listener in listeners:
        assert listener.out_stream.wait_for(b"\tfence\t", PATIENCE), listener.story("the fence")
        online, streaming = {}, False
        for line in listener.out.splitlines():
            kind, user, _, text = rest(line)
            if kind == "roster":
                assert not streaming, f"a roster record behind the stream: {line}"
                assert user not in online, f"twice: {line}"
                online[user] = text
                continue
            streaming = True
            if kind == "login":
                assert online.get(user) != text, f"told twice: {line}"
                online[user] = text
            else:
                assert user in online, f"left without having come: {line}"
                del online[user]
        equal(online, index.roster())
