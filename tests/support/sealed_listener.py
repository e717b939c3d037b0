# SPDX-License-Identifier: BSL-1.0
"""A listener of the sealed profile for the scenarios, and one that lies: written from
doc/protocol.md on top of sealed.py, apart from libim.  And the session of a sender to it."""
import base64
import os
import pathlib
import socket
import struct
import threading

import sealed
from sealed_client import Client

END, FIN, MANY, FROM = 1, 2, 4, 8
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WORD = (1 << 64) - 1


def _mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    x = (x ^ x >> 27) * 0x94D049BB133111EB & _WORD
    return x ^ x >> 31


def message_id(stream, number):
    bits = _mix((_mix(stream) + number) & _WORD)
    return "".join(CROCKFORD[bits >> 5 * i & 31] for i in range(8))


class _Incoming:
    """One stream: segments in order, messages whole."""

    def __init__(self):
        self.next = self.number = 0
        self.kept, self.part = {}, b""

    def take(self, sequence, flags, body):
        """Messages that are whole now: (number, bytes)."""
        if flags & FROM:
            if sequence > self.next:
                self.next, self.number = sequence, struct.unpack("<Q", body)[0]
            return []
        if sequence < self.next:
            return []
        self.kept.setdefault(sequence, (flags, body))
        found = []
        while self.next in self.kept:
            flags, body = self.kept.pop(self.next)
            self.next += 1
            if flags & MANY:
                while body:
                    length, = struct.unpack_from("<H", body)
                    found.append(body[2:2 + length])
                    body = body[2 + length:]
            elif flags & END:
                found.append(self.part + body)
                self.part = b""
            elif not flags & FIN:
                self.part += body
        self.number += len(found)
        return [(self.number - len(found) + i, message) for i, message in enumerate(found)]


class Listener(Client):
    """Logs in, then serves INITs and BOXes on a thread.  `texts` are what it was told, as bytes;
    `heads` what stands before them.  What it answers is for a scenario to change:

    acks      whether it says that it has written (else: a RESP without ACK)
    answers   whether it says anything
    rejects   RESP says so
    lie       called with (stream, next) gives the ACK record instead of the true one
    """

    def __init__(self, server, name, identity=None):
        super().__init__(server, name, identity)
        self.acks = self.answers = True
        self.rejects = False
        self.lie = None
        self.texts, self.heads, self.ids, self.peers = [], [], [], []
        self.inits = 0
        self._streams, self._sessions, self._resps = {}, {}, {}
        self._stop = False
        self.login()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        """Vanishes without a word."""
        self._stop = True
        self._thread.join()
        self.udp.close()

    def __exit__(self, *_):
        self.close()

    def leave(self):
        """Logs out, then vanishes."""
        self.say(f"logout,{self.name},{self.endpoint}")
        self.close()

    def _serve(self):
        self.udp.settimeout(0.05)
        while not self._stop:
            try:
                frame, source = self.udp.recvfrom(2000)
            except socket.timeout:
                continue
            try:
                self._take(frame, source)
            except sealed.Refused:
                pass

    def _take(self, frame, source):
        if frame[:4] == sealed.MAGIC + bytes([sealed.INIT]):
            self._take_init(frame, source)
        elif frame[:4] == sealed.MAGIC + bytes([sealed.BOX]):
            session = self._sessions.get(struct.unpack_from("<I", frame, 4)[0])
            if session:
                self._take_box(session, session.open(frame), source)

    def _take_init(self, frame, source):
        self.inits += 1
        if not self.answers:
            return
        stored = self._resps.get(frame[24:-16])
        if stored:
            self.udp.sendto(stored, source)
            return
        responder = sealed.Responder(self.k, self.identity.public, self.index.identity, frame)
        number = struct.unpack("<I", os.urandom(4))[0] or 1
        if self.rejects:
            records = sealed.text("reject,denied,another key is known for this name")
        else:
            records = self._take_records(responder.peer, sealed.records(responder.payload))
        resp, session = responder.answer(number, records)
        session.peer = responder.peer
        self._sessions[number] = session
        self._resps[frame[24:-16]] = resp
        self.udp.sendto(resp, source)

    def _take_box(self, session, payload, source):
        found = sealed.records(payload)
        records = self._take_records(session.peer, found)
        for kind, _, body in found:
            if kind == sealed.PING:
                records += sealed.record(sealed.PONG, body + bytes(8))
        if records and self.answers:
            self.udp.sendto(session.box(records), source)

    def _take_records(self, peer, found):
        """The ACKs to send."""
        touched = []
        for kind, flags, body in found:
            if kind != sealed.DATA:
                continue
            stream, sequence = struct.unpack_from("<QI", body)
            incoming = self._streams.setdefault(stream, _Incoming())
            for number, message in incoming.take(sequence, flags, body[12:]):
                self._show(peer, stream, number, message)
            if stream not in touched:
                touched.append(stream)
        if not self.acks:
            return b""
        return b"".join(self.lie(stream, self._streams[stream].next) if self.lie else
                        sealed.ack(stream, self._streams[stream].next) for stream in touched)

    def _show(self, peer, stream, number, message):
        verb, rest = message.split(b",", 1)
        fields = rest.split(b",", 3 if verb == b"re" else 2)
        self.heads.append((verb.decode(), *(f.decode() for f in fields[:-1])))
        self.ids.append(message_id(stream, number))
        self.peers.append(peer)
        self.texts.append(fields[-1])


def fingerprint(key):
    return "ed25519:" + base64.urlsafe_b64encode(key).decode().rstrip("=")


def write_session(person, index, users=(), local="127.0.0.1:0", tcp=0):
    """The session of a sealed login of that person, as imlogin writes it.  `users` are lines
    behind the head; `index` is a Client that knows its card."""
    folder = person.run_dir / "im"
    folder.mkdir(mode=0o700, exist_ok=True)
    server = f"{index.server[0]}:{index.server[1]}"
    lines = sorted(users)
    path = pathlib.Path(folder / f"{person.name}@{server}.session")
    path.write_text(
        f"im session 1\nprofile sealed\nuser {person.name}\nendpoint {local}\nserver {server}\n"
        f"server-name {server}\ntcp {tcp}\nindex {fingerprint(index.index.identity)}\n"
        f"index-card {index.index.bytes.hex()}\nusers {len(lines)}\n\n"
        + "".join(line + "\n" for line in lines))
    path.chmod(0o600)
    return path
