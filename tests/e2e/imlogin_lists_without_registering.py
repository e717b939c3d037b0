# SPDX-License-Identifier: BSL-1.0
"""imlogin -l, -i and -w: the roster, registering nothing."""
from classic import Peer, ScriptedIndex
from im import equal, until


def l_prints_the_roster_and_registers_nothing(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    bob.login()
    alice.login()
    endpoint = index.roster()["bob"]
    listed = f"alice\tonline\t{{}}\t{alice.local_endpoint()}\t-\nbob\tonline\t{{}}\t{endpoint}\t-\n"
    equal(alice.run("imlogin", "-l").out, listed.format("self", "none"))
    equal(alice.run("imlogin", "--list").out, listed.format("self", "none"))
    equal(set(index.roster()), {"alice", "bob"})
    # Without a session the UDP port's number is tried.
    carol, = w.people(index, "carol")
    equal(carol.run("imlogin", "-l").out, listed.format("none", "none"))
    equal(carol.sessions(), [])
    equal(set(index.roster()), {"alice", "bob"})


def without_a_session_another_tcp_port_cannot_be_known(w):
    from im import free_port
    index = w.index(f"--tcp-port={free_port()}")
    alice, = w.people(index, "alice")
    for argv in (["-l"], ["-i", "alice"], ["-w", "-t", "5s", "alice"]):
        run = alice.run("imlogin", *argv, status=69)
        assert "imlogin: hint: " in run.err and "log in" in run.err, run.err
        equal(run.out, "")
    alice.login()
    assert alice.run("imlogin", "-l").out.startswith("alice\tonline\tself\t")


def i_tells_whether_everyone_named_is_online(w):
    index = w.index()
    alice, bob = w.people(index, "alice", "bob")
    bob.login()
    alice.login()
    one = f"bob\tonline\tnone\t{bob.local_endpoint()}\t-\n"
    two = f"alice\tonline\tself\t{alice.local_endpoint()}\t-\n"
    equal(alice.run("imlogin", "-i", "bob").out, one)
    equal(alice.run("imlogin", "--is-online", "bob", "alice").out, two + one)
    equal(alice.run("imlogin", "-i", "bob", "carol", status=1).out, one)
    equal(alice.run("imlogin", "-i", "carol", status=1).out, "")
    equal(alice.run("imlogin", "-i", "Bob", status=1).out, "")
    shell = alice.sh("if imlogin -i bob >/dev/null; then echo here; fi; imlogin -i carol || echo away")
    shell.ends(0)
    equal(shell.out, "here\naway\n")


def i_asks_the_index_and_not_the_session(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as peer:
        peer.login("bob", index.server)
        alice.login()
        peer.logout("bob", index.server)
        until(lambda: "bob" not in index.roster(), "bob left")
        alice.run("imlogin", "-i", "bob", status=1)


def w_waits_until_all_are_online(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    waiting = alice.start("imlogin", "-w", "-t", "1m", "bob", "carol")
    with Peer() as bob, Peer() as carol:
        bob.login("bob", index.server)
        until(lambda: "bob" in index.roster(), "bob came")
        assert waiting.running
        carol.login("carol", index.server)
        waiting.ends(0)
        equal(waiting.out, f"bob\tonline\tnone\t{bob.endpoint}\t-\ncarol\tonline\tnone\t{carol.endpoint}\t-\n")
        equal(waiting.err, "")
        equal(alice.run("imlogin", "--wait", "bob").out, f"bob\tonline\tnone\t{bob.endpoint}\t-\n")


def w_gives_up_with_1(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    equal(alice.run("imlogin", "-w", "-t", "0.3", "nobody", status=1).out, "")


def w_beside_a_listener(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.listen()
    waiting = alice.start("imlogin", "-w", "-t", "1m", "bob")
    with Peer() as bob:
        bob.login("bob", index.server)
        equal(waiting.ends(0).out.split("\t")[0], "bob")


def long_waits_show_life_on_a_terminal_only(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    on_terminal = alice.start("imlogin", "-w", "-t", "0.5", "bob", on_terminal=("err",))
    on_terminal.ends(1)
    assert "bob" in on_terminal.screen, on_terminal.screen
    piped = alice.run("imlogin", "-w", "-t", "0.5", "bob", status=1)
    equal(piped.err, "")
    quiet = alice.start("imlogin", "-q", "-w", "-t", "0.5", "bob", on_terminal=("err",))
    quiet.ends(1)
    equal(quiet.screen, "")


def json_and_formats_apply(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    equal(alice.run("imlogin", "-i", "-F", "%u=%l", "alice").out, "alice=online\n")
    assert alice.run("imlogin", "-l", "-j").out.startswith('{"v":1,"type":"roster","user":"alice"')


def names_on_the_roster_are_escaped(w):
    index = w.closing(ScriptedIndex())
    index.users = [("evil\x1b[2J", "127.0.0.1:5000"), ("tab\tname", "127.0.0.1:5001")]
    alice, = w.people(index, "alice")
    out = alice.run("imlogin", "--classic").out
    assert "\x1b" not in out
    for line in out.splitlines():
        equal(len(line.split("\t")), 5, line)
