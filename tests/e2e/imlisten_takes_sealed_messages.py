# SPDX-License-Identifier: BSL-1.0
"""A peer that was written apart from libim talks to imlisten: who is heard, what of him is shown, and
when he has his receipt."""
import os
import socket

from im import equal, matches, needs, shrink_pipe

try:
    import sealed
    from sealed_client import Client, acks
except ImportError:
    Client = None


def _bob(w, *args, **kwargs):
    needs(Client, "python3-cryptography")
    index = w.index("--state=none")
    bob, = w.people(index, "bob", sealed=True)
    return index, bob, bob.listen(*args, **kwargs)


def a_message_in_the_first_datagram_is_one_record_and_a_receipt(w):
    index, bob, listener = _bob(w, "-T", "talk")
    with Client(index.server, "alice") as alice:
        alice.login()
        _, answer = alice.talk("bob", "lunch?\nat\tnoon, or later")
        equal(acks(answer), [(1, 0)])
        time, *fields = listener.fields()
        equal(fields, ["talk", "alice", "new", "lunch?\\nat\\tnoon, or later"])
        matches(r"20\d\d-.*Z", time)


def a_replay_is_shown_once_and_acknowledged_again(w):
    index, bob, listener = _bob(w, "-T", "talk")
    with Client(index.server, "alice") as alice:
        alice.login()
        to = alice.find("bob")
        sent, _ = alice.talk("bob", "once", to=to)
        for _ in range(3):  # more would wait for their turn
            alice.udp.sendto(sent, to[1])
        equal(len({alice.udp.recv(2000) for _ in range(3)}), 1)
        alice.talk("bob", "twice", to=to)
        equal([listener.fields()[4], listener.fields()[4]], ["once", "twice"])


def whoever_is_offline_at_the_index_is_heard_when_the_name_is_his(w):
    index, bob, listener = _bob(w, "-T", "talk,key")
    identity = sealed.Identity()
    with Client(index.server, "alice", identity) as alice:
        alice.login()
        alice.say("logout,alice,0.0.0.0:0")
    with Client(index.server, "alice", identity) as alice, Client(index.server, "zoe") as zoe:
        equal(acks(alice.talk("bob", "from nowhere")[1]), [(1, 0)])
        equal(listener.fields()[1:], ["talk", "alice", "new", "from nowhere"])
        zoe.udp.settimeout(0.7)
        try:
            zoe.talk("bob", "nobody knows me")
            raise AssertionError("a stranger was heard")
        except socket.timeout:
            pass
    known = (bob.home / ".local/share/im/known").read_text()
    assert "\talice\t" in known and "\tzoe\t" not in known, known


def another_key_under_a_known_name_is_refused_and_told(w):
    index, bob, listener = _bob(w, "-T", "talk,key")
    with Client(index.server, "alice") as alice:
        alice.login()
        to = alice.find("bob")
        alice.talk("bob", "it is me", to=to)
        equal(listener.fields()[1], "talk")
        with Client(index.server, "alice") as mallory:
            mallory.hello()
            _, answer = mallory.talk("bob", "it is me too", to=to)
            equal([body.split(b",")[:2] for kind, _, body in answer if kind == sealed.TEXT], [[b"reject", b"denied"]])
            key = listener.fields()
            equal(key[1:4], ["key", "alice", "BAD"])
            matches("ed25519:.{43}", key[4])


def a_message_under_another_name_than_the_cards_is_not_shown(w):
    index, bob, listener = _bob(w, "-T", "talk")
    with Client(index.server, "alice") as alice:
        alice.login()
        to = alice.find("bob")
        alice.talk("bob", "as somebody else", sender="carol", to=to)
        alice.talk("bob", "as myself", to=to)
        equal(listener.fields()[1:], ["talk", "alice", "new", "as myself"])


def a_reader_who_has_stopped_gives_no_receipt_until_he_reads(w):
    reader, writer = os.pipe()
    shrink_pipe(writer)
    index, bob, listener = _bob(w, "-T", "talk", stdout=writer)
    os.close(writer)
    with Client(index.server, "alice") as alice:
        alice.login()
        to = alice.find("bob")
        for count in range(12):
            _, answer = alice.talk("bob", f"{count}:" + "x" * 780, to=to)
            if not acks(answer):
                break
        assert 1 <= count < 11, count
        assert os.read(reader, 65536).count(b"\n") == count
        equal(alice.receipt(), 0)
    os.close(reader)


def what_is_filtered_out_or_never_acknowledged_has_no_success(w):
    for args, shown in ((["-T", "talk", "-f", "carol"], False), (["-T", "talk", "--ack=never"], True)):
        index, bob, listener = _bob(w, *args)
        with Client(index.server, "alice") as alice:
            alice.login()
            equal(acks(alice.talk("bob", "hi")[1]), [(1, 1)], args)
            if shown:
                equal(listener.fields()[4], "hi")


def the_receipt_of_a_command_is_its_success(w):
    index, bob, listener = _bob(w, "-T", "talk", "-x", "grep -q good")
    with Client(index.server, "alice") as alice:
        alice.login()
        to = alice.find("bob")
        for text, flags in (("a good one", 0), ("a bad one", 1)):
            _, answer = alice.talk("bob", text, to=to)
            equal(acks(answer), [])
            equal(alice.receipt(), flags, text)


def classic_talk_is_dropped_with_one_notice_or_shown_with_trust_none(w):
    index = w.index("--state=none")
    bob, = w.people(index, "bob", sealed=True)
    loud = bob.start_ready("imlisten", "-T", "talk")
    port = int(bob.local_endpoint().rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(3):
            stranger.sendto("talk,12:00:00,carol,hi".encode("utf-16-le"), ("127.0.0.1", port))
        loud.says("speaks classic")
        loud.signal(15)
        loud.wait()
        equal(loud.err.count("speaks classic"), 1)
        open_ = bob.listen("-T", "talk", "--allow-classic")
        port = int(bob.local_endpoint().rpartition(":")[2])
        stranger.sendto("talk,12:00:00,carol,hi".encode("utf-16-le"), ("127.0.0.1", port))
        equal(open_.fields()[1:], ["talk", "carol", "none", "hi"])
