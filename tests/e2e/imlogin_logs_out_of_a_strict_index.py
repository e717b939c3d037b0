# SPDX-License-Identifier: BSL-1.0
"""imlogin -o against imindex --classic-source=strict, which believes a logout only from the login's
own endpoint: there it comes from, whether or not an imlisten holds it."""
from classic import Peer
from im import equal


def without_a_listener(w):
    index = w.index("--classic-source=strict")
    alice, = w.people(index, "alice")
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.login()
        endpoint = alice.local_endpoint()
        equal(bob.text(), f"login,alice,{endpoint}")
        alice.run("imlogin", "-o")
        equal(bob.text(), f"logout,alice,{endpoint}")
    equal(alice.sessions(), [])


def beside_a_listener(w):
    index = w.index("--classic-source=strict")
    alice, = w.people(index, "alice")
    listener = alice.listen()
    with Peer() as bob:
        bob.login("bob", index.server)
        alice.run("imlogin", "-o")
        assert bob.text().startswith("logout,alice,")
        listener.ends(0)
        assert bob.has_nothing(), "one logout is enough"
    assert "alice" not in index.roster()
    equal(alice.sessions(), [])
