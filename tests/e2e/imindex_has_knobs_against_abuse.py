# SPDX-License-Identifier: BSL-1.0
"""imindex --classic-from, --classic-source, --classic-confirm, --max-users, --max-per-ip, --rate."""
import time

from classic import Peer, fetch_raw, fetch_roster
from im import equal, has_ipv6, needs, until


def classic_from_says_who_may(w):
    for ranges, allowed in (("10.0.0.0/8", False), ("127.0.0.0/8", True), ("10.0.0.0/8,127.5.0.0/16", False),
                            ("10.0.0.0/8,127.0.0.1", True), ("::1/128", False)):
        index = w.index(f"--classic-from={ranges}")
        with Peer() as peer:
            answer = peer.tries_login("bob", index.server)
            equal(answer[0] == "Accept" or answer, True if allowed else ("reject", "denied"), ranges)
        if not allowed:
            # The roster goes to whoever may use classic, and to nobody else.
            equal(fetch_raw("127.0.0.1", index.port), b"")
            assert "denied" in index.counters(), index.counters()


def the_claim_must_match_the_source_ip(w):
    index = w.index()
    with Peer() as peer, Peer("127.9.9.9") as friend:
        for claim in ("192.0.2.7:5000", "10.0.0.7:5000"):
            equal(peer.tries_login("bob", index.server, claim, 0.3), None)
        peer.send(f"login,carol,{friend.endpoint}", index.server)  # loopback is one host
        assert friend.text().startswith("Accept,")
        equal(set(index.roster()), {"carol"})


def strict_wants_the_port_too(w):
    index = w.index("--classic-source=strict")
    with Peer() as peer, Peer() as friend:
        equal(peer.tries_login("bob", index.server, friend.endpoint, 0.3), None)
        peer.login("bob", index.server)
        assert friend.has_nothing()


def any_does_not_look(w):
    needs(has_ipv6(), "nobody else on this machine to claim for")
    for knob, taken in (("any", True), ("ip", False)):
        index = w.index(f"--classic-source={knob}")
        with Peer() as claimed, Peer("::1") as sender:
            sender.send(f"login,bob,{claimed.endpoint}", f"[::1]:{index.port}")
            if taken:
                assert claimed.text().startswith("Accept,")
            sender.login("fence", f"[::1]:{index.port}")
            equal("bob" in index.roster(), taken, knob)


def endpoints_that_amplify_are_refused(w):
    index = w.index("--classic-source=any")
    with Peer() as peer:
        for n, bad in enumerate(("0.0.0.0:5000", "255.255.255.255:5000", "224.0.0.1:5000", "127.0.0.1:0",
                                 f"127.0.0.1:{index.port}", f"127.0.0.9:{index.port}", "240.0.0.1:5000",
                                 "127.255.255.255:5000")):
            peer.send(f"login,bad{n},{bad}", index.server)
        peer.login("good", index.server)
        equal(set(index.roster()), {"good"})


def confirm_tcp_counts_after_the_roster_fetch(w):
    index = w.index("--classic-confirm=tcp", "-v")
    with Peer() as watcher, Peer() as bob:
        tcp = watcher.login("watch", index.server)
        fetch_roster(index.host, tcp)
        equal(index.fields()[2], "watch")
        bob.send(f"login,bob,{bob.endpoint}", index.server)
        assert bob.text().startswith("Accept,")
        # A fetch by anybody of that address confirms, so look at the announcements instead.
        assert watcher.has_nothing()
        equal(dict(fetch_roster(index.host, tcp)).get("bob"), bob.endpoint)
        equal(watcher.text(), f"login,bob,{bob.endpoint}")
        equal(index.fields()[2], "bob")


def confirm_off_and_auto_on_loopback_count_at_once(w):
    for knob in ("off", "auto"):
        index = w.index(f"--classic-confirm={knob}", "-v")
        with Peer() as bob:
            bob.login("bob", index.server)
            equal(index.fields()[2], "bob")


def max_users_is_a_limit(w):
    index = w.index("--max-users=3")
    with Peer() as peer:
        for n in range(3):
            peer.login(f"user{n}", index.server)
        equal(peer.tries_login("user3", index.server), ("reject", "full"))
        peer.logout("user0", index.server)
        peer.login("user3", index.server)
        equal(set(index.roster()), {"user1", "user2", "user3"})


def max_per_ip_is_a_limit(w):
    index = w.index("--max-per-ip=2")
    with Peer() as peer, Peer("127.4.4.4") as other:
        for n in range(2):
            peer.login(f"user{n}", index.server)
        equal(peer.tries_login("user2", index.server)[0], "reject")
        other.login("user2", index.server)  # 127.0.0.0/8 is not one address here
    index = w.index("--max-per-ip=0", "--rate=0")
    with Peer() as peer:
        for n in range(1100):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
            if n % 100 == 99:
                until(lambda: f"user{n}" in index.roster(), "taken")
        equal(len(index.roster()), 1100)


def the_default_per_ip_is_1024(w):
    index = w.index("--rate=0")
    with Peer() as peer:
        for n in range(1030):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
            if n % 100 == 99:
                until(lambda: n >= 1024 or f"user{n}" in index.roster(), "taken")
        with Peer("127.4.4.4") as fence:
            fence.login("fence", index.server)
        equal(len(index.roster()), 1025)


def rate_is_a_limit_per_source(w):
    index = w.index("--rate=10", "-vv")
    with Peer() as peer, Peer("127.4.4.4") as other:
        for n in range(60):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
        other.login("other", index.server)  # another source has a bucket of its own
        taken = len(index.roster()) - 1
        assert 20 <= taken <= 25, f"burst of twice the rate, not {taken}"
        index.says("rate")
        assert "rate" in index.counters(), index.counters()
        time.sleep(1.2)  # a bucket fills with time and nothing else
        peer.login("later", index.server)


def each_refusal_by_rate_is_said_with_vv_only(w):
    for option, said in (("-vv", True), ("-v", False)):
        index = w.index("--rate=1", option)
        with Peer() as peer, Peer("127.4.4.4") as other:
            for n in range(10):
                peer.send(f"login,user{n},{peer.endpoint}", index.server)
            other.login("other", index.server)
            if said:
                index.says("127.0.0.1")
                assert "rate" in index.err, index.err
            else:
                equal(index.err, "")


def no_rate_is_no_limit(w):
    index = w.index("--rate=0")
    with Peer() as peer:
        for n in range(900):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
            if n % 100 == 99:
                until(lambda: f"user{n}" in index.roster(), "taken")
        equal(len(index.roster()), 900)


def the_default_rate_is_200(w):
    index = w.index()
    with Peer() as peer, Peer("127.4.4.4") as other:
        for n in range(1000):
            peer.send(f"login,user{n},{peer.endpoint}", index.server)
        other.login("other", index.server)
        taken = len(index.roster()) - 1
        assert 400 <= taken <= 700, f"burst of 400 and some, not {taken}"


def oversized_requests_are_dropped(w):
    index = w.index()
    with Peer() as peer:
        peer.send(f"login,bob,{peer.endpoint}," + "x" * 300, index.server)
        peer.send("login,bob" + "b" * 5000 + f",{peer.endpoint}", index.server)
        peer.login("good", index.server)
        equal(set(index.roster()), {"good"})


def a_tcp_client_that_does_not_read_harms_nobody(w):
    import socket
    index = w.index("--rate=0", "--max-per-ip=0")
    with Peer() as peer:
        for n in range(1000):
            peer.send(f"login,user{n:05},{peer.endpoint}", index.server)
            if n % 100 == 99:
                until(lambda: f"user{n:05}" in index.roster(), "taken")
    lazy = [socket.create_connection(("127.0.0.1", index.port)) for _ in range(100)]
    try:
        equal(len(index.roster()), 1000)
        for conn in lazy[:50]:
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            conn.close()
        equal(len(index.roster()), 1000)
    finally:
        for conn in lazy:
            conn.close()
