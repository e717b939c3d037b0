# SPDX-License-Identifier: BSL-1.0
"""Every record reaches stdout when it is printed, be it a file or a pipe, and not at the end."""
from classic import Peer
from im import equal, until


def of_imlisten_into_a_file(w):
    (bob,) = w.people(w.index(), "bob")
    path = w.dir / "log"
    with path.open("wb") as out, Peer() as peer:
        listener = bob.listen("-T", "talk", stdout=out)
        for n in range(3):
            peer.send(f"talk,12:00:00,alice,number {n}", bob.local_endpoint())
            until(lambda: path.read_text().endswith(f"number {n}\n"), "the record in the file")
        assert listener.running


def of_imindex_into_a_file(w):
    person, path = w.person("index"), w.dir / "log"
    with path.open("wb") as out, Peer() as peer:
        person.start("imindex", "-v", "-p", "0", "--print-env", stdout=out)
        until(lambda: path.read_text().endswith("\n"), "the address in the file")
        server = path.read_text().strip().split("=")[1]
        peer.login("bob", server)
        until(lambda: "\tlogin\tbob\t" in path.read_text(), "the record in the file")


def of_imsend_while_its_stdin_stays_open(w):
    alice = w.person("alice", "127.0.0.1:9")
    with Peer() as peer:
        for option in ("-p", "-v", "-j", "-n"):
            sender = alice.start("imsend", "--classic", option, f"bob@{peer.endpoint}", stdin="pipe")
            for text in ("one", "two"):
                sender.write(text + "\n")
                line = sender.line()
                if option == "-p":
                    equal(line, text)
            sender.close_stdin()
            sender.ends(0)
