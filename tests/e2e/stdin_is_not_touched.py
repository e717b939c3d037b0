# SPDX-License-Identifier: BSL-1.0
"""stdin is not touched when the message is on the command line, so `while read` loops are safe;
and the other tools never read it."""
from classic import Peer
from im import equal


def imsend_in_a_while_read_loop(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        loop = alice.sh(f'while read -r n; do imsend --classic bob@{peer.endpoint} "line $n" || exit; done',
                        stdin=b"1\n2\n3\n")
        loop.ends(0)
        equal([peer.text().split(",")[3] for _ in range(3)], ["line 1", "line 2", "line 3"])


def the_others_in_one(w):
    index = w.index()
    (alice,) = w.people(index, "alice")
    loop = alice.sh('while read -r n; do imlogin -q --classic; imlogin -l; imlogin -i alice; '
                    'imlisten -q -t 0.1; imindex --test; imsend -n --classic a@127.0.0.1:9 x; '
                    'echo "line $n"; done', stdin=b"1\n2\n")
    loop.ends(0)
    equal([line for line in loop.out.splitlines() if line.startswith("line")], ["line 1", "line 2"])
