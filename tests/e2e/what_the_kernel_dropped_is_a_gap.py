# SPDX-License-Identifier: BSL-1.0
"""Nothing is dropped unseen: datagrams that the kernel's buffer could not take while imlisten was
stopped are told as a gap record with their range."""
import signal

from classic import Peer
from im import equal, matches, until
from records import rest


def with_the_number_of_the_missing(w):
    bob, = w.people(w.index(), "bob")
    listener = bob.listen("-T", "talk,gap")
    with Peer() as peer:
        listener.signal(signal.SIGSTOP)
        sent = 1500  # of 40 kB: more than any receive buffer of 4 MiB holds
        for n in range(sent):
            peer.send(f"talk,12:00:00,alice,{n} " + "x" * 20000, bob.local_endpoint())
        listener.signal(signal.SIGCONT)
        until(lambda: "\tgap\t" in listener.out, "a gap")
        peer.send("talk,12:00:00,alice,fence", bob.local_endpoint())
        until(lambda: "\tfence\n" in listener.out, "the fence")
    talks = gaps = 0
    for line in listener.out.splitlines():
        kind, user, _, text = rest(line)
        if kind == "gap":
            equal(user, "-")
            first, last = map(int, matches(r"(\d+)-(\d+)", text).groups())
            assert last >= first
            gaps += last - first + 1
        else:
            talks += 1
    equal(talks + gaps, sent + 1, f"{talks} came, {gaps} are said to be missing")
