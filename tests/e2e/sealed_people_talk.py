# SPDX-License-Identifier: BSL-1.0
"""Two people with the four programs and no option: what is said is shown, and success means that."""
import os
import signal

from im import equal, free_port, matches, shrink_pipe, until


def _two(w, *args):
    index = w.index("--state=none", *args)
    alice, bob = w.people(index, "alice", "bob", sealed=True)
    return index, alice, bob


def what_is_said_is_shown_and_answered(w):
    index, alice, bob = _two(w)
    listener = bob.listen("-T", "talk")
    alice.login()
    alice.send("bob", "lunch?\nat noon")
    equal(listener.fields()[1:], ["talk", "alice", "new", "lunch?\\nat noon"])
    alice.send("bob", "yes?")
    equal(listener.fields()[1:], ["talk", "alice", "ok", "yes?"])
    alices = alice.listen("-T", "talk")
    bob.send("alice", "yes")
    equal(alices.fields()[1:], ["talk", "bob", "ok", "yes"])
    lines = alice.send("bob", stdin=b"".join(b"line %d\n" % i for i in range(2000)))
    equal([listener.fields()[4] for _ in range(2000)], [f"line {i}" for i in range(2000)])


def a_question_finds_its_answer(w):
    index, alice, bob = _two(w)
    listener = bob.listen("-T", "talk", "-j", "-x",
                          'imsend --re="$IM_ID" "$IM_FROM" "you said $(cat)"')
    alice.login()
    equal(alice.send("-a", "-t", "10s", "bob", "what did I say?").out, "you said what did I say?\n")


def success_means_that_the_record_was_written(w):
    index, alice, bob = _two(w)
    alice.login()
    bob.login()
    alice.send("-t", "0.5", "bob", "hi", status=75)  # nobody listens there
    reader, writer = os.pipe()
    shrink_pipe(writer)
    stopped = bob.listen("-T", "talk", stdout=writer)
    os.close(writer)
    alice.send("bob", "x" * 3000)
    alice.send("-t", "0.5", "bob", "x" * 3000, status=75)
    os.close(reader)
    stopped.dies_by(signal.SIGPIPE)
    with open("/dev/full", "wb") as full:
        bob.listen("-T", "talk", stdout=full)
        alice.send("-t", "0.5", "bob", "hi", status=75)
    count = bob.listen("-T", "talk", "-c", "1")
    alice.send("bob", "the last one")
    equal(count.ends(0).out.split("\t")[4], "the last one\n")
    alice.send("bob", "hi", status=69)
    never = bob.listen("-T", "talk", "--ack=never")
    alice.send("bob", "hi", status=75)
    equal(never.fields()[4], "hi")


def what_was_kept_is_delivered_when_the_login_is_announced(w):
    index, alice, bob = _two(w)
    first = bob.listen("-T", "talk")
    alices = alice.listen("-T", "login,logout")
    alice.send("bob", "met")
    first.signal(signal.SIGTERM)
    first.wait()
    until(lambda: "logout\tbob" in alices.out, "bob's logout")
    alice.send("-Q", "bob", "for later")
    again = bob.listen("-T", "talk")
    equal(again.fields()[4], "for later")
    until(lambda: alice.run("imsend", "--outbox").out == "", "an empty outbox")


def people_talk_on_while_the_index_is_away(w):
    port = free_port()
    keys = w.person("keys")
    index = w.index(port=port, person=keys)
    alice, bob = w.people(index, "alice", "bob", sealed=True)
    listener = bob.listen("-T", "talk,server")
    alice.login()
    alice.send("bob", "one")
    equal(listener.fields()[4], "one")
    index.signal(signal.SIGTERM)
    equal(listener.fields()[1:], ["server", "-", "-", "stopping"])
    alice.send("bob", "two")
    equal(listener.fields()[4], "two")
    w.index(port=port, person=keys)
    equal(listener.fields(30)[1:], ["server", "-", "-", "back"])


def a_listener_that_was_killed_is_followed_by_another(w):
    index, alice, bob = _two(w)
    killed = bob.listen("-T", "talk")
    alice.login()
    alice.send("bob", "one")
    killed.kill9()
    alice.send("-t", "0.5", "bob", "nobody hears", status=75)
    listener = bob.listen("-T", "talk")
    alice.send("bob", "two")
    equal(listener.fields()[4], "two")
    equal(listener.out.count("\n"), 1)


def the_roster_comes_first_and_a_second_listener_does_not_come(w):
    index, alice, bob = _two(w)
    alice.login()
    listener = bob.listen("-r", "-T", "roster,login,logout")
    equal([listener.fields()[1:4] for _ in range(2)], [["roster", "alice", "new"], ["roster", "bob", "self"]])
    bob.start("imlisten").fails(71, "imlisten: session bob@.*: in use by another imlisten")
    alice.run("imlogin", "-o")
    equal(listener.fields()[1:], ["logout", "alice", "new", "bye"])
    bob.run("imlogin", "-o")
    listener.ends(0)
    equal(bob.sessions(), [])
