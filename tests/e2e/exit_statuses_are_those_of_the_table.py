# SPDX-License-Identifier: BSL-1.0
"""Exit status: each code of the table that classic can give, from the tool that gives it."""
import time

from classic import Peer, ScriptedIndex
from im import equal, other_host, until


def _dead():
    with Peer() as peer:
        return peer.endpoint


def done_is_0_and_no_is_1(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.send("bob", "hi")
        alice.run("imlogin", "-i", "bob")
    alice.run("imlogin", "-i", "nobody", status=1)
    alice.run("imlogin", "-w", "-t", "0.1", "nobody", status=1)
    alice.run("imlisten", "-q", "-T", "talk", "-t", "0.1", status=1)


def bad_input_is_65(w):
    alice = w.person("alice", "127.0.0.1:9")
    alice.run("imsend", "--classic", "-T", stdin=b"no tab\n", status=65)
    alice.run("imsend", "--classic", "-J", stdin=b"no json\n", status=65)
    alice.run("imsend", "--classic", "-T", stdin=b"bad/name\tx\n", status=65)


def a_bad_name_on_the_command_line_is_64(w):
    alice = w.person("alice", "127.0.0.1:9")
    alice.run("imsend", "--classic", "bad/name", "x", status=64)
    alice.run("imlogin", "--classic", "-u", "bad/name", status=64)
    alice.run("imlogin", "-i", "bad/name", status=64)
    alice.run("imlisten", "-f", "bad/name", status=64)


def an_unreadable_config_is_66(w):
    person = w.person("alice")
    for tool, *rest in (("imindex", "--test"), ("imlogin", "-l"), ("imlisten",), ("imsend", "bob", "x")):
        for option in ("-C", "--config"):
            for path in ("/nonexistent/im.conf", str(w.dir)):
                person.run(tool, option, path, *rest, status=66)
        person.run(tool, *rest, env={"IM_CONFIG": "/nonexistent/im.conf"}, status=66)


def an_unknown_user_is_67(w):
    alice, = w.people(w.index(), "alice")
    alice.login()
    alice.send("bob", "hi", status=67)


def a_name_that_does_not_resolve_is_68(w):
    alice = w.person("alice")
    for argv in (["imlogin", "--classic", "-s", "no-such-host..invalid"],
                 ["imlisten", "--classic", "-s", "no-such-host..invalid"],
                 ["imsend", "--classic", "-s", "no-such-host..invalid", "bob", "x"]):
        run = alice.run(*argv, status=68)
        assert "no-such-host..invalid" in run.err, run.err


def a_silent_index_is_69(w):
    silent = w.closing(Peer())
    alice = w.person("alice", silent.endpoint)
    alice.run("imlogin", "--classic", "-t", "0.3", status=69)
    alice.run("imlogin", "-l", "-t", "0.3", status=69)


def a_closed_index_is_69(w):
    alice = w.person("alice", _dead())
    alice.run("imlogin", "--classic", "-t", "0.3", status=69)
    alice.run("imlogin", "-l", status=69)
    alice.run("imsend", "--classic", "bob", "x", status=69)


def a_refusing_peer_is_69(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.login()
    run = alice.send("bob", "hi", status=69)
    assert run.err.startswith("imsend: bob: "), run.err
    alice.send(f"carol@{_dead()}", "hi", status=69)
    alice.send(f"carol@{_dead()}", stdin=b"one\ntwo\n", status=69)


def what_the_system_refuses_is_71(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.run("imlogin", "--classic", "-p", str(index.port), status=71)
    alice.run("imlisten", "--classic", "-p", str(index.port), status=71)
    alice.run("imlogin", "--classic", "-b", "192.0.2.99:0", status=71)
    person = w.person("index2")
    person.run("imindex", "-p", str(index.port), "--state=none", status=71)
    with Peer() as udp:
        person.run("imindex", "-p", str(udp.address[1]), "--state=none", status=71)
    person.run("imindex", "-p", "0", "-b", "192.0.2.99", status=71)


def what_cannot_be_created_is_73(w):
    index = w.index()
    alice, = w.people(index, "alice")
    (alice.run_dir / "im").write_text("a file where a folder should be")
    alice.run("imlogin", "--classic", status=73)
    alice.run("imlisten", "--classic", status=73)
    until(lambda: "alice" not in index.roster(), "and no login is left behind")
    w.person("x").run("imindex", "-p", "0", "--state=/nonexistent/folder/x.db", status=73)
    w.person("x").run("imindex", "-p", "0", f"--state={w.dir}", status=73)


def another_language_is_76(w):
    index = w.closing(ScriptedIndex())
    alice, = w.people(index, "alice")
    alice.login()
    for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x05hello"):
        index.roster = lambda: answer
        run = alice.run("imlogin", "-l", status=76)
        equal(run.out, "")


def a_refused_login_is_77_with_the_reason(w):
    index = w.index()
    there = other_host()
    with Peer(there) as stranger:
        server = index.server if ":" not in there else f"[::1]:{index.port}"
        stranger.send(f"login,alice,{stranger.endpoint}", server)
        assert stranger.text().startswith("Accept,")
        alice, = w.people(index, "alice")
        run = alice.run("imlogin", "--classic", status=77)
        assert run.err.startswith("imlogin: "), run.err
        assert "taken" in run.err or "online" in run.err, run.err
        equal(run.out, "")
        equal(alice.sessions(), [])
        alice.run("imlisten", "-q", "--classic", status=77)


def a_login_that_is_not_answered_is_69(w):
    index = w.index("--classic-from=10.0.0.0/8")
    alice, = w.people(index, "alice")
    run = alice.start("imlogin", "--classic", "-t", "0.5")
    assert run.wait() in (69, 77), run.story("refused or not answered")


def a_wrong_configuration_is_78(w):
    person = w.person("alice")
    person.write_config("im.conf", "no-such-option = 1\n")
    for tool, *rest in (("imindex", "--test"), ("imlogin", "-l"), ("imlisten",), ("imsend", "bob", "x")):
        run = person.run(tool, *rest, status=78)
        assert "no-such-option" in run.err, run.err


def the_worst_of_several_is_taken(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        with Peer() as dead:
            dead.login("dead", index.server)
        alice.login()
        for recipients, status in (("bob,dead", 69), ("dead,bob", 69), ("bob,nobody", 67), ("dead,nobody", 67),
                                   ("nobody,dead,bob", 67)):
            alice.send(recipients, f"to {recipients}", status=status)
            if "bob" in recipients:
                equal(bob.talk(), f"to {recipients}")
        for lines, status in ((b"bob\tx\nbad\n", 65), (b"nobody\tx\nbad\ndead\tx\n", 65), (b"dead\tx\nnobody\tx\n", 67),
                              (b"dead\tx\nbob\tx\n", 69)):
            alice.send("-T", stdin=lines, status=status)


def a_killed_program_is_128_plus_n(w):
    bob, = w.people(w.index(), "bob")
    listener = bob.listen()
    listener.kill9()
    equal(listener.process.returncode, -9)


def an_unreadable_stdin_is_74(w):
    alice = w.person("alice")
    run = alice.sh("exec imsend --classic bob@127.0.0.1:9 < /").ends(74)
    assert run.err.startswith("imsend: stdin: "), run.err
    alice.sh("exec imsend --classic bob@127.0.0.1:9 <&-").ends(74)


def by_default_imlogin_waits_five_seconds(w):
    silent = w.closing(Peer())
    alice = w.person("alice", silent.endpoint)
    start = time.monotonic()
    alice.run("imlogin", "--classic", status=69)
    assert 4 < time.monotonic() - start < 20


def without_any_index_the_local_one_is_meant(w):
    person = w.person("alice")
    run = person.start("imlogin", "-q", "-l", "-t", "1")
    assert run.wait() in (0, 69), run.story("localhost:4649")
    if run.process.returncode:
        assert "localhost:4649" in run.err, run.err
