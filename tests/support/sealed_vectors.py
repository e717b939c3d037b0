# SPDX-License-Identifier: BSL-1.0
"""Makes tests/vectors/sealed/golden.json from fixed keys, with tests/support/sealed.py.

sealed_vectors.py FILE          writes it
sealed_vectors.py --check FILE  says whether it is what would be written; 77 when it cannot tell
"""

import hashlib
import json
import sys

try:
    import sealed
except ImportError as missing:
    print(f"SKIPPED: {missing} (Debian: python3-cryptography)")
    sys.exit(77)

NOW = 1_800_000_000
NOT_AFTER = NOW + 48 * 3600


def secret(what):
    """32 bytes that anybody can make again."""
    return hashlib.sha256(b"im golden " + what.encode()).digest()


SECRETS = {name: secret(name) for name in
           ("alice identity", "bob identity", "index identity", "alice K", "bob K", "index K",
            "alice e", "bob e", "index e", "token")}
ALICE, BOB, X = (sealed.Identity(SECRETS[f"{who} identity"]) for who in ("alice", "bob", "index"))
K = {who: sealed.Dh(SECRETS[f"{who} K"]) for who in ("alice", "bob", "index")}
E = {who: sealed.Dh(SECRETS[f"{who} e"]) for who in ("alice", "bob", "index")}


def cards():
    def one(title, holder, identity, role, name, k, version=1):
        data = sealed.card(identity, X.public, role, name, k.public, NOT_AFTER, version)
        return {"name": title, "holder": holder, "role": role, "user": name,
                "not_after": NOT_AFTER, "version": version, "hex": data.hex()}
    return [
        one("alice's", "alice", ALICE, sealed.USER, "alice", K["alice"]),
        one("bob's", "bob", BOB, sealed.USER, "bob", K["bob"]),
        one("the index's, which has no name", "index", X, sealed.INDEX, "", K["index"]),
        one("of the longest name", "alice", ALICE, sealed.USER, "\u5f20\u4e09" * 5 + "xy", K["alice"]),
        one("of a later version", "bob", BOB, sealed.USER, "bob", K["bob"], 7),
    ]


def exchange(title, responder, identity, role, name, token, init_records, resp_records):
    """INIT, RESP and BOXes between alice and `responder`."""
    own = sealed.card(ALICE, X.public, sealed.USER, "alice", K["alice"].public, NOT_AFTER)
    theirs = sealed.card(identity, X.public, role, name, K[responder].public, NOT_AFTER)
    initiator = sealed.Initiator(K["alice"], own, sealed.ParsedCard(theirs, X.public), 0x1A2B3C4D,
                                 init_records, E["alice"])
    init = initiator.frame(token)
    answering = sealed.Responder(K[responder], identity.public, X.public, init)
    resp, at_responder = answering.answer(0x5E6F7081, resp_records, E[responder])
    at_initiator, got = initiator.finish(resp)
    assert got == resp_records
    assert at_initiator.handshake_hash == at_responder.handshake_hash

    def box(direction, counter, payload):
        sender, receiver = ((at_initiator, at_responder) if direction == "initiator"
                            else (at_responder, at_initiator))
        frame = sender.box(payload, counter)
        assert receiver.open(frame) == payload
        return {"from": direction, "counter": counter, "records": payload.hex(), "hex": frame.hex()}

    return {"name": title, "responder": responder, "user": name, "role": role,
            "initiator_index": 0x1A2B3C4D, "responder_index": 0x5E6F7081,
            "token": token.hex(), "init_records": init_records.hex(), "init": init.hex(),
            "resp_records": resp_records.hex(), "resp": resp.hex(),
            "handshake_hash": at_initiator.handshake_hash.hex(),
            "boxes": [
                box("initiator", 0, sealed.record(sealed.PING, b"12345678")),
                box("responder", 0, sealed.record(sealed.PONG, b"12345678" + bytes(8))),
                box("initiator", 1, b""),
                box("initiator", 2**32 + 5, sealed.text("logout,alice,192.0.2.2:5001")),
                box("responder", 2**64 - 2, sealed.record(sealed.CLOSE, b"\1elsewhere")),
            ]}


def exchanges():
    talk = sealed.data(0x0123456789ABCDEF, 0, b"talk,12:00:00,alice,lunch?")
    return [
        exchange("a message with its acknowledgement", "bob", BOB, sealed.USER, "bob",
                 sealed.NO_TOKEN, talk, sealed.ack(0x0123456789ABCDEF, 1)),
        exchange("a login with a token", "index", X, sealed.INDEX, "",
                 sealed.token(SECRETS["token"], bytes([192, 0, 2, 2]), 5001),
                 sealed.text("login,alice,10.0.0.2:5001"),
                 sealed.text("Accept,5001,90,192.0.2.2:5001,1887436800000000000,1234")),
        exchange("a handshake that says nothing", "bob", BOB, sealed.USER, "bob",
                 sealed.NO_TOKEN, b"", b""),
    ]


def tokens():
    def one(endpoint, address, port):
        return {"endpoint": endpoint, "hex": sealed.token(SECRETS["token"], address, port).hex()}
    v6 = bytes.fromhex("20010db8000000000000000000000007")
    return [one("192.0.2.2:5001", bytes([192, 0, 2, 2]), 5001), one("[2001:db8::7]:65535", v6, 65535)]


def hints():
    token = sealed.token(SECRETS["token"], bytes([192, 0, 2, 2]), 5001)
    own = sealed.card(X, X.public, sealed.INDEX, "", K["index"].public, NOT_AFTER)
    def one(title, card):
        return {"name": title, "receiver": 0x1A2B3C4D, "token": token.hex(), "card": card.hex(),
                "hex": sealed.hint(0x1A2B3C4D, token, card).hex()}
    return [one("with a token only", b""), one("with the index's card", own)]


def golden():
    return {"now": NOW, "secrets": {name: value.hex() for name, value in SECRETS.items()},
            "cards": cards(), "exchanges": exchanges(), "hints": hints(), "tokens": tokens(),
            "hello": {"index": 0x1A2B3C4D, "hex": sealed.hello(0x1A2B3C4D).hex()}}


def main(arguments):
    made = json.dumps(golden(), indent=1, ensure_ascii=False) + "\n"
    if arguments[0] == "--check":
        with open(arguments[1], encoding="utf-8") as file:
            if file.read() == made:
                return 0
        print(f"{arguments[1]} is not what sealed_vectors.py makes", file=sys.stderr)
        return 1
    with open(arguments[0], "w", encoding="utf-8") as file:
        file.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
