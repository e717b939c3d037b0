# SPDX-License-Identifier: BSL-1.0
"""imevents(5), NDJSON: members, their order and types; what has no value is left out."""
import json
import re

from classic import Peer
from im import equal, until
from records import UTC


def _event(line):
    pairs = json.loads(line, object_pairs_hook=list)
    equal(pairs[0], ("v", 1), line)
    event = dict(pairs)
    equal(len(event), len(pairs), "a member twice")
    assert None not in event.values() and "" not in [v for k, v in event.items() if k != "text"], line
    assert re.fullmatch(UTC, event["time"]), line
    return event


def of_a_talk(w):
    (bob,) = w.people(w.index(), "bob")
    listener = bob.listen("-j", "-T", "talk")
    with Peer() as peer:
        for text in ("lunch?\nat noon", '"quoted" \\ / \x01\x1b\x7f\u2028', "你好 😀", ""):
            peer.send(f"talk,6:25:10 PM,mallory,{text}", bob.local_endpoint())
            event = _event(listener.line())
            del event["time"]
            equal(event, {"v": 1, "type": "talk", "user": "mallory", "trust": "none", "via": "direct",
                          "endpoint": peer.endpoint, "sent": "6:25:10 PM", "text": text})


def of_presence(w):
    index = w.index()
    (bob,) = w.people(index, "bob")
    listener = bob.listen("-j", "-r", "-T", "roster,login,logout")
    event = _event(listener.line())
    del event["time"]
    equal({k: event[k] for k in ("v", "type", "user", "trust", "endpoint")},
          {"v": 1, "type": "roster", "user": "bob", "trust": "self", "endpoint": bob.local_endpoint()})
    with Peer() as peer:
        peer.login("carol", index.server)
        event = _event(listener.line())
        del event["time"]
        equal({k: event[k] for k in ("v", "type", "user", "trust", "endpoint", "text")},
              {"v": 1, "type": "login", "user": "carol", "trust": "none", "endpoint": peer.endpoint,
               "text": peer.endpoint})
        assert "sent" not in event and "id" not in event and "seq" not in event, event
        peer.logout("carol", index.server)
        event = _event(listener.line())
        equal((event["type"], event["user"], event["text"]), ("logout", "carol", "bye"))


def of_the_roster(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    with Peer() as peer:
        peer.login("bob", index.server)
        lines = alice.run("imlogin", "--classic", "-j").out.splitlines()
        entries = [json.loads(line) for line in lines]
        equal(entries, [
            {"v": 1, "type": "roster", "user": "alice", "status": "online", "trust": "self",
             "endpoint": alice.local_endpoint()},
            {"v": 1, "type": "roster", "user": "bob", "status": "online", "trust": "none",
             "endpoint": peer.endpoint}])
        assert all(line.startswith('{"v":1,') for line in lines), lines


def of_a_receipt(w):
    index = w.index()
    alice, = w.people(index, "alice")
    with Peer() as peer:
        peer.login("bob", index.server)
        alice.login()
        receipt = json.loads(alice.send("-j", "bob", "hi").out)
        assert isinstance(receipt.pop("ms"), (int, float))
        result = receipt.pop("result")
        assert result in ("delivered", "sent"), result
        equal(receipt, {"v": 1, "type": "receipt", "to": "bob", "endpoint": peer.endpoint})
        equal(peer.talk(), "hi")


def is_one_line_each_and_utf_8(w):
    (bob,) = w.people(w.index(), "bob")
    listener = bob.listen("-j", "-T", "talk")
    with Peer() as peer:
        for text in ("a\nb\u2028c", "\ud83d lone", "x" * 20000):
            peer.send(f"talk,12:00:00,mal\nlory,{text}", bob.local_endpoint())
        for text in ("a\nb\u2028c", "\ufffd lone", "x" * 20000):
            equal(_event(listener.line())["text"], text)
    until(lambda: listener.out_stream.data.count(b"\n") == 3, "three lines")


def json_excludes_null_and_format(w):
    (bob,) = w.people("127.0.0.1:9", "bob")
    for tool in ("imlisten", "imlogin"):
        for other in (["-0"], ["--null"], ["-F", "%m"], ["--format=%m"]):
            bob.run(tool, "-j", *other, status=64)
