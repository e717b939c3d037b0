# SPDX-License-Identifier: BSL-1.0
"""imlisten -x CMD: by the shell, one at a time, in order, exact text on stdin, the rest in the
environment, nothing interpolated; instead of printing, with --print both."""
from classic import Peer
from im import equal, until
from records import UTC
import re
import signal
import time


def _bob(w):
    bob, = w.people(w.index(), "bob")
    return bob, w.closing(Peer())


def exact_text_on_stdin(w):
    bob, peer = _bob(w)
    texts = ["plain", "", "two\nlines\n", "\ttab \\ \x1b\0 你好 😀", "x" * 20000]
    listener = bob.listen("-T", "talk", "-c", str(len(texts)), "-x", "cat; echo '|'")
    for text in texts:
        peer.send(f"talk,12:00:00,alice,{text}", bob.local_endpoint())
    listener.ends(0)
    equal(listener.out, "".join(text + "|\n" for text in texts))


def the_rest_in_the_environment(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "1", "-x",
                          'printf "%s|" "$IM_TYPE" "$IM_FROM" "$IM_TRUST" "$IM_ENDPOINT" "$IM_TIME" "${IM_ID-}"')
    peer.send("talk,12:00:00,天涯,hi", bob.local_endpoint())
    kind, user, trust, endpoint, time, _, end = listener.ends(0).out.split("|")
    equal((kind, user, trust, endpoint, end), ("talk", "天涯", "none", peer.endpoint, ""))
    assert re.fullmatch(UTC, time), time


def nothing_is_interpolated(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "3", "-x", 'echo "$IM_FROM: $(cat)"')
    for name, text in (("$(touch pwned)", "`touch pwned`; touch pwned"), ("';touch pwned;'", "$HOME"),
                       ("alice", "%m %u {} $1")):
        peer.send(f"talk,12:00:00,{name},{text}", bob.local_endpoint())
    listener.ends(0)
    assert not list(w.dir.rglob("pwned"))
    equal(listener.out.splitlines()[2], "alice: %m %u {} $1")


def one_at_a_time_and_in_order(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "8", "-x",
                          'mkdir lock || echo overlap; read -r n; sleep 0.0$((8 - n)); echo $n; rmdir lock')
    for n in range(8):
        peer.send(f"talk,12:00:00,alice,{n}", bob.local_endpoint())
    equal(listener.ends(0).out, "".join(f"{n}\n" for n in range(8)))


def records_come_in_while_it_runs(w):
    """Slow commands lose no datagram that the kernel's buffer would have lost."""
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "60", "-x", "wc -c; sleep 0.02")
    for n in range(60):
        peer.send("talk,12:00:00,alice," + "x" * 9000, bob.local_endpoint())
    equal(listener.ends(0).out, "9000\n" * 60)


def print_does_both(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "1", "--print", "-x", "sed s/^/ran:/")
    peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
    listener.ends(0)
    lines = listener.out.splitlines() or listener.out.split()
    assert any(line.endswith("\talice\tnone\thi") for line in listener.out.replace("ran:hi", "\n").splitlines()), lines
    assert "ran:hi" in listener.out, lines


def a_failing_command_does_not_end_it(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "3", "-x", "read -r n; echo $n; [ $n != 1 ]; exit 3")
    for n in range(3):
        peer.send(f"talk,12:00:00,alice,{n}", bob.local_endpoint())
    equal(listener.ends(0).out, "0\n1\n2\n")


def a_command_that_does_not_read_does_no_harm(w):
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "2", "-x", "echo done")
    for n in range(2):
        peer.send("talk,12:00:00,alice," + "x" * 30000, bob.local_endpoint())
    equal(listener.ends(0).out, "done\ndone\n")


def other_types_run_it_too(w):
    index = w.index()
    bob, = w.people(index, "bob")
    listener = bob.listen("-T", "login,logout", "-c", "2", "-x", 'echo "$IM_TYPE $IM_FROM $(cat)"')
    with Peer() as peer:
        peer.login("carol", index.server)
        peer.logout("carol", index.server)
        equal(listener.ends(0).out, f"login carol {peer.endpoint}\nlogout carol bye\n")


def the_command_has_the_users_signals(w):
    """Dispositions and masks are the ones a shell gives its children."""
    bob, peer = _bob(w)
    listener = bob.listen("-T", "talk", "-c", "1", "-x", "grep -E 'Sig(Blk|Ign)' /proc/self/status")
    peer.send("talk,12:00:00,alice,hi", bob.local_endpoint())
    for line in listener.ends(0).out.splitlines():
        mask = int(line.split()[1], 16)
        equal(mask & ((1 << 12) | (1 << 1) | (1 << 14)), 0, line)  # PIPE, INT, TERM

def a_signal_leaves_no_record_unsaid(w):
    bob, peer = _bob(w)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        listener = bob.listen("-T", "talk", "-x", "echo begun; exec sleep 3 >/dev/null 2>&1")
        for n in range(3):
            peer.send(f"talk,12:00:00,alice,{n}", bob.local_endpoint())
        until(lambda: "begun" in listener.out, "the first command")
        time.sleep(0.3)
        listener.signal(number)
        listener.ends(-number)
        assert "records for which the command was not run: 2" in listener.err, listener.err
