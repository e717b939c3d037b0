# SPDX-License-Identifier: BSL-1.0
"""imindex --classic-confirm=auto and the ranges of --classic-from, on a network of our own with
public, private and link-local addresses; where the kernel gives none, the unit tests of the index
hold the same rules without sockets."""
import own_network

PUBLIC, OTHER, PRIVATE, LINK = "203.0.113.7", "198.51.100.9", "10.1.2.3", "169.254.9.9"
HAVE_NETWORK = own_network.enter(PUBLIC, OTHER, PRIVATE, LINK)

from classic import Peer, fetch_roster  # noqa: E402  (the network first)
from im import needs, equal  # noqa: E402


def _announced(index, peer, name):
    """What `peer` hears up to the fence."""
    with Peer() as fence:
        fence.login(name, index.server)
        heard = []
        while not (text := peer.text()).startswith(f"login,{name},"):
            heard.append(text)
        return heard


def private_and_link_local_count_at_once(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index()
    with Peer(PRIVATE) as private, Peer(LINK) as link, Peer() as watcher:
        watcher.login("watch", index.server)
        private.login("private", f"{PRIVATE}:{index.port}")
        link.login("link", f"{LINK}:{index.port}")
        equal(_announced(index, watcher, "fence"), [f"login,private,{private.endpoint}", f"login,link,{link.endpoint}"])


def a_public_address_is_not_served_unless_allowed(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index()
    with Peer(PUBLIC) as public, Peer() as watcher:
        watcher.login("watch", index.server)
        public.send(f"login,bob,{public.endpoint}", f"{PUBLIC}:{index.port}")
        equal(_announced(index, watcher, "fence"), [])
        equal(_fetch_from(PUBLIC, PUBLIC, index.port), b"", "no roster goes there")


def _fetch_from(source, host, port):
    import socket
    with socket.create_connection((host, port), timeout=10, source_address=(source, 0)) as conn:
        data = b""
        try:
            while piece := conn.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
        return data


def an_allowed_one_counts_after_its_roster_fetch(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index("--classic-from=0.0.0.0/0")
    there = f"{PUBLIC}:{index.port}"
    with Peer(PUBLIC) as public, Peer() as watcher:
        watcher.login("watch", index.server)
        equal(_fetch_from(OTHER, PUBLIC, index.port), b"", "no login, no roster")
        public.send(f"login,bob,{public.endpoint}", there)
        tcp = int(public.text().split(",")[1])
        assert "bob" not in dict(fetch_roster("127.0.0.1", tcp)), "pending"
        equal(_announced(index, watcher, "fence1"), [])
        equal(_fetch_from(OTHER, PUBLIC, tcp), b"", "another's fetch does not confirm")
        equal(_announced(index, watcher, "fence2"), [])
        assert b"bob," in _fetch_from(PUBLIC, PUBLIC, tcp)
        equal(watcher.text(), f"login,bob,{public.endpoint}")


def an_unproven_address_gets_one_datagram_and_holds_no_name(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index("--classic-from=0.0.0.0/0", "-v")
    there = f"{PUBLIC}:{index.port}"
    with Peer(PUBLIC) as victim, Peer(OTHER) as later:
        victim.send(f"login,bob,{victim.endpoint}", there)
        assert victim.text().startswith("Accept,")
        for n in range(20):
            with Peer() as churn:
                churn.login(f"user{n}", index.server)
                churn.logout(f"user{n}", index.server)
        assert victim.has_nothing(), "one small datagram is all that reaches an unproven address"
        later.login("bob", f"{OTHER}:{index.port}")


def our_programs_do_it_all_by_themselves(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index("--classic-from=0.0.0.0/0")
    alice, bob = w.people(f"{PUBLIC}:{index.port}", "alice", "bob")
    listener = bob.listen("-b", f"{PUBLIC}:0", "-T", "talk")
    alice.login("-b", f"{OTHER}:0")
    equal(dict(_roster(index)), {"alice": alice.local_endpoint(), "bob": bob.local_endpoint()})
    alice.send("bob", "from public to public")
    equal(listener.fields()[2:], ["alice", "none", "from public to public"])
    with Peer(PRIVATE) as liar:
        liar.send("talk,12:00:00,alice,not me", bob.local_endpoint())
    equal(listener.fields()[2:], ["alice", "BAD", "not me"])


def _roster(index):
    return fetch_roster("127.0.0.1", index.port)


def the_port_that_routes_to_the_index_is_chosen(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index()
    alice, = w.people(f"{PRIVATE}:{index.port}", "alice")
    alice.login()
    equal(alice.local_endpoint().split(":")[0], PRIVATE)


def a_name_online_from_another_address_is_refused(w):
    needs(HAVE_NETWORK, "no network namespace of our own")
    index = w.index()
    with Peer(PRIVATE) as owner:
        owner.login("bob", f"{PRIVATE}:{index.port}")
        bob, = w.people(index, "bob")
        run = bob.run("imlogin", "--classic", status=77)
        assert run.err.startswith("imlogin: bob: "), run.err
        equal(dict(_roster(index))["bob"], owner.endpoint)
