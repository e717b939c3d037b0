# SPDX-License-Identifier: BSL-1.0
"""On a terminal: one hint line how to end, a count for long inputs, control keys; on a pipe nothing."""
import re
import signal

from classic import Peer
from im import equal


def one_hint_line_says_how_to_end(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        sender = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", on_terminal=("in",))
        sender.says("imsend: hint: ")
        sender.type("typed\n")
        equal(peer.text().split(",")[3], "typed")
        sender.type("\x04")
        sender.ends(0)
        equal(len(sender.err.splitlines()), 1, sender.err)
        assert "Ctrl-D" in sender.err or "^D" in sender.err or "Control-D" in sender.err, sender.err


def not_with_q_nor_with_a_message_nor_from_a_pipe(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        to = f"bob@{peer.endpoint}"
        sender = alice.start("imsend", "-q", "--classic", to, on_terminal=("in",))
        sender.type("typed\n\x04")
        equal(sender.ends(0).err, "")
        equal(alice.start("imsend", "--classic", to, "hi", on_terminal=("in",)).ends(0).err, "")
        equal(alice.send("--classic", to, stdin=b"hi\n").err, "")


def a_long_input_from_a_file_shows_a_count(w):
    alice = w.person("alice", "127.0.0.1:9")
    path = w.dir / "lines"
    path.write_text("x\n" * 3000)
    with Peer() as peer:
        with path.open("rb") as lines:
            shown = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", stdin=lines, on_terminal=("err",))
            shown.ends(0)
        assert re.search(r"imsend: 1[ ,]?\d{3} messages", shown.screen), shown.screen
        with path.open("rb") as lines:
            piped = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", stdin=lines)
            equal(piped.ends(0).err, "")
        with path.open("rb") as lines:
            quiet = alice.start("imsend", "-q", "--classic", f"bob@{peer.endpoint}", stdin=lines, on_terminal=("err",))
            quiet.ends(0)
            equal(quiet.screen, "")
        path.write_text("x\n" * 500)
        with path.open("rb") as lines:
            short = alice.start("imsend", "--classic", f"bob@{peer.endpoint}", stdin=lines, on_terminal=("err",))
            short.ends(0)
            equal(short.screen, "")


def control_c_ends_it(w):
    index = w.index()
    alice, = w.people(index, "alice")
    listener = alice.start("imlisten", "-q", on_terminal=("in", "out", "err"))
    from im import until
    until(lambda: "alice" in index.roster() and alice.sessions(), "alice listens")
    listener.type("\x03")
    listener.dies_by(signal.SIGINT)
    until(lambda: "alice" not in index.roster(), "logged out")


def a_peer_cannot_drive_the_terminal(w):
    index = w.index()
    alice, = w.people(index, "alice")
    listener = alice.start("imlisten", "-q", "-T", "talk", "--color=never", on_terminal=("out",))
    from im import until
    until(lambda: "alice" in index.roster() and alice.sessions(), "alice listens")
    with Peer() as peer:
        peer.send("talk,12:00:00,m\x1b[2Jallory,\x1b]0;pwned\x07\x9b2J\u202e", alice.local_endpoint())
        listener.shows("pwned")
    assert not set(listener.screen) & set("\x1b\x07\x9b\u202e"), repr(listener.screen)
