# SPDX-License-Identifier: BSL-1.0
"""imsend --ask waits for the reply to its question, and nothing else; --re finds who waits."""
import os
import struct

from im import equal, until
import sealed
from sealed_listener import Listener, message_id, write_session


def _reply(bob, peer, endpoint, to, text, kind="re"):
    """Bob's other program answers the process that asked; the ACK that it gives."""
    number = struct.unpack("<I", os.urandom(4))[0] or 1
    stream = struct.unpack("<Q", os.urandom(8))[0]
    message = f"{kind},{to},2026-11-22T17:43:50.001Z,bob,{text}".encode()
    handshake = sealed.Initiator(bob.k, bob.card(), peer, number, sealed.data(stream, 0, message))
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.settimeout(5)
        other.sendto(handshake.frame(), endpoint)
        _, payload = handshake.finish(other.recv(2000))
    return [body for kind, _, body in sealed.records(payload) if kind == sealed.ACK]


class Asked(Listener):
    """Remembers where each message came from."""

    def _take_init(self, frame, source):
        self.source = source
        super()._take_init(frame, source)


def the_reply_is_printed_and_nothing_else(w):
    index = w.index()
    bob = w.closing(Asked(index.server, "bob"))
    alice = w.person("alice")
    write_session(alice, bob)
    asking = alice.start("imsend", "-a", "-t", "10", "bob", "Restart db1? [y/n]")
    until(lambda: bob.texts, "the question")
    equal(bob.heads[0][0], "ask")
    acks = _reply(bob, bob.peers[0], bob.source, bob.ids[0], "y")
    equal(len(acks), 1)
    asking.ends(0)
    equal((asking.out, asking.err), ("y\n", ""))


def no_reply_is_1_and_no_receipt_is_75(w):
    index = w.index()
    bob = w.closing(Asked(index.server, "bob"))
    alice = w.person("alice")
    write_session(alice, bob)
    alice.run("imsend", "-a", "-t", "0.5", "bob", "hello?", status=1)
    bob.acks = False
    alice.run("imsend", "-a", "-t", "0.5", "bob", "hello?", status=75)
    alice.run("imsend", "-a", "bob", status=64)
    alice.run("imsend", "-a", "-Q", "bob", "hello?", status=64)


def a_reply_goes_to_who_waits_for_it(w):
    index = w.index()
    with Listener(index.server, "bob") as bob, Listener(index.server, "bob2") as process:
        alice = w.person("alice")
        session = write_session(alice, bob)
        alice.send("bob", "met")
        question = message_id(7, 0)
        # A process of bob's, with a K of its own.
        process.name, process.identity = "bob", bob.identity
        asked = session.with_suffix(".asked")
        asked.mkdir(mode=0o700)
        waiting = asked / question
        waiting.write_text(f"im asker 1\nname bob\nendpoint {process.endpoint}\n"
                           f"card {process.card().hex()}\n")
        waiting.chmod(0o600)
        alice.send(f"--re={question}", "bob", "yes")
        equal(process.texts, [b"yes"])
        equal((process.heads[0][:2], process.heads[0][3]), (("re", question), "alice"))
        equal(waiting.exists(), False)
        # Nobody waits any more: to him, like any message.
        alice.send("-J", stdin=b'{"to":"bob","re":"%s","text":"again"}\n' % question.encode())
        equal(bob.texts, [b"met", b"again"])
        equal(bob.heads[1][0], "re")
        alice.send("--re=../etc", "bob", "x", status=64)
        alice.send("-J", stdin=b'{"to":"bob","re":"x","text":"y"}\n', status=65)
