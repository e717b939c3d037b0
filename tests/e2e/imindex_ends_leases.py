# SPDX-License-Identifier: BSL-1.0
"""imindex --classic-lease: silence after which a classic login ends; a re-login renews; by default
it lasts until logout.  And the end of users whose endpoint is dead."""
import time

from classic import Peer
from im import equal, until
from records import rest


def silence_ends_a_login(w):
    index = w.index("--classic-lease=1s", "-v")
    with Peer() as bob:
        bob.login("bob", index.server)
        equal(rest(index.line())[:2], ["login", "bob"])
        equal(rest(index.line()), ["logout", "bob", "none", "lease"])
        equal(index.roster(), {})


def others_are_told_of_it(w):
    index = w.index("--classic-lease=2s")
    with Peer() as watcher, Peer() as bob:
        bob.login("bob", index.server)
        until(lambda: time.sleep(0.05) or True, "")
        watcher.login("watch", index.server)
        end = time.monotonic() + 1
        while time.monotonic() < end:  # the watcher renews, bob does not
            watcher.send(f"login,watch,{watcher.endpoint}", index.server)
            time.sleep(0.2)
        while not (text := watcher.text()).startswith("logout"):
            watcher.send(f"login,watch,{watcher.endpoint}", index.server)
            time.sleep(0.1)
        equal(text, f"logout,bob,{bob.endpoint}")


def a_relogin_renews(w):
    index = w.index("--classic-lease=1s", "-v")
    with Peer() as bob:
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            bob.login("bob", index.server)
            time.sleep(0.2)
        equal(rest(index.line())[:2], ["login", "bob"])
        equal(len(index.out.splitlines()), 2, "the address and one login, no logout")
        equal(rest(index.line()), ["logout", "bob", "none", "lease"])


def our_listener_outlives_a_short_lease(w):
    """imlisten renews what it owns, as far as it can know that the index wants it."""
    index = w.index("-v")
    bob, = w.people(index, "bob")
    bob.listen()
    equal(rest(index.line())[:2], ["login", "bob"])
    assert "bob" in index.roster(), "the default is no lease"


def a_dead_endpoint_is_logged_out(w):
    index = w.index("-v", "--rate=0")
    with Peer() as dead:
        dead.login("dead", index.server)
    equal(rest(index.line())[:2], ["login", "dead"])
    with Peer() as churn:
        start = time.monotonic()
        gone = None
        while not gone:
            churn.login("churn", index.server)
            churn.logout("churn", index.server)
            time.sleep(0.5)
            gone = [line for line in index.out.splitlines() if "\tlogout\tdead\t" in line]
            assert time.monotonic() - start < 40, "three refusals over ten seconds are enough"
        assert time.monotonic() - start >= 9.5, "not before ten seconds"
        equal(rest(gone[0]), ["logout", "dead", "none", "unreachable"])
        assert "dead" not in index.roster()
