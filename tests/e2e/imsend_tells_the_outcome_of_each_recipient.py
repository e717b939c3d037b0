# SPDX-License-Identifier: BSL-1.0
"""imsend -v and -j: one receipt per message and recipient, `ID RECIPIENT RESULT MS` or NDJSON, for
those that failed as well."""
import json

from classic import Peer
from im import equal


def _people(w):
    index = w.index()
    alice, = w.people(index, "alice")
    bob = w.closing(Peer())
    bob.login("bob", index.server)
    with Peer() as dead:
        dead.login("dead", index.server)
    alice.login()
    return alice, bob


def in_columns(w):
    alice, bob = _people(w)
    for recipients, status, results in (("bob", 0, ["sent"]), ("dead", 69, ["refused"]), ("nobody", 67, ["unknown"]),
                                        ("bob,dead,nobody", 67, ["sent", "refused", "unknown"])):
        run = alice.send("-v", recipients, "hi", status=status)
        lines = [line.split("\t") for line in run.out.splitlines()]
        equal([line[:3] for line in lines], [["-", to, result] for to, result in zip(recipients.split(","), results)])
        for line in lines:
            equal(len(line), 4)
            assert 0 <= float(line[3]) < 60000, line


def as_json(w):
    alice, bob = _people(w)
    run = alice.send("-j", "bob,dead,nobody", "hi", status=67)
    receipts = [json.loads(line) for line in run.out.splitlines()]
    equal([(r["v"], r["type"], r["to"], r["result"]) for r in receipts],
          [(1, "receipt", "bob", "sent"), (1, "receipt", "dead", "refused"), (1, "receipt", "nobody", "unknown")])
    equal(receipts[0]["endpoint"], bob.endpoint)
    assert all(None not in r.values() and isinstance(r["ms"], (int, float)) for r in receipts), receipts
    assert all(line.startswith('{"v":1,') for line in run.out.splitlines()), run.out


def for_each_line_and_each_recipient(w):
    alice, bob = _people(w)
    run = alice.send("-v", "bob,dead", stdin=b"one\ntwo\n", status=69)
    equal([line.split("\t")[1:3] for line in run.out.splitlines()],
          [["bob", "sent"], ["dead", "refused"], ["bob", "sent"], ["dead", "refused"]])
    equal([bob.talk(), bob.talk()], ["one", "two"])


def the_timeout_is_taken_and_0_means_not_to_wait(w):
    alice, bob = _people(w)
    for form in ("0", "0.5", "5s", "1m"):
        alice.send("-t", form, "bob", form)
        equal(bob.talk(), form)
