# SPDX-License-Identifier: BSL-1.0
"""The sealed profile once more, apart from libim: cards, INIT, RESP, HINT, BOX from doc/protocol.md.

Of python3-cryptography only X25519, Ed25519 and ChaCha20-Poly1305 are used; Noise IK is written out
here, so that a mistake in one implementation is not the other's as well.
"""

import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC = b"\xff\xff\x01"
INIT, RESP, HINT, BOX = 1, 2, 3, 4
PAD, CARD, TEXT, DATA, ACK, RELAY, PING, PONG, CLOSE = range(9)
USER, INDEX = 1, 2
NO_TOKEN = bytes(16)


class Refused(Exception):
    """Bytes that are not what they should be."""


def raw_public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Identity:
    """I: Ed25519, from its seed."""

    def __init__(self, seed=None):
        self.key = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.public = raw_public(self.key)

    def sign(self, data):
        return self.key.sign(data)


class Dh:
    """K or e: X25519, from its private bytes."""

    def __init__(self, private=None):
        self.key = X25519PrivateKey.from_private_bytes(private or os.urandom(32))
        self.public = raw_public(self.key)

    def shared(self, other):
        return self.key.exchange(X25519PublicKey.from_public_bytes(other))


# Cards

def card(identity, index, role, name, k, not_after, version=1):
    name = name.encode()
    body = struct.pack("<BBBBQ", 1, role, len(name), version, not_after) + k + identity.public + name
    return body + identity.sign(b"im card 1\0" + index + body)


class ParsedCard:
    def __init__(self, data, index=None):
        """Verified for `index`; of an index's own card for itself."""
        if len(data) < 140 or data[0] != 1 or len(data) != 140 + data[2]:
            raise Refused("card: size or format")
        self.bytes = data
        self.role, self.version = data[1], data[3]
        self.not_after, = struct.unpack_from("<Q", data, 4)
        self.k, self.identity = data[12:44], data[44:76]
        self.name = data[76:-64].decode()
        self.index = self.identity if self.role == INDEX else index
        try:
            Ed25519PublicKey.from_public_bytes(self.identity).verify(
                data[-64:], b"im card 1\0" + self.index + data[:-64])
        except InvalidSignature:
            raise Refused("card: signature")


# Records

def record(kind, body=b"", flags=0):
    return struct.pack("<BBH", kind, flags, len(body)) + body


def text(line):
    return record(TEXT, line.encode())


def data(stream, sequence, body, end=True, fin=True):
    return record(DATA, struct.pack("<QI", stream, sequence) + body, end | fin << 1)


def ack(stream, upto, mask=0, window=64, delay=0, echo=0):
    return record(ACK, struct.pack("<QIQHHQ", stream, upto, mask, window, delay, echo))


def records(payload):
    """(kind, flags, body) of each; PAD ends them."""
    found = []
    while payload and payload[0] != PAD:
        if len(payload) < 4:
            raise Refused("record: truncated")
        kind, flags, length = struct.unpack_from("<BBH", payload)
        if len(payload) < 4 + length:
            raise Refused("record: truncated")
        found.append((kind, flags, payload[4:4 + length]))
        payload = payload[4 + length:]
    if any(payload):
        raise Refused("record: padding")
    return found


# Noise_IK_25519_ChaChaPoly_SHA256

def hkdf(key, data):
    temporary = hmac.digest(key, data, "sha256")
    one = hmac.digest(temporary, b"\1", "sha256")
    return one, hmac.digest(temporary, one + b"\2", "sha256")


def nonce(n):
    return bytes(4) + struct.pack("<Q", n)


class Symmetric:
    def __init__(self, prologue, responder_static):
        name = b"Noise_IK_25519_ChaChaPoly_SHA256"
        self.h = self.ck = name.ljust(32, b"\0")
        self.k = None
        self.mix_hash(prologue)
        self.mix_hash(responder_static)

    def mix_hash(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, data):
        self.ck, self.k = hkdf(self.ck, data)
        self.n = 0

    def encrypt(self, data):
        sealed = ChaCha20Poly1305(self.k).encrypt(nonce(self.n), data, self.h)
        self.n += 1
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed):
        try:
            data = ChaCha20Poly1305(self.k).decrypt(nonce(self.n), sealed, self.h)
        except InvalidTag:
            raise Refused("handshake")
        self.n += 1
        self.mix_hash(sealed)
        return data


def prologue(identity):
    return b"im sealed 1\0" + identity


def mac1(k, data):
    key = hashlib.blake2b(b"im mac1 1\0" + k, digest_size=32).digest()
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def with_mac1(k, data):
    return data + mac1(k, data)


def token(secret, address, port):
    """Of an address as its 4 or 16 bytes."""
    family = 4 if len(address) == 4 else 6
    return hashlib.blake2b(bytes([family]) + address + struct.pack("<H", port), digest_size=16,
                           key=secret).digest()


class Session:
    """Transport: a key and a counter for each direction."""

    def __init__(self, local, remote, send_key, receive_key, handshake_hash):
        self.local, self.remote = local, remote
        self.send_key, self.receive_key = send_key, receive_key
        self.handshake_hash = handshake_hash
        self.counter = 0

    def box(self, payload, counter=None):
        if counter is None:
            counter, self.counter = self.counter, self.counter + 1
        header = MAGIC + bytes([BOX]) + struct.pack("<IQ", self.remote, counter)
        return header + ChaCha20Poly1305(self.send_key).encrypt(nonce(counter), payload, b"")

    def open(self, frame):
        if len(frame) < 32 or frame[:4] != MAGIC + bytes([BOX]):
            raise Refused("box: not one")
        index, counter = struct.unpack_from("<IQ", frame, 4)
        if index != self.local:
            raise Refused("box: index")
        try:
            return ChaCha20Poly1305(self.receive_key).decrypt(nonce(counter), frame[16:], b"")
        except InvalidTag:
            raise Refused("box: not authentic")


class Initiator:
    """One handshake, begun here.  `peer` is a ParsedCard."""

    def __init__(self, k, own_card, peer, index, payload=b"", e=None):
        self.k, self.peer, self.index = k, peer, index
        self.e = e or Dh()
        self.noise = Symmetric(prologue(peer.identity), peer.k)
        self.noise.mix_hash(self.e.public)
        self.noise.mix_key(self.e.shared(peer.k))
        message = self.e.public + self.noise.encrypt(k.public)
        self.noise.mix_key(k.shared(peer.k))
        payload = record(CARD, own_card) + payload
        self.message = message + self.noise.encrypt(payload.ljust(120, b"\0"))

    def frame(self, token=NO_TOKEN):
        return with_mac1(self.peer.k, MAGIC + bytes([INIT]) + struct.pack("<I", self.index) + token +
                         self.message)

    def finish(self, frame):
        """(session, payload) from RESP."""
        if len(frame) < 76 or frame[:4] != MAGIC + bytes([RESP]):
            raise Refused("resp: not one")
        if mac1(self.k.public, frame[:-16]) != frame[-16:]:
            raise Refused("resp: mac1")
        remote, receiver = struct.unpack_from("<II", frame, 4)
        if receiver != self.index:
            raise Refused("resp: index")
        e = frame[12:44]
        self.noise.mix_hash(e)
        self.noise.mix_key(self.e.shared(e))
        self.noise.mix_key(self.k.shared(e))
        payload = self.noise.decrypt(frame[44:-16])
        first, second = hkdf(self.noise.ck, b"")
        return Session(self.index, remote, first, second, self.noise.h), payload


class Responder:
    """One handshake, begun by somebody else with this INIT."""

    def __init__(self, k, identity, index, frame):
        if len(frame) < 256 or frame[:4] != MAGIC + bytes([INIT]):
            raise Refused("init: not one")
        if mac1(k.public, frame[:-16]) != frame[-16:]:
            raise Refused("init: mac1")
        self.k = k
        self.remote, = struct.unpack_from("<I", frame, 4)
        self.token, self.e = frame[8:24], frame[24:56]
        self.noise = Symmetric(prologue(identity), k.public)
        self.noise.mix_hash(self.e)
        self.noise.mix_key(k.shared(self.e))
        self.static = self.noise.decrypt(frame[56:104])
        self.noise.mix_key(k.shared(self.static))
        self.payload = self.noise.decrypt(frame[104:-16])
        kind, _, body = records(self.payload)[0]
        if kind != CARD:
            raise Refused("init: no card")
        self.peer = ParsedCard(body, index)
        if self.peer.k != self.static:
            raise Refused("init: another key")

    def answer(self, index, payload=b"", e=None):
        """(RESP, session)"""
        e = e or Dh()
        self.noise.mix_hash(e.public)
        self.noise.mix_key(e.shared(self.e))
        self.noise.mix_key(e.shared(self.static))
        message = e.public + self.noise.encrypt(payload)
        frame = with_mac1(self.peer.k, MAGIC + bytes([RESP]) + struct.pack("<II", index, self.remote) +
                          message)
        first, second = hkdf(self.noise.ck, b"")
        return frame, Session(index, self.remote, second, first, self.noise.h)


def hint(receiver, token, card=b""):
    return MAGIC + bytes([HINT]) + struct.pack("<I", receiver) + token + card


def parse_hint(frame):
    """(receiver, token, card)"""
    if len(frame) < 24 or frame[:4] != MAGIC + bytes([HINT]):
        raise Refused("hint: not one")
    return struct.unpack_from("<I", frame, 4)[0], frame[8:24], frame[24:]


def hello(index):
    return f"hello,{index:08x},0.0.0.0:0,".ljust(128).encode("utf-16-le")
