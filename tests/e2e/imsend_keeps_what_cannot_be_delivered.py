# SPDX-License-Identifier: BSL-1.0
"""imsend -Q, --outbox, --flush: what an offline peer cannot have now he has once, later."""
import json
import re

from im import equal, matches, until
from sealed_listener import Listener, write_session


def _people(w, index):
    """Alice, who has a session and has met bob; bob has left."""
    alice = w.person("alice")
    with Listener(index.server, "bob") as bob:
        write_session(alice, bob)
        alice.send("bob", "met")
        bob.leave()
        bob.close = lambda: None
    return alice, bob.identity


def what_is_kept_is_listed_and_delivered_once(w):
    index = w.index()
    alice, identity = _people(w, index)
    equal(alice.run("imsend", "--outbox").out, "")
    sent = alice.send("-Q", "-v", "bob", "one")
    equal(sent.out.split("\t")[1:3], ["bob", "queued"])
    alice.send("-Q", "bob", stdin=b"two\nthree\n")
    lines = [line.split("\t") for line in alice.run("imsend", "--outbox").out.splitlines()]
    equal(sorted(line[:2] for line in lines), [["bob", "1"], ["bob", "2"]])
    matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", lines[0][3])
    records = [json.loads(line) for line in alice.run("imsend", "--outbox", "-j").out.splitlines()]
    equal({(r["v"], r["type"], r["user"]) for r in records}, {(1, "outbox", "bob")})
    equal(alice.start("imsend", "--flush", "bob").fails(69, "imsend: bob: offline").out, "")
    with Listener(index.server, "bob", identity) as bob:
        flushed = alice.run("imsend", "--flush", "-v")
        equal([line.split("\t")[2] for line in flushed.out.splitlines()], ["delivered"] * 3)
        equal(bob.texts, [b"one", b"two", b"three"])
        equal(alice.run("imsend", "--outbox").out, "")
        alice.run("imsend", "--flush")
        equal(len(bob.texts), 3)


def a_kill_after_queued_loses_nothing(w):
    index = w.index()
    alice, identity = _people(w, index)
    sender = alice.start("imsend", "-Q", "-v", "bob", stdin="pipe")
    for i in range(3):
        sender.write(f"line {i}\n")
        equal(sender.fields()[2], "queued")
    sender.kill9()
    with Listener(index.server, "bob", identity) as bob:
        alice.run("imsend", "--flush")
        equal(bob.texts, [b"line 0", b"line 1", b"line 2"])


def who_has_shown_it_does_not_show_it_again(w):
    index = w.index()
    alice, _ = _people(w, index)
    with Listener(index.server, "carol") as carol:
        carol.acks = False
        equal(alice.send("-Q", "-v", "-t", "0.5", "carol", "hi").out.split("\t")[2], "queued")
        equal(carol.texts, [b"hi"])
        carol.acks = True
        alice.run("imsend", "--flush", "carol")
        equal(carol.texts, [b"hi"])
        equal(alice.run("imsend", "--outbox").out, "")


def a_silent_index_is_a_reason_to_keep_it_and_a_wrong_name_is_none(w):
    index = w.index()
    alice, _ = _people(w, index)
    alice.send("-Q", "nobody", "hi", status=67)
    index.signal(15)
    index.ends(0)
    alice.send("-Q", "-t", "0.5", "dave", "hi")
    equal(alice.run("imsend", "--outbox").out.split("\t")[:2], ["dave", "1"])


def a_damaged_outbox_is_said_and_the_rest_goes(w):
    index = w.index()
    alice, identity = _people(w, index)
    alice.send("-Q", "bob", "hi")
    folder = alice.home / ".local/state/im/outbox"
    (whole,) = folder.glob("*.queue")
    text = whole.read_text()
    stream = re.search(r"^stream (\w+)$", text, re.M)[1]
    other = folder / whole.name.replace(stream, "00000000000000aa")
    other.write_text("im outbox 1\nrubbish\n")
    other.chmod(0o600)
    alice.run("imsend", "--outbox", status=78)
    with Listener(index.server, "bob", identity) as bob:
        alice.run("imsend", "--flush", status=73)
        until(lambda: bob.texts == [b"hi"], "the message")


def an_outbox_that_cannot_be_written_is_no_success(w):
    index = w.index()
    alice, _ = _people(w, index)
    state = alice.home / ".local/state/im"
    state.mkdir(parents=True, exist_ok=True)
    (state / "outbox").write_text("in the way")
    alice.send("-Q", "bob", "hi", status=73)
