# SPDX-License-Identifier: BSL-1.0
"""imindex confines itself once it serves: no privileges, a filter of system calls, no files but its
state and its configuration; and does everything as before."""
import itertools
import os
import pathlib
import re
import signal

from classic import Peer
from im import SANITIZED, equal, free_port, needs, until


def _status(pid, task="self"):
    path = f"/proc/{pid}/status" if task == "self" else f"/proc/{pid}/task/{task}/status"
    return dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(path).read_text(), re.M))


def _has_seccomp():
    return "Seccomp" in _status(os.getpid())


def every_thread_has_given_up_its_rights(w):
    index = w.index(port=free_port())
    with Peer() as peer:
        peer.login("bob", index.server)  # the store has threads of its own from now on
        threads = os.listdir(f"/proc/{index.pid}/task")
        assert len(threads) > 1 or SANITIZED, threads
        for thread in threads:
            status = _status(index.pid, thread)
            equal(status["NoNewPrivs"], "1")
            for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                equal(int(status[capabilities], 16), 0, capabilities)
            if os.geteuid() == 0:
                equal(int(status["CapBnd"], 16), 0, "CapBnd")
    needs(_has_seccomp(), "no seccomp in this kernel")
    equal({_status(index.pid, thread)["Seccomp"] for thread in threads}, {"2"})


def nothing_is_lacking_here_that_the_kernel_has(w):
    index = w.index("-v")
    index.signal(signal.SIGTERM)
    index.ends(0)
    needs("not confined" not in index.err, index.err)


def it_does_everything_as_before(w):
    port, person = free_port(), w.person("index")
    person.write_config("im.conf", "[imindex]\nmax-users = 1\n")
    index = w.index("-v", "--time=local", person=person, port=port, env={"TZ": "Europe/Berlin"})
    with Peer() as bob, Peer() as carol:
        bob.login("bob", index.server)
        equal(index.fields()[1:3], ["login", "bob"])
        equal(carol.tries_login("carol", index.server), ("reject", "full"))
        person.write_config("im.conf", "[imindex]\nmax-users = 2\n")
        index.signal(signal.SIGHUP)
        until(lambda: carol.tries_login("carol", index.server)[0] == "Accept", "the new limit")
        equal(set(index.roster()), {"bob", "carol"})
        assert "users=2" in index.counters()
        index.signal(signal.SIGTERM)
        index.ends(0)
        again = w.index(person=person, port=port)
        equal(set(again.roster()), {"bob", "carol"}, "written")


def a_configuration_made_later_is_read(w):
    person = w.person("index")
    index = w.index(person=person)
    with Peer() as peer:
        peer.login("one", index.server)
        person.write_config("im.conf", "[imindex]\nmax-users = 1\n")
        index.signal(signal.SIGHUP)
        names = (f"more{n}" for n in itertools.count())  # one that came before the HUP would stay
        until(lambda: peer.tries_login(next(names), index.server) == ("reject", "full"), "the new limit")


def a_configuration_named_is_read_again(w):
    person = w.person("index")
    folder = w.dir / "elsewhere"
    folder.mkdir()
    (folder / "c").write_text("[imindex]\nmax-users = 1\n")
    index = w.index("-C", folder / "c", person=person)
    with Peer() as peer:
        peer.login("one", index.server)
        equal(peer.tries_login("two", index.server), ("reject", "full"))
        (folder / "new").write_text("[imindex]\nmax-users = 2\n")
        (folder / "new").rename(folder / "c")
        index.signal(signal.SIGHUP)
        until(lambda: peer.tries_login("two", index.server)[0] == "Accept", "the new limit")


def a_state_file_in_a_linked_folder_is_written(w):
    real = w.dir / "disk"
    real.mkdir()
    (w.dir / "link").symlink_to(real)
    port = free_port()
    for expected in (set(), {"bob"}):
        index = w.index(f"--state={w.dir / 'link/state.db'}", port=port)
        equal(set(index.roster()), expected)
        with Peer() as peer:
            if not expected:
                peer.login("bob", index.server)
        index.signal(signal.SIGTERM)
        index.ends(0)
        assert "cannot" not in index.err, index.err


def as_root_it_writes_a_file_of_somebody_else(w):
    needs(os.geteuid() == 0, "not root")
    folder = w.dir / "nobodys"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    port = free_port()
    index = w.index(f"--state={folder / 'state.db'}", port=port)
    with Peer() as peer:
        peer.login("bob", index.server)
        equal(int(_status(index.pid)["CapEff"], 16), 1 << 1, "CAP_DAC_OVERRIDE and no other")
        index.kill9()
        equal(set(w.index(f"--state={folder / 'state.db'}", port=port).roster()), {"bob"})
        assert peer.has_nothing()


def as_root_it_binds_a_low_port_first(w):
    needs(os.geteuid() == 0, "not root")
    for port in range(1000, 1020):
        index = w.person("index").start("imindex", "-b", "127.0.0.1", "-p", str(port), "--state=none",
                                        "--print-env")
        if index.out_stream.wait_for(b"\n", 5):
            break
    with Peer() as peer:
        peer.login("bob", f"127.0.0.1:{port}")
    equal(int(_status(index.pid)["CapEff"], 16), 0)
