# SPDX-License-Identifier: BSL-1.0
"""The sealed profile of the real imindex, seen by a client that shares no code with it: the card,
logins, names for good, lookups, deltas, the roster over TCP, the lease, the end."""
import base64
import signal
import socket
import time

import sealed
from classic import Peer
from im import equal, matches, until
from records import rest
from sealed_client import Client


def a_client_of_another_make_logs_in_and_looks_up(w):
    index = w.index("-v")
    with Client(index.server, "alice") as alice, Client(index.server, "bob") as bob:
        accept = alice.login()
        equal(accept[2:4], ["90", alice.endpoint])
        equal(rest(index.line()), ["login", "alice", "new", alice.endpoint])
        bob.login("10.0.0.7:5000")
        equal(rest(index.line()), ["login", "bob", "new", bob.endpoint])
        equal(alice.wait_for("login,bob"), f"login,bob,{bob.endpoint},nat")
        alice.say("lookup,0000002a,bob\nlookup,0000002b,nobody")
        equal(alice.wait_for("peer"), f"peer,0000002a,bob,nat,{bob.endpoint},10.0.0.7:5000,00000000")
        found = sealed.ParsedCard(alice.cards[0], alice.index.identity)
        equal((found.name, found.identity, found.k), ("bob", bob.identity.public, bob.k.public))
        equal(alice.wait_for("none"), "none,0000002b,nobody,unknown")
        bob.say(f"logout,bob,{bob.endpoint}")
        equal(alice.wait_for("logout"), "logout,bob,0.0.0.0:0")
        equal(rest(index.line()), ["logout", "bob", "ok", "bye"])


def a_lookup_needs_no_login(w):
    index = w.index()
    with Client(index.server, "alice") as alice, Client(index.server, "bob") as bob:
        bob.login()
        lines = alice.ask("lookup,00000001,bob")
        equal(lines, [f"peer,00000001,bob,,{bob.endpoint},0.0.0.0:0,00000000"])
        equal(int(index.counter("sealed-users")), 1)


def the_roster_comes_over_tcp_by_the_same_frames(w):
    index = w.index()
    with Client(index.server, "alice") as alice, Client(index.server, "bob") as bob, Peer() as carol:
        accept = alice.login()
        bob.login()
        carol.login("carol", index.server)
        lines = alice.roster(int(accept[1]))
        equal(sorted(lines[:-1]), [f"login,alice,{alice.endpoint}", f"login,bob,{bob.endpoint}",
                                   f"login,carol,{carol.endpoint},classic"])
        matches(r"end,\d+$", lines[-1])


def who_has_missed_something_catches_up(w):
    index = w.index()
    with Client(index.server, "alice") as alice, Client(index.server, "bob") as bob:
        version = int(alice.login()[4])
        bob.login()
        alice.wait_for("login,bob")
        alice.ping()
        alice.wait_for("pong")
        assert alice.version > version
        alice.say(f"sync,{version}")
        matches(rf"delta,{version},{alice.version}$", alice.wait_for("delta"))
        alice.say("sync,1")
        equal(alice.wait_for("resync"), "resync")


def both_profiles_see_each_other(w):
    index = w.index()
    with Client(index.server, "alice") as alice, Peer() as carol, Peer() as thief:
        carol.login("carol", index.server)
        alice.login()
        equal(carol.text(), f"login,alice,{alice.endpoint}")
        equal(index.roster()["alice"], alice.endpoint)
        thief.send(f"login,alice,{thief.endpoint}", index.server)
        equal(thief.text(), "reject,taken,online elsewhere")
        alice.say("lookup,00000001,carol")
        equal(alice.wait_for("peer"), f"peer,00000001,carol,classic,{carol.endpoint},0.0.0.0:0,00000000")
        alice.say(f"logout,alice,{alice.endpoint}")
        equal(carol.text(), f"logout,alice,{alice.endpoint}")


def a_name_is_its_first_keys_for_good(w):
    admin = w.person("admin")
    state = admin.home / "state.db"
    index = w.index(f"--state={state}", person=admin)
    with Client(index.server, "bob") as bob:
        bob.login()
        identity, pin = bob.identity, bob.index.identity
    index.kill9()
    index = w.index(f"--state={state}", person=admin)
    with Client(index.server, "bob", pin=pin) as eve:
        equal(eve.ask("login,bob,0.0.0.0:0"), ["reject,taken,another key has the name"])
    with Client(index.server, "bob", identity, pin) as bob:
        bob.login()


def the_operator_says_who_may(w):
    admin = w.person("admin")
    users = admin.home / "users"
    users.write_text("")
    index = w.index(f"--users={users}", "--closed")
    with Client(index.server, "alice") as alice, Client(index.server, "bob") as bob:
        equal(alice.ask("login,alice,0.0.0.0:0"), ["reject,denied,not admitted here"])
        users.write_text(f"alice {fingerprint(alice.identity.public)}\n")
        index.signal(signal.SIGHUP)

        def accepted():
            time.sleep(0.2)  # five INITs at once are the limit, then twenty a second
            return alice.ask("login,alice,0.0.0.0:0")[0].startswith("Accept")

        until(accepted, "the file is read again")
        alice.ping()
        alice.wait_for("pong")
        equal(bob.ask("login,bob,0.0.0.0:0"), ["reject,denied,not admitted here"])
        users.write_text("")
        index.signal(signal.SIGHUP)
        equal(alice.wait_for("close"), "close 4 not admitted")


def fingerprint(key):
    return "ed25519:" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def key_prints_what_clients_pin(w):
    admin = w.person("admin")
    index = w.index(person=admin)
    with Client(index.server, "alice") as alice:
        alice.hello()
        equal(admin.run("imindex", "--key").out, fingerprint(alice.index.identity) + "\n")
    file = admin.home / ".local/share/im/index-identity"
    equal(oct(file.stat().st_mode & 0o777), "0o600")
    file.chmod(0o644)
    admin.run("imindex", "--key", status=77)


def silence_ends_a_login(w):
    index = w.index("--lease=1s", "-v")
    with Client(index.server, "alice") as alice:
        equal(alice.login()[2], "1")
        index.line()
        equal(rest(index.line(patience=15)), ["logout", "alice", "ok", "lease"])


def an_end_is_told(w):
    index = w.index()
    with Client(index.server, "alice") as alice:
        alice.login()
        index.signal(signal.SIGTERM)
        equal(alice.wait_for("close"), "close 0 stopping")
        index.ends(0)


def names_are_kept_without_the_classic_profile_too(w):
    state = w.dir / "state.db"
    index = w.index("--profile=sealed", f"--state={state}")
    for name in ("alice", "bob"):
        with Client(index.server, name) as client:
            client.login()
    until(lambda: index.counter("state-commits") == 2, "both are stored")
    index.kill9()


def a_profile_that_is_not_served_is_silent(w):
    index = w.index("--profile=sealed")
    with Peer() as carol, Client(index.server, "alice") as alice:
        carol.send(f"login,carol,{carol.endpoint}", index.server)
        accept = alice.login()
        equal(alice.roster(int(accept[1]))[0], f"login,alice,{alice.endpoint}")
        equal(int(accept[1]), alice.server[1], "the roster's port is the UDP port's number")
        assert carol.has_nothing()
    index = w.index("--profile=classic")
    with Client(index.server, "alice") as alice:
        alice.udp.settimeout(0.5)
        try:
            alice.hello()
            raise AssertionError("answered")
        except socket.timeout:
            pass


def noise_at_the_doors_does_no_harm(w):
    index = w.index()
    with Client(index.server, "alice") as alice:
        port = int(alice.login()[1])
        for junk in (b"\xff\xff", b"\xff\xff\x01\x01" + bytes(300), b"\xff\xff\x01\x04" + bytes(40),
                     b"\xff\xff\x02\x01" + bytes(300), b"\xff\xff" + bytes(1400)):
            alice.udp.sendto(junk, alice.server)
        for junk in (b"", b"\0", b"\0\0", b"\0\x18" + bytes(24), b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff" * 40):
            with socket.create_connection((alice.server[0], port), 5) as tcp:
                tcp.sendall(junk)
        time.sleep(0.2)
        equal(len(alice.roster(port)), 2)
        alice.ping()
        alice.wait_for("pong")
