# SPDX-License-Identifier: BSL-1.0
"""A laptop moves: imindex goes on telling its users although the address by which they came is no
longer the host's, and serves the new one."""
import own_network

OLD, NEW, HOME = "10.1.2.3", "10.9.8.7", "10.4.4.4"
HAVE_NETWORK = own_network.enter(OLD, NEW, HOME)

from classic import Peer  # noqa: E402  (the network first)
from im import needs, equal  # noqa: E402


def users_of_the_old_address_are_still_told(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index()
    with Peer(HOME) as bob, Peer(HOME) as carol:
        bob.login("bob", f"{OLD}:{index.port}")
        own_network.take_away(0)
        carol.login("carol", f"{NEW}:{index.port}")
        equal(bob.text(), f"login,carol,{carol.endpoint}")
        carol.logout("carol", f"{NEW}:{index.port}")
        equal(bob.text(), f"logout,carol,{carol.endpoint}")
    assert "unsent-refused=0" in index.counters(), index.counters()
