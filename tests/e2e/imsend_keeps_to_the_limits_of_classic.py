# SPDX-License-Identifier: BSL-1.0
"""Classic: 32,000 UTF-16 units per message and valid UTF-8, else 65; --commas."""
from classic import Peer
from im import equal


def _send(w, data, *args, status=0):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        run = alice.send("--classic", *args, "-w", f"bob@{peer.endpoint}", stdin=data, status=status)
        return peer.text().split(",", 3)[3] if status == 0 else run


def units_are_counted_in_utf_16(w):
    for text in ("x" * 32000, "你" * 32000, "😀" * 16000):
        equal(_send(w, text.encode()), text)
    for text in ("x" * 32001, "你" * 32001, "😀" * 16000 + "x"):
        run = _send(w, text.encode(), status=65)
        assert run.err.startswith("imsend: "), run.err


def text_must_be_utf_8(w):
    for bad in (b"\xff", b"a\xc3", b"\xed\xa0\xbd", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd"):
        run = _send(w, bad, status=65)
        assert "UTF-8" in run.err, run.err


def also_on_the_command_line(w):
    alice = w.person("alice", "127.0.0.1:9")
    alice.send("--classic", "bob@127.0.0.1:9", b"a\xffb".decode("utf-8", "surrogateescape"), status=65)
    alice.send("--classic", "bob@127.0.0.1:9", "x" * 32001, status=65)


def commas_are_kept_or_widened(w):
    equal(_send(w, b"one,two,,three"), "one,two,,three")
    equal(_send(w, b"one,two,,three", "--commas=keep"), "one,two,,three")
    equal(_send(w, b"one,two,,three", "--commas=wide"), "one，two，，three")


def an_enormous_input_is_65_and_bounded(w):
    run = _send(w, b"x" * 30_000_000, status=65)
    assert "imsend: " in run.err
