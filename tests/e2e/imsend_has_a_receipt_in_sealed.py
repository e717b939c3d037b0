# SPDX-License-Identifier: BSL-1.0
"""imsend in a sealed session: the listener, of another make, has the message or $? is not 0."""
import json
import os
import socket
import threading

from im import equal, matches, until
import sealed
from sealed_listener import Listener, write_session


def _people(w, index):
    """Alice, who has a session at that index, and bob's listener."""
    bob = w.closing(Listener(index.server, "bob"))
    alice = w.person("alice")
    write_session(alice, bob)
    return alice, bob


class Tap:
    """Counts the datagrams between a sender and a listener."""

    def __init__(self, to):
        self.to = to
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.there = self.back = 0
        self.peer = None
        for receive in (self._forth, self._back):
            threading.Thread(target=receive, daemon=True).start()

    @property
    def endpoint(self):
        return "127.0.0.1:%d" % self.near.getsockname()[1]

    def _forth(self):
        while True:
            frame, self.peer = self.near.recvfrom(2000)
            self.there += 1
            self.far.sendto(frame, self.to)

    def _back(self):
        self.far.bind(("127.0.0.1", 0))
        while True:
            frame = self.far.recv(2000)
            self.back += 1
            self.near.sendto(frame, self.peer)


def a_message_to_a_known_card_is_two_datagrams(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "hello")  # his key is known from now on, by the index's word
    index.signal(15)
    index.ends(0)
    tap = Tap(bob.udp.getsockname())
    write_session(alice, bob, [f"bob\t{tap.endpoint}\t-\t{bob.card().hex()}"])
    sent = alice.send("bob", "lunch?\nat", "noon")
    equal((sent.out, sent.err), ("", ""))
    equal((tap.there, tap.back), (1, 1))
    equal(bob.texts, [b"hello", b"lunch?\nat noon"])
    verb, time, name = bob.heads[-1]
    equal((verb, name), ("talk", "alice"))
    matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)


def without_a_card_the_index_is_asked_and_the_answer_kept(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "one")
    index.signal(15)
    index.ends(0)
    alice.send("bob", "two")
    equal(bob.texts, [b"one", b"two"])
    equal(bob.inits, 2)


def receipts_say_what_became_of_each(w):
    index = w.index()
    alice, bob = _people(w, index)
    with Listener(index.server, "dave") as dave:
        dave.leave()
    sent = alice.send("-v", "bob,dave,eve", "hi", status=67)
    lines = sorted(line.split("\t")[1:3] for line in sent.out.splitlines())
    equal(lines, [["bob", "delivered"], ["dave", "offline"], ["eve", "unknown"]])
    (mine,) = [line.split("\t") for line in sent.out.splitlines() if "\tbob\t" in line]
    equal(mine[0], bob.ids[0])
    record = json.loads(alice.send("-j", "bob", "hi").out)
    equal([record[k] for k in ("v", "type", "id", "to", "result", "endpoint")],
          [1, "receipt", bob.ids[1], "bob", "delivered", bob.endpoint])
    assert record["ms"] < 5000


def every_way_to_fail_has_its_status(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "hi")
    alice.send("nobody", "hi", status=67).fails(67, "imsend: nobody: no such user")
    bob.acks = False
    alice.send("-t", "0.3", "bob", "hi", status=75).fails(
        75, "imsend: bob: sent, and no receipt in time")
    bob.answers = False
    alice.send("-t", "0.3", "bob", "hi", status=75)
    bob.answers = bob.rejects = True
    alice.send("bob", "hi", status=77).fails(
        77, "imsend: bob: refused: another key is known there for your name")
    bob.leave()
    alice.send("bob", "hi", status=69).fails(69, "imsend: bob: offline")
    index.signal(15)
    index.ends(0)
    alice.send("-t", "0.5", "dave", "hi", status=69).fails(
        69, "imsend: dave: not known here, and the index at .* does not answer")


def another_key_under_a_known_name_gets_nothing(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "hi")
    known = alice.home / ".local/share/im/known"
    text = known.read_text()
    key = text.split("\nuser\t")[1].split("\t")[2]
    known.write_text(text.replace(key, "ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw"))
    sent = alice.send("bob", "secret", status=77)
    sent.fails(77, "imsend: bob: the key is not the one that is known: nothing was sent")
    assert "imlogin --trust bob" in sent.err
    equal(bob.texts, [b"hi"])


def a_listener_that_lies_is_never_a_success(w):
    index = w.index()
    alice, bob = _people(w, index)
    lies = [lambda stream, upto: sealed.ack(stream + 1, upto),
            lambda stream, upto: sealed.ack(stream, upto + 7),
            lambda stream, upto: sealed.ack(stream, 0, mask=2 ** 64 - 1),
            lambda stream, upto: sealed.ack(stream, 2 ** 32 - 1, echo=2 ** 64 - 1),
            lambda stream, upto: sealed.text("Accept,1,2,3,4") + sealed.record(8, b"\0bye")]
    for lie in lies:
        bob.lie = lie
        alice.send("-t", "0.3", "bob", "hi", status=75)
    bob.lie = None
    alice.send("bob", "hi")


def any_bytes_and_a_mebibyte_go_whole(w):
    index = w.index()
    alice, bob = _people(w, index)
    binary = bytes(range(256)) * 40
    alice.send("-w", "bob", stdin=binary)
    equal(bob.texts, [binary])
    large = os.urandom(1 << 20)
    alice.send("-w", "bob", stdin=large)
    equal(bob.texts[1] == large, True)
    alice.send("-w", "bob", stdin=large + b"x", status=65)
    alice.send("bob", "")
    equal(bob.texts[2:], [b""])


def lines_keep_their_order_and_none_is_left_out(w):
    index = w.index()
    alice, bob = _people(w, index)
    lines = [b"line %d" % i for i in range(3000)]
    alice.send("bob", stdin=b"\n".join(lines))
    equal(bob.texts, lines)
    sent = alice.send("-p", "-v", "bob", stdin=b"one\ntwo\n")
    equal([line for line in sent.out.splitlines() if "\t" not in line], ["one", "two"])
    equal(bob.texts[3000:], [b"one", b"two"])


def no_early_sends_no_text_in_the_first_datagram(w):
    index = w.index()
    alice, bob = _people(w, index)
    seen = []
    take = bob._take_records
    bob._take_records = lambda peer, found: (seen.append([k for k, _, _ in found]), take(peer, found))[1]
    alice.send("--no-early", "bob", "hi")
    equal(bob.texts, [b"hi"])
    equal([3 in kinds for kinds in seen[:2]], [False, True])


def not_to_wait_is_to_know_only_that_it_was_sent(w):
    index = w.index()
    alice, bob = _people(w, index)
    bob.acks = False
    sent = alice.send("-t", "0", "-v", "bob", "hi")
    equal(sent.out.split("\t")[2], "sent")
    until(lambda: bob.texts, "the message")


def an_endpoint_of_ones_own_is_where_it_goes(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "known")
    tap = Tap(bob.udp.getsockname())
    alice.send(f"bob@{tap.endpoint}", "hi")
    equal(bob.texts[-1], b"hi")
    assert tap.there >= 1
    alice.send("-t", "0.5", "bob@127.0.0.1:1", "hi", status=75)
    alice.send("bob@no.such.host.invalid:1", "hi", status=68)


def a_classic_user_gets_it_in_the_clear_only_if_one_says_so(w):
    from classic import Peer
    index = w.index()
    alice, bob = _people(w, index)
    with Peer() as carol:
        carol.login("carol", index.server)
        sent = alice.send("carol", "secret", status=69)
        sent.fails(69, "imsend: carol: has only classic, in which nothing is encrypted")
        assert "--allow-classic" in sent.err
        equal(alice.send("-v", "--allow-classic", "carol", "open").out.split("\t")[2], "sent")
        until(lambda: "open" in carol.text(), "the text")


def a_peer_killed_in_mid_message_is_no_success(w):
    index = w.index()
    alice, bob = _people(w, index)
    alice.send("bob", "hi")
    sender = alice.start("imsend", "-t", "1", "-w", "bob", stdin=os.urandom(1 << 20))
    until(lambda: bob._streams and max(s.next for s in bob._streams.values()) > 100, "a beginning")
    bob.close()
    sender.ends(75)
    equal(bob.texts, [b"hi"])


def without_a_session_nothing_goes_out_in_the_clear(w):
    from classic import Peer
    alice = w.person("alice")
    with Peer() as carol:
        sent = alice.send(f"carol@{carol.endpoint}", "secret", status=69)
        sent.fails(69, "imsend: no session")
        assert "--classic" in sent.err
        alice.send("--classic", f"carol@{carol.endpoint}", "open")
        matches("talk,[^,]*,[^,]*,open", carol.text())
