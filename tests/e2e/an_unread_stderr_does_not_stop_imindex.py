# SPDX-License-Identifier: BSL-1.0
"""imindex -vv says each refusal on stderr, and waits for no reader of it: a stranger's datagrams
must not stop it.  It says later how many lines were not said."""
import os
import signal

from classic import Peer
from im import equal, free_port, wait_ready


def a_flood_of_refusals_beside_a_sleeping_reader(w):
    port = free_port()
    server = f"127.0.0.1:{port}"
    ready, readied = os.pipe()
    reader, writer = os.pipe()
    index = w.person("index").start("imindex", "-vv", "-b", "127.0.0.1", "-p", str(port), "--rate=0",
                                    f"--ready-fd={readied}", "--state=none", stderr=writer,
                                    pass_fds=(readied,))
    os.close(readied)
    os.close(writer)
    wait_ready(ready, index)
    with Peer() as peer:
        for n in range(3000):
            peer.send("nonsense", server)
            if n % 100 == 99:  # so that none is lost in the socket's buffer
                peer.login(f"user{n}", server)
        assert len(os.read(reader, 1 << 20)) > 4096
        peer.send("nonsense", server)
        peer.login("fence", server)
    index.signal(signal.SIGTERM)
    index.ends(0)
    said = b""
    while piece := os.read(reader, 65536):
        said += piece
    os.close(reader)
    assert b" lines were not said\n" in said, said[:200]
    equal(said.splitlines()[-1].split(b": ")[-1], b"undecodable")
