# SPDX-License-Identifier: BSL-1.0
"""imindex is no filter: its reader may leave, the disk may be full, the reader may stop; it goes
on serving and says so once."""
import os

from classic import Peer
from im import equal, free_port, shrink_pipe, wait_ready


def _serving(w, stdout):
    """imindex -v with that stdout; the server's address comes from its state of the sockets."""
    port = free_port()
    person = w.person("index")
    reader, writer = os.pipe()
    program = person.start("imindex", "-v", "-p", str(port), f"--ready-fd={writer}", "--state=none",
                           stdout=stdout, pass_fds=(writer,))
    os.close(writer)
    wait_ready(reader, program)
    return program, f"127.0.0.1:{port}"


def _churn(server, times):
    for n in range(times):
        with Peer() as peer:
            peer.login(f"user{n}", server)
            peer.logout(f"user{n}", server)
    with Peer() as peer:
        peer.login("fence", server)


def its_reader_leaves(w):
    reader, writer = os.pipe()
    index, server = _serving(w, writer)
    os.close(writer)
    with Peer() as peer:
        peer.login("first", server)
    assert os.read(reader, 100)
    os.close(reader)
    _churn(server, 20)
    index.says("imindex: ")
    assert index.running
    _churn(server, 20)
    equal(index.err.count("printing no more\n"), 1, index.err)


def the_disk_is_full(w):
    with open("/dev/full", "wb") as full:
        index, server = _serving(w, full)
    _churn(server, 20)
    index.says("imindex: ")
    assert index.running
    equal(index.err.count("printing no more\n"), 1, index.err)


def a_stopped_reader_does_not_stop_it(w):
    reader, writer = os.pipe()
    shrink_pipe(writer)
    index, server = _serving(w, writer)
    os.close(writer)
    _churn(server, 100)  # some 12 kB of records into 4 kB of pipe
    assert index.running
    with Peer() as peer:
        peer.login("still-here", server)
    os.close(reader)


def not_even_when_the_address_cannot_be_printed(w):
    with open("/dev/full", "wb") as full:
        port = free_port()
        index = w.person("index").start("imindex", "-p", str(port), "--print-env", "--state=none", stdout=full)
    index.says("imindex: ")
    with Peer() as peer:
        peer.login("bob", f"127.0.0.1:{port}")
    assert index.running
