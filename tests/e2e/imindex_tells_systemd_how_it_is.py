# SPDX-License-Identifier: BSL-1.0
"""imindex and sd_notify(3): READY, a STATUS that is kept current, RELOADING, WATCHDOG, STOPPING;
and lines on stderr with the priorities of sd-daemon(3) when stderr is the journal."""
import os
import signal
import socket
import time

from classic import Peer
from im import SLOW, equal, matches, wait_ready


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(10 * SLOW)

    def close(self):
        self.socket.close()

    def hears(self, *without):
        """The next message, as a dict; those of `without` are passed over."""
        while True:
            message = dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())
            if not set(message) & set(without):
                return message


def _managers(w):
    path = str(w.dir / "notify")
    yield w.closing(Manager(path)), path
    name = "im-notify-" + w.dir.name
    yield w.closing(Manager("\0" + name)), "@" + name


def it_is_told_of_start_reload_and_end(w):
    for manager, name in _managers(w):
        index = w.index(env={"NOTIFY_SOCKET": name})
        equal(manager.hears(), {"READY": "1", "STATUS": f"serving {index.server}, 0 users"})
        before = time.monotonic_ns() // 1000
        index.signal(signal.SIGHUP)
        message = manager.hears()
        equal(message.pop("RELOADING"), "1")
        assert before <= int(message.pop("MONOTONIC_USEC")) <= time.monotonic_ns() // 1000
        equal(message, {})
        equal(manager.hears(), {"READY": "1", "STATUS": f"serving {index.server}, 0 users"})
        index.signal(signal.SIGTERM)
        equal(manager.hears(), {"STOPPING": "1"})
        index.ends(0)


def the_status_follows_the_users(w):
    manager, name = next(_managers(w))
    index = w.index(env={"NOTIFY_SOCKET": name})
    manager.hears()
    with Peer() as peer:
        peer.login("one", index.server)
        equal(manager.hears(), {"STATUS": f"serving {index.server}, 1 user"})
        start = time.monotonic()
        for n in range(50):
            peer.login(f"user{n}", index.server)
        equal(manager.hears(), {"STATUS": f"serving {index.server}, 51 users"})
        assert time.monotonic() - start >= 0.5, "at most once a second"
        peer.login("one", index.server)
        index.signal(signal.SIGTERM)
        equal(manager.hears(), {"STOPPING": "1"}, "no status that says what was said")


def the_watchdog_is_fed_while_the_loop_turns(w):
    manager, name = next(_managers(w))
    index = w.index(env={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"})
    equal(manager.hears()["READY"], "1")
    start = time.monotonic()
    for _ in range(6):
        equal(manager.hears(), {"WATCHDOG": "1"})
    took = time.monotonic() - start
    assert 0.4 < took < 1.5 * SLOW, took
    index.signal(signal.SIGSTOP)
    manager.socket.settimeout(0.5)
    try:
        while True:
            manager.hears()
    except socket.timeout:
        pass  # a process that hangs says nothing
    index.signal(signal.SIGCONT)
    manager.socket.settimeout(10 * SLOW)
    equal(manager.hears(), {"WATCHDOG": "1"})


def a_watchdog_of_another_process_is_not_fed(w):
    manager, name = next(_managers(w))
    index = w.index(env={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    manager.hears()
    index.signal(signal.SIGTERM)
    equal(manager.hears(), {"STOPPING": "1"})


def _with_stderr_to(w, stream, *args, status=None):
    """Everything that imindex says on a pipe while JOURNAL_STREAM is `stream`, a format."""
    reader, writer = os.pipe()
    ready, readied = os.pipe()
    inode = os.fstat(writer)
    env = {"JOURNAL_STREAM": stream.format(device=inode.st_dev, inode=inode.st_ino)}
    index = w.person("index").start("imindex", "-vv", "-b", "127.0.0.1", "-p", "0", "--state=none",
                                    f"--ready-fd={readied}", "--print-env", *args, env=env, stderr=writer,
                                    pass_fds=(readied,))
    os.close(writer)
    os.close(readied)
    if status is None:
        wait_ready(ready, index)
        with Peer() as peer:
            server = matches(r"IM_SERVER=(\S+)", index.line())[1]
            peer.send("nonsense", server)
            peer.login("fence", server)
        index.signal(signal.SIGUSR1)
        index.signal(signal.SIGTERM)
    else:
        os.close(ready)
    index.ends(status or 0)
    said = b""
    while piece := os.read(reader, 65536):
        said += piece
    os.close(reader)
    # What depends on the machine.
    return [line for line in said.decode().splitlines()
            if "not confined" not in line and "instead of" not in line]


def lines_for_the_journal_have_a_priority(w):
    refused, counters = _with_stderr_to(w, "{device}:{inode}")
    matches(r"<7>imindex: 127\.0\.0\.1:\d+: refused: undecodable", refused)
    matches(r"<6>imindex: users=1 .*", counters)
    (error,) = _with_stderr_to(w, "{device}:{inode}", "-b", "192.0.2.1", status=71)
    matches(r"<3>imindex: cannot bind .*", error)


def lines_for_anybody_else_have_none(w):
    for stream in ("", "1:1", "{device}:1", "{inode}"):
        refused, counters = _with_stderr_to(w, stream)
        matches(r"imindex: 127\.0\.0\.1:\d+: refused: undecodable", refused)
        matches(r"imindex: users=1 .*", counters)
