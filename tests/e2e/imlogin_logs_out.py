# SPDX-License-Identifier: BSL-1.0
"""imlogin -o: log out, remove the session file; 1 when there was no login.  A running imlisten of
that session ends."""
from classic import Peer
from im import equal, until


def removes_login_and_session(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    run = alice.run("imlogin", "-o")
    equal((run.out, run.err), ("", ""))
    equal(alice.sessions(), [])
    until(lambda: "alice" not in index.roster(), "off the roster")


def without_a_login_is_1(w):
    alice, = w.people(w.index(), "alice")
    alice.run("imlogin", "-o", status=1)
    alice.login()
    alice.run("imlogin", "--logout")
    alice.run("imlogin", "-o", status=1)


def others_are_told(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.login()
        endpoint = alice.local_endpoint()
        equal(bob.text(), f"login,alice,{endpoint}")
        alice.run("imlogin", "-o")
        equal(bob.text(), f"logout,alice,{endpoint}")


def a_running_listener_ends(w):
    index = w.index()
    alice, = w.people(index, "alice")
    listener = alice.listen()
    alice.run("imlogin", "-o")
    listener.ends(0)


def when_the_index_is_gone_the_session_goes_all_the_same(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    index.kill9()
    alice.run("imlogin", "-o")
    equal(alice.sessions(), [])


def the_ended_listener_says_why(w):
    index = w.index()
    alice, = w.people(index, "alice")
    listener = alice.start_ready("imlisten", "--classic")
    alice.run("imlogin", "-o")
    listener.ends(0)
    equal(listener.err, f"imlisten: notice: session alice@{index.server}: logged out\n")

def a_damaged_session_is_removed(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    session, = alice.sessions()
    session.write_text("im session 99\n")
    run = alice.run("imlogin", "-o", status=1)
    assert str(session) in run.err and "removed" in run.err, run.err
    equal(alice.sessions(), [])


def a_damaged_session_is_replaced_by_a_login(w):
    index = w.index()
    alice, = w.people(index, "alice")
    for damage in ("garbage", "im session 99\n\n", ""):
        alice.login()
        session, = alice.sessions()
        session.write_text(damage)
        run = alice.run("imsend", "bob", "hi", status=78)
        assert str(session) in run.err and "log in" in run.err, run.err
        alice.run("imlogin", "--classic")
        alice.run("imlogin", "-o")
