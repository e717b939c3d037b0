# SPDX-License-Identifier: BSL-1.0
"""Our clients at a .NET server: they do what they do at our index and leave it hearing and alive,
though one wrong datagram or one unread roster would be its end."""
import signal

from classic import Peer
from dotnet import DotnetClient, DotnetServer
from im import equal, until

TEXTS = ["hello", "你好，世界！", "ok 😀👍🏽", "a;b:c", "line1\r\nline2", "", "one,two"]
CANONICAL = r"(login|logout),[^,]+,127\.\d+\.\d+\.\d+:\d+"


def _server(w):
    return w.closing(DotnetServer())


def _unharmed(server):
    import re
    server.assert_hearing()
    for text in server.log:
        assert re.fullmatch(CANONICAL, text), f"not a safe form: {text!r}"
    with Peer() as fence:
        equal(fence.login("fence", server.server), server.tcp_port)


def login_list_ask_wait_and_logout(w):
    server = _server(w)
    alice, = w.people(server, "alice")
    run = alice.run("imlogin")
    equal(run.out, f"alice\tonline\tself\t{alice.local_endpoint()}\t-\n")
    equal(server.names(), ["alice"])
    alice.run("imlogin", "-l")
    alice.run("imlogin", "-i", "alice")
    alice.run("imlogin", "-i", "bob", status=1)
    waiting = alice.start("imlogin", "-w", "-t", "1m", "bob")
    with DotnetClient("bob", server.server) as bob:
        bob.login()
        waiting.ends(0)
        alice.run("imlogin", "-o")
        until(lambda: server.names() == ["bob"], "logged out")
        until(lambda: bob.names() == ["bob"], "and bob knows")
        bob.assert_hearing()
    _unharmed(server)


def listen_and_talk_with_a_dotnet_client(w):
    server = _server(w)
    zhang = w.closing(DotnetClient("张三", server.server, "127.7.7.2"))
    zhang.login()
    until(lambda: zhang.names() == ["张三"], "张三 is in")
    bob, = w.people(server, "bob")
    listener = bob.start_ready("imlisten", "-T", "talk", "-0", "-F", "%u %k %rm")
    until(lambda: "bob" in zhang.names(), "bob is listed")
    zhang.open_window("bob")
    for text in TEXTS:
        bob.send("张三", text)
        zhang.talk("bob", text)
        equal(listener.record().decode(), f"张三 none {text}")
    until(lambda: len(zhang.windows["bob"]) == len(TEXTS), "all are shown")
    equal(zhang.windows["bob"], [text.split(",")[0] for text in TEXTS])
    listener.signal(signal.SIGTERM)
    listener.dies_by(signal.SIGTERM)
    until(lambda: server.names() == ["张三"] and zhang.names() == ["张三"], "bob left")
    zhang.assert_hearing()
    _unharmed(server)


def our_clients_among_themselves(w):
    server = _server(w)
    alice, bob = w.people(server, "alice", "天涯")
    listener = bob.start_ready("imlisten")
    alice.run("imlogin", "-q")
    equal(listener.fields()[1:], ["login", "alice", "none", alice.local_endpoint()])
    alice.send("天涯", "你好, 天涯")
    equal(listener.fields()[1:], ["talk", "alice", "none", "你好, 天涯"])
    alice.run("imlogin", "-o")
    equal(listener.fields()[1:], ["logout", "alice", "none", "bye"])
    _unharmed(server)


def an_adopted_session_logs_in_once(w):
    server = _server(w)
    bob, = w.people(server, "bob")
    bob.run("imlogin", "-q")
    listener = bob.start_ready("imlisten", "-r")
    listener.line()
    equal(server.names(), ["bob"])
    listener.signal(signal.SIGINT)
    listener.dies_by(signal.SIGINT)
    until(lambda: server.names() == [], "logged out")
    _unharmed(server)


def killed_listeners_and_impatient_readers(w):
    """A kill -9 in the middle of a roster would be that server's end whatever we do, so these
    listeners have read theirs."""
    server = _server(w)
    for n in range(60):
        server.users.append([f"user{n}", ("127.0.0.1", 1 + n)])
    for n in range(4):
        bob, = w.people(server, f"bob{n}")
        listener = bob.start_ready("imlisten")
        until(lambda: "\nuser59\t" in bob.session(), "the roster was read")
        listener.kill9()
    alice, = w.people(server, "alice")
    alice.run("imlogin", "-q")
    shell = alice.sh("imlogin -l | head -1; imlogin -w -t 0.2 nobody; imlogin -l -t 0.01; imlogin -i user1 | true")
    shell.wait()
    _unharmed(server)


def duplicates_and_leavers_of_long_ago_are_borne(w):
    server = _server(w)
    server.users = [["bob", ("127.0.0.1", 1)], ["bob", ("127.0.0.1", 1)], ["old", ("127.0.0.1", 2)],
                    ["q\x1b[2J", ("127.0.0.1", 3)], ["", ("127.0.0.1", 4)], ["a;b", ("127.0.0.1", 5)]]
    alice, = w.people(server, "alice")
    out = alice.run("imlogin").out
    names = [line.split("\t")[0] for line in out.splitlines()]
    equal(names.count("bob"), 1)
    assert "old" in names and "alice" in names and "\x1b" not in out, names
    _unharmed(server)


def a_restarted_service_with_another_tcp_port(w):
    server = _server(w)
    alice, = w.people(server, "alice")
    alice.run("imlogin", "-q")
    server.stop_and_start()
    run = alice.start("imlogin", "-l")
    assert run.wait() in (0, 69), run.story("finds it again or says so")
    if run.process.returncode:
        alice.run("imlogin", "-q")
        assert "alice\tonline\tself" in alice.run("imlogin", "-l").out
    _unharmed(server)


def everything_that_imsend_can_ask(w):
    server = _server(w)
    alice, = w.people(server, "alice")
    alice.run("imlogin", "-q")
    alice.send("nobody", "x", status=67)
    with DotnetClient("bob", server.server) as bob:
        bob.login()
        until(lambda: "bob" in bob.names(), "bob is in")
        bob.open_window("alice")
        alice.send("bob", stdin=b"one\ntwo\n")
        alice.send("bob,nobody", "three", status=67)
        until(lambda: bob.windows["alice"] == ["one", "two", "three"], "shown")
        bob.assert_hearing()
    alice.send("bob", "gone", status=69)  # still listed, but its port is closed
    _unharmed(server)
