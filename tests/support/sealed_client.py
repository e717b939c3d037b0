# SPDX-License-Identifier: BSL-1.0
"""A client of a sealed index on sockets, for the scenarios: written from doc/protocol.md on top of
sealed.py, apart from libim, so that the two can disagree."""
import os
import socket
import struct
import time

import sealed

PATIENCE = 10


def address(server):
    host, _, port = server.rpartition(":")
    return host.strip("[]"), int(port)


def acks(records):
    """(next, flags) of each ACK."""
    return [(struct.unpack_from("<QI", body)[1], flags) for kind, flags, body in records if kind == sealed.ACK]


class Client:
    """One process: an identity, a K, a UDP socket."""

    def __init__(self, server, name, identity=None, pin=None):
        self.server = self.other = address(server)  # `other`: of the last session
        self.name = name
        self.identity = identity or sealed.Identity()
        self.k = sealed.Dh()
        self.pin = pin
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(PATIENCE)
        self.udp.bind(("127.0.0.1", 0))
        self.session = None
        self.lines = []
        self.cards = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.udp.close()

    @property
    def endpoint(self):
        host, port = self.udp.getsockname()
        return f"{host}:{port}"

    def hello(self):
        """The index's card, by the one classic datagram."""
        number = struct.unpack("<I", os.urandom(4))[0] or 1
        asked = sealed.hello(number)
        self.udp.sendto(asked, self.server)
        answer = self.udp.recv(2000)
        receiver, _, card = sealed.parse_hint(answer)
        assert receiver == number and len(answer) <= len(asked)
        self.index = sealed.ParsedCard(card)
        assert self.index.role == sealed.INDEX
        assert self.pin is None or self.index.identity == self.pin, "another key"
        return self.index

    def card(self):
        return sealed.card(self.identity, self.index.identity, sealed.USER, self.name, self.k.public,
                           int(time.time()) + 48 * 3600)

    def begin(self, text=None):
        if not hasattr(self, "index"):
            self.hello()
        number = struct.unpack("<I", os.urandom(4))[0] or 1
        return sealed.Initiator(self.k, self.card(), self.index, number,
                                sealed.text(text) if text else b"")

    def ask(self, text):
        """INIT with that text; the lines and cards of the RESP."""
        handshake = self.begin(text)
        sent = handshake.frame()
        self.udp.sendto(sent, self.server)
        answer = self.udp.recv(2000)
        assert len(answer) <= 3 * len(sent)
        self.session, payload = handshake.finish(answer)
        self.other = self.server
        return self.take(payload)

    def take(self, payload):
        lines = []
        for kind, _, body in sealed.records(payload):
            if kind == sealed.TEXT:
                lines += body.decode().split("\n")
            elif kind == sealed.CARD:
                self.cards.append(body)
            elif kind == sealed.PING:
                self.send(sealed.record(sealed.PONG, body + bytes(8)))
            elif kind == sealed.PONG:
                self.version, = struct.unpack_from("<Q", body, 8)
                lines.append("pong")
            elif kind == sealed.CLOSE:
                lines.append(f"close {body[0]} {body[1:].decode()}")
        return lines

    def send(self, payload):
        self.udp.sendto(self.session.box(payload), self.other)

    def say(self, text):
        self.send(sealed.text(text))

    def ping(self):
        self.send(sealed.record(sealed.PING, os.urandom(8)))

    def login(self, local="0.0.0.0:0"):
        """The whole of it; the fields of `Accept`."""
        lines = self.ask(f"login,{self.name},{local}")
        accept = lines[0].split(",")
        assert accept[0] == "Accept", lines
        self.ping()
        self.wait_for("pong")
        return accept

    def line(self):
        """The next line that the index says."""
        while not self.lines:
            self.lines = self.take(self.session.open(self.udp.recv(2000)))
        return self.lines.pop(0)

    def wait_for(self, beginning):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            line = self.line()
            if line.startswith(beginning):
                return line
        raise AssertionError(f"nothing that begins with {beginning!r}")

    def find(self, name):
        """The card and the endpoint of somebody who is online."""
        lines = self.ask(f"lookup,0000000a,{name}")
        fields = lines[0].split(",")
        assert fields[0] == "peer", lines
        return sealed.ParsedCard(self.cards.pop(), self.index.identity), address(fields[4])

    def talk(self, name, text, stream=None, number=0, sender=None, to=None):
        """One message in the INIT to a listener: (INIT, RESP); to be sent again as it is."""
        card, endpoint = to or self.find(name)
        stream = stream or struct.unpack("<Q", os.urandom(8))[0]
        said = f"talk,2026-11-22T17:43:50.001Z,{sender or self.name},{text}".encode()
        self.said = sealed.data(stream, number, said)
        handshake = sealed.Initiator(self.k, self.card(), card, struct.unpack("<I", os.urandom(4))[0] or 1, self.said)
        sent = handshake.frame()
        self.udp.sendto(sent, endpoint)
        answer = self.udp.recv(2000)
        assert len(answer) <= 3 * len(sent)
        self.session, payload = handshake.finish(answer)
        self.other = endpoint
        return sent, sealed.records(payload)

    def receipt(self):
        """The flags of the ACK that what talk() said is done with; repeats it in the session for that."""
        self.udp.settimeout(0.1)
        for _ in range(10 * PATIENCE):
            self.send(self.said)
            try:
                while True:
                    frame = self.udp.recv(2000)
                    if frame[4:8] != struct.pack("<I", self.session.local):
                        continue  # of a session before
                    for upto, flags in acks(sealed.records(self.session.open(frame))):
                        if upto == 1:
                            return flags
            except socket.timeout:
                pass
        raise AssertionError("no receipt")

    def roster(self, port):
        """The lines of the roster over TCP; the last is `end,VERSION`."""
        with socket.create_connection((self.server[0], port), PATIENCE) as tcp:
            read = tcp.makefile("rb")

            def send(frame):
                tcp.sendall(struct.pack(">H", len(frame)) + frame)

            def receive():
                length, = struct.unpack(">H", read.read(2))
                return read.read(length)

            handshake = self.begin()
            send(handshake.frame())
            session, _ = handshake.finish(receive())
            send(session.box(sealed.text("roster,0,")))
            lines = []
            while not lines or not lines[-1].startswith("end,"):
                lines += self.take(session.open(receive()))
            return lines
