# SPDX-License-Identifier: BSL-1.0
"""imlogin: registers a user, writes a session file, prints the roster: five fields, sorted by name,
own entry marked self; again: renews."""
import stat

from classic import Peer
from im import equal, matches


def a_login_is_on_the_roster_and_in_the_session(w):
    index = w.index()
    alice, = w.people(index, "alice")
    run = alice.run("imlogin", "--classic")
    endpoint = index.roster()["alice"]
    matches(r"127\.0\.0\.1:\d+", endpoint)
    equal(run.out, f"alice\tonline\tself\t{endpoint}\t-\n")
    equal(run.err, "")
    equal(alice.local_endpoint(), endpoint)


def the_session_file_is_plain_private_and_named_by_rule(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    path, = alice.sessions()
    equal(path.name, f"alice@{index.server}.session")
    equal(path.parent, alice.run_dir / "im")
    equal(stat.S_IMODE(path.stat().st_mode), 0o600)
    equal(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
    text = path.read_text()
    assert text.isprintable() or set(text) - set("\n\t") and text.endswith("\n"), text
    assert "profile classic\n" in text and "user alice\n" in text, text


def the_roster_is_sorted_bytewise_by_name(w):
    index = w.index()
    names = ["天涯", "Zoe", "anna", "Anna", "_x", "é", "10", "9", "a b"]
    with Peer() as peer:
        for name in names:
            peer.login(name, index.server)
        alice, = w.people(index, "alice")
        lines = [line.split("\t") for line in alice.run("imlogin", "--classic").out.splitlines()]
    equal([line[0] for line in lines], sorted([*names, "alice"], key=str.encode))
    for line in lines:
        equal(line[1:], ["online", "self" if line[0] == "alice" else "none",
                         alice.local_endpoint() if line[0] == "alice" else peer.endpoint, "-"])


def a_second_imlogin_renews(w):
    index = w.index("-v")
    alice, = w.people(index, "alice")
    alice.login()
    first = alice.local_endpoint()
    alice.login()
    equal(alice.local_endpoint(), first)
    with Peer() as fence:
        fence.login("fence", index.server)
        equal(index.fields()[1:3], ["login", "alice"])
        equal(index.fields()[1:3], ["login", "fence"])


def quiet_prints_no_roster(w):
    alice, = w.people(w.index(), "alice")
    run = alice.run("imlogin", "-q", "--classic")
    equal((run.out, run.err), ("", ""))


def p_and_b_choose_the_endpoint(w):
    from im import free_port
    index = w.index()
    for option in ("-p", "-b", "--port=", "--bind="):
        alice, = w.people(index, "alice")
        port = free_port()
        value = f"127.0.0.1:{port}" if "b" in option else str(port)
        alice.login(*([option + value] if "=" in option else [option, value]))
        equal(alice.local_endpoint(), f"127.0.0.1:{port}")
        equal(index.roster()["alice"], f"127.0.0.1:{port}")
        listener = alice.listen("-T", "talk")
        with Peer() as peer:
            peer.send("talk,12:00:00,bob,hi", f"127.0.0.1:{port}")
        equal(listener.fields()[2:], ["bob", "none", "hi"])
        listener.signal(15)
        listener.dies_by(15)


def a_bound_address_is_the_claimed_one(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login("-b", "127.7.7.2:0")
    matches(r"127\.7\.7\.2:[1-9]\d*", index.roster()["alice"])


def a_taken_port_is_71(w):
    alice, = w.people(w.index(), "alice")
    with Peer() as peer:
        port = str(peer.address[1])
        alice.run("imlogin", "--classic", "-p", port, status=71)
        alice.run("imlisten", "--classic", "-p", port, status=71)
    equal(alice.sessions(), [])


def the_login_stays_when_imlogin_ends(w):
    index = w.index()
    alice, = w.people(index, "alice")
    alice.login()
    with Peer() as fence:
        fence.login("fence", index.server)
    assert "alice" in index.roster()
