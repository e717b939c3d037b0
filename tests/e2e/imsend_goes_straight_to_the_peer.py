# SPDX-License-Identifier: BSL-1.0
"""imsend takes the recipient's endpoint from the session, or asks the index once, and sends from a
port of its own; the index never sees text; when it is down people still talk."""
from classic import Peer, ScriptedIndex
from im import equal, until


def from_the_session_without_asking(w):
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    with Peer() as bob:
        index.users = [("bob", bob.endpoint)]
        alice.login()
        fetches = index.fetches
        for n in range(3):
            alice.send("bob", f"hello {n}")
            text, source = bob.receive()
            verb, time, sender, said = text.split(",")
            equal((verb, sender, said), ("talk", "alice", f"hello {n}"))
            equal(source[0], alice.local_endpoint().split(":")[0])
            assert source[1] != int(alice.local_endpoint().split(":")[1]), "a port of its own"
        equal(index.fetches, fetches)


def from_the_address_of_the_session(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login("-b", "127.7.7.2:0")
    with Peer() as bob:
        alice.send(f"bob@{bob.endpoint}", "hi")
        equal(bob.receive()[1][0], "127.7.7.2")


def an_unknown_name_is_asked_once(w):
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    alice.login()
    fetches = index.fetches
    with Peer() as bob:
        index.users.append(("bob", bob.endpoint))
        alice.send("bob", "hi")
        equal(bob.text().split(",")[3], "hi")
        equal(index.fetches, fetches + 1)
    alice.send("carol", "hi", status=67)
    equal(index.fetches, fetches + 2)


def many_messages_to_an_unknown_name_ask_once(w):
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    alice.login()
    fetches = index.fetches
    with Peer() as bob:
        index.users.append(("bob", bob.endpoint))
        alice.send("bob", stdin=b"x\n" * 20)
        equal([bob.text().split(",")[3] for _ in range(20)], ["x"] * 20)
    equal(index.fetches, fetches + 1)


def a_moved_peer_is_found(w):
    """The cached endpoint refuses: the index is asked, and the message goes to the new one."""
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    with Peer() as bob:
        with Peer() as old:
            index.users = [("bob", old.endpoint)]
            alice.login()
        index.users = [("bob", bob.endpoint)]
        alice.send("bob", "found you")
        equal(bob.text().split(",")[3], "found you")


def the_index_never_sees_text(w):
    index = w.closing(ScriptedIndex())
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.listen("-T", "talk")
    alice.login()
    alice.send("bob", "secret")
    equal(listener.fields()[4], "secret")
    alice.run("imlogin", "-o")
    listener.signal(15)
    listener.dies_by(15)
    equal({text.split(",")[0] for text, _ in index.heard}, {"login", "logout"})
    for text, _ in index.heard:
        equal(len(text.split(",")), 3, text)


def while_the_index_is_down_people_talk(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    heard_by_bob = bob.listen("-T", "talk")
    heard_by_alice = alice.listen("-T", "talk")
    until(lambda: "\nalice\t" in bob.session() and "\nbob\t" in alice.session(), "they know each other")
    index.kill9()
    alice.send("bob", "still there?")
    equal(heard_by_bob.fields()[2:], ["alice", "none", "still there?"])
    bob.send("alice", "yes")
    equal(heard_by_alice.fields()[2:], ["bob", "none", "yes"])


def many_imsend_run_beside_one_imlisten(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    listener = bob.listen("-T", "talk")
    alice.listen()
    senders = [alice.start("imsend", "bob", f"number {n}") for n in range(40)]
    for sender in senders:
        sender.ends(0)
    got = [listener.fields()[4] for _ in range(40)]
    equal(sorted(got), sorted(f"number {n}" for n in range(40)))


def a_session_remembers_its_profile(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as peer:
        alice.login()
        equal(alice.send(f"bob@{peer.endpoint}", "hi").err, "")
        equal(peer.text().split(",")[2:], ["alice", "hi"])


def success_is_silent(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.login()
        run = alice.send("bob", "hi")
        equal((run.out, run.err), ("", ""))


def without_a_session_classic_goes_to_an_endpoint(w):
    alice = w.person("alice")
    with Peer() as peer:
        alice.send("--classic", "-u", "alice", f"bob@{peer.endpoint}", "hi")
        equal(peer.text().split(",")[2:], ["alice", "hi"])


def without_a_session_classic_asks_the_index_of_s(w):
    index = w.index()
    alice = w.person("alice")
    with Peer() as peer:
        peer.login("bob", index.server)
        alice.send("--classic", "-u", "alice", "-s", index.server, "bob", "hi")
        equal(peer.text().split(",")[2:], ["alice", "hi"])
    equal(set(index.roster()), {"bob"}, "it logs nobody in")
