# SPDX-License-Identifier: BSL-1.0
"""imindex waits for no reader of its stderr, and says later how many lines were not said.  With -vv
it says refusals there, ten a second of each kind and how many more there were: a stranger's
datagrams must neither stop it nor fill a log."""
import os
import signal

from classic import Peer
from im import equal, free_port, matches, shrink_pipe, wait_ready


def a_flood_of_refusals_is_ten_lines_and_a_number(w):
    index = w.index("-vv", "--rate=0")
    with Peer() as peer:
        for n in range(500):
            peer.send("nonsense", index.server)
            if n % 100 == 99:
                peer.login(f"user{n}", index.server)
        peer.send("login,eve,192.0.2.1:4000", index.server)
        index.says(" more: refused: undecodable\n")
    lines = [line for line in index.err.splitlines() if "undecodable" in line]
    more = [int(matches(r"imindex: (\d+) more: .*", line)[1]) for line in lines if "more" in line]
    said = len(lines) - len(more)
    equal(said + sum(more), 500)
    assert said <= 10 * (len(more) + 1), "ten a second"
    assert ": refused: source-mismatch\n" in index.err, "of another kind"
    equal(index.counter("refused-undecodable"), 500)


def lines_beside_a_sleeping_reader(w):
    port = free_port()
    server = f"127.0.0.1:{port}"
    ready, readied = os.pipe()
    reader, writer = os.pipe()
    index = w.person("index").start("imindex", "-b", "127.0.0.1", "-p", str(port), "--rate=0",
                                    f"--ready-fd={readied}", "--state=none", stderr=writer,
                                    pass_fds=(readied,))
    os.close(readied)
    os.close(writer)
    wait_ready(ready, index)
    shrink_pipe(reader, 8192)
    with Peer() as peer:
        for n in range(30):
            index.signal(signal.SIGUSR1)
            peer.login(f"user{n}", server)  # it has taken the signal, and goes on
        assert os.read(reader, 1 << 16).startswith(b"imindex: users=")
        index.signal(signal.SIGUSR1)
        peer.login("fence", server)
    index.signal(signal.SIGTERM)
    index.ends(0)
    said = b""
    while piece := os.read(reader, 65536):
        said += piece
    os.close(reader)
    matches(rb"(imindex: users=.*\n)?imindex: \d+ lines were not said\nimindex: users=3[01] .*\n", said)
